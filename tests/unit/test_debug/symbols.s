# SPDX-License-Identifier: GPL-2.0-or-later
# Many names at one address, and some that are none.
	.text
	.weak weak
weak:
	.globl __start_table
__start_table:
	.globl __two
__two:
	.globl _one
_one:
local:
	.globl second
second:
.Llabel:
	nop
	nop
$x:
$d.12:
	.globl next
next:
	nop
	.globl absolute
absolute = 0x10

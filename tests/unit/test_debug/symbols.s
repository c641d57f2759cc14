# SPDX-License-Identifier: GPL-2.0-or-later
# Names that share an address, the one that counts never first; and some that are none.
	.macro name name
	.globl \name
\name:
	.endm
	.text
	.weak weak
weak:
	name strong
	nop
	nop
	name __start_table
	name ___three
	nop
__two:
_one:
	nop
first:
second:
.Llabel:
	nop
$x:
$d.12:
	name last
	nop
	name behind
	nop
	.globl absolute
absolute = 0x10

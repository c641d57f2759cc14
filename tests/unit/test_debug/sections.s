# SPDX-License-Identifier: GPL-2.0-or-later
# A module's text is put together without its init text, which stands between here.
	.text
	.globl in_text
	nop
in_text:
	nop
	.section .init.text, "ax"
	.globl in_init
in_init:
	nop
	.section .text.unlikely, "ax"
	.globl in_unlikely
in_unlikely:
	nop

# SPDX-License-Identifier: GPL-2.0-or-later
# DWARF that no compiler writes: circles, sizes and places that cannot be. Every label is a DIE that a test asks for.
	.section .debug_abbrev
	.macro abbrev code, tag, children
	.uleb128 \code, \tag
	.byte \children
	.endm
	.macro attribute name, form
	.uleb128 \name, \form
	.endm
	abbrev 1, 0x11, 1                # compile unit: name
	attribute 0x03, 0x08
	attribute 0, 0
	abbrev 2, 0x16, 0                # typedef: name, type
	attribute 0x03, 0x08
	attribute 0x49, 0x13
	attribute 0, 0
	abbrev 3, 0x13, 1                # struct: name, size
	attribute 0x03, 0x08
	attribute 0x0b, 0x07
	attribute 0, 0
	abbrev 4, 0x0d, 0                # member: name, type, offset
	attribute 0x03, 0x08
	attribute 0x49, 0x13
	attribute 0x38, 0x07
	attribute 0, 0
	abbrev 5, 0x0d, 0                # anonymous member: type, offset
	attribute 0x49, 0x13
	attribute 0x38, 0x07
	attribute 0, 0
	abbrev 6, 0x24, 0                # base type: name, size, encoding
	attribute 0x03, 0x08
	attribute 0x0b, 0x07
	attribute 0x3e, 0x0b
	attribute 0, 0
	abbrev 7, 0x01, 1                # array: type
	attribute 0x49, 0x13
	attribute 0, 0
	abbrev 8, 0x21, 0                # its dimension: count
	attribute 0x37, 0x07
	attribute 0, 0
	abbrev 9, 0x0d, 0                # bit-field: name, type, bit size, bit offset
	attribute 0x03, 0x08
	attribute 0x49, 0x13
	attribute 0x0d, 0x07
	attribute 0x6b, 0x07
	attribute 0, 0
	abbrev 10, 0x34, 0               # variable: name, type, location
	attribute 0x03, 0x08
	attribute 0x49, 0x13
	attribute 0x02, 0x18
	attribute 0, 0
	abbrev 11, 0x3d, 0               # imported unit: where
	attribute 0x18, 0x13
	attribute 0, 0
	abbrev 12, 0x0d, 0               # member: name, type, offset as an expression
	attribute 0x03, 0x08
	attribute 0x49, 0x13
	attribute 0x38, 0x18
	attribute 0, 0
	abbrev 13, 0x13, 1               # struct: name, size, next sibling
	attribute 0x03, 0x08
	attribute 0x0b, 0x07
	attribute 0x01, 0x13
	attribute 0, 0
	abbrev 14, 0x21, 0               # a dimension whose upper bound is a variable
	attribute 0x2f, 0x13
	attribute 0, 0
	abbrev 15, 0x0d, 0               # member: name, type by signature, offset
	attribute 0x03, 0x08
	attribute 0x49, 0x20
	attribute 0x38, 0x07
	attribute 0, 0
	.byte 0

	.section .debug_info
start:
	.4byte end - version
version:
	.2byte 5
	.byte 1, 8
	.4byte .debug_abbrev
root:
	.uleb128 1
	.asciz "mm/hostile.c"

	.uleb128 11                      # imports itself
	.4byte root - start

own_type:
	.uleb128 2
	.asciz "own_type"
	.4byte own_type - start
ping:
	.uleb128 2
	.asciz "ping"
	.4byte pong - start
pong:
	.uleb128 2
	.asciz "pong"
	.4byte ping - start
number:
	.uleb128 6
	.asciz "number"
	.8byte 8
	.byte 7

contains_itself:
	.uleb128 3
	.asciz "contains_itself"
	.8byte 16
	.uleb128 4
	.asciz "self"
	.4byte contains_itself - start
	.8byte 1
	.uleb128 5                       # without a name: the search goes on in there
	.4byte contains_itself - start
	.8byte 1
	.byte 0

absurd:
	.uleb128 3
	.asciz "absurd"
	.8byte 0x7fffffffffffffff
	.uleb128 4
	.asciz "far"
	.4byte number - start
	.8byte 0xffffffffffffff00
	.uleb128 4
	.asciz "many"
	.4byte many - start
	.8byte 0
	.uleb128 9
	.asciz "wide"
	.4byte number - start
	.8byte 200, 3
	.uleb128 9
	.asciz "deep"
	.4byte number - start
	.8byte 3, 0xfffffffffffffff0
	.uleb128 12
	.asciz "computed"
	.4byte number - start
	.uleb128 2
	.byte 0x23, 0xff                 # DW_OP_plus_uconst, and a number that does not end
	.uleb128 12
	.asciz "dereferenced"
	.4byte number - start
	.uleb128 1
	.byte 0x06                       # DW_OP_deref
	.uleb128 4
	.asciz "nowhere"
	.4byte 0x7fffffff
	.8byte 0
	.uleb128 4
	.asciz "variable_bound"
	.4byte variable_bound - start
	.8byte 0
	.uleb128 15
	.asciz "by_signature"
	.8byte 0x1122334455667788
	.8byte 0
	.uleb128 4
	.asciz "good"
	.4byte number - start
	.8byte 24
	.byte 0

many:
	.uleb128 7
	.4byte number - start
	.uleb128 8
	.8byte 0x100000000
	.uleb128 8
	.8byte 0x100000000
	.byte 0

variable_bound:
	.uleb128 7
	.4byte number - start
	.uleb128 14
	.4byte number - start
	.byte 0

	.uleb128 10
	.asciz "short_location"
	.4byte number - start
	.uleb128 3
	.byte 0x03, 1, 2
	.uleb128 10
	.asciz "register_location"
	.4byte number - start
	.uleb128 1
	.byte 0x50
	.uleb128 10
	.asciz "array_location"
	.4byte many - start
	.uleb128 9
	.byte 0x03
	.8byte 0x1234
	.byte 0
end:

# A unit whose walk would never end.
loop_start:
	.4byte loop_end - loop_version
loop_version:
	.2byte 5
	.byte 1, 8
	.4byte .debug_abbrev
	.uleb128 1
	.asciz "mm/loop.c"
loop_back:
	.uleb128 6
	.asciz "before"
	.8byte 8
	.byte 7
	.uleb128 13
	.asciz "loop"
	.8byte 8
	.4byte loop_back - loop_start
	.byte 0
	.byte 0
loop_end:

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* die.h: DWARF's debugging information entries (DIEs) and their attributes, read straight out of .debug_info.
 *
 * Private to src/debug. A DIE is a plain structure filled from the bytes, with the attributes that types, members and
 * variables have; others are looked up when asked for. Nothing is allocated, DW_AT_sibling leads past children, and a
 * reference is followed by reading at its offset: the 42 MB of a kernel's .debug_info take 0.1 s.
 *
 * Everything is bounded by the sections and the unit. What cannot be read is absent, and recorded (dwarf.h).
 * Source: DWARF 2 .. 5. Forms that lead into dwz's supplementary file or into split DWARF are not among them: debug.c
 * refuses the first, and a kernel with the second has no types in its vmlinux.
 */
#ifndef KL_DEBUG_DIE_H
#define KL_DEBUG_DIE_H

#include <libdwarf/dwarf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/dwarf.h"

enum {
	KL_DIE_HAS_SIZE = 1 << 0,
	KL_DIE_HAS_COUNT = 1 << 1,
	KL_DIE_HAS_UPPER_BOUND = 1 << 2,
	KL_DIE_HAS_ADDRESS = 1 << 3, /* DW_AT_location is one static address */
	KL_DIE_HAS_DATA_BIT_OFFSET = 1 << 4,
	KL_DIE_HAS_OLD_BIT_OFFSET = 1 << 5,
	KL_DIE_IS_BIT_FIELD = 1 << 6,
	KL_DIE_IS_DECLARATION = 1 << 7,
	KL_DIE_HAS_CHILDREN = 1 << 8,
	KL_DIE_IS_MISPLACED = 1 << 9, /* DW_AT_data_member_location is an expression that we do not evaluate */
};

struct kl_die {
	const struct kl_unit_header *unit;
	uint64_t offset;
	uint64_t next;    /* what follows its attributes: the first child, or the sibling */
	uint64_t sibling; /* 0 = unknown */
	uint16_t tag;     /* 0 = the end of a list of siblings */
	uint16_t has;
	const char *name;       /* DW_AT_name; NULL = none. Stays until kl_dwarf_close() */
	uint64_t type;          /* DW_AT_type, an offset; 0 = void */
	uint64_t specification; /* the declaration that it completes; 0 = none */
	uint64_t size;          /* DW_AT_byte_size */
	uint64_t count;         /* DW_AT_count, or DW_AT_upper_bound */
	uint64_t place;         /* DW_AT_data_member_location, bytes; 0 when absent, as in unions */
	uint64_t bit_size;
	uint64_t bit_offset; /* DW_AT_data_bit_offset, or DW_AT_bit_offset */
	uint64_t line;       /* DW_AT_decl_line */
	uint64_t address;
};

/* One attribute as it stands there. */
struct kl_attribute_value {
	uint64_t number; /* constants, offsets, indices; references as offsets into .debug_info */
	const char *string;
	const uint8_t *block;
	uint64_t length; /* of the block */
	uint16_t form;
};

/** kl_die_read() - the DIE at @offset, which lies in @unit. False past the end of the unit, and when damaged. */
bool kl_die_read(struct kl_dwarf *dw, const struct kl_unit_header *unit, uint64_t offset, struct kl_die *ret);

/** kl_die_at() - the DIE that a reference leads to. False when there is none, which is damage. */
bool kl_die_at(struct kl_dwarf *dw, uint64_t offset, struct kl_die *ret);

/** kl_die_child() - the first child of @die; false when it has none. */
bool kl_die_child(struct kl_dwarf *dw, const struct kl_die *die, struct kl_die *ret);

/** kl_die_next() - the sibling of @die into @die itself; false after the last one. */
bool kl_die_next(struct kl_dwarf *dw, struct kl_die *die);

/** kl_die_attribute() - attribute @name (DW_AT_...) of @die, whatever its form; false when it has none. Slower than
 * what struct kl_die holds: the attributes before it are read once more. */
bool kl_die_attribute(struct kl_dwarf *dw, const struct kl_die *die, unsigned name, struct kl_attribute_value *ret);

/** kl_die_constant() - a constant attribute; false when it is absent or of another class (an expression).
 * DW_FORM_sdata and DW_FORM_implicit_const are signed, the fixed-size forms and udata unsigned, as GCC and Clang use
 * them for enumerators. */
bool kl_die_constant(struct kl_dwarf *dw, const struct kl_die *die, unsigned name, int64_t *ret);

/** kl_die_address() - the address that @value, an attribute like DW_AT_low_pc, stands for; false when it is none. */
bool kl_die_address(const struct kl_dwarf *dw, const struct kl_unit_header *unit,
		    const struct kl_attribute_value *value, uint64_t *ret);

/** kl_dwarf_indexed_address() - entry @index of the unit's part of .debug_addr; false outside. */
bool kl_dwarf_indexed_address(const struct kl_dwarf *dw, const struct kl_unit_header *unit, uint64_t index,
			      uint64_t *ret);

/** kl_die_complete() - give a definition the name and the type that it left with the declaration it completes. */
void kl_die_complete(struct kl_dwarf *dw, struct kl_die *die);

#endif

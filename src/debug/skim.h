/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skim.h: DIEs read straight out of .debug_info, for questions that concern all units.
 *
 * Private to src/debug. libdwarf makes an allocation of every DIE and searches all units for one at a known offset
 * (kl_die_at()), which is too slow for "the struct of this name, in whatever unit" and for following thousands of
 * references between types. Here a DIE is a plain structure filled from the bytes, with just the attributes that types
 * and variables have; DW_AT_sibling leads past children. 42 MB of a kernel's .debug_info take 0.1 s.
 *
 * Everything is bounded by the sections. Damage ends in false and a sticky `damaged`.
 * Source: DWARF 2 .. 5; forms of GNU's dwz supplementary file are not among them (debug.c refuses such files).
 */
#ifndef KL_DEBUG_SKIM_H
#define KL_DEBUG_SKIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/debug_private.h"
#include "util/vec.h"

struct kl_skim_unit {
	uint64_t offset, end; /* of its header, in .debug_info */
	uint64_t root;        /* its first DIE */
	uint64_t abbreviations;
	uint64_t string_offsets, addresses; /* DW_AT_str_offsets_base, DW_AT_addr_base */
	uint8_t offset_size, address_size, version;
};

enum {
	KL_SKIM_HAS_SIZE = 1 << 0,
	KL_SKIM_HAS_COUNT = 1 << 1,
	KL_SKIM_HAS_UPPER_BOUND = 1 << 2,
	KL_SKIM_HAS_ADDRESS = 1 << 3, /* DW_AT_location is one static address */
	KL_SKIM_HAS_BIT_OFFSET = 1 << 4,
	KL_SKIM_IS_BIT_FIELD = 1 << 5,
	KL_SKIM_IS_DECLARATION = 1 << 6,
	KL_SKIM_HAS_CHILDREN = 1 << 7,
};

struct kl_skim_die {
	uint64_t offset;
	uint64_t next;    /* the DIE behind its attributes: the first child, or what follows */
	uint64_t sibling; /* 0 = unknown */
	uint16_t tag;     /* 0 = the end of a list of siblings */
	uint8_t has;
	const char *name;       /* NULL = none */
	uint64_t type;          /* DW_AT_type, an offset; 0 = void */
	uint64_t specification; /* the declaration that it completes; 0 = none */
	uint64_t size;          /* DW_AT_byte_size */
	uint64_t count;         /* DW_AT_count, or DW_AT_upper_bound */
	uint64_t place;         /* DW_AT_data_member_location, bytes */
	uint64_t bit_size, data_bit_offset;
	uint64_t line; /* DW_AT_decl_line */
	uint64_t address;
};

/* One attribute as it stands there. */
struct kl_skim_value {
	uint64_t number; /* constants, offsets, indices; references as offsets into .debug_info */
	const char *string;
	const uint8_t *block;
	uint64_t length; /* of the block */
	uint16_t form;
};

struct kl_skim {
	const uint8_t *info, *abbrev, *strings, *line_strings, *string_offsets, *addresses;
	size_t info_size, abbrev_size, strings_size, line_strings_size, string_offsets_size, addresses_size;
	KL_VEC(struct kl_skim_unit) units; /* ascending */
	struct kl_skim_abbreviations *tables;
	bool damaged;
};

/** kl_skim_open() - list the units of @dbg, which must outlive @ret.
 * Errors: KL_ERROR_UNSUPPORTED without DWARF, KL_ERROR_CORRUPT, KL_ERROR_NOMEM. */
struct kl_error *kl_skim_open(struct kl_debug *dbg, struct kl_skim *ret);
void kl_skim_close(struct kl_skim *s);
#define _cleanup_skim_ _cleanup_(kl_skim_close)

/** kl_skim_unit_at() - the unit that holds @offset; NULL when none does. */
const struct kl_skim_unit *kl_skim_unit_at(const struct kl_skim *s, uint64_t offset);

/** kl_skim_read() - the DIE at @offset of @unit. False behind the end of the unit or when damaged. */
bool kl_skim_read(struct kl_skim *s, const struct kl_skim_unit *unit, uint64_t offset, struct kl_skim_die *ret);

/** kl_skim_attribute() - attribute @name of @die, whatever its form; false when it has none. Slower than what struct
 * kl_skim_die holds: the attributes before it are read once more. */
bool kl_skim_attribute(struct kl_skim *s, const struct kl_skim_unit *unit, const struct kl_skim_die *die, unsigned name,
		       struct kl_skim_value *ret);

/** kl_skim_address() - entry @index of the unit's part of .debug_addr; false outside. */
bool kl_skim_address(const struct kl_skim *s, const struct kl_skim_unit *unit, uint64_t index, uint64_t *ret);

/** kl_skim_pc() - the address that @value, an attribute like DW_AT_low_pc, stands for; false when it is none. */
bool kl_skim_pc(const struct kl_skim *s, const struct kl_skim_unit *unit, const struct kl_skim_value *value,
		uint64_t *ret);

/** kl_skim_next() - the sibling of @die into @die itself; false behind the last one. */
bool kl_skim_next(struct kl_skim *s, const struct kl_skim_unit *unit, struct kl_skim_die *die);

/** kl_skim_child() - the first child of @die; false when it has none. */
bool kl_skim_child(struct kl_skim *s, const struct kl_skim_unit *unit, const struct kl_skim_die *die,
		   struct kl_skim_die *ret);

#endif

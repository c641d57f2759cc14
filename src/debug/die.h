/* SPDX-License-Identifier: GPL-2.0-or-later */
/* die.h: DWARF's debugging information entries (DIEs) and their attributes, in the small form this room needs.
 *
 * Private to src/debug. libdwarf reports every trifle as an error of its own; here the first failure is remembered in
 * the struct kl_dwarf, everything afterwards answers "absent", and whoever finishes a piece of work asks
 * kl_dwarf_failure() once. So a damaged file can never pass for one that merely lacks something.
 */
#ifndef KL_DEBUG_DIE_H
#define KL_DEBUG_DIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/dwarf_compat.h"
#include "debug/elf_file.h"
#include "util/error.h"
#include "util/map.h"
#include "util/vec.h"

/* The sections that libdwarf is given, and the empty one that comes first. */
#define KL_DWARF_SECTIONS 9

struct kl_dwarf {
	struct kl_elf_file *file;
	Dwarf_Debug handle;
	kl_dwarf_interface interface;
	struct kl_dwarf_object object;
	struct kl_dwarf_section sections[KL_DWARF_SECTIONS];
	struct kl_error *failure;
	KL_VEC(Dwarf_Die) dies;    /* those of kl_die_at() */
	struct kl_map die_indices; /* offset -> index into them */
};

/** kl_dwarf_open() - the DWARF of @file, which must outlive it; *ret is NULL when there is none. */
struct kl_error *kl_dwarf_open(struct kl_elf_file *file, struct kl_dwarf **ret);
void kl_dwarf_close(struct kl_dwarf *dw);
KL_DEFINE_CLEANUP(struct kl_dwarf *, kl_dwarf_close)

/** kl_dwarf_section() - the bytes of the section @name; false when there is none, or (recorded) when it is damaged. */
bool kl_dwarf_section(struct kl_dwarf *dw, const char *name, const uint8_t **ret, size_t *size);

/** kl_dwarf_failure() - the first failure since the last call (KL_ERROR_CORRUPT or KL_ERROR_NOMEM), NULL when none. */
struct kl_error *kl_dwarf_failure(struct kl_dwarf *dw);

/** kl_dwarf_fail() - record that libdwarf returned DW_DLV_ERROR; releases @error. */
void kl_dwarf_fail(struct kl_dwarf *dw, Dwarf_Error error);

/** kl_dwarf_damaged() - record damage that we noticed ourselves. */
void kl_dwarf_damaged(struct kl_dwarf *dw, const char *what);

/* Owned DIEs end with kl_die_release() or by kl_die_next(). */
void kl_die_release(Dwarf_Die *die);
#define _cleanup_die_ _cleanup_(kl_die_release)

/** kl_die_child() - the first child of @die, owned; NULL when there is none. */
Dwarf_Die kl_die_child(struct kl_dwarf *dw, Dwarf_Die die);

/** kl_die_next() - the next sibling of @die, owned; releases @die. NULL behind the last. */
Dwarf_Die kl_die_next(struct kl_dwarf *dw, Dwarf_Die die);

/** kl_die_at() - the DIE at @offset of .debug_info, borrowed: it stays until kl_dwarf_close(). NULL when there is none.
 * Expensive the first time (libdwarf searches all units before it): 0.2 ms with 13 000 units.
 */
Dwarf_Die kl_die_at(struct kl_dwarf *dw, uint64_t offset);

uint64_t kl_die_offset(struct kl_dwarf *dw, Dwarf_Die die);
uint16_t kl_die_tag(struct kl_dwarf *dw, Dwarf_Die die);

/** kl_die_name() - DW_AT_name, NULL when absent. Stays until kl_dwarf_close(). */
const char *kl_die_name(struct kl_dwarf *dw, Dwarf_Die die);

/** kl_die_string() - a string attribute, NULL when absent. Stays until kl_dwarf_close(). */
const char *kl_die_string(struct kl_dwarf *dw, Dwarf_Die die, uint16_t attribute);

bool kl_die_has(struct kl_dwarf *dw, Dwarf_Die die, uint16_t attribute);
bool kl_die_flag(struct kl_dwarf *dw, Dwarf_Die die, uint16_t attribute);

/** kl_die_constant() - a constant attribute; false when it is absent or of another class (an expression).
 * DW_FORM_sdata and DW_FORM_implicit_const are signed, the fixed-size forms and udata unsigned, as GCC and Clang use
 * them for enumerators.
 */
bool kl_die_constant(struct kl_dwarf *dw, Dwarf_Die die, uint16_t attribute, int64_t *ret);

/** kl_die_reference() - the .debug_info offset that a reference attribute points to; false when absent. */
bool kl_die_reference(struct kl_dwarf *dw, Dwarf_Die die, uint16_t attribute, uint64_t *ret);

/** kl_die_section_offset() - an attribute that points into another section (DW_AT_ranges); false when absent.
 * @is_index: the value is an index into the unit's part of that section instead (DW_FORM_rnglistx).
 */
bool kl_die_section_offset(struct kl_dwarf *dw, Dwarf_Die die, uint16_t attribute, uint64_t *ret, bool *is_index);

/** kl_die_indexed_address() - the address of @index in .debug_addr, in the part that belongs to the unit of @die. */
bool kl_die_indexed_address(struct kl_dwarf *dw, Dwarf_Die die, uint64_t index, uint64_t *ret);

/** kl_die_expression() - the bytes of an expression or block attribute; false when absent or of another class. */
bool kl_die_expression(struct kl_dwarf *dw, Dwarf_Die die, uint16_t attribute, const uint8_t **ret, size_t *size);

#endif

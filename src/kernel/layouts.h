/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layouts.h: where the members that readers need lie in this kernel's structs.
 *
 * layouts.def is the table; here it becomes `struct kl_layouts`:
 *
 *	l->kmemleak_object.type.size            a struct's size (type.present: does it exist)
 *	l->kmemleak_object.flags                a struct kl_member: kl_member_get(&l->kmemleak_object.flags, raw)
 *	l->enumerators.PG_slab                  a struct kl_enumerator
 *	l->variables.object_list                a struct kl_variable with its link-time address and type
 *	l->symbols._stext                       a struct kl_variable with its link-time address only
 *
 * Addresses in here are link-time ones; kl_kernel_variable() gives those of the dump.
 */
#ifndef KL_KERNEL_LAYOUTS_H
#define KL_KERNEL_LAYOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/request.h"
#include "util/error.h"
#include "util/strbuf.h"

struct kl_btf;
struct kl_btf_symbols;
struct kl_debug;

/* struct kl_layout_page { struct kl_type type; struct kl_member flags; ... } and so on, one per struct of the table. */
#define KL_STRUCT(ident, unit, tag, need) \
	struct kl_layout_##ident {        \
		struct kl_type type;
#define KL_MEMBER(ident, member, path, need) struct kl_member member;
#define KL_STRUCT_END(ident) \
	}                    \
	;
#include "kernel/layouts.def"

struct kl_layouts {
#define KL_STRUCT(ident, unit, tag, need) struct kl_layout_##ident ident;
#include "kernel/layouts.def"
	struct {
#define KL_ENUMERATOR(ident, unit, name, need) struct kl_enumerator ident;
#include "kernel/layouts.def"
	} enumerators;
	struct {
#define KL_VARIABLE(ident, unit, name, type, need) struct kl_variable ident;
#include "kernel/layouts.def"
	} variables;
	struct {
#define KL_SYMBOL(ident, name, need) struct kl_variable ident;
#include "kernel/layouts.def"
	} symbols;
};

/** kl_layouts_load() - fill @ret from the cache of @build_id or, when it is not there, from the DWARF of @debug.
 * @debug:     may be NULL: then only the cache can answer.
 * @build_id:  hex string, or NULL when unknown (nothing is looked up or stored then).
 * @cache_dir: NULL for the user's default.
 *
 * What was read from DWARF is stored for the next run; failing to store is no error.
 * Errors: KL_ERROR_NOT_FOUND naming struct, member and file when a required one is missing, or naming the build-id when
 * neither the cache nor @debug has it.
 */
struct kl_error *kl_layouts_load(struct kl_debug *debug, const char *build_id, const char *cache_dir,
				 struct kl_layouts *ret);

/** kl_layouts_from_btf() - the same from @btf and a table of symbols; nothing is cached. Errors: KL_ERROR_NOT_FOUND. */
struct kl_error *kl_layouts_from_btf(const struct kl_btf *btf, const struct kl_btf_symbols *symbols,
				     struct kl_layouts *ret);

/** kl_layouts_span() - how many bytes of a struct have to be read to have all of its members: where the last one ends.
 * @type: the member `type` of one of the structs in @l.
 *
 * The size of the struct itself says nothing about what is there: struct kmem_cache ends in one element for each of
 * 2^NODES_SHIFT nodes (16 KiB of them in kernels of distributions), and only those of nodes that exist are allocated.
 * Such arrays stand in structs of their own in layouts.def, and are read element by element. */
size_t kl_layouts_span(const struct kl_layouts *l, const struct kl_type *type);

/** kl_layouts_unit_proof() - the functions, "a|b", one of which a kernel has that was built with @unit, named as
 * in the table; NULL for units that every kernel has. */
const char *kl_layouts_unit_proof(const char *unit);

/** kl_layouts_requests() - the table as requests, for the loader, the cache and tests. */
const struct kl_request *kl_layouts_requests(size_t *count);

#endif

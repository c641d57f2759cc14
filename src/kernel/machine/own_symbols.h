/* SPDX-License-Identifier: GPL-2.0-or-later */
/* own_symbols.h: the symbols that layouts.def asks for, by name, out of the dump's own tables.
 *
 * These are kallsyms and, where that names functions only (without CONFIG_KALLSYMS_ALL), what the kernel exports to
 * modules and what VMCOREINFO tells. Other than in a .symtab nothing says which file a local symbol is of. A name that
 * several have is answered only where the question says which is meant: the one global among them for a symbol, none
 * for a variable.
 */
#ifndef KL_KERNEL_MACHINE_OWN_SYMBOLS_H
#define KL_KERNEL_MACHINE_OWN_SYMBOLS_H

#include "debug/btf.h"
#include "kernel/machine/exports.h"
#include "kernel/machine/kallsyms.h"
#include "util/map.h"
#include "util/vec.h"

/* All symbols of one name. */
struct kl_own_symbol {
	uint32_t name;                       /* identifier in names */
	uint32_t all, globals, data;         /* how many there are; those at one address count once */
	size_t last, last_global, last_data; /* indices in the table */
	bool is_told;                        /* by others than kallsyms, which has none of this name */
	uint64_t told;                       /* run-time address */
};

struct kl_own_symbols {
	const struct kl_kallsyms *kallsyms;
	uint64_t shift; /* of KASLR */
	uint64_t text_start, text_end;
	struct kl_map wanted; /* hash of a name -> index in list */
	KL_VEC(struct kl_own_symbol) list;
	struct kl_intern *names;
	struct kl_exports exports; /* empty where kallsyms names variables */
};

/** kl_own_symbols_read() - look for all names of layouts.def in the tables of @k, whose kallsyms are read.
 * Errors: KL_ERROR_NOMEM. Cost: one pass over the table, 15 ms for 160 000 symbols. */
struct kl_error *kl_own_symbols_read(struct kl_kernel *k, struct kl_own_symbols *ret);
void kl_own_symbols_deinit(struct kl_own_symbols *symbols);

/** kl_own_symbols_tell() - of a name in layouts.def that no table has: its run-time address. */
void kl_own_symbols_tell(struct kl_own_symbols *symbols, const char *name, uint64_t address);

/** kl_own_symbols_find() - as kl_btf_symbols.find; kl_own_symbols_has_unit() - as .has_unit. */
bool kl_own_symbols_find(const void *symbols, const char *name, bool is_variable, uint64_t *address, uint64_t *room);
bool kl_own_symbols_has_unit(const void *symbols, const char *unit);

#endif

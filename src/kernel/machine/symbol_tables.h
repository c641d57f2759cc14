/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbol_tables.h: the tables that the dead kernel looked names up in, besides those of its modules (module.h): its own
 * kallsyms, and the symbols of BPF programs. Everyone asks symbolize.h; this is what the machine keeps for it.
 */
#ifndef KL_KERNEL_MACHINE_SYMBOL_TABLES_H
#define KL_KERNEL_MACHINE_SYMBOL_TABLES_H

#include "kernel/kernel.h"
#include "kernel/machine/kallsyms.h"
#include "util/intern.h"
#include "util/map.h"

/* A trampoline, dispatcher or program, with its name inline (struct bpf_ksym, since 5.7). */
struct kl_bpf_symbol {
	uint64_t start, end;
	uint64_t name; /* address of the name in the dump */
};

struct kl_symbol_tables {
	struct kl_kallsyms *kallsyms; /* NULL: the dump has none that prove right */
	KL_VEC(struct kl_bpf_symbol) bpf;
	/* What kl_symbolize() has answered: address -> identifier in texts. */
	struct kl_map answers;
	struct kl_intern *texts;
};

/** kl_symbol_tables_read() - fill @ret; what cannot be read leaves an anomaly. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_symbol_tables_read(struct kl_kernel *k, struct kl_symbol_tables *ret);
void kl_symbol_tables_deinit(struct kl_symbol_tables *tables);

/** kl_bpf_symbol_find() - the BPF symbol that holds @address; false when there is none, or its name is missing (an
 * anomaly). */
bool kl_bpf_symbol_find(struct kl_kernel *k, const struct kl_symbol_tables *tables, uint64_t address,
			struct kl_ksym *ret);

#endif

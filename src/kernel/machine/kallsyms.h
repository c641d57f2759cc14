/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kallsyms.h: the symbol table that the dead kernel carried in its own memory.
 *
 * What %pS prints comes from these tables, not from vmlinux: sizes are gaps between addresses, and which symbols take
 * part depends on the kernel's configuration. Rules: kernel/kallsyms.c and scripts/kallsyms.c, 2.6.31 .. 7.3.
 *
 * How an address is stored (one of):
 *   absolute         kallsyms_addresses[], 8 bytes each (before 4.6, or without BASE_RELATIVE)
 *   relative         kallsyms_relative_base + u32
 *   absolute per-CPU s32: not negative = the value itself, negative = kallsyms_relative_base - 1 - value (x86-64 SMP)
 *   place-relative   address of the entry + s32 (7.x; kallsyms_relative_base is gone)
 */
#ifndef KL_KERNEL_MACHINE_KALLSYMS_H
#define KL_KERNEL_MACHINE_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/machine/kallsyms_names.h"
#include "util/cleanup.h"
#include "util/error.h"

struct kl_kernel;
struct kl_kallsyms;

/* KSYM_NAME_LEN: 512 since 6.1, 128 before */
#define KL_KSYM_NAME_MAX 512

/* A symbol found by address, from any table. */
struct kl_ksym {
	char name[KL_KSYM_NAME_MAX];
	uint64_t start; /* run-time address of the symbol */
	uint64_t size;  /* what %pS prints after the slash */
};

/** kl_kallsyms_load() - read the tables of @k, whose layouts need not be known yet: then VMCOREINFO says where
 * _stext is, and the tables, which are searched otherwise; the bounds of sections come from the table itself.
 * They are used only when they prove right: addresses ascend, and the symbol at _stext is named so.
 * Errors: KL_ERROR_NOT_FOUND (CONFIG_KALLSYMS off), KL_ERROR_CORRUPT, KL_ERROR_NOMEM, or those of reading. */
struct kl_error *kl_kallsyms_load(struct kl_kernel *k, struct kl_kallsyms **ret);
void kl_kallsyms_destroy(struct kl_kallsyms *ks);
KL_DEFINE_CLEANUP(struct kl_kallsyms *, kl_kallsyms_destroy)

/** kl_kallsyms_lookup() - the symbol that the kernel would name for @address (get_symbol_pos()): the first of those at
 * the nearest address below, its size the gap to the next different address. False outside of the kernel image. */
bool kl_kallsyms_lookup(const struct kl_kallsyms *ks, uint64_t address, struct kl_ksym *ret);

/** kl_kallsyms_get() - symbol @index in the table's order; false past the end. @size of the result is 0. */
bool kl_kallsyms_get(const struct kl_kallsyms *ks, size_t index, char *type, struct kl_ksym *ret);

/** kl_kallsyms_count(), kl_kallsyms_address() - how many symbols there are, and where symbol @index (below that) is. */
size_t kl_kallsyms_count(const struct kl_kallsyms *ks);
uint64_t kl_kallsyms_address(const struct kl_kallsyms *ks, size_t index);

/** kl_kallsyms_room() - bytes from symbol @index to the next different address; UINT32_MAX for the last. */
uint64_t kl_kallsyms_room(const struct kl_kallsyms *ks, size_t index);

/** kl_kallsyms_text() - where the kernel's code begins and ends; both 0 when that is not known. */
void kl_kallsyms_text(const struct kl_kallsyms *ks, uint64_t *start, uint64_t *end);

/** kl_kallsyms_all() - whether data symbols are in it (CONFIG_KALLSYMS_ALL). */
bool kl_kallsyms_all(const struct kl_kallsyms *ks);

#endif

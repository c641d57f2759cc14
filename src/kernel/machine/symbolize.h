/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbolize.h: addresses and pointers as the dead kernel would have printed them. */
#ifndef KL_KERNEL_MACHINE_SYMBOLIZE_H
#define KL_KERNEL_MACHINE_SYMBOLIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/machine/kallsyms.h"
#include "kernel/kernel.h"
#include "kernel/machine/module.h"
#include "util/strbuf.h"

/* Where the names come from. */
enum kl_symbol_source {
	KL_SYMBOLS_NONE,    /* neither: addresses stay numbers */
	KL_SYMBOLS_DUMP,    /* the dump's own kallsyms */
	KL_SYMBOLS_VMLINUX, /* .symtab with the same gap rule; sizes may differ from the kernel's in places */
};

struct kl_symbol_place {
	struct kl_ksym symbol;
	char module[KL_MODULE_NAME_MAX]; /* empty for the kernel itself, "bpf" for a BPF program */
	uint64_t offset;                 /* of the address into the symbol */
};

/** kl_symbol_find() - the symbol, offset, size and module that %pS would print for run-time @address.
 * Looked for in the kernel, in modules, in BPF programs, in this order. False when nothing names it: then %pS prints
 * the bare number. Errors: KL_ERROR_NOMEM. Thread rule: that of @k. */
struct kl_error *kl_symbol_find(struct kl_kernel *k, uint64_t address, struct kl_symbol_place *place, bool *ret);

/** kl_symbolize() - append what `%pS` prints for @address: "name+0x1c/0x80", "name+0x1c/0x80 [module]", "0x...".
 * Answers are remembered, so that asking again costs a hash lookup. Bytes come from the dump: escape before printing.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_symbolize(struct kl_kernel *k, uint64_t address, struct kl_strbuf *sb);

/** kl_symbolize_frame() - the same for frame @i of a heap's stack, which may stand for a slab cache whose objects
 * nobody kept a stack of: "cache NAME" for the address of a struct kmem_cache, and behind it "holds NAME [module]" for
 * what an object of it holds. */
struct kl_error *kl_symbolize_frame(struct kl_kernel *k, const uint64_t *frames, size_t i, struct kl_strbuf *sb);

/** kl_symbol_address() - the run-time address of the only symbol @name in the dump's own kallsyms; false when there is
 * none, or more than one. Cost: all names of the table. */
bool kl_symbol_address(struct kl_kernel *k, const char *name, uint64_t *ret);

/** kl_symbols_source() - which tables kl_symbolize() uses. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_symbols_source(struct kl_kernel *k, enum kl_symbol_source *ret);

/** kl_format_pointer() - append what `%p` prints for @pointer in this kernel (lib/vsprintf.c).
 * Before 4.15 the value, 16 digits without 0x. Since then the low half of its SipHash under ptr_key, "(____ptrval____)"
 * while that key is not drawn, and the value for NULL, error pointers (5.6 and newer; older ones are not told apart)
 * and under no_hash_pointers. */
void kl_format_pointer(struct kl_kernel *k, uint64_t pointer, struct kl_strbuf *sb);

/** kl_format_restricted_pointer() - the same for `%pK`, as root with CAP_SYSLOG sees it: like %p when kptr_restrict is
 * 0, the value when it is 1, zeroes when it is more. */
void kl_format_restricted_pointer(struct kl_kernel *k, uint64_t pointer, struct kl_strbuf *sb);

#endif

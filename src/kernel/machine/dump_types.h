/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dump_types.h: the layouts of a kernel out of its own memory: types from its BTF, addresses from its kallsyms.
 *
 * What this costs: nothing says which file and line an address belongs to, nor what the call of an allocator allocates,
 * and static variables of modules have no types. Source: allocations of the tables in vmlinux.lds.h; 5.2 .. 7.3.
 */
#ifndef KL_KERNEL_MACHINE_DUMP_TYPES_H
#define KL_KERNEL_MACHINE_DUMP_TYPES_H

#include "debug/bounds.h"
#include "debug/pointer_words.h"
#include "kernel/kernel.h"

struct kl_module;

/** kl_dump_types_load() - fill k->layouts, k->btf and k->kallsyms.
 * @k:      with its memory; nothing else is needed.
 * @path:   of a file with the kernel's BTF, NULL = what the dump has in it.
 * @bounds: for that file.
 * @force:  accept a file that is not the BTF of this kernel.
 *
 * BTF has no build-id. It belongs to the kernel when it is byte for byte what the dump has, if the dump has any, and
 * when the sizes and offsets that VMCOREINFO tells are the same by it.
 * Errors: KL_ERROR_NOT_FOUND (no kallsyms, no BTF, a required member), KL_ERROR_MISMATCH, those of kl_btf_open() and of
 * reading. */
struct kl_error *kl_dump_types_load(struct kl_kernel *k, const char *path, const struct kl_debug_bounds *bounds,
				    bool force);

/** kl_dump_types_words() - append the answers to @query to @ret, from the BTF of the kernel or, if it is not NULL, of
 * @module. *found: whether there is any. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_dump_types_words(struct kl_kernel *k, struct kl_module *module,
				     const struct kl_pointer_words_query *query, struct kl_pointer_word_list *ret,
				     bool *found);

/** kl_dump_types_resolve() - answer the @n @requests for types and members into @result, from the BTF of the kernel or,
 * if it is not NULL, of @module. *found: whether there is any. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_dump_types_resolve(struct kl_kernel *k, struct kl_module *module, const struct kl_request *requests,
				       size_t n, void *result, bool *found);

/** kl_dump_types_open_module() - take the BTF of @module, of which the dump has none, from the file at @path, which is
 * known to be its. A file without, or one that does not fit, is an anomaly. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_dump_types_open_module(struct kl_kernel *k, struct kl_module *module, const char *path);

/** kl_dump_types_untyped() - append the names of the modules of whose types nothing was found, separated by ", ".
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_dump_types_untyped(struct kl_kernel *k, struct kl_strbuf *ret);

#endif

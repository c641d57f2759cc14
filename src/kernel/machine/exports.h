/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exports.h: what the kernel exports to its modules: names and addresses, variables among them.
 *
 * A kernel without CONFIG_KALLSYMS_ALL has no other table that names variables. Shapes of an entry:
 *
 *	.. 4.18   value, name: 8 bytes each
 *	4.19 ..   value, name: 4 bytes each, distances from their own place (x86-64, aarch64)
 *	5.4 ..    the same, and a third for the namespace
 *
 * Since 6.9 kallsyms says where the tables begin and end; before, they are found by the entry of init_task, and reach
 * as far as entries go. Both tables (__ksymtab, __ksymtab_gpl; one since 7.2) stand side by side, sorted by name.
 * Source: include/linux/export.h, export-internal.h, asm-generic/vmlinux.lds.h; 2.6.31 .. 7.3.
 */
#ifndef KL_KERNEL_MACHINE_EXPORTS_H
#define KL_KERNEL_MACHINE_EXPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"
#include "util/intern.h"
#include "util/map.h"
#include "util/vec.h"

struct kl_kernel;

struct kl_export {
	uint32_t name;    /* identifier in names */
	uint64_t address; /* run-time; of per-CPU variables linked at zero, an offset */
};

struct kl_exports {
	struct kl_intern *names;
	KL_VEC(struct kl_export) list;
	struct kl_map by_name; /* hash -> index in list */
};

/** kl_exports_read() - find the tables in the image, which begins at @start, and read them.
 * @tables: where they are known to lie, ranges of two addresses each; @n of them, 0 when they have to be found.
 * What cannot be found or read is not in @ret. Errors: KL_ERROR_NOMEM. Cost: 0.1 s where they have to be found. */
struct kl_error *kl_exports_read(struct kl_kernel *k, uint64_t start, const uint64_t (*tables)[2], size_t n,
				 struct kl_exports *ret);
void kl_exports_deinit(struct kl_exports *exports);

/** kl_exports_find() - the address of @name; false when nothing of that name is exported. */
bool kl_exports_find(const struct kl_exports *exports, const char *name, uint64_t *address);

#endif

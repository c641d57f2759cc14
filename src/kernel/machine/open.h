/* SPDX-License-Identifier: GPL-2.0-or-later */
/* open.h: opening a dead kernel: its memory is joined with the layouts of its vmlinux once they are known to belong
 * together. */
#ifndef KL_KERNEL_MACHINE_OPEN_H
#define KL_KERNEL_MACHINE_OPEN_H

#include "debug/bounds.h"
#include "kernel/kernel.h"

/** kl_kernel_open() - join @image with its kernel's layouts.
 * @image:     stays the caller's and must outlive the kernel.
 * @debug:     the vmlinux, likewise; NULL when the cache may know this kernel by its build-id.
 * @cache_dir: of layouts, NULL for the user's default.
 * @force:     accept a vmlinux that does not belong to the dump.
 *
 * They belong together when the build-ids agree (VMCOREINFO since 5.9, otherwise the kernel's .notes in the dump) and
 * "Linux version <release>" stands where linux_banner should be.
 *
 * A boot is told from others of the same kernel by a hash (16 hex digits) of what is drawn at random while booting and
 * never changes again: init_task's stack canary, the KASLR offset and the random bases of memory.
 *
 * Errors: KL_ERROR_MISMATCH (both build-ids in the message), KL_ERROR_NOT_FOUND (layouts, required members),
 * KL_ERROR_NOMEM. Parts of the kernel that cannot be read leave an anomaly, not an error.
 */
struct kl_error *kl_kernel_open(struct kl_image *image, struct kl_debug *debug, const char *cache_dir, bool force,
				struct kl_kernel **ret);

/** kl_kernel_open_alone() - the same without a vmlinux: types from BTF, addresses from the dump's own kallsyms.
 * @btf:    a file with the kernel's BTF, NULL = what the dump has in it; @bounds for opening it.
 * Errors: as kl_dump_types_load(). */
struct kl_error *kl_kernel_open_alone(struct kl_image *image, const char *btf, const struct kl_debug_bounds *bounds,
				      bool force, struct kl_kernel **ret);
void kl_kernel_destroy(struct kl_kernel *k);
KL_DEFINE_CLEANUP(struct kl_kernel *, kl_kernel_destroy)

#endif

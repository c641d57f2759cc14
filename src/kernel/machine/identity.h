/* SPDX-License-Identifier: GPL-2.0-or-later */
/* identity.h: which kernel, which machine, which boot, and when. Parts of kl_kernel_open(). */
#ifndef KL_KERNEL_MACHINE_IDENTITY_H
#define KL_KERNEL_MACHINE_IDENTITY_H

#include "kernel/kernel.h"

/** kl_identity_check() - that the layouts belong to the kernel in memory.
 * Compares the build-id in the dump's .notes with that of the vmlinux when VMCOREINFO has none (before 5.9), and looks
 * for the text "Linux version " at linux_banner. Fills build_id, banner and release.
 * Errors: KL_ERROR_MISMATCH unless @force; then `forced` is set. Missing pages prove nothing and are anomalies. */
struct kl_error *kl_identity_check(struct kl_kernel *k, bool force);

/** kl_identity_read() - fill nodename, boot_id, jiffies, hz and time. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_identity_read(struct kl_kernel *k);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sheaves.h: SLUB's sheaves (7.0; opt-in since 6.18): arrays of free objects, kept per CPU and per node.
 *
 * Taking an object out of a sheaf does not clear its slot. Sheaves are tracked, reachable objects, so the slots past
 * `size` keep the addresses of objects that were handed out, and hide their leaks. Source: mm/slub.c.
 */
#ifndef KL_KERNEL_FACTS_SHEAVES_H
#define KL_KERNEL_FACTS_SHEAVES_H

#include "heap/facts.h"
#include "kernel/kernel.h"

/** kl_sheaves_read() - append SHEAF masks for the slots past `size` of every sheaf of every CPU and node.
 * Kernels without sheaves have none. Damage leaves anomalies and masks less. Errors: out of memory. */
struct kl_error *kl_sheaves_read(struct kl_kernel *k, struct kl_facts *ret);

#endif

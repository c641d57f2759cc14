/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sheaf.h: the sheaves that SLUB keeps free objects in (7.0; opt-in since 6.18): those of each CPU and of each node.
 *
 * A sheaf is an array of free objects, the first `size` of its slots. Taking one out does not clear its slot. Sheaves
 * that wait for a grace period, and those that were filled for one user (maple trees), are on no list of the cache.
 * Source: mm/slub.c, 6.18 .. 7.3; docs/kernel-layouts.md 6.4.
 *
 * SLAB's array_cache is the same thing: of each CPU, of each node, and on each node for objects of other ones. What was
 * taken out of it stays in its slots, too. Source: mm/slab.c, 3.19 .. 6.7.
 */
#ifndef KL_KERNEL_MACHINE_SHEAF_H
#define KL_KERNEL_MACHINE_SHEAF_H

#include "kernel/machine/slab.h"

struct kl_sheaf {
	const struct kl_slab_cache *cache;
	uint64_t slots; /* virtual address of the first */
	uint32_t size;  /* slots that hold an object */
	uint32_t capacity;
};

struct kl_sheaves {
	KL_VEC(struct kl_sheaf) list;
	struct kl_map damaged; /* address of a cache of which something is missing -> 1; an anomaly says what */
};

/** kl_sheaves_list() - fill @ret with the sheaves of @caches, which must outlive it. Empty where the kernel has none.
 * Damaged ones are left out with an anomaly. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_sheaves_list(struct kl_kernel *k, const struct kl_slab_caches *caches, struct kl_sheaves *ret);
void kl_sheaves_deinit(struct kl_sheaves *sheaves);

#endif

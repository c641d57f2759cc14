/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slab_free.h: which objects of a slab are free. Whatever is not, somebody has.
 *
 * SLAB (3.19 .. 6.7) has them in arrays: the slab's own of indices, and those of each CPU and node (sheaf.h). SLUB:
 *
 * A free object is in one of these, and in no two of them:
 *
 *	the slab's freelist		a chain through the free objects; `inuse` is what it leaves
 *	a CPU's freelist (.. 6.19)	of the slab that the CPU allocates from, all of which counts as in use
 *	a sheaf (6.18)			of a CPU or a node; its objects count as in use
 *	the queues of kvfree_rcu()	objects that wait for a grace period count as in use
 *	a CPU's deferred frees (6.18)	so do those that kfree_nolock() could not give back at once, whole slabs (6.18,
 *					6.19) and sheaves (7.3) among them
 *	KASAN's quarantine (4.7)	of each CPU, and of all; its objects count as in use
 *
 * CONFIG_SLAB_FREELIST_HARDENED stores the pointers of a chain XORed with the cache's random number and the address
 * they are stored at, whose bytes are swapped since 5.7; that change went into stable kernels, too, so a vote of the
 * first slabs tells. The first pointer of a chain is stored as it is. Source: mm/slub.c, 2.6.31 .. 7.3.
 */
#ifndef KL_KERNEL_MACHINE_SLAB_FREE_H
#define KL_KERNEL_MACHINE_SLAB_FREE_H

#include "kernel/machine/waiting.h"
#include "kernel/machine/sheaf.h"
#include "kernel/machine/slab.h"

#define KL_SLAB_OBJECTS_MAX (1 << 15) /* slab.objects has 15 bits */

struct kl_slab_free {
	struct kl_kernel *k;
	struct kl_map cpu_lists; /* address of a CPU's slab's struct page -> first object that it took of it, or 0 */
	struct kl_map elsewhere; /* address of a free object that no chain holds -> 1 */
	struct kl_map damaged;   /* address of a cache whose free objects are not all known -> 1; an anomaly says why */
	bool swaps;              /* addresses have their bytes swapped */
};

/** kl_slab_free_read() - what hides free objects besides the slabs themselves.
 * @caches: must outlive @ret. Damage leaves anomalies. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_slab_free_read(struct kl_kernel *k, const struct kl_slab_caches *caches,
				   const struct kl_sheaves *sheaves, const struct kl_waiting *waiting,
				   struct kl_slab_free *ret);
void kl_slab_free_deinit(struct kl_slab_free *f);

/** kl_slab_free_known() - whether this kernel's slabs say which of their objects are free. */
bool kl_slab_free_known(const struct kl_kernel *k);

/** kl_slab_free_vote() - try both ways to decode on the freelist of @slab; +1 when only swapped addresses make sense of
 * it, -1 when only others do, 0 when it does not tell. */
int kl_slab_free_vote(struct kl_slab_free *f, const struct kl_slab *slab);

/** kl_slab_free_mark() - set @is_free[i] to 1 for each free object i of @slab and to 0 for the others.
 * @is_free: room for slab->objects.
 * False when the slab contradicts itself: a chain that leaves it, repeats, or has not the length that `inuse` leaves
 * to it; or when it is frozen and no CPU has it. Then @why says so in words (static) and nothing is known of its
 * objects. */
bool kl_slab_free_mark(struct kl_slab_free *f, const struct kl_slab *slab, uint8_t *is_free, const char **why);

#endif

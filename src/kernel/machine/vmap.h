/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmap.h: the areas of vmalloc space, in use and free: struct vmap_area, and the lists they hang on.
 *
 *	2.6.28 .. 6.8	vmap_area_list has those in use; free_vmap_area_list (5.2) and purge_vmap_area_list (5.13) the
 *			others
 *	6.9 ..		one struct vmap_node per CPU has lists of its own; free_vmap_area_list stayed
 *
 * An area may be on no list at all: a purge moves free ones to a list on its own stack, and the pool of a node hands
 * one out before it is linked as used. So "not on a free list" does not mean "in use". Source: mm/vmalloc.c.
 */
#ifndef KL_KERNEL_MACHINE_VMAP_H
#define KL_KERNEL_MACHINE_VMAP_H

#include "kernel/kernel.h"
#include "util/map.h"

struct kl_vmap_areas {
	KL_VEC(uint64_t) free; /* addresses of the struct vmap_area on a free list */
	/* Read only where areas have a slab cache of their own (5.2): nobody can look for the others there otherwise.
	 */
	struct kl_map busy;      /* addresses of those in use */
	KL_VEC(uint64_t) in_use; /* the same in order of the lists */
	bool damaged;            /* an anomaly says what is not in here */
	bool busy_known;         /* all of them: no list of theirs is damaged */
	uint64_t cache; /* vmap_area_cachep when only areas come from it; 0 = shared with other users, or unknown */
};

/** kl_vmap_areas_read() - fill @ret. Damaged lists end with an anomaly. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_vmap_areas_read(struct kl_kernel *k, struct kl_vmap_areas *ret);
void kl_vmap_areas_deinit(struct kl_vmap_areas *areas);

#endif

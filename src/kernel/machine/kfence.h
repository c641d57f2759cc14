/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kfence.h: the pool of KFENCE (5.12), which takes a slab allocation now and then, to put it beside unmapped pages.
 *
 * Page 2 + 2 * i of the pool is that of object i; the others are guards. Object pages are marked as slabs, but nothing
 * else in their struct page can be relied on: whether there is an object, where in the page, of what size and of which
 * cache is in KFENCE's own records. Records are told from what follows them by the address in each, which stays in the
 * page that belongs to it. They are an array up to 6.4, then a pointer to one, whose length no variable tells.
 *
 * Source: mm/kfence/core.c, mm/kfence/kfence.h, 5.12 .. 7.3.
 */
#ifndef KL_KERNEL_MACHINE_KFENCE_H
#define KL_KERNEL_MACHINE_KFENCE_H

#include "kernel/kernel.h"

/* An allocated object. */
struct kl_kfence_object {
	uint64_t record; /* its struct kfence_metadata */
	uint64_t address;
	uint64_t size;  /* that was asked for */
	uint64_t cache; /* its struct kmem_cache */
};

struct kl_kfence {
	uint64_t start, end;                  /* of the pool; 0 where there is none, or its records cannot be read */
	uint64_t records;                     /* of the first one */
	uint64_t count;                       /* of records */
	KL_VEC(struct kl_kfence_object) list; /* ascending by address */
	KL_VEC(uint64_t) unknown;             /* pages whose record is damaged, ascending */
};

/** kl_kfence_read() - the pool of @k. Damage leaves anomalies. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_kfence_read(struct kl_kernel *k, struct kl_kfence *ret);
void kl_kfence_deinit(struct kl_kfence *f);

/** kl_kfence_holds() - whether @address lies in the pool. */
static inline bool kl_kfence_holds(const struct kl_kfence *f, uint64_t address)
{
	return address - f->start < f->end - f->start;
}

/** kl_kfence_find() - the allocated object in the page of the pool that holds @address; NULL when there is none. */
const struct kl_kfence_object *kl_kfence_find(const struct kl_kernel *k, const struct kl_kfence *f, uint64_t address);

#endif

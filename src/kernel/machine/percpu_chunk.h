/* SPDX-License-Identifier: GPL-2.0-or-later */
/* percpu_chunk.h: what alloc_percpu() has handed out: the chunks of per-CPU memory and the allocations in them.
 *
 * One bit of a chunk's maps stands for four bytes. An allocation is a run of bits set in alloc_map, beginning and
 * ending at bits of bound_map; those of freed memory stay set, so bound_map means nothing where alloc_map is clear.
 * Source: mm/percpu.c, mm/percpu-internal.h, 5.14 .. 7.3; docs/kernel-layouts.md 6.7.
 */
#ifndef KL_KERNEL_MACHINE_PERCPU_CHUNK_H
#define KL_KERNEL_MACHINE_PERCPU_CHUNK_H

#include "kernel/kernel.h"

#define KL_PERCPU_UNIT 4 /* bytes per bit: PCPU_MIN_ALLOC_SIZE */

struct kl_percpu_chunk {
	uint64_t address;   /* of the struct pcpu_chunk */
	uint64_t base;      /* cookie of the chunk's first byte */
	uint32_t bits;      /* of each map */
	uint32_t first_bit; /* what lies before, and from last_bit on, is not the chunk's own */
	uint32_t last_bit;
	uint64_t *alloc_map; /* little-endian words, rounded up */
	uint64_t *bound_map;
	uint64_t extensions; /* address of the array with one struct pcpuobj_ext per bit; 0 = none (first chunk) */
};

struct kl_percpu_chunks {
	KL_VEC(struct kl_percpu_chunk) list; /* by base */
	bool damaged;                        /* an anomaly says what is not in here */
};

/* A live allocation. */
struct kl_percpu_allocation {
	const struct kl_percpu_chunk *chunk;
	uint64_t cookie; /* of its first byte */
	uint32_t bit;    /* of its first four bytes */
	uint32_t size;   /* bytes on each CPU */
};

/** kl_percpu_chunks_read() - every chunk with its maps. Empty where this kernel keeps no such maps.
 * Damaged chunks are left out with an anomaly. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_percpu_chunks_read(struct kl_kernel *k, struct kl_percpu_chunks *ret);
void kl_percpu_chunks_deinit(struct kl_percpu_chunks *chunks);
#define _cleanup_percpu_chunks_ _cleanup_(kl_percpu_chunks_deinit)

/** kl_percpu_allocation_at() - the live allocation that holds @cookie; false when there is none. */
bool kl_percpu_allocation_at(const struct kl_percpu_chunks *chunks, uint64_t cookie, struct kl_percpu_allocation *ret);

/** kl_percpu_is_free() - whether @cookie lies in a chunk that says it is not allocated. */
bool kl_percpu_is_free(const struct kl_percpu_chunks *chunks, uint64_t cookie);

/** kl_percpu_next_allocation() - the first live allocation of @chunk that begins at bit @*bit or after; moves @*bit
 * past it. Begin with 0. False when there is none. */
bool kl_percpu_next_allocation(const struct kl_percpu_chunk *chunk, uint32_t *bit, struct kl_percpu_allocation *ret);

#endif

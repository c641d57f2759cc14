/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address_space.h: how a word becomes an address of this machine, whatever filled the heap: which words can be pointers
 * at all, where the copies of per-CPU memory lie, where physical memory is mapped.
 */
#ifndef KL_HEAP_ADDRESS_SPACE_H
#define KL_HEAP_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"

struct kl_address_space {
	uint64_t min_address, max_address; /* words outside [min, max) are no pointers to virtual objects */
	bool percpu_references;            /* each word is also tried as a per-CPU cookie */
	uint64_t min_percpu, max_percpu;   /* [min, max) of these */
	bool small_cookies;                /* which are small integers (x86-64 before 6.15) */
	bool reset_tags; /* KASAN software or hardware tags: compare pointers with their tag byte set to 0xff */

	const uint64_t *percpu_offsets; /* of the possible CPUs, ascending: address of a copy = cookie + offset */
	size_t percpu_count;
	uint64_t direct_map; /* virtual address of physical 0 (may wrap around): physical objects are scanned there */
};

/** kl_address_space_bound() - set the ranges of @space to what the objects of @heap span: a word outside cannot refer
 * to any of them. @heap: with its index.
 *
 * Kernels keep such bounds themselves (kmemleak's min_addr, max_addr ...), but a bound is one word, and a flipped one
 * would hide or invent thousands of leaks; the objects are there to tell.
 */
void kl_address_space_bound(struct kl_address_space *space, const struct kl_heap *heap);

/** kl_reset_tag() - @pointer with the tag byte of KASAN's software and hardware modes reset (sign-extended bit 55). */
static inline uint64_t kl_reset_tag(uint64_t pointer)
{
	return (uint64_t)((int64_t)(pointer << 8) >> 8);
}

static inline bool kl_may_be_virtual(const struct kl_address_space *space, uint64_t word)
{
	return word >= space->min_address && word < space->max_address;
}

static inline bool kl_may_be_percpu(const struct kl_address_space *space, uint64_t word)
{
	return space->percpu_references && word >= space->min_percpu && word < space->max_percpu;
}

/* percpu_ref keeps two flags in the low bits of a cookie (__PERCPU_REF_ATOMIC_DEAD), and keeps it so while it counts in
 * one atomic counter: every percpu_ref that was killed, or switched. */
#define KL_COOKIE_FLAGS 3

/** kl_is_cookie() - whether @word, which lies inside the per-CPU object @cookie, is one to believe wherever it stands:
 * small integers lie there by chance, and pointers to the middle of a per-CPU object are rare. */
static inline bool kl_is_cookie(const struct kl_address_space *space, uint64_t cookie, uint64_t word)
{
	return !space->small_cookies || word - cookie <= KL_COOKIE_FLAGS;
}

/** kl_object_start() - the virtual address at which the bytes of a virtual or physical object lie. */
static inline uint64_t kl_object_start(const struct kl_heap *heap, const struct kl_address_space *space, uint32_t row)
{
	return heap->address[row] + (heap->class_[row] == KLEAK_CLASS_PHYSICAL ? space->direct_map : 0);
}

/** kl_object_offset() - how far into object @row the address @word points: of a per-CPU object, an address in one of
 * its copies or its cookie. */
static inline uint64_t kl_object_offset(const struct kl_heap *heap, const struct kl_address_space *space, uint32_t row,
					uint64_t word)
{
	uint64_t offset = word - kl_object_start(heap, space, row);
	size_t cpu;

	if (heap->class_[row] != KLEAK_CLASS_PERCPU)
		return offset;
	for (cpu = 0; cpu < space->percpu_count && offset >= heap->size[row]; cpu++)
		offset = word - heap->address[row] - space->percpu_offsets[cpu];
	return offset;
}

#endif

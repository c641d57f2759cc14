/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mappings.h: from a physical address back to the virtual ones. Every page of RAM is in the direct map; those of
 * vmalloc areas, modules, the kernel's image, the memory map and per-CPU chunks are mapped elsewhere as well, and it
 * is there that objects and roots name them. */
#ifndef KL_KERNEL_FACTS_MAPPINGS_H
#define KL_KERNEL_FACTS_MAPPINGS_H

#include "heap/heap.h"
#include "heap/root.h"
#include "kernel/kernel.h"

/* Page frames [frame, end), mapped from @address on. */
struct kl_mapping {
	uint64_t frame, end;
	uint64_t address;
	uint64_t highest_end; /* of this and all mappings before it: where a search may stop */
};

struct kl_mappings {
	unsigned page_shift;
	bool has_direct_map;
	uint64_t direct_map;            /* virtual address of physical 0 (may wrap around) */
	KL_VEC(struct kl_mapping) list; /* ascending by frame; several may name one frame */
};

/** kl_mappings_read() - translate everything that lies outside of the direct map: objects of @heap, @roots,
 * modules, the kernel's image, the memory map, per-CPU chunks.
 * @ret: freed with kl_mappings_deinit(). What the page tables do not map is left out. Errors: KL_ERROR_NOMEM. Cost:
 * one translation per page of such memory. */
struct kl_error *kl_mappings_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_roots *roots,
				  struct kl_mappings *ret);
void kl_mappings_deinit(struct kl_mappings *m);

/* More mappings of one page than these are not looked at. */
#define KL_MAPPINGS_MAX 8

/** kl_mappings_find() - the virtual addresses of @physical, that of the direct map last. Returns how many. */
size_t kl_mappings_find(const struct kl_mappings *m, uint64_t physical, uint64_t ret[KL_MAPPINGS_MAX]);

#endif

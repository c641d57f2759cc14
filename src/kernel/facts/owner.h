/* SPDX-License-Identifier: GPL-2.0-or-later */
/* owner.h: whose memory a byte of RAM is: which object, freed slot, stack, struct page, kind of page. What mdb calls
 * whatis, and what says of a word that no scan sees why none does.
 */
#ifndef KL_KERNEL_FACTS_OWNER_H
#define KL_KERNEL_FACTS_OWNER_H

#include "heap/facts.h"
#include "heap/heap.h"
#include "kernel/facts/mappings.h"
#include "kernel/kernel.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/task.h"

/* Identifier, name, what it means of a word that stands there. */
#define KL_OWNERS(X)                                                                                           \
	X(NOBODY, "not-understood", "not understood: nothing known accounts for this page")                    \
	X(OBJECT, "object", "in a tracked object")                                                             \
	X(SLACK, "slack", "behind the size of a tracked object, in memory that came with it")                  \
	X(KMEMLEAK, "kmemleak", "kmemleak's own record")                                                       \
	X(SLOT_FREED, "freed-slot", "in a slot of a slab that no object lives in")                             \
	X(SLOT_UNTRACKED, "untracked-slot", "in a slab cache that kmemleak does not track")                    \
	X(SLAB_REST, "slab-rest", "in a slab, behind its last object")                                         \
	X(STACK, "stack", "on a task's stack")                                                                 \
	X(PERCPU_STATIC, "percpu", "in static per-CPU memory")                                                 \
	X(PERCPU_UNUSED, "percpu-unused", "in a chunk of per-CPU memory, where nothing tracked is allocated")  \
	X(STRUCT_PAGE, "struct-page", "in a struct page")                                                      \
	X(STACK_DEPOT, "stack-depot", "in the stack depot")                                                    \
	X(IMAGE, "kernel-image", "in the kernel's image, outside of what is scanned")                          \
	X(MODULE, "module", "in a module's memory, outside of what is scanned")                                \
	X(PAGE_TABLE, "page-table", "in a page table")                                                         \
	X(PAGE_TYPED, "special-page", "in a page with a type of its own, such as a page table or a guard")     \
	X(PAGE_FREE, "free-page", "in a free page")                                                            \
	X(PAGE_FILE, "file-page", "in a page of a file")                                                       \
	X(PAGE_USER, "user-page", "in a page of user space")                                                   \
	X(PAGE_RESERVED, "reserved-page", "in memory that was reserved at boot")                               \
	X(PAGE_UNTRACKED, "untracked-page", "in a page straight from the page allocator, which nobody tracks") \
	X(NO_PAGE, "no-struct-page", "in memory that the kernel has no struct page for")

enum kl_owner_kind {
#define X(id, name, why) KL_OWNER_##id,
	KL_OWNERS(X)
#undef X
		KL_OWNER_KINDS,
};

const char *kl_owner_name(enum kl_owner_kind kind);
const char *kl_owner_why(enum kl_owner_kind kind);

struct kl_owner {
	enum kl_owner_kind kind;
	uint64_t address;  /* of the byte, as the owner names its memory: vmalloc, image, direct map */
	uint64_t physical; /* of the byte */
	uint64_t start;    /* of the object, slot, stack, struct page or page, in the same address space */
	uint32_t row;      /* OBJECT and SLACK; KMEMLEAK: the object recorded, if it lives. Otherwise KL_NO_OBJECT */
	const struct kl_slab_cache *cache; /* whatever lies in a slab; otherwise NULL */
	const struct kl_task *task;        /* STACK */
	const struct kl_module *module;    /* MODULE */
	uint64_t frame;                    /* STRUCT_PAGE: whose; otherwise that of the byte */
	uint64_t block;                    /* first page frame of the compound page that the byte lies in, or `frame` */
	unsigned cpu;                      /* PERCPU_STATIC, and per-CPU objects: whose copy */
};

/* A struct kmemleak_object. */
struct kl_record {
	uint64_t start;
	uint32_t row; /* recorded */
};

struct kl_owners {
	struct kl_kernel *k;
	const struct kl_heap *heap; /* with its index */
	const struct kl_facts *facts;
	const struct kl_memmap *memmap;
	const struct kl_slab_caches *caches;
	const struct kl_percpu_chunks *chunks;
	struct kl_modules *modules;
	struct kl_page_types types;
	struct kl_mappings mappings;      /* this and the next are read by kl_owners_map() */
	KL_VEC(struct kl_record) records; /* kmemleak's records of the objects, ascending by address */
	uint8_t *page;                    /* one struct page */
	bool mapped;
	struct kl_tasks tasks; /* idle ones included; those with a stack first, ascending by its address */
	size_t stacks;         /* how many have one */
	uint64_t object_cache, scan_area_cache;
	uint64_t no_leak_trace; /* SLAB_NOLEAKTRACE */
};

/** kl_owners_read() - the parts of the machine that answers need. @heap and @facts must outlive @ret.
 * @ret: zeroed; freed with kl_owners_deinit(), after an error too. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_owners_read(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_facts *facts,
				struct kl_owners *ret);
void kl_owners_deinit(struct kl_owners *o);

/** kl_owners_task() - the task on whose stack @address is; NULL when it is on none. */
const struct kl_task *kl_owners_task(const struct kl_owners *o, uint64_t address);

/** kl_owners_map() - get ready to answer; once is enough. Errors: KL_ERROR_NOMEM. Cost: that of kl_mappings_read(). */
struct kl_error *kl_owners_map(struct kl_owners *o);

/** kl_owner_find() - the same by any virtual address, also one outside of the direct map. Errors: of
 * kl_image_translate(). */
struct kl_error *kl_owner_find(struct kl_owners *o, uint64_t address, struct kl_owner *ret);

/** kl_owner_of() - whose the byte at physical address @physical is. After kl_owners_map(). */
void kl_owner_of(struct kl_owners *o, uint64_t physical, struct kl_owner *ret);

#endif

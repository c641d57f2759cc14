/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leftovers that only other readers' facts finds: vmap areas on no list, per-CPU objects that were freed. */
#include "test.h"

#include "test_alloc_world.h"

#include "kernel/facts/leftovers.h"

static struct kl_kernel *k;
static struct kl_heap heap;
static struct kl_facts facts;

#define AREA_SIZE (SLAB_SIZE - 8)
#define BUSY 0xc000 /* head of the list of areas in use */
#define CACHEP 0xc020
#define USERS 40 /* in the cache */

/* Areas are objects 0 .. 3 of the world's slab. */
static size_t area(unsigned n)
{
	return SLAB + (size_t)n * SLAB_SIZE;
}

static void add_object(uint64_t address, uint64_t size, enum kleak_class class_)
{
	struct kl_object object = {.address = address, .size = size, .flags = KL_OBJECT_ALLOCATED, .min_count = 1};

	object.class_ = class_;
	CHECK_OK(kl_heap_add(&heap, &object));
}

static void begin(void)
{
	struct kl_layouts *l;

	k = world();
	k->arch = KL_ARCH_X86_64;
	l = &k->layouts;
	l->kmem_cache.refcount = member(USERS, 4);
	l->vmap_area.type = (struct kl_type){true, AREA_SIZE};
	l->vmap_area.va_start = member(0, 8);
	l->vmap_area.va_end = member(8, 8);
	l->vmap_area.list = member(16, 16);
	l->vmap_area.vm = member(32, 8);
	l->variables.vmap_area_list = variable(BUSY, 16);
	l->variables.vmap_area_cachep = variable(CACHEP, 8);
	put_u64(k, CACHEP, at(CACHE));
	put_u32(k, CACHE + USERS, 1);
	facts = (struct kl_facts){};
	CHECK_OK(kl_heap_init(&heap));
}

/* Area 1 is in use; areas 0 and 2 are on no list. */
static void areas(void)
{
	begin();
	for (unsigned n = 0; n < 3; n++)
		add_object(at(area(n)), AREA_SIZE, KLEAK_CLASS_VIRTUAL);
	add_object(at(area(3)), AREA_SIZE - 8, KLEAK_CLASS_VIRTUAL);
	list_of_one(k, BUSY, area(1) + 16);
}

static void look(void)
{
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK_OK(kl_leftovers_read(k, &heap, &facts));
}

static uint16_t traits_at(uint64_t address)
{
	const struct kl_mask *m;
	uint16_t traits = 0;

	kl_vec_for_each (m, &facts.masks) {
		if (address >= m->start && address < m->end)
			traits |= m->traits;
	}
	return traits;
}

static void end(void)
{
	kl_facts_deinit(&facts);
	kl_heap_deinit(&heap);
	fake_destroy(k);
}

static void test_areas_on_no_list(void)
{
	areas();
	look();
	CHECK_INT(traits_at(at(area(0)) + 32), KL_TRAIT_VMAP);
	CHECK_INT(traits_at(at(area(0)) + 8), KL_TRAIT_VMAP);
	CHECK_INT(traits_at(at(area(0)) + 16), 0);            /* its links */
	CHECK_INT(traits_at(at(area(1)) + 32), 0);            /* in use */
	CHECK_INT(traits_at(at(area(1)) + 8), KL_TRAIT_VMAP); /* but for its borders, which are no references */
	CHECK_INT(traits_at(at(area(2)) + 32), KL_TRAIT_VMAP);
	CHECK_INT(traits_at(at(area(3)) + 32), 0); /* of another size */
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_areas_of_nodes(void)
{
	struct kl_layouts *l;

	areas();
	l = &k->layouts;
	l->variables.vmap_area_list.present = false;
	l->vmap_node.type = (struct kl_type){true, 64};
	l->vmap_node.busy = member(24, 16);
	l->variables.vmap_nodes = variable(0xc100, 8);
	l->variables.nr_vmap_nodes = variable(0xc108, 4);
	put_u64(k, 0xc100, at(0xc200));
	put_u32(k, 0xc108, 2);
	list_of_one(k, 0xc200 + 24, area(0) + 16);
	list_of_one(k, 0xc200 + 64 + 24, area(1) + 16);
	look();
	CHECK_INT(traits_at(at(area(0)) + 32), 0);
	CHECK_INT(traits_at(at(area(1)) + 32), 0);
	CHECK_INT(traits_at(at(area(2)) + 32), KL_TRAIT_VMAP);
	end();
}

/* Which areas are in use is not known: none of them may be passed over. */
static void test_damaged_list_of_areas_in_use(void)
{
	areas();
	put_u64(k, area(1) + 16, 8);
	look();
	CHECK_INT(traits_at(at(area(0)) + 32), 0);
	CHECK_INT(k->anomaly_count, 1);
	end();
}

static void test_areas_in_a_shared_cache(void)
{
	areas();
	put_u32(k, CACHE + USERS, 2);
	look();
	CHECK_INT(traits_at(at(area(0)) + 32), 0);
	end();
}

static void test_areas_of_another_cache(void)
{
	areas();
	put_u64(k, CACHEP, at(CACHE + 0x100));
	put_u32(k, CACHE + 0x100 + USERS, 1);
	look();
	CHECK_INT(traits_at(at(area(0)) + 32), 0);
	end();
}

static void test_freed_percpu_memory(void)
{
	begin();
	put_percpu(k, 128, 16, 0);
	list_of_one(k, BUSY, area(7) + 16);
	add_object(chunk_cookie(128), 16, KLEAK_CLASS_PERCPU);
	add_object(chunk_cookie(192), 16, KLEAK_CLASS_PERCPU);          /* free in the chunk's map */
	add_object(chunk_cookie(0) + 0x100000, 16, KLEAK_CLASS_PERCPU); /* of no chunk */
	look();
	CHECK_INT(traits_at(at(PERCPU) - COOKIE_START + chunk_cookie(128)), 0);
	CHECK_INT(traits_at(at(PERCPU) - COOKIE_START + chunk_cookie(192)), KL_TRAIT_PERCPU_FREE);
	CHECK_INT(traits_at(at(PERCPU + 0x10000) - COOKIE_START + chunk_cookie(192) + 15), KL_TRAIT_PERCPU_FREE);
	CHECK_INT(facts.masks.count, 2 + 2); /* and the borders of the area in use */
	end();
}

int main(void)
{
	RUN(test_areas_on_no_list);
	RUN(test_areas_of_nodes);
	RUN(test_damaged_list_of_areas_in_use);
	RUN(test_areas_in_a_shared_cache);
	RUN(test_areas_of_another_cache);
	RUN(test_freed_percpu_memory);
	return DONE();
}

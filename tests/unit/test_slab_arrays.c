/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Living objects of SLAB, whose free ones are in arrays: of each slab, of each CPU, of each node. */
#include "test_slab_scene.h"

#define ARRAY_OFFSET 3584u /* of the slab's own array, behind its seven objects */
#define SHARED 0x3400u     /* an array_cache, as that at CPU_SLAB */
#define CACHE_NODE 0x3600u

/* A machine whose allocator is SLAB, with one cache. */
static void begin_with_arrays(void)
{
	struct kl_layouts *l;

	begin();
	l = &k->layouts;
	l->slab.inuse.present = l->slab.objects.present = l->kmem_cache.offset.present = false;
	l->kmem_cache.oo.present = l->kmem_cache.cpu_slab.present = false;
	l->slab.s_mem = member(16, 8);
	l->slab.active = member(40, 4);
	l->kmem_cache.cpu_cache = member(56, 8);
	l->kmem_cache.num = member(88, 4);
	l->kmem_cache.freelist_size = member(92, 4);
	l->slab_arrays.node = member(96, 8);
	l->slab_arrays.node.count = 1;
	l->slab_arrays_node.shared = member(8, 8);
	l->array_cache.type = (struct kl_type){true, 16};
	l->array_cache.avail = member(0, 4);
	l->array_cache.limit = member(4, 4);
	l->array_cache.entry = member(16, 0);
	add_cache("old");
	put_u64(k, cache_at(0) + 56, at(CPU_SLAB));
	put_u32(k, cache_at(0) + 88, 7);
	put_u32(k, cache_at(0) + 92, 7);
	put_u64(k, cache_at(0) + 96, at(CACHE_NODE));
	put_u32(k, CPU_SLAB + 4, 8);
}

/* Page frame SLABS + @slab becomes one of SLAB's, whose objects @indices are free. */
static void add_slab_with_array(unsigned slab, const char *indices)
{
	unsigned active = 7 - (unsigned)strlen(indices), i;

	add_slab(slab, 0, 0);
	put_u64(k, page_of(slab) + 16, object(slab, 0));
	put_u32(k, page_of(slab) + 40, active);
	set_freelist(slab, object(slab, 0) + ARRAY_OFFSET);
	for (i = 0; indices[i]; i++) {
		uint8_t index = (uint8_t)(indices[i] - '0');

		put(k, object(slab, 0) + ARRAY_OFFSET - FAKE_BASE + active + i, &index, 1);
	}
}

static void test_slab_has_arrays_of_free_objects(void)
{
	begin_with_arrays();
	add_slab_with_array(0, "256");
	put_u32(k, CPU_SLAB, 1);
	put_u64(k, CPU_SLAB + 16, object(0, 0));
	put_u64(k, CPU_SLAB + 24, object(0, 3)); /* was taken out */
	put_u64(k, CACHE_NODE + 8, at(SHARED));
	put_u32(k, SHARED, 1);
	put_u32(k, SHARED + 4, 4);
	put_u64(k, SHARED + 16, object(0, 1));
	read_all();
	CHECK_INT(heap.rows, 2);
	CHECK(is_there(0, 3) && is_there(0, 4));
	CHECK_INT(heap.size[0], SIZE - 8);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

/* A slab of many small objects has its array elsewhere: that is an object that the slab itself holds. */
static void test_an_array_that_is_an_object_is_held(void)
{
	uint8_t index = 6;

	begin_with_arrays();
	add_slab_with_array(0, "6");
	add_slab_with_array(1, "");
	set_freelist(0, object(1, 2));
	put(k, object(1, 2) - FAKE_BASE + 6, &index, 1);
	read_all();
	CHECK_INT(heap.rows, 13);
	CHECK(is_grey(1, 2) && !is_grey(1, 3) && !is_there(0, 6));
	end();
}

static void test_arrays_that_cannot_be(void)
{
	static const struct {
		const char *indices, *anomaly;
	} wrong[] = {{"29", "leaves its slab"}, {"22", "free twice"}};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		begin_with_arrays();
		add_slab_with_array(0, wrong[i].indices);
		read_all();
		CHECK(is_grey(0, 0) && is_grey(0, 3) && has_anomaly(wrong[i].anomaly));
		end();
	}
	begin_with_arrays();
	add_slab_with_array(0, "256");
	put_u32(k, CPU_SLAB, 9);
	read_all();
	CHECK(is_grey(0, 0) && has_anomaly("claims 9 free objects"));
	end();
}

int main(void)
{
	RUN(test_slab_has_arrays_of_free_objects);
	RUN(test_an_array_that_is_an_object_is_held);
	RUN(test_arrays_that_cannot_be);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables without symbols: each is found by what it holds, and not where only something like it stands. */
#include "test.h"

#include "kernel/machine/inferred.h"
#include "kernel/machine/machine.h"
#include "test_kernel_fake.h"

#define DATA 0x10000 /* the image's data */
#define DATA_END 0x20000
#define HEAP 0x40000

static struct kl_kernel *new_kernel(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_layouts *l = &k->layouts;

	l->list_head.type = (struct kl_type){true, 16};
	l->kmem_cache.type = (struct kl_type){true, 64};
	l->kmem_cache.size = member(0, 4);
	l->kmem_cache.object_size = member(4, 4);
	l->kmem_cache.name = member(8, 8);
	l->kmem_cache.list = member(16, 16);
	l->module.type = (struct kl_type){true, 128};
	l->module.state = member(0, 4);
	l->module.list = member(8, 16);
	l->module.name = member(24, 56);
	l->btf_module.type = (struct kl_type){true, 32};
	l->btf_module.list = member(0, 16);
	l->btf_module.module = member(16, 8);
	l->btf_module.btf = member(24, 8);
	l->btf.data = member(0, 8);
	return k;
}

/* Links the @n nodes at @places to a ring, the first of them being the head. */
static void put_ring(struct kl_kernel *k, const size_t *places, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		put_u64(k, places[i], at(places[(i + 1) % n]));
		put_u64(k, places[i] + 8, at(places[(i + n - 1) % n]));
	}
}

static void put_cache(struct kl_kernel *k, size_t place, const char *name)
{
	put_u32(k, place, 64);
	put_u32(k, place + 4, 60);
	put_u64(k, place + 8, at(place + 40));
	put(k, place + 40, name, strlen(name) + 1);
}

static void put_caches(struct kl_kernel *k, size_t head)
{
	const size_t nodes[] = {head, HEAP + 16, HEAP + 0x100 + 16, DATA + 0x800 + 16};

	put_cache(k, HEAP, "vmap_area");
	put_cache(k, HEAP + 0x100, "dentry");
	put_cache(k, DATA + 0x800, "kmem_cache"); /* as the first of all, it lies in the image */
	put_ring(k, nodes, 4);
}

static void infer(struct kl_kernel *k)
{
	CHECK_OK(kl_infer_within(k, at(DATA), at(DATA_END)));
}

static void test_slab_caches(void)
{
	struct kl_kernel *k = new_kernel();

	put_caches(k, DATA + 0x100);
	infer(k);
	CHECK(k->layouts.variables.slab_caches.present);
	CHECK_INT(k->layouts.variables.slab_caches.address, at(DATA + 0x100));
	CHECK(!k->layouts.variables.modules.present);
	fake_destroy(k);
}

/* One element that is no cache, one link that does not lead back, a second head: no proof. */
static void test_no_slab_caches(void)
{
	struct kl_kernel *k = new_kernel();
	const size_t second[] = {DATA + 0x200, HEAP + 0x200 + 16};

	put_caches(k, DATA + 0x100);
	put_u32(k, HEAP + 0x100, 0); /* size */
	infer(k);
	CHECK(!k->layouts.variables.slab_caches.present);
	put_cache(k, HEAP + 0x100, "dentry");
	put_u64(k, HEAP + 0x100 + 24, at(HEAP)); /* back link */
	infer(k);
	CHECK(!k->layouts.variables.slab_caches.present);
	put_caches(k, DATA + 0x100);
	put_cache(k, HEAP + 0x200, "inode");
	put_ring(k, second, 2);
	infer(k);
	CHECK(!k->layouts.variables.slab_caches.present);
	put_u64(k, HEAP + 0x200 + 8, 0); /* its name: then it is something else */
	infer(k);
	CHECK(k->layouts.variables.slab_caches.present);
	fake_destroy(k);
}

/* What symbols told is not asked again. */
static void test_known_before(void)
{
	struct kl_kernel *k = new_kernel();

	put_caches(k, DATA + 0x100);
	k->layouts.variables.slab_caches = variable(DATA + 0x700, 16);
	infer(k);
	CHECK_INT(k->layouts.variables.slab_caches.address, at(DATA + 0x700));
	fake_destroy(k);
}

static void test_modules(void)
{
	struct kl_kernel *k = new_kernel();
	const size_t nodes[] = {DATA + 0x300, HEAP + 8, HEAP + 0x100 + 8};
	const size_t btf_nodes[] = {DATA + 0x400, HEAP + 0x200};

	put(k, HEAP + 24, "ext4", 5);
	put(k, HEAP + 0x100 + 24, "veth", 5);
	put_ring(k, nodes, 3);
	put_ring(k, btf_nodes, 2);
	put_u64(k, HEAP + 0x200 + 16, at(HEAP));         /* its module */
	put_u64(k, HEAP + 0x200 + 24, at(HEAP + 0x300)); /* its struct btf */
	put_u64(k, HEAP + 0x300, at(HEAP + 0x400));
	infer(k);
	CHECK_INT(k->layouts.variables.modules.address, at(DATA + 0x300));
	CHECK(!k->layouts.variables.btf_modules.present);
	put_u32(k, HEAP + 0x400, 0x0001eb9f);
	infer(k);
	CHECK_INT(k->layouts.variables.btf_modules.address, at(DATA + 0x400));
	fake_destroy(k);
}

static void put_empty_list(struct kl_kernel *k, size_t place)
{
	put_ring(k, &place, 1);
}

/* {busy @0, lazy @16, pool[2] @32} */
static void put_vmap_node(struct kl_kernel *k, size_t place)
{
	size_t i;

	for (i = 0; i < 4; i++)
		put_empty_list(k, place + 16 * i);
}

static void test_vmap_nodes(void)
{
	struct kl_kernel *k = new_kernel();
	struct kl_layouts *l = &k->layouts;
	const size_t busy[] = {HEAP, HEAP + 0x1000 + 16};
	const struct kl_vmap_areas *areas;

	l->vmap_node.type = (struct kl_type){true, 64};
	l->vmap_node.busy = member(0, 16);
	l->vmap_node.lazy = member(16, 16);
	l->vmap_node.pool = (struct kl_member){
		.present = true, .is_array = true, .offset = 32, .size = 32, .count = 2, .element_size = 16};
	l->vmap_pool.head = member(0, 16);
	l->vmap_area.va_start = member(0, 8);
	l->vmap_area.va_end = member(8, 8);
	l->vmap_area.list = member(16, 16);
	l->kmem_cache.refcount = member(32, 4);
	put_vmap_node(k, HEAP);
	put_vmap_node(k, HEAP + 64);
	put_ring(k, busy, 2);
	put_u64(k, HEAP + 0x1000, 0xffffc90000001000);
	put_u64(k, DATA + 0x500, at(HEAP));
	infer(k);
	CHECK(!l->variables.vmap_nodes.present); /* the area ends before it begins */
	put_u64(k, HEAP + 0x1000 + 8, 0xffffc90000003000);
	infer(k);
	CHECK(l->variables.vmap_nodes.present && l->variables.vmap_nodes.is_pointer);
	CHECK_INT(l->variables.vmap_nodes.address, at(DATA + 0x500));

	/* how many there are is told by the nodes themselves */
	l->variables.vmap_area_cachep = variable(DATA + 0x600, 8);
	CHECK_OK(kl_machine_vmap_areas(k, &areas));
	CHECK(areas->busy_known);
	CHECK_INT(areas->in_use.count, 1);
	fake_destroy(k);
}

static void put_chunk(struct kl_kernel *k, size_t place, uint64_t base)
{
	put_u64(k, place + 16, base);
	put_u32(k, place + 24, 2); /* pages */
	put_u32(k, place + 28, 0); /* start_offset */
	put_u32(k, place + 32, 8192);
}

static void test_percpu_chunks(void)
{
	struct kl_kernel *k = new_kernel();
	struct kl_layouts *l = &k->layouts;
	const size_t slot[] = {HEAP + 3 * 16, HEAP + 0x1000};
	size_t i;

	l->pcpu_chunk.type = (struct kl_type){true, 40};
	l->pcpu_chunk.list = member(0, 16);
	l->pcpu_chunk.base_addr = member(16, 8);
	l->pcpu_chunk.nr_pages = member(24, 4);
	l->pcpu_chunk.start_offset = member(28, 4);
	l->pcpu_chunk.free_bytes = member(32, 4);
	k->percpu.smp = true;
	CHECK(kl_vec_push(&k->percpu.cpus, 0u) && kl_vec_push(&k->percpu.offsets, at(0x80000)));
	for (i = 0; i < 6; i++)
		put_empty_list(k, HEAP + 16 * i);
	put_ring(k, slot, 2);
	put_chunk(k, HEAP + 0x1000, at(0x81000));
	put_empty_list(k, HEAP + 0x2000); /* the reserved one is on no list */
	put_chunk(k, HEAP + 0x2000, at(0x80000));
	put_u64(k, DATA + 0x500, at(HEAP));
	put_u64(k, DATA + 0x508, at(HEAP + 0x2000));
	put_u64(k, DATA + 0x510, at(HEAP + 0x1000)); /* pcpu_first_chunk is on a list */
	put_u64(k, DATA + 0x518, at(0x80000));
	put_u64(k, DATA + 0x520, at(0x80000)); /* twice: both are right */
	infer(k);
	CHECK_INT(l->variables.pcpu_chunk_lists.address, at(DATA + 0x500));
	CHECK_INT(l->variables.pcpu_reserved_chunk.address, at(DATA + 0x508));
	CHECK(l->symbols.pcpu_base_addr.present);
	CHECK_INT(k->percpu.base_address, at(0x80000));
	fake_destroy(k);
}

static void test_sysctl_root(void)
{
	struct kl_kernel *k = new_kernel();
	struct kl_layouts *l = &k->layouts;

	l->ctl_table_root.type = (struct kl_type){true, 128};
	l->ctl_table_root.default_set = member(0, 96);
	l->ctl_table_root.header_table = member(8, 8);
	l->ctl_table_root.header_table_arg = member(40, 8);
	l->ctl_table_root.header_root = member(48, 8);
	l->ctl_table_root.header_set = member(56, 8);
	put_u64(k, DATA + 0x600 + 48, at(DATA + 0x600));
	put_u64(k, DATA + 0x600 + 56, at(DATA + 0x600));
	infer(k);
	CHECK(!l->variables.sysctl_table_root.present);
	put_u64(k, DATA + 0x600 + 8, at(DATA + 0x700));
	put_u64(k, DATA + 0x600 + 40, at(DATA + 0x700));
	infer(k);
	CHECK_INT(l->variables.sysctl_table_root.address, at(DATA + 0x600));
	fake_destroy(k);
}

int main(void)
{
	RUN(test_slab_caches);
	RUN(test_no_slab_caches);
	RUN(test_known_before);
	RUN(test_modules);
	RUN(test_vmap_nodes);
	RUN(test_percpu_chunks);
	RUN(test_sysctl_root);
	return DONE();
}

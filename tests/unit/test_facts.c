/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a frozen machine knows beyond its heap, on a fake kernel: stacks in use, leftovers, sheaves. */
#include "test.h"

#include "test_kernel_fake.h"

#include "kernel/facts/leftovers.h"
#include "kernel/facts/pending.h"
#include "kernel/facts/sheaves.h"
#include "kernel/facts/stacks.h"
#include "kernel/machine/machine.h"

static struct kl_kernel *k;
static struct kl_facts facts;
static const struct kl_heap no_heap;

static void begin(void)
{
	k = fake_kernel();
	facts = (struct kl_facts){};
	CHECK(kl_vec_push(&k->percpu.cpus, 0U));
	CHECK(kl_vec_push(&k->percpu.offsets, (uint64_t)0));
	k->percpu.smp = true;
}

static void end(void)
{
	kl_facts_deinit(&facts);
	fake_destroy(k);
}

/* The traits that the mask over @offset gives, 0 without one. */
static uint16_t traits_at(size_t offset)
{
	const struct kl_mask *m;
	uint16_t traits = 0;

	kl_vec_for_each (m, &facts.masks) {
		if (at(offset) >= m->start && at(offset) < m->end)
			traits |= m->traits;
	}
	return traits;
}

static void list_node(size_t node, size_t next, size_t prev)
{
	put_u64(k, node, at(next));
	put_u64(k, node + 8, at(prev));
}

/* ---- stacks: init_task at 0x1000, one sleeping task at 0x2000, stacks of 16 KiB ---- */

#define INIT_TASK 0x1000
#define TASK 0x2000
#define INIT_STACK 0x10000
#define TASK_STACK 0x20000
#define OLD_STACK 0x30000
#define STACK_SIZE 0x4000

static void task(size_t address, size_t stack, uint64_t sp)
{
	put_u64(k, address + 16, at(stack));
	put_u64(k, address + 24, sp);
	put_u32(k, address + 32, 1); /* stack_refcount */
}

static void two_tasks(void)
{
	struct kl_layout_task_struct *l;

	begin();
	l = &k->layouts.task_struct;
	l->tasks = member(0, 16);
	l->stack = member(16, 8);
	l->thread_sp = member(24, 8);
	l->stack_refcount = member(32, 4);
	l->pid = member(36, 4);
	l->tgid = member(40, 4);
	l->comm = member(48, 16);
	k->layouts.symbols.init_task = variable(INIT_TASK, 0);
	k->layouts.variables.init_stack = variable(INIT_STACK, STACK_SIZE);
	list_node(INIT_TASK, TASK, TASK);
	list_node(TASK, INIT_TASK, INIT_TASK);
	task(INIT_TASK, INIT_STACK, at(INIT_STACK + 0x3000));
	task(TASK, TASK_STACK, at(TASK_STACK + 0x2000));
}

static void test_stacks_live_from_the_saved_pointer(void)
{
	two_tasks();
	CHECK_OK(kl_stacks_read(k, &facts));
	CHECK_INT(facts.roots.list.count, 2); /* the idle task, too */
	CHECK_INT(facts.live.count, 2);
	CHECK_INT(facts.roots.list.data[0].start, at(TASK_STACK));
	CHECK_INT(facts.roots.list.data[0].length, STACK_SIZE);
	CHECK_INT(facts.live.data[0], at(TASK_STACK + 0x2000));
	CHECK_INT(facts.live.data[1], at(INIT_STACK + 0x3000));
	CHECK_INT(traits_at(TASK_STACK), KL_TRAIT_STACK_TWICE);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_saved_pointer_outside_its_stack(void)
{
	two_tasks();
	task(TASK, TASK_STACK, at(OLD_STACK));
	CHECK_OK(kl_stacks_read(k, &facts));
	CHECK_INT(facts.live.data[0], 0); /* all of it counts */
	CHECK_INT(k->anomaly_count, 1);
	end();
}

static void test_running_task_without_registers_is_all_live(void)
{
	two_tasks();
	k->layouts.task_struct.on_cpu = member(44, 4);
	put_u32(k, TASK + 44, 1);
	CHECK_OK(kl_stacks_read(k, &facts));
	CHECK_INT(facts.live.data[0], 0);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_returned_stack_is_no_root(void)
{
	two_tasks();
	put_u32(k, TASK + 32, 0);
	CHECK_OK(kl_stacks_read(k, &facts));
	CHECK_INT(facts.roots.list.count, 1);
	CHECK_INT(facts.roots.list.data[0].start, at(INIT_STACK));
	end();
}

static void test_task_list_with_a_cycle(void)
{
	two_tasks();
	list_node(TASK, TASK, INIT_TASK);
	CHECK_OK(kl_stacks_read(k, &facts));
	CHECK_INT(facts.roots.list.count, 2);
	CHECK(k->anomaly_count > 0);
	end();
}

static void test_cached_stacks_are_dead(void)
{
	two_tasks();
	k->layouts.variables.cached_stacks = variable(0x3000, 16);
	k->layouts.variables.cached_stacks.count = 2;
	k->layouts.vm_struct.addr = member(8, 8);
	k->layouts.vm_struct.size = member(16, 8);
	put_u64(k, 0x3000, at(0x3100)); /* the second slot is empty */
	put_u64(k, 0x3108, at(OLD_STACK));
	put_u64(k, 0x3110, STACK_SIZE);
	CHECK_OK(kl_stacks_read(k, &facts));
	CHECK_INT(traits_at(OLD_STACK), KL_TRAIT_DEAD_STACK);
	CHECK_INT(traits_at(OLD_STACK + STACK_SIZE), 0);
	end();
}

static void test_special_stacks_stay_without_registers(void)
{
	two_tasks();
	k->layouts.variables.irq_stack_backing_store = variable(0x40000, STACK_SIZE);
	CHECK_OK(kl_stacks_read(k, &facts));
	CHECK_INT(traits_at(0x40000), 0); /* nobody knows that no CPU is on it */
	end();
}

/* ---- leftovers ---- */

static void areas(void)
{
	begin();
	k->layouts.variables.mem_pool = variable(0x5000, 0x800);
	k->layouts.vmap_area.list = member(40, 16);
	k->layouts.vmap_area.vm = member(56, 8);
	k->layouts.vmap_area.va_start = member(0, 8);
	k->layouts.vmap_area.va_end = member(8, 8);
}

/* A vmap_area at @area, alone on the list at @head. */
static void one_area(size_t head, size_t area)
{
	list_node(head, area + 40, area + 40);
	list_node(area + 40, head, head);
}

static void test_own_records_are_masked(void)
{
	areas();
	CHECK_OK(kl_leftovers_read(k, &no_heap, &facts));
	CHECK_INT(traits_at(0x5000), KL_TRAIT_METADATA);
	CHECK_INT(traits_at(0x57ff), KL_TRAIT_METADATA);
	CHECK_INT(traits_at(0x5800), 0);
	end();
}

static void test_purged_areas_before_6_9(void)
{
	areas();
	k->layouts.variables.purge_vmap_area_list = variable(0x6000, 16);
	one_area(0x6000, 0x6100);
	CHECK_OK(kl_leftovers_read(k, &no_heap, &facts));
	CHECK_INT(traits_at(0x6100 + 56), KL_TRAIT_VMAP);
	CHECK_INT(traits_at(0x6100 + 48), 0);
	end();
}

static void test_borders_of_free_areas(void)
{
	areas();
	k->layouts.variables.free_vmap_area_list = variable(0x6000, 16);
	one_area(0x6000, 0x6100);
	CHECK_OK(kl_leftovers_read(k, &no_heap, &facts));
	CHECK_INT(traits_at(0x6100), KL_TRAIT_VMAP);
	CHECK_INT(traits_at(0x6108), KL_TRAIT_VMAP);
	CHECK_INT(traits_at(0x6110), 0); /* its place in the tree */
	end();
}

static void nodes(uint32_t count)
{
	areas();
	k->layouts.vmap_node.type = (struct kl_type){.present = true, .size = 0x100};
	k->layouts.vmap_node.lazy = member(8, 16);
	k->layouts.vmap_node.purge_list = member(24, 16);
	k->layouts.vmap_node.pool = member(40, 48);
	k->layouts.vmap_node.pool.count = 2;
	k->layouts.vmap_node.pool.element_size = 24;
	k->layouts.vmap_pool.head = member(0, 16);
	k->layouts.variables.vmap_nodes = variable(0x7000, 8);
	k->layouts.variables.nr_vmap_nodes = variable(0x7008, 4);
	put_u64(k, 0x7000, at(0x8000));
	put_u32(k, 0x7008, count);
}

static void test_free_areas_of_nodes(void)
{
	static const size_t heads[] = {8, 24, 40, 64};
	size_t i;

	nodes(2);
	for (i = 0; i < 4; i++) {
		list_node(0x8000 + heads[i], 0x8000 + heads[i], 0x8000 + heads[i]);
		one_area(0x8100 + heads[i], 0x9000 + i * 0x100);
	}
	CHECK_OK(kl_leftovers_read(k, &no_heap, &facts));
	for (i = 0; i < 4; i++)
		CHECK_INT(traits_at(0x9000 + i * 0x100 + 56), KL_TRAIT_VMAP);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_absurd_number_of_nodes(void)
{
	nodes(0xffffffff);
	CHECK_OK(kl_leftovers_read(k, &no_heap, &facts));
	CHECK_INT(k->anomaly_count, 1);
	end();
}

/* ---- sheaves: one cache at 0xa000 with 4 slots a sheaf ---- */

#define CACHE 0xa000
#define CPU_SET 0xb000
#define SHEAF 0xc000
#define BARN 0xd000

static void sheaf(size_t address, uint32_t size)
{
	put_u32(k, address + 24, size);
}

static void one_cache(void)
{
	begin();
	k->layouts.page.type = (struct kl_type){true, 64};
	k->layouts.pglist_data.nr_zones = member(0, 4); /* no memory is described here */
	k->layouts.symbols.contig_page_data = variable(0x9100, 64);
	k->layouts.slab.type = (struct kl_type){true, 64};
	k->layouts.slab.objects = member(8, 2);
	k->layouts.slab.slab_cache = member(24, 8);
	k->layouts.kmem_cache.type = (struct kl_type){true, 192};
	k->layouts.kmem_cache.size = member(16, 4);
	k->layouts.kmem_cache.object_size = member(20, 4);
	k->layouts.kmem_cache.name = member(24, 8);
	k->layouts.kmem_cache.list = member(96, 16);
	k->layouts.sheaf_cache.cpu_sheaves = member(0, 8);
	k->layouts.sheaf_cache.sheaf_capacity = member(8, 4);
	k->layouts.slub_percpu_sheaves.main = member(8, 8);
	k->layouts.slub_percpu_sheaves.spare = member(16, 8);
	k->layouts.slub_percpu_sheaves.rcu_free = member(24, 8);
	k->layouts.slab_sheaf.barn_list = member(0, 16);
	k->layouts.slab_sheaf.size = member(24, 4);
	k->layouts.slab_sheaf.objects = member(32, 0);
	k->layouts.node_barn.sheaves_full = member(8, 16);
	k->layouts.node_barn.sheaves_empty = member(24, 16);
	k->layouts.variables.slab_caches = variable(0x9000, 16);
	list_node(0x9000, CACHE + 96, CACHE + 96);
	list_node(CACHE + 96, 0x9000, 0x9000);
	put_u64(k, CACHE, at(CPU_SET));
	put_u32(k, CACHE + 8, 4);
	put_u32(k, CACHE + 16, 64);
	put_u32(k, CACHE + 20, 64);
	put_u64(k, CACHE + 24, at(0x9200));
	put_u64(k, CPU_SET + 8, at(SHEAF));
	sheaf(SHEAF, 1);
}

static void test_slots_behind_the_end_are_masked(void)
{
	one_cache();
	CHECK_OK(kl_sheaves_read(k, &facts));
	CHECK_INT(traits_at(SHEAF + 32), 0); /* holds a free object */
	CHECK_INT(traits_at(SHEAF + 40), KL_TRAIT_SHEAF);
	CHECK_INT(traits_at(SHEAF + 32 + 31), KL_TRAIT_SHEAF);
	CHECK_INT(traits_at(SHEAF + 64), 0);
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_sheaves_of_a_node(void)
{
	one_cache();
	k->layouts.sheaf_cache.per_node = member(176, 16);
	k->layouts.sheaf_cache.per_node.count = 1;
	k->layouts.sheaf_cache.per_node.element_size = 16;
	k->layouts.kmem_cache_per_node_ptrs.barn = member(8, 8);
	put_u64(k, CACHE + 176 + 8, at(BARN));
	list_node(BARN + 8, BARN + 8, BARN + 8);
	list_node(BARN + 24, 0xe000, 0xe000);
	list_node(0xe000, BARN + 24, BARN + 24);
	sheaf(0xe000, 0);
	CHECK_OK(kl_sheaves_read(k, &facts));
	CHECK_INT(traits_at(0xe000 + 32), KL_TRAIT_SHEAF);
	end();
}

static void test_sheaf_with_too_many_objects(void)
{
	one_cache();
	sheaf(SHEAF, 5);
	CHECK_OK(kl_sheaves_read(k, &facts));
	CHECK_INT(facts.masks.count, 0);
	CHECK_INT(k->anomaly_count, 1);
	end();
}

/* ---- callbacks of RCU: one CPU's rcu_data at 0x9000 ---- */

static void one_callback_list(size_t first)
{
	begin();
	k->layouts.rcu_data.cblist_head = member(16, 8);
	k->layouts.rcu_data.bypass_head = member(24, 8);
	k->layouts.variables.rcu_data = variable(0x9000, 64);
	put_u64(k, 0x9010, at(first));
}

static void test_callbacks_are_walked(void)
{
	one_callback_list(0xa010);
	put_u64(k, 0xa010, at(0xb020));
	put_u64(k, 0x9018, at(0xc000)); /* the bypass list */
	CHECK_OK(kl_pending_read(k, &facts));
	CHECK_INT(facts.words.count, 3);
	CHECK(facts.words.count == 3 && facts.words.data[1] == at(0xb020) && facts.words.data[2] == at(0xc000));
	CHECK_INT(k->anomaly_count, 0);
	end();
}

static void test_callbacks_in_a_circle(void)
{
	one_callback_list(0xa000);
	put_u64(k, 0xa000, at(0xb000));
	put_u64(k, 0xb000, at(0xc000));
	put_u64(k, 0xc000, at(0xb000));
	CHECK_OK(kl_pending_read(k, &facts));
	CHECK_INT(k->anomaly_count, 1);
	CHECK(facts.words.count >= 3 && facts.words.count < 20);
	end();
}

static void test_callback_outside_memory(void)
{
	one_callback_list(FAKE_SIZE);
	CHECK_OK(kl_pending_read(k, &facts));
	CHECK_INT(k->anomaly_count, 1);
	end();
}

/* What somebody else has said is on its way: the direct map begins where the memory does. */
static void test_what_waits_is_referenced(void)
{
	struct kl_waiting *waiting;

	begin();
	k->layouts.symbols.page_offset_base = variable(0x8000, 8);
	put_u64(k, 0x8000, FAKE_BASE);
	CHECK_OK(kl_machine_waiting(k, &waiting));
	CHECK(kl_vec_push(&waiting->freed, at(0x100)) && kl_vec_push(&waiting->pages, at(0xa000)));
	CHECK_OK(kl_pending_read(k, &facts));
	CHECK_INT(k->anomaly_count, 0);
	CHECK(facts.words.count == 1 && facts.words.data[0] == at(0x100));
	CHECK(facts.data_pages.count == 1 && facts.data_pages.data[0] == 0xa);
	end();
}

int main(void)
{
	RUN(test_stacks_live_from_the_saved_pointer);
	RUN(test_saved_pointer_outside_its_stack);
	RUN(test_running_task_without_registers_is_all_live);
	RUN(test_returned_stack_is_no_root);
	RUN(test_task_list_with_a_cycle);
	RUN(test_cached_stacks_are_dead);
	RUN(test_special_stacks_stay_without_registers);
	RUN(test_own_records_are_masked);
	RUN(test_purged_areas_before_6_9);
	RUN(test_borders_of_free_areas);
	RUN(test_free_areas_of_nodes);
	RUN(test_absurd_number_of_nodes);
	RUN(test_slots_behind_the_end_are_masked);
	RUN(test_sheaves_of_a_node);
	RUN(test_sheaf_with_too_many_objects);
	RUN(test_callbacks_are_walked);
	RUN(test_callbacks_in_a_circle);
	RUN(test_callback_outside_memory);
	RUN(test_what_waits_is_referenced);
	return DONE();
}

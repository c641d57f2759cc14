/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members that mean something only in some state: of mempools, pipes, nodes of kernfs, tasks, network namespaces,
 * stopper threads; states that cannot be. */
#include "test.h"

#include "test_kernel_fake.h"

#include "kernel/facts/state_members.h"

enum {
	POOL = 0x1000,
	ELEMENTS = 0x1100, /* four slots */
	IDLE = 0x1200,     /* the first two elements, 64 bytes each */
	PIPE = 0x2000,
	BUFFERS = 0x2100, /* four of 16 bytes */
	NODE = 0x3000,
	TASK = 0x4000,
	NET = 0x5000, /* and another one behind it */
	NEXT_NET = 0x5100,
	NET_LIST = 0x6000,
	STOPPER = 0x7000,
	MEMMAP = 0x8000, /* of the page frames from 0x700 on */
	ALLOC_SLAB = 0x9000,
	ALLOC_OTHER = 0x9100,
	RB = 8, /* in a kernfs_node */
	PRIV = 24,
	NET_LINK = 16, /* in a net */
};

static struct kl_kernel *k;
static struct kl_heap heap;
static struct kl_facts facts;

static void describe(struct kl_layouts *l)
{
	l->mempool.type = (struct kl_type){true, 32};
	l->mempool.min_nr = member(0, 4);
	l->mempool.curr_nr = member(4, 4);
	l->mempool.elements = member(8, 8);
	l->mempool.alloc = member(16, 8);
	l->symbols.mempool_alloc_slab = variable(ALLOC_SLAB, 0);
	l->pipe_inode_info.type = (struct kl_type){true, 32};
	l->pipe_inode_info.head = member(0, 4);
	l->pipe_inode_info.tail = member(4, 4);
	l->pipe_inode_info.ring_size = member(8, 4);
	l->pipe_inode_info.bufs = member(16, 8);
	l->pipe_buffer.type = (struct kl_type){true, 16};
	l->pipe_buffer.page = member(0, 8);
	l->kernfs_node.type = (struct kl_type){true, 32};
	l->kernfs_node.active = member(0, 4);
	l->kernfs_node.flags = member(4, 2);
	l->kernfs_node.rb = member(RB, 8);
	l->kernfs_node.priv = member(PRIV, 8);
	l->enumerators.KERNFS_ACTIVATED = (struct kl_enumerator){true, 16};
	l->task_struct.stack_refcount = member(0, 4);
	l->task_struct.thread_sp = member(16, 8);
	l->task_struct.se_on_rq = member(24, 1);
	l->task_struct.run_node = member(32, 24);
	l->net.type = (struct kl_type){true, 64};
	l->net.passive = member(0, 4);
	l->net.defer_free_list = member(NET_LINK, 8);
	l->variables.defer_free_list = variable(NET_LIST, 8);
	l->cpu_stopper.works = member(16, 16);
	l->cpu_stopper.stop_work = member(32, 48);
	l->variables.cpu_stopper = variable(STOPPER, 96);
}

static void add_object(size_t offset, uint64_t size)
{
	struct kl_object object = {.address = at(offset), .size = size, .flags = KL_OBJECT_ALLOCATED, .min_count = 1};

	CHECK_OK(kl_heap_add(&heap, &object));
}

static void add_type(const char *name)
{
	struct kl_object_type type = {.size = 32};

	CHECK_OK(kl_intern_add(facts.names, name, strlen(name), &type.name));
	CHECK(kl_vec_push(&facts.types, type));
}

static void put_pool(uint32_t slots, uint32_t count, size_t alloc)
{
	put_u32(k, POOL, slots);
	put_u32(k, POOL + 4, count);
	put_u64(k, POOL + 8, at(ELEMENTS));
	put_u64(k, POOL + 16, at(alloc));
	put_u64(k, ELEMENTS, at(IDLE));
	put_u64(k, ELEMENTS + 8, at(IDLE + 64));
}

static void put_pipe(uint32_t tail, uint32_t head, uint32_t slots)
{
	put_u32(k, PIPE, head);
	put_u32(k, PIPE + 4, tail);
	put_u32(k, PIPE + 8, slots);
	put_u64(k, PIPE + 16, at(BUFFERS));
}

static void put_node(uint32_t active, uint16_t flags, uint64_t parent)
{
	put_u32(k, NODE, active);
	put_u16(k, NODE + 4, flags);
	put_u64(k, NODE + RB, parent);
}

/* A pool without elements, an empty pipe, a live node, a task with a stack, namespaces on no list, one CPU's stopper
 * that has work. */
static void begin(void)
{
	struct kl_page_window memmap = {.start = at(MEMMAP), .end = at(MEMMAP) + 0x400, .frame = 0x700};
	unsigned cpu = 0;

	k = fake_kernel();
	describe(&k->layouts);
	facts = (struct kl_facts){.pages = {.page_size = 64}};
	CHECK_OK(kl_heap_init(&heap));
	CHECK_OK(kl_intern_create(&facts.names));
	CHECK(kl_vec_push(&facts.pages.windows, memmap));
	add_object(POOL, 32);
	add_object(PIPE, 32);
	add_object(NODE, 32);
	add_object(TASK, 32);
	add_object(NET, 64);
	add_object(NEXT_NET, 64);
	add_object(ELEMENTS, 32);
	add_object(IDLE, 64);
	add_object(IDLE + 64, 64);
	add_object(BUFFERS, 64);
	add_type("");
	add_type("mempool_s");
	add_type("pipe_inode_info");
	add_type("kernfs_node");
	add_type("task_struct");
	facts.type_of = calloc(heap.rows + 1, sizeof(*facts.type_of));
	for (uint16_t row = 0; row < 4; row++)
		facts.type_of[row] = row + 1;
	put_pool(4, 0, ALLOC_SLAB);
	put_pipe(0, 0, 4);
	put_node(1, 16, at(NODE));
	put_u32(k, TASK, 1);
	put_u32(k, TASK + 24, 1);
	put_u64(k, STOPPER + 16, at(STOPPER + 32));
	CHECK(kl_vec_push(&k->percpu.cpus, cpu));
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
}

static void end(void)
{
	kl_facts_deinit(&facts);
	kl_heap_deinit(&heap);
	fake_destroy(k);
}

static bool is_masked(size_t offset)
{
	const struct kl_mask *m;

	kl_vec_for_each (m, &facts.masks) {
		if (at(offset) >= m->start && at(offset) < m->end)
			return m->traits == KL_TRAIT_STATE;
	}
	return false;
}

static void test_mempool(void)
{
	begin();
	put_pool(4, 2, ALLOC_SLAB);
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(ELEMENTS + 8) && is_masked(ELEMENTS + 16) && is_masked(ELEMENTS + 31) &&
	      !is_masked(ELEMENTS + 32));
	CHECK(is_masked(IDLE) && is_masked(IDLE + 127));
	end();
	begin();
	put_pool(4, 1, ALLOC_OTHER);
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(is_masked(ELEMENTS + 8) && !is_masked(IDLE) && !is_masked(IDLE + 64));
	end();
}

static void test_pipe(void)
{
	begin();
	put_pipe(3, 5, 4); /* the last buffer and the first */
	put_u64(k, BUFFERS + 48, at(MEMMAP + 3 * 64));
	put_u64(k, BUFFERS + 16, at(MEMMAP + 5 * 64));
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(BUFFERS) && is_masked(BUFFERS + 16) && is_masked(BUFFERS + 47) && !is_masked(BUFFERS + 48));
	CHECK(facts.data_pages.count == 1 && facts.data_pages.data[0] == 0x703);
	end();
	begin();
	put_pipe(1, 2, 4); /* around the end */
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(is_masked(BUFFERS) && !is_masked(BUFFERS + 16) && is_masked(BUFFERS + 32) && is_masked(BUFFERS + 63));
	CHECK(!is_masked(BUFFERS + 64));
	end();
	begin();
	put_pipe(UINT32_MAX, 3, 4); /* full, and the counters have wrapped */
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(BUFFERS) && !is_masked(BUFFERS + 63));
	end();
}

static bool masks_node(uint32_t active, uint16_t flags, uint64_t parent)
{
	bool masked;

	begin();
	put_node(active, flags, parent);
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	masked = is_masked(NODE + PRIV) && !is_masked(NODE + PRIV - 1) && !is_masked(NODE + PRIV + 8);
	end();
	return masked;
}

static void test_kernfs_node(void)
{
	CHECK(masks_node(0x80000001, 16, at(NODE + RB)));
	CHECK(!masks_node(0x80000001, 0, at(NODE + RB))); /* not yet activated */
	CHECK(!masks_node(0x80000001, 16, at(NODE)));     /* hidden, still linked */
	CHECK(!masks_node(1, 16, at(NODE + RB)));         /* a root */
}

static void test_task(void)
{
	begin();
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(TASK + 16));
	end();
	begin();
	put_u32(k, TASK, 0);
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(TASK + 15) && is_masked(TASK + 16) && !is_masked(TASK + 24));
	CHECK(!is_masked(TASK + 32)); /* in a run queue */
	end();
	begin();
	put_u32(k, TASK + 24, 0);
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(TASK + 16) && !is_masked(TASK + 31) && is_masked(TASK + 32) && is_masked(TASK + 55));
	CHECK(!is_masked(TASK + 56));
	end();
}

static void test_freed_nets(void)
{
	begin();
	put_u64(k, NET_LIST, at(NET + NET_LINK));
	put_u64(k, NET + NET_LINK, at(NEXT_NET + NET_LINK));
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(is_masked(NET) && is_masked(NET + NET_LINK - 1) && !is_masked(NET + NET_LINK));
	CHECK(is_masked(NET + NET_LINK + 8) && is_masked(NET + 63) && !is_masked(NET + 64));
	CHECK(is_masked(NEXT_NET) && !is_masked(NEXT_NET + NET_LINK));
	CHECK_INT(k->anomaly_count, 0);
	end();
	begin();
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(NET));
	end();
}

static void test_damaged_nets(void)
{
	begin();
	put_u64(k, NET_LIST, at(NET + NET_LINK));
	put_u32(k, NET, 1); /* in use */
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(NET));
	CHECK_INT(k->anomaly_count, 1);
	end();
	begin();
	put_u64(k, NET_LIST, at(0x5800 + NET_LINK)); /* no object */
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(0x5800));
	CHECK_INT(k->anomaly_count, 1);
	end();
	begin();
	put_u64(k, NET_LIST, at(NET + NET_LINK));
	put_u64(k, NET + NET_LINK, at(NET + NET_LINK)); /* for ever */
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK_INT(k->anomaly_count, 1);
	end();
}

static void test_stopper(void)
{
	begin();
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(STOPPER + 32));
	end();
	begin();
	put_u64(k, STOPPER + 16, at(STOPPER + 16)); /* no work */
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(STOPPER + 31) && is_masked(STOPPER + 32) && is_masked(STOPPER + 79) &&
	      !is_masked(STOPPER + 80));
	end();
}

/* The rule is off for that object, and it is said. */
static void test_damage(void)
{
	begin();
	put_pool(4, 5, ALLOC_SLAB);
	put_pipe(0, 5, 4);
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(ELEMENTS) && !is_masked(IDLE) && !is_masked(BUFFERS));
	CHECK_INT(k->anomaly_count, 2);
	end();
	begin();
	put_pool(5, 1, ALLOC_SLAB); /* more slots than there is room for */
	put_pipe(0, 1, 3);
	CHECK_OK(kl_state_members_read(k, &heap, &facts));
	CHECK(!is_masked(ELEMENTS + 8) && !is_masked(IDLE) && !is_masked(BUFFERS + 16));
	CHECK_INT(k->anomaly_count, 2);
	end();
}

static void test_without_types(void)
{
	struct kl_facts none = {};

	begin();
	CHECK_OK(kl_state_members_read(k, &heap, &none));
	CHECK(!none.masks.count);
	end();
}

int main(void)
{
	RUN(test_mempool);
	RUN(test_pipe);
	RUN(test_kernfs_node);
	RUN(test_task);
	RUN(test_freed_nets);
	RUN(test_damaged_nets);
	RUN(test_stopper);
	RUN(test_damage);
	RUN(test_without_types);
	return DONE();
}

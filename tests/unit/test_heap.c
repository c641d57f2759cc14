/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The heap as any source fills it: stacks, what is not known, and what its objects say about pointers. */
#include "test.h"

#include "heap/address_space.h"
#include "heap/heap.h"

#define BASE UINT64_C(0xffff888000000000)

static struct kl_heap heap;

static void begin(void)
{
	kl_heap_deinit(&heap);
	CHECK_OK(kl_heap_init(&heap));
}

static uint32_t add_object(enum kleak_class class_, uint64_t address, uint64_t size)
{
	struct kl_object object = {
		.address = address,
		.size = size,
		.jiffies = KL_UNKNOWN_JIFFIES,
		.pid = KL_UNKNOWN_PID,
		.flags = KL_OBJECT_ALLOCATED,
		.class_ = (uint8_t)class_,
	};

	CHECK_OK(kl_heap_add(&heap, &object));
	return (uint32_t)heap.rows - 1;
}

static void test_stacks(void)
{
	const uint64_t frames[] = {1, 2, 3};
	uint64_t long_stack[KL_STACK_MAX + 1] = {}, got[KL_STACK_MAX];
	uint32_t first, again, shorter, none, cut;

	begin();
	CHECK_OK(kl_heap_add_stack(&heap, frames, 3, &first));
	CHECK_OK(kl_heap_add_stack(&heap, frames, 2, &shorter));
	CHECK_OK(kl_heap_add_stack(&heap, frames, 3, &again));
	CHECK_OK(kl_heap_add_stack(&heap, frames, 0, &none));
	CHECK_OK(kl_heap_add_stack(&heap, long_stack, KL_STACK_MAX + 1, &cut));
	CHECK(first && first == again && shorter != first);
	CHECK_INT(none, 0);
	CHECK_INT(kl_heap_frames(&heap, first, got), 3);
	CHECK(got[0] == 1 && got[2] == 3);
	CHECK_INT(kl_heap_frames(&heap, none, got), 0);
	CHECK_INT(kl_heap_frames(&heap, cut, got), KL_STACK_MAX);
	CHECK_INT(kl_heap_frames(&heap, 12345, got), 0); /* no such stack */
}

static void test_age(void)
{
	uint32_t row;
	int64_t age;

	begin();
	row = add_object(KLEAK_CLASS_VIRTUAL, BASE, 64);
	CHECK(!kl_heap_age(&heap, row, 1000, &age));
	heap.jiffies[row] = 400;
	CHECK(kl_heap_age(&heap, row, 1000, &age));
	CHECK_INT(age, 600);
	heap.jiffies[row] = UINT64_MAX - 9; /* jiffies wrapped since then */
	CHECK(kl_heap_age(&heap, row, 90, &age));
	CHECK_INT(age, 100);
}

static void test_bounds(void)
{
	struct kl_address_space space = {.direct_map = 7};

	begin();
	add_object(KLEAK_CLASS_VIRTUAL, BASE + 0x1000, 64);
	add_object(KLEAK_CLASS_VIRTUAL, BASE + 0x9000, 4096);
	add_object(KLEAK_CLASS_PHYSICAL, 0x100, 64);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	kl_address_space_bound(&space, &heap);
	CHECK(!kl_may_be_virtual(&space, BASE + 0xfff) && kl_may_be_virtual(&space, BASE + 0x1000));
	CHECK(kl_may_be_virtual(&space, BASE + 0x9fff) && !kl_may_be_virtual(&space, BASE + 0xa000));
	CHECK(!space.percpu_references && !kl_may_be_percpu(&space, 0x100));
	CHECK_INT(space.direct_map, 7);

	add_object(KLEAK_CLASS_PERCPU, 0x2000, 8);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	kl_address_space_bound(&space, &heap);
	CHECK(kl_may_be_percpu(&space, 0x2007) && !kl_may_be_percpu(&space, 0x2008));

	begin();
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	kl_address_space_bound(&space, &heap);
	CHECK(!kl_may_be_virtual(&space, 0) && !kl_may_be_virtual(&space, BASE));
}

/* Rows move up; what referred to them by number is built anew. */
static void test_removed_rows(void)
{
	const uint8_t gone[] = {0, 1, 0};

	begin();
	add_object(KLEAK_CLASS_VIRTUAL, BASE, 64);
	add_object(KLEAK_CLASS_VIRTUAL, BASE + 0x1000, 64);
	add_object(KLEAK_CLASS_VIRTUAL, BASE + 0x2000, 128);
	kl_heap_remove(&heap, gone);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK_INT(heap.rows, 2);
	CHECK_INT(heap.size[1], 128);
	CHECK_INT(kl_heap_find_virtual(&heap, BASE + 0x1000), KL_NO_OBJECT);
	CHECK_INT(kl_heap_find_virtual(&heap, BASE + 0x207f), 1);
}

static void test_copies(void)
{
	const uint64_t offsets[] = {BASE, BASE + 0x20, UINT64_MAX - 0x1000};
	struct kl_address_space space = {.percpu_offsets = offsets, .percpu_count = 3};
	uint32_t row;

	begin();
	row = add_object(KLEAK_CLASS_PERCPU, 0x2000, 64);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK_OK(kl_heap_index_copies(&heap, offsets, 3));
	/* the second overlaps the first, the third wraps around and is where it is */
	CHECK_INT(heap.copies.count, 2);
	CHECK_INT(kl_heap_find_virtual(&heap, BASE + 0x203f), row);
	CHECK_INT(kl_heap_find_virtual(&heap, BASE + 0x2060), KL_NO_OBJECT);
	kl_address_space_bound(&space, &heap);
	CHECK(kl_may_be_virtual(&space, BASE + 0x203f) && !kl_may_be_virtual(&space, BASE + 0x2040));
	CHECK_INT(kl_object_offset(&heap, &space, row, 0x2008), 8);
	CHECK_INT(kl_object_offset(&heap, &space, row, BASE + 0x2010), 16);
	CHECK_INT(kl_object_offset(&heap, &space, row, BASE + 0x2058), 0x38);
}

int main(void)
{
	RUN(test_stacks);
	RUN(test_age);
	RUN(test_bounds);
	RUN(test_removed_rows);
	RUN(test_copies);
	kl_heap_deinit(&heap);
	return DONE();
}

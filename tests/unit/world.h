/* SPDX-License-Identifier: GPL-2.0-or-later */
/* world.h: a little machine for the tests of both policies: 1 MiB of memory at BASE, a root block at its start. */
#ifndef KL_TESTS_WORLD_H
#define KL_TESTS_WORLD_H

#include "test.h"

#include "mark/mark.h"

#define BASE 0xffff888000000000ULL
#define WORLD_SIZE (1 << 20)
#define ROOT 0x0    /* 4 KiB of root memory */
#define CPU1 0x8000 /* distance between the copies of per-CPU objects */

static uint8_t world[WORLD_SIZE];
static uint64_t hole_start, hole_end; /* offsets that the dump lacks */
static struct kl_heap heap;
static struct kl_mark mark;
static struct kl_root roots[8];
static size_t n_roots;
static struct kl_address_space space;
static struct kl_replay_rules rules;
static struct kl_mark_input input;
static const uint64_t percpu_offsets[] = {BASE, BASE + CPU1};

static size_t read_world(void *context, uint64_t address, void *buffer, size_t length)
{
	size_t i, present = 0;

	(void)context;
	for (i = 0; i < length; i++) {
		uint64_t offset = address + i - BASE;
		bool there = offset < WORLD_SIZE && (offset < hole_start || offset >= hole_end);

		((uint8_t *)buffer)[i] = there ? world[offset] : 0;
		present += there;
	}
	return present;
}

static void begin(void)
{
	memset(world, 0, sizeof(world));
	hole_start = hole_end = 0;
	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	CHECK_OK(kl_heap_init(&heap));
	n_roots = 1;
	roots[0] = (struct kl_root){.start = BASE + ROOT, .length = 0x1000, .kind = KL_ROOT_DATA};
	space = (struct kl_address_space){
		.min_address = BASE,
		.max_address = BASE + WORLD_SIZE,
		.percpu_references = true,
		.min_percpu = 0x100,
		.max_percpu = 0x10000,
		.percpu_offsets = percpu_offsets,
		.percpu_count = 2,
		.direct_map = BASE,
	};
	rules = (struct kl_replay_rules){
		.min_low_pfn = 1,
		.max_low_pfn = 1000,
		.page_shift = 12,
		.min_age = 1250,
		.min_unref_scans = 1,
	};
	input = (struct kl_mark_input){
		.heap = &heap, .space = &space, .rules = &rules, .memory = {.read = read_world}, .now = 100000};
}

static void poke(uint64_t offset, uint64_t value)
{
	memcpy(world + offset, &value, sizeof(value));
}

/* A virtual object at BASE + @offset that needs one reference; returns its row. */
static uint32_t add(uint64_t offset, uint64_t size)
{
	struct kl_object object = {
		.address = BASE + offset,
		.size = size,
		.min_count = 1,
		.flags = KL_OBJECT_ALLOCATED,
	};

	CHECK_OK(kl_heap_add(&heap, &object));
	return (uint32_t)heap.rows - 1;
}

static inline uint32_t add_percpu(uint64_t cookie, uint64_t size)
{
	uint32_t row = add(0, size);

	heap.address[row] = cookie;
	heap.class_[row] = KLEAK_CLASS_PERCPU;
	return row;
}

#define CHECK_COLOUR(row, wanted) CHECK_STR(kl_colour_name((enum kl_colour)mark.colour[row]), kl_colour_name(wanted))

#endif

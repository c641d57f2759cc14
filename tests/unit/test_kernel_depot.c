/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stack depot handles of every generation. */
#include "test.h"

#include "kernel/machine/stackdepot.h"
#include "test_kernel_fake.h"

#define POOLS 0x100
#define COUNT 0x80
#define DISABLED 0x90
#define POOL(i) (0x10000 + 0x4000 * (size_t)(i))

/* Where a record's parts lie: {next or list_head; hash; size; handle; [count]; entries[]}. */
struct generation {
	const char *name;
	uint32_t index_bits, offset_shift, valid_bit, extra_bits;
	bool plus_1, counts, pointer;
	uint32_t size_at, handle_at, count_at, entries_at;
};

static const struct generation generations[] = {
	{"4.6 .. 6.0", 21, 21, 31, 0, false, false, false, 12, 16, 0, 24},
	{"6.1 .. 6.7", 16, 16, 26, 5, false, false, false, 12, 16, 0, 24},
	{"6.8", 17, 17, 0, 5, false, true, false, 20, 24, 28, 32},
	{"6.9", 17, 17, 0, 5, true, true, false, 20, 24, 28, 32},
	{"7.3", 17, 17, 0, 5, true, true, true, 20, 24, 28, 32},
};

#define N_GENERATIONS (sizeof(generations) / sizeof(generations[0]))

static uint32_t handle_of(const struct generation *g, uint32_t pool, uint32_t offset)
{
	return (pool + g->plus_1) | offset << g->offset_shift | (g->valid_bit ? 1u << g->valid_bit : 0);
}

static void put_record(struct kl_kernel *k, const struct generation *g, uint32_t pool, uint32_t offset, uint32_t size)
{
	size_t record = POOL(pool) + 16 * offset;

	put_u32(k, record + g->size_at, size);
	put_u32(k, record + g->handle_at, handle_of(g, pool, offset));
	if (g->count_at)
		put_u32(k, record + g->count_at, 0xc0000000);
	for (size_t i = 0; i < size && i < KL_STACKDEPOT_FRAMES; i++)
		put_u64(k, record + g->entries_at + 8 * i, 0xffffffff81000000 + 0x10 * pool + i);
}

/* Two pools, the record of each at unit 3. */
static struct kl_kernel *kernel_of(const struct generation *g)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_layouts *l = &k->layouts;
	struct kl_member index = bits(0, 4, 0, (uint8_t)g->index_bits);

	l->handle_parts.type = (struct kl_type){true, 4};
	*(g->plus_1 ? &l->handle_parts.pool_index_plus_1 : &l->handle_parts.pool_index) = index;
	l->handle_parts.offset = bits(2, 2, (uint8_t)(g->offset_shift - 16), 10);
	if (g->extra_bits)
		l->handle_parts.extra = bits(3, 1, 3, 5);
	l->stack_record.type = (struct kl_type){true, 552};
	l->stack_record.size = member(g->size_at, 4);
	l->stack_record.handle = member(g->handle_at, 4);
	if (g->count_at)
		l->stack_record.count = member(g->count_at, 4);
	l->stack_record.entries = member(g->entries_at, 0);
	l->variables.stack_depot_disabled = variable(DISABLED, 1);
	*(g->counts ? &l->variables.pools_num : &l->variables.pool_index) = variable(COUNT, 4);
	l->variables.stack_pools = variable(g->pointer ? 0xf0 : POOLS, g->pointer ? 8 : 64);
	l->variables.stack_pools.is_pointer = g->pointer;
	l->variables.stack_pools.is_array = !g->pointer;
	l->variables.stack_pools.count = g->pointer ? 0 : 8;
	put_u64(k, 0xf0, at(POOLS));
	put_u64(k, POOLS, at(POOL(0)));
	put_u64(k, POOLS + 8, at(POOL(1)));
	put_u64(k, POOLS + 16, at(POOL(2))); /* prepared, but not in use */
	put_u32(k, COUNT, g->counts ? 2 : 1);
	put_record(k, g, 0, 3, 2);
	put_record(k, g, 1, 3, 5);
	return k;
}

static void check_fetch(struct kl_kernel *k, uint32_t handle, enum kl_stackdepot_result expected, size_t frames)
{
	uint64_t stack[KL_STACKDEPOT_FRAMES];
	enum kl_stackdepot_result result;
	size_t n = 99;

	result = kl_stackdepot_fetch(k, handle, stack, &n);
	CHECK_STR(kl_stackdepot_result_text(result), kl_stackdepot_result_text(expected));
	CHECK_INT(n, frames);
}

static void test_every_generation(void)
{
	for (size_t i = 0; i < N_GENERATIONS; i++) {
		const struct generation *g = &generations[i];
		struct kl_kernel *k = kernel_of(g);
		uint64_t frames[KL_STACKDEPOT_FRAMES];
		size_t n;

		CHECK_INT(kl_stackdepot_fetch(k, handle_of(g, 1, 3), frames, &n), KL_STACKDEPOT_FOUND);
		CHECK_INT(n, 5);
		CHECK_INT(frames[0], 0xffffffff81000010);
		CHECK_INT(frames[4], 0xffffffff81000014);
		check_fetch(k, handle_of(g, 0, 3), KL_STACKDEPOT_FOUND, 2);
		check_fetch(k, 0, KL_STACKDEPOT_NONE, 0);
		CHECK_INT(k->anomaly_count, 0);
		check_fetch(k, handle_of(g, 2, 3), KL_STACKDEPOT_RANGE, 0);
		check_fetch(k, handle_of(g, 0, 4), KL_STACKDEPOT_DAMAGED, 0);
		CHECK_INT(k->anomaly_count, 2);
		if (case_failed_)
			printf("# generation %s\n", g->name);
		fake_destroy(k);
	}
}

/* The pool in reserve: behind those in use, or in a variable of its own. */
static void test_pools(void)
{
	for (size_t i = 0; i < N_GENERATIONS; i++) {
		const struct generation *g = &generations[i];
		struct kl_kernel *k = kernel_of(g);
		const uint64_t *pools;
		uint64_t size;
		size_t n;

		if (g->counts) {
			k->layouts.variables.new_pool = variable(0xe0, 8);
			put_u64(k, 0xe0, at(POOL(3)));
		}
		pools = kl_stackdepot_pools(k, &n, &size);
		CHECK(pools && n == 3 && size == 0x4000);
		CHECK(pools && pools[0] == at(POOL(0)) && pools[1] == at(POOL(1)));
		CHECK(pools && pools[2] == at(POOL(g->counts ? 3 : 2)));
		check_fetch(k, handle_of(g, 2, 3), KL_STACKDEPOT_RANGE, 0); /* not in use yet */
		fake_destroy(k);
	}
}

/* Extra bits belong to the caller; records do not repeat them. */
static void test_extra_bits_are_masked(void)
{
	const struct generation *g = &generations[3];
	struct kl_kernel *k = kernel_of(g);

	check_fetch(k, handle_of(g, 1, 3) | 0xf8000000, KL_STACKDEPOT_FOUND, 5);
	fake_destroy(k);
}

/* 6.9-rc: pool_index holds the index plus 1 without saying so; the record's own handle tells. */
static void test_the_unnamed_plus_1(void)
{
	struct generation g = generations[2];
	struct kl_kernel *k;

	g.plus_1 = true;
	k = kernel_of(&g);
	k->layouts.handle_parts.pool_index = k->layouts.handle_parts.pool_index_plus_1;
	k->layouts.handle_parts.pool_index_plus_1.present = false;
	check_fetch(k, handle_of(&g, 0, 3), KL_STACKDEPOT_FOUND, 2);
	check_fetch(k, handle_of(&g, 1, 3), KL_STACKDEPOT_FOUND, 5);
	fake_destroy(k);
}

static void test_records_without_frames(void)
{
	const struct generation *g = &generations[3];
	struct kl_kernel *k = kernel_of(g);
	size_t record = POOL(1) + 48;

	put_u32(k, record + g->count_at, 0);
	check_fetch(k, handle_of(g, 1, 3), KL_STACKDEPOT_EVICTED, 0);
	put_u32(k, record + g->count_at, 1);
	put_u32(k, record + g->size_at, 0);
	check_fetch(k, handle_of(g, 1, 3), KL_STACKDEPOT_DAMAGED, 0);
	put_u32(k, record + g->size_at, KL_STACKDEPOT_FRAMES + 1);
	check_fetch(k, handle_of(g, 1, 3), KL_STACKDEPOT_DAMAGED, 0);
	put_u32(k, record + g->size_at, KL_STACKDEPOT_FRAMES);
	check_fetch(k, handle_of(g, 1, 3), KL_STACKDEPOT_FOUND, KL_STACKDEPOT_FRAMES);
	fake_of(k)->gone[record / FAKE_PAGE] = true;
	check_fetch(k, handle_of(g, 1, 3), KL_STACKDEPOT_MISSING, 0);
	put_u64(k, POOLS, 0);
	fake_destroy(k);
}

static void test_depots_that_are_off_or_unknown(void)
{
	const struct generation *g = &generations[3];
	struct kl_kernel *k = kernel_of(g);

	put(k, DISABLED, "\1", 1);
	check_fetch(k, handle_of(g, 1, 3), KL_STACKDEPOT_DISABLED, 0);
	check_fetch(k, 0, KL_STACKDEPOT_NONE, 0);
	fake_destroy(k);
	k = kernel_of(g);
	k->layouts.stack_record.handle = member(16, 8); /* a handle of another kind */
	check_fetch(k, handle_of(g, 1, 3), KL_STACKDEPOT_UNSUPPORTED, 0);
	fake_destroy(k);
	k = kernel_of(g);
	put_u32(k, COUNT, 0xffffffff);
	check_fetch(k, handle_of(g, 1, 3), KL_STACKDEPOT_MISSING, 0);
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
}

/* Any handle at all: the answer is frames that carry it, or a reason. */
static void test_arbitrary_handles(void)
{
	uint32_t handle = 1;

	for (size_t i = 0; i < N_GENERATIONS; i++) {
		struct kl_kernel *k = kernel_of(&generations[i]);
		uint64_t frames[KL_STACKDEPOT_FRAMES];
		size_t found = 0, n;

		for (unsigned round = 0; round < 20000; round++) {
			handle = handle * 1664525 + 1013904223;
			found += kl_stackdepot_fetch(k, handle, frames, &n) == KL_STACKDEPOT_FOUND;
			CHECK(n <= KL_STACKDEPOT_FRAMES);
		}
		CHECK(found < 20);
		fake_destroy(k);
	}
}

int main(void)
{
	RUN(test_every_generation);
	RUN(test_pools);
	RUN(test_extra_bits_are_masked);
	RUN(test_the_unnamed_plus_1);
	RUN(test_records_without_frames);
	RUN(test_depots_that_are_off_or_unknown);
	RUN(test_arbitrary_handles);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index by pages finds what the binary search finds, on random heaps of every density. */
#include "test.h"

#include <stdlib.h>

#include "heap/index.h"

#define BASE UINT64_C(0xffff888000000000)

static uint64_t state = 88172645463325252u;

static uint64_t random_below(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

/* @count spans of up to @size bytes, @gap apart at most; every @every-th is large. */
static struct kl_index random_index(size_t count, uint64_t size, uint64_t gap, uint64_t every)
{
	struct kl_index index = {.spans = calloc(count, sizeof(*index.spans)), .count = count};
	uint64_t at = BASE;
	size_t i;

	for (i = 0; i < count; i++) {
		bool large = every && random_below(every) == 0;

		at += random_below(gap + 1);
		index.spans[i] = (struct kl_span){.start = at, .object = (uint32_t)i};
		at += 1 + random_below(large ? 1 << 20 : size);
		index.spans[i].end = at;
	}
	return index;
}

static void compare_ways(struct kl_index *fast)
{
	struct kl_index slow = {.spans = fast->spans, .count = fast->count};
	uint64_t low = fast->spans[0].start - 8192, high = fast->spans[fast->count - 1].end + 8192;
	size_t i;

	kl_index_build(fast);
	CHECK(fast->slots != NULL);
	for (i = 0; i < fast->count; i++) {
		CHECK_INT(kl_index_find(fast, fast->spans[i].start), i);
		CHECK_INT(kl_index_find(fast, fast->spans[i].end - 1), i);
		CHECK_INT(kl_index_find(fast, fast->spans[i].end), kl_index_find(&slow, fast->spans[i].end));
		CHECK_INT(kl_index_find(fast, fast->spans[i].start - 1),
			  kl_index_find(&slow, fast->spans[i].start - 1));
	}
	for (i = 0; i < 100000; i++) {
		uint64_t value = low + random_below(high - low);

		CHECK_INT(kl_index_find(fast, value), kl_index_find(&slow, value));
	}
	CHECK_INT(kl_index_find(fast, 0), KL_NO_OBJECT);
	CHECK_INT(kl_index_find(fast, UINT64_MAX), KL_NO_OBJECT);
	kl_index_deinit(fast);
}

static void test_finds_what_the_search_finds(void)
{
	static const struct {
		size_t count;
		uint64_t size, gap, every;
	} heaps[] = {
		{5000, 256, 0, 0},      /* a full page after the other */
		{5000, 256, 64, 50},    /* large ones in between */
		{20000, 1, 0, 0},       /* 4096 objects of one byte in a page */
		{5000, 9000, 20000, 9}, /* over several pages */
		{5000, 64, 1 << 22, 0}, /* alone in their pages, half the hash is used */
		{600, 1 << 20, 0, 1},   /* none but large ones */
	};
	size_t i;

	for (i = 0; i < sizeof(heaps) / sizeof(*heaps); i++) {
		struct kl_index index = random_index(heaps[i].count, heaps[i].size, heaps[i].gap, heaps[i].every);

		compare_ways(&index);
	}
}

int main(void)
{
	RUN(test_finds_what_the_search_finds);
	return DONE();
}

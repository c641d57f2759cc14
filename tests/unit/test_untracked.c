/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages of the page allocator may explain what they refer to: by type, by owner, by content. */
#include "test.h"

#include "test_alloc_world.h"

#include "kernel/facts/struct_pages.h"
#include "kernel/facts/untracked.h"

enum {
	PLAIN = 64, /* page frames; between any two of them is a reserved one */
	TABLE = 66,
	PIPE = 68,
	DRIVER = 70,
	DATA = 72,
	LEFTOVERS = 74,
	FEW = 76,  /* of what is left over */
	RING = 78, /* as many as there are live ones */
	BUFFER = 80,
	BLOCK = 84, /* four pages without a head, the first two with references */
	TAGS = MODULE_TAGS / FAKE_PAGE,
};

static struct kl_kernel *k;
static struct kl_heap heap;
static struct kl_facts facts;
static struct kl_untracked found;

/* The large kmalloc(): its size, whether it has that size for sure, whether it was erased. */
static struct {
	uint64_t size;
	bool known, zeroed;
} large;

static void add_object(uint64_t address, uint64_t size)
{
	struct kl_object object = {.address = address, .size = size, .flags = KL_OBJECT_ALLOCATED, .min_count = 1};

	CHECK_OK(kl_heap_add(&heap, &object));
}

static struct kl_error *file_of(void *context, uint64_t frame, const uint8_t *raw, const char **ret)
{
	(void)context;
	(void)raw;
	*ret = frame == PIPE ? "fs/pipe.c" : frame == DRIVER ? "drivers/fs/pipe.c" : NULL;
	return NULL;
}

/* @dangling words that lead to a free slot of the slab, @held ones to its first object. */
static void fill(uint64_t frame, unsigned dangling, unsigned held)
{
	size_t word = frame * FAKE_PAGE;

	for (; dangling; dangling--, word += 8)
		put_u64(k, word, at(SLAB + 3 * SLAB_SIZE));
	for (; held; held--, word += 8)
		put_u64(k, word, at(SLAB));
}

static void find(void)
{
	static const uint64_t frames[] = {PLAIN, TABLE, PIPE, DRIVER, DATA, LEFTOVERS, FEW, RING, TAGS};
	static const struct kl_page_sites sites = {.file = file_of};
	size_t i;

	k = world();
	facts = (struct kl_facts){};
	found = (struct kl_untracked){};
	CHECK_OK(kl_heap_init(&heap));
	for (i = 0; i < sizeof(frames) / sizeof(*frames); i++)
		put_page(k, frames[i], 0, frames[i] == TABLE ? 0xf2 : 0, 1);
	/* A large kmalloc() that asked for less than it got. */
	put_page(k, BUFFER, 1 << FLAG_HEAD, 0, 1);
	put_page(k, BUFFER + 1, 0, 0, 0);
	put_u64(k, PAGES + (BUFFER + 1) * PAGE_STRUCT + P_HEAD, at(PAGES + BUFFER * PAGE_STRUCT) + 1);
	add_object(at((size_t)BUFFER * FAKE_PAGE), large.size);
	for (i = 0; i < 4; i++)
		put_page(k, BLOCK + i, 0, 0, i < 2);
	add_object(at(SLAB), SLAB_SIZE);
	fill(LEFTOVERS, 6, 2);
	fill(FEW, 3, 0);
	fill(RING, 6, 6);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK(kl_vec_push(&facts.data_pages, (uint64_t)DATA));
	facts.requested = calloc(heap.rows, sizeof(*facts.requested));
	facts.requested[0] = large.known ? large.size : 0;
	facts.zeroed = calloc(heap.rows, 1);
	facts.zeroed[0] = large.zeroed;
	CHECK_OK(kl_struct_pages_read(k, &heap, &facts));
	CHECK_OK(kl_untracked_read(k, &heap, &facts, &sites, &found));
}

static void forget(void)
{
	kl_untracked_deinit(&found);
	kl_facts_deinit(&facts);
	kl_heap_deinit(&heap);
	fake_destroy(k);
}

static bool holds(const struct kl_roots *pages, uint64_t frame)
{
	const struct kl_root *root;

	kl_vec_for_each (root, &pages->list) {
		if (at(frame * FAKE_PAGE) - root->start < root->length)
			return root->kind == KL_ROOT_UNTRACKED;
	}
	return false;
}

static bool is_nowhere(uint64_t frame)
{
	return !holds(&found.live, frame) && !holds(&found.doubtful, frame) && !holds(&found.dead, frame);
}

static void test_types_and_owners(void)
{
	find();
	CHECK(holds(&found.live, PLAIN) && holds(&found.live, DRIVER));
	CHECK(holds(&found.dead, PIPE) && !holds(&found.live, PIPE));
	CHECK(is_nowhere(TABLE) && is_nowhere(DATA) && is_nowhere(TAGS) && is_nowhere(PLAIN + 1));
	forget();
}

/* Behind the end of a large kmalloc() nobody wrote only if it was not made larger in place. */
static void test_slack(void)
{
	large.size = FAKE_PAGE;
	large.known = true;
	find();
	CHECK(is_nowhere(BUFFER) && holds(&found.dead, BUFFER + 1));
	forget();
	large.known = false;
	find();
	CHECK(is_nowhere(BUFFER) && holds(&found.live, BUFFER + 1) && !holds(&found.dead, BUFFER + 1));
	forget();
	large.known = large.zeroed = true; /* what is there was put there */
	find();
	CHECK(holds(&found.live, BUFFER + 1));
	forget();
	large.zeroed = false;
}

static void check_rest(const struct kl_roots *pages, uint64_t start)
{
	const struct kl_root *root;
	size_t n = 0;

	kl_vec_for_each (root, &pages->list)
		n += root->start == start && root->length == (BUFFER + 2) * FAKE_PAGE + FAKE_BASE - start;
	CHECK_INT(n, 1);
}

/* The page in which it ends has two owners. */
static void test_slack_within_a_page(void)
{
	large.size = FAKE_PAGE + 100;
	large.known = true;
	find();
	check_rest(&found.dead, at((BUFFER + 1) * FAKE_PAGE + 104));
	forget();
	large.known = false;
	find();
	check_rest(&found.live, at((BUFFER + 1) * FAKE_PAGE + 104));
	forget();
	large.size = 2 * FAKE_PAGE; /* to its end */
	find();
	CHECK(is_nowhere(BUFFER) && is_nowhere(BUFFER + 1));
	forget();
	large.size = FAKE_PAGE;
}

/* Some pages of a block may have references of their own. */
static void test_block(void)
{
	find();
	CHECK(holds(&found.live, BLOCK + 1) && holds(&found.live, BLOCK + 2) && holds(&found.live, BLOCK + 3));
	forget();
}

static void test_content(void)
{
	find();
	CHECK(holds(&found.doubtful, LEFTOVERS) && !holds(&found.live, LEFTOVERS));
	CHECK(holds(&found.live, FEW) && holds(&found.live, RING));
	forget();
}

int main(void)
{
	large.size = FAKE_PAGE;
	RUN(test_types_and_owners);
	RUN(test_slack);
	RUN(test_slack_within_a_page);
	RUN(test_block);
	RUN(test_content);
	return DONE();
}

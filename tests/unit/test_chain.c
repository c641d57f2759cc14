/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of several ways to an object the one whose words are the least doubtful, and what is told of them. */
#include "world.h"

#include "analysis/chain.h"

#define STACK 0x1000

static struct kl_analysis analysis;
static struct kl_inquiry inquiry;
static struct kl_chains chains;
static struct kl_hops hops;

static void add_root(uint64_t offset, enum kl_root_kind kind)
{
	struct kl_root root = {.start = BASE + offset, .length = 0x1000, .kind = kind};

	CHECK(kl_vec_push(&analysis.marking.facts.roots.list, root));
	CHECK(kl_vec_push(&analysis.marking.facts.live, (uint64_t)0));
}

static void end_chains(void)
{
	kl_chains_deinit(&chains);
	kl_vec_deinit(&hops.list);
	kl_references_deinit(&analysis.marking.references);
	kl_checksums_deinit(&analysis.marking.checksums);
	if (analysis.marking.page_words[KL_UNTRACKED_LIVE])
		kl_page_words_deinit(analysis.marking.page_words[KL_UNTRACKED_LIVE]);
	free(analysis.marking.page_words[KL_UNTRACKED_LIVE]);
	free(analysis.marking.facts.zeroed);
	analysis.marking.facts.zeroed = NULL;
	kl_facts_deinit(&analysis.marking.facts);
	kl_mark_deinit(&analysis.marking.marked.mark);
	memset(&chains, 0, sizeof(chains));
	memset(&hops, 0, sizeof(hops));
	memset(&analysis, 0, sizeof(analysis));
}

static void begin_chains(void)
{
	end_chains();
	begin();
	add_root(ROOT, KL_ROOT_DATA);
	add_root(STACK, KL_ROOT_STACK);
	analysis.marking.settings = (struct kl_precise_settings){.disregard = KL_PRECISE_DISREGARD_ALL, .types = true};
	analysis.marking.facts.zeroed = calloc(16, 1);
	CHECK(analysis.marking.facts.zeroed != NULL);
}

/* An object whose memory was erased, so that its words are no leftovers; or was not. */
static uint32_t add_erased(uint64_t offset)
{
	uint32_t row = add(offset, 64);

	analysis.marking.facts.zeroed[row] = 1;
	return row;
}

static void find_chain(uint32_t row)
{
	struct kl_marking *m = &analysis.marking;

	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK_OK(kl_references_collect(&input, &m->facts, &m->references));
	CHECK_OK(kl_checksums_init(&m->checksums, &heap));
	CHECK_OK(kl_precise_run(&input, &m->references, &m->settings, &m->checksums, &m->marked.mark));
	m->in = input;
	analysis.snapshot.heap = heap;
	inquiry.a = &analysis;
	CHECK_OK(kl_chains_begin(&inquiry, &chains));
	CHECK_OK(kl_chain_to(&chains, row, &hops));
}

static void check_hops(size_t n, const uint64_t *offsets)
{
	size_t i;

	CHECK_INT(hops.list.count, n);
	for (i = 0; i < n && i < hops.list.count; i++)
		CHECK_INT(hops.list.data[i].at, BASE + offsets[i]);
}

/* The shortest way leads over a word in memory that was not erased. */
static void test_longer_without_leftovers(void)
{
	const uint64_t way[] = {ROOT, 0x2010, 0x2110};
	uint32_t held;

	begin_chains();
	add_erased(0x2000);
	add_erased(0x2100);
	add(0x2200, 64);
	held = add(0x2300, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2010, BASE + 0x2100);
	poke(0x2110, BASE + 0x2300);
	poke(ROOT + 8, BASE + 0x2200);
	poke(0x2218, BASE + 0x2300);
	find_chain(held);
	check_hops(3, way);
}

/* Three holders alike are no leftovers. */
static void test_shorter_over_words_alike(void)
{
	const uint64_t way[] = {ROOT + 16, 0x3018};
	uint64_t i;
	uint32_t held;

	begin_chains();
	add_erased(0x2000);
	add_erased(0x2100);
	held = add(0x2300, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2010, BASE + 0x2100);
	poke(0x2120, BASE + 0x2300);
	for (i = 0; i < 3; i++) {
		add(0x3000 + 0x100 * i, 64);
		poke(ROOT + 16 + 8 * i, BASE + 0x3000 + 0x100 * i);
		poke(0x3018 + 0x100 * i, i ? BASE + 0x4000 + 0x100 * i : BASE + 0x2300);
		add(0x4000 + 0x100 * i, 64);
	}
	find_chain(held);
	check_hops(2, way);
}

static void test_stack_comes_last(void)
{
	const uint64_t way[] = {ROOT, 0x2010};
	uint32_t held;

	begin_chains();
	add_erased(0x2000);
	held = add(0x2300, 64);
	poke(STACK + 8, BASE + 0x2300);
	poke(ROOT, BASE + 0x2000);
	poke(0x2010, BASE + 0x2300);
	find_chain(held);
	check_hops(2, way);
}

/* Where all ways have such words: the one with the fewest, and a short one of these. */
static void test_fewest_leftovers(void)
{
	const uint64_t way[] = {ROOT, 0x2010, 0x2110};
	uint32_t held;

	begin_chains();
	add_erased(0x2000);
	add(0x2100, 64);
	add(0x2200, 64);
	held = add(0x2300, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2010, BASE + 0x2100);
	poke(0x2110, BASE + 0x2300);
	poke(STACK, BASE + 0x2200);
	poke(0x2218, BASE + 0x2300);
	find_chain(held);
	check_hops(3, way);
}

/* A stack alone, over a cycle of objects. */
static void test_only_leftovers(void)
{
	const uint64_t way[] = {STACK, 0x2010};
	uint32_t held;

	begin_chains();
	add(0x2000, 64);
	held = add(0x2300, 64);
	poke(STACK, BASE + 0x2000);
	poke(0x2010, BASE + 0x2300);
	poke(0x2308, BASE + 0x2000);
	find_chain(held);
	check_hops(2, way);
}

static void test_nothing_leads_there(void)
{
	uint32_t lost;

	begin_chains();
	add(0x2000, 64);
	lost = add(0x2300, 64);
	poke(0x2010, BASE + 0x2300);
	poke(0x2308, BASE + 0x2000);
	find_chain(lost);
	check_hops(0, NULL);
}

static void check_doubt(size_t hop, enum kl_doubt doubt)
{
	if (hop < hops.list.count)
		CHECK_INT(hops.list.data[hop].doubt, doubt);
}

/* Entries of a list, of two kinds: each links the same place to the same place. */
static void test_over_a_list_of_unlike_objects(void)
{
	const uint64_t way[] = {ROOT, 0x3018, 0x3118, 0x3218, 0x3318};
	uint32_t i, row;

	begin_chains();
	for (i = 0; i < 6; i++) {
		row = add(0x3000 + 0x100 * i, 128);
		heap.stack[row] = i / 3;
		poke(0x3018 + 0x100 * i, i < 5 ? BASE + 0x3118 + 0x100 * i : 0);
		poke(0x3020 + 0x100 * i, 1);
	}
	add(0x4000, 64);
	poke(ROOT, BASE + 0x3018);
	poke(ROOT + 8, BASE + 0x4000);
	poke(0x4008, BASE + 0x3400);
	find_chain(4);
	check_hops(5, way);
	check_doubt(3, KL_DOUBT_REGULAR);
	CHECK(kl_doubt_why(KL_DOUBT_REGULAR) == NULL);
}

/* A slab's leftovers name one object time and again. */
static void test_one_address_many_times(void)
{
	const uint64_t way[] = {STACK, 0x2010};
	uint32_t i, held;

	begin_chains();
	for (i = 0; i < 3; i++) {
		add(0x3000 + 0x100 * i, 64);
		poke(ROOT + 8 * i, BASE + 0x3000 + 0x100 * i);
		poke(0x3018 + 0x100 * i, BASE + 0x4000 + 0x100 * i);
		poke(0x3028 + 0x100 * i, BASE + 0x4000 + 0x100 * i);
		held = add(0x4000 + 0x100 * i, 64);
	}
	add_erased(0x2000);
	poke(STACK, BASE + 0x2000);
	poke(0x2010, BASE + 0x4200);
	find_chain(held);
	check_hops(2, way);
	check_doubt(0, KL_DOUBT_STACK);
	CHECK(kl_doubt_why(KL_DOUBT_STACK) != NULL);
}

/* The last word lies behind what was erased. */
static void test_alone_among_zeroes(void)
{
	const uint64_t way[] = {ROOT + 8, 0x3028};
	uint32_t held;

	begin_chains();
	add(0x2000, 96);
	add(0x3000, 96);
	held = add(0x4000, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2058, BASE + 0x4000);
	poke(ROOT + 8, BASE + 0x3000);
	poke(0x3028, BASE + 0x4000);
	find_chain(held);
	check_hops(2, way);
	check_doubt(1, KL_DOUBT_ALONE);
}

/* Where all that counts is no better than a leftover, an untracked page may be what holds the object. */
static void test_pages(void)
{
	const uint64_t way[] = {0x6010};
	struct kl_page_word word = {.at = BASE + 0x6010};
	struct kl_page_words *words = calloc(1, sizeof(*words));

	begin_chains();
	CHECK(words != NULL);
	analysis.marking.page_words[KL_UNTRACKED_LIVE] = words;
	analysis.marking.settings.untracked = KL_UNTRACKED_LIVE;
	add(0x2000, 64);
	word.to = add(0x4000, 64);
	CHECK(words && kl_vec_push(&words->list, word));
	poke(ROOT, BASE + 0x2000);
	poke(0x2008, BASE + 0x4000);
	poke(0x6010, BASE + 0x4000);
	find_chain(word.to);
	check_hops(1, way);
	check_doubt(0, KL_DOUBT_PAGE_REGULAR);
}

int main(void)
{
	RUN(test_longer_without_leftovers);
	RUN(test_shorter_over_words_alike);
	RUN(test_stack_comes_last);
	RUN(test_fewest_leftovers);
	RUN(test_only_leftovers);
	RUN(test_nothing_leads_there);
	RUN(test_over_a_list_of_unlike_objects);
	RUN(test_one_address_many_times);
	RUN(test_alone_among_zeroes);
	RUN(test_pages);
	end_chains();
	kl_heap_deinit(&heap);
	return DONE();
}

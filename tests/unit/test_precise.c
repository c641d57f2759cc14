/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every refinement of the policy `precise`: each case marks with it and without it. */
#include "world.h"

#include "mark/explain.h"
#include "mark/population.h"
#include "mark/precise.h"

#define STACK 0x8000
#define STACK_SIZE 0x4000

static struct kl_facts facts;
static struct kl_references refs;
static struct kl_checksums checksums;
static struct kl_precise_settings settings;

static void begin_precise(void)
{
	begin();
	kl_facts_deinit(&facts);
	facts = (struct kl_facts){};
	settings = (struct kl_precise_settings){.disregard = KL_PRECISE_DISREGARD_ALL, .types = true, .min_age = 1250};
}

static void add_root(uint64_t offset, uint64_t length, uint64_t live_offset)
{
	struct kl_root root = {.start = BASE + offset, .length = length, .kind = KL_ROOT_STACK};

	CHECK(kl_vec_push(&facts.roots.list, root));
	CHECK(kl_vec_push(&facts.live, BASE + live_offset));
}

static void mask(uint64_t offset, uint64_t length, uint16_t traits, bool objects_only)
{
	struct kl_mask m = {.start = BASE + offset,
			    .end = BASE + offset + length,
			    .traits = traits,
			    .in_objects = objects_only ? traits : 0};

	CHECK(kl_vec_push(&facts.masks, m));
}

static void collect(void)
{
	if (!facts.roots.list.count)
		add_root(ROOT, 0x1000, 0);
	CHECK(kl_facts_sort_masks(&facts));
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	kl_references_deinit(&refs);
	CHECK_OK(kl_references_collect(&input, &facts, &refs));
	kl_checksums_deinit(&checksums);
	checksums = (struct kl_checksums){};
	rules.initial_checksum = ~0U;
	CHECK_OK(kl_checksums_init(&checksums, &heap));
}

static void mark_again(void)
{
	kl_mark_deinit(&mark);
	CHECK_OK(kl_precise_run(&input, &refs, &settings, &checksums, &mark));
}

static void run(void)
{
	collect();
	mark_again();
}

static void test_reaches_what_the_kernel_reaches(void)
{
	uint32_t a, b, lost;

	begin_precise();
	a = add(0x2000, 64);
	b = add(0x3000, 64);
	lost = add(0x4000, 64);
	poke(ROOT, BASE + 0x2000);
	poke(0x2008, BASE + 0x3010);
	poke(0x4000, BASE + 0x4000); /* self */
	run();
	CHECK_COLOUR(a, KL_GREY);
	CHECK_COLOUR(b, KL_GREY);
	CHECK_COLOUR(lost, KL_WHITE);
	CHECK(mark.confirmed[lost]);
	CHECK_INT(refs.list.count, 2);
}

static void test_dead_part_of_a_stack(void)
{
	uint32_t dead, live;

	begin_precise();
	dead = add(0x2000, 64);
	live = add(0x3000, 64);
	add_root(STACK, STACK_SIZE, STACK + 0x3000);
	poke(STACK + 0x2ff8, BASE + 0x2000);
	poke(STACK + 0x3000, BASE + 0x3000);
	run();
	CHECK_COLOUR(dead, KL_WHITE);
	CHECK_COLOUR(live, KL_GREY);
	settings.disregard &= (uint16_t)~KL_TRAIT_DEAD_STACK;
	mark_again();
	CHECK_COLOUR(dead, KL_GREY);
}

static void test_stack_counts_once(void)
{
	uint32_t stack, area;

	begin_precise();
	stack = add(STACK, STACK_SIZE);
	heap.min_count[stack] = 0;
	area = add(0x10000, 0x1000);
	heap.min_count[area] = 2;
	add_root(STACK, STACK_SIZE, STACK);
	mask(STACK, STACK_SIZE, KL_TRAIT_STACK_TWICE, true);
	poke(STACK + 0x3000, BASE + 0x10000);
	run();
	CHECK_COLOUR(area, KL_WHITE);
	CHECK_INT(mark.count[area], 1);
	settings.disregard &= (uint16_t)~KL_TRAIT_STACK_TWICE;
	mark_again();
	CHECK_COLOUR(area, KL_GREY);
}

static void test_masked_words(void)
{
	static const uint16_t traits[] = {KL_TRAIT_METADATA, KL_TRAIT_SHEAF, KL_TRAIT_VMAP, KL_TRAIT_PERCPU_FREE,
					  KL_TRAIT_UNLOADED};
	size_t i;

	for (i = 0; i < sizeof(traits) / sizeof(*traits); i++) {
		uint32_t a;

		begin_precise();
		a = add(0x2000, 64);
		mask(ROOT + 16, 8, traits[i], false);
		poke(ROOT + 16, BASE + 0x2000);
		run();
		CHECK_COLOUR(a, KL_WHITE);
		settings.disregard &= (uint16_t)~traits[i];
		mark_again();
		CHECK_COLOUR(a, KL_GREY);
	}
}

static void test_overlapping_masks_join_their_traits(void)
{
	begin_precise();
	mask(0x100, 0x100, KL_TRAIT_SHEAF, true);
	mask(0x180, 0x100, KL_TRAIT_VMAP, false);
	mask(0x400, 8, KL_TRAIT_METADATA, false);
	CHECK(kl_facts_sort_masks(&facts));
	CHECK_INT(facts.masks.count, 4);
	CHECK_INT(facts.masks.data[0].end, BASE + 0x180);
	CHECK_INT(facts.masks.data[0].traits, KL_TRAIT_SHEAF);
	CHECK_INT(facts.masks.data[0].in_objects, facts.masks.data[0].traits);
	CHECK_INT(facts.masks.data[1].traits, KL_TRAIT_SHEAF | KL_TRAIT_VMAP);
	CHECK_INT(facts.masks.data[1].in_objects, KL_TRAIT_SHEAF);
	CHECK_INT(facts.masks.data[2].start, BASE + 0x200);
	CHECK_INT(facts.masks.data[3].start, BASE + 0x400);
}

/* But for two flags that percpu_ref keeps in them, and for pointers to members. What may be an integer is weak. */
static void test_small_cookies_match_exactly(void)
{
	uint32_t exact, interior, flagged, member, thin, holder;

	begin_precise();
	space.small_cookies = true;
	exact = add_percpu(0x4000, 64);
	interior = add_percpu(0x5000, 64);
	flagged = add_percpu(0x6000, 64);
	member = add_percpu(0x7000, 64);
	thin = add_percpu(0x3000, 64);
	holder = add(0x2000, 64);
	poke(ROOT, 0x4000);
	poke(ROOT + 8, 0x5004);
	poke(ROOT + 16, 0x6003);
	poke(ROOT + 24, 0x7008);
	poke(ROOT + 32, BASE + 0x2000);
	poke(0x2000, 0x3008);
	run(); /* a stack */
	CHECK_COLOUR(member, KL_WHITE);
	CHECK_INT(mark.weak[member], KL_WEAK_INTEGER);
	facts.roots.list.data[0].kind = KL_ROOT_DATA;
	run();
	CHECK_COLOUR(exact, KL_GREY);
	CHECK_COLOUR(interior, KL_WHITE);
	CHECK_INT(mark.weak[interior], KL_WEAK_INTEGER);
	CHECK_COLOUR(flagged, KL_GREY);
	CHECK_COLOUR(member, KL_GREY);
	CHECK_COLOUR(holder, KL_GREY);
	CHECK_COLOUR(thin, KL_WHITE);
	CHECK_INT(mark.weak[thin], KL_WEAK_INTEGER);
	settings.disregard |= KL_TRAIT_INTERIOR;
	mark_again();
	CHECK_COLOUR(flagged, KL_GREY);
	settings.disregard &= (uint16_t) ~(KL_TRAIT_PERCPU_INEXACT | KL_TRAIT_INTERIOR);
	mark_again();
	CHECK_COLOUR(interior, KL_GREY);
}

/* The indexes are built by collect(), and that of the copies has to be there before. */
static void index_all(void)
{
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK_OK(kl_heap_index_copies(&heap, percpu_offsets, 2));
}

static void test_addresses_of_copies_are_references(void)
{
	uint32_t first, inside, itself;

	begin_precise();
	first = add_percpu(0x4000, 64);
	inside = add_percpu(0x5000, 64);
	itself = add_percpu(0x6000, 64);
	poke(ROOT, BASE + 0x4000);
	poke(ROOT + 8, BASE + CPU1 + 0x5010);
	poke(CPU1 + 0x6000, BASE + 0x6000); /* from one copy to the other */
	index_all();
	run();
	CHECK_COLOUR(first, KL_GREY);
	CHECK_COLOUR(inside, KL_GREY);
	CHECK_COLOUR(itself, KL_WHITE);
	settings.disregard |= KL_TRAIT_INTERIOR;
	mark_again();
	CHECK_COLOUR(first, KL_GREY);
	CHECK_COLOUR(inside, KL_WHITE);
}

/* What the kernel never judges is judged on demand, and what only it holds goes with it. */
static void test_uncounted_percpu_objects(void)
{
	uint32_t held, lost, child;

	begin_precise();
	held = add_percpu(0x4000, 64);
	lost = add_percpu(0x5000, 64);
	child = add(0x3000, 64);
	heap.min_count[held] = heap.min_count[lost] = 0;
	heap.flags[held] |= KL_OBJECT_UNCOUNTED;
	heap.flags[lost] |= KL_OBJECT_UNCOUNTED;
	poke(ROOT, 0x4000);
	poke(CPU1 + 0x5008, BASE + 0x3000);
	settings.percpu = true;
	run();
	CHECK_COLOUR(held, KL_GREY);
	CHECK_COLOUR(lost, KL_WHITE);
	CHECK_COLOUR(child, KL_WHITE);
	CHECK_INT(mark.min_count[lost], 1);
	settings.percpu = false;
	mark_again();
	CHECK_COLOUR(lost, KL_GREY);
	CHECK_COLOUR(child, KL_GREY);
}

static void test_cookies_in_registers(void)
{
	uint32_t held, interior;

	begin_precise();
	space.small_cookies = true;
	held = add_percpu(0x4000, 64);
	interior = add_percpu(0x5000, 64);
	CHECK(kl_vec_push(&facts.registers, (uint64_t)0x4000));
	CHECK(kl_vec_push(&facts.registers, (uint64_t)0x5008));
	run();
	CHECK_COLOUR(held, KL_GREY);
	CHECK_COLOUR(interior, KL_WHITE);
	CHECK_INT(mark.weak[interior], KL_WEAK_INTEGER);
	settings.disregard |= KL_TRAIT_REGISTER;
	mark_again();
	CHECK_COLOUR(held, KL_WHITE);
}

/* A page that nobody scans may hold a cookie like any address. */
static void test_untracked_pages_explain_percpu_objects(void)
{
	const struct kl_root page = {.start = BASE + 0x1000, .length = 0x1000};
	struct kl_roots pages = {};
	struct kl_page_words words = {};
	uint32_t held, by_copy;

	begin_precise();
	space.small_cookies = true;
	held = add_percpu(0x4000, 64);
	by_copy = add_percpu(0x5000, 64);
	add_percpu(0x6000, 64);
	poke(0x1010, 0x4000);
	poke(0x1018, BASE + 0x5020);
	poke(0x1020, 0x6008);
	index_all();
	CHECK(kl_vec_push(&pages.list, page));
	CHECK_OK(kl_explain_search(&input, &pages, &words));
	CHECK_INT(words.list.count, 2);
	CHECK(words.list.count == 2 && words.list.data[0].to == held && !words.list.data[0].inside);
	CHECK(words.list.count == 2 && words.list.data[1].to == by_copy && words.list.data[1].inside);
	CHECK(words.list.count == 2 && words.list.data[1].at == BASE + 0x1018);
	kl_page_words_deinit(&words);
	kl_vec_deinit(&pages.list);
}

static void test_registers_are_roots(void)
{
	uint32_t a;

	begin_precise();
	a = add(0x2000, 64);
	CHECK(kl_vec_push(&facts.registers, BASE + 0x2010));
	run();
	CHECK_COLOUR(a, KL_GREY);
	settings.disregard |= KL_TRAIT_REGISTER;
	mark_again();
	CHECK_COLOUR(a, KL_WHITE);
}

static void test_other_words_are_roots(void)
{
	uint32_t a;

	begin_precise();
	a = add(0x2000, 64);
	CHECK(kl_vec_push(&facts.words, BASE + 0x2010));
	settings.disregard |= KL_TRAIT_REGISTER;
	run();
	CHECK_COLOUR(a, KL_GREY);
}

static void test_interior_pointers_on_demand(void)
{
	uint32_t a;

	begin_precise();
	a = add(0x2000, 64);
	poke(ROOT, BASE + 0x2010);
	run();
	CHECK_COLOUR(a, KL_GREY);
	settings.disregard |= KL_TRAIT_INTERIOR;
	mark_again();
	CHECK_COLOUR(a, KL_WHITE);
}

/* A dentry-like struct of 24 bytes: pointer, integer, pointer. */
static void give_type(uint32_t row)
{
	struct kl_object_type unknown = {}, type = {.size = 24, .words = calloc(3, 1)};

	type.words[0] = type.words[2] = 1;
	CHECK(kl_vec_push(&facts.types, unknown));
	CHECK(kl_vec_push(&facts.types, type));
	facts.type_of = calloc(heap.rows, sizeof(*facts.type_of));
	facts.type_of[row] = 1;
}

static void test_words_that_are_no_pointers_are_weak(void)
{
	uint32_t holder, by_pointer, by_integer, behind, child;

	begin_precise();
	holder = add(0x2000, 64);
	by_pointer = add(0x3000, 64);
	by_integer = add(0x4000, 64);
	behind = add(0x5000, 64);
	child = add(0x6000, 64);
	give_type(holder);
	poke(ROOT, BASE + 0x2000);
	poke(0x2000, BASE + 0x3000);
	poke(0x2008, BASE + 0x4000);
	poke(0x2018, BASE + 0x5000);
	poke(0x4000, BASE + 0x6000);
	run();
	CHECK_COLOUR(by_pointer, KL_GREY);
	CHECK(!mark.weak[by_pointer]);
	CHECK_COLOUR(by_integer, KL_WHITE);
	CHECK(mark.weak[by_integer]);
	CHECK(mark.weak[behind]);
	CHECK(mark.weak[child]); /* all that holds it is weakly held */
	settings.types = false;
	mark_again();
	CHECK_COLOUR(by_integer, KL_GREY);
	CHECK(!mark.weak[child]);
}

static void test_strong_reference_outweighs_a_weak_one(void)
{
	uint32_t holder, a;

	begin_precise();
	holder = add(0x2000, 64);
	a = add(0x3000, 64);
	give_type(holder);
	poke(ROOT, BASE + 0x2000);
	poke(0x2008, BASE + 0x3000); /* integer */
	poke(0x2010, BASE + 0x3000); /* pointer */
	run();
	CHECK_COLOUR(a, KL_GREY);
	CHECK(!mark.weak[a]);
}

static void test_excess_references(void)
{
	uint32_t vm_struct, area;

	begin_precise();
	vm_struct = add(0x2000, 64);
	area = add(0x10000, 0x1000);
	heap.min_count[area] = 2;
	heap.excess_ref[vm_struct] = BASE + 0x10000;
	poke(ROOT, BASE + 0x2000);
	poke(ROOT + 8, BASE + 0x2000);
	poke(0x2008, BASE + 0x10000); /* vm_struct.addr */
	run();
	CHECK_COLOUR(area, KL_GREY);
	CHECK_INT(mark.stats.excess_references, 1);
}

static void test_modified_objects_are_alive(void)
{
	uint32_t modified, child, never_looked_at;

	begin_precise();
	rules.checksums = true;
	modified = add(0x2000, 64);
	heap.checksum[modified] = 1;
	child = add(0x3000, 64);
	never_looked_at = add(0x4000, 64);
	heap.checksum[never_looked_at] = ~0U;
	poke(0x2000, BASE + 0x3000);
	run();
	CHECK_COLOUR(modified, KL_GREY);
	CHECK_INT(mark.checksum_state[modified], KL_CHECKSUM_MODIFIED);
	CHECK_COLOUR(child, KL_GREY);
	CHECK_COLOUR(never_looked_at, KL_WHITE);
	CHECK(mark.confirmed[never_looked_at]);
}

static void test_min_age_and_scans(void)
{
	uint32_t a;

	begin_precise();
	a = add(0x2000, 64);
	heap.jiffies[a] = input.now - 1000;
	run();
	CHECK_COLOUR(a, KL_WHITE);
	CHECK(!mark.confirmed[a]);
	settings.min_age = 1000;
	mark_again();
	CHECK(mark.confirmed[a]);
	settings.min_unref_scans = 2;
	mark_again();
	CHECK(!mark.confirmed[a]);
}

static void test_missing_memory_counts_where_it_matters(void)
{
	uint32_t grey, white;

	begin_precise();
	grey = add(0x2000, 64);
	white = add(0x3000, 64);
	poke(ROOT, BASE + 0x2000);
	hole_start = 0x3000;
	hole_end = 0x3040;
	run();
	CHECK_INT(mark.stats.missing_bytes, 0); /* only a white object is unreadable */
	CHECK(!mark.incomplete[white]);
	hole_start = 0x2000;
	run();
	CHECK_INT(mark.stats.missing_bytes, 64);
	CHECK(mark.incomplete[grey]);
}

static void test_edges_follow_what_counts(void)
{
	struct kl_edges edges = {};
	uint32_t a, b, c;

	begin_precise();
	a = add(0x2000, 64);
	b = add(0x3000, 64);
	c = add(0x4000, 64);
	mask(0x2008, 8, KL_TRAIT_SHEAF, false);
	poke(0x2000, BASE + 0x3000);
	poke(0x2008, BASE + 0x4000);
	run();
	CHECK_COLOUR(c, KL_WHITE);
	CHECK_OK(kl_precise_white_edges(&refs, &mark, &settings, &edges));
	CHECK_INT(edges.list.count, 1);
	CHECK(edges.list.count && edges.list.data[0].from == a && edges.list.data[0].to == b);
	kl_vec_deinit(&edges.list);
}

/* Only a page that nobody tracks holds the first object, and that one leads to the second. */
static void test_second_chance(void)
{
	struct kl_root page = {.start = BASE + 0x50000, .length = 0x1000, .kind = KL_ROOT_UNTRACKED};
	struct kl_page_words words = {};
	struct kl_roots pages = {};
	uint32_t held, child, lost, reached;

	begin_precise();
	held = add(0x2000, 64);
	child = add(0x3000, 64);
	lost = add(0x4000, 64);
	reached = add(0x5000, 64);
	poke(ROOT, BASE + 0x5000);
	poke(0x50010, BASE + 0x2008);
	poke(0x50018, BASE + 0x5000);
	poke(0x2000, BASE + 0x3000);
	run();
	CHECK(kl_vec_push(&pages.list, page));
	CHECK_OK(kl_explain_search(&input, &pages, &words));
	CHECK_INT(words.list.count, 2);
	CHECK_INT(words.missing, 0);
	CHECK(words.list.count && words.list.data[0].to == held && words.list.data[0].inside);
	CHECK(words.list.count && !words.list.data[words.list.count - 1].inside);
	CHECK_OK(kl_explain_mark(&heap, &refs, &settings, &words, &mark));
	CHECK_COLOUR(held, KL_WHITE);
	CHECK_INT(mark.explained[held], KL_EXPLAINED_UNTRACKED);
	CHECK_INT(mark.explained_by[held], BASE + 0x50010);
	CHECK_INT(mark.explained[child], KL_EXPLAINED_THROUGH);
	CHECK_INT(mark.explained_by[child], BASE + 0x2000);
	CHECK_INT(mark.explained[lost], KL_EXPLAINED_NOT);
	CHECK_INT(mark.explained[reached], KL_EXPLAINED_NOT);

	/* what siblings.h has judged is not explained, nor what it leads to */
	mark.weak[held] = KL_WEAK_SIBLINGS;
	CHECK_OK(kl_explain_mark(&heap, &refs, &settings, &words, &mark));
	CHECK_INT(mark.explained[held], KL_EXPLAINED_NOT);
	CHECK_INT(mark.explained[child], KL_EXPLAINED_NOT);
	kl_page_words_deinit(&words);
	kl_vec_deinit(&pages.list);
}

/* ---- nearly all of a cache ---- */

/* @n objects of one cache, of which the first @held are referenced; returns the row of the last. */
static uint32_t crowd(unsigned n, unsigned held)
{
	uint32_t row = 0;
	unsigned i;

	begin_precise();
	for (i = 0; i < n; i++) {
		row = add(0x2000 + i * 64, 64);
		if (i < held)
			poke(ROOT + i * 8, BASE + 0x2000 + i * 64);
	}
	run();
	return row;
}

/* All rows are of kind @kind, those of every other row of the next one if @mixed. */
static uint64_t crowd_of(uint32_t row, uint32_t kind, bool mixed)
{
	uint64_t reasons[1024] = {};
	uint32_t kind_of[1024] = {};
	size_t i;

	for (i = 0; i < heap.rows; i++)
		kind_of[i] = kind + (mixed ? i % 2 : 0);
	CHECK_OK(kl_population_find(&heap, &mark, kind_of, reasons));
	return reasons[row];
}

static void test_a_crowd_is_no_leak(void)
{
	CHECK_INT(crowd_of(crowd(600, 30), 1, false), 570);
	CHECK_INT(crowd_of(crowd(600, 50), 1, false), 0); /* too many are held */
	CHECK_INT(crowd_of(crowd(500, 0), 1, false), 0);  /* too few there are */
	CHECK_INT(crowd_of(crowd(600, 30), 0, false), 0); /* of a cache that is shared */
	CHECK_INT(crowd_of(crowd(600, 30), 1, true), 0);  /* of two kinds */
}

int main(void)
{
	RUN(test_a_crowd_is_no_leak);
	RUN(test_reaches_what_the_kernel_reaches);
	RUN(test_dead_part_of_a_stack);
	RUN(test_stack_counts_once);
	RUN(test_masked_words);
	RUN(test_overlapping_masks_join_their_traits);
	RUN(test_small_cookies_match_exactly);
	RUN(test_addresses_of_copies_are_references);
	RUN(test_uncounted_percpu_objects);
	RUN(test_cookies_in_registers);
	RUN(test_untracked_pages_explain_percpu_objects);
	RUN(test_registers_are_roots);
	RUN(test_other_words_are_roots);
	RUN(test_interior_pointers_on_demand);
	RUN(test_words_that_are_no_pointers_are_weak);
	RUN(test_strong_reference_outweighs_a_weak_one);
	RUN(test_excess_references);
	RUN(test_modified_objects_are_alive);
	RUN(test_min_age_and_scans);
	RUN(test_missing_memory_counts_where_it_matters);
	RUN(test_edges_follow_what_counts);
	RUN(test_second_chance);
	kl_facts_deinit(&facts);
	kl_references_deinit(&refs);
	kl_checksums_deinit(&checksums);
	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	return DONE();
}

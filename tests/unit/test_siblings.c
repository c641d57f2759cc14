/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which thin references are believed, and what becomes of the objects that only others reach. */
#include "world.h"

#include "mark/siblings.h"

static struct kl_facts facts;
static struct kl_references refs;
static struct kl_checksums checksums;
static struct kl_precise_settings settings;
static struct kl_page_words words;
static uint32_t stack_a, stack_b;

static void begin_siblings(void)
{
	const uint64_t frames[] = {0xffffffff81000001, 0xffffffff81000002};
	struct kl_root root = {.start = BASE + ROOT, .length = 0x1000, .kind = KL_ROOT_DATA};

	begin();
	kl_facts_deinit(&facts);
	facts = (struct kl_facts){};
	kl_page_words_deinit(&words);
	words = (struct kl_page_words){};
	CHECK(kl_vec_push(&facts.roots.list, root));
	CHECK(kl_vec_push(&facts.live, (uint64_t)0));
	CHECK_OK(kl_heap_add_stack(&heap, frames, 1, &stack_a));
	CHECK_OK(kl_heap_add_stack(&heap, frames, 2, &stack_b));
	settings = (struct kl_precise_settings){
		.disregard = KL_PRECISE_DISREGARD_ALL, .types = true, .siblings = true, .min_age = 1250};
}

static uint32_t add_from(uint32_t stack, uint64_t offset, uint64_t size)
{
	uint32_t row = add(offset, size);

	heap.stack[row] = stack;
	return row;
}

/* A live object from stack_b, untyped and never erased, that holds nothing but numbers yet. */
static uint32_t add_holder(uint64_t offset)
{
	uint64_t at;

	poke(ROOT + 8 * heap.rows, BASE + offset);
	for (at = offset; at < offset + 0x400; at += 8)
		if (!world[at] && !memcmp(world + at, world + at + 1, 7))
			poke(at, 1);
	return add_from(stack_b, offset, 0x400);
}

static void judge(void)
{
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	kl_references_deinit(&refs);
	CHECK_OK(kl_references_collect(&input, &facts, &refs));
	kl_checksums_deinit(&checksums);
	checksums = (struct kl_checksums){};
	CHECK_OK(kl_checksums_init(&checksums, &heap));
	kl_mark_deinit(&mark);
	CHECK_OK(kl_precise_run(&input, &refs, &settings, &checksums, &mark));
	CHECK_OK(kl_explain_mark(&heap, &refs, &settings, &words, &mark));
	CHECK_OK(kl_siblings_judge(&input, &refs, &words, &settings, &mark));
	CHECK_OK(kl_explain_mark(&heap, &refs, &settings, &words, &mark));
}

/* A word in a page that nobody tracks. */
static void add_page_word(uint64_t offset, uint32_t to)
{
	struct kl_page_word word = {.at = BASE + offset, .to = to};

	CHECK(kl_vec_push(&words.list, word));
}

/* Two are lost, the third is reached by one stray word; what it leads to goes with it. */
static void test_stray_word(void)
{
	uint32_t held, child;

	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	held = add_from(stack_a, 0x2200, 64);
	child = add(0x3000, 64); /* of no known stack */
	poke(0x2208, BASE + 0x3000);
	add_holder(0x4000);
	poke(0x4010, BASE + 0x2200);
	judge();
	CHECK_COLOUR(held, KL_WHITE);
	CHECK_INT(mark.weak[held], KL_WEAK_SIBLINGS);
	CHECK(mark.confirmed[held]);
	CHECK_COLOUR(child, KL_WHITE);
	CHECK_INT(mark.weak[child], KL_WEAK_THROUGH);
	settings.siblings = false;
	judge();
	CHECK_COLOUR(held, KL_GREY);
	CHECK_COLOUR(child, KL_GREY);
}

/* A struct whose words are all @may_be, made by kmalloc() or in a slab cache of its own. */
static void give_siblings_type(uint32_t row, bool kmalloc, enum kl_word_may_be may_be)
{
	struct kl_object_type unknown = {}, type = {.size = 0x400, .words = malloc(0x80), .kmalloc = kmalloc};

	CHECK(type.words != NULL && kl_vec_push(&facts.types, unknown) && kl_vec_push(&facts.types, type));
	memset(type.words, may_be, 0x80);
	facts.type_of = calloc(heap.rows, sizeof(*facts.type_of));
	CHECK(facts.type_of != NULL);
	facts.type_of[row] = 1;
}

/* Whoever made a struct by kmalloc() need not have written a member of it; slab caches' structs are initialized, but
 * for what is written when they go. */
static void check_declared_member(bool kmalloc, bool erased, enum kl_word_may_be may_be, enum kl_weakness expected)
{
	uint32_t held, holder;

	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	held = add_from(stack_a, 0x2200, 64);
	holder = add_holder(0x4000);
	poke(0x4010, BASE + 0x2200);
	give_siblings_type(holder, kmalloc, may_be);
	facts.zeroed = calloc(heap.rows, 1);
	CHECK(facts.zeroed != NULL);
	facts.zeroed[holder] = erased;
	judge();
	CHECK_INT(mark.weak[held], expected);
}

static void test_declared_members(void)
{
	check_declared_member(true, false, KL_MAY_BE_POINTER, KL_WEAK_SIBLINGS);
	check_declared_member(true, true, KL_MAY_BE_POINTER, KL_WEAK_NOT);
	check_declared_member(false, false, KL_MAY_BE_POINTER, KL_WEAK_NOT);
	check_declared_member(false, false, KL_MAY_BE_LATE, KL_WEAK_SIBLINGS);
	check_declared_member(false, true, KL_MAY_BE_LATE, KL_WEAK_NOT);
}

/* One lost object proves nothing, nor do two among many. */
static void test_too_few_lost(void)
{
	uint32_t held, i;

	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	held = add_from(stack_a, 0x2200, 64);
	add_holder(0x4000);
	poke(0x4010, BASE + 0x2200);
	judge();
	CHECK_COLOUR(held, KL_GREY);

	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	held = add_from(stack_a, 0x2200, 64);
	add_holder(0x4000);
	poke(0x4010, BASE + 0x2200);
	for (i = 0; i < 7; i++) { /* 3 of 10 are less than a third */
		add_from(stack_a, 0x5000 + i * 64, 64);
		poke(ROOT + 0x800 + i * 8, BASE + 0x5000 + i * 64);
	}
	judge();
	CHECK_COLOUR(held, KL_GREY);
	heap.stack[held + 2] = stack_b; /* 3 of 9 are one */
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_SIBLINGS);
}

/* A word that is no stray one: in erased memory, in a known root, one of three in a table, or the same member of three
 * structs. */
static void test_references_that_are_believed(void)
{
	uint32_t holder, first, i;

	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	first = add_from(stack_a, 0x2200, 64);
	holder = add_holder(0x4000);
	poke(0x4010, BASE + 0x2200);
	facts.zeroed = calloc(heap.rows + 1, 1);
	facts.zeroed[holder] = 1;
	judge();
	CHECK_COLOUR(first, KL_GREY);

	begin_siblings(); /* a table */
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	first = (uint32_t)heap.rows;
	for (i = 0; i < 3; i++) {
		add_from(stack_a, 0x2200 + i * 64, 64);
		poke(0x4100 + i * 24, BASE + 0x2200 + i * 64);
	}
	add_holder(0x4000);
	judge();
	for (i = 0; i < 3; i++)
		CHECK_COLOUR(first + i, KL_GREY);
	poke(0x4100, 0); /* two are no table */
	judge();
	CHECK_INT(mark.weak[first + 1], KL_WEAK_SIBLINGS);

	begin_siblings(); /* a member */
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	first = (uint32_t)heap.rows;
	for (i = 0; i < 3; i++) {
		add_from(stack_a, 0x2200 + i * 64, 64);
		poke(0x4020 + i * 0x400, BASE + 0x2200 + i * 64);
	}
	for (i = 0; i < 3; i++)
		add_holder(0x4000 + i * 0x400);
	judge();
	for (i = 0; i < 3; i++)
		CHECK_COLOUR(first + i, KL_GREY);
	poke(0x4020, 0); /* one of them elsewhere */
	poke(0x4030, BASE + 0x2200);
	judge();
	for (i = 0; i < 3; i++)
		CHECK_INT(mark.weak[first + i], KL_WEAK_SIBLINGS);
}

/* Addresses that stand in one holder are no table when they are the same, or few among what it names. */
static void test_what_is_no_table(void)
{
	uint32_t first, i, others;

	begin_siblings(); /* one object, three times */
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	first = add_from(stack_a, 0x2200, 64);
	for (i = 0; i < 3; i++)
		poke(0x4100 + i * 24, BASE + 0x2200);
	add_holder(0x4000);
	judge();
	CHECK_INT(mark.weak[first], KL_WEAK_SIBLINGS);

	for (others = 9; others <= 10; others++) { /* three of twelve, three of thirteen */
		begin_siblings();
		add_from(stack_a, 0x2000, 64);
		add_from(stack_a, 0x2100, 64);
		first = (uint32_t)heap.rows;
		for (i = 0; i < 3; i++) {
			add_from(stack_a, 0x2200 + i * 64, 64);
			poke(0x4100 + i * 24, BASE + 0x2200 + i * 64);
		}
		for (i = 0; i < others; i++) {
			add_from(stack_b, 0x5000 + i * 64, 64);
			poke(0x4180 + i * 16, BASE + 0x5000 + i * 64);
		}
		add_holder(0x4000);
		judge();
		for (i = 0; i < 3; i++)
			CHECK_INT(mark.weak[first + i], others == 9 ? KL_WEAK_NOT : KL_WEAK_SIBLINGS);
	}
}

/* A word of an untracked page explains no object whose siblings are lost, nor what such an object leads to. */
static void test_stray_word_in_a_page(void)
{
	uint32_t held, child;

	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	held = add_from(stack_a, 0x2200, 64);
	child = add_from(stack_b, 0x3000, 64);
	poke(0x2208, BASE + 0x3000);
	add_page_word(0x50010, held);
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_SIBLINGS);
	CHECK_INT(mark.explained[held], KL_EXPLAINED_NOT);
	CHECK_INT(mark.explained_by[held], BASE + 0x50010);
	CHECK(mark.confirmed[held]);
	CHECK_INT(mark.weak[child], KL_WEAK_THROUGH);
	CHECK_INT(mark.explained[child], KL_EXPLAINED_NOT);
	CHECK_INT(mark.explained_by[child], 0);
	settings.siblings = false;
	judge();
	CHECK_INT(mark.explained[held], KL_EXPLAINED_UNTRACKED);
	CHECK_INT(mark.explained[child], KL_EXPLAINED_THROUGH);

	heap.stack[0] = stack_b; /* one lost sibling proves nothing */
	settings.siblings = true;
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_NOT);
	CHECK_INT(mark.explained[held], KL_EXPLAINED_UNTRACKED);
}

/* Nor does it save one that is reached by a stray word of an object besides. */
static void test_stray_words_in_both(void)
{
	uint32_t held;

	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	held = add_from(stack_a, 0x2200, 64);
	add_holder(0x4000);
	poke(0x4010, BASE + 0x2200);
	add_page_word(0x50010, held);
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_SIBLINGS);
	CHECK_INT(mark.explained[held], KL_EXPLAINED_NOT);
}

/* Three in a page, or at the same place of three pages. */
static void test_believed_words_in_pages(void)
{
	static const uint64_t distances[] = {24, 0x1000, 0x1018};
	uint32_t first, i;
	size_t d;

	for (d = 0; d < sizeof(distances) / sizeof(*distances); d++) {
		begin_siblings();
		add_from(stack_a, 0x2000, 64);
		add_from(stack_a, 0x2100, 64);
		first = (uint32_t)heap.rows;
		for (i = 0; i < 3; i++) {
			add_from(stack_a, 0x2200 + i * 64, 64);
			add_page_word(0x50010 + i * distances[d], first + i);
		}
		judge();
		for (i = 0; i < 3; i++) {
			CHECK_INT(mark.explained[first + i], d < 2 ? KL_EXPLAINED_UNTRACKED : KL_EXPLAINED_NOT);
			CHECK_INT(mark.weak[first + i], d < 2 ? KL_WEAK_NOT : KL_WEAK_SIBLINGS);
		}
	}
}

/* One address at the same place of three pages is what a former slab looks like. */
static void test_one_address_in_many_pages(void)
{
	uint32_t held, i;

	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	held = add_from(stack_a, 0x2200, 64);
	for (i = 0; i < 3; i++)
		add_page_word(0x50010 + i * 0x1000, held);
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_SIBLINGS);
}

#define STACK 0x60000

/* Two are lost, and @n, of @age jiffies, are named on the stack of a task that has slept for 2000. */
static uint32_t begin_sleep(uint32_t n, uint64_t age)
{
	struct kl_root stack = {.start = BASE + STACK, .length = 0x1000, .kind = KL_ROOT_STACK};
	uint32_t first, i;

	begin_siblings();
	stack.asleep_since = input.now - 2000;
	CHECK(kl_vec_push(&facts.roots.list, stack) && kl_vec_push(&facts.live, (uint64_t)0));
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	first = (uint32_t)heap.rows;
	for (i = 0; i < n; i++) {
		add_from(stack_a, 0x2200 + i * 0x100, 64);
		heap.jiffies[first + i] = input.now - age;
		poke(STACK + 0x100 + i * 8, BASE + 0x2210 + i * 0x100);
	}
	return first;
}

/* A task that sleeps did not write what is younger. Others may have, in a list or a table. */
static void test_stack_of_a_sleeper(void)
{
	uint32_t held = begin_sleep(1, 1999);

	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_SIBLINGS);
	held = begin_sleep(1, 2000);
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_NOT);
	held = begin_sleep(1, 1999);
	facts.roots.list.data[1].asleep_since = 0; /* nobody knows */
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_NOT);
	held = begin_sleep(1, 1999);
	poke(0x2218, BASE + STACK + 0x100); /* a waiter's neighbor */
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_NOT);
	held = begin_sleep(3, 1999);
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_NOT);
}

/* Three words alike, but two of them stand in objects that are in doubt themselves: the second round sees it. */
static void test_likes_that_fall_away(void)
{
	uint32_t lost, last;

	begin_siblings();
	lost = add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	/* two of stack_a hang on stray words and hold two more at offset 16 */
	add_from(stack_a, 0x2200, 64);
	add_from(stack_a, 0x2300, 64);
	add_from(stack_a, 0x2400, 64);
	add_from(stack_a, 0x2500, 64);
	poke(0x2210, BASE + 0x2400);
	poke(0x2310, BASE + 0x2500);
	add_holder(0x4000);
	poke(0x4008, BASE + 0x2200);
	poke(0x4108, BASE + 0x2300);
	/* so does one of stack_a that is in use */
	add_from(stack_a, 0x2600, 64);
	poke(ROOT + 0xf00, BASE + 0x2600);
	last = add_from(stack_a, 0x2700, 64);
	poke(0x2610, BASE + 0x2700);
	judge();
	CHECK_COLOUR(lost, KL_WHITE);
	CHECK_INT(mark.weak[last], KL_WEAK_SIBLINGS);
}

/* Two are lost; words without their like lead to the others. */
static void begin_doubt(uint32_t *held)
{
	begin_siblings();
	add_from(stack_a, 0x2000, 64);
	add_from(stack_a, 0x2100, 64);
	*held = add_from(stack_a, 0x2200, 64);
	add_holder(0x4000);
}

/* Around the word everything was erased; one word that was not, and nobody knows. */
static void test_word_alone(void)
{
	uint32_t held;

	begin_doubt(&held);
	memset(world + 0x4000, 0, 0x400);
	poke(0x4100, BASE + 0x2200);
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_NOT);

	begin_doubt(&held);
	memset(world + 0x4000, 0, 0x400);
	poke(0x4100, BASE + 0x2200);
	poke(0x40c0, 1);
	judge();
	CHECK_INT(mark.weak[held], KL_WEAK_SIBLINGS);
}

/* Whoever erased what he asked for did not erase what lies behind it. The word is number @n of the holder, @zeroes
 * words follow, then others; the one before it is zero if @first. */
static void check_first_word(uint64_t n, uint64_t zeroes, bool first, enum kl_weakness expected)
{
	uint32_t held, i;

	begin_doubt(&held);
	memset(world + 0x4000, 0, 0x400);
	poke(0x4000 + 8 * n, BASE + 0x2210);
	for (i = 0; i < 8; i++)
		poke(0x4000 + 8 * (n + 1 + zeroes + i), 1);
	if (!first)
		poke(0x4000 + 8 * (n - 1), 1);
	judge();
	CHECK_INT(mark.weak[held], expected);
}

static void test_first_word(void)
{
	check_first_word(16, 1, true, KL_WEAK_NOT);
	check_first_word(15, 1, true, KL_WEAK_SIBLINGS);
	check_first_word(16, 1, false, KL_WEAK_SIBLINGS);
	check_first_word(31, 0, true, KL_WEAK_SIBLINGS);
	check_first_word(32, 0, true, KL_WEAK_NOT);
	check_first_word(32, 0, false, KL_WEAK_SIBLINGS);
}

/* A list_head or hlist_node whose neighbor points back, either way, and an rbtree's child. */
static void test_words_that_are_answered(void)
{
	static const struct {
		uint64_t at, answer;
		bool is_written;
	} cases[] = {
		{0x4100, 0x2210 + 8, true}, /* held in .next */
		{0x4100 + 8, 0x2210, true}, /* held in .prev: the answer names the list_head before it */
		{0x4100, 0x2210 + 16, false},
	};
	uint32_t held;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_doubt(&held);
		poke(cases[i].at, BASE + 0x2210);
		poke(cases[i].answer, BASE + 0x4100);
		judge();
		CHECK_INT(mark.weak[held], cases[i].is_written ? KL_WEAK_NOT : KL_WEAK_SIBLINGS);
	}
	for (i = 0; i < 2; i++) {
		begin_doubt(&held);
		poke(0x4108 + 8 * i, BASE + 0x2210);
		poke(0x2210, BASE + 0x4101); /* black */
		judge();
		CHECK_INT(mark.weak[held], KL_WEAK_NOT);
	}
}

int main(void)
{
	RUN(test_stray_word);
	RUN(test_word_alone);
	RUN(test_first_word);
	RUN(test_words_that_are_answered);
	RUN(test_declared_members);
	RUN(test_too_few_lost);
	RUN(test_references_that_are_believed);
	RUN(test_what_is_no_table);
	RUN(test_stray_word_in_a_page);
	RUN(test_stray_words_in_both);
	RUN(test_believed_words_in_pages);
	RUN(test_one_address_in_many_pages);
	RUN(test_stack_of_a_sleeper);
	RUN(test_likes_that_fall_away);
	kl_page_words_deinit(&words);
	kl_facts_deinit(&facts);
	kl_references_deinit(&refs);
	kl_checksums_deinit(&checksums);
	kl_mark_deinit(&mark);
	kl_heap_deinit(&heap);
	return DONE();
}

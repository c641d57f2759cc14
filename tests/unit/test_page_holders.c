/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds pages by struct page, page frame number or physical address: a block of four pages that may be some
 * driver's, and one object that has a word of it, or none.
 */
#include "test.h"
#include "test_kernel_fake.h"

#include "kernel/facts/page_holders.h"

#define MEMMAP 0x10000u /* 256 struct pages of 64 bytes */
#define VARIABLE 0x800u
#define FRAME 0x80u /* of the block, and of one more */
#define OTHER 0x90u
#define PAGES 4u
#define OBJECT 0x40000u
#define ROOT 0x50000u
#define PHYSICAL (UINT64_C(1) << 32) /* the physical address at FAKE_BASE: no page frame number is a small number */

static struct kl_kernel *k;
static struct kl_heap heap;
static struct kl_facts facts;
static uint64_t holders[4]; /* of the block, the other one, the object, and a copy */
static uint16_t type_of[4];
static uint8_t words[8];
static uint32_t members[8];

static uint64_t struct_page(unsigned frame)
{
	return at(MEMMAP + frame * 64);
}

static uint64_t number(unsigned frame)
{
	return (PHYSICAL >> 12) + frame;
}

static void add(uint64_t address, uint64_t size, uint64_t metadata, uint16_t flags)
{
	struct kl_object object = {.address = address,
				   .size = size,
				   .metadata = metadata,
				   .min_count = 1,
				   .class_ = KLEAK_CLASS_VIRTUAL,
				   .flags = (uint16_t)(KL_OBJECT_ALLOCATED | flags)};

	CHECK_OK(kl_heap_add(&heap, &object));
}

static void describe_memory(void)
{
	struct kl_page_window window = {.start = at(MEMMAP), .end = at(MEMMAP + 256 * 64), .frame = number(0)};

	k->layouts.symbols.page_offset_base = variable(VARIABLE, 8);
	put_u64(k, VARIABLE, FAKE_BASE - PHYSICAL);
	facts.pages.page_size = 64;
	facts.pages.page_shift = 12;
	facts.pages.direct_map = FAKE_BASE - PHYSICAL;
	CHECK(kl_vec_push(&facts.pages.windows, window));
}

static void begin(void)
{
	k = fake_kernel();
	facts = (struct kl_facts){};
	memset(holders, 0, sizeof(holders));
	memset(type_of, 0, sizeof(type_of));
	CHECK_OK(kl_heap_init(&heap));
	describe_memory();
	add(at(FRAME * FAKE_PAGE), PAGES * FAKE_PAGE, struct_page(FRAME), KL_OBJECT_PAGES);
	add(at(OTHER * FAKE_PAGE), PAGES * FAKE_PAGE, struct_page(OTHER), KL_OBJECT_PAGES);
	add(at(OBJECT), 64, 0, 0);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
}

static void search(const struct kl_roots *more)
{
	CHECK_OK(kl_page_holders_find(k, NULL, &heap, &facts, more, holders));
}

static void end(void)
{
	kl_vec_deinit(&facts.pages.windows);
	kl_vec_deinit(&facts.roots.list);
	kl_vec_deinit(&facts.registers);
	kl_vec_deinit(&facts.types);
	kl_intern_destroy(facts.names);
	kl_heap_deinit(&heap);
	fake_destroy(k);
}

/* Who holds the block when the object has @word? */
static uint64_t holder_by(uint64_t word)
{
	uint64_t found;

	begin();
	put_u64(k, OBJECT + 16, word);
	search(NULL);
	CHECK_INT(holders[1], 0);
	found = holders[0];
	end();
	return found;
}

static void test_words_that_hold_pages(void)
{
	CHECK_INT(holder_by(struct_page(FRAME)), at(OBJECT + 16));
	CHECK_INT(holder_by(struct_page(FRAME) | 3), at(OBJECT + 16)); /* a scatterlist has flags in it */
	CHECK_INT(holder_by(struct_page(FRAME + 3) + 8), at(OBJECT + 16));
	CHECK_INT(holder_by(number(FRAME)), at(OBJECT + 16));
	CHECK_INT(holder_by(number(FRAME) << 12), at(OBJECT + 16));
}

static void test_words_beside_them(void)
{
	CHECK_INT(holder_by(struct_page(FRAME) - 8), 0);
	CHECK_INT(holder_by(struct_page(FRAME + PAGES)), 0);
	CHECK_INT(holder_by(number(FRAME) + 1), 0);
	CHECK_INT(holder_by((number(FRAME) << 12) + 8), 0);
}

static void test_roots_registers_and_further_memory(void)
{
	struct kl_roots more = {};
	struct kl_root root = {.start = at(ROOT) + 4, .length = 20},
		       further = {.start = at(ROOT + 0x100), .length = 64};

	begin();
	put_u64(k, ROOT + 16, struct_page(FRAME));
	put_u64(k, ROOT + 0x138, struct_page(OTHER));
	CHECK(kl_vec_push(&facts.roots.list, root) && kl_vec_push(&more.list, further));
	search(NULL);
	CHECK_INT(holders[0], at(ROOT + 16));
	CHECK_INT(holders[1], 0);
	search(&more);
	CHECK_INT(holders[1], at(ROOT + 0x138));
	kl_vec_deinit(&more.list);
	end();
	begin();
	CHECK(kl_vec_push(&facts.registers, struct_page(OTHER)));
	search(NULL);
	CHECK_INT(holders[0], 0);
	CHECK_INT(holders[1], 1);
	end();
}

/* Tails name the head of their compound page; others' struct pages are linked with it. */
static void test_its_own_words_hold_nobody(void)
{
	struct kl_root memmap = {.start = at(MEMMAP), .length = 256 * 64};

	begin();
	CHECK(kl_vec_push(&facts.roots.list, memmap));
	put_u64(k, MEMMAP + (FRAME + 1) * 64 + 8, struct_page(FRAME) | 1);
	put_u64(k, FRAME * FAKE_PAGE + 64, struct_page(FRAME));
	put_u64(k, FRAME * FAKE_PAGE + 128, number(FRAME));
	search(NULL);
	CHECK_INT(holders[0], 0);
	put_u64(k, MEMMAP + (FRAME - 1) * 64 + 8, struct_page(FRAME) + 8);
	put_u64(k, FRAME * FAKE_PAGE + 64, struct_page(OTHER)); /* one block holds the other */
	search(NULL);
	CHECK_INT(holders[0], struct_page(FRAME - 1) + 8);
	CHECK_INT(holders[1], at(FRAME * FAKE_PAGE + 64));
	end();
}

/* An inode's number is no page frame's; nor is anything else that has another name. */
static void test_numbers_in_objects_of_known_type(void)
{
	struct kl_object_type unknown = {}, type = {.size = 32, .words = words, .members = members};

	begin();
	CHECK_OK(kl_intern_create(&facts.names));
	CHECK_OK(kl_intern_add(facts.names, "i_ino", 5, &members[2]));
	CHECK_OK(kl_intern_add(facts.names, "area.first_pfn", 14, &members[3]));
	CHECK(kl_vec_push(&facts.types, unknown) && kl_vec_push(&facts.types, type));
	facts.type_of = type_of;
	type_of[2] = 1;
	put_u64(k, OBJECT + 16, number(FRAME));
	search(NULL);
	CHECK_INT(holders[0], 0);
	put_u64(k, OBJECT + 16, number(FRAME) << 12);
	put_u64(k, OBJECT + 24, number(OTHER));
	search(NULL);
	CHECK_INT(holders[0], at(OBJECT + 16));
	CHECK_INT(holders[1], at(OBJECT + 24));
	put_u64(k, OBJECT + 40, number(OTHER)); /* behind the struct nothing has a name */
	put_u64(k, OBJECT + 24, 0);
	holders[1] = 0;
	search(NULL);
	CHECK_INT(holders[1], at(OBJECT + 40));
	facts.type_of = NULL;
	end();
}

static void test_a_copy_of_a_percpu_object(void)
{
	struct kl_object object = {.address = 0x1000, .size = 64, .min_count = 1, .class_ = KLEAK_CLASS_PERCPU};
	uint64_t offset = at(ROOT) - 0x1000;

	begin();
	CHECK_OK(kl_heap_add(&heap, &object));
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	CHECK_OK(kl_heap_index_copies(&heap, &offset, 1));
	put_u64(k, ROOT + 8, struct_page(FRAME));
	search(NULL);
	CHECK_INT(holders[0], at(ROOT + 8));
	end();
}

/* What is known to be a large kmalloc() is not searched for, nor is anything where struct pages are not known. */
static void test_who_is_searched_for(void)
{
	begin();
	put_u64(k, OBJECT, struct_page(FRAME));
	put_u64(k, OBJECT + 8, struct_page(OTHER));
	heap.flags[1] = KL_OBJECT_ALLOCATED;
	search(NULL);
	CHECK_INT(holders[0], at(OBJECT));
	CHECK_INT(holders[1], 0);
	holders[0] = 0;
	facts.pages.page_size = 0;
	search(NULL);
	CHECK_INT(holders[0], 0);
	end();
}

static void test_words_that_the_dump_lacks(void)
{
	begin();
	put_u64(k, OBJECT, struct_page(FRAME));
	fake_of(k)->gone[OBJECT / FAKE_PAGE] = true;
	search(NULL);
	CHECK_INT(holders[0], 0);
	end();
}

int main(void)
{
	RUN(test_words_that_hold_pages);
	RUN(test_words_beside_them);
	RUN(test_roots_registers_and_further_memory);
	RUN(test_its_own_words_hold_nobody);
	RUN(test_numbers_in_objects_of_known_type);
	RUN(test_a_copy_of_a_percpu_object);
	RUN(test_who_is_searched_for);
	RUN(test_words_that_the_dump_lacks);
	return DONE();
}

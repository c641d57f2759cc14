/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin kvfree_rcu, with a host whose memory is an array: one CPU's krc at 0x1000, in the layout of 6.3 or 6.2. */
#include "test.h"

#include "../../plugins/kvfree_rcu.c"

#define MEMORY UINT64_C(0xffff888000000000)
#define KRC_AT 0x1000u
#define MAX 16

static unsigned char memory[0x10000];
static struct kleak_where answers[BLOCK_RECORDS + 1];
static uint64_t told[MAX], pages[MAX];
static size_t n_told, n_pages, n_damaged;

static const struct kleak_where *fake_where(const struct kleak_host *host, size_t need)
{
	(void)host;
	return &answers[need];
}

static size_t fake_read(const struct kleak_host *host, uint64_t address, void *buffer, size_t length)
{
	uint64_t at = address - MEMORY;

	(void)host;
	memset(buffer, 0, length);
	if (at >= sizeof(memory))
		return 0;
	if (length > sizeof(memory) - at)
		length = sizeof(memory) - at;
	memcpy(buffer, memory + at, length);
	return length;
}

static uint64_t fake_percpu(const struct kleak_host *host, uint64_t cookie, uint32_t cpu)
{
	(void)host;
	return cpu ? 0 : MEMORY + cookie;
}

static int fake_add_freed(const struct kleak_host *host, uint64_t address)
{
	(void)host;
	if (n_told < MAX)
		told[n_told++] = address - MEMORY;
	return 0;
}

static int fake_add_freeing_page(const struct kleak_host *host, uint64_t address)
{
	(void)host;
	if (n_pages < MAX)
		pages[n_pages++] = address - MEMORY;
	return 0;
}

static int fake_damaged(const struct kleak_host *host, uint64_t address, const char *what)
{
	(void)host;
	(void)address;
	(void)what;
	n_damaged++;
	return 0;
}

static const struct kleak_host fake_host = {
	.size = sizeof(fake_host),
	.machine = "x86_64",
	.page_shift = 12,
	.possible_cpus = 2,
	.where = fake_where,
	.read = fake_read,
	.percpu = fake_percpu,
	.add_freed = fake_add_freed,
	.add_freeing_page = fake_add_freeing_page,
	.damaged = fake_damaged,
};

static void put(size_t at, uint64_t value)
{
	memcpy(memory + at, &value, sizeof(value));
}

static void link_to(size_t at, size_t target)
{
	put(at, MEMORY + target);
}

static void answer(size_t need, uint64_t value, uint64_t size)
{
	answers[need] = (struct kleak_where){.value = value, .size = size, .present = 1};
}

/* What both layouts have. The counts of spare blocks are ints. */
static void begin(void)
{
	memset(memory, 0, sizeof(memory));
	memset(answers, 0, sizeof(answers));
	n_told = n_pages = n_damaged = 0;
	answer(KRC, KRC_AT, 128);
	answer(HEAD, 0, 8);
	answer(BATCHES, 64, 48);
	answer(SPARE, 112, 8);
	answer(SPARE_COUNT, 120, 4);
	answer(BATCH, 0, 48);
	answer(BATCH_HEAD, 0, 8);
	answer(BLOCK_COUNT, 16, 8);
	answer(BLOCK_RECORDS, 24, 0);
}

/* Lists of blocks at 0x1018 and 0x1028, of its batch at 0x1050 and 0x1060, all empty. */
static void begin_with_lists(void)
{
	static const size_t heads[] = {0x1018, 0x1028, 0x1050, 0x1060};

	begin();
	answer(BLOCK_LISTS, 24, 32);
	answer(BATCH_LISTS, 16, 32);
	answer(BLOCK_LIST, 0, 16);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		link_to(heads[i], heads[i]);
		link_to(heads[i] + 8, heads[i]);
	}
}

/* A block at @at, alone on the list at @head, with one object to be freed and one that was. */
static void one_block(size_t head, size_t at, uint64_t records)
{
	link_to(head, at);
	link_to(at, head);
	put(at + 16, records);
	link_to(at + 24, 0x100);
	link_to(at + 32, 0x200);
}

static bool was_told(uint64_t address)
{
	for (size_t i = 0; i < n_told; i++) {
		if (told[i] == address)
			return true;
	}
	return false;
}

static void test_lists_chains_and_spare_blocks(void)
{
	begin_with_lists();
	one_block(0x1028, 0xa000, 1);
	one_block(0x1050, 0xb000, 2);
	link_to(KRC_AT, 0x300); /* chained: there was no page */
	link_to(0x300, 0x340);
	link_to(0x1040, 0x400);
	link_to(0x1070, 0xc000); /* two pages in reserve */
	link_to(0xc000, 0xd000);
	put(0x1078, 2);
	CHECK_INT(freed(&fake_host), 0);
	CHECK_INT(n_damaged, 0);
	CHECK_INT(n_told, 6);
	CHECK(was_told(0x100) && was_told(0x200) && was_told(0x300) && was_told(0x340) && was_told(0x400));
	CHECK_INT(n_pages, 4);
	CHECK(pages[0] == 0xa000 && pages[1] == 0xb000 && pages[2] == 0xc000 && pages[3] == 0xd000);
}

/* Before 6.3. */
static void test_single_links(void)
{
	begin();
	answer(BLOCK_CHAINS, 24, 16);
	answer(BATCH_CHAINS, 16, 16);
	answer(BLOCK_NEXT, 8, 8);
	link_to(0x1020, 0xa000);
	link_to(0xa008, 0xb000);
	put(0xa010, 1);
	link_to(0xa018, 0x100);
	put(0xb010, 1);
	link_to(0xb018, 0x200);
	CHECK_INT(freed(&fake_host), 0);
	CHECK_INT(n_damaged, 0);
	CHECK(n_told == 2 && was_told(0x100) && was_told(0x200));
	CHECK(n_pages == 2 && pages[0] == 0xa000 && pages[1] == 0xb000);
}

/* What waits is kept; pages of a list that is damaged may be anybody's. */
static void test_damage(void)
{
	begin_with_lists();
	one_block(0x1018, 0xa000, (4096 - 24) / 8 + 1); /* more than there is room for */
	one_block(0x1028, 0xb000, 1);
	link_to(0xb000, 0xc010); /* not at the start of a page */
	one_block(0x1050, 0xd000, 1);
	put(0xd018, 0x123); /* an address of nothing */
	link_to(0x1070, 0xe000);
	put(0x1078, 2); /* one is missing */
	CHECK_INT(freed(&fake_host), 0);
	CHECK_INT(n_damaged, 4);
	CHECK(n_told == 1 && was_told(0x100));
	CHECK(n_pages == 1 && pages[0] == 0xd000);
}

static void test_circles_end(void)
{
	begin_with_lists();
	one_block(0x1018, 0xa000, 1);
	link_to(0xa000, 0xb000);
	link_to(0xb000, 0xa000);
	link_to(KRC_AT, 0x300);
	link_to(0x300, 0x340);
	link_to(0x340, 0x300);
	link_to(0x1070, 0xc000);
	link_to(0xc000, 0xc000);
	put(0x1078, 3);
	CHECK_INT(freed(&fake_host), 0);
	CHECK_INT(n_damaged, 4); /* the last is no circle of as many pages, either */
	CHECK(was_told(0x100) && was_told(0x300) && was_told(0x340));
	CHECK_INT(n_pages, 0);
}

static void test_kernels_without(void)
{
	begin_with_lists();
	put(0x1018, 0); /* not made yet */
	CHECK_INT(freed(&fake_host), 0);
	CHECK_INT(n_damaged, 0);
	begin();
	answers[KRC].present = 0;
	link_to(KRC_AT, 0x300);
	CHECK_INT(freed(&fake_host), 0);
	CHECK_INT(n_told, 0);
}

int main(void)
{
	RUN(test_lists_chains_and_spare_blocks);
	RUN(test_single_links);
	RUN(test_damage);
	RUN(test_circles_end);
	RUN(test_kernels_without);
	return DONE();
}

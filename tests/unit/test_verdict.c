/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "verdict/heads.h"
#include "verdict/verdict.h"

#define ROWS 8
#define NOW 100000
#define HZ 250

static struct kl_heap heap;
static struct kl_mark mark;
static struct kl_edges edges;
static struct kl_findings findings;
static struct kl_verdict_params params;

static void end(void)
{
	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	kl_vec_deinit(&edges.list);
	kl_findings_deinit(&findings);
}

/* ROWS confirmed white objects, row i allocated at jiffy 1000 - i: later rows are older. */
static void begin(void)
{
	uint64_t i;

	end();
	CHECK_OK(kl_heap_init(&heap));
	for (i = 0; i < ROWS; i++) {
		struct kl_object object = {.address = 0xffff888000000000 + i * 64,
					   .size = 64,
					   .min_count = 1,
					   .jiffies = 1000 - i,
					   .checksum = 5,
					   .flags = KL_OBJECT_ALLOCATED};

		CHECK_OK(kl_heap_add(&heap, &object));
	}
	mark.colour = calloc(ROWS, 1);
	mark.checksum_state = calloc(ROWS, 1);
	mark.confirmed = malloc(ROWS);
	mark.incomplete = calloc(ROWS, 1);
	mark.weak = calloc(ROWS, 1);
	mark.explained = calloc(ROWS, 1);
	mark.explained_by = calloc(ROWS, sizeof(*mark.explained_by));
	mark.count = calloc(ROWS, sizeof(*mark.count));
	mark.min_count = calloc(ROWS, sizeof(*mark.min_count));
	mark.unref_scans = calloc(ROWS, sizeof(*mark.unref_scans));
	memset(mark.confirmed, 1, ROWS);
	params = (struct kl_verdict_params){.now = NOW,
					    .min_age = 5 * HZ,
					    .hz = HZ,
					    .has_initial_crc = true,
					    .initial_crc = ~0U,
					    .min_unref_scans = 2,
					    .needs_look = true};
}

/* Arrows must come ascending. */
static void arrow(uint32_t from, uint32_t to)
{
	CHECK(kl_vec_push(&edges.list, ((struct kl_edge){.from = from, .to = to})));
}

static void make(void)
{
	kl_findings_deinit(&findings);
	CHECK_OK(kl_findings_make(&heap, &mark, &edges, &params, &findings));
	CHECK_INT(findings.list.count, ROWS);
}

static const char *name_of(enum kleak_verdict verdict)
{
	switch (verdict) {
#define X(identifier, number, name, leaked, meaning) \
	case KLEAK_VERDICT_##identifier:             \
		return name;
		KLEAK_VERDICTS(X)
#undef X
	}
	return "none";
}

#define CHECK_VERDICT(row, wanted) CHECK_STR(name_of(findings.list.data[row].verdict), wanted)
#define REASON(row) kl_intern_get(findings.reasons, findings.list.data[row].reason, NULL)

static void test_alone_is_leak(void)
{
	begin();
	make();
	CHECK_VERDICT(0, "leak");
	CHECK_INT(findings.list.data[0].head, 0);
}

static void test_chain_has_one_head(void)
{
	begin();
	arrow(0, 1);
	arrow(1, 2);
	make();
	CHECK_VERDICT(0, "leak");
	CHECK_VERDICT(1, "indirect");
	CHECK_VERDICT(2, "indirect");
	CHECK_INT(findings.list.data[2].head, 0);
	CHECK(strstr(REASON(2), "0xffff888000000000"));
}

static void test_cycle_is_headed_by_its_oldest(void)
{
	begin();
	arrow(0, 1);
	arrow(1, 2);
	arrow(2, 0);
	arrow(2, 3);
	make();
	CHECK_VERDICT(2, "leak");
	CHECK_VERDICT(0, "indirect");
	CHECK_VERDICT(1, "indirect");
	CHECK_VERDICT(3, "indirect");
	CHECK_INT(findings.list.data[3].head, 2);
}

static void test_cycle_below_a_head_is_indirect(void)
{
	begin();
	arrow(0, 1);
	arrow(1, 2);
	arrow(2, 1);
	make();
	CHECK_VERDICT(0, "leak");
	CHECK_VERDICT(1, "indirect");
	CHECK_VERDICT(2, "indirect");
}

static void test_oldest_head_claims_what_two_reach(void)
{
	begin();
	arrow(0, 2);
	arrow(1, 2);
	make();
	CHECK_VERDICT(0, "leak");
	CHECK_VERDICT(1, "leak");
	CHECK_INT(findings.list.data[2].head, 1);
}

static void test_unleaked_objects_lead_nowhere(void)
{
	begin();
	heap.jiffies[0] = NOW - 1; /* young */
	arrow(0, 1);
	make();
	CHECK_VERDICT(0, "young");
	CHECK_VERDICT(1, "leak");
	CHECK_INT(findings.list.data[0].head, KL_NO_OBJECT);
}

static void test_modified_is_alive(void)
{
	begin();
	mark.colour[0] = KL_GREY;
	mark.checksum_state[0] = KL_CHECKSUM_MODIFIED;
	mark.checksum_state[1] = KL_CHECKSUM_MODIFIED;
	heap.checksum[1] = ~0U; /* the kernel never looked at it */
	make();
	CHECK_VERDICT(0, "modified");
	CHECK_VERDICT(1, "unconfirmed");
	CHECK(strstr(REASON(1), "has not looked"));
	params.needs_look = false; /* a frozen machine needs no look */
	make();
	CHECK_VERDICT(0, "modified");
	CHECK_VERDICT(1, "leak");
}

static void name_holder(void *context, uint32_t row, struct kl_strbuf *sb)
{
	kl_strbuf_printf(sb, ": %s of row %u", (const char *)context, row);
}

static void test_weak_names_its_holders(void)
{
	static char member[] = "dentry.d_time";

	begin();
	mark.weak[0] = 1;
	params.describe_holders = name_holder;
	params.context = member;
	make();
	CHECK_VERDICT(0, "weak");
	CHECK(strstr(REASON(0), ": dentry.d_time of row 0"));
	CHECK(!strstr(REASON(1), "d_time"));
}

static void test_weak_is_no_leak(void)
{
	begin();
	mark.weak[0] = 1;
	arrow(0, 1);
	make();
	CHECK_VERDICT(0, "weak");
	CHECK_VERDICT(1, "leak");
	CHECK(strstr(REASON(0), "fields that are not pointers"));
}

static void name_page(void *context, uint64_t address, struct kl_strbuf *sb)
{
	kl_strbuf_printf(sb, " of %s:%d func:take", (const char *)context, (int)(address & 0xff));
}

static void test_explained_names_the_page(void)
{
	static char file[] = "mm/file.c";

	begin();
	mark.explained[0] = KL_EXPLAINED_UNTRACKED;
	mark.explained_by[0] = 0xffff888012345678;
	params.describe_page = name_page;
	params.page_context = file;
	make();
	CHECK(strstr(REASON(0), "page allocator of mm/file.c:120 func:take, which kmemleak"));
}

/* Siblings spoke against that word. */
static void test_weak_names_the_page(void)
{
	static char file[] = "mm/file.c";

	begin();
	mark.weak[0] = KL_WEAK_SIBLINGS;
	mark.weak[1] = KL_WEAK_INTEGER;
	mark.explained_by[0] = mark.explained_by[1] = 0xffff888012345678;
	params.describe_page = name_page;
	params.page_context = file;
	make();
	CHECK_VERDICT(0, "weak");
	CHECK(strstr(REASON(0),
		     "; one of them stands at 0xffff888012345678 in a page straight from the page allocator of "
		     "mm/file.c:120 func:take"));
	CHECK_VERDICT(1, "weak");
	CHECK(!strstr(REASON(1), "page"));
}

static void test_explained_names_the_holder(void)
{
	begin();
	mark.explained[0] = KL_EXPLAINED_UNTRACKED;
	mark.explained_by[0] = 0xffff888012345678;
	mark.explained[1] = KL_EXPLAINED_THROUGH;
	mark.explained_by[1] = heap.address[0];
	make();
	CHECK_VERDICT(0, "explained");
	CHECK(strstr(REASON(0), "0xffff888012345678"));
	CHECK_VERDICT(1, "explained");
	CHECK(strstr(REASON(1), "0xffff888000000000"));
}

/* Whoever owns the page may be alive; that outweighs every doubt. What such an object leads to is as good, unless
 * integers lead to it besides. */
static void test_explained_outweighs_weak(void)
{
	static const enum kl_weakness weak[] = {KL_WEAK_INTEGER, KL_WEAK_SIBLINGS, KL_WEAK_THROUGH};
	size_t i;

	for (i = 0; i < sizeof(weak) / sizeof(*weak); i++) {
		begin();
		mark.weak[0] = mark.weak[1] = mark.weak[2] = (uint8_t)weak[i];
		mark.explained[0] = KL_EXPLAINED_UNTRACKED;
		mark.explained[1] = KL_EXPLAINED_THROUGH;
		make();
		CHECK_VERDICT(0, "explained");
		CHECK_VERDICT(1, weak[i] == KL_WEAK_INTEGER ? "weak" : "explained");
		CHECK_VERDICT(2, "weak");
	}
	CHECK(strstr(REASON(2), "weak themselves"));
}

/* A driver's pages, perhaps: what they lead to is as good. */
static void test_explained_names_who_holds_pages(void)
{
	begin();
	mark.explained[0] = KL_EXPLAINED_PAGES;
	mark.explained_by[0] = 0xffff888012345678;
	mark.explained[1] = KL_EXPLAINED_THROUGH;
	mark.explained_by[1] = heap.address[0];
	make();
	CHECK_VERDICT(0, "explained");
	CHECK_STR(REASON(0),
		  "pages that no address leads to, but a struct page, or their number, at 0xffff888012345678");
	CHECK_VERDICT(1, "explained");
}

static void test_age_that_is_not_known(void)
{
	begin();
	heap.jiffies[0] = KL_UNKNOWN_JIFFIES;
	make();
	CHECK_VERDICT(0, "leak");
}

static void test_unconfirmed_says_how_often(void)
{
	begin();
	mark.confirmed[0] = 0;
	mark.unref_scans[0] = 1;
	make();
	CHECK_VERDICT(0, "unconfirmed");
	CHECK_STR(REASON(0), "unreferenced in 1 of the 2 scans needed");
}

static void test_missing_memory_downgrades_weak(void)
{
	begin();
	mark.weak[0] = 1;
	mark.stats.missing_bytes = 4096;
	make();
	CHECK_VERDICT(0, "unconfirmed");
	CHECK(strstr(REASON(0), "fields that are not pointers") && strstr(REASON(0), "4096 bytes"));
}

static void test_missing_memory_downgrades(void)
{
	begin();
	mark.stats.missing_bytes = 4096;
	make();
	CHECK_VERDICT(0, "unconfirmed");
	CHECK(strstr(REASON(0), "4096 bytes"));
}

static void test_damaged_lists_downgrade(void)
{
	static const char *const parts[] = {"the list of modules", "the list of tasks"};

	begin();
	params.incomplete = parts;
	params.incomplete_count = 1;
	make();
	CHECK_VERDICT(0, "unconfirmed");
	CHECK_STR(REASON(0), "unreferenced in readable memory, but the list of modules is damaged");
	params.incomplete_count = 2;
	mark.stats.missing_bytes = 4096;
	make();
	CHECK(strstr(REASON(0), "from the dump, and the list of modules, the list of tasks are damaged"));
	params.incomplete_count = 0;
}

/* Of two leaks one was seen referenced by the kernel. */
static void test_vanished_is_unconfirmed(void)
{
	static const uint8_t vanished[ROWS] = {1};

	begin();
	params.vanished = vanished;
	make();
	CHECK_VERDICT(0, "unconfirmed");
	CHECK(strstr(REASON(0), "the kernel's last scan found it referenced"));
	CHECK_VERDICT(1, "leak");
	params.vanished = NULL;
}

/* What a leak leads to is lost with it; what only something unconfirmed leads to is not. */
static void test_vanished_below_a_leak_is_lost(void)
{
	static const uint8_t vanished[ROWS] = {0, 1, 1};

	begin();
	arrow(0, 1);
	arrow(1, 2);
	params.vanished = vanished;
	make();
	CHECK_VERDICT(0, "leak");
	CHECK_VERDICT(1, "indirect");
	CHECK_VERDICT(2, "indirect");
	begin();
	arrow(2, 1);
	params.vanished = vanished;
	make();
	CHECK_VERDICT(0, "leak");
	CHECK_VERDICT(1, "unconfirmed");
	CHECK_VERDICT(2, "unconfirmed");
	params.vanished = NULL;
}

static void test_grey_and_freed_are_no_findings(void)
{
	begin();
	mark.colour[0] = KL_GREY;
	heap.flags[1] = 0;
	CHECK_OK(kl_findings_make(&heap, &mark, &edges, &params, &findings));
	CHECK_INT(findings.list.count, ROWS - 2);
}

static void test_age_in_milliseconds(void)
{
	CHECK_INT(kl_age_ms(1250, 0, 250), 5000);
	CHECK_INT(kl_age_ms(10, (uint64_t)-240, 250), 1000);
	CHECK_INT(kl_age_ms(4294967297ULL * 250, 0, 1000), (uint32_t)(4294967297ULL * 250));
}

int main(void)
{
	RUN(test_alone_is_leak);
	RUN(test_chain_has_one_head);
	RUN(test_cycle_is_headed_by_its_oldest);
	RUN(test_cycle_below_a_head_is_indirect);
	RUN(test_oldest_head_claims_what_two_reach);
	RUN(test_unleaked_objects_lead_nowhere);
	RUN(test_modified_is_alive);
	RUN(test_weak_is_no_leak);
	RUN(test_weak_names_its_holders);
	RUN(test_explained_names_the_holder);
	RUN(test_explained_outweighs_weak);
	RUN(test_explained_names_who_holds_pages);
	RUN(test_age_that_is_not_known);
	RUN(test_explained_names_the_page);
	RUN(test_weak_names_the_page);
	RUN(test_unconfirmed_says_how_often);
	RUN(test_missing_memory_downgrades);
	RUN(test_missing_memory_downgrades_weak);
	RUN(test_damaged_lists_downgrade);
	RUN(test_vanished_is_unconfirmed);
	RUN(test_vanished_below_a_leak_is_lost);
	RUN(test_grey_and_freed_are_no_findings);
	RUN(test_age_in_milliseconds);
	end();
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call sites in the database, and what is printed of them. */
#include "test.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/report.h"
#include "report/audit_print.h"
#include "sample_runs.h"

static char path[96];
static struct kl_store *store;
static struct kl_reader *reader;

static const struct kl_store_site sites[] = {
	{"mm/slub.c", 42, NULL, "alloc_slab_page"},
	{"net/core/\033[2J.c", 7, "evil\n", "f"},
	{"drivers/gone.c", 68, "gone", "gone_probe"},
	{NULL, 70, "", NULL},
	{"lib/idle.c", 1, NULL, "(null)"},
};

/* Counters and census agree, unless a test changes it. */
static struct kl_store_allocation allocation(int64_t bytes, int64_t calls)
{
	return (struct kl_store_allocation){.listed = true,
					    .bytes = bytes,
					    .calls = calls,
					    .slab_bytes = bytes,
					    .slab_objects = calls,
					    .cause = "agrees"};
}

static void write_run(int number, int64_t version, bool file, const char *state)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = sample_run(number);
	struct kl_store_allocation a[] = {
		allocation(1 << 20, 64),
		allocation(-4096, (int64_t)UINT64_MAX),
		allocation(KL_UNKNOWN, KL_UNKNOWN),
		allocation(96, 3),
		allocation(0, 0),
	};
	int64_t id;

	run.allocinfo_version = version;
	run.profiling_file = file;
	run.profiling_state = state;
	a[0].inaccurate = true;
	a[0].leaked_objects = 2;
	a[0].leaked_bytes = 1024;
	a[0].objects = 5;
	a[0].object_bytes = 4096;
	a[1].page_bytes = 8192;
	a[1].slab_bytes = a[1].slab_objects = 0;
	a[1].cause = "unexplained";
	a[2].listed = false;
	a[2].unloaded = true;
	a[2].slab_bytes = 5120;
	a[2].slab_objects = 10;
	a[2].cause = "no_counters";
	a[3].listed = false;
	a[3].unloaded = true;
	a[3].tag = 0xffffffffc0000000;
	CHECK_OK(kl_writer_begin(store, &run, &w));
	for (size_t i = 0; i < sizeof(a) / sizeof(*a); i++) {
		CHECK_OK(kl_writer_add_site(w, &sites[i], &a[i].site_id));
		CHECK_OK(kl_writer_add_allocation(w, &a[i]));
	}
	CHECK_OK(kl_writer_add_member(w, KL_COUNTER_PAGES, "free", 12));
	CHECK_OK(kl_writer_add_member(w, KL_COUNTER_PAGES, "stale", 1));
	CHECK_OK(kl_writer_add_counter(w, KL_COUNTER_PROFILING_COMPRESSED, 1));
	CHECK_OK(kl_writer_add_counter(w, KL_COUNTER_PROFILING_DEBUG, 1));
	CHECK_OK(kl_writer_add_counter(w, KL_COUNTER_SLAB_OBJECTS, 100));
	CHECK_OK(kl_writer_add_counter(w, KL_COUNTER_SLAB_WITH_SITE, 97));
	CHECK_OK(kl_writer_add_counter(w, KL_COUNTER_SLAB_STALE, 2));
	CHECK_OK(kl_writer_commit(w, &id));
}

/* Of a program that knew no call sites. */
static void write_old_run(void)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = sample_run(1);
	int64_t id;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_commit(w, &id));
	CHECK_INT(id, 5);
}

static const char *reported(const char *format, int64_t run, bool terminal)
{
	static char *text;
	struct kl_report report = {.reader = reader, .terminal = terminal};
	size_t length;

	free(text);
	report.out = open_memstream(&text, &length);
	CHECK_OK(kl_report_write(&report, kl_report_format_find(format), run));
	fclose(report.out);
	return text;
}

static const char *audited(int64_t run, bool json)
{
	static char *text;
	struct kl_audit_print print = {.reader = reader, .json = json};
	bool partial;
	size_t length;

	free(text);
	print.out = open_memstream(&text, &length);
	CHECK_OK(kl_print_audit(&print, run, &partial));
	fclose(print.out);
	return text;
}

#define CHECK_HAS(text, part)                                      \
	do {                                                       \
		if (!strstr(text, part))                           \
			FAIL_("\"%s\" is not in: %s", part, text); \
	} while (0)

/* The kernel's words: %12lli %8llu, a blank at the end of every row. */
static void test_allocinfo_is_as_the_kernel_prints_it(void)
{
	CHECK_STR(reported("allocinfo", 1, false),
		  "allocinfo - version: 2.0\n"
		  "#     <size>  <calls> <tag info>\n"
		  "     1048576       64 mm/slub.c:42 func:alloc_slab_page accurate:no \n"
		  "       -4096 18446744073709551615 net/core/\033[2J.c:7 [evil\n] func:f \n"
		  "           0        0 lib/idle.c:1 func:(null) \n");
}

static void test_the_first_version_flags_nothing(void)
{
	CHECK_STR(reported("allocinfo", 2, true),
		  "allocinfo - version: 1.0\n"
		  "#     <size>  <calls> <tag info>\n"
		  "     1048576       64 mm/slub.c:42 func:alloc_slab_page \n"
		  "       -4096 18446744073709551615 net/core/\\x1b[2J.c:7 [evil\\x0a] func:f \n"
		  "           0        0 lib/idle.c:1 func:(null) \n");
}

static void test_a_kernel_without_the_file(void)
{
	struct kl_report report = {.reader = reader, .out = stdout};

	CHECK_ERROR(kl_report_write(&report, kl_report_format_find("allocinfo"), 3), KL_ERROR_NOT_FOUND);
}

static void test_text_names_the_largest_call_sites(void)
{
	const char *text = reported("text", 1, false);

	CHECK_HAS(text, "\ncall sites: 1.00 MiB in 76 allocations of 3 call sites; ");
	CHECK_HAS(text,
		  "      bytes    calls    average  reachable     leaked\n"
		  "  largest\n"
		  "   1.00 MiB       64   16.0 KiB   3.00 KiB   1.00 KiB  mm/slub.c:42 alloc_slab_page (not accurate)\n"
		  "   5.00 KiB       10      512 B          -          -  drivers/gone.c:68 gone_probe [gone]\n"
		  "       96 B        3       32 B          -          -  line 70 of a module that was unloaded\n"
		  "  most allocations\n");
	CHECK_HAS(text,
		  "  still held by modules that were unloaded\n"
		  "   5.00 KiB       10      512 B          -          -  drivers/gone.c:68 gone_probe [gone]\n"
		  "       96 B        3       32 B          -          -  line 70 of a module that was unloaded\n");
	CHECK(!strchr(text, '\033'));
}

/* Run 4 was made while profiling was off. */
static void test_text_says_when_counters_are_stale(void)
{
	const char *doubt =
		"object by object\n"
		"  memory allocation profiling was off: numbers are those of when it was on, and may be stale\n"
		"      bytes ";

	CHECK(!strstr(reported("text", 1, false), "may be stale"));
	CHECK_HAS(reported("text", 4, false), doubt);
}

static void test_the_audit_in_text(void)
{
	CHECK_STR(audited(1, false),
		  "profiling on, call sites of pages in their flags (compressed), with debug checks\n"
		  "claimed   1.00 MiB are charged to call sites by the kernel's counters\n"
		  "found     1.00 MiB of these (100%) were found: memory that refers to its call site\n"
		  "differing 2 call sites\n"
		  "unloaded  5.09 KiB are still held by modules that were unloaded\n"
		  "slabs     0 slab pages are charged twice: to whoever allocated the slab, and object by object\n"
		  "          0 objects in use are in slabs without room for call sites (caches that opt out, or slabs "
		  "older than profiling); 0 vectors could not be allocated\n"
		  "          at least 2 objects are free, but still charged\n"
		  "objects   97 of 100 slab objects of kmemleak have a call site (97%); 0 more are known from other "
		  "objects' stacks\n"
		  "pages\n"
		  "          12  free\n"
		  "           1  free, but a call site is still charged: freed while profiling was off\n"
		  "\n"
		  "call sites whose counters differ from what was found\n"
		  "     claimed    calls        found    calls\n"
		  "  the counters went with the module: what is counted still refers to it\n"
		  "        gone     gone         5120       10  drivers/gone.c:68 gone_probe [gone]\n"
		  "  no cause found\n"
		  "       -4096       -1         8192        0  net/core/\\x1b[2J.c:7 f [evil\\x0a]\n");
}

static void test_the_audit_in_json(void)
{
	const char *text = audited(1, true);

	CHECK_HAS(text,
		  "\t\"claimed\": 1048672,\n\t\"accounted\": 1048672,\n\t\"differing\": 2,\n\t\"unloaded\": 5216,\n");
	CHECK_HAS(text, "\t\t\"free\": 12,\n");
	CHECK_HAS(text, "\"bytes\": null,");
	CHECK_HAS(text, "\"cause\": \"no_counters\"");
}

static void test_nothing_to_audit(void)
{
	struct kl_audit_print print = {.reader = reader, .out = stdout};
	bool partial;

	CHECK_ERROR(kl_print_audit(&print, 3, &partial), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_print_audit(&print, 5, &partial), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_print_audit(&print, 99, &partial), KL_ERROR_NOT_FOUND);
}

static struct kl_error *count_row(void *context, const struct kl_store_allocation *a)
{
	(void)a;
	(*(int *)context)++;
	return NULL;
}

static void test_orders_of_call_sites(void)
{
	static const struct {
		enum kl_allocation_order order;
		int64_t limit;
		int rows;
	} cases[] = {
		{KL_ALLOCATIONS_LISTED, -1, 5},     {KL_ALLOCATIONS_BY_BYTES, -1, 3}, {KL_ALLOCATIONS_BY_BYTES, 2, 2},
		{KL_ALLOCATIONS_BY_AVERAGE, -1, 3}, {KL_ALLOCATIONS_UNLOADED, -1, 2}, {KL_ALLOCATIONS_DIFFERING, -1, 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int rows = 0;

		CHECK_OK(kl_reader_allocations(reader, 1, cases[i].order, cases[i].limit, count_row, &rows));
		CHECK_INT(rows, cases[i].rows);
	}
}

/* Names of a tag go with its module; an earlier dump of the same boot has them, one of another boot does not count. */
static void test_names_from_another_dump_of_the_boot(void)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = sample_run(1);
	struct kl_store_allocation a = allocation(1, 1);
	int64_t known, id;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_add_site(w, &sites[2], &a.site_id));
	a.tag = 0xffffffffc0001000;
	CHECK_OK(kl_writer_add_allocation(w, &a));
	CHECK_OK(kl_writer_commit(w, &id));
	kl_writer_destroy(w);
	w = NULL;
	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_known_site(w, 0xffffffffc0001000, 68, &known));
	CHECK_INT(known, a.site_id);
	CHECK_OK(kl_writer_known_site(w, 0xffffffffc0001000, 69, &known)); /* another tag lies there now */
	CHECK_INT(known, 0);
	CHECK_OK(kl_writer_known_site(w, 0xffffffffc0000000, 70, &known)); /* its names were gone already */
	CHECK_INT(known, 0);
	kl_writer_destroy(w);
	w = NULL;
	run = sample_run(3);
	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_known_site(w, 0xffffffffc0001000, 68, &known));
	CHECK_INT(known, 0);
}

static void test_a_finding_keeps_its_call_site(void)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = sample_run(1);
	struct kl_store_finding f = {.verdict = KLEAK_VERDICT_LEAK, .address = 0xffff888000000040, .size = 64};
	int64_t id;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_add_site(w, &sites[0], &f.site_id));
	f.site_deduced = true;
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_commit(w, &id));
	CHECK_HAS(reported("text", id, false), "at 0xffff888000000040; from mm/slub.c:42\n");
	CHECK_HAS(reported("json", id, false), "\"site\": \"mm/slub.c:42\", \"site_deduced\": true}");
}

/* _shared_alloc_tag: three modules with one set of counters, shown with each, summed once. */
static void test_shared_counters_are_summed_once(void)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = sample_run(1);
	struct kl_store_allocation a[] = {allocation(100, 1), allocation(4096, 4), allocation(4096, 4),
					  allocation(4096, 4)};
	struct kl_store_allocation_sums sums;
	int64_t id;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	for (size_t i = 0; i < sizeof(a) / sizeof(*a); i++) {
		a[i].slab_bytes = i ? (int64_t)i * 1000 : 100;
		a[i].shared = i > 1;
		a[i].counters_of = 1;
		CHECK_OK(kl_writer_add_site(w, &sites[i], &a[i].site_id));
		CHECK_OK(kl_writer_add_allocation(w, &a[i]));
	}
	CHECK_OK(kl_writer_commit(w, &id));
	CHECK_OK(kl_reader_allocation_sums(reader, id, &sums));
	CHECK_INT(sums.bytes, 100 + 4096);
	CHECK_INT(sums.calls, 1 + 4);
	CHECK_INT(sums.claimed, 100 + 4096);
	CHECK_INT(sums.accounted, 100 + 4096); /* of 1000 + 2000 + 3000 */
}

static int64_t version_of(const char *file)
{
	sqlite3_stmt *stmt = NULL;
	int64_t ret = -1;
	sqlite3 *db;

	CHECK_INT(sqlite3_open(file, &db), SQLITE_OK);
	CHECK_INT(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return ret;
}

static void check_old_run(const char *file, enum kl_store_mode mode)
{
	struct kl_reader *old_reader = NULL;
	struct kl_store_run run = {};
	struct kl_store *old = NULL;

	CHECK_OK(kl_store_open(file, mode, NULL, &old));
	if (old)
		CHECK_OK(kl_reader_create(old, &old_reader));
	if (old_reader) {
		CHECK_OK(kl_reader_run(old_reader, 1, &run));
		CHECK_STR(run.dump, "/old");
		CHECK(!run.profiling_state);
		CHECK_INT(run.profiling_file, KL_UNKNOWN);
	}
	kl_store_run_deinit(&run);
	kl_reader_destroy(old_reader);
	kl_store_close(old);
}

/* A database from before there were call sites is brought up to date, and its runs can still be read. */
static void test_a_database_of_the_first_version(void)
{
	extern const char *const kl_schema_migrations[];
	char old_path[112];
	sqlite3 *db;

	snprintf(old_path, sizeof(old_path), "%s.old", path);
	CHECK_INT(sqlite3_open(old_path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, kl_schema_migrations[0], NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(
		sqlite3_exec(db,
			     "INSERT INTO t_run(dump, live, kmemleak_state, pool_exhausted, scan_in_progress, policy, "
			     "partial, tool_version, text_header, text_age, text_hexdump, text_crc, text_frame) "
			     "VALUES ('/old', 0, 'on', 0, 0, 'kernel', 0, '0', 0, 0, 0, 0, 0);"
			     "PRAGMA application_id = 0x4b4c4541; PRAGMA user_version = 1",
			     NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	/* who reads leaves the file as it is; who writes brings it up to date */
	check_old_run(old_path, KL_STORE_READ);
	CHECK_INT(version_of(old_path), 1);
	check_old_run(old_path, KL_STORE_WRITE);
	CHECK_INT(version_of(old_path), kl_store_version());
	unlink(old_path);
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/kleak-test-allocations-%d.db", (int)getpid());
	unlink(path);
	CHECK_OK(kl_store_open(path, KL_STORE_WRITE, NULL, &store));
	write_run(1, 20, true, "on");
	write_run(2, 10, true, "on");
	write_run(3, 0, false, "absent");
	write_run(1, 20, true, "off");
	write_old_run();
	CHECK_OK(kl_reader_create(store, &reader));
	RUN(test_allocinfo_is_as_the_kernel_prints_it);
	RUN(test_the_first_version_flags_nothing);
	RUN(test_a_kernel_without_the_file);
	RUN(test_text_names_the_largest_call_sites);
	RUN(test_text_says_when_counters_are_stale);
	RUN(test_the_audit_in_text);
	RUN(test_the_audit_in_json);
	RUN(test_nothing_to_audit);
	RUN(test_orders_of_call_sites);
	RUN(test_names_from_another_dump_of_the_boot);
	RUN(test_a_finding_keeps_its_call_site);
	RUN(test_shared_counters_are_summed_once);
	RUN(test_a_database_of_the_first_version);
	kl_reader_destroy(reader);
	kl_store_close(store);
	unlink(path);
	return DONE();
}

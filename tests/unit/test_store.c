/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kleak/kleak.h"
#include "store/reader.h"
#include "store/store.h"
#include "store/writer.h"

static char directory[64], path[96];

/* A name for a database that does not exist yet. */
static const char *fresh_path(void)
{
	unlink(path);
	return path;
}

static void write_file(const char *name, const void *bytes, size_t length)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
	close(fd);
}

/* Runs @sql on the file as any other program would. */
static void raw_sql(const char *name, const char *sql)
{
	sqlite3 *db;

	CHECK_INT(sqlite3_open(name, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static struct kl_store_run a_run(void)
{
	return (struct kl_store_run){
		.dump = "/var/crash/vmcore",
		.dump_size = 4096,
		.dump_mtime_ns = 17,
		.release = "6.12.0",
		.crash_time = KL_UNKNOWN,
		.jiffies = 4294892815,
		.hz = 250,
		.pages_total = KL_UNKNOWN,
		.pages_present = KL_UNKNOWN,
		.pages_missing = 0,
		.coverage = 0.5,
		.kmemleak_state = KL_KMEMLEAK_ON,
		.policy = "kernel",
		.tool_version = "0.1.0",
		.started_ms = 1,
		.finished_ms = KL_UNKNOWN,
		.origin_run = KL_UNKNOWN,
		.uptime_ms = KL_UNKNOWN,
		.text_header = KL_TEXT_HEADER_CLASS,
		.text_crc = true,
		.text_frame = KL_TEXT_FRAME_SYMBOL,
	};
}

static const struct kl_store_frame frames[] = {
	{.address = 0xffffffff81234567, .symbol = "kmalloc_trace+0x11/0x20", .line = KL_UNKNOWN},
	{.address = 0xffffffffc0181052, .symbol = "leaky+0x1/0x2 [mod]", .file = "mod.c", .line = 12},
	{.address = 0xffffffff81000000, .symbol = "do_one_initcall+0x4c/0x160", .line = KL_UNKNOWN},
};

static struct kl_store_finding a_finding(uint64_t address, enum kleak_verdict verdict, int64_t age, int64_t stack)
{
	return (struct kl_store_finding){
		.address = address,
		.size = 32,
		.class_ = KLEAK_CLASS_VIRTUAL,
		.verdict = verdict,
		.reason = "why",
		.comm = "insmod",
		.pid = 440,
		.jiffies = 4294892740,
		.age_ms = age,
		.stack_id = stack,
	};
}

static struct kl_store *open_or_fail(const char *name, enum kl_store_mode mode)
{
	struct kl_store *store = NULL;

	CHECK_OK(kl_store_open(name, mode, NULL, &store));
	return store;
}

/* One run with two leaks of one stack and a young object without a stack. */
static int64_t write_run(struct kl_store *store, bool commit)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = a_run();
	struct kl_store_finding f;
	int64_t stack = 0, again = 0, id = 0;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_add_stack(w, frames, 3, &stack));
	CHECK_OK(kl_writer_add_stack(w, frames, 3, &again));
	CHECK_INT(stack, again);
	f = a_finding(0xffff888000001000, KLEAK_VERDICT_INDIRECT, 9000, stack);
	f.has_head = true;
	f.head = 0xffff888000002000;
	CHECK_OK(kl_writer_add_finding(w, &f));
	f = a_finding(0xffff888000002000, KLEAK_VERDICT_LEAK, 7000, stack);
	CHECK_OK(kl_writer_add_finding(w, &f));
	f = a_finding(0x1000, KLEAK_VERDICT_YOUNG, 10, 0);
	f.comm = NULL;
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_add_total(w, &(struct kl_store_total){stack, KLEAK_CLASS_VIRTUAL, 5, 160}));
	CHECK_OK(kl_writer_add_total(w, &(struct kl_store_total){stack, KLEAK_CLASS_VIRTUAL, 1, 32}));
	CHECK_OK(kl_writer_add_counter(w, KL_COUNTER_OBJECTS, 6));
	CHECK_OK(kl_writer_add_option(w, "settings", "defaults"));
	CHECK_OK(kl_writer_add_anomaly(w, "cycle", &f.address, "object_list: cycle"));
	if (commit)
		CHECK_OK(kl_writer_commit(w, &id));
	return id;
}

static void test_fresh_file_is_ours(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	int64_t id;
	struct stat st;
	char wal[128];

	id = write_run(store, true);
	CHECK_INT(id, 1);
	kl_store_close(store);
	CHECK_INT(stat(path, &st), 0);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	CHECK(access(wal, F_OK) < 0);
	store = open_or_fail(path, KL_STORE_READ);
	kl_store_close(store);
}

static void test_uncommitted_run_leaves_nothing(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	_cleanup_free_ int64_t *ids = NULL;
	struct kl_reader *reader;
	struct kl_store_run run;
	sqlite3_stmt *stmt;
	size_t count = 99;

	write_run(store, false);
	CHECK_OK(kl_reader_create(store, &reader));
	CHECK_OK(kl_reader_run_ids(reader, &ids, &count));
	CHECK_INT(count, 0);
	CHECK_ERROR(kl_reader_run(reader, 0, &run), KL_ERROR_NOT_FOUND);
	kl_reader_destroy(reader);
	sqlite3_prepare_v2(kl_store_handle(store),
			   "SELECT (SELECT count(*) FROM t_stack) + (SELECT count(*) FROM t_frame) + "
			   "(SELECT count(*) FROM t_finding) + (SELECT count(*) FROM t_value)",
			   -1, &stmt, NULL);
	CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
	CHECK_INT(sqlite3_column_int(stmt, 0), 0);
	sqlite3_finalize(stmt);
	kl_store_close(store);
}

static void test_run_round_trip(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	struct kl_reader *reader;
	struct kl_store_run run;
	int64_t id = 0;

	write_run(store, true);
	CHECK_OK(kl_reader_create(store, &reader));
	CHECK_OK(kl_reader_run(reader, 0, &run));
	CHECK_INT(run.id, 1);
	CHECK_STR(run.dump, "/var/crash/vmcore");
	CHECK_INT(run.kmemleak_state, KL_KMEMLEAK_ON);
	CHECK(!run.banner);
	CHECK_INT(run.crash_time, KL_UNKNOWN);
	CHECK_INT(run.jiffies, 4294892815);
	CHECK(run.coverage == 0.5);
	CHECK(run.text_crc && !run.text_age && !run.live);
	CHECK_INT(run.text_header, KL_TEXT_HEADER_CLASS);
	CHECK(run.finished_ms > 1600000000000);
	kl_store_run_deinit(&run);
	CHECK_OK(kl_reader_find_run(reader, "/var/crash/vmcore", 4096, 17, "kernel", "defaults", &id));
	CHECK_INT(id, 1);
	CHECK_OK(kl_reader_find_run(reader, "/var/crash/vmcore", 4096, 18, "kernel", "defaults", &id));
	CHECK_INT(id, 0);
	CHECK_OK(kl_reader_find_run(reader, "/var/crash/vmcore", 4096, 17, "precise", "defaults", &id));
	CHECK_INT(id, 0);
	CHECK_OK(kl_reader_find_run(reader, "/var/crash/vmcore", 4096, 17, "kernel", "min-age=0", &id));
	CHECK_INT(id, 0);
	CHECK_ERROR(kl_reader_run(reader, 2, &run), KL_ERROR_NOT_FOUND);
	kl_reader_destroy(reader);
	kl_store_close(store);
}

struct seen {
	int count;
	struct kl_store_group groups[4];
	char words[4][64];
};

static struct kl_error *see_group(void *context, const struct kl_store_group *g)
{
	struct seen *seen = context;

	if (seen->count < 4) {
		snprintf(seen->words[seen->count], 64, "%s|%s|%s", g->verdicts_words, g->comm ? g->comm : "-",
			 g->top_frame ? g->top_frame : "-");
		seen->groups[seen->count] = *g;
	}
	seen->count++;
	return NULL;
}

/* Every state of kmemleak comes back; the database has one name for its two errors. */
static void test_states_of_kmemleak_come_back(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	struct kl_store_run run = a_run(), read;
	struct kl_reader *reader;
	struct kl_writer *w;
	int64_t id;

	CHECK_OK(kl_reader_create(store, &reader));
	for (enum kl_kmemleak_state state = 0; state < KL_KMEMLEAK_STATE_COUNT; state++) {
		run.kmemleak_state = state;
		CHECK_OK(kl_writer_begin(store, &run, &w));
		CHECK_OK(kl_writer_commit(w, &id));
		kl_writer_destroy(w);
		CHECK_OK(kl_reader_run(reader, id, &read));
		CHECK_INT(read.kmemleak_state, state == KL_KMEMLEAK_POOL_EXHAUSTED ? KL_KMEMLEAK_ERRORED : state);
		kl_store_run_deinit(&read);
	}
	kl_reader_destroy(reader);
	kl_store_close(store);
}

static void test_groups_follow_from_findings(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	struct kl_reader *reader;
	struct seen seen = {};

	write_run(store, true);
	CHECK_OK(kl_reader_create(store, &reader));
	CHECK_OK(kl_reader_groups(reader, 1, see_group, &seen));
	CHECK_INT(seen.count, 2);
	CHECK_STR(seen.words[0], "1 leak, 1 indirect|insmod|leaky+0x1/0x2 [mod]");
	CHECK_INT(seen.groups[0].verdict, KLEAK_VERDICT_LEAK);
	CHECK_INT(seen.groups[0].objects, 2);
	CHECK_INT(seen.groups[0].leaked_bytes, 64);
	CHECK_INT(seen.groups[0].address, 0xffff888000002000);
	CHECK_INT(seen.groups[0].age_min_ms, 7000);
	CHECK_INT(seen.groups[0].age_max_ms, 9000);
	CHECK_STR(seen.words[1], "1 young|-|-");
	CHECK_INT(seen.groups[1].leaked_objects, 0);
	kl_reader_destroy(reader);
	kl_store_close(store);
}

static struct kl_error *see_finding(void *context, const struct kl_store_finding *f)
{
	int *count = context;

	switch ((*count)++) {
	case 0:
		CHECK_INT(f->address, 0xffff888000001000);
		CHECK(f->has_head && f->head == 0xffff888000002000);
		CHECK_INT(f->verdict, KLEAK_VERDICT_INDIRECT);
		CHECK_STR(f->top_frame, "leaky+0x1/0x2 [mod]");
		break;
	case 2:
		CHECK(!f->has_head && !f->comm && !f->top_frame);
		break;
	}
	return NULL;
}

static struct kl_error *refuse(void *context, const struct kl_store_finding *f)
{
	(void)context, (void)f;
	return kl_error_create(KL_ERROR_CORRUPT, "enough");
}

static void test_rows_come_back(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	const struct kl_store_frame *back;
	struct kl_reader *reader;
	sqlite3_stmt *stmt;
	int64_t same = 0;
	uint64_t hash;
	int findings = 0;
	size_t n;

	write_run(store, true);
	CHECK_OK(kl_reader_create(store, &reader));
	CHECK_OK(kl_reader_findings(reader, 1, see_finding, &findings));
	CHECK_INT(findings, 3);
	CHECK_ERROR(kl_reader_findings(reader, 1, refuse, NULL), KL_ERROR_CORRUPT);
	sqlite3_prepare_v2(kl_store_handle(store), "SELECT objects, bytes FROM totals", -1, &stmt, NULL);
	CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
	CHECK_INT(sqlite3_column_int(stmt, 0), 6);
	CHECK_INT(sqlite3_column_int(stmt, 1), 192);
	CHECK_INT(sqlite3_step(stmt), SQLITE_DONE);
	sqlite3_finalize(stmt);
	CHECK_OK(kl_reader_stack(reader, 1, &back, &n));
	CHECK_INT(n, 3);
	CHECK_STR(back[1].symbol, "leaky+0x1/0x2 [mod]");
	CHECK_STR(back[1].file, "mod.c");
	CHECK_INT(back[1].line, 12);
	CHECK_INT(back[0].address, 0xffffffff81234567);
	CHECK(!back[0].file && !back[0].pointer);
	CHECK_OK(kl_reader_stack(reader, 77, &back, &n));
	CHECK_INT(n, 0);
	CHECK_OK(kl_reader_better_stack(reader, 1, NULL, &same, &hash));
	CHECK_INT(same, 1);
	CHECK_OK(kl_reader_better_stack(reader, 77, NULL, &same, &hash));
	CHECK_INT(same, 77);
	kl_reader_destroy(reader);
	kl_store_close(store);
}

/* Stacks and frames are shared between the runs of one file. */
static void test_second_run_shares_stacks(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	sqlite3_stmt *stmt;

	CHECK_INT(write_run(store, true), 1);
	CHECK_INT(write_run(store, true), 2);
	sqlite3_prepare_v2(kl_store_handle(store),
			   "SELECT (SELECT count(*) FROM t_frame), (SELECT count(*) FROM t_stack)", -1, &stmt, NULL);
	CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
	CHECK_INT(sqlite3_column_int(stmt, 0), 3);
	CHECK_INT(sqlite3_column_int(stmt, 1), 2); /* the empty stack of the young object is the second */
	sqlite3_finalize(stmt);
	kl_store_close(store);
}

static struct kl_error *see_listing(void *context, const struct kl_store_listing *l)
{
	int *count = context;

	CHECK_INT(l->comm_length, 3);
	CHECK(!memcmp(l->comm, "a\xff\x1b", 3));
	if ((*count)++ == 0) {
		CHECK_INT(l->content_length, 4);
		CHECK(!memcmp(l->content, "\0\1\2\3", 4));
		CHECK_INT(l->cpu, KL_UNKNOWN);
	} else {
		CHECK(!l->content);
	}
	return NULL;
}

static void test_listing_keeps_bytes(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	struct kl_store_listing l = {.comm = "a\xff\x1b", .comm_length = 3, .content = "\0\1\2\3", .content_length = 4};
	struct kl_store_run run = a_run();
	struct kl_reader *reader;
	struct kl_writer *w;
	int64_t id;
	int count = 0;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_add_listing(w, &l));
	l.class_ = KLEAK_CLASS_PHYSICAL;
	l.content = NULL;
	l.content_length = 0;
	CHECK_OK(kl_writer_add_listing(w, &l));
	CHECK_OK(kl_writer_commit(w, &id));
	kl_writer_destroy(w);
	CHECK_OK(kl_reader_create(store, &reader));
	CHECK_OK(kl_reader_listing(reader, 1, see_listing, &count));
	CHECK_INT(count, 2);
	kl_reader_destroy(reader);
	kl_store_close(store);
}

/* Sizes from a damaged dump must not make a run unstorable or unreadable. */
static void test_absurd_sizes_are_stored(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	struct kl_store_run run = a_run();
	struct kl_store_finding f = a_finding(UINT64_MAX, KLEAK_VERDICT_LEAK, KL_UNKNOWN, 0);
	struct seen seen = {};
	struct kl_reader *reader;
	struct kl_writer *w;
	sqlite3_stmt *stmt;
	int64_t id;

	f.size = UINT64_MAX;
	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_add_total(w, &(struct kl_store_total){0, KLEAK_CLASS_VIRTUAL, INT64_MAX, INT64_MAX}));
	CHECK_OK(kl_writer_add_total(w, &(struct kl_store_total){0, KLEAK_CLASS_VIRTUAL, INT64_MAX, INT64_MAX}));
	CHECK_OK(kl_writer_commit(w, &id));
	kl_writer_destroy(w);
	CHECK_OK(kl_reader_create(store, &reader));
	CHECK_OK(kl_reader_groups(reader, 1, see_group, &seen));
	CHECK_INT(seen.groups[0].bytes, INT64_MAX);
	kl_reader_destroy(reader);
	sqlite3_prepare_v2(kl_store_handle(store), "SELECT leaked_bytes FROM runs", -1, &stmt, NULL);
	CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
	CHECK_INT(sqlite3_column_int64(stmt, 0), INT64_MAX);
	sqlite3_finalize(stmt);
	kl_store_close(store);
}

/* Python and others refuse TEXT that is no UTF-8. */
static void test_text_is_utf8(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	struct kl_store_finding f = a_finding(1, KLEAK_VERDICT_LEAK, 1, 0);
	struct kl_store_run run = a_run();
	struct kl_writer *w;
	sqlite3_stmt *stmt;
	int64_t id;

	f.comm = "k\xc3\xa4\xff";
	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_commit(w, &id));
	kl_writer_destroy(w);
	sqlite3_prepare_v2(kl_store_handle(store), "SELECT comm FROM findings", -1, &stmt, NULL);
	CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
	CHECK_STR((const char *)sqlite3_column_text(stmt, 0), "k\xc3\xa4\\xff");
	sqlite3_finalize(stmt);
	kl_store_close(store);
}

static void test_refuses_what_is_not_ours(void)
{
	struct kl_store *store = NULL;
	char noise[4096];

	CHECK_ERROR(kl_store_open(fresh_path(), KL_STORE_READ, NULL, &store), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_store_open("", KL_STORE_WRITE, NULL, &store), KL_ERROR_USAGE);
	CHECK_ERROR(kl_store_open(directory, KL_STORE_WRITE, NULL, &store), KL_ERROR_DATABASE);
	CHECK_ERROR(kl_store_open("/dev/null", KL_STORE_WRITE, NULL, &store), KL_ERROR_DATABASE);
	memset(noise, 'x', sizeof(noise));
	write_file(path, noise, sizeof(noise));
	CHECK_ERROR(kl_store_open(path, KL_STORE_READ, NULL, &store), KL_ERROR_DATABASE);
	CHECK_ERROR(kl_store_open(path, KL_STORE_WRITE, NULL, &store), KL_ERROR_DATABASE);
	raw_sql(fresh_path(), "CREATE TABLE t(x)");
	CHECK_ERROR(kl_store_open(path, KL_STORE_WRITE, NULL, &store), KL_ERROR_DATABASE);
	raw_sql(fresh_path(), "PRAGMA application_id = 1");
	CHECK_ERROR(kl_store_open(path, KL_STORE_WRITE, NULL, &store), KL_ERROR_DATABASE);
	/* An empty file is a database without tables: good to write to, not to read from. */
	write_file(path, "", 0);
	CHECK_ERROR(kl_store_open(path, KL_STORE_READ, NULL, &store), KL_ERROR_DATABASE);
	CHECK_OK(kl_store_open(path, KL_STORE_WRITE, NULL, &store));
	kl_store_close(store);
}

static void test_refuses_newer(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	struct kl_error *err;

	write_run(store, true);
	kl_store_close(store);
	raw_sql(path, "PRAGMA user_version = 4711");
	err = kl_store_open(path, KL_STORE_WRITE, NULL, &store);
	CHECK(err && strstr(kl_error_message(err), "newer") && strstr(kl_error_message(err), "4711"));
	kl_error_destroy(err);
	CHECK_ERROR(kl_store_open(path, KL_STORE_READ, NULL, &store), KL_ERROR_DATABASE);
}

static void test_truncated_file_is_an_error(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	_cleanup_error_ struct kl_error *err = NULL;
	struct kl_reader *reader;
	struct seen seen = {};

	write_run(store, true);
	kl_store_close(store);
	CHECK_INT(truncate(path, 8192), 0);
	err = kl_store_open(path, KL_STORE_READ, NULL, &store);
	if (!err) {
		CHECK_OK(kl_reader_create(store, &reader));
		err = kl_reader_groups(reader, 1, see_group, &seen);
		kl_reader_destroy(reader);
		kl_store_close(store);
	}
	CHECK(err && kl_error_code(err) == KL_ERROR_DATABASE);
}

/* Two call sites in one function are one group of two stacks, whose representative is the oldest most serious one. */
static void test_call_sites_of_a_function_are_one_group(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	struct kl_store_frame site = {.address = 1, .symbol = "leaky+0x1/0x9 [mod]", .line = KL_UNKNOWN};
	struct kl_store_run run = a_run();
	struct kl_store_finding f;
	struct seen seen = {};
	struct kl_reader *reader;
	struct kl_writer *w;
	int64_t first = 0, second = 0, id;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(kl_writer_add_stack(w, &site, 1, &first));
	site.symbol = "leaky+0x5/0x9 [mod]";
	CHECK_OK(kl_writer_add_stack(w, &site, 1, &second));
	CHECK(first != second);
	f = a_finding(0x1000, KLEAK_VERDICT_LEAK, 5000, first);
	CHECK_OK(kl_writer_add_finding(w, &f));
	f = a_finding(0x2000, KLEAK_VERDICT_YOUNG, 9000, first);
	f.pid = 441;
	CHECK_OK(kl_writer_add_finding(w, &f));
	f = a_finding(0x3000, KLEAK_VERDICT_LEAK, 6000, second);
	f.comm = "modprobe";
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_commit(w, &id));
	kl_writer_destroy(w);
	CHECK_OK(kl_reader_create(store, &reader));
	CHECK_OK(kl_reader_groups(reader, 1, see_group, &seen));
	CHECK_INT(seen.count, 1);
	CHECK_STR(seen.words[0], "2 leak, 1 young|modprobe|leaky+0x5/0x9 [mod]");
	CHECK_INT(seen.groups[0].address, 0x3000);
	CHECK_INT(seen.groups[0].stacks, 2);
	CHECK_INT(seen.groups[0].comms, 2);
	CHECK_INT(seen.groups[0].pids, 2);
	CHECK_INT(seen.groups[0].leaked_bytes, 64);
	kl_reader_destroy(reader);
	kl_store_close(store);
}

/* Values of the wrong type, as no writer of ours makes them. */
static void test_tampered_rows_are_errors(void)
{
	static const char *const damage[] = {
		"UPDATE t_run SET text_header = 99",
		"UPDATE t_run SET kmemleak_state = 'early'",
		"UPDATE t_group SET verdicts = 'no json'",
		"DROP TABLE t_group; CREATE TABLE t_group(run_id, normal_hash, stack_id, address, verdict, verdicts, "
		"objects, "
		"bytes, leaked_objects, leaked_bytes, age_min_ms, age_max_ms, comm, pid, comms, pids, stacks); "
		"INSERT INTO t_group VALUES (1, 'x', 1, NULL, 'leak', '{}', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
		"DROP TABLE t_group",
	};
	struct kl_reader *reader;
	struct kl_store_run run;
	struct kl_store *store;
	struct kl_error *err;
	struct seen seen;
	size_t i;

	for (i = 0; i < sizeof(damage) / sizeof(*damage); i++) {
		seen = (struct seen){};
		store = open_or_fail(fresh_path(), KL_STORE_WRITE);
		write_run(store, true);
		kl_store_close(store);
		raw_sql(path, damage[i]);
		store = open_or_fail(path, KL_STORE_READ);
		CHECK_OK(kl_reader_create(store, &reader));
		err = kl_reader_run(reader, 1, &run);
		if (!err) {
			kl_store_run_deinit(&run);
			err = kl_reader_groups(reader, 1, see_group, &seen);
		}
		if (!err)
			FAIL_("accepted: %s", damage[i]);
		else
			CHECK_INT(kl_error_code(err), KL_ERROR_DATABASE);
		kl_error_destroy(err);
		kl_reader_destroy(reader);
		kl_store_close(store);
	}
}

/* The names in the header and those in the database are one list. */
static void test_verdicts_match_the_schema(void)
{
	struct kl_store *store = open_or_fail(fresh_path(), KL_STORE_WRITE);
	sqlite3_stmt *stmt;
	int rows = 0, known = 0;

#define X(identifier, number, name, leaked, meaning) known++;
	KLEAK_VERDICTS(X)
#undef X
	sqlite3_prepare_v2(kl_store_handle(store), "SELECT id, name, is_leak FROM t_verdict", -1, &stmt, NULL);
	for (; sqlite3_step(stmt) == SQLITE_ROW; rows++) {
		enum kleak_verdict verdict = (enum kleak_verdict)sqlite3_column_int(stmt, 0);

		CHECK_STR((const char *)sqlite3_column_text(stmt, 1), kl_store_verdict_name(verdict));
		CHECK_INT(sqlite3_column_int(stmt, 2), kleak_verdict_is_leaked(verdict));
	}
	CHECK_INT(rows, known);
	sqlite3_finalize(stmt);
	kl_store_close(store);
}

static void test_stop_flag_interrupts(void)
{
	static volatile sig_atomic_t stop;
	struct kl_progress progress = {.stop = &stop};
	struct kl_store *store;
	int status;

	stop = 0;
	CHECK_OK(kl_store_open(fresh_path(), KL_STORE_WRITE, &progress, &store));
	stop = 2;
	status = sqlite3_exec(kl_store_handle(store),
			      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) "
			      "SELECT count(*) FROM n",
			      NULL, NULL, NULL);
	CHECK_INT(status, SQLITE_INTERRUPT);
	kl_store_close(store);
}

int main(void)
{
	snprintf(directory, sizeof(directory), "/tmp/kleak-test-store.XXXXXX");
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/test.db", directory);
	RUN(test_fresh_file_is_ours);
	RUN(test_uncommitted_run_leaves_nothing);
	RUN(test_run_round_trip);
	RUN(test_states_of_kmemleak_come_back);
	RUN(test_groups_follow_from_findings);
	RUN(test_call_sites_of_a_function_are_one_group);
	RUN(test_rows_come_back);
	RUN(test_second_run_shares_stacks);
	RUN(test_listing_keeps_bytes);
	RUN(test_absurd_sizes_are_stored);
	RUN(test_text_is_utf8);
	RUN(test_refuses_what_is_not_ours);
	RUN(test_refuses_newer);
	RUN(test_truncated_file_is_an_error);
	RUN(test_tampered_rows_are_errors);
	RUN(test_verdicts_match_the_schema);
	RUN(test_stop_flag_interrupts);
	unlink(path);
	rmdir(directory);
	return DONE();
}

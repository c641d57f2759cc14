/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several dumps of one boot in one database: what is unreferenced again and again, and what somebody writes to. */
#include "test.h"

#include <sqlite3.h>
#include <unistd.h>

#include "store/merge.h"
#include "store/writer.h"

static char directory[64], path[96], other_path[96];
static struct kl_store *store;

static const struct kl_store_frame frame = {
	.address = 0xffffffff81000011, .symbol = "leaky+0x11/0x20", .line = KL_UNKNOWN};

/* An object of a dump. Its address tells its time of allocation. */
struct seen {
	uint64_t address;
	enum kleak_verdict verdict;
	uint64_t content;
	uint64_t parent; /* 0: none */
	int64_t unref_scans;
};

#define END                  \
	{                    \
		.verdict = 0 \
	}

static void add_seen(struct kl_writer *w, const struct seen *s, int64_t stack)
{
	bool leaked = kleak_verdict_is_leaked(s->verdict);
	struct kl_store_finding f = {
		.address = s->address,
		.size = 32,
		.verdict = s->verdict,
		.reason = "as the dump says",
		.has_head = leaked,
		.head = s->parent ? 0x1000 : s->address,
		.pid = 1,
		.jiffies = (int64_t)s->address,
		.age_ms = 1,
		.stack_id = stack,
		.found = 0,
		.needed = 1,
		.has_parent = leaked && s->parent,
		.parent = s->parent,
		.retained_objects = leaked ? 1 : KL_UNKNOWN,
		.retained_bytes = leaked ? 32 : KL_UNKNOWN,
		.unref_scans = s->unref_scans ? s->unref_scans : KL_UNKNOWN,
		.has_content = s->content != 0,
		.content = s->content,
	};

	CHECK_OK(kl_writer_add_finding(w, &f));
}

/* Stores the dump that was made at @jiffies, under --min-unref-scans @needed. @partial: memory is missing. */
static void dump_at(struct kl_store *to, int64_t jiffies, const char *needed, bool partial, const struct seen *objects)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = {
		.dump = "/dumps/x",
		.dump_size = 1,
		.dump_mtime_ns = jiffies,
		.boot_id = "boot",
		.jiffies = jiffies,
		.hz = 100,
		.crash_time = KL_UNKNOWN,
		.pages_total = KL_UNKNOWN,
		.pages_present = KL_UNKNOWN,
		.pages_missing = KL_UNKNOWN,
		.coverage = 1,
		.kmemleak_state = KL_KMEMLEAK_ON,
		.policy = "precise",
		.partial = partial,
		.tool_version = "test",
		.started_ms = jiffies,
		.finished_ms = KL_UNKNOWN,
		.origin_run = KL_UNKNOWN,
		.uptime_ms = KL_UNKNOWN,
	};
	int64_t stack, id;

	CHECK_OK(kl_writer_begin(to, &run, &w));
	CHECK_OK(kl_writer_add_option(w, "min_unref_scans", needed));
	CHECK_OK(kl_writer_add_stack(w, &frame, 1, &stack));
	for (; objects->verdict; objects++)
		add_seen(w, objects, stack);
	CHECK_OK(kl_writer_commit(w, &id));
}

static void begin_boot(void)
{
	kl_store_close(store);
	store = NULL;
	unlink(path);
	CHECK_OK(kl_store_open(path, KL_STORE_WRITE, NULL, &store));
}

/* The one text or number that @sql returns. */
static const char *asked(const char *sql)
{
	static char answer[256];
	sqlite3_stmt *stmt = NULL;

	snprintf(answer, sizeof(answer), "(none)");
	CHECK_INT(sqlite3_prepare_v2(kl_store_handle(store), sql, -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0))
		snprintf(answer, sizeof(answer), "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return answer;
}

/* What is said of all objects of the dump at @jiffies: "1000 leak 2, ..." with the count of dumps. */
static const char *told(int64_t jiffies)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "SELECT group_concat(substr(f.address, -4) || ' ' || verdict || ' ' || dumps, ', ') "
		 "FROM findings f JOIN runs r USING (run_id) WHERE r.jiffies = %" PRId64,
		 jiffies);
	return asked(sql);
}

static const struct seen one[] = {{0x1000, KLEAK_VERDICT_LEAK, .content = 7}, END};
static const struct seen none[] = {END};

static void test_dumps_in_a_row_are_counted(void)
{
	begin_boot();
	dump_at(store, 100, "3", false, one);
	dump_at(store, 200, "3", false, one);
	CHECK_STR(told(200), "1000 unconfirmed 2");
	CHECK_STR(asked("SELECT reason FROM findings WHERE dumps = 2"),
		  "unreferenced in 2 dumps in a row, where 3 are needed");
	CHECK_STR(asked("SELECT leaked_objects FROM groups"), "0");
	dump_at(store, 300, "3", false, one);
	CHECK_STR(told(300), "1000 leak 3");
	CHECK_STR(told(200), "1000 unconfirmed 2");
	CHECK_STR(asked("SELECT reason FROM findings WHERE dumps = 3"), "as the dump says");
}

static void test_a_reference_starts_anew(void)
{
	static const struct seen held_weakly[] = {{0x1000, KLEAK_VERDICT_WEAK, .content = 7}, END};

	begin_boot();
	dump_at(store, 100, "2", false, one);
	dump_at(store, 200, "2", false, none);
	dump_at(store, 300, "2", false, one);
	CHECK_STR(told(300), "1000 unconfirmed 1");
	dump_at(store, 400, "2", false, held_weakly);
	CHECK_STR(told(400), "1000 weak 0");
	dump_at(store, 500, "2", false, one);
	CHECK_STR(told(500), "1000 unconfirmed 1");
}

static void test_what_cannot_be_told_is_not_counted(void)
{
	static const struct seen unconfirmed[] = {{0x1000, KLEAK_VERDICT_UNCONFIRMED, .content = 7}, END};
	static const struct seen young[] = {{0x1000, KLEAK_VERDICT_YOUNG, .content = 7}, END};

	begin_boot();
	dump_at(store, 100, "2", false, young);
	dump_at(store, 200, "2", false, one);
	CHECK_STR(told(200), "1000 unconfirmed 1");
	dump_at(store, 300, "2", true, unconfirmed);
	CHECK_STR(told(300), "1000 unconfirmed 1");
	dump_at(store, 400, "2", false, one);
	CHECK_STR(told(400), "1000 leak 2");
	dump_at(store, 500, "2", false, unconfirmed);
	CHECK_STR(told(500), "1000 unconfirmed 3");
}

static void test_the_order_of_analysis_is_nothing(void)
{
	begin_boot();
	dump_at(store, 300, "3", false, one);
	dump_at(store, 100, "3", false, one);
	CHECK_STR(told(300), "1000 unconfirmed 2");
	dump_at(store, 200, "3", false, one);
	CHECK_STR(told(300), "1000 leak 3");
	CHECK_STR(told(200), "1000 unconfirmed 2");
	CHECK_STR(told(100), "1000 unconfirmed 1");
	CHECK_STR(asked("SELECT g.leaked_objects FROM groups g JOIN runs r USING (run_id) WHERE r.jiffies = 300"), "1");
	CHECK_STR(asked("SELECT reason FROM findings WHERE verdict = 'leak'"), "as the dump says");
	/* A dump in between in which it was referenced. */
	dump_at(store, 250, "3", false, none);
	CHECK_STR(told(300), "1000 unconfirmed 1");
}

static void test_only_the_same_object_has_a_history(void)
{
	struct seen later[] = {{0x1000, KLEAK_VERDICT_LEAK, .content = 7}, END};

	begin_boot();
	dump_at(store, 100, "2", false, one);
	CHECK_STR(asked("UPDATE t_finding SET jiffies = 5 RETURNING ''"), "");
	dump_at(store, 200, "2", false, later);
	CHECK_STR(told(200), "1000 unconfirmed 1");
	CHECK_STR(asked("UPDATE t_finding SET jiffies = NULL RETURNING ''"), "");
	dump_at(store, 300, "0", false, one);
	CHECK_STR(told(300), "1000 leak 1");
	CHECK_STR(asked("UPDATE t_run SET boot_id = 'another' RETURNING ''"), "");
	dump_at(store, 400, "0", false, one);
	CHECK_STR(told(400), "1000 leak 1");
}

static void test_scans_of_the_kernel_count_as_well(void)
{
	static const struct seen scanned[] = {
		{0x1000, KLEAK_VERDICT_LEAK, .unref_scans = 3}, {0x2000, KLEAK_VERDICT_LEAK, .unref_scans = 1}, END};

	begin_boot();
	dump_at(store, 100, "2", false, scanned);
	CHECK_STR(told(100), "1000 leak 1, 2000 unconfirmed 1");
	CHECK_STR(asked("SELECT reason FROM findings WHERE verdict = 'unconfirmed'"),
		  "unreferenced in 1 dump in a row and 1 of the kernel's scans, where 2 are needed");
}

static void test_what_is_written_to_is_alive(void)
{
	static const struct seen before[] = {{0x1000, KLEAK_VERDICT_LEAK, .content = 7},
					     {0x2000, KLEAK_VERDICT_INDIRECT, .content = 8, .parent = 0x1000},
					     {0x3000, KLEAK_VERDICT_INDIRECT, .content = 9, .parent = 0x2000},
					     {0x4000, KLEAK_VERDICT_LEAK, .content = 1},
					     END};
	static const struct seen after[] = {{0x1000, KLEAK_VERDICT_LEAK, .content = 7},
					    {0x2000, KLEAK_VERDICT_INDIRECT, .content = 88, .parent = 0x1000},
					    {0x3000, KLEAK_VERDICT_INDIRECT, .content = 9, .parent = 0x2000},
					    {0x4000, KLEAK_VERDICT_LEAK}, /* not all of it is in the dump */
					    END};

	begin_boot();
	dump_at(store, 100, "0", false, before);
	CHECK_STR(told(100), "1000 leak 1, 2000 indirect 1, 3000 indirect 1, 4000 leak 1");
	dump_at(store, 350, "0", false, after);
	CHECK_STR(told(350), "1000 leak 2, 2000 modified 0, 3000 modified 0, 4000 leak 2");
	CHECK_STR(asked("SELECT reason FROM findings WHERE verdict = 'modified' AND address LIKE '%2000'"),
		  "unreferenced, but its content changed in the 2.5 s since the dump before");
	CHECK_STR(asked("SELECT reason FROM findings WHERE verdict = 'modified' AND address LIKE '%3000'"),
		  "reachable through the object at 0x2000, whose content changed");
	CHECK_STR(asked("SELECT retained_objects || ' ' || retained_bytes FROM findings WHERE run_id = 2 AND "
			"address LIKE '%1000'"),
		  "1 32");
	/* Unchanged since, so it is counted from here. */
	dump_at(store, 400, "0", false, after);
	CHECK_STR(told(400), "1000 leak 3, 2000 indirect 1, 3000 indirect 1, 4000 leak 3");
}

/* What was not unreferenced before may have been written by the one who held it. */
static void test_only_what_was_lost_before_is_compared(void)
{
	static const struct seen held_weakly[] = {{0x1000, KLEAK_VERDICT_WEAK, .content = 1}, END};
	static const struct seen young[] = {{0x1000, KLEAK_VERDICT_YOUNG, .content = 2}, END};

	begin_boot();
	dump_at(store, 100, "0", false, held_weakly);
	dump_at(store, 200, "0", false, one);
	CHECK_STR(told(200), "1000 leak 1");
	begin_boot();
	dump_at(store, 100, "0", false, young);
	dump_at(store, 200, "0", false, one);
	CHECK_STR(told(200), "1000 leak 1");
}

/* The head was lost lately, what hangs on it long ago. */
static void test_what_is_left_of_a_tree(void)
{
	static const struct seen tree[] = {{0x1000, KLEAK_VERDICT_LEAK},
					   {0x2000, KLEAK_VERDICT_INDIRECT, .parent = 0x1000},
					   {0x3000, KLEAK_VERDICT_INDIRECT, .parent = 0x2000},
					   {0x4000, KLEAK_VERDICT_INDIRECT, .parent = 0x2000},
					   END};
	static const struct seen below[] = {
		{0x2000, KLEAK_VERDICT_LEAK}, {0x3000, KLEAK_VERDICT_LEAK}, {0x4000, KLEAK_VERDICT_LEAK}, END};

	begin_boot();
	dump_at(store, 100, "0", false, below);
	dump_at(store, 200, "2", false, tree);
	CHECK_STR(told(200), "1000 unconfirmed 1, 2000 leak 2, 3000 indirect 2, 4000 indirect 2");
	CHECK_STR(asked("SELECT substr(head, -4) || ' ' || retained_objects || ' ' || retained_bytes FROM findings "
			"WHERE run_id = 2 AND address LIKE '%2000'"),
		  "2000 3 96");
	CHECK_STR(asked("SELECT reason FROM findings WHERE run_id = 2 AND address LIKE '%3000'"),
		  "only reachable through the leaked object at 0x2000");
	/* Somebody made this: parents in a circle. */
	CHECK_STR(asked("UPDATE t_alone SET parent = 0x3000 WHERE seq = 2 RETURNING ''"), "");
	dump_at(store, 150, "0", false, below);
	CHECK_STR(told(200), "1000 unconfirmed 1, 2000 leak 3, 3000 leak 3, 4000 indirect 3");
}

static void test_merged_runs_know_each_other(void)
{
	struct kl_store *other = NULL;
	struct kl_merge *merge = NULL;
	struct kl_merge_counts counts;

	begin_boot();
	unlink(other_path);
	CHECK_OK(kl_store_open(other_path, KL_STORE_WRITE, NULL, &other));
	dump_at(other, 200, "2", false, one);
	dump_at(store, 100, "2", false, one);
	CHECK_OK(kl_merge_create(store, &merge));
	CHECK_OK(kl_merge_add(merge, other, NULL, 0, &counts));
	CHECK_OK(kl_merge_commit(merge));
	kl_merge_destroy(merge);
	kl_store_close(other);
	CHECK_STR(told(200), "1000 leak 2");
	CHECK_STR(asked("SELECT leaked_objects FROM groups WHERE run_id = 2"), "1");
	unlink(other_path);
}

/* The kernel's own judgement is nothing that other dumps could change. */
static void test_the_kernel_policy_is_left_alone(void)
{
	begin_boot();
	dump_at(store, 100, "2", false, one);
	CHECK_STR(asked("UPDATE t_run SET policy = 'kernel' RETURNING ''"), "");
	dump_at(store, 200, "2", false, one);
	CHECK_STR(told(200), "1000 unconfirmed 1");
}

int main(void)
{
	snprintf(directory, sizeof(directory), "/tmp/kleak-test-XXXXXX");
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/kleak.db", directory);
	snprintf(other_path, sizeof(other_path), "%s/other.db", directory);
	RUN(test_dumps_in_a_row_are_counted);
	RUN(test_a_reference_starts_anew);
	RUN(test_what_cannot_be_told_is_not_counted);
	RUN(test_the_order_of_analysis_is_nothing);
	RUN(test_only_the_same_object_has_a_history);
	RUN(test_scans_of_the_kernel_count_as_well);
	RUN(test_what_is_written_to_is_alive);
	RUN(test_only_what_was_lost_before_is_compared);
	RUN(test_what_is_left_of_a_tree);
	RUN(test_merged_runs_know_each_other);
	RUN(test_the_kernel_policy_is_left_alone);
	kl_store_close(store);
	unlink(path);
	rmdir(directory);
	return DONE();
}

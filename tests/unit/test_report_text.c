/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `report` and `diff` print of three small runs (sample_runs.h).
 * With an argument: writes the sample database there and ends; the tests of the command line begin so. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "report/diff_print.h"
#include "report/report.h"
#include "sample_runs.h"

static char path[96];
static struct kl_store *store;
static struct kl_reader *reader;

/* The report of @run in @format, in memory that is reused. */
static const char *reported(const char *format, int64_t run, bool verbose, bool terminal)
{
	static char *text;
	struct kl_report report = {.reader = reader, .verbose = verbose, .terminal = terminal};
	size_t length;

	free(text);
	report.out = open_memstream(&text, &length);
	CHECK_OK(kl_report_write(&report, kl_report_format_find(format), run));
	fclose(report.out);
	return text;
}

static const char *diffed(int64_t a, int64_t b, bool json)
{
	static char *text;
	struct kl_diff_print print = {.reader = reader};
	_cleanup_diff_ struct kl_diff diff;
	size_t length;

	free(text);
	print.out = open_memstream(&text, &length);
	CHECK_OK(kl_diff_make(reader, a, b, &diff));
	if (json)
		CHECK_OK(kl_diff_print_json(&print, &diff));
	else
		CHECK_OK(kl_diff_print_text(&print, &diff));
	fclose(print.out);
	return text;
}

/* Run 1 with what an analysis was asked besides: a disagreement, a refinement, a sweep over one setting. */
static const char *reported_with_extras(const char *format)
{
	static char *text;
	struct kl_store_disagreement_row disagreement = {0xffff888000001000, 64, "grey", "white", "it changed since"};
	struct kl_store_refinement_row refinement = {"stack-once", 1, 64, 2, 96};
	struct kl_store_sweep_row markings[] = {{.values = {"0"}, .leaked_bytes = 64}, {.values = {"5"}}};
	struct kl_store_disagreements disagreements = {.rows = {&disagreement, 1, 1}};
	struct kl_store_refinements refinements = {.rows = {&refinement, 1, 1}};
	struct kl_store_sweep sweep = {.names = {"min-age"}, .n_names = 1, .rows = {markings, 2, 2}};
	struct kl_extras extras = {&disagreements, &refinements, &sweep};
	struct kl_report report = {.reader = reader, .extras = &extras};
	size_t length;

	markings[0].counts[kl_store_verdict_index(KLEAK_VERDICT_LEAK)] = 1;
	markings[1].counts[kl_store_verdict_index(KLEAK_VERDICT_YOUNG)] = 1;
	free(text);
	report.out = open_memstream(&text, &length);
	CHECK_OK(kl_report_write(&report, kl_report_format_find(format), 1));
	fclose(report.out);
	return text;
}

#define CHECK_HAS(text, part)                                      \
	do {                                                       \
		if (!strstr(text, part))                           \
			FAIL_("\"%s\" is not in: %s", part, text); \
	} while (0)

static void test_text_of_a_complete_run(void)
{
	CHECK_STR(reported("text", 1, false, false),
		  "kmemleak  on\n"
		  "coverage  100%: everything the scan needed is in the dump (100 of 100 pages)\n"
		  "kernel    Linux 6.12.0-test x86_64, dumped 2023-11-14 22:13:21 UTC\n"
		  "dump      /dumps/A (ELF core dump)\n"
		  "run       1, policy kernel, by kleak-dump test\n"
		  "leaked    3 objects, 96 B, in 2 groups; not counted: 1 object that may be alive\n"
		  "\n"
		  "1. 2 objects, 64 B: 1 leak, 1 indirect\n"
		  "    age 12 s, since 2023-11-14 22:13:09 UTC; by insmod (pid 440); such as 0xffff888000001000\n"
		  "      kmalloc_trace+0x11/0x20\n"
		  "    > leaky_probe+0x10/0x40 [leaky]                             drivers/leaky.c:42\n"
		  "      do_one_initcall+0x22/0x160\n"
		  "      entry_SYSCALL_64_after_hwframe+0x33/0x53\n"
		  "\n"
		  "2. 2 objects, 64 B: 1 leak, 1 young\n"
		  "    age 12 s, since 2023-11-14 22:13:09 UTC; by cat (pid 440); such as 0xffff888000003000\n"
		  "      kmalloc_trace+0x11/0x20\n"
		  "    > other_open.isra.0+0x5/0x90\n"
		  "      do_one_initcall+0x22/0x160\n"
		  "      entry_SYSCALL_64_after_hwframe+0x33/0x53\n");
}

/* In run 2 the module is gone; run 1, of the same boot, knew its symbols. The JSON says what this dump says. */
static void test_text_names_unloaded_modules(void)
{
	CHECK_HAS(reported("text", 2, false, false),
		  "    > leaky_add+0x20/0x40 [leaky]\n"
		  "      do_one_initcall+0x22/0x160\n"
		  "      entry_SYSCALL_64_after_hwframe+0x33/0x53\n"
		  "      (symbols missing from this dump come from another one of the same boot)\n");
	CHECK_HAS(reported("json", 2, false, false), "\"leaky_add+0x20/0x40 [leaky]\"");
	CHECK(!strstr(reported("json", 2, false, false), "\"frames\": [\"0x"));
}

/* A reader must not mistake what is missing for good news, and nothing from the dump reaches the terminal raw. */
static void test_text_of_a_partial_hostile_run(void)
{
	const char *text = reported("text", 0, false, true);

	CHECK_HAS(text, "kmemleak  errored: it stopped after an error\n");
	CHECK_HAS(text,
		  "coverage  99.99% of the memory the scan needed is in the dump; 10 pages were needed and missing"
		  " (90 of 100 pages)\n");
	CHECK_HAS(text, "partial   10 pages are missing\n");
	CHECK_HAS(text, "anomaly   list cycle at 0xffff888000003000: object_list: \\x1b comes back to its start\n");
	CHECK_HAS(text, "by evil\\x1b[2J\\\\xff\\x0a (pid 440)");
	CHECK(!strchr(text, '\033'));
}

static void test_verbose_names_findings(void)
{
	const char *text = reported("text", 1, true, false);

	CHECK_HAS(text, "\nfindings\n  0xffff888000001000       32 leak        insmod/440, 12 s: no reference found\n");
	CHECK_HAS(text, "  0xffff888000001100       32 indirect    insmod/440, 12 s, of 0xffff888000001000: no ref");
}

static void test_kmemleak_format(void)
{
	const char *text = reported("kmemleak", 2, false, false);
	static const char first[] = "unreferenced object 0xffff888000001000 (size 32):\n"
				    "  comm \"insmod\", pid 440, jiffies 4294892000\n"
				    "  hex dump (first 32 bytes):\n"
				    "    30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n"
				    "    30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 0a  0123456789abcde.\n"
				    "  backtrace (crc abc):\n"
				    "    kmalloc_trace+0x11/0x20\n"
				    "    0xffffffffc0001010\n";

	CHECK(!strncmp(text, first, strlen(first)));
	CHECK(strchr(reported("kmemleak", 3, false, false), '\033') != NULL);
	CHECK(strchr(reported("kmemleak", 3, false, true), '\033') == NULL);
}

static void test_json_format(void)
{
	const char *text = reported("json", 1, false, false);

	CHECK(!strncmp(text, "{\n\t\"schema_version\": 7,\n", 24));
	CHECK_HAS(text, "\n\t\"run\": {\n\t\t\"run_id\": 1,\n\t\t\"dump\": \"/dumps/A\",");
	CHECK_HAS(text, "\"counters\": {\"objects\": 7}");
	CHECK_HAS(text, "\"durations_ms\": {\"mark\": 12.5}");
	CHECK_HAS(text, "\"options\": {\"settings\": \"defaults\"}");
	CHECK_HAS(text,
		  "\"verdict\": \"leak\", \"verdicts\": {\"leak\":1,\"indirect\":1}, \"objects\": 2, \"bytes\": 64");
	CHECK_HAS(text, "\"frames\": [\"kmalloc_trace+0x11/0x20\", \"leaky_probe+0x10/0x40 [leaky]\",");
	CHECK_HAS(text, "{\"address\": \"0xffff888000001100\", \"size\": 32, \"class\": \"virtual\", \"verdict\": "
			"\"indirect\", "
			"\"reason\": \"no reference found\", \"head\": \"0xffff888000001000\"");
	CHECK(!strchr(reported("json", 3, false, false), '\033'));
}

/* A run of its own, made by the test. */
static void test_explained_beside_leaks(void)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = sample_run(1);
	struct kl_store_finding f = {.address = 0xffff888000001500,
				     .size = 32,
				     .verdict = KLEAK_VERDICT_EXPLAINED,
				     .reason = "a page of mm/file.c:12 func:take holds its address"};
	int64_t id = 0;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	f.stack_id = sample_stack(w, SAMPLE_PROBE, false, false);
	sample_finding(w, 0xffff888000001000, KLEAK_VERDICT_LEAK, f.stack_id, "insmod");
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_commit(w, &id));
	CHECK_HAS(reported("text", id, false, false),
		  "    explained: a page of mm/file.c:12 func:take holds its address\n");
	CHECK(!strstr(reported("text", 1, false, false), "explained:"));
}

/* Per-CPU memory is known by its cookie, and not every source knows tasks. */
static void test_percpu_memory_of_nobody(void)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = sample_run(1);
	struct kl_store_finding f = {.address = 0x24400,
				     .size = 64,
				     .class_ = KLEAK_CLASS_PERCPU,
				     .verdict = KLEAK_VERDICT_LEAK,
				     .comm = "",
				     .pid = KL_UNKNOWN,
				     .age_ms = 1000,
				     .jiffies = KL_UNKNOWN};
	int64_t id = 0;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	f.stack_id = sample_stack(w, SAMPLE_PROBE, false, false);
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_commit(w, &id));
	CHECK_HAS(reported("text", id, true, false),
		  "\n    age 1.0 s, since 2023-11-14 22:13:20 UTC; at per-CPU 0x0000000000024400\n");
	CHECK_HAS(reported("text", id, true, false), " leak        ?, 1.0 s");
}

static void test_unknown_run(void)
{
	struct kl_report report = {.reader = reader};

	CHECK_ERROR(kl_report_write(&report, kl_report_format_find("text"), 99), KL_ERROR_NOT_FOUND);
	CHECK(!kl_report_format_find("nonsense"));
}

/* The list that the module left behind is new, and named although its symbols are gone; what leaked before is not. */
static void test_diff_within_a_boot(void)
{
	const char *text = diffed(1, 2, false);

	CHECK_HAS(text, "the same boot");
	CHECK(!strstr(text, "different settings"));
	CHECK_HAS(text, "groups of leaks: 1 new, 0 grown, 0 changed, 0 shrunk, 1 gone\n");
	CHECK_HAS(text, "\nnew  3 objects, 96 B\n"
			"      kmalloc_trace+0x11/0x20\n"
			"    > leaky_add+0x20/0x40 [leaky]\n"
			"      do_one_initcall+0x22/0x160\n"
			"      entry_SYSCALL_64_after_hwframe+0x33/0x53\n"
			"    new objects\n"
			"      0xffff888000002000       32 B, by modprobe (pid 440), age 12 s\n"
			"      0xffff888000002100       32 B, by modprobe (pid 440), age 12 s\n"
			"      0xffff888000002200       32 B, by udevd (pid 440), age 12 s\n");
	CHECK_HAS(text, "\ngone  1 object, 32 B\n");
	CHECK(!strstr(text, "0xffff888000001000"));
}

/* Between boots there are no same objects: stacks are compared, whatever build. */
static void test_diff_between_boots(void)
{
	const char *text = diffed(3, 1, false);

	CHECK_HAS(text, "different boots");
	CHECK_HAS(text, "made with different settings");
	CHECK_HAS(text, "kmemleak was not on (errored)");
	CHECK_HAS(text, "groups of leaks: 1 new, 1 grown, 0 changed, 0 shrunk, 0 gone\n");
	CHECK_HAS(text, "\ngrown  1 -> 2 objects, 32 B -> 64 B\n");
	text = diffed(1, 3, true);
	CHECK_HAS(text, "\"same_boot\": false");
	CHECK_HAS(text, "{\"change\": \"shrunk\", \"stack_hash\": ");
	CHECK_HAS(text,
		  "\"new_objects\": [\"0xffff999000001000\"], \"objects_a\": 2, \"objects_b\": 1, \"bytes_a\": 64, "
		  "\"bytes_b\": 32}");
}

/* Replaced within a boot: as many as before, but one is another object. */
static void test_diff_finds_a_replaced_object(void)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	_cleanup_diff_ struct kl_diff diff = {};
	struct kl_store_run run = sample_run(1);
	int64_t id = 0, stack;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	stack = sample_stack(w, SAMPLE_PROBE, false, false);
	sample_total(w, stack, 2);
	sample_finding(w, 0xffff888000001000, KLEAK_VERDICT_LEAK, stack, "insmod");
	sample_finding(w, 0xffff888000001200, KLEAK_VERDICT_LEAK, stack, "insmod");
	CHECK_OK(kl_writer_commit(w, &id));
	CHECK_OK(kl_diff_make(reader, 1, id, &diff));
	CHECK_INT(diff.per_change[KL_CHANGE_GROWN], 1);
	CHECK_INT(diff.groups.data[0].objects_a, 2);
	CHECK_INT(diff.groups.data[0].objects_b, 2);
	CHECK_INT(diff.groups.data[0].new_objects.count, 1);
	CHECK_INT(diff.groups.data[0].new_objects.data[0].address, 0xffff888000001200);
}

static void test_diff_of_a_run_with_itself(void)
{
	_cleanup_diff_ struct kl_diff diff;

	CHECK_OK(kl_diff_make(reader, 1, 1, &diff));
	CHECK_INT(diff.groups.count, 0);
	CHECK_HAS(diffed(1, 1, false), "nothing changed\n");
	CHECK_HAS(diffed(1, 1, true), "\"groups\": []");
}

static void test_diff_needs_both_runs(void)
{
	_cleanup_diff_ struct kl_diff diff;

	CHECK_ERROR(kl_diff_make(reader, 1, 77, &diff), KL_ERROR_NOT_FOUND);
}

static void test_extras_follow_the_run(void)
{
	const char *text = reported_with_extras("text");

	CHECK_HAS(text, "  0xffff888000001000 size 64: grey after the kernel's scan, white now: it changed since\n"
			"What each refinement changed: leaks and weakly referenced objects found only with it, "
			"objects spared by it\n"
			"refinement  found  bytes  spared  bytes\n"
			"stack-once      1     64       2     96\n"
			"min-age  leak  indirect  weak  explained  unconfirmed  modified  young  leaked bytes\n"
			"0           1         0     0          0            0         0      0            64\n"
			"5           0         0     0          0            0         0      1             0\n");
	text = reported_with_extras("json");
	CHECK_HAS(text, "\"disagreements\": [\n\t\t{\"address\": \"0xffff888000001000\", \"size\": 64, "
			"\"stored\": \"grey\", \"ours\": \"white\", \"reason\": \"it changed since\"}\n\t]");
	CHECK_HAS(text, "\"refinements\": [\n\t\t{\"name\": \"stack-once\", \"found\": 1, \"found_bytes\": 64, "
			"\"spared\": 2, \"spared_bytes\": 96}\n\t]");
	CHECK_HAS(text, "{\"settings\": {\"min-age\": \"5\"}, \"leak\": 0, ");
}

static size_t count_of(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

/* Seven anomalies: five are shown, and with -v all of them. The object is older than 2^32 ms. */
static void test_run_with_much_to_tell(void)
{
	const int64_t age_ms = INT64_C(55) * 24 * 60 * 60 * 1000 + 5 * 60 * 60 * 1000;
	struct kl_store_run run = sample_run(1);
	struct kl_store_finding f = {
		.address = 0xffff888000004000, .size = 32, .verdict = KLEAK_VERDICT_LEAK, .age_ms = age_ms};
	struct kl_writer *w;
	const char *text;
	int64_t id;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	for (uint64_t where = 1; where <= 7; where++)
		CHECK_OK(kl_writer_add_anomaly(w, "list", &where, "damaged"));
	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_commit(w, &id));
	kl_writer_destroy(w);

	text = reported("text", id, false, false);
	CHECK_INT(count_of(text, "anomaly   list at"), 5);
	CHECK_HAS(text, "          and 2 more (-v shows all)\n");
	CHECK_HAS(text, "age 55 d 5 h");
	text = reported("text", id, true, false);
	CHECK_INT(count_of(text, "anomaly   list at"), 7);
	CHECK_INT(count_of(text, "shows all"), 0);
	CHECK_HAS(text, ", 55 d 5 h");
	text = reported("json", id, false, false);
	CHECK_HAS(text, "\"age_ms\": 4770000000,");
	CHECK_HAS(text, "\"age_max_ms\": 4770000000,");
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		sample_write(argv[1]);
		return case_failed_;
	}
	snprintf(path, sizeof(path), "/tmp/kleak-test-report.%d.db", (int)getpid());
	unlink(path);
	sample_write(path);
	if (case_failed_ || kl_store_open(path, KL_STORE_WRITE, NULL, &store) || kl_reader_create(store, &reader))
		return 1;
	RUN(test_text_of_a_complete_run);
	RUN(test_text_names_unloaded_modules);
	RUN(test_text_of_a_partial_hostile_run);
	RUN(test_verbose_names_findings);
	RUN(test_kmemleak_format);
	RUN(test_json_format);
	RUN(test_extras_follow_the_run);
	RUN(test_unknown_run);
	RUN(test_diff_within_a_boot);
	RUN(test_diff_between_boots);
	RUN(test_diff_finds_a_replaced_object);
	RUN(test_diff_of_a_run_with_itself);
	RUN(test_diff_needs_both_runs);
	RUN(test_run_with_much_to_tell); /* adds a run */
	RUN(test_explained_beside_leaks);
	RUN(test_percpu_memory_of_nobody);
	kl_reader_destroy(reader);
	kl_store_close(store);
	unlink(path);
	return DONE();
}

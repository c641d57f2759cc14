/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample_runs.h: a database with three small runs, for tests of what is printed. Include after test.h.
 *
 *	run 1  boot-1, module `leaky` loaded: two objects of leaky_probe() and one of other_open() leak; three of
 *	       leaky_add() are on a list, alive
 *	run 2  boot-1 later, the module is gone and its frames have no symbols: the two of leaky_probe() leak still, the
 *	       three of the list now, too; that of other_open() was freed
 *	run 3  boot-2, another build: one object of leaky_probe() leaks; kmemleak had errored, the run is partial, the
 *	       name of the task is hostile
 */
#ifndef KL_TESTS_SAMPLE_RUNS_H
#define KL_TESTS_SAMPLE_RUNS_H

#include "store/writer.h"

#define SAMPLE_FRAMES 4

enum sample_site { SAMPLE_PROBE, SAMPLE_ADD, SAMPLE_OPEN };

/* The stack of @site: in the module or, with @unloaded, only its address. */
static inline int64_t sample_stack(struct kl_writer *w, enum sample_site site, bool unloaded, bool other_build)
{
	static const uint64_t addresses[] = {0xffffffffc0001010, 0xffffffffc0001120, 0xffffffff81005555};
	static const char *const symbols[] = {"leaky_probe+0x10/0x40 [leaky]", "leaky_add+0x20/0x40 [leaky]",
					      "other_open.isra.0+0x5/0x90"};
	static const char *const raw[] = {"0xffffffffc0001010", "0xffffffffc0001120", "other_open.isra.0+0x5/0x90"};
	struct kl_store_frame frames[SAMPLE_FRAMES] = {
		{.address = 0xffffffff81000011, .symbol = "kmalloc_trace+0x11/0x20", .line = KL_UNKNOWN},
		{.address = addresses[site], .symbol = unloaded ? raw[site] : symbols[site], .line = KL_UNKNOWN},
		{.address = 0xffffffff81000022, .symbol = "do_one_initcall+0x22/0x160", .line = KL_UNKNOWN},
		{.address = 0xffffffff81000033,
		 .symbol = "entry_SYSCALL_64_after_hwframe+0x33/0x53",
		 .line = KL_UNKNOWN},
	};
	int64_t id = 0;

	if (site == SAMPLE_PROBE && !unloaded) {
		frames[1].file = "drivers/leaky.c";
		frames[1].line = 42;
	}
	if (other_build) {
		frames[0].symbol = "__kmalloc_cache_noprof+0x99/0x200";
		frames[1].symbol = "leaky_probe.isra.0+0x77/0x99 [leaky]";
		frames[1].address = 0xffffffffc0ff0077;
	}
	CHECK_OK(kl_writer_add_stack(w, frames, SAMPLE_FRAMES, &id));
	return id;
}

static inline struct kl_store_run sample_run(int number)
{
	return (struct kl_store_run){
		.dump = number == 1   ? "/dumps/A"
			: number == 2 ? "/dumps/B"
				      : "/dumps/C",
		.dump_size = 1 << 20,
		.dump_mtime_ns = number,
		.dump_format = "ELF core dump",
		.release = "6.12.0-test",
		.arch = "x86_64",
		.crash_time = 1700000000 + number,
		.boot_id = number < 3 ? "boot-1" : "boot-2",
		.jiffies = 4294900000 + number,
		.hz = 250,
		.pages_total = 100,
		.pages_present = number < 3 ? 100 : 90,
		.pages_missing = number < 3 ? 0 : 10,
		.coverage = number < 3 ? 1 : 0.99999,
		.kmemleak_state = number < 3 ? KL_KMEMLEAK_ON : KL_KMEMLEAK_ERRORED,
		.kmemleak_words = number < 3 ? "kmemleak was on" : "it stopped after an error",
		.policy = "kernel",
		.partial = number == 3,
		.partial_why = number == 3 ? "10 pages are missing" : NULL,
		.tool_version = "test",
		.started_ms = 1700000000000,
		.finished_ms = 1700000001000,
		.origin_run = KL_UNKNOWN,
		.uptime_ms = KL_UNKNOWN,
		.text_header = KL_TEXT_HEADER_PLAIN,
		.text_hexdump = KL_TEXT_HEXDUMP_PERCPU,
		.text_crc = true,
		.text_frame = KL_TEXT_FRAME_SYMBOL,
	};
}

static inline void sample_finding(struct kl_writer *w, uint64_t address, enum kleak_verdict verdict, int64_t stack,
				  const char *comm)
{
	struct kl_store_finding f = {
		.address = address,
		.size = 32,
		.verdict = verdict,
		.reason = "no reference found",
		.has_head = verdict == KLEAK_VERDICT_INDIRECT,
		.head = 0xffff888000001000,
		.comm = comm,
		.pid = 440,
		.jiffies = 4294892000 + (int64_t)(address >> 4 & 0xff),
		.age_ms = 12000 + (int64_t)(address >> 4 & 0xff),
		.stack_id = stack,
		.checksum_state = "unmodified",
		.unref_scans = KL_UNKNOWN,
	};
	struct kl_store_listing l = {
		.address = address,
		.size = 32,
		.comm = comm,
		.comm_length = strlen(comm),
		.pid = 440,
		.jiffies = (uint64_t)f.jiffies,
		.checksum = 0xabc,
		.content = "0123456789abcdef0123456789abcde\n",
		.content_length = 32,
		.stack_id = stack,
	};

	CHECK_OK(kl_writer_add_finding(w, &f));
	CHECK_OK(kl_writer_add_listing(w, &l));
}

static inline void sample_total(struct kl_writer *w, int64_t stack, int64_t objects)
{
	CHECK_OK(kl_writer_add_total(
		w, &(struct kl_store_total){.stack_id = stack, .objects = objects, .bytes = objects * 32}));
}

static inline void sample_write_run(struct kl_store *store, int number)
{
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = sample_run(number);
	bool unloaded = number == 2;
	int64_t probe, add, open, id;
	uint64_t where = 0xffff888000003000;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	probe = sample_stack(w, SAMPLE_PROBE, unloaded, number == 3);
	sample_total(w, probe, 2);
	if (number == 3) {
		sample_finding(w, 0xffff999000001000, KLEAK_VERDICT_LEAK, probe, "evil\033[2J\xff\n");
		CHECK_OK(kl_writer_add_anomaly(w, "list cycle", &where, "object_list: \033 comes back to its start"));
	} else {
		sample_finding(w, 0xffff888000001000, KLEAK_VERDICT_LEAK, probe, "insmod");
		sample_finding(w, 0xffff888000001100, KLEAK_VERDICT_INDIRECT, probe, "insmod");
		add = sample_stack(w, SAMPLE_ADD, unloaded, false);
		sample_total(w, add, 3);
		if (number == 2) {
			sample_finding(w, 0xffff888000002000, KLEAK_VERDICT_LEAK, add, "modprobe");
			sample_finding(w, 0xffff888000002100, KLEAK_VERDICT_LEAK, add, "modprobe");
			sample_finding(w, 0xffff888000002200, KLEAK_VERDICT_LEAK, add, "udevd");
		}
		if (number == 1) {
			open = sample_stack(w, SAMPLE_OPEN, false, false);
			sample_total(w, open, 1);
			sample_finding(w, 0xffff888000003000, KLEAK_VERDICT_LEAK, open, "cat");
			sample_finding(w, 0xffff888000003100, KLEAK_VERDICT_YOUNG, open, "cat");
		}
	}
	CHECK_OK(kl_writer_add_counter(w, KL_COUNTER_OBJECTS, 7));
	CHECK_OK(kl_writer_add_duration(w, "mark", 12.5));
	CHECK_OK(kl_writer_add_option(w, "settings", number == 3 ? "min-age=0" : "defaults"));
	CHECK_OK(kl_writer_add_library(w, "SQLite", "3"));
	CHECK_OK(kl_writer_commit(w, &id));
	CHECK_INT(id, number);
}

/* Writes all three runs to the new file @path. */
static inline void sample_write(const char *path)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	int number;

	CHECK_OK(kl_store_open(path, KL_STORE_WRITE, NULL, &store));
	for (number = 1; number <= 3 && store; number++)
		sample_write_run(store, number);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks that several runs of one boot met, each knowing something else about them. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "store/reader.h"
#include "store/writer.h"

/* One stack in two dumps of one boot: @symbol and @file are what the run knows of the second frame. */
static int64_t write_named_run(struct kl_store *store, const char *boot, const char *symbol, const char *file)
{
	const struct kl_store_frame stack[] = {
		{.address = 0x1000, .symbol = "put_in", .file = file, .line = 7, .inlined = true},
		{.address = 0x1000, .symbol = symbol, .file = file, .line = file ? 9 : KL_UNKNOWN},
		{.address = 0x2000, .symbol = "outer+0x2/0x3", .line = KL_UNKNOWN},
	};
	_cleanup_(kl_writer_destroyp) struct kl_writer *w = NULL;
	struct kl_store_run run = {
		.dump = "/var/crash/vmcore",
		.boot_id = boot,
		.coverage = -1,
		.kmemleak_state = KL_KMEMLEAK_ON,
		.policy = "kernel",
		.tool_version = "0.1.0",
	};
	int64_t id = 0, ignored;

	CHECK_OK(kl_writer_begin(store, &run, &w));
	CHECK_OK(file ? kl_writer_add_stack(w, stack, 3, &id) : kl_writer_add_stack(w, stack + 1, 2, &id));
	CHECK_OK(kl_writer_add_total(w, &(struct kl_store_total){id, KLEAK_CLASS_VIRTUAL, 1, 32}));
	CHECK_OK(kl_writer_commit(w, &ignored));
	return id;
}

static void test_names_come_from_all_runs_of_a_boot(void)
{
	struct kl_store *store = NULL;
	int64_t unnamed, lines, named, other, all[3];
	char directory[] = "/tmp/test_named_stack.XXXXXX", path[64];
	const struct kl_store_frame *back;
	struct kl_reader *reader;
	bool borrowed;
	size_t n, i;

	snprintf(path, sizeof(path), "%s/test.db", mkdtemp(directory));
	CHECK_OK(kl_store_open(path, KL_STORE_WRITE, NULL, &store));
	unnamed = all[0] = write_named_run(store, "boot", "0x1000", NULL);
	lines = all[1] = write_named_run(store, "boot", "0x1000", "mod.c");
	named = all[2] = write_named_run(store, "boot", "leaky+0x1/0x2 [mod]", NULL);
	other = write_named_run(store, "other", "0x1000", NULL);
	CHECK(unnamed != lines && lines != named);
	CHECK_INT(other, unnamed);
	CHECK_OK(kl_reader_create(store, &reader));
	for (i = 0; i < 3; i++) {
		CHECK_OK(kl_reader_named_stack(reader, all[i], "boot", &back, &n, &borrowed));
		CHECK_INT(n, 3);
		CHECK_STR(back[0].symbol, "put_in");
		CHECK(back[0].inlined && !back[1].inlined);
		CHECK_STR(back[1].symbol, "leaky+0x1/0x2 [mod]");
		CHECK_STR(back[1].file, "mod.c");
		CHECK_INT(back[1].line, 9);
		CHECK_STR(back[2].symbol, "outer+0x2/0x3");
		CHECK(borrowed == (all[i] != named));
	}
	CHECK_OK(kl_reader_named_stack(reader, unnamed, "elsewhere", &back, &n, NULL));
	CHECK_INT(n, 2);
	CHECK_STR(back[0].symbol, "0x1000");
	kl_reader_destroy(reader);
	kl_store_close(store);
	unlink(path);
	rmdir(directory);
}

int main(void)
{
	RUN(test_names_come_from_all_runs_of_a_boot);
	return DONE();
}

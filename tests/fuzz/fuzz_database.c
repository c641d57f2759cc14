/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A database from a stranger, and everything that is printed from one. */
#include "fuzz.h"

#include "report/diff.h"
#include "report/diff_print.h"
#include "report/report.h"
#include "report/tree.h"

static FILE *nowhere;

static void print_run(struct kl_reader *reader, int64_t id)
{
	static const char *const formats[] = {"text", "json", "kmemleak", "allocinfo"};
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		struct kl_report report = {.out = nowhere, .reader = reader, .verbose = true};

		kl_error_destroy(kl_report_write(&report, kl_report_format_find(formats[i]), id));
	}
}

static void print_what_relates_runs(struct kl_reader *reader, int64_t id)
{
	struct kl_diff_print print = {.out = nowhere, .reader = reader, .all = true};
	_cleanup_diff_ struct kl_diff diff;
	_cleanup_(kl_tree_deinit) struct kl_tree tree = {};

	struct kl_error *err = kl_diff_make(reader, id, 0, &diff);

	if (!err)
		err = kl_diff_print_json(&print, &diff);
	kl_error_destroy(err);
	kl_error_destroy(kl_tree_read(reader, id, &tree));
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	_cleanup_free_ int64_t *ids = NULL;
	const struct kl_progress *progress = fuzz_patience();
	struct kl_error *err;
	size_t count = 0, i;
	char path[96];

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	snprintf(path, sizeof(path), "%s/kleak.db", fuzz_directory());
	fuzz_write(path, data, size);
	err = kl_store_open(path, KL_STORE_READ, progress, &store);
	if (!err)
		err = kl_reader_create(store, &reader);
	if (!err)
		err = kl_reader_run_ids(reader, &ids, &count);
	for (i = 0; i < count && i < 4; i++) {
		print_run(reader, ids[i]);
		print_what_relates_runs(reader, ids[i]);
	}
	kl_error_destroy(err);
}

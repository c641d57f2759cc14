/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_ask.h: everything that is printed from a database. Each input chooses one question: all of them took ten times
 * as long, and what they have in common is asked by each. */
#ifndef KL_TESTS_FUZZ_ASK_H
#define KL_TESTS_FUZZ_ASK_H

#include "fuzz.h"

#include "analysis/answer_stored.h"
#include "report/audit_print.h"
#include "report/diff.h"
#include "report/diff_print.h"
#include "report/report.h"
#include "report/tree.h"
#include "report/why_print.h"

static FILE *fuzz_nowhere_;

static const char *const fuzz_formats_[] = {
#define KL_FORMAT(name, what) #name,
#include "report/formats.def"
#undef KL_FORMAT
};
#define FUZZ_FORMATS (sizeof(fuzz_formats_) / sizeof(*fuzz_formats_))
#define FUZZ_QUESTIONS (2 * (FUZZ_FORMATS + 4))

static inline struct kl_error *fuzz_ask_report_(struct kl_reader *reader, int64_t id, unsigned format, bool verbose)
{
	struct kl_report report = {.out = fuzz_nowhere_, .reader = reader, .verbose = verbose, .color = verbose};

	return kl_report_write(&report, kl_report_format_find(fuzz_formats_[format]), id);
}

static inline struct kl_error *fuzz_ask_diff_(struct kl_reader *reader, int64_t id, bool json)
{
	struct kl_diff_print print = {.out = fuzz_nowhere_, .reader = reader, .all = true};
	_cleanup_diff_ struct kl_diff diff;
	struct kl_error *err = kl_diff_make(reader, id, 0, &diff);

	if (err)
		return err;
	return json ? kl_diff_print_json(&print, &diff) : kl_diff_print_text(&print, &diff);
}

struct fuzz_first_ {
	uint64_t address, stack_hash;
};

static inline struct kl_error *fuzz_take_first_(void *context, const struct kl_store_finding *finding)
{
	struct fuzz_first_ *first = context;

	first->address = finding->address;
	first->stack_hash = finding->stack_hash;
	return kl_error_create(KL_ERROR_INTERRUPTED, "one is enough");
}

static inline struct fuzz_first_ fuzz_first_finding_(struct kl_reader *reader, int64_t id)
{
	struct fuzz_first_ first = {};

	kl_error_destroy(kl_reader_findings(reader, id, fuzz_take_first_, &first));
	return first;
}

static inline struct kl_error *fuzz_ask_tree_(struct kl_reader *reader, int64_t id, bool json)
{
	struct kl_tree_print print = {.out = fuzz_nowhere_, .json = json, .all = true, .run_id = id};
	_cleanup_(kl_tree_deinit) struct kl_tree tree = {};
	struct fuzz_first_ first = fuzz_first_finding_(reader, id);
	bool found;
	struct kl_error *err = kl_tree_read(reader, id, &tree);

	if (!err)
		err = kl_tree_below(&tree, first.address, &found);
	if (!err)
		err = kl_tree_of_group(&tree, first.stack_hash, &found);
	return err ? err : kl_tree_print(&print, &tree);
}

static inline struct kl_error *fuzz_ask_why_(struct kl_reader *reader, int64_t id, bool json)
{
	struct kl_why_print print = {.out = fuzz_nowhere_, .json = json, .all = true, .run_id = id};
	_cleanup_(kl_answers_deinit) struct kl_answers answers = {};
	const struct kl_store_answer *answer;
	bool found;
	struct kl_error *err =
		kl_answers_add_stored(reader, id, fuzz_first_finding_(reader, id).address, &answers, &found);

	kl_why_begin(&print);
	kl_vec_for_each (answer, &answers.list) {
		if (!err)
			err = kl_why_answer(&print, answer);
	}
	kl_why_end(&print);
	return err;
}

static inline struct kl_error *fuzz_ask_audit_(struct kl_reader *reader, int64_t id, bool json)
{
	struct kl_audit_print print = {.out = fuzz_nowhere_, .reader = reader, .all = true, .json = json};
	bool partial;

	return kl_print_audit(&print, id, &partial);
}

/* @question: any number. @id: of the run, 0 for the newest. */
static inline void fuzz_ask(struct kl_reader *reader, int64_t id, unsigned question)
{
	bool second = question & 1;
	struct kl_error *err;

	if (!fuzz_nowhere_)
		fuzz_nowhere_ = fopen("/dev/null", "w");
	question = question % FUZZ_QUESTIONS / 2;
	switch (question) {
	case FUZZ_FORMATS:
		err = fuzz_ask_diff_(reader, id, second);
		break;
	case FUZZ_FORMATS + 1:
		err = fuzz_ask_tree_(reader, id, second);
		break;
	case FUZZ_FORMATS + 2:
		err = fuzz_ask_why_(reader, id, second);
		break;
	case FUZZ_FORMATS + 3:
		err = fuzz_ask_audit_(reader, id, second);
		break;
	default:
		err = fuzz_ask_report_(reader, id, question, second);
	}
	kl_error_destroy(err);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/why_print.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/answer_stored.h"
#include "cli/inquire.h"

const char kl_help_why[] =
	"usage: kleak-dump why [OPTION]... ADDRESS | GROUP...\n"
	"       kleak-dump why [OPTION]... --findings\n"
	"Says why an object is a finding, or why it is not. Of a finding: every word of the dump that holds its\n"
	"address, or one inside it, and why that word does not count. Of a reachable object: how it is reached\n"
	"from a root, over words that are no leftovers if there is such a way. ADDRESS is hexadecimal, and may\n"
	"lie inside the object; GROUP is a stack_hash: all findings of that group. When the dump is gone or changed,\n"
	"the database still tells what a scan saw of a finding.\n"
	"\n" KL_INQUIRE_HELP "  --findings       all findings of the run\n"
	"  --all            of reachable objects, too, every word\n"
	"  -v               name every word, however many\n"
	"\n"
	"Exit codes: 0; 3 when there is no such object, or the dump cannot be read.\n";

enum {
	OPTION_ALL = KL_OPTION_INQUIRE_END,
	OPTION_FINDINGS,
};

struct request {
	struct kl_inquire inquire;
	bool all, findings;
	KL_VEC(uint32_t) rows;
	struct kl_answers answers;
	char *note; /* why the answers are not from the dump */
};

static void request_deinit(struct request *r)
{
	kl_vec_deinit(&r->rows);
	kl_answers_deinit(&r->answers);
	kl_inquire_deinit(&r->inquire);
	free(r->note);
}

static struct kl_error *parse_why_arguments(struct kl_cli *cli, int argc, char **argv, struct request *r)
{
	static const struct option options[] = {KL_INQUIRE_OPTIONS,
						{"all", no_argument, NULL, OPTION_ALL},
						{"findings", no_argument, NULL, OPTION_FINDINGS},
						KL_COMMON_OPTIONS};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == OPTION_ALL)
			r->all = true;
		else if (option == OPTION_FINDINGS)
			r->findings = true;
		else
			err = kl_inquire_option(&r->inquire, option);
		if (err)
			return err;
	}
	if (!err && !cli->help && (optind < argc) == r->findings)
		err = kl_error_create(KL_ERROR_USAGE, "why needs addresses, or --findings");
	return err;
}

/* ---- which objects ---- */

static struct kl_error *add_row_of_finding(void *context, const struct kl_store_finding *finding)
{
	struct request *r = context;
	uint32_t row;
	struct kl_error *err = kl_inquire_object(&r->inquire, finding->address, &row);

	if (!err && !kl_vec_push(&r->rows, row))
		err = kl_error_nomem();
	return err;
}

/* An address, or else a group of the run. */
static struct kl_error *add_argument(struct request *r, const char *text)
{
	struct kl_inquire *q = &r->inquire;
	size_t before = r->rows.count;
	uint64_t number;
	struct kl_error *err = kl_inquire_address(text, &number);
	uint32_t row;

	if (err)
		return err;
	row = kl_inquiry_find(&q->inquiry, number);
	if (row != KL_NO_OBJECT)
		return kl_vec_push(&r->rows, row) ? NULL : kl_error_nomem();
	if (q->reader)
		err = kl_reader_group_findings(q->reader, q->run.id, number, add_row_of_finding, r);
	return err || r->rows.count > before ? err : kl_inquire_object(q, number, &row);
}

static struct kl_error *add_findings(struct request *r)
{
	const struct kl_finding *finding;

	kl_vec_for_each (finding, &r->inquire.repeat.analysis->judgement.findings.list) {
		if (!kl_vec_push(&r->rows, finding->row))
			return kl_error_nomem();
	}
	return NULL;
}

/* ---- answers ---- */

static struct kl_error *answer_why_from_dump(struct request *r, char **arguments, int n)
{
	const struct kl_answer_options options = {.search = true, .all = r->all};
	struct kl_error *err = r->findings ? add_findings(r) : NULL;
	int i;

	for (i = 0; i < n && !err; i++)
		err = add_argument(r, arguments[i]);
	return err ? err : kl_answers_make(&r->inquire.inquiry, r->rows.data, r->rows.count, &options, &r->answers);
}

/* @why: what is wrong with the dump; returned when the database does not hold the answer either. */
static struct kl_error *answer_why_from_store(struct request *r, char **arguments, int n, struct kl_error *why)
{
	struct kl_inquire *q = &r->inquire;
	bool found = q->reader && q->run.edges && n > 0;
	struct kl_error *err = NULL;
	int i;

	for (i = 0; i < n && found && !err; i++) {
		uint64_t address;

		err = kl_inquire_address(arguments[i], &address);
		if (!err)
			err = kl_answers_add_stored(q->reader, q->run.id, address, &r->answers, &found);
	}
	if (!err && found)
		r->note = strdup(kl_error_message(why));
	if (!err && found && r->note) {
		kl_error_destroy(why);
		return NULL;
	}
	kl_error_destroy(err);
	return why;
}

static struct kl_error *print(struct kl_cli *cli, const struct request *r)
{
	struct kl_why_print p = {
		.color = cli->color,
		.json = cli->json,
		.all = cli->verbosity > 0,
		.run_id = r->inquire.run.id,
		.note = r->note,
	};
	struct kl_error *err = kl_cli_output(cli, &p.out);
	size_t i;

	if (err)
		return err;
	kl_why_begin(&p);
	for (i = 0; i < r->answers.list.count && !err; i++)
		err = kl_why_answer(&p, &r->answers.list.data[i]);
	kl_why_end(&p);
	return err;
}

struct kl_error *kl_cmd_why(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(request_deinit) struct request r = {};
	struct kl_error *err = parse_why_arguments(cli, argc, argv, &r);

	(void)ret;
	if (err || cli->help)
		return err;
	err = kl_inquire_open(cli, &r.inquire);
	if (err)
		return err;
	err = kl_inquire_dump(&r.inquire);
	if (!err)
		err = answer_why_from_dump(&r, argv + optind, argc - optind);
	else if (kl_error_code(err) == KL_ERROR_NOT_FOUND || kl_error_code(err) == KL_ERROR_MISMATCH)
		err = answer_why_from_store(&r, argv + optind, argc - optind, err);
	kl_cli_progress_clear();
	return err ? err : print(cli, &r);
}

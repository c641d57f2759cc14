/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/refs_print.h"

#include <inttypes.h>
#include <string.h>

#include "cli/inquire.h"

const char kl_help_refs[] =
	"usage: kleak-dump refs [OPTION]... ADDRESS\n"
	"Names the references to an object that a scan sees: what each stands in, whether it counts, and why not.\n"
	"ADDRESS is hexadecimal, and may lie inside the object. Of findings the database knows them; of other objects\n"
	"it does after `analyze --edges all`, otherwise the dump is read again.\n"
	"\n" KL_INQUIRE_HELP "  --from           the references that stand in the object\n"
	"\n"
	"Exit codes: 0; 3 when there is no such object, or the dump cannot be read.\n";

static struct kl_error *print_stored(void *context, const struct kl_store_word *word)
{
	return kl_refs_word(context, word);
}

static struct kl_error *print_found(void *context, uint32_t row, const struct kl_store_word *word)
{
	(void)row;
	return kl_refs_word(context, word);
}

static struct kl_error *use_start(void *context, const struct kl_store_finding *finding)
{
	struct kl_refs_print *print = context;

	print->address = finding->address;
	return NULL;
}

/* @ret: whether the database holds the answer. Findings are objects that are known to exist; of others only their
 * references tell. */
static struct kl_error *answer_refs_from_store(struct kl_inquire *q, struct kl_refs_print *print, bool *ret)
{
	bool all = q->reader && q->run.edges && !strcmp(q->run.edges, "all"), finding = false;
	struct kl_error *err = NULL;

	*ret = false;
	if (!q->reader || !q->run.edges || (print->from && !all))
		return NULL;
	err = kl_reader_finding_at(q->reader, q->run.id, print->address, use_start, print, &finding);
	if (err || !finding)
		return err;
	*ret = print->stored = true;
	kl_refs_begin(print);
	err = kl_reader_references(q->reader, q->run.id, print->address, print->from, print_stored, print);
	if (!err)
		kl_refs_end(print);
	return err;
}

static struct kl_error *answer_refs_from_dump(struct kl_inquire *q, struct kl_refs_print *print)
{
	uint32_t row = KL_NO_OBJECT;
	struct kl_error *err = kl_inquire_dump(q);

	if (!err)
		err = kl_inquire_object(q, print->address, &row);
	if (err)
		return err;
	print->address = q->repeat.analysis->snapshot.heap.address[row];
	kl_refs_begin(print);
	err = kl_inquiry_references(&q->inquiry, row, print->from, print_found, print);
	if (!err)
		kl_refs_end(print);
	return err;
}

struct kl_error *kl_cmd_refs(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {
		KL_INQUIRE_OPTIONS, {"from", no_argument, NULL, KL_OPTION_INQUIRE_END}, KL_COMMON_OPTIONS};
	_cleanup_(kl_inquire_deinit) struct kl_inquire q = {};
	struct kl_refs_print print = {};
	struct kl_error *err = kl_inquire_parse(cli, argc, argv, "refs", options, &print.from, &q, &print.address);
	bool answered = false;

	(void)ret;
	if (err || cli->help)
		return err;
	print.json = cli->json;
	err = kl_inquire_open(cli, &q);
	print.run_id = q.run.id;
	if (!err)
		err = kl_cli_output(cli, &print.out);
	if (!err)
		err = answer_refs_from_store(&q, &print, &answered);
	return err || answered ? err : answer_refs_from_dump(&q, &print);
}

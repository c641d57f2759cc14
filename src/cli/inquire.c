/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/inquire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kl_error *kl_inquire_option(struct kl_inquire *q, int option)
{
	switch (option) {
	case KL_OPTION_RUN:
		return kl_cli_number(optarg, "--run", &q->run_id);
	case KL_OPTION_DUMP:
		q->options.dump = optarg;
		break;
	case KL_OPTION_INQUIRE_VMLINUX:
		q->options.vmlinux = optarg;
		break;
	case KL_OPTION_INQUIRE_MODULES:
		q->options.modules_dir = optarg;
		break;
	default:
		if (!kl_vec_push(&q->modules, (const char *)optarg))
			return kl_error_nomem();
	}
	q->options.modules = q->modules.data;
	q->options.n_modules = q->modules.count;
	return NULL;
}

struct kl_error *kl_inquire_open(struct kl_cli *cli, struct kl_inquire *q)
{
	struct kl_error *err;

	q->options.progress = &cli->progress;
	if (q->options.dump && !q->run_id && access(cli->db, F_OK))
		return kl_inquire_dump(cli, q);
	err = kl_cli_open(cli, KL_STORE_READ, &q->store);
	if (!err)
		err = kl_reader_create(q->store, &q->reader);
	return err ? err : kl_reader_run(q->reader, q->run_id, &q->run);
}

struct kl_error *kl_inquire_dump(struct kl_cli *cli, struct kl_inquire *q)
{
	_cleanup_strbuf_ struct kl_strbuf settings = {};
	struct kl_error *err = NULL;

	if (q->has_dump)
		return NULL;
	q->has_dump = true;
	if (q->reader)
		err = kl_reader_option(q->reader, q->run.id, "settings", &settings);
	if (!err)
		err = q->reader ? kl_repeat_run(&q->run, kl_strbuf_string(&settings), &q->options, &q->repeat)
				: kl_repeat_dump(&q->options, &q->repeat);
	if (!err)
		err = kl_inquiry_begin(q->repeat.analysis, &q->inquiry);
	(void)cli;
	kl_cli_progress_clear();
	return err;
}

void kl_inquire_deinit(struct kl_inquire *q)
{
	kl_inquiry_deinit(&q->inquiry);
	kl_repeat_deinit(&q->repeat);
	kl_store_run_deinit(&q->run);
	kl_reader_destroy(q->reader);
	kl_store_close(q->store);
	kl_vec_deinit(&q->modules);
}

bool kl_inquire_address(const char *text, uint64_t *ret)
{
	char *end;

	if (!strchr("0123456789abcdefABCDEF", *text) || !*text)
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 16);
	return !errno && !*end;
}

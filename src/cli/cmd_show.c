/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/show_print.h"

#include "analysis/whatis.h"
#include "cli/inquire.h"

/* Bytes that are shown. */
#define CONTENT 128
#define ALL_CONTENT 4096

const char kl_help_show[] =
	"usage: kleak-dump show [OPTION]... ADDRESS\n"
	"Says what is at an address (hexadecimal): of an object its slab cache, type, sizes, verdict, who allocated\n"
	"it and when, what hangs on it; of any other address the symbol, stack, struct page, module, per-CPU\n"
	"variable, free slot or kind of page. Then what stands there, with the names of what it points to.\n"
	"\n" KL_INQUIRE_HELP "  -v               show up to 4 KiB instead of 128 bytes\n"
	"\n"
	"Exit codes: 0; 3 when nothing is there, or the dump cannot be read.\n";

struct kl_error *kl_cmd_show(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {KL_INQUIRE_OPTIONS, KL_COMMON_OPTIONS};
	_cleanup_(kl_inquire_deinit) struct kl_inquire q = {};
	_cleanup_(kl_whatis_deinit) struct kl_whatis what = {};
	uint64_t address = 0;
	struct kl_error *err = kl_inquire_parse(cli, argc, argv, "show", options, NULL, &q, &address);
	struct kl_show_print print = {.color = cli->color, .json = cli->json};

	(void)ret;
	if (err || cli->help)
		return err;
	err = kl_inquire_open(cli, &q);
	if (!err)
		err = kl_inquire_dump(&q);
	if (!err)
		err = kl_whatis_find(&q.inquiry, address, cli->verbosity > 0 ? ALL_CONTENT : CONTENT, &what);
	if (!err)
		err = kl_cli_output(cli, &print.out);
	print.run_id = q.run.id;
	return err ? err : kl_show_print(&print, &what.thing);
}

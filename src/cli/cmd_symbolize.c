/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "analysis/symbolize_run.h"
#include "cli/cli.h"
#include "cli/find_run.h"
#include "report/emitter.h"
#include "report/human.h"
#include "util/vec.h"

const char kl_help_symbolize[] =
	"usage: kleak-dump symbolize [OPTION]... [RUN]\n"
	"Names the source lines of a stored run, and the functions that the compiler put into others, as `analyze\n"
	"--lines` does, from debug information that came later. The dump is not needed. RUN is a number, latest (the\n"
	"default), latest~1 or the path of a dump. Other runs of the same boot show these lines, too.\n"
	"\n"
	"  --vmlinux FILE      the kernel with its debug information (default: looked for as `analyze` does)\n"
	"  --module FILE       debug information of a module; may be repeated\n"
	"  --modules DIR       where to look for that of other modules\n"
	"  --strip-prefix DIR  cut DIR off the names of source files; where the kernel was compiled is cut off anyway\n"
	"  --unpack-limit SIZE\n"
	"                      to how much a compressed file may unpack (default: 4G, and 64 times its size)\n"
	"\n"
	"Exit codes: 0; 3 when there is no such run or file, or a file is of another kernel.\n";

enum {
	OPTION_VMLINUX = KL_OPTION_FIRST,
	OPTION_MODULE,
	OPTION_MODULES,
	OPTION_STRIP_PREFIX,
	OPTION_UNPACK_LIMIT,
};

struct symbolize_arguments {
	struct kl_symbolize_options options;
	KL_VEC(const char *) modules;
};

static void symbolize_arguments_deinit(struct symbolize_arguments *a)
{
	kl_vec_deinit(&a->modules);
}

static struct kl_error *take_symbolize_option(struct symbolize_arguments *a, int option, const char *value)
{
	switch (option) {
	case OPTION_VMLINUX:
		a->options.vmlinux = value;
		return NULL;
	case OPTION_MODULE:
		return kl_vec_push(&a->modules, value) ? NULL : kl_error_nomem();
	case OPTION_MODULES:
		a->options.modules_dir = value;
		return NULL;
	case OPTION_STRIP_PREFIX:
		a->options.strip_prefix = value;
		return NULL;
	default:
		return kl_cli_size(value, "--unpack-limit", &a->options.unpack_limit);
	}
}

static struct kl_error *parse_symbolize_arguments(struct kl_cli *cli, int argc, char **argv,
						  struct symbolize_arguments *a)
{
	static const struct option options[] = {{"vmlinux", required_argument, NULL, OPTION_VMLINUX},
						{"module", required_argument, NULL, OPTION_MODULE},
						{"modules", required_argument, NULL, OPTION_MODULES},
						{"strip-prefix", required_argument, NULL, OPTION_STRIP_PREFIX},
						{"unpack-limit", required_argument, NULL, OPTION_UNPACK_LIMIT},
						KL_COMMON_OPTIONS};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		err = take_symbolize_option(a, option, optarg);
		if (err)
			return err;
	}
	a->options.modules = a->modules.data;
	a->options.n_modules = a->modules.count;
	a->options.progress = &cli->progress;
	if (!err && !cli->help && argc - optind > 1)
		return kl_error_create(KL_ERROR_USAGE, "symbolize takes one run");
	return err;
}

static struct kl_error *print_symbolized(struct kl_cli *cli, int64_t run_id, const struct kl_symbolized *s)
{
	_cleanup_strbuf_ struct kl_strbuf vmlinux = {};
	struct kl_emitter e = {};
	struct kl_error *err = kl_cli_output(cli, &e.out);

	if (err)
		return err;
	if (cli->json) {
		kl_emit_object(&e, NULL);
		kl_emit_int(&e, "schema_version", KLEAK_VIEW_VERSION);
		kl_emit_int(&e, "run_id", run_id);
		kl_emit_string(&e, "vmlinux", s->vmlinux);
		kl_emit_int(&e, "stacks", (int64_t)s->stacks);
		kl_emit_int(&e, "frames", (int64_t)s->frames);
		kl_emit_int(&e, "lines_before", (int64_t)s->before);
		kl_emit_int(&e, "lines", (int64_t)s->lines);
		kl_emit_end(&e);
		return NULL;
	}
	fprintf(e.out, "run %" PRId64 ": %zu of the %zu frames in %zu stacks have a source line (%zu had one)\n",
		run_id, s->lines, s->frames, s->stacks, s->before);
	kl_human_text(&vmlinux, s->vmlinux ? s->vmlinux : "none at hand: lines of modules only");
	fprintf(e.out, "vmlinux: %s\n", kl_strbuf_string(&vmlinux));
	return NULL;
}

static struct kl_error *find_run_to_symbolize(struct kl_store *store, const char *text, int64_t *ret)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_error *err = kl_reader_create(store, &reader);

	return err ? err : kl_cli_stored_run(reader, text ? text : "latest", ret);
}

struct kl_error *kl_cmd_symbolize(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(symbolize_arguments_deinit) struct symbolize_arguments arguments = {};
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	struct kl_symbolized counts = {};
	struct kl_error *err;
	int64_t run_id = 0;

	*ret = KLEAK_EXIT_OK;
	err = parse_symbolize_arguments(cli, argc, argv, &arguments);
	if (err || cli->help)
		return err;
	err = kl_cli_open(cli, KL_STORE_WRITE, &store);
	if (!err)
		err = find_run_to_symbolize(store, optind < argc ? argv[optind] : NULL, &run_id);
	if (!err)
		err = kl_symbolize_run(&arguments.options, store, run_id, &counts);
	kl_cli_progress_clear();
	if (!err)
		err = print_symbolized(cli, run_id, &counts);
	free(counts.vmlinux);
	return err;
}

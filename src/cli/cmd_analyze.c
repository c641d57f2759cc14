/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd_analyze.h"

#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "analysis/record.h"
#include "analysis/sweep.h"
#include "cli/print_sweep.h"
#include "report/report.h"
#include "store/reader.h"

const char kl_help_analyze[] =
	"usage: kleak-dump analyze [OPTION]... DUMP...\n"
	"Opens a crash dump, rebuilds every object that kmemleak tracked, replays its scan, stores the findings in "
	"the\n"
	"database and prints them. Several DUMPs are analysed one after the other.\n"
	"\n"
	"  --vmlinux FILE     the kernel with its debug information; otherwise it is looked for beside the dump, "
	"under\n"
	"                     $KLEAK_DEBUG_PATH and under /usr/lib/debug, and is not needed for a kernel seen before\n"
	"  --lines            store and show file:line of the findings' stack frames (needs the vmlinux)\n"
	"  --module FILE      debug information of a module, for its lines; may be repeated\n"
	"  --modules DIR      where to look for those of other modules\n"
	"  --split            the DUMPs are the parts of one split set\n"
	"  --vmcoreinfo FILE  VMCOREINFO as text, for a dump that lacks it\n"
	"  --force            accept a vmlinux that does not belong to the dump\n"
	"  --policy precise   use what only a frozen machine can know: live stacks, registers, leftovers (default)\n"
	"  --policy kernel    what the kernel's own scan would find at that instant; also says how well that agrees "
	"with\n"
	"                     the colours that its last scan left in the dump\n"
	"  --precise +A,-B    switch refinements of the policy precise on and off: live-stacks, stack-once, "
	"mask-metadata,\n"
	"                     mask-sheaves, mask-vmap, mask-modules, mask-percpu, percpu-exact, types\n"
	"  --explain-policy   print what each refinement changed in this dump\n"
	"  --min-age SECONDS  younger objects are no leaks (default: as the kernel)\n"
	"  --min-unref-scans N  scans of the kernel that must have found an object unreferenced\n"
	"  --stacks live|full|none, --registers yes|no, --interior yes|no, --types yes|no\n"
	"                     what may hold references, and which words and addresses count\n"
	"  --untracked yes|no  look in pages that kmemleak does not track for references, too\n"
	"  --root ADDR,LEN    more memory to start from; may be repeated\n"
	"  --sweep NAME=V,V   mark under every value of a threshold, and under all combinations when repeated\n"
	"  --explain-disagreements\n"
	"                     with --policy kernel: name the objects whose colour differs from the stored one\n"
	"  --fail-on-leaks    exit code 1 when there are leaks\n"
	"\n"
	"Exit codes: 0; 1 with --fail-on-leaks; 3 an input cannot be used; 4 done, but something was missing.\n";

enum {
	OPTION_VMLINUX = KL_OPTION_FIRST,
	OPTION_LINES,
	OPTION_MODULE,
	OPTION_MODULES,
	OPTION_SPLIT,
	OPTION_VMCOREINFO,
	OPTION_FORCE,
	OPTION_POLICY,
	OPTION_EXPLAIN,
	OPTION_FAIL,
	OPTION_PRECISE,
	OPTION_EXPLAIN_POLICY,
	OPTION_ROOT,
	OPTION_SWEEP,
	OPTION_THRESHOLD, /* and one for each */
};

enum {
#define X(id, name, values, help) THRESHOLD_##id,
	KL_THRESHOLDS(X)
#undef X
};

static const char *const threshold_names[] = {
#define X(id, name, values, help) name,
	KL_THRESHOLDS(X)
#undef X
};

struct settings {
	KL_VEC(const char *) modules;
	struct kl_settings marking;
	struct kl_sweep sweep;
	bool explain_policy;
	struct kl_analysis_options analysis;
	bool split;
	bool explain;
	bool fail_on_leaks;
};

struct kl_error *kl_cli_analyze_dump(const struct kl_analysis_options *options, struct kl_store *store,
				     int64_t *ret_run, struct kl_analysis **ret_analysis)
{
	_cleanup_(kl_analysis_destroyp) struct kl_analysis *a = NULL;
	struct kl_error *err = kl_analysis_run(options, &a);

	if (!err)
		err = kl_record_analysis(a, store, ret_run);
	if (!err && ret_analysis)
		*ret_analysis = kl_take(a);
	return err;
}

/* Options about how to mark. */
static struct kl_error *parse_marking(struct settings *s, int option, const char *value)
{
	switch (option) {
	case OPTION_POLICY:
		return kl_settings_policy(&s->marking, value);
	case OPTION_PRECISE:
		return kl_settings_refinements(&s->marking, value);
	case OPTION_ROOT:
		return kl_settings_root(&s->marking, value);
	case OPTION_SWEEP:
		return kl_sweep_add(&s->sweep, value);
	case OPTION_EXPLAIN_POLICY:
		s->explain_policy = true;
		return NULL;
	default:
		return kl_settings_threshold(&s->marking, threshold_names[option - OPTION_THRESHOLD], value);
	}
}

static struct kl_error *parse(struct kl_cli *cli, int argc, char **argv, struct settings *s)
{
	static const struct option options[] = {
		{"vmlinux", required_argument, NULL, OPTION_VMLINUX},
		{"lines", no_argument, NULL, OPTION_LINES},
		{"module", required_argument, NULL, OPTION_MODULE},
		{"modules", required_argument, NULL, OPTION_MODULES},
		{"split", no_argument, NULL, OPTION_SPLIT},
		{"vmcoreinfo", required_argument, NULL, OPTION_VMCOREINFO},
		{"force", no_argument, NULL, OPTION_FORCE},
		{"policy", required_argument, NULL, OPTION_POLICY},
		{"explain-disagreements", no_argument, NULL, OPTION_EXPLAIN},
		{"fail-on-leaks", no_argument, NULL, OPTION_FAIL},
		{"precise", required_argument, NULL, OPTION_PRECISE},
		{"explain-policy", no_argument, NULL, OPTION_EXPLAIN_POLICY},
		{"root", required_argument, NULL, OPTION_ROOT},
		{"sweep", required_argument, NULL, OPTION_SWEEP},
#define X(id, name, values, help) {name, required_argument, NULL, OPTION_THRESHOLD + THRESHOLD_##id},
		KL_THRESHOLDS(X)
#undef X
			KL_COMMON_OPTIONS,
	};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == OPTION_VMLINUX)
			s->analysis.vmlinux = optarg;
		else if (option == OPTION_LINES)
			s->analysis.lines = true;
		else if (option == OPTION_MODULE)
			err = kl_vec_push(&s->modules, optarg) ? NULL : kl_error_nomem();
		else if (option == OPTION_MODULES)
			s->analysis.modules_dir = optarg;
		else if (option == OPTION_SPLIT)
			s->split = true;
		else if (option == OPTION_VMCOREINFO)
			s->analysis.vmcoreinfo = optarg;
		else if (option == OPTION_FORCE)
			s->analysis.force = true;
		else if (option == OPTION_EXPLAIN)
			s->explain = true;
		else if (option == OPTION_FAIL)
			s->fail_on_leaks = true;
		else
			err = parse_marking(s, option, optarg);
		if (err)
			return err;
	}
	if (err || cli->help)
		return err;
	s->analysis.modules = s->modules.data;
	s->analysis.n_modules = s->modules.count;
	s->analysis.lines |= s->modules.count || s->analysis.modules_dir;
	s->analysis.settings = &s->marking;
	s->analysis.sweeps_types = kl_sweep_has(&s->sweep, "types");
	if (optind == argc)
		return kl_error_create(KL_ERROR_USAGE, "analyze needs a dump");
	if (s->marking.policy == KL_POLICY_KERNEL && (s->sweep.count || s->explain_policy))
		return kl_error_create(KL_ERROR_USAGE, "--sweep and --explain-policy are for the policy precise");
	if (cli->json && (s->sweep.count || s->explain_policy))
		return kl_error_create(KL_ERROR_USAGE, "--sweep and --explain-policy print tables, not JSON");
	return kl_settings_check(&s->marking);
}

static void print_agreement(const struct kl_agreement *agreement)
{
	printf("replay: %zu of %zu objects have the colour that the kernel's last scan left (%.2f %%)\n",
	       agreement->agreed, agreement->compared,
	       agreement->compared ? 100.0 * (double)agreement->agreed / (double)agreement->compared : 100.0);
}

static void print_disagreements(const struct kl_analysis *a)
{
	const struct kl_heap *heap = &a->snapshot.heap;
	const struct kl_disagreement *d;

	kl_vec_for_each (d, &a->judgement.agreement.list) {
		printf("  0x%016" PRIx64 " size %" PRIu64 ": %s after the kernel's scan, %s now: %s\n",
		       heap->address[d->row], heap->size[d->row], kl_colour_name(d->stored), kl_colour_name(d->ours),
		       d->reason);
	}
}

static struct kl_error *print_run(struct kl_cli *cli, struct kl_store *store, int64_t run)
{
	_cleanup_(kl_reader_destroyp) struct kl_reader *reader = NULL;
	struct kl_report report = {.out = stdout, .colour = cli->colour, .terminal = isatty(STDOUT_FILENO)};
	struct kl_error *err = kl_reader_create(store, &reader);

	report.reader = reader;
	return err ? err : kl_report_write(&report, kl_report_format_find(cli->json ? "json" : "text"), run);
}

static struct kl_error *print_sweep(struct kl_analysis *a, const struct kl_sweep *sweep)
{
	struct kl_store_sweep rows = {};
	struct kl_error *err = kl_sweep_run(a, sweep, &rows);

	if (!err)
		err = kl_print_sweep(&rows, stdout);
	kl_vec_deinit(&rows.rows);
	return err;
}

static void print_types(const struct kl_type_counts *c)
{
	printf("Types are known of %" PRIu64 " objects in %" PRIu64 " slab caches and of %" PRIu64
	       " static variables; left out are caches that are shared (%" PRIu64
	       "), whose struct has another size (%" PRIu64 ") or is not known (%" PRIu64 ")%s\n",
	       c->objects, c->caches, c->variables, c->merged, c->resized, c->unknown,
	       c->incomplete ? "; debug information was missing" : "");
}

static struct kl_error *print_refinements(struct kl_analysis *a)
{
	struct kl_refinements refinements = {};
	struct kl_error *err = kl_sweep_refinements(a, &refinements);

	if (!err)
		err = kl_print_refinements(refinements.rows.data, refinements.rows.count, stdout);
	kl_vec_deinit(&refinements.rows);
	if (!err && a->marking.settings.types)
		print_types(&a->marking.facts.type_counts);
	return err;
}

static struct kl_error *analyze_one(struct kl_cli *cli, const struct settings *s, const char *const *dumps, size_t n,
				    struct kl_store *store, int *ret)
{
	_cleanup_(kl_analysis_destroyp) struct kl_analysis *a = NULL;
	_cleanup_free_ char *partial = NULL;
	struct kl_analysis_options options = s->analysis;
	struct kl_error *err;
	int64_t run;

	options.dumps = dumps;
	options.n_dumps = n;
	options.progress = &cli->progress;
	err = kl_cli_analyze_dump(&options, store, &run, &a);
	kl_cli_progress_clear();
	if (err)
		return err;
	err = print_run(cli, store, run);
	if (!err && !cli->json && a->judgement.agreement.compared) {
		print_agreement(&a->judgement.agreement);
		if (s->explain)
			print_disagreements(a);
	}
	if (!err && s->explain_policy)
		err = print_refinements(a);
	if (!err && s->sweep.count)
		err = print_sweep(a, &s->sweep);
	partial = kl_analysis_partial(a);
	if (partial)
		*ret = KLEAK_EXIT_PARTIAL;
	else if (s->fail_on_leaks && kl_analysis_has_leaks(a) && *ret == KLEAK_EXIT_OK)
		*ret = KLEAK_EXIT_FOUND;
	return err;
}

static void settings_deinit(struct settings *s)
{
	kl_vec_deinit(&s->modules);
	kl_settings_deinit(&s->marking);
	kl_sweep_deinit(&s->sweep);
}

struct kl_error *kl_cmd_analyze(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_(settings_deinit) struct settings s = {};
	struct kl_error *err;
	int i;

	kl_settings_init(&s.marking);
	err = parse(cli, argc, argv, &s);
	if (err || cli->help)
		return err;
	err = kl_cli_open(cli, KL_STORE_WRITE, &store);
	if (!err && s.split)
		return analyze_one(cli, &s, (const char *const *)argv + optind, (size_t)(argc - optind), store, ret);
	for (i = optind; i < argc && !err; i++)
		err = analyze_one(cli, &s, (const char *const *)argv + i, 1, store, ret);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <string.h>

#include "analysis/record.h"
#include "analysis/record_advice.h"
#include "analysis/sweep.h"
#include "cli/advice.h"
#include "cli/cli.h"
#include "cli/print_run.h"
#include "cli/sinks.h"

const char kl_help_analyze[] =
	"usage: kleak-dump analyze [OPTION]... DUMP...\n"
	"Opens a crash dump, finds every object that was allocated, marks what can be reached, stores what cannot,\n"
	"and prints it. Several DUMPs are analyzed one after the other.\n"
	"\n"
	"  --vmlinux FILE     the kernel with its debug information. Without this option it is looked for next to\n"
	"                     the dump, in $KLEAK_DEBUG_PATH and in /usr/lib/debug; a kernel seen before needs none\n"
	"  --types-from auto|vmlinux|btf\n"
	"                     what tells the kernel's types: a vmlinux, or what an earlier run learned from one, and\n"
	"                     without any the BTF in the dump (auto, the default); only the one, or the other\n"
	"  --btf FILE         the kernel's BTF, when the dump has none: .btf, /sys/kernel/btf/vmlinux, an ELF file\n"
	"  --lines            store and show file:line of the stack frames of findings (needs the vmlinux)\n"
	"  --module FILE      debug information of a module, for its lines; may be repeated\n"
	"  --modules DIR      where to look for that of other modules\n"
	"  --strip-prefix DIR cut DIR off the names of source files; where the kernel was compiled is cut off anyway\n"
	"  --unpack-limit SIZE\n"
	"                     to how much a compressed vmlinux or module may unpack (default: 4G, and 64 times its\n"
	"                     size)\n"
	"  --split            the DUMPs are the parts of one split set\n"
	"  --vmcoreinfo FILE  VMCOREINFO as text, for a dump that lacks it\n"
	"  --force            accept a vmlinux that does not belong to the dump\n"
	"  --edges findings|all|none\n"
	"                     whose references to store, for `refs` and the view of that name (default: findings)\n"
	"  --suppressions FILE\n"
	"                     rules for findings that are known already (docs/suppressions.md); may be repeated.\n"
	"                     $KLEAK_SUPPRESSIONS names more, separated by colons; a name without a slash that is no\n"
	"                     file is one of those that come with this program, such as \"kernel\"\n"
	"  --plugin PATH      a plugin, or a folder of them (docs/plugins.md); may be repeated\n"
	"  --no-plugins       not even those that are installed\n"
	"  --plugin-timeout SECONDS\n"
	"                     that one call of a plugin may take (default: 60)\n" KL_CLI_SINK_HELP
	"  --again            make one more run of a dump that was analyzed in the same way before; otherwise\n"
	"                     the new run takes the place of the old one\n"
	"  --label TEXT       what to call the run\n"
	"  --fail-on-leaks    exit with 1 when there are leaks\n"
	"  --wait SECONDS     how long to wait for a database that somebody else uses (default: 60); then the run\n"
	"                     is stored in a new file beside it, for `merge`\n"
	"  -v                 name every single finding and every anomaly\n"
	"\n"
	"Whose objects:\n"
	"  --source auto      those that kmemleak tracked where it was on, and else the allocators' (default)\n"
	"  --source kmemleak, --source allocators\n"
	"                     only the ones or the others\n"
	"\n"
	"What counts as a reference:\n"
	"  --policy precise   use what only a frozen machine can know: live stacks, registers, leftovers (default)\n"
	"  --policy kernel    find what the kernel's own scan would find at that instant, and say how far that\n"
	"                     agrees with the colors its last scan left in the dump\n"
	"  --precise +A,-B    turn refinements of the precise policy on and off (default: all on):\n"
	"                     live-stacks, stack-once, mask-metadata, mask-sheaves, mask-vmap, mask-modules,\n"
	"                     mask-slack, mask-percpu, percpu-exact, start-frames, state-members, struct-pages,\n"
	"                     types\n"
#define X(id, name, values, help) "  --" name " " values "\n                     " help "\n"
	KL_SETTINGS(X)
#undef X
		"  --root ADDR,LEN    scan this memory, too; may be repeated\n"
		"\n"
		"More answers from the same dump:\n"
		"  --explain-policy   print what each refinement changed\n"
		"  --sweep NAME=V,V   mark again under every value of a setting; repeated: all combinations\n"
		"  --explain-disagreements\n"
		"                     with --policy kernel: name the objects whose color differs from the stored one\n"
		"\n"
		"Exit codes: 0; 1 with --fail-on-leaks; 3 an input cannot be used; 4 something was missing.\n";

enum {
	OPTION_VMLINUX = KL_OPTION_FIRST,
	OPTION_TYPES_FROM,
	OPTION_BTF,
	OPTION_LINES,
	OPTION_MODULE,
	OPTION_MODULES,
	OPTION_STRIP_PREFIX,
	OPTION_SPLIT,
	OPTION_VMCOREINFO,
	OPTION_FORCE,
	OPTION_FAIL_ON_LEAKS,
	OPTION_AGAIN,
	OPTION_LABEL,
	OPTION_SUPPRESSIONS,
	OPTION_SINK,
	OPTION_WAIT,
	OPTION_UNPACK_LIMIT,
	OPTION_EDGES,
	OPTION_SOURCE,
	OPTION_POLICY,
	OPTION_PRECISE,
	OPTION_ROOT,
	OPTION_EXPLAIN_POLICY,
	OPTION_SWEEP,
	OPTION_EXPLAIN_DISAGREEMENTS,
	OPTION_SETTING, /* and one for each */
};

enum {
#define X(id, name, values, help) SETTING_##id,
	KL_SETTINGS(X)
#undef X
};

static const char *const setting_names[] = {
#define X(id, name, values, help) name,
	KL_SETTINGS(X)
#undef X
};

#define MAX_WAIT (7 * 24 * 60 * 60)

struct arguments {
	struct kl_analysis_options analysis;
	KL_VEC(const char *) modules;
	struct kl_settings settings;
	struct kl_sweep sweep;
	struct kl_rules rules;
	struct kl_plugins plugins;
	struct kl_cli_plugin_options plugin_options;
	struct kl_cli_sinks sinks;
	bool explain_policy;
	bool explain_disagreements;
	bool split;
	bool fail_on_leaks;
	int64_t wait; /* seconds */
};

static void arguments_deinit(struct arguments *a)
{
	kl_vec_deinit(&a->modules);
	kl_settings_deinit(&a->settings);
	kl_sweep_deinit(&a->sweep);
	kl_rules_deinit(&a->rules);
	kl_plugins_deinit(&a->plugins);
	kl_vec_deinit(&a->plugin_options.paths);
	kl_cli_sinks_deinit(&a->sinks);
}

/* What is wrong with "stacks" is wrong with --stacks: that a setting has an option of its name is known here only. */
static struct kl_error *name_as_option(struct kl_error *err)
{
	struct kl_error *named;

	if (!err || kl_error_code(err) != KL_ERROR_USAGE)
		return err;
	named = kl_error_create(KL_ERROR_USAGE, "--%s", kl_error_message(err));
	kl_error_destroy(err);
	return named;
}

/* Options about how to mark, and about what to ask besides. */
static struct kl_error *take_marking_option(struct arguments *a, int option, const char *value)
{
	switch (option) {
	case OPTION_POLICY:
		return kl_settings_policy(&a->settings, value);
	case OPTION_PRECISE:
		return kl_error_prepend(kl_settings_refine(&a->settings, value), "--precise");
	case OPTION_ROOT:
		return name_as_option(kl_settings_root(&a->settings, value));
	case OPTION_SWEEP:
		return kl_error_prepend(kl_sweep_add(&a->sweep, value), "--sweep");
	case OPTION_EXPLAIN_POLICY:
		a->explain_policy = true;
		return NULL;
	case OPTION_EXPLAIN_DISAGREEMENTS:
		a->explain_disagreements = true;
		return NULL;
	default:
		return name_as_option(kl_settings_set(&a->settings, setting_names[option - OPTION_SETTING], value));
	}
}

static struct kl_error *take_edges(struct arguments *a, const char *value)
{
	static const char *const names[] = {
		[KL_EDGES_FINDINGS] = "findings", [KL_EDGES_ALL] = "all", [KL_EDGES_NONE] = "none"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(value, names[i])) {
			a->analysis.edges = (enum kl_stored_edges)i;
			return NULL;
		}
	}
	return kl_error_create(KL_ERROR_USAGE, "--edges: '%s' is not findings, all or none", value);
}

static struct kl_error *take_types_from(struct arguments *a, const char *value)
{
	static const char *const names[] = {
		[KL_TYPES_FROM_ANY] = "auto", [KL_TYPES_FROM_VMLINUX] = "vmlinux", [KL_TYPES_FROM_BTF] = "btf"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(value, names[i])) {
			a->analysis.types_from = (enum kl_types_from)i;
			return NULL;
		}
	}
	return kl_error_create(KL_ERROR_USAGE, "--types-from: '%s' is not auto, vmlinux or btf", value);
}

static struct kl_error *take_option(struct arguments *a, int option, const char *value)
{
	switch (option) {
	case OPTION_VMLINUX:
		a->analysis.vmlinux = value;
		return NULL;
	case OPTION_TYPES_FROM:
		return take_types_from(a, value);
	case OPTION_BTF:
		a->analysis.btf = value;
		a->analysis.types_from = KL_TYPES_FROM_BTF;
		return NULL;
	case OPTION_LINES:
		a->analysis.lines = true;
		return NULL;
	case OPTION_MODULE:
		return kl_vec_push(&a->modules, value) ? NULL : kl_error_nomem();
	case OPTION_MODULES:
		a->analysis.modules_dir = value;
		return NULL;
	case OPTION_STRIP_PREFIX:
		a->analysis.strip_prefix = value;
		return NULL;
	case OPTION_SPLIT:
		a->split = true;
		return NULL;
	case OPTION_VMCOREINFO:
		a->analysis.vmcoreinfo = value;
		return NULL;
	case OPTION_FORCE:
		a->analysis.force = true;
		return NULL;
	case OPTION_FAIL_ON_LEAKS:
		a->fail_on_leaks = true;
		return NULL;
	case OPTION_AGAIN:
		a->analysis.again = true;
		return NULL;
	case OPTION_LABEL:
		a->analysis.label = value;
		return NULL;
	case OPTION_SUPPRESSIONS:
		return kl_cli_suppressions(value, &a->rules);
	case OPTION_SINK:
		return kl_cli_sinks_add(&a->sinks, value);
	case OPTION_UNPACK_LIMIT:
		return kl_cli_size(value, "--unpack-limit", &a->analysis.unpack_limit);
	case OPTION_WAIT:
		return kl_cli_number(value, "--wait", &a->wait);
	case OPTION_EDGES:
		return take_edges(a, value);
	case OPTION_SOURCE:
		if (kl_source_choice_find(value, &a->analysis.source))
			return NULL;
		return kl_error_create(KL_ERROR_USAGE, "--source: '%s' is not auto, kmemleak or allocators", value);
	default:
		return take_marking_option(a, option, value);
	}
}

static struct kl_error *parse_arguments(struct kl_cli *cli, int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{"vmlinux", required_argument, NULL, OPTION_VMLINUX},
		{"types-from", required_argument, NULL, OPTION_TYPES_FROM},
		{"btf", required_argument, NULL, OPTION_BTF},
		{"lines", no_argument, NULL, OPTION_LINES},
		{"module", required_argument, NULL, OPTION_MODULE},
		{"modules", required_argument, NULL, OPTION_MODULES},
		{"strip-prefix", required_argument, NULL, OPTION_STRIP_PREFIX},
		{"split", no_argument, NULL, OPTION_SPLIT},
		{"vmcoreinfo", required_argument, NULL, OPTION_VMCOREINFO},
		{"force", no_argument, NULL, OPTION_FORCE},
		{"suppressions", required_argument, NULL, OPTION_SUPPRESSIONS},
		KL_PLUGIN_OPTIONS,
		{"sink", required_argument, NULL, OPTION_SINK},
		{"again", no_argument, NULL, OPTION_AGAIN},
		{"label", required_argument, NULL, OPTION_LABEL},
		{"fail-on-leaks", no_argument, NULL, OPTION_FAIL_ON_LEAKS},
		{"unpack-limit", required_argument, NULL, OPTION_UNPACK_LIMIT},
		{"wait", required_argument, NULL, OPTION_WAIT},
		{"edges", required_argument, NULL, OPTION_EDGES},
		{"source", required_argument, NULL, OPTION_SOURCE},
		{"policy", required_argument, NULL, OPTION_POLICY},
		{"precise", required_argument, NULL, OPTION_PRECISE},
		{"root", required_argument, NULL, OPTION_ROOT},
		{"explain-policy", no_argument, NULL, OPTION_EXPLAIN_POLICY},
		{"sweep", required_argument, NULL, OPTION_SWEEP},
		{"explain-disagreements", no_argument, NULL, OPTION_EXPLAIN_DISAGREEMENTS},
#define X(id, name, values, help) {name, required_argument, NULL, OPTION_SETTING + SETTING_##id},
		KL_SETTINGS(X)
#undef X
			KL_COMMON_OPTIONS,
	};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (!kl_cli_plugin_option(&a->plugin_options, option, optarg, &err))
			err = take_option(a, option, optarg);
		if (err)
			return err;
	}
	if (err || cli->help)
		return err;
	if (optind == argc)
		return kl_error_create(KL_ERROR_USAGE, "analyze needs a dump");
	if (a->analysis.types_from == KL_TYPES_FROM_BTF && a->analysis.vmlinux)
		return kl_error_create(KL_ERROR_USAGE, "--vmlinux and BTF are two sources of types: choose one");
	if (a->settings.policy == KL_POLICY_KERNEL && (a->sweep.count || a->explain_policy))
		return kl_error_create(KL_ERROR_USAGE, "--sweep and --explain-policy are for the precise policy");
	if (a->settings.policy == KL_POLICY_KERNEL && a->analysis.source == KL_SOURCE_ALLOCATORS)
		return kl_error_create(KL_ERROR_USAGE, "the kernel policy needs kmemleak's own objects");
	return kl_settings_check(&a->settings);
}

/* The command line as a shell would take it. */
static struct kl_error *describe_command(int argc, char **argv, struct kl_strbuf *ret)
{
	const char *c;
	int i;

	kl_strbuf_puts(ret, "kleak-dump");
	for (i = 0; i < argc; i++) {
		bool quote = !*argv[i] || argv[i][strcspn(argv[i], " \t\n\"'$`\\*?[]{}()<>|&;#~!")];

		kl_strbuf_puts(ret, quote ? " '" : " ");
		for (c = argv[i]; *c; c++) {
			if (*c == '\'')
				kl_strbuf_puts(ret, "'\\''");
			else
				kl_strbuf_putc(ret, *c);
		}
		kl_strbuf_puts(ret, quote ? "'" : "");
	}
	return ret->failed ? kl_error_nomem() : NULL;
}

/* Rows of what was asked besides the run. */
struct answers {
	struct kl_store_disagreements disagreements;
	struct kl_store_refinements refinements;
	struct kl_store_sweep sweep;
};

static void answers_deinit(struct answers *answers)
{
	kl_vec_deinit(&answers->disagreements.rows);
	kl_vec_deinit(&answers->refinements.rows);
	kl_vec_deinit(&answers->sweep.rows);
}

static struct kl_error *answer_questions(const struct arguments *asked, struct kl_analysis *a, struct answers *answers,
					 struct kl_extras *ret)
{
	struct kl_error *err = NULL;

	if (asked->explain_disagreements) {
		err = kl_judgement_disagreements(&a->judgement, &a->snapshot.heap, &answers->disagreements);
		ret->disagreements = &answers->disagreements;
	}
	if (!err && asked->explain_policy) {
		err = kl_sweep_refinements(a, &answers->refinements);
		ret->refinements = &answers->refinements;
	}
	if (!err && asked->sweep.count) {
		err = kl_sweep_run(a, &asked->sweep, &answers->sweep);
		ret->sweep = &answers->sweep;
	}
	return err;
}

/* Each dump is analyzed with plugins that know nothing of the one before. */
static struct kl_error *find_plugins(struct kl_cli *cli, struct arguments *a)
{
	struct kl_error *err;

	kl_plugins_deinit(&a->plugins);
	a->analysis.plugins = a->plugin_options.none ? NULL : &a->plugins;
	err = kl_cli_plugins(cli, &a->plugin_options, &a->plugins);
	return err ? err : kl_cli_sinks_check(&a->sinks, &a->plugins);
}

/* What they did stands in the run's record, too. */
static struct kl_error *feed_sinks(struct kl_cli *cli, struct arguments *a, struct kl_store *store, int64_t run,
				   int *ret)
{
	struct kl_error *err = kl_cli_sinks_feed(cli, &a->sinks, &a->plugins, store, run, ret);

	if (!err && a->sinks.list.count)
		err = kl_advice_update(&a->plugins, store, run);
	if (!err && *ret == KLEAK_EXIT_PARTIAL)
		kl_cli_plugins_tell(&a->plugins);
	return err;
}

static struct kl_error *analyze_one(struct kl_cli *cli, struct arguments *arguments, const char *const *dumps, size_t n,
				    struct kl_store *store, int *ret)
{
	_cleanup_(kl_analysis_destroyp) struct kl_analysis *a = NULL;
	_cleanup_(answers_deinit) struct answers answers = {};
	struct kl_error *err = find_plugins(cli, arguments);
	struct kl_analysis_options options = arguments->analysis;
	struct kl_extras extras = {};
	const struct kl_cli_print_options print = {
		.format = kl_report_format_find(cli->json ? "json" : "text"),
		.extras = &extras,
	};
	struct kl_cli_printed printed;
	int64_t run;

	if (err)
		return err;
	options.dumps = dumps;
	options.n_dumps = n;
	options.progress = &cli->progress;
	options.give_up = kl_cli_give_up(cli);
	err = kl_record_dump(&options, store, &run, &a);
	if (!err)
		err = answer_questions(arguments, a, &answers, &extras);
	if (!err)
		err = feed_sinks(cli, arguments, store, run, ret);
	kl_cli_progress_clear();
	if (!err)
		err = kl_cli_print_run(cli, store, run, &print, &printed);
	if (err)
		return err;
	if (printed.partial)
		*ret = KLEAK_EXIT_PARTIAL;
	else if (arguments->fail_on_leaks && printed.has_leaks && *ret == KLEAK_EXIT_OK)
		*ret = KLEAK_EXIT_FOUND;
	return NULL;
}

struct kl_error *kl_cmd_analyze(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	_cleanup_(arguments_deinit) struct arguments arguments = {.wait = 60};
	_cleanup_(kl_store_closep) struct kl_store *store = NULL;
	_cleanup_strbuf_ struct kl_strbuf command = {};
	struct kl_analysis_options *options = &arguments.analysis;
	struct kl_error *err;
	int i;

	kl_settings_init(&arguments.settings);
	err = parse_arguments(cli, argc, argv, &arguments);
	if (err || cli->help)
		return err;
	err = kl_cli_suppressions_of_environment(&arguments.rules);
	if (err)
		return err;
	err = describe_command(argc, argv, &command);
	if (err)
		return err;
	options->command = kl_strbuf_string(&command);
	options->settings = &arguments.settings;
	options->rules = &arguments.rules;
	options->sweeps_types = kl_sweep_has(&arguments.sweep, "types");
	options->modules = arguments.modules.data;
	options->n_modules = arguments.modules.count;
	options->lines |= options->n_modules || options->modules_dir;
	err = kl_cli_sinks_open(&arguments.sinks);
	if (!err)
		err = kl_cli_open(cli, KL_STORE_WRITE, &store);
	if (!err)
		kl_store_set_patience(store, (unsigned)(arguments.wait < MAX_WAIT ? arguments.wait : MAX_WAIT));
	argv += optind;
	argc -= optind;
	if (!err && arguments.split)
		return analyze_one(cli, &arguments, (const char *const *)argv, (size_t)argc, store, ret);
	cli->array = cli->json && argc > 1;
	for (i = 0; i < argc && !err; i++)
		err = analyze_one(cli, &arguments, (const char *const *)argv + i, 1, store, ret);
	return err;
}

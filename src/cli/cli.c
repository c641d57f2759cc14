/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/suggest.h"

/* Wider is the same as not at all. */
#define WIDTH_MAX 10000

/* Colors unless something speaks against them: not a terminal, NO_COLOR (any value), a terminal that cannot. */
static bool wants_color(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

/* Of a terminal only: who reads a file or a pipe wants lines as they are. */
static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	int64_t width;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (columns && *columns) {
		struct kl_error *err = kl_cli_number(columns, "COLUMNS", &width);

		kl_error_destroy(err);
		if (!err && width <= WIDTH_MAX)
			return (size_t)width;
	}
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

void kl_cli_init(struct kl_cli *cli)
{
	const char *db = getenv("KLEAK_DB");

	*cli = (struct kl_cli){
		.db = db && *db ? db : "kleak.db",
		.color = wants_color(),
		.terminal = isatty(STDOUT_FILENO),
		.width = terminal_width(),
	};
}

static struct kl_error *set_color(struct kl_cli *cli, const char *when)
{
	if (!strcmp(when, "always"))
		cli->color = true;
	else if (!strcmp(when, "never"))
		cli->color = false;
	else if (!strcmp(when, "auto"))
		cli->color = wants_color();
	else
		return kl_error_create(KL_ERROR_USAGE, "--color is auto, always or never, not \"%s\"", when);
	return NULL;
}

/* What getopt could not make sense of. */
static struct kl_error *bad_option(char **argv, const struct option *options, int kind)
{
	const char *missing = kind == ':' ? "needs an argument" : NULL, *word = argv[optind - 1];
	struct kl_suggestion suggestion = {.wrong = word + 2, .length = strcspn(word, "=") - 2};

	/* A short option is in optopt; for a long one optopt is 0, or its number when the argument is wrong. */
	if (optopt && optopt < 0x100)
		return kl_error_create(KL_ERROR_USAGE, "option -%c %s", optopt, missing ? missing : "is unknown");
	if (optopt && !missing)
		missing = "takes no argument";
	for (; !missing && !strncmp(word, "--", 2) && options->name; options++)
		kl_suggest(&suggestion, options->name);
	if (suggestion.name)
		return kl_error_create(KL_ERROR_USAGE, "option %s is unknown; did you mean --%s?", word,
				       suggestion.name);
	return kl_error_create(KL_ERROR_USAGE, "option %s %s", word, missing ? missing : "is unknown or ambiguous");
}

/* Options of any command whose values add up. */
static bool may_be_repeated(const char *name)
{
	static const char *const names[] = {"module", "root", "sweep",  "precise", "suppressions",
					    "plugin", "sink", "attach", "param"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/* Of two values one would be lost without a word. Whether @option takes one, only its table tells. */
static struct kl_error *refuse_repetition(struct kl_cli *cli, const struct option *options, int option)
{
	size_t word = (size_t)option / 64;
	unsigned long long bit;

	/* -1 is the end, letters are no options of values */
	if (option < 0x100 || word >= sizeof(cli->given) / sizeof(*cli->given))
		return NULL;
	for (; options->name && options->val != option; options++)
		;
	if (!options->name || options->has_arg == no_argument || may_be_repeated(options->name))
		return NULL;
	bit = 1ULL << option % 64;
	if (cli->given[word] & bit)
		return kl_error_create(KL_ERROR_USAGE, "--%s is given twice", options->name);
	cli->given[word] |= bit;
	return NULL;
}

static struct kl_error *set_width(struct kl_cli *cli, const char *text)
{
	int64_t width;
	struct kl_error *err = kl_cli_number(text, "--width", &width);

	if (!err && width > WIDTH_MAX)
		return kl_error_create(KL_ERROR_USAGE, "--width is at most %d", WIDTH_MAX);
	if (!err)
		cli->width = (size_t)width;
	return err;
}

bool kl_cli_option(struct kl_cli *cli, int argc, char **argv, const struct option *options, int *ret,
		   struct kl_error **err)
{
	/* '+' stops at the command's name. */
	const char *letters = cli->in_command ? ":qvh" : "+:qvhV";

	*err = NULL;
	for (;;) {
		*ret = getopt_long(argc, argv, letters, options, NULL);
		*err = refuse_repetition(cli, options, *ret);
		if (*err)
			return false;
		switch (*ret) {
		case -1:
			return false;
		case KL_OPTION_DB:
			cli->db = optarg;
			break;
		case KL_OPTION_JSON:
			cli->json = true;
			break;
		case KL_OPTION_COLOR:
			*err = set_color(cli, optarg);
			if (*err)
				return false;
			break;
		case KL_OPTION_WIDTH:
			*err = set_width(cli, optarg);
			if (*err)
				return false;
			break;
		case KL_OPTION_NO_PAGER:
			cli->no_pager = true;
			break;
		case KL_OPTION_NO_SANDBOX:
			cli->no_sandbox = true;
			break;
		case 'q':
			cli->verbosity--;
			break;
		case 'v':
			cli->verbosity++;
			break;
		case 'h':
			cli->help = true;
			return false;
		case ':':
		case '?':
			*err = bad_option(argv, options, *ret);
			return false;
		default:
			return true;
		}
	}
}

struct kl_error *kl_cli_open(struct kl_cli *cli, enum kl_store_mode mode, struct kl_store **ret)
{
	struct kl_error *err = kl_cli_confine(cli, mode);

	if (mode == KL_STORE_READ)
		kl_cli_only_reads();
	return err ? err : kl_store_open(cli->db, mode, &cli->progress, ret);
}

struct kl_error *kl_cli_number(const char *text, const char *what, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	if (errno || *end || end == text || *ret <= 0)
		return kl_error_create(KL_ERROR_USAGE, "%s is a positive number, not \"%s\"", what, text);
	return NULL;
}

struct kl_error *kl_cli_size(const char *text, const char *what, uint64_t *ret)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (errno || end == text || *text == '-' || !*ret || (*end && (!unit || end[1])) ||
	    (unit && __builtin_mul_overflow(*ret, UINT64_C(1024) << 10 * (unit - units), ret)))
		return kl_error_create(KL_ERROR_USAGE, "%s is a size such as 8G, not \"%s\"", what, text);
	return NULL;
}

int kl_cli_exit_code(const struct kl_error *err)
{
	switch (kl_error_code(err)) {
	case KL_ERROR_USAGE:
		return KLEAK_EXIT_USAGE;
	case KL_ERROR_INTERRUPTED:
		return kl_cli_signal() == SIGALRM ? KLEAK_EXIT_FAILED : KLEAK_EXIT_SIGNAL + kl_cli_signal();
	default:
		return KLEAK_EXIT_FAILED;
	}
}

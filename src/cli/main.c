/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/pager.h"
#include "cli/suggest.h"
#include "util/escape.h"
#include "util/strbuf.h"

static const struct command {
	const char *name;
	const char *summary;
	kl_command_fn *run;
	const char *help;
} commands[] = {
#define KL_COMMAND(name, summary) {#name, summary, kl_cmd_##name, kl_help_##name},
#include "cli/commands.def"
#undef KL_COMMAND
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static struct kl_error *no_such_command(const char *name)
{
	struct kl_suggestion suggestion = {.wrong = name, .length = strlen(name)};
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		kl_suggest(&suggestion, commands[i].name);
	if (suggestion.name)
		return kl_error_create(KL_ERROR_USAGE, "no command \"%s\"; did you mean %s?", name, suggestion.name);
	return kl_error_create(KL_ERROR_USAGE, "no command \"%s\"; `kleak-dump help` lists them", name);
}

static void print_usage(FILE *out)
{
	size_t i;

	fputs("usage: kleak-dump COMMAND [OPTION]... [ARGUMENT]...\n"
	      "Finds memory that a Linux kernel leaked, in its crash dump.\n\n",
	      out);
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\nOptions of all commands:\n"
	      "  --db FILE      database (default: $KLEAK_DB, else kleak.db)\n"
	      "  --json         print results, and errors, as JSON\n"
	      "  --color WHEN   auto, always or never (default: auto; NO_COLOR is honored)\n"
	      "  -q, --quiet    no progress, no warnings\n"
	      "  -v, --verbose  more detail\n"
	      "  --no-sandbox   keep all rights (see --version for what is given up)\n"
	      "  --width N      break lines of text to N columns (default: those of the terminal)\n"
	      "  --no-pager     do not show results on a terminal with $KLEAK_PAGER, $PAGER or less\n"
	      "  -h, --help     explain the command\n"
	      "  -V, --version  print the versions of this program and its libraries\n"
	      "\nExit codes: 0 done; 1 diff found something; 2 usage; 3 failed; 4 partial result; 128+N signal N.\n",
	      out);
}

const char kl_help_help[] = "usage: kleak-dump help [COMMAND]\n"
			    "Explains a command, or lists them all.\n";

struct kl_error *kl_cmd_help(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {KL_COMMON_OPTIONS};
	const struct command *command;
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		;
	if (err || cli->help)
		return err;
	*ret = KLEAK_EXIT_OK;
	if (optind == argc) {
		print_usage(stdout);
		return NULL;
	}
	command = find_command(argv[optind]);
	if (!command)
		return no_such_command(argv[optind]);
	fputs(command->help, stdout);
	return NULL;
}

/* A database or file opened as descriptor 1 would be written over by what is printed; reading from it fails as a write
 * to a closed descriptor would. */
static void occupy_closed_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDONLY | O_CLOEXEC) != fd)
			_exit(KLEAK_EXIT_FAILED);
	}
}

/* Those that answer at once, and at length; what prints progress for minutes would fight with a pager for the
 * screen. */
static bool is_paged(const char *name, int argc, char **argv)
{
	static const char *const paged[] = {"report", "tree", "runs", "query"};
	bool found = false;
	size_t i;

	for (i = 0; i < sizeof(paged) / sizeof(*paged); i++)
		found = found || !strcmp(paged[i], name);
	while (argc-- > 1)
		found = found && strcmp(argv[argc], "--no-pager") != 0;
	return found;
}

static struct kl_error *run_command(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"version", no_argument, NULL, KL_OPTION_VERSION}, KL_COMMON_OPTIONS};
	const struct command *command;
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == KL_OPTION_VERSION || option == 'V') {
			kl_cli_print_version(cli);
			return NULL;
		}
	}
	if (err)
		return err;
	if (cli->help) {
		print_usage(stdout);
		return NULL;
	}
	if (optind == argc)
		return kl_error_create(KL_ERROR_USAGE, "no command given; `kleak-dump help` lists them");
	command = find_command(argv[optind]);
	if (!command)
		return no_such_command(argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0; /* glibc: begin anew, with what the first '+' set forgotten */
	cli->in_command = true;
	if (cli->terminal && !cli->no_pager && is_paged(command->name, argc, argv))
		kl_cli_pager_begin();
	err = command->run(cli, argc, argv, ret);
	if (!err && cli->help)
		fputs(command->help, stdout);
	return err;
}

static void print_error(struct kl_cli *cli, const struct kl_error *err)
{
	_cleanup_strbuf_ struct kl_strbuf text = {}, json = {};
	const char *message = kl_error_message(err);

	kl_escape_terminal(&text, message, strlen(message));
	kl_escape_json(&json, message, strlen(message));
	/* What could not be escaped is not printed, but that there was an error is. */
	message = kl_error_message(kl_error_nomem());
	fprintf(stderr, "kleak-dump: %s\n", text.failed ? message : kl_strbuf_string(&text));
	if (cli->json && !cli->error_printed)
		printf("%s{\"error\": \"%s\"}\n",
		       !cli->array        ? ""
		       : cli->documents++ ? ","
					  : "[",
		       json.failed ? message : kl_strbuf_string(&json));
}

/* An array of documents may have begun. */
static void end_array(const struct kl_cli *cli)
{
	if (cli->array && cli->documents)
		puts("]");
}

/* Whoever went on without memory it had asked for may have left something out: better no answer than another one. */
static struct kl_error *finish_output(struct kl_cli *cli, struct kl_error *err)
{
	if (!err && kl_nomem_met())
		err = kl_error_nomem();
	if (!err)
		err = kl_cli_output_end(cli);
	kl_cli_output_drop(cli);
	if (cli->wrapped && fclose(cli->wrapped) && !err)
		err = kl_error_nomem();
	cli->wrapped = NULL;
	return err;
}

/* Everything printed has to have arrived. */
static int close_stdout(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) || failed) {
		fprintf(stderr, "kleak-dump: cannot write to standard output%s%s\n", errno ? ": " : "",
			errno ? strerror(errno) : "");
		return KLEAK_EXIT_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct kl_error *err = NULL;
	struct kl_cli cli;
	int i, status = KLEAK_EXIT_OK;

	occupy_closed_descriptors();
	kl_cli_init(&cli);
	/* Known before the options are read: what is wrong with them is reported in JSON, too. */
	for (i = 1; i < argc; i++)
		cli.json = cli.json || !strcmp(argv[i], "--json");
	kl_cli_progress_init(&cli);
	err = run_command(&cli, argc, argv, &status);
	kl_cli_progress_clear();
	err = finish_output(&cli, err);
	if (err) {
		print_error(&cli, err);
		status = kl_cli_exit_code(err);
	}
	end_array(&cli);
	status = close_stdout(status);
	kl_cli_pager_end();
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cli.h: what all subcommands share: common options, output, progress, signals, exit codes.
 *
 * A subcommand is one file that defines kl_cmd_NAME() and kl_help_NAME and one line in commands.def. It writes results
 * with stdio to where kl_cli_output() says and returns errors; main() prints those, checks that stdout took everything,
 * and exits.
 */
#ifndef KL_CLI_CLI_H
#define KL_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "analysis/options.h"
#include "kleak/kleak.h"
#include "store/store.h"
#include "util/error.h"
#include "util/progress.h"

struct kl_cli {
	const char *db;               /* --db, $KLEAK_DB, kleak.db */
	bool json;                    /* --json, or a command's own --format json; errors are JSON too then */
	bool color;                   /* stdout is a terminal that wants colors, or --color=always */
	int verbosity;                /* -v adds, -q subtracts one */
	bool help;                    /* --help was given: the command does nothing */
	bool terminal;                /* stdout is one, or a pager that leads to one */
	bool no_pager;                /* --no-pager */
	size_t width;                 /* columns that text may take; 0 = whatever it takes */
	bool array;                   /* JSON documents, of which there may be several, are elements of one array */
	size_t documents;             /* printed so far */
	unsigned long long given[12]; /* bits: options with an argument that were given */
	bool in_command;              /* after the command's name, where options and arguments may be mixed */
	bool no_sandbox;              /* --no-sandbox */
	bool confined;                /* kl_cli_confine() was called */
	bool whole;                   /* results are printed when there is all of them, as JSON always is */
	FILE *wrapped;                /* stdout, with lines that fit; NULL until it is needed */
	FILE *document;               /* what is not whole yet; NULL when there is none */
	bool error_printed;           /* what is on stdout says already what went wrong */
	/* On stderr when that is a terminal. Carries the stop flag of SIGINT and SIGTERM. */
	struct kl_progress progress;
};

/** kl_cmd_NAME() - run a subcommand.
 * @argv: argv[0] is the name of the subcommand.
 * @ret:  KLEAK_EXIT_OK on entry; the exit code when no error is returned.
 */
typedef struct kl_error *kl_command_fn(struct kl_cli *cli, int argc, char **argv, int *ret);

#define KL_COMMAND(name, summary)    \
	kl_command_fn kl_cmd_##name; \
	extern const char kl_help_##name[];
#include "cli/commands.def"
#undef KL_COMMAND

/* Values of `struct option` for options of one command begin here; above are the letters, below the common ones. */
#define KL_OPTION_FIRST 0x200

/* The common long options, to end every command's table with. */
enum {
	KL_OPTION_DB = 0x100,
	KL_OPTION_JSON,
	KL_OPTION_COLOR,
	KL_OPTION_VERSION,
	KL_OPTION_NO_SANDBOX,
	KL_OPTION_WIDTH,
	KL_OPTION_NO_PAGER,
};
#define KL_COMMON_OPTIONS                                                                                     \
	{"db", required_argument, NULL, KL_OPTION_DB}, {"json", no_argument, NULL, KL_OPTION_JSON},           \
		{"color", required_argument, NULL, KL_OPTION_COLOR}, {"quiet", no_argument, NULL, 'q'},       \
		{"verbose", no_argument, NULL, 'v'}, {"no-sandbox", no_argument, NULL, KL_OPTION_NO_SANDBOX}, \
		{"width", required_argument, NULL, KL_OPTION_WIDTH},                                          \
		{"no-pager", no_argument, NULL, KL_OPTION_NO_PAGER}, {"help", no_argument, NULL, 'h'},        \
	{                                                                                                     \
	}

/** kl_cli_option() - the next option that is the command's own; common ones are dealt with here.
 * @options: ends with KL_COMMON_OPTIONS.
 * @ret:     value of the option; its argument is in optarg.
 * @err:     KL_ERROR_USAGE for an unknown option or a missing argument.
 *
 * Returns false at the end of the options, on an error and after --help: then look at *@err and @cli->help. What is
 * left of @argv begins at optind.
 */
bool kl_cli_option(struct kl_cli *cli, int argc, char **argv, const struct option *options, int *ret,
		   struct kl_error **err);

/** kl_cli_confine() - enter the sandbox (sandbox/sandbox.h), once: with @mode KL_STORE_WRITE the directory of the
 * database stays writable. Before anything is read that may come from a stranger; kl_cli_open() does it, too. */
struct kl_error *kl_cli_confine(struct kl_cli *cli, enum kl_store_mode mode);

/** kl_cli_give_up() - what an analysis calls once a live kernel's memory is open; NULL for nothing. */
kl_give_up_fn *kl_cli_give_up(const struct kl_cli *cli);

/** kl_cli_open() - open the database of --db. */
struct kl_error *kl_cli_open(struct kl_cli *cli, enum kl_store_mode mode, struct kl_store **ret);

/** kl_cli_output() - where results are to be written. JSON and what else has to be whole is kept in memory until it is:
 * an error leaves no half of a document. */
struct kl_error *kl_cli_output(struct kl_cli *cli, FILE **ret);

/** kl_cli_stdout() - stdout for text: with lines that fit, where that is asked for. */
FILE *kl_cli_stdout(struct kl_cli *cli);

/** kl_cli_output_end() - print the document that was kept, if any; kl_cli_output_drop() - forget it. */
struct kl_error *kl_cli_output_end(struct kl_cli *cli);
void kl_cli_output_drop(struct kl_cli *cli);

/** kl_cli_number() - @text as a positive decimal number. Errors: KL_ERROR_USAGE, naming @what. */
struct kl_error *kl_cli_number(const char *text, const char *what, int64_t *ret);

/** kl_cli_size() - @text as a positive number of bytes, with K, M or G for the usual multiples of 1024. Errors:
 * KL_ERROR_USAGE, naming @what. */
struct kl_error *kl_cli_size(const char *text, const char *what, uint64_t *ret);

/** kl_cli_exit_code() - the exit code that an error stands for. */
int kl_cli_exit_code(const struct kl_error *err);

/** kl_cli_init() - defaults from the environment and the terminal. */
void kl_cli_init(struct kl_cli *cli);

/** kl_cli_progress_init() - set up @cli->progress and the signal handlers; kl_cli_progress_clear() - take the line back
 * before something else is printed. */
void kl_cli_progress_init(struct kl_cli *cli);
void kl_cli_progress_clear(void);

/** kl_cli_signal() - number of the signal that asked to stop, 0 for none, SIGALRM for the timeout. */
int kl_cli_signal(void);

/** kl_cli_only_reads() - from now on nothing is lost when the process ends: a second after a signal it does, whatever
 * it is at. kl_cli_set_timeout() - the same, and as if a signal came after @seconds. */
void kl_cli_only_reads(void);
void kl_cli_set_timeout(unsigned seconds);

/** kl_cli_print_version() - this program, its libraries, what dumps may be compressed with. */
void kl_cli_print_version(struct kl_cli *cli);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inquire.h: what `why`, `show`, `refs` and `tree` have in common: which run or dump they ask, and about which objects.
 */
#ifndef KL_CLI_INQUIRE_H
#define KL_CLI_INQUIRE_H

#include "analysis/inquiry.h"
#include "analysis/repeat.h"
#include "cli/advice.h"
#include "cli/cli.h"
#include "store/reader.h"

/* Values of the options below; those of one command begin at KL_OPTION_INQUIRE_END. */
enum {
	KL_OPTION_RUN = KL_OPTION_FIRST,
	KL_OPTION_DUMP,
	KL_OPTION_INQUIRE_VMLINUX,
	KL_OPTION_INQUIRE_MODULE,
	KL_OPTION_INQUIRE_MODULES,
	KL_OPTION_INQUIRE_UNPACK_LIMIT,
	KL_OPTION_INQUIRE_END,
};
#define KL_INQUIRE_OPTIONS                                                                 \
	KL_PLUGIN_OPTIONS, {"run", required_argument, NULL, KL_OPTION_RUN},                \
		{"dump", required_argument, NULL, KL_OPTION_DUMP},                         \
		{"vmlinux", required_argument, NULL, KL_OPTION_INQUIRE_VMLINUX},           \
		{"module", required_argument, NULL, KL_OPTION_INQUIRE_MODULE},             \
		{"unpack-limit", required_argument, NULL, KL_OPTION_INQUIRE_UNPACK_LIMIT}, \
	{                                                                                  \
		"modules", required_argument, NULL, KL_OPTION_INQUIRE_MODULES              \
	}
#define KL_INQUIRE_HELP                                                                                            \
	"  --run N          ask run N (default: the newest)\n"                                                     \
	"  --dump FILE      ask this dump, whatever the database has; with --run: where its dump is now\n"         \
	"  --vmlinux FILE, --module FILE, --modules DIR, --unpack-limit SIZE\n"                                    \
	"                   debug information, where the run did not remember it; see `kleak-dump help analyze`\n" \
	"  --plugin PATH, --no-plugins, --plugin-timeout SECONDS\n"                                                \
	"                   plugins to ask; see there, too\n"

/* Zeroed before; destroyed with kl_inquire_deinit(). */
struct kl_inquire {
	struct kl_cli *cli;
	int64_t run_id; /* 0: the newest */
	KL_VEC(const char *) modules;
	struct kl_repeat_options options;
	/* Open after kl_inquire_open(): */
	struct kl_store *store; /* NULL: a dump is asked, and no run */
	struct kl_reader *reader;
	struct kl_store_run run;
	struct kl_strbuf settings, vmcoreinfo, btf, modules_dir, dumps; /* its options */
	/* After kl_inquire_dump(): */
	struct kl_repeat repeat;
	struct kl_inquiry inquiry;
	struct kl_cli_plugin_options plugin_options;
	struct kl_plugins plugins;
	bool has_dump;
};

/** kl_inquire_option() - one of the options above; @option and optarg as kl_cli_option() gave them. */
struct kl_error *kl_inquire_option(struct kl_inquire *q, int option);

/** kl_inquire_parse() - the arguments of a command that takes one address and at most one option of its own.
 * @command: its name; @options: for kl_cli_option(); @own: set when KL_OPTION_INQUIRE_END is among the arguments, NULL
 * where @options does not have it. @ret: untouched when help is asked for. */
struct kl_error *kl_inquire_parse(struct kl_cli *cli, int argc, char **argv, const char *command,
				  const struct option *options, bool *own, struct kl_inquire *q, uint64_t *ret);

/** kl_inquire_open() - the run that is asked, from the database, or the dump of --dump. */
struct kl_error *kl_inquire_open(struct kl_cli *cli, struct kl_inquire *q);

/** kl_inquire_dump() - make the run once more from its dump, for what the database does not hold. Once. */
struct kl_error *kl_inquire_dump(struct kl_inquire *q);

void kl_inquire_deinit(struct kl_inquire *q);

/** kl_inquire_address() - @text as an address, hexadecimal with or without 0x. Errors: KL_ERROR_USAGE. */
struct kl_error *kl_inquire_address(const char *text, uint64_t *ret);

/** kl_inquire_object() - the object that holds @address, in the dump. After kl_inquire_dump().
 * Errors: KL_ERROR_NOT_FOUND, saying what is there instead. */
struct kl_error *kl_inquire_object(struct kl_inquire *q, uint64_t address, uint32_t *ret);

#endif

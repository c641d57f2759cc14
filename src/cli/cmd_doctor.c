/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/doctor.h"
#include "cli/cli.h"
#include "report/emitter.h"
#include "util/escape.h"

const char kl_help_doctor[] =
	"usage: kleak-dump doctor [--json] [--vmlinux FILE] [--btf FILE] [--vmcoreinfo FILE] DUMP\n"
	"Says what a dump has for which answer, what is missing, and the one command that would get it: pages,\n"
	"VMCOREINFO, vmlinux, BTF, kallsyms, the debug files of modules, kmemleak, profiling, slab_debug. Nothing is\n"
	"analyzed, stored or downloaded.\n"
	"\n"
	"Exit codes: 0; 3 when `analyze` with the same options could not read the dump.\n";

enum { OPTION_VMLINUX = KL_OPTION_FIRST, OPTION_BTF, OPTION_VMCOREINFO };

static void print_text(FILE *out, const struct kl_doctor *doctor)
{
	static const char *const marks[] = {
		[KL_DOCTOR_FOUND] = "ok", [KL_DOCTOR_ABSENT] = "--", [KL_DOCTOR_NEEDED] = "!!"};
	const struct kl_doctor_line *line;

	kl_vec_for_each (line, &doctor->lines) {
		_cleanup_strbuf_ struct kl_strbuf sb = {};

		kl_escape_terminal(&sb, line->text, strlen(line->text));
		fprintf(out, "%s  %-10s  %s\n", marks[line->state], line->topic, kl_strbuf_string(&sb));
		if (line->command)
			fprintf(out, "                %s\n", line->command);
	}
}

static void print_json(FILE *out, const struct kl_doctor *doctor)
{
	static const char *const states[] = {
		[KL_DOCTOR_FOUND] = "found", [KL_DOCTOR_ABSENT] = "absent", [KL_DOCTOR_NEEDED] = "needed"};
	const struct kl_doctor_line *line;
	struct kl_emitter e = {.out = out};

	kl_emit_object(&e, NULL);
	kl_emit_bool(&e, "usable", doctor->usable);
	kl_emit_array(&e, "findings");
	kl_vec_for_each (line, &doctor->lines) {
		kl_emit_object(&e, NULL);
		kl_emit_string(&e, "topic", line->topic);
		kl_emit_string(&e, "state", states[line->state]);
		kl_emit_string(&e, "text", line->text);
		if (line->command)
			kl_emit_string(&e, "command", line->command);
		kl_emit_end(&e);
	}
	kl_emit_end(&e);
	kl_emit_end(&e);
}

struct kl_error *kl_cmd_doctor(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {{"vmlinux", required_argument, NULL, OPTION_VMLINUX},
						{"btf", required_argument, NULL, OPTION_BTF},
						{"vmcoreinfo", required_argument, NULL, OPTION_VMCOREINFO},
						KL_COMMON_OPTIONS};
	_cleanup_(kl_doctor_deinit) struct kl_doctor doctor = {};
	struct kl_analysis_options analysis = {.n_dumps = 1, .progress = &cli->progress};
	struct kl_error *err;
	int option;
	FILE *out;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == OPTION_VMLINUX)
			analysis.vmlinux = optarg;
		else if (option == OPTION_BTF)
			analysis.btf = optarg;
		else
			analysis.vmcoreinfo = optarg;
	}
	if (err || cli->help)
		return err;
	if (argc - optind != 1)
		return kl_error_create(KL_ERROR_USAGE, "doctor takes one dump");
	analysis.dumps = (const char *const *)argv + optind;
	analysis.give_up = kl_cli_give_up(cli);
	err = kl_cli_confine(cli, KL_STORE_READ);
	if (!err)
		err = kl_doctor_examine(&analysis, &doctor);
	kl_cli_progress_clear();
	if (!err)
		err = kl_cli_output(cli, &out);
	if (err)
		return err;
	if (cli->json)
		print_json(out, &doctor);
	else
		print_text(out, &doctor);
	*ret = doctor.usable ? KLEAK_EXIT_OK : KLEAK_EXIT_FAILED;
	return NULL;
}

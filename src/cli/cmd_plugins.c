/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/advice.h"
#include "cli/cli.h"
#include "report/emitter.h"
#include "report/human.h"

const char kl_help_plugins[] =
	"usage: kleak-dump plugins [--json] [PATH]...\n"
	"Lists the plugins that `analyze` would load, and those that it would skip, with the reason: those named by\n"
	"PATH, a plugin or a folder, then those of the absolute paths in $KLEAK_PLUGIN_PATH, separated by colons,\n"
	"then those that were installed with this program. Nothing is loaded from the current directory by itself.\n"
	"\n"
	"Exit codes: 0; 3 when a PATH does not exist; 4 when a plugin is skipped.\n";

static const struct {
	uint32_t bit;
	const char *name;
} capabilities[] = {
	{KLEAK_CAN_ADD_OBJECTS, "objects"},      {KLEAK_CAN_ADD_ROOTS, "roots"}, {KLEAK_CAN_CLASSIFY, "classify"},
	{KLEAK_CAN_NAME_HOLDERS, "name_holder"}, {KLEAK_CAN_FORMAT, "format"},   {KLEAK_CAN_SINK, "sink"},
	{KLEAK_CAN_ADD_FREED, "freed"},
};

#define CAPABILITIES (sizeof(capabilities) / sizeof(*capabilities))

static void print_plugin(FILE *out, const struct kl_plugin *p)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	size_t i;

	kl_human_text(&sb, p->name ? p->name : p->path);
	if (p->version) {
		kl_strbuf_putc(&sb, ' ');
		kl_human_text(&sb, p->version);
	}
	kl_strbuf_printf(&sb, ": %s", kl_plugin_state_name(p->state));
	for (i = 0; i < CAPABILITIES; i++) {
		if (p->capabilities & capabilities[i].bit)
			kl_strbuf_printf(&sb, ", %s", capabilities[i].name);
	}
	kl_strbuf_puts(&sb, "\n    ");
	kl_human_text(&sb, p->path);
	if (p->summary) {
		kl_strbuf_puts(&sb, "\n    ");
		kl_human_text(&sb, p->summary);
	}
	if (p->why) {
		kl_strbuf_puts(&sb, "\n    ");
		kl_human_text(&sb, p->why);
	}
	fprintf(out, "%s\n", kl_strbuf_string(&sb));
}

static void emit_plugin(struct kl_emitter *e, const struct kl_plugin *p)
{
	size_t i;

	kl_emit_object(e, NULL);
	kl_emit_string(e, "name", p->name);
	kl_emit_string(e, "version", p->version);
	kl_emit_string(e, "license", p->license);
	kl_emit_string(e, "summary", p->summary);
	kl_emit_string(e, "path", p->path);
	kl_emit_string(e, "state", kl_plugin_state_name(p->state));
	kl_emit_string(e, "why", p->why);
	kl_emit_array(e, "capabilities");
	for (i = 0; i < CAPABILITIES; i++) {
		if (p->capabilities & capabilities[i].bit)
			kl_emit_string(e, NULL, capabilities[i].name);
	}
	kl_emit_end(e);
	kl_emit_end(e);
}

static struct kl_error *list_plugins(struct kl_cli *cli, const struct kl_plugins *plugins, int *ret)
{
	const struct kl_plugin *p;
	struct kl_emitter e = {};
	struct kl_error *err = kl_cli_output(cli, &e.out);

	if (err)
		return err;
	if (cli->json) {
		kl_emit_object(&e, NULL);
		kl_emit_int(&e, "schema_version", KLEAK_VIEW_VERSION);
		kl_emit_array(&e, "plugins");
	}
	kl_vec_for_each (p, &plugins->list) {
		if (cli->json)
			emit_plugin(&e, p);
		else
			print_plugin(e.out, p);
		if (p->state != KL_PLUGIN_READY)
			*ret = KLEAK_EXIT_PARTIAL;
	}
	if (cli->json) {
		kl_emit_end(&e);
		kl_emit_end(&e);
	} else if (!plugins->list.count) {
		fputs("no plugins\n", e.out);
	}
	return kl_cli_output_end(cli);
}

struct kl_error *kl_cmd_plugins(struct kl_cli *cli, int argc, char **argv, int *ret)
{
	static const struct option options[] = {KL_COMMON_OPTIONS};
	_cleanup_(kl_plugins_deinit) struct kl_plugins plugins = {};
	struct kl_cli_plugin_options named = {};
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err))
		;
	if (err || cli->help)
		return err;
	named.paths.data = (const char **)argv + optind;
	named.paths.count = (size_t)(argc - optind);
	err = kl_cli_confine(cli, KL_STORE_READ);
	if (!err)
		err = kl_cli_plugins(cli, &named, &plugins);
	return err ? err : list_plugins(cli, &plugins, ret);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/advice.h"

#include <string.h>
#include <unistd.h>

#include "plugin/find.h"
#include "suppress/rule_file.h"
#include "util/escape.h"
#include "util/strbuf.h"

struct kl_error *kl_cli_suppressions(const char *name, struct kl_rules *rules)
{
	_cleanup_strbuf_ struct kl_strbuf installed = {};

	kl_strbuf_printf(&installed, KL_DATA_DIR "/suppressions/%s.supp", name);
	if (installed.failed)
		return kl_error_nomem();
	if (strchr(name, '/') || !access(name, F_OK) || access(kl_strbuf_string(&installed), F_OK))
		return kl_rules_read(name, rules);
	return kl_rules_read(kl_strbuf_string(&installed), rules);
}

struct kl_error *kl_cli_suppressions_of_environment(struct kl_rules *rules)
{
	const char *names = getenv("KLEAK_SUPPRESSIONS");
	struct kl_error *err = NULL;

	while (names && *names && !err) {
		size_t length = strcspn(names, ":");
		_cleanup_free_ char *name = strndup(names, length);

		if (!name)
			return kl_error_nomem();
		if (length)
			err = kl_error_prepend(kl_cli_suppressions(name, rules), "$KLEAK_SUPPRESSIONS");
		names += length + (names[length] == ':');
	}
	return err;
}

/* Beside a program that was built and not installed, its plugins lie in a folder of that name. */
static const char *find_own_plugins(struct kl_strbuf *sb)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *slash;

	if (n <= 0)
		return KL_PLUGIN_DIR;
	path[n] = '\0';
	slash = strrchr(path, '/');
	kl_strbuf_printf(sb, "%.*s/plugins", (int)(slash ? slash - path : 0), path);
	return access(kl_strbuf_string(sb), F_OK) ? KL_PLUGIN_DIR : kl_strbuf_string(sb);
}

#define MAX_TIMEOUT (7 * 24 * 60 * 60)

bool kl_cli_plugin_option(struct kl_cli_plugin_options *o, int option, const char *value, struct kl_error **err)
{
	*err = NULL;
	switch (option) {
	case KL_OPTION_PLUGIN:
		if (!kl_vec_push(&o->paths, value))
			*err = kl_error_nomem();
		return true;
	case KL_OPTION_NO_PLUGINS:
		o->none = true;
		return true;
	case KL_OPTION_PLUGIN_TIMEOUT:
		*err = kl_cli_number(value, "--plugin-timeout", &o->timeout);
		return true;
	default:
		return false;
	}
}

struct kl_error *kl_cli_plugins(struct kl_cli *cli, const struct kl_cli_plugin_options *options, struct kl_plugins *ret)
{
	static const struct kl_cli_plugin_options usual = {};
	_cleanup_strbuf_ struct kl_strbuf own = {};
	const char *installed = find_own_plugins(&own);

	if (!options)
		options = &usual;
	if (options->none)
		return NULL;
	ret->seconds = (unsigned)(options->timeout < MAX_TIMEOUT ? options->timeout : MAX_TIMEOUT);
	if (own.failed)
		return kl_error_nomem();
	return kl_plugins_find(ret, options->paths.data, options->paths.count, installed, &cli->progress);
}

struct kl_error *kl_cli_plugin_for(const struct kl_plugins *plugins, const char *name, uint32_t capability,
				   struct kl_plugin **ret)
{
	struct kl_plugin *p, *found = NULL;

	kl_vec_for_each (p, &plugins->list) {
		if (p->name && !strcmp(p->name, name) && (!found || found->state != KL_PLUGIN_READY))
			found = p;
	}
	*ret = found;
	if (!found || !(found->capabilities & capability))
		return kl_error_create(KL_ERROR_USAGE, "no plugin \"%s\" does that; `kleak-dump plugins` lists them",
				       name);
	if (found->state != KL_PLUGIN_READY)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "the plugin %s: %s: %s", name,
				       kl_plugin_state_name(found->state), found->why ? found->why : "?");
	return NULL;
}

void kl_cli_plugins_tell(const struct kl_plugins *plugins)
{
	const struct kl_plugin *p;

	kl_vec_for_each (p, &plugins->list) {
		_cleanup_strbuf_ struct kl_strbuf why = {};

		if (p->state != KL_PLUGIN_FAILED || !p->why)
			continue;
		kl_escape_terminal(&why, p->why, strlen(p->why));
		fprintf(stderr, "kleak-dump: the plugin %s failed: %s\n", p->name, kl_strbuf_string(&why));
	}
}

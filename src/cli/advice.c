/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/advice.h"

#include <string.h>
#include <unistd.h>

#include "plugin/find.h"
#include "suppress/rule_file.h"
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

struct kl_error *kl_cli_plugins(struct kl_cli *cli, const char *const *paths, size_t n, struct kl_plugins *ret)
{
	_cleanup_strbuf_ struct kl_strbuf own = {};
	const char *installed = find_own_plugins(&own);

	return own.failed ? kl_error_nomem() : kl_plugins_find(ret, paths, n, installed, &cli->progress);
}

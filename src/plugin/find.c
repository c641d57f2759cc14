/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/find.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/describe.h"

/* Whoever else may write there could give root his own code. */
static const char *find_risk(const char *path)
{
	struct stat st;

	if (geteuid() || stat(path, &st))
		return NULL;
	if (st.st_uid && st.st_uid != geteuid())
		return "it belongs to somebody else than root, who is asked to load it";
	return st.st_mode & (S_IWGRP | S_IWOTH) ? "others may write there, and root is asked to load it" : NULL;
}

static const char *find_risk_on_the_way(const char *path)
{
	const char *slash = strrchr(path, '/'), *risk = find_risk(path);
	_cleanup_free_ char *folder = NULL;

	if (risk)
		return risk;
	folder = slash ? strndup(path, slash > path ? (size_t)(slash - path) : 1) : strdup(".");
	return folder ? find_risk(folder) : "out of memory";
}

static const struct kl_plugin *find_namesake(const struct kl_plugins *plugins, const struct kl_plugin *p)
{
	const struct kl_plugin *other;

	kl_vec_for_each (other, &plugins->list) {
		if (other != p && other->name && p->name && !strcmp(other->name, p->name) &&
		    other->state == KL_PLUGIN_READY)
			return other;
	}
	return NULL;
}

static struct kl_error *add_plugin(struct kl_plugins *plugins, const char *path, const struct kl_progress *progress)
{
	struct kl_plugin *p = kl_vec_add(&plugins->list);
	const char *risk = find_risk_on_the_way(path);
	const struct kl_plugin *namesake;
	struct kl_error *err;

	if (!p)
		return kl_error_nomem();
	p->path = realpath(path, NULL);
	if (!p->path)
		p->path = strdup(path);
	if (!p->path)
		return kl_error_nomem();
	if (risk) {
		kl_plugin_end(p, KL_PLUGIN_SKIPPED, risk);
		return NULL;
	}
	err = kl_plugin_describe(plugins, p, progress);
	namesake = err ? NULL : find_namesake(plugins, p);
	if (namesake) {
		_cleanup_strbuf_ struct kl_strbuf why = {};

		kl_strbuf_printf(&why, "%s has the same name", namesake->path);
		kl_plugin_end(p, KL_PLUGIN_SKIPPED, kl_strbuf_string(&why));
	}
	return err;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int is_library_entry(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 3 && !strcmp(entry->d_name + length - 3, ".so");
}

static int compare_entry_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* All plugins of a folder, by name. Not with glob(): out of memory, it finds nothing, or frees twice (glibc 2.36). */
static struct kl_error *add_folder(struct kl_plugins *plugins, const char *path, const struct kl_progress *progress)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_library_entry, compare_entry_names), i;
	struct kl_error *err = NULL;

	if (n < 0)
		return kl_error_from_errno(errno, "%s", path);
	for (i = 0; i < n; i++) {
		_cleanup_strbuf_ struct kl_strbuf name = {};

		kl_strbuf_printf(&name, "%s/%s", path, entries[i]->d_name);
		free(entries[i]);
		if (!err)
			err = name.failed ? kl_error_nomem() : add_plugin(plugins, kl_strbuf_string(&name), progress);
	}
	free(entries);
	return err;
}

static struct kl_error *add_path(struct kl_plugins *plugins, const char *path, const struct kl_progress *progress)
{
	return is_folder(path) ? add_folder(plugins, path, progress) : add_plugin(plugins, path, progress);
}

/* A folder or plugin of $KLEAK_PLUGIN_PATH need not exist; an empty one is not the current directory. */
static struct kl_error *add_paths_of_environment(struct kl_plugins *plugins, const struct kl_progress *progress)
{
	const char *names = getenv("KLEAK_PLUGIN_PATH");
	struct kl_error *err = NULL;

	while (names && *names && !err) {
		size_t length = strcspn(names, ":");
		_cleanup_free_ char *name = strndup(names, length);

		if (!name)
			return kl_error_nomem();
		if (name[0] == '/' && !access(name, F_OK))
			err = add_path(plugins, name, progress);
		names += length + (names[length] == ':');
	}
	return err;
}

struct kl_error *kl_plugins_find(struct kl_plugins *plugins, const char *const *paths, size_t n, const char *installed,
				 const struct kl_progress *progress)
{
	struct kl_error *err = NULL;
	size_t i;

	if (!plugins->seconds)
		plugins->seconds = 60;
	for (i = 0; i < n && !err; i++) {
		if (access(paths[i], F_OK))
			return kl_error_create(KL_ERROR_NOT_FOUND, "%s: %s", paths[i], strerror(errno));
		err = add_path(plugins, paths[i], progress);
	}
	if (!err)
		err = add_paths_of_environment(plugins, progress);
	if (!err && installed && is_folder(installed))
		err = add_folder(plugins, installed, progress);
	return err;
}

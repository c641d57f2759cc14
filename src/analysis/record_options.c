/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/record_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/machine/dump_types.h"
#include "util/map.h"
#include "util/strbuf.h"

static struct kl_error *store_number(struct kl_writer *w, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return kl_writer_add_option(w, name, text);
}

/* The parts of a split set: all of them are needed to open it again. */
static struct kl_error *store_parts(const struct kl_analysis *a, struct kl_writer *w)
{
	const struct kl_analysis_options *o = a->opened.options;
	_cleanup_strbuf_ struct kl_strbuf paths = {};
	size_t i;

	if (o->n_dumps < 2)
		return NULL;
	for (i = 0; i < o->n_dumps; i++) {
		_cleanup_free_ char *path = realpath(o->dumps[i], NULL);

		kl_strbuf_printf(&paths, "%s%s", i ? "\n" : "", path ? path : o->dumps[i]);
	}
	return paths.failed ? kl_error_nomem() : kl_writer_add_option(w, "dumps", kl_strbuf_string(&paths));
}

/* The run may be made once more from another directory. */
static struct kl_error *store_path(struct kl_writer *w, const char *name, const char *path)
{
	_cleanup_free_ char *absolute = realpath(path, NULL);

	return kl_writer_add_option(w, name, absolute ? absolute : path);
}

static struct kl_error *store_types_source(const struct kl_analysis *a, struct kl_writer *w)
{
	struct kl_kernel *k = a->opened.kernel;
	_cleanup_strbuf_ struct kl_strbuf untyped = {};
	struct kl_error *err = kl_writer_add_option(w, KL_OPTION_TYPES, kl_types_source_name(k->types));

	if (err || k->types == KL_TYPES_VMLINUX)
		return err;
	err = kl_dump_types_untyped(k, &untyped);
	if (err || !untyped.length)
		return err;
	return kl_writer_add_option(w, KL_OPTION_UNTYPED, kl_strbuf_string(&untyped));
}

struct kl_error *kl_options_store(const struct kl_analysis *a, struct kl_writer *w)
{
	const struct kl_analysis_options *o = a->opened.options;
	bool as_kernel = o->settings->policy == KL_POLICY_KERNEL;
	_cleanup_strbuf_ struct kl_strbuf settings = {};
	struct kl_error *err = kl_writer_add_option(w, "policy", kl_policy_name(o->settings->policy));

	kl_settings_describe(o->settings, &settings);
	if (!err)
		err = kl_writer_add_option(w, "settings", kl_strbuf_string(&settings));
	if (!err)
		err = store_number(w, "min_age_jiffies",
				   as_kernel ? a->marking.rules.min_age : a->marking.settings.min_age);
	if (!err)
		err = store_number(w, "min_unref_scans",
				   as_kernel ? a->marking.rules.min_unref_scans : o->settings->min_unref_scans);
	if (!err && o->vmcoreinfo)
		err = store_path(w, "vmcoreinfo", o->vmcoreinfo);
	if (!err && o->modules_dir)
		err = store_path(w, "modules", o->modules_dir);
	if (!err)
		err = store_types_source(a, w);
	if (!err && o->btf)
		err = store_path(w, "btf", o->btf);
	if (!err)
		err = store_parts(a, w);
	if (!err)
		err = kl_writer_add_option(w, "force", o->force ? "yes" : "no");
	if (!err && a->opened.kernel->forced)
		err = kl_writer_add_option(w, KL_OPTION_MISMATCH, "yes");
	return err;
}

/* Rules and plugins change verdicts. */
static void describe_advisers(const struct kl_analysis_options *o, struct kl_strbuf *sb)
{
	const struct kl_plugin *plugin;
	const struct kl_rule *rule;

	if (o->rules) {
		kl_vec_for_each (rule, &o->rules->list)
			kl_strbuf_printf(sb, "\nrule %s:%u %s", rule->file, rule->line, rule->name);
	}
	if (o->plugins) {
		kl_vec_for_each (plugin, &o->plugins->list)
			kl_strbuf_printf(sb, "\nplugin %s %s", plugin->path, plugin->version ? plugin->version : "");
	}
}

struct kl_error *kl_options_request(const struct kl_analysis *a, struct kl_strbuf *ret)
{
	const struct kl_analysis_options *o = a->opened.options;
	_cleanup_strbuf_ struct kl_strbuf words = {};

	kl_strbuf_printf(&words, "%s %d %d %d %d ", kl_policy_name(o->settings->policy), (int)o->source, (int)o->edges,
			 (int)o->types_from, (int)o->force);
	kl_settings_describe(o->settings, &words);
	describe_advisers(o, &words);
	if (words.failed)
		return kl_error_nomem();
	kl_strbuf_printf(ret, "%016" PRIx64, kl_hash_bytes(KL_HASH_SEED, words.data, words.length));
	return ret->failed ? kl_error_nomem() : NULL;
}

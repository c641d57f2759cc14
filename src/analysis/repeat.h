/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repeat.h: a stored run made once more from its dump, for questions that the database cannot answer. */
#ifndef KL_ANALYSIS_REPEAT_H
#define KL_ANALYSIS_REPEAT_H

#include "analysis/analysis.h"
#include "store/reader.h"

/* What the run does not tell, or what the user knows better. */
struct kl_repeat_options {
	const char *dump;           /* NULL: where the run found it */
	const char *dumps;          /* of a split set: one path per line; NULL: the run has one dump */
	const char *vmlinux;        /* NULL: the run's, while it is there */
	const char *const *modules; /* module files */
	size_t n_modules;
	const char *modules_dir;
	const char *vmcoreinfo; /* a file; NULL: the dump's own */
	const char *btf;        /* as kl_analysis_options.btf */
	bool by_btf;            /* the run's types come from BTF */
	bool force;             /* a vmlinux that does not belong to the dump is accepted */
	uint64_t unpack_limit;  /* of debug files, in bytes; 0 = as usual */
	struct kl_plugins
		*plugins;       /* see analysis/options.h; never those that a database names: it may be a stranger's */
	kl_give_up_fn *give_up; /* see analysis/options.h */
	const struct kl_progress *progress;
};

struct kl_repeat {
	struct kl_settings settings;
	struct kl_analysis_options options;
	enum kl_source_choice source;
	KL_VEC(const char *) dumps;
	char *paths; /* what `dumps` points into */
	char *vmlinux;
	struct kl_analysis *analysis;
};

/** kl_repeat_run() - analyze the dump of @run again, with its settings. Under the policy kernel no references are kept:
 * such a run is repeated under the policy precise.
 * @settings: its option "settings". @run, @options: must outlive @ret.
 * @ret: zeroed; destroyed by the caller with kl_repeat_deinit(), after an error too.
 * Errors: KL_ERROR_NOT_FOUND when the dump is gone, KL_ERROR_MISMATCH when it changed since, KL_ERROR_UNSUPPORTED for
 * settings that this version does not know; those of kl_analysis_run(). */
struct kl_error *kl_repeat_run(const struct kl_store_run *run, const char *settings,
			       const struct kl_repeat_options *options, struct kl_repeat *ret);

/** kl_repeat_dump() - analyze options->dump with default settings, whatever the database has. Likewise. */
struct kl_error *kl_repeat_dump(const struct kl_repeat_options *options, struct kl_repeat *ret);
void kl_repeat_deinit(struct kl_repeat *r);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* analysis.h: one dump through the whole way of the data, up to the verdicts; nothing is stored or printed yet. */
#ifndef KL_ANALYSIS_ANALYSIS_H
#define KL_ANALYSIS_ANALYSIS_H

#include "analysis/source_lines.h"
#include "analysis/settings.h"
#include "debug/debug.h"
#include "heap/root.h"
#include "image/image.h"
#include "kernel/kernel.h"
#include "kernel/sources/kmemleak.h"
#include "kernel/sources/debugfs_text.h"
#include "analysis/record_call_sites.h"
#include "mark/mark.h"
#include "mark/precise.h"
#include "util/progress.h"
#include "verdict/agreement.h"
#include "verdict/verdict.h"

struct kl_analysis_options {
	const struct kl_settings *settings; /* never NULL */
	bool sweeps_types;                  /* a sweep varies them: types are read whatever the settings say */
	const char *const *dumps;           /* one dump; several are the parts of a split set */
	size_t n_dumps;
	const char *vmlinux;        /* NULL: found, or not needed because the layout cache knows the kernel */
	bool lines;                 /* source lines of the findings' stack frames; needs the vmlinux */
	const char *const *modules; /* module files, for their lines */
	size_t n_modules;
	const char *modules_dir; /* where others are looked for; NULL = nowhere */
	const char *vmcoreinfo;  /* raw VMCOREINFO text, NULL: the dump's own */
	bool force;              /* a vmlinux that does not belong to the dump is accepted */
	const struct kl_progress *progress;
};

/* How long each phase took. */
struct kl_phase {
	const char *name; /* static */
	double milliseconds;
};

struct kl_analysis {
	const struct kl_analysis_options *options;
	char *vmlinux; /* the file used, NULL when none was needed */
	struct kl_image *image;
	struct kl_debug *debug;
	struct kl_kernel *kernel;
	struct kl_source_lines *lines;        /* NULL unless asked for */
	struct kl_source_lines *module_files; /* for types, where `lines` is NULL; NULL until needed */
	struct kl_kmemleak kmemleak;
	struct kl_kmemleak_text text;
	struct kl_sites sites;
	struct kl_mark_params params;
	struct kl_roots roots; /* policy kernel */
	struct kl_facts facts; /* policy precise, as the next three */
	struct kl_references references;
	struct kl_precise_settings precise;
	struct kl_checksums checksums;
	uint64_t holders_missing; /* bytes of untracked memory that are not in the dump */
	uint64_t *holders;        /* of the heap's rows in untracked memory; NULL before they were asked for */
	struct kl_mark mark;
	struct kl_edges edges;
	struct kl_findings findings;
	struct kl_agreement agreement;
	KL_VEC(uint64_t) percpu_offsets; /* of possible CPUs, borrowed by params */
	KL_VEC(struct kl_phase) phases;
	int64_t started_ms; /* Unix time */
};

/** kl_analysis_run() - open the dump, read kmemleak's objects, replay a scan, give verdicts.
 * @options: borrowed until kl_analysis_destroy().
 *
 * A kernel without kmemleak, or with kmemleak off, is a result, not an error: no objects, and the state says why.
 * Errors: what cannot be opened or does not belong together, out of memory, KL_ERROR_INTERRUPTED.
 */
struct kl_error *kl_analysis_run(const struct kl_analysis_options *options, struct kl_analysis **ret);
void kl_analysis_destroy(struct kl_analysis *a);
KL_DEFINE_CLEANUP(struct kl_analysis *, kl_analysis_destroy)

/** kl_analysis_partial() - one line saying what was missing or keeps the result from being trusted; NULL when nothing.
 * malloc'ed. */
char *kl_analysis_partial(const struct kl_analysis *a);

#endif

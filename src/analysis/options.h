/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h: what an analysis is asked to do. Filled by a face (src/cli), a test, a daemon. */
#ifndef KL_ANALYSIS_OPTIONS_H
#define KL_ANALYSIS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/settings.h"
#include "kernel/sources/sources.h"
#include "plugin/plugins.h"
#include "suppress/rules.h"
#include "util/progress.h"

/* Whose references are stored. */
enum kl_stored_edges {
	KL_EDGES_FINDINGS,
	KL_EDGES_ALL, /* of every object */
	KL_EDGES_NONE,
};

/* What is asked for the kernel's types. */
enum kl_types_from {
	KL_TYPES_FROM_ANY,     /* a vmlinux, or what an earlier run learned from one; without any, the dump's own BTF */
	KL_TYPES_FROM_VMLINUX, /* only that */
	KL_TYPES_FROM_BTF,     /* the dump's own BTF, or that of a file */
};

/* Gives up privileges that only opening needed. */
typedef struct kl_error *kl_give_up_fn(void);

struct kl_analysis_options {
	const struct kl_settings *settings; /* never NULL */
	enum kl_source_choice source;
	bool sweeps_types;        /* a sweep varies them: types are read whatever the settings say */
	const char *const *dumps; /* one dump; several are the parts of a split set */
	size_t n_dumps;
	const char *vmlinux; /* NULL: found, or not needed because the layout cache knows the kernel */
	enum kl_types_from types_from;
	const char *btf;            /* a file with the kernel's BTF; NULL = the dump's own, if that is asked */
	bool lines;                 /* source lines of the findings' stack frames; needs the vmlinux */
	const char *const *modules; /* module files, for their lines */
	size_t n_modules;
	const char *modules_dir;  /* where others are looked for; NULL = nowhere */
	const char *strip_prefix; /* cut off the names of source files; NULL = only what the build itself tells */
	const char *vmcoreinfo;   /* raw VMCOREINFO text, NULL: the dump's own */
	bool force;               /* a vmlinux that does not belong to the dump is accepted */
	uint64_t unpack_limit;    /* of debug files, in bytes; 0 = as usual */
	enum kl_stored_edges edges;
	const struct kl_rules *rules; /* that suppress findings; NULL: none */
	struct kl_plugins *plugins;   /* NULL: none; what became of each is noted there */
	kl_give_up_fn *give_up;       /* called once a live kernel's memory is open; may be NULL */
	const char *command;          /* command line that asked for it, for the record; may be NULL */
	bool again;                   /* a second run beside one that was made in the same way, not in its place */
	const char *label;            /* name that the user gives the run; may be NULL */
	const struct kl_progress *progress;
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbolize_run.h: source lines for a run that is stored already. Its dump is not needed: what the kernel called its
 * functions is in the database. */
#ifndef KL_ANALYSIS_SYMBOLIZE_RUN_H
#define KL_ANALYSIS_SYMBOLIZE_RUN_H

#include "store/reader.h"
#include "util/progress.h"

struct kl_symbolize_options {
	const char *vmlinux;        /* NULL: looked for, by build-id; none at all is no error */
	const char *const *modules; /* as in struct kl_source_lines_options */
	size_t n_modules;
	const char *modules_dir;
	const char *strip_prefix;
	uint64_t unpack_limit; /* bytes; 0 = as usual */
	const struct kl_progress *progress;
};

struct kl_symbolized {
	char *vmlinux; /* that was used; freed by the caller; NULL: none */
	size_t stacks; /* of findings */
	size_t frames; /* of these, without the inlined ones */
	size_t before; /* of the frames, those that had a line */
	size_t lines;  /* and those that have one now */
};

/** kl_symbolize_run() - name source lines, and what was inlined, in the stacks of the findings of run @run_id, as
 * `analyze --lines` does. Lines that were known and are not found stay.
 * Errors: KL_ERROR_NOT_FOUND for a run or a file that does not exist, KL_ERROR_MISMATCH for a vmlinux of another
 * build-id or a module of another kernel, those of the store. */
struct kl_error *kl_symbolize_run(const struct kl_symbolize_options *options, struct kl_store *store, int64_t run_id,
				  struct kl_symbolized *ret);

#endif

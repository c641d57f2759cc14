/* SPDX-License-Identifier: GPL-2.0-or-later */
/* opened.h: the first stage of an analysis: a dump and the debug information that belongs to it, opened. */
#ifndef KL_ANALYSIS_OPENED_H
#define KL_ANALYSIS_OPENED_H

#include "analysis/options.h"
#include "analysis/source_lines.h"
#include "debug/debug.h"
#include "image/image.h"
#include "kernel/facts/object_types.h"
#include "kernel/kernel.h"

struct kl_opened {
	const struct kl_analysis_options *options; /* borrowed */
	struct kl_debug_bounds bounds;
	struct kl_image *image;
	char *vmlinux; /* the file used, NULL when none was needed */
	struct kl_debug *debug;
	struct kl_kernel *kernel;
	struct kl_source_lines *lines;        /* NULL unless asked for */
	struct kl_source_lines *module_files; /* for types, where `lines` is NULL; NULL until needed */
};

/** kl_opened_dump() - open the dump alone; kl_opened_kernel() - join it with its kernel's layouts, found where the
 * options say or by build-id, and open the files that source lines need.
 * @o: zeroed, with its options; destroyed by the caller with kl_opened_deinit(), after an error too.
 * Errors: what cannot be opened or does not belong together. */
struct kl_error *kl_opened_dump(struct kl_opened *o);
struct kl_error *kl_opened_kernel(struct kl_opened *o);
void kl_opened_deinit(struct kl_opened *o);

/** kl_opened_type_files() - the vmlinux and the modules' files as a source of types, opened only when they are asked
 * for. @o is borrowed. */
struct kl_type_files kl_opened_type_files(struct kl_opened *o);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source_lines.h: source lines of stack frames, in the kernel and in modules whose files the user has. */
#ifndef KL_ANALYSIS_SOURCE_LINES_H
#define KL_ANALYSIS_SOURCE_LINES_H

#include "debug/debug.h"
#include "debug/line.h"
#include "kernel/kernel.h"
#include "util/cleanup.h"
#include "util/error.h"

struct kl_source_lines;

struct kl_source_lines_options {
	struct kl_kernel *kernel;   /* NULL: no dump is at hand, only what was stored of it */
	const char *release;        /* of the kernel when it is not at hand; NULL = not known */
	struct kl_debug *vmlinux;   /* borrowed; NULL: frames of the kernel itself get no line */
	const char *const *modules; /* files given by name: "kmemleak-test.ko", also compressed */
	size_t n_modules;
	const struct kl_debug_bounds *bounds; /* for opening modules; NULL = the usual ones */
	const char *strip_prefix;             /* cut off file names that begin with it; NULL = nothing */
	const char *modules_dir;              /* searched for NAME.ko, NAME.ko.debug and compressed ones; NULL = none */
};

/** kl_source_lines_create() - open the named module files.
 * A module's file is recognised by its name, as the kernel spells it ('-' is '_'); one whose build-id differs from that
 * of the loaded module is refused. Errors: KL_ERROR_NOT_FOUND, KL_ERROR_FORMAT ... of a named file; KL_ERROR_MISMATCH
 * with both build-ids.
 */
struct kl_error *kl_source_lines_create(const struct kl_source_lines_options *options, struct kl_source_lines **ret);
void kl_source_lines_destroy(struct kl_source_lines *lines);
KL_DEFINE_CLEANUP(struct kl_source_lines *, kl_source_lines_destroy)

/** kl_source_lines_find() - the call that returns to @address, as kl_debug_places() tells it: what was inlined there,
 * then the function itself.
 * Returns false, with @n 0, when it is not known. Texts are owned by @lines, valid until the next call; bytes from a
 * file.
 */
bool kl_source_lines_find(struct kl_source_lines *lines, uint64_t address, struct kl_source_place ret[KL_PLACES_MAX],
			  size_t *n);

/** kl_source_lines_find_symbol() - the same for the return address that the kernel called @symbol, "name+0x1c/0x80
 * [module]", which lay at @address. No kernel has to be at hand. */
bool kl_source_lines_find_symbol(struct kl_source_lines *lines, const char *symbol, uint64_t address,
				 struct kl_source_place ret[KL_PLACES_MAX], size_t *n);

/** kl_source_lines_module() - the file of the loaded module @name, borrowed; NULL when there is none at hand. */
struct kl_debug *kl_source_lines_module(struct kl_source_lines *lines, const char *name);

#endif

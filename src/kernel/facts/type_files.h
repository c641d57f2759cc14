/* SPDX-License-Identifier: GPL-2.0-or-later */
/* type_files.h: what the search for types asks its caller for: files with DWARF, which are opened only when the cache
 * of answers does not do. */
#ifndef KL_KERNEL_FACTS_TYPE_FILES_H
#define KL_KERNEL_FACTS_TYPE_FILES_H

#include "kernel/kernel.h"
#include "kernel/machine/module.h"

struct kl_type_files {
	const char *cache_dir; /* NULL = the user's default */
	/* The vmlinux, borrowed; NULL when it is not to be had. Called once at most; may be NULL. */
	struct kl_debug *(*vmlinux)(void *context);
	/* The file of a loaded module, likewise; once per module. */
	struct kl_debug *(*module)(void *context, const char *name);
	void *context;
};

/** kl_type_file_build_id() - what the file of @module (NULL: of the kernel) is cached by; NULL when nothing is sure. */
const char *kl_type_file_build_id(const struct kl_kernel *k, const struct kl_module *module);

/** kl_type_file_open() - that file, borrowed; NULL when it is not to be had. */
struct kl_debug *kl_type_file_open(const struct kl_type_files *files, const struct kl_module *module);

#endif

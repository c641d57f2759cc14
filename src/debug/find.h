/* SPDX-License-Identifier: GPL-2.0-or-later */
/* find.h: where the debug information of a kernel is. */
#ifndef KL_DEBUG_FIND_H
#define KL_DEBUG_FIND_H

#include "util/error.h"

struct kl_debug_search {
	const char *vmlinux;                  /* --vmlinux: taken as it is; NULL = search */
	const char *build_id;                 /* of the dump's kernel, hex; NULL = unknown, then names alone decide */
	const char *release;                  /* as in `uname -r`; NULL = unknown. From a dump: not trusted */
	const char *dump_path;                /* NULL = nothing lies beside it */
	const struct kl_debug_bounds *bounds; /* for opening candidates; NULL = the usual ones */
};

/** kl_debug_find() - the path of the kernel's vmlinux or separate debug file, malloc'ed in @ret.
 *
 * In this order: @vmlinux; beside the dump (NAME.vmlinux, vmlinux-RELEASE, vmlinux, vmlinux.debug); the directories of
 * $KLEAK_DEBUG_PATH (separated by ':'; by build-id, flat, or laid out like a root directory); where distributions
 * install them; where debuginfod-find keeps what it downloaded. Each name is also tried with .xz, .zst or .gz appended.
 * Except for @vmlinux, a file whose build-id differs, that is no ELF file or unpacks to more than @bounds allow is
 * passed over, and one with DWARF is preferred.
 * Errors: KL_ERROR_NOT_FOUND, saying what was looked for and how to supply it; KL_ERROR_NOMEM.
 */
struct kl_error *kl_debug_find(const struct kl_debug_search *search, char **ret);

#endif

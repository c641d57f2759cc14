/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debugfs_text.h: how this kernel words its reports, told by the format strings in its own .rodata.
 *
 * The lines of /sys/kernel/debug/kmemleak changed independently of each other, and distributions backport changes
 * (6.1.192 has lost the age line, yet prints "[<%p>]"), so neither a version nor a struct member tells them: the
 * strings do (kernel-layouts 2.7).
 */
#ifndef KL_KERNEL_SOURCES_DEBUGFS_TEXT_H
#define KL_KERNEL_SOURCES_DEBUGFS_TEXT_H

#include <stdbool.h>

#include "kernel/kernel.h"
#include "util/report_text.h"

struct kl_kmemleak_text {
	enum kl_text_header header;
	enum kl_text_hexdump hexdump;
	enum kl_text_frame frame;
	bool restricted; /* frames print %pK: kl_format_restricted_pointer(); otherwise kl_format_pointer() */
	bool age;        /* "(age %d.%03ds)" behind the jiffies */
	bool crc;        /* "  backtrace (crc %x):" */
	/* 0: this kernel has no /proc/allocinfo; 10 is "1.0", 20 is "2.0" (rows may end in " accurate:no") */
	unsigned allocinfo_version;
	bool guessed; /* parts of .rodata are missing: some answers come from which members exist */
};

/** kl_debugfs_text_detect() - search the dump's .rodata for the format strings.
 * Errors: KL_ERROR_NOMEM. A kernel without kmemleak gets the newest style, guessed. Cost: one pass over .rodata. */
struct kl_error *kl_debugfs_text_detect(struct kl_kernel *k, struct kl_kmemleak_text *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.h: how this kernel words its reports, told by the format strings in its own .rodata.
 *
 * The lines of /sys/kernel/debug/kmemleak changed independently of each other, and distributions backport changes
 * (6.1.192 has lost the age line, yet prints "[<%p>]"), so neither a version nor a struct member tells them: the
 * strings do (kernel-layouts 2.7).
 */
#ifndef KL_KERNEL_TEXT_H
#define KL_KERNEL_TEXT_H

#include <stdbool.h>

#include "kernel/kernel.h"

enum kl_text_header {
	KL_TEXT_HEADER_PLAIN,    /* "unreferenced object 0x%08lx (size %zu):" */
	KL_TEXT_HEADER_PREFIXED, /* the same behind "kmemleak: " (first commit of 2.6.31) */
	KL_TEXT_HEADER_TYPED,    /* "unreferenced object%s 0x%08lx (size %zu):" with "", " (phys)", " (percpu)" */
};

enum kl_text_hexdump {
	KL_TEXT_HEXDUMP_NONE,   /* first commit */
	KL_TEXT_HEXDUMP_PLAIN,  /* "  hex dump (first %zu bytes):", or %d, which prints the same */
	KL_TEXT_HEXDUMP_PERCPU, /* that, and for per-CPU objects "  hex dump (first %zu bytes on cpu %d):" (6.12) */
};

enum kl_text_frame {
	KL_TEXT_FRAME_PLAIN,      /* "    %pS" */
	KL_TEXT_FRAME_HASHED,     /* "    [<%p>] %pS": kl_format_pointer() */
	KL_TEXT_FRAME_RESTRICTED, /* "    [<%pK>] %pS": kl_format_restricted_pointer() */
};

struct kl_kmemleak_text {
	enum kl_text_header header;
	enum kl_text_hexdump hexdump;
	enum kl_text_frame frame;
	bool age; /* "(age %d.%03ds)" behind the jiffies */
	bool crc; /* "  backtrace (crc %x):" */
	/* 0: this kernel has no /proc/allocinfo; 10 is "1.0", 20 is "2.0" (rows may end in " accurate:no") */
	unsigned allocinfo_version;
	bool guessed; /* parts of .rodata are missing: some answers come from which members exist */
};

/** kl_text_detect() - search the dump's .rodata for the format strings.
 * Errors: KL_ERROR_NOMEM. A kernel without kmemleak gets the newest style, guessed. Cost: one pass over .rodata. */
struct kl_error *kl_text_detect(struct kl_kernel *k, struct kl_kmemleak_text *ret);

#endif

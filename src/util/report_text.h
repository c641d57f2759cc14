/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_text.h: how a kernel words /sys/kernel/debug/kmemleak: independent features, each of which came and went alone
 * (kernel-layouts 2.7). Read from a dump by src/kernel/sources/debugfs_text.h, kept by src/store, printed by
 * src/report. */
#ifndef KL_UTIL_REPORT_TEXT_H
#define KL_UTIL_REPORT_TEXT_H

enum kl_text_header {
	KL_TEXT_HEADER_PREFIXED, /* "kmemleak: unreferenced object 0x%08lx (size %zu):", the first commit of 2.6.31 */
	KL_TEXT_HEADER_PLAIN,    /* "unreferenced object 0x%08lx (size %zu):", 2.6.31 .. 6.12 */
	KL_TEXT_HEADER_CLASS,    /* "unreferenced object%s 0x%08lx ...", "", " (phys)" or " (percpu)", 6.16 */
	KL_TEXT_HEADERS,
};

enum kl_text_hexdump {
	KL_TEXT_HEXDUMP_NONE,   /* the first commit */
	KL_TEXT_HEXDUMP_PLAIN,  /* "  hex dump (first %d bytes):", %zu since 4.x: the same text */
	KL_TEXT_HEXDUMP_PERCPU, /* the same, and "(first %zu bytes on cpu %d):" for per-CPU objects, 6.12 */
	KL_TEXT_HEXDUMPS,
};

enum kl_text_frame {
	KL_TEXT_FRAME_POINTER, /* "    [<%p>] %pS" (or %pK), to 6.5; 6.1.192 still */
	KL_TEXT_FRAME_SYMBOL,  /* "    %pS" */
	KL_TEXT_FRAMES,
};

#endif

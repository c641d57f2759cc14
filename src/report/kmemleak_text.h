/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmemleak_text.h: one entry of /sys/kernel/debug/kmemleak, as each generation of the kernel prints it.
 *
 * A pure function: row in, text out. Source: mm/kmemleak.c print_unreferenced() and hex_dump_object(), lib/hexdump.c,
 * 2.6.31 .. 7.3; the five features that differ are enum kl_text_... and two flags in store/rows.h.
 */
#ifndef KL_REPORT_KMEMLEAK_TEXT_H
#define KL_REPORT_KMEMLEAK_TEXT_H

#include "store/rows.h"
#include "util/strbuf.h"

/** kl_kmemleak_text() - append the entry, every line ended by '\n'.
 * @run:    whose text_... fields say which generation it is.
 * @frames: of @entry's stack, innermost first.
 * @escape: make the name of the task harmless for a terminal; false for the very bytes.
 *
 * Bytes of the hex dump that the dump lacks are shown as "??" and '?'; the kernel has no such case.
 */
void kl_kmemleak_text(struct kl_strbuf *sb, const struct kl_store_run *run, const struct kl_store_listing *entry,
		      const struct kl_store_frame *frames, size_t n, bool escape);

#endif

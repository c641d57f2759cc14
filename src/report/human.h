/* SPDX-License-Identifier: GPL-2.0-or-later */
/* human.h: numbers and texts as people may read them. All append to a string buffer. */
#ifndef KL_REPORT_HUMAN_H
#define KL_REPORT_HUMAN_H

#include <stdint.h>

#include "store/rows.h"
#include "util/strbuf.h"

/** kl_human_bytes() - "512 B", "1.5 KiB", "12 MiB"; three digits at most. */
void kl_human_bytes(struct kl_strbuf *sb, int64_t bytes);

/** kl_human_age() - "0.4 s", "12 s", "3 min 5 s", "2 h 14 min", "3 d 4 h"; "?" for KL_UNKNOWN. */
void kl_human_age(struct kl_strbuf *sb, int64_t milliseconds);

/** kl_human_time() - "2026-11-21 00:59:56 UTC"; "?" for KL_UNKNOWN. @seconds: Unix time. */
void kl_human_time(struct kl_strbuf *sb, int64_t seconds);

/** kl_human_date() - kl_human_time(), or that the machine's clock was never set: who boots without one begins in
 * 1970. */
void kl_human_date(struct kl_strbuf *sb, int64_t seconds);

/** kl_human_since() - ", since 2026-11-20 23:30:38 UTC": when something @age_ms old at the time of @run's dump began;
 * nothing when its clock was not set. */
void kl_human_since(struct kl_strbuf *sb, const struct kl_store_run *run, int64_t age_ms);

/** kl_human_count() - "1 object", "3 objects". */
void kl_human_count(struct kl_strbuf *sb, int64_t n, const char *noun);

/** kl_human_text() - @text, which may come from a dump, harmless for a terminal; nothing for NULL. */
void kl_human_text(struct kl_strbuf *sb, const char *text);

#endif

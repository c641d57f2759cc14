/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call_site.h: call sites of allocation profiling in text for people. */
#ifndef KL_REPORT_CALL_SITE_H
#define KL_REPORT_CALL_SITE_H

#include <stdbool.h>

#include "store/reader.h"

/** kl_site_text() - append "file:line function [module]", escaped, or words for a place that went with its module. */
void kl_site_text(struct kl_strbuf *sb, const struct kl_store_site *site);

/** kl_site_bytes(), kl_site_calls() - what a call site holds: by the counters, or what was found where they are gone.
 */
int64_t kl_site_bytes(const struct kl_store_allocation *a);
int64_t kl_site_calls(const struct kl_store_allocation *a);

/** kl_print_top_sites() - the largest call sites of a run by several measures; nothing when it has none. */
struct kl_error *kl_print_top_sites(FILE *out, bool color, struct kl_reader *reader, const struct kl_store_run *run);

#endif

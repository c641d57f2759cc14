/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report --format kmemleak: into a file or pipe the kernel's very bytes, on a terminal with task names escaped. */
#include "report/kmemleak_text.h"
#include "report/report.h"

static struct kl_error *print_listing_entry(struct kl_report *r, const struct kl_store_listing *entry,
					    const struct kl_store_frame *frames, size_t n)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_kmemleak_text(&sb, &r->run, entry, frames, n, r->terminal);
	if (sb.failed)
		return kl_error_nomem();
	fwrite(kl_strbuf_string(&sb), 1, sb.length, r->out);
	return NULL;
}

const struct kl_report_format kl_format_kmemleak = {.listing = print_listing_entry};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report --format allocinfo: into a file or pipe the kernel's very bytes (mm/alloc_tag.c, lib/codetag.c: rows end in a
 * blank), on a terminal with names escaped. */
#include <inttypes.h>
#include <string.h>

#include "report/report.h"
#include "util/escape.h"
#include "util/profiling_words.h"

static struct kl_error *print_version_line(struct kl_report *r)
{
	const char *state = r->run.profiling_state;
	int64_t version = r->run.allocinfo_version;

	if (r->run.profiling_file != 1)
		return kl_error_create(
			KL_ERROR_NOT_FOUND, "run %" PRId64 ": there was no /proc/allocinfo: %s", r->run.id,
			state && kl_profiling_status_words(state)
				? kl_profiling_status_words(state)
				: "the run was made by a program that did not know allocation profiling");
	/* A kernel whose format string is missing from the dump is taken for one of the first. */
	if (version < 10)
		version = 10;
	fprintf(r->out, "allocinfo - version: %" PRId64 ".%" PRId64 "\n#     <size>  <calls> <tag info>\n",
		version / 10, version % 10);
	return NULL;
}

static void add_site_name(struct kl_strbuf *sb, const struct kl_report *r, const char *name)
{
	if (r->terminal && name)
		kl_escape_terminal(sb, name, strlen(name));
	else if (name)
		kl_strbuf_puts(sb, name);
}

static struct kl_error *print_allocation(struct kl_report *r, const struct kl_store_allocation *a)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (!a->listed)
		return NULL;
	kl_strbuf_printf(&sb, "%12" PRId64 " %8" PRIu64 " ", a->bytes != KL_UNKNOWN ? a->bytes : 0,
			 (uint64_t)(a->calls != KL_UNKNOWN ? a->calls : 0));
	add_site_name(&sb, r, a->at->file);
	kl_strbuf_printf(&sb, ":%" PRIu32 " ", (uint32_t)a->at->line);
	if (a->at->module) {
		kl_strbuf_putc(&sb, '[');
		add_site_name(&sb, r, a->at->module);
		kl_strbuf_puts(&sb, "] ");
	}
	kl_strbuf_puts(&sb, "func:");
	add_site_name(&sb, r, a->at->function);
	if (a->inaccurate && r->run.allocinfo_version >= 20)
		kl_strbuf_puts(&sb, " accurate:no");
	kl_strbuf_puts(&sb, " \n");
	if (sb.failed)
		return kl_error_nomem();
	fwrite(kl_strbuf_string(&sb), 1, sb.length, r->out);
	return NULL;
}

const struct kl_report_format kl_format_allocinfo = {.begin = print_version_line, .allocation = print_allocation};

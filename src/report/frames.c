/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/frames.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/escape.h"
#include "util/stack_name.h"

/* Where file:line begins after a frame that is shorter. */
#define LINE_COLUMN 56

static void print_frame(FILE *out, const struct kl_store_frame *frame, const char *mark, const char *color)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	size_t width;

	kl_escape_terminal(&sb, frame->symbol, strlen(frame->symbol));
	if (frame->inlined)
		kl_strbuf_puts(&sb, " (inlined)");
	if (frame->file) {
		width = kl_display_width(kl_strbuf_string(&sb));
		kl_strbuf_printf(&sb, "%*s  ", width < LINE_COLUMN ? (int)(LINE_COLUMN - width) : 0, "");
		kl_escape_terminal(&sb, frame->file, strlen(frame->file));
		if (frame->line != KL_UNKNOWN)
			kl_strbuf_printf(&sb, ":%" PRId64, frame->line);
	}
	fprintf(out, "    %s %s%s%s\n", mark, color, kl_strbuf_string(&sb), *color ? KL_COLOR_NORMAL : "");
}

struct kl_error *kl_top_frame(const struct kl_store_frame *frames, size_t n, size_t *ret)
{
	_cleanup_free_ const char **symbols = calloc(n, sizeof(*symbols));
	size_t i;

	if (!symbols)
		return kl_error_nomem();
	for (i = 0; i < n; i++)
		symbols[i] = frames[i].symbol;
	*ret = kl_stack_top(symbols, n);
	return NULL;
}

size_t kl_outer_frame(const struct kl_store_frame *frames, size_t n, size_t top)
{
	while (frames[top].inlined && top + 1 < n)
		top++;
	return top;
}

struct kl_error *kl_print_frames(FILE *out, bool color, const struct kl_store_frame *frames, size_t n)
{
	struct kl_error *err = NULL;
	size_t i, top = 0;

	if (n)
		err = kl_top_frame(frames, n, &top);
	else
		fputs("      no stack recorded\n", out);
	for (i = 0; i < n && !err; i++) {
		if (i < top && frames[i].inlined) /* how the allocator is built is nobody's question */
			continue;
		print_frame(out, &frames[i], i == top ? ">" : " ",
			    !color     ? ""
			    : i < top  ? KL_COLOR_DIM
			    : i == top ? KL_COLOR_BOLD
				       : "");
	}
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/wrap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "util/strbuf.h"

/* What follows a broken line stands this much further right. */
#define HANGING 4

struct wrapper {
	FILE *out;
	size_t width;
	struct kl_strbuf line; /* not ended yet */
};

/* Bytes of the color at @p, which are not seen. */
static size_t color_length(const char *p)
{
	size_t n;

	if (p[0] != '\033' || p[1] != '[')
		return 0;
	n = 2 + strspn(p + 2, "0123456789;");
	return p[n] ? n + 1 : n;
}

/* Bytes of the word at @p, and the columns that it takes. */
static size_t word_length(const char *p, size_t *columns)
{
	size_t n = 0, color;

	for (*columns = 0; p[n] && p[n] != ' ';) {
		color = color_length(p + n);
		*columns += !color && ((unsigned char)p[n] & 0xc0) != 0x80;
		n += color ? color : 1;
	}
	return n;
}

/* Blanks between columns are part of the layout as long as nothing has to be broken. */
static void write_wrapped(struct wrapper *w)
{
	const char *p = kl_strbuf_string(&w->line);
	size_t indent = strspn(p, " "), column = indent, blanks, columns, n;
	bool begun = false;

	if (indent + HANGING + HANGING > w->width)
		indent = 0;
	fprintf(w->out, "%*s", (int)(column < w->width ? column : indent), "");
	column = column < w->width ? column : indent;
	for (p += strspn(p, " "); *p; p += n) {
		blanks = strspn(p, " ");
		n = blanks + word_length(p + blanks, &columns);
		if (begun && column + blanks + columns > w->width) {
			column = indent + (w->width > 2 * HANGING ? HANGING : 0);
			fprintf(w->out, "\n%*s", (int)column, "");
			blanks = 0;
		} else {
			fprintf(w->out, "%*s", (int)blanks, "");
			column += blanks;
		}
		fwrite(p + strspn(p, " "), 1, n - strspn(p, " "), w->out);
		column += columns;
		begun = true;
	}
	putc('\n', w->out);
	kl_strbuf_reset(&w->line);
}

static ssize_t wrap_bytes(void *cookie, const char *bytes, size_t length)
{
	struct wrapper *w = cookie;
	size_t done, n;

	for (done = 0; done < length; done += n) {
		const char *end = memchr(bytes + done, '\n', length - done);

		n = end ? (size_t)(end - bytes) - done : length - done;
		kl_strbuf_append(&w->line, bytes + done, n);
		if (end) {
			write_wrapped(w);
			n++;
		}
	}
	if (w->line.failed || ferror(w->out)) {
		errno = w->line.failed ? ENOMEM : EIO;
		return 0;
	}
	return (ssize_t)length;
}

static int close_wrapper(void *cookie)
{
	struct wrapper *w = cookie;

	if (w->line.length)
		write_wrapped(w);
	kl_strbuf_deinit(&w->line);
	free(w);
	return 0;
}

FILE *kl_cli_wrap_open(FILE *out, size_t width)
{
	struct wrapper *w = calloc(1, sizeof(*w));
	FILE *ret = NULL;

	if (w) {
		w->out = out;
		w->width = width;
		ret = fopencookie(w, "w", (cookie_io_functions_t){.write = wrap_bytes, .close = close_wrapper});
	}
	if (!ret)
		free(w);
	return ret;
}

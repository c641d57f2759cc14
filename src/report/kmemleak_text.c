/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/kmemleak_text.h"

#include <inttypes.h>
#include <string.h>

#include "util/escape.h"

/* HEX_ROW_SIZE and HEX_MAX_LINES of mm/kmemleak.c */
#define HEX_ROW 16UL
#define HEX_LINES 2

/* hex_dump_to_buffer() begins the characters here: 16 pairs, 16 separators, one more blank. */
#define HEX_ASCII_COLUMN (2 * HEX_ROW + HEX_ROW + 1)

static void print_object_line(struct kl_strbuf *sb, const struct kl_store_run *run,
			      const struct kl_store_listing *entry)
{
	static const char *const classes[] = {
		[KLEAK_CLASS_VIRTUAL] = "", [KLEAK_CLASS_PHYSICAL] = " (phys)", [KLEAK_CLASS_PERCPU] = " (percpu)"};
	const char *class_ = run->text_header == KL_TEXT_HEADER_CLASS ? classes[entry->class_] : "";

	if (run->text_header == KL_TEXT_HEADER_PREFIXED)
		kl_strbuf_puts(sb, "kmemleak: ");
	kl_strbuf_printf(sb, "unreferenced object%s 0x%08" PRIx64 " (size %" PRIu64 "):\n", class_, entry->address,
			 entry->size);
}

static void print_origin_line(struct kl_strbuf *sb, const struct kl_store_run *run,
			      const struct kl_store_listing *entry, bool escape)
{
	kl_strbuf_puts(sb, "  comm \"");
	if (escape)
		kl_escape_terminal(sb, entry->comm, entry->comm_length);
	else
		kl_strbuf_append(sb, entry->comm, entry->comm_length);
	kl_strbuf_printf(sb, "\", pid %" PRId32 ", jiffies %" PRIu64, (int32_t)entry->pid, entry->jiffies);
	if (run->text_age)
		kl_strbuf_printf(sb, " (age %" PRIu32 ".%03" PRIu32 "s)", entry->age_ms / 1000, entry->age_ms % 1000);
	kl_strbuf_putc(sb, '\n');
}

/* One row of @wanted bytes, @there of which are known. */
static void print_hex_row(struct kl_strbuf *sb, const uint8_t *bytes, size_t wanted, size_t there)
{
	size_t start, i;

	kl_strbuf_puts(sb, "    ");
	start = sb->length;
	for (i = 0; i < wanted; i++) {
		if (i < there)
			kl_strbuf_printf(sb, "%02x ", bytes[i]);
		else
			kl_strbuf_puts(sb, "?? ");
	}
	while (!sb->failed && sb->length - start < HEX_ASCII_COLUMN)
		kl_strbuf_putc(sb, ' ');
	for (i = 0; i < wanted; i++) {
		if (i >= there)
			kl_strbuf_putc(sb, '?');
		else
			kl_strbuf_putc(sb, (char)(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.'));
	}
	kl_strbuf_putc(sb, '\n');
}

static void print_hex(struct kl_strbuf *sb, const struct kl_store_run *run, const struct kl_store_listing *entry)
{
	size_t length = entry->size < HEX_ROW * HEX_LINES ? entry->size : HEX_ROW * HEX_LINES, offset, row, there;
	const uint8_t *bytes = entry->content;

	if (run->text_hexdump == KL_TEXT_HEXDUMP_NONE || entry->class_ == KLEAK_CLASS_PHYSICAL)
		return;
	if (run->text_hexdump == KL_TEXT_HEXDUMP_PERCPU && entry->class_ == KLEAK_CLASS_PERCPU)
		kl_strbuf_printf(sb, "  hex dump (first %zu bytes on cpu %" PRId64 "):\n", length,
				 entry->cpu == KL_UNKNOWN ? 0 : entry->cpu);
	else
		kl_strbuf_printf(sb, "  hex dump (first %zu bytes):\n", length);
	for (offset = 0; offset < length; offset += HEX_ROW) {
		row = length - offset < HEX_ROW ? length - offset : HEX_ROW;
		there = entry->content_length > offset ? entry->content_length - offset : 0;
		print_hex_row(sb, there ? bytes + offset : NULL, row, there);
	}
}

void kl_kmemleak_text(struct kl_strbuf *sb, const struct kl_store_run *run, const struct kl_store_listing *entry,
		      const struct kl_store_frame *frames, size_t n, bool escape)
{
	size_t i;

	print_object_line(sb, run, entry);
	print_origin_line(sb, run, entry, escape);
	print_hex(sb, run, entry);
	if (run->text_crc)
		kl_strbuf_printf(sb, "  backtrace (crc %" PRIx32 "):\n", entry->checksum);
	else
		kl_strbuf_puts(sb, "  backtrace:\n");
	for (i = 0; i < n; i++) {
		if (frames[i].inlined)
			continue;
		kl_strbuf_puts(sb, "    ");
		if (run->text_frame == KL_TEXT_FRAME_POINTER)
			kl_strbuf_printf(sb, "[<%s>] ", frames[i].pointer ? frames[i].pointer : "?");
		if (escape)
			kl_escape_terminal(sb, frames[i].symbol, strlen(frames[i].symbol));
		else
			kl_strbuf_puts(sb, frames[i].symbol);
		kl_strbuf_putc(sb, '\n');
	}
}

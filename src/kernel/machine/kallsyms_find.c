/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/kallsyms_find.h"

#include <string.h>

#include "kernel/kernel.h"
#include "kernel/machine/image_scan.h"
#include "util/bytes.h"

#define TOKENS 256
#define FIRST_DIGIT 0x30
#define TOKEN_BYTES 8192 /* of the table; kernels have about 1 000 */
#define INDEX_BYTES (2 * TOKENS)
#define PER_MARKER 256
#define MARKERS_MAX (1 << 16)
#define NAME_BYTES_MAX 520 /* of one compressed name */
#define ALIGNMENT_MAX 8
#define BEFORE_TOKENS ((size_t)16 << 20) /* names, markers and numbers; 4 MiB in a distribution's kernel */
#define TEXT_HEAD_MAX (UINT64_C(4) << 20)
#define COUNT_MAX (1 << 24)
#define NAMES_MAX (1u << 26)
/* What only looks like these tables is looked at so often; a real kernel needs one. */
#define TRIES_MAX 64

struct search {
	struct kl_kernel *k;
	uint64_t stext;
	struct kl_kallsyms_places *ret;
	size_t found;
	struct kl_kallsyms_places common; /* what all guesses share */
	uint32_t count;                   /* of symbols */
	KL_VEC(uint32_t) markers;         /* from the last to the first */
	unsigned tries;                   /* names that were walked in vain */
	struct kl_error *err;
};

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static bool read_exactly(struct search *s, uint64_t address, void *buffer, size_t length)
{
	return kl_kernel_read_partial(s->k, address, buffer, length) == length;
}

/* ---- the token table --------------------------------------------------------------------------------------------- */

/* Whether the tokens from the digits on, which begin at @digits, are where the index at @bytes says. */
static bool index_agrees(const uint8_t *bytes, const uint16_t starts[TOKENS])
{
	uint16_t first = kl_get_u16(bytes + 2 * FIRST_DIGIT);
	int i;

	for (i = FIRST_DIGIT; i < TOKENS; i++)
		if (kl_get_u16(bytes + 2 * i) != (uint16_t)(first + starts[i]))
			return false;
	for (i = 1; i <= FIRST_DIGIT; i++)
		if (kl_get_u16(bytes + 2 * i) <= kl_get_u16(bytes + 2 * (i - 1)))
			return false;
	return !kl_get_u16(bytes);
}

/* The tokens from @digits on, and behind them an index that says the same. */
static bool find_token_tables(struct search *s, uint64_t digits)
{
	uint8_t bytes[TOKEN_BYTES + INDEX_BYTES];
	uint16_t starts[TOKENS];
	size_t there = 0, at = 0, alignment;
	int i;

	/* page by page: the table may end where memory does */
	while (there < sizeof(bytes)) {
		size_t part = sizeof(bytes) - there < 512 ? sizeof(bytes) - there : 512;

		if (!read_exactly(s, digits + there, bytes + there, part))
			break;
		there += part;
	}
	for (i = FIRST_DIGIT; i < TOKENS; i++) {
		const uint8_t *end = at < there ? memchr(bytes + at, '\0', there - at) : NULL;

		if (!end)
			return false;
		starts[i] = (uint16_t)at;
		at = (size_t)(end - bytes) + 1;
	}
	for (alignment = 1; alignment <= ALIGNMENT_MAX; alignment *= 2) {
		uint64_t index = align_up(digits + at, alignment);

		if (index - digits + INDEX_BYTES > there || !index_agrees(bytes + (index - digits), starts))
			continue;
		s->common.token_index = index;
		s->common.token_table = digits - kl_get_u16(bytes + (index - digits) + 2 * FIRST_DIGIT);
		return true;
	}
	return false;
}

/* ---- markers, names and their number ----------------------------------------------------------------------------- */

/* Markers, of @width bytes each, that end at @end: they descend to 0. *ret is where they begin. */
static bool read_markers(struct search *s, uint64_t end, unsigned width, uint64_t *ret)
{
	uint64_t last = UINT64_MAX, value;
	uint8_t raw[8] = {0};

	s->markers.count = 0;
	while (s->markers.count < MARKERS_MAX) {
		end -= width;
		if (!read_exactly(s, end, raw, width))
			return false;
		value = kl_get_uint(raw, width);
		if (value >= last || value > NAMES_MAX)
			return false;
		if (!kl_vec_push(&s->markers, (uint32_t)value)) {
			s->err = kl_error_nomem();
			return false;
		}
		last = value;
		if (!value) {
			*ret = end;
			return true;
		}
	}
	return false;
}

/* Whether @count names, each 256th of them where a marker says, fill the memory from @names up to @markers. */
static bool names_agree(struct search *s, uint64_t names, uint64_t markers, uint32_t count)
{
	size_t length = markers - names, offset = 0, begin, end, i;
	_cleanup_free_ uint8_t *bytes = malloc(length + 1);
	struct kl_kallsyms_names table = {.names = bytes, .names_length = length};

	if (!bytes || s->tries++ >= TRIES_MAX || !read_exactly(s, names, bytes, length))
		return false;
	for (i = 0; i < count; i++) {
		if (i % PER_MARKER == 0 && offset != s->markers.data[s->markers.count - 1 - i / PER_MARKER])
			return false;
		if (!kl_kallsyms_bounds(&table, offset, &begin, &end))
			return false;
		offset = end;
	}
	return length - offset < ALIGNMENT_MAX;
}

/* A number of symbols that these markers could belong to. */
static bool is_possible_count(const struct search *s, uint64_t count)
{
	return count > PER_MARKER * (s->markers.count - 1) && count <= PER_MARKER * s->markers.count;
}

/* The names end, but for padding, where the markers begin at @markers, and their number stands in front of them. */
static bool find_counted_names(struct search *s, uint64_t markers)
{
	uint32_t last = s->markers.data[0];
	size_t span = PER_MARKER * NAME_BYTES_MAX, at;
	_cleanup_free_ uint8_t *bytes = malloc(span);
	uint64_t base;

	if (!bytes) {
		s->err = kl_error_nomem();
		return false;
	}
	base = (markers - last - span) & ~UINT64_C(7);
	if (base < s->stext) /* nothing of the image lies before its code */
		base = s->stext & ~UINT64_C(7);
	kl_kernel_read_partial(s->k, base, bytes, span);
	for (at = 8; at <= span - 8 && base + at < markers && base + at <= markers - last; at += 4) {
		uint32_t before = kl_get_u32(bytes + at - 4), number = before;

		s->common.num_syms = base + at - 4;
		if (!is_possible_count(s, number)) { /* four bytes, and four of padding; or eight, before 4.20 */
			number = kl_get_u32(bytes + at - 8);
			s->common.num_syms -= 4;
			if (before)
				continue;
		}
		if (!is_possible_count(s, number) || !names_agree(s, base + at, markers, number))
			continue;
		s->count = number;
		s->common.names = base + at;
		return true;
	}
	return false;
}

static bool find_markers_and_names(struct search *s)
{
	uint64_t markers;
	unsigned width, padding;

	for (width = 4; width <= 8; width += 4)
		for (padding = 0; padding < ALIGNMENT_MAX; padding += 4)
			if (read_markers(s, s->common.token_table - padding, width, &markers) &&
			    find_counted_names(s, markers))
				return true;
	return false;
}

/* ---- behind the base --------------------------------------------------------------------------------------------- */

/* The offset behind @count names that begin at @bytes; SIZE_MAX when they do not end there. */
static size_t walk_names(const uint8_t *bytes, size_t length, uint32_t count)
{
	struct kl_kallsyms_names table = {.names = bytes, .names_length = length};
	size_t offset = 0, begin, end;
	uint32_t i;

	for (i = 0; i < count; i++) {
		if (!kl_kallsyms_bounds(&table, offset, &begin, &end))
			return SIZE_MAX;
		offset = end;
	}
	return offset;
}

/* With seqs_of_names between markers and tokens (6.2, 6.3, late 6.1) the other end begins: relative_base is the
 * address of _text, a little below _stext, and num_syms and the names follow. */
static bool find_names_behind_base(struct search *s)
{
	uint64_t end = s->common.token_table, before = end > s->stext ? end - s->stext : 0, start, markers;
	size_t size = before < BEFORE_TOKENS ? (size_t)before & ~(size_t)7 : BEFORE_TOKENS, at, names;
	_cleanup_free_ uint8_t *bytes = malloc(size + 1);

	if (!bytes) {
		s->err = kl_error_nomem();
		return false;
	}
	start = (end & ~UINT64_C(7)) - size;
	kl_kernel_read_partial(s->k, start, bytes, size);
	for (at = 0; at + 16 < size && s->tries < TRIES_MAX; at += 8) {
		uint64_t base = kl_get_u64(bytes + at), count = kl_get_u64(bytes + at + 8);

		if (base > s->stext || s->stext - base > TEXT_HEAD_MAX || count < PER_MARKER || count > COUNT_MAX)
			continue;
		s->tries++;
		names = walk_names(bytes + at + 16, size - at - 16, (uint32_t)count);
		if (names == SIZE_MAX)
			continue;
		markers = align_up(start + at + 16 + names, 8);
		if (markers + 8 > start + size || kl_get_u32(bytes + (markers - start)) ||
		    kl_get_u32(bytes + (markers - start) + 4) !=
			    walk_names(bytes + at + 16, size - at - 16, PER_MARKER))
			continue;
		s->count = (uint32_t)count;
		s->common.num_syms = start + at + 8;
		s->common.names = start + at + 16;
		return true;
	}
	return false;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static void add_guess(struct search *s, uint64_t offsets, uint64_t relative_base, uint64_t addresses)
{
	struct kl_kallsyms_places guess = s->common;

	guess.offsets = offsets;
	guess.relative_base = relative_base;
	guess.addresses = addresses;
	if (s->found < KL_KALLSYMS_GUESSES)
		s->ret[s->found++] = guess;
}

static void guess_addresses(struct search *s)
{
	uint64_t end = s->common.token_index + INDEX_BYTES, behind = align_up(end, 8), size = 4 * (uint64_t)s->count;
	uint64_t base = (s->common.num_syms & ~UINT64_C(7)) - 8;

	add_guess(s, behind, align_up(behind + size, 8), 0);   /* 6.4 .. 6.19 */
	add_guess(s, align_up(end, 4), 0, 0);                  /* 7.0 */
	add_guess(s, base - align_up(size, 8), base, 0);       /* 4.6 .. 6.3 */
	add_guess(s, 0, 0, base + 8 - 8 * (uint64_t)s->count); /* likewise, and all before */
	add_guess(s, 0, 0, behind);                            /* 6.4 .. 6.10 */
}

static bool visit_digits(void *context, uint64_t address)
{
	struct search *s = context;

	if (s->tries >= TRIES_MAX)
		return true;
	s->tries++;
	if (!find_token_tables(s, address) || !(find_markers_and_names(s) || find_names_behind_base(s)))
		return s->err != NULL;
	guess_addresses(s);
	return true;
}

struct kl_error *kl_kallsyms_find(struct kl_kernel *k, uint64_t start,
				  struct kl_kallsyms_places ret[KL_KALLSYMS_GUESSES], size_t *found)
{
	static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
	struct search s = {.k = k, .stext = start, .ret = ret};
	struct kl_error *err = kl_image_scan(k, start, digits, sizeof(digits), visit_digits, &s);

	kl_vec_deinit(&s.markers);
	*found = s.found;
	return err ? err : s.err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/written.h"

#include "util/bytes.h"

#define WORD 8
#define AROUND 8       /* words on either side that must be zero */
#define AROUND_MIN 8   /* so many of them must be in the object */
#define BEFORE_MIN 16  /* words from the holder's start on that are zero: its end need not have been erased */
#define BEFORE_MANY 32 /* so many that the word may be the last that was */
#define BEFORE_MAX 256
#define RB_COLORS 3UL /* bits of __rb_parent_color that are not part of the address */

static bool read_word_run(const struct kl_mark_input *in, uint64_t at, uint8_t *words, size_t n)
{
	return in->memory.read(in->memory.context, at, words, n * WORD) == n * WORD;
}

/* list_head: next, prev; hlist_node: next, pprev; rb_node: parent, right, left. */
bool kl_word_is_answered(const struct kl_mark_input *in, uint64_t at)
{
	uint8_t word[WORD], there[2 * WORD];
	uint64_t first, second;

	if (!read_word_run(in, at, word, 1) || !read_word_run(in, kl_get_u64(word), there, 2))
		return false;
	first = kl_get_u64(there);
	second = kl_get_u64(there + WORD);
	if (second == at || first == at - WORD)
		return true;
	first &= ~RB_COLORS;
	return first == at - WORD || first == at - 2 * WORD;
}

bool kl_word_is_alone(const struct kl_mark_input *in, uint64_t start, uint64_t length, uint64_t at)
{
	uint64_t words = length / WORD;
	uint64_t middle = (at - start) / WORD, first = middle < AROUND ? 0 : middle - AROUND;
	uint64_t end = middle + AROUND + 1 < words ? middle + AROUND + 1 : words, i;
	uint8_t around[(2 * AROUND + 1) * WORD];

	if (at < start || middle >= words || end - first < AROUND_MIN + 1 ||
	    !read_word_run(in, start + first * WORD, around, (size_t)(end - first)))
		return false;
	for (i = first; i < end; i++) {
		if (i != middle && kl_get_u64(around + (i - first) * WORD))
			return false;
	}
	return true;
}

/* All that comes before it in the holder is zero, or as many words as are looked at, and the next word is, too. */
static bool stands_behind_zeroes(const struct kl_mark_input *in, uint64_t start, uint64_t length, uint64_t at)
{
	uint8_t words[BEFORE_MAX * WORD];
	uint64_t n = (at - start) / WORD, i;

	n = n < BEFORE_MAX ? n : BEFORE_MAX;
	if (at < start || n < BEFORE_MIN || !read_word_run(in, at - n * WORD, words, (size_t)n))
		return false;
	for (i = 0; i < n; i++) {
		if (kl_get_u64(words + i * WORD))
			return false;
	}
	if (n >= BEFORE_MANY)
		return true;
	return at + 2 * WORD <= start + length && read_word_run(in, at + WORD, words, 1) && !kl_get_u64(words);
}

bool kl_word_is_written(const struct kl_mark_input *in, uint32_t holder, uint64_t at)
{
	uint64_t start = in->heap->address[holder], length = in->heap->size[holder];

	return kl_word_is_answered(in, at) || kl_word_is_alone(in, start, length, at) ||
	       stands_behind_zeroes(in, start, length, at);
}

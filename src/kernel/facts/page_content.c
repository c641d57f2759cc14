/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/page_content.h"

#include "util/bytes.h"

#define PIECE 4096
/* Dangling words at least, and their share of those that are or were pointers to objects. */
#define DANGLING_MIN 4
#define DANGLING_OF_4 3

struct tally {
	unsigned held, dangling;
};

/* Objects of caches that kmemleak does not track (its own) look like free slots; so few pages point to those that they
 * may be called dangling. */
static void count_word(const struct kl_kernel *k, const struct kl_heap *heap, const struct kl_page_states *pages,
		       uint64_t word, struct tally *ret)
{
	uint64_t frame = (word - pages->direct_map) >> pages->page_shift;
	enum kl_frame_kind kind;

	if (k->arch == KL_ARCH_AARCH64)
		word = kl_untag(k, word);
	if (!(word >> 63))
		return;
	if (kl_heap_find_virtual(heap, word) != KL_NO_OBJECT) {
		ret->held++;
		return;
	}
	kind = kl_page_states_kind(pages, frame);
	ret->dangling += kind == KL_FRAME_SLAB || kind == KL_FRAME_TAIL || kind == KL_FRAME_FREE;
}

bool kl_page_is_leftover(struct kl_kernel *k, const struct kl_heap *heap, const struct kl_facts *facts,
			 uint64_t address)
{
	uint64_t end = address + (UINT64_C(1) << k->page_shift), at;
	struct tally tally = {};
	uint8_t piece[PIECE];
	size_t i;

	if (!facts->pages.page_size)
		return false;
	for (at = address; at < end; at += PIECE) {
		if (kl_kernel_read_partial(k, at, piece, PIECE) < PIECE)
			return false;
		for (i = 0; i < PIECE; i += 8)
			count_word(k, heap, &facts->pages, kl_get_u64(piece + i), &tally);
	}
	return tally.dangling >= DANGLING_MIN && tally.dangling * 4 >= (tally.dangling + tally.held) * DANGLING_OF_4;
}

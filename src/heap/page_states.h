/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page_states.h: which words of the memmap mean nothing in the state that their page is in.
 *
 * A struct page is a union of what many users of a page need, and who takes a page writes only what he needs himself.
 * So a page that was part of a slab before keeps the slab's freelist, which names an object in that very page, for as
 * long as it belongs to somebody who does not use that word. Filled by src/kernel/facts/struct_pages.h.
 */
#ifndef KL_HEAP_PAGE_STATES_H
#define KL_HEAP_PAGE_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/vec.h"

enum kl_frame_kind {
	KL_FRAME_UNKNOWN, /* in use, and who knows how: every word counts that does not point into the page itself */
	KL_FRAME_FREE,    /* nobody's: no word counts */
	KL_FRAME_SLAB,    /* first page of a slab */
	KL_FRAME_KMALLOC, /* first page of a large kmalloc() */
	KL_FRAME_TAIL,    /* a further page of one of the two: no word counts */
	KL_FRAME_BLOCK,   /* in use, but only an earlier page has the reference count: like UNKNOWN */
	KL_FRAME_KINDS,
};

/* [start, end): addresses at which struct pages of successive page frames are scanned. */
struct kl_page_window {
	uint64_t start, end;
	uint64_t frame; /* page frame of the struct page that `start` lies in */
	uint64_t state; /* index of that one's state */
	uint32_t skew;  /* bytes of it in front of `start` */
	bool again;     /* other addresses of the memory behind a window: what is a root was scanned there already */
};

/* Page frames [start, end), whose states follow each other. */
struct kl_frame_span {
	uint64_t start, end;
	uint64_t state; /* index of the first one's state */
};

struct kl_page_states {
	uint32_t page_size; /* bytes of a struct page, at most 512; 0 = nothing is known */
	unsigned page_shift;
	uint64_t direct_map;                   /* virtual address of physical address 0 */
	KL_VEC(struct kl_page_window) windows; /* ascending by start */
	KL_VEC(struct kl_frame_span) frames;   /* ascending */
	uint8_t *states;                       /* see kl_frame_state() */
	uint64_t dead[KL_FRAME_KINDS];         /* bit per word of a struct page: 1 = it holds no reference */
};

void kl_page_states_deinit(struct kl_page_states *s);

/* One byte per page frame: enough to tell apart what matters, little enough for a machine of terabytes. */
#define KL_FRAME_ORDER_MAX 15
static inline uint8_t kl_frame_state(enum kl_frame_kind kind, bool root, unsigned order)
{
	return (uint8_t)(kind | (root ? 1U << 3 : 0) | (order < KL_FRAME_ORDER_MAX ? order : KL_FRAME_ORDER_MAX) << 4);
}

static inline enum kl_frame_kind kl_frame_state_kind(uint8_t state)
{
	return (enum kl_frame_kind)(state & 7);
}

static inline bool kl_frame_state_is_root(uint8_t state)
{
	return state >> 3 & 1;
}

/* Of the compound page that it is part of; a larger one counts as several. */
static inline unsigned kl_frame_state_order(uint8_t state)
{
	return state >> 4;
}

/** kl_page_states_frame() - the page frame whose struct page is at @address; false when there is none. */
bool kl_page_states_frame(const struct kl_page_states *s, uint64_t address, uint64_t *ret);

/** kl_page_states_kind() - of page frame @frame; KL_FRAME_UNKNOWN also where nothing is known of it. */
enum kl_frame_kind kl_page_states_kind(const struct kl_page_states *s, uint64_t frame);

/** kl_page_states_sort() - bring the windows into order; once, after the last was added. */
void kl_page_states_sort(struct kl_page_states *s);

/** kl_page_states_is_dead() - does the word @word at @address, tag reset, stand in a struct page and mean nothing
 * there? That it points into the page that this struct page describes, or into the same compound page, says so for any
 * kind: descriptors lie outside of what they describe, and are found from there by arithmetic. */
bool kl_page_states_is_dead(const struct kl_page_states *s, uint64_t address, uint64_t word);

#endif

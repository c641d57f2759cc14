/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heap/page_states.h"

#include <stdlib.h>

void kl_page_states_deinit(struct kl_page_states *s)
{
	kl_vec_deinit(&s->windows);
	kl_vec_deinit(&s->frames);
	free(s->states);
	*s = (struct kl_page_states){};
}

static int compare_windows(const void *a, const void *b)
{
	const struct kl_page_window *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void kl_page_states_sort(struct kl_page_states *s)
{
	if (s->windows.count)
		qsort(s->windows.data, s->windows.count, sizeof(*s->windows.data), compare_windows);
}

static const struct kl_page_window *find_window(const struct kl_page_states *s, uint64_t address)
{
	size_t low = 0, high = s->windows.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct kl_page_window *w = &s->windows.data[middle];

		if (address < w->start)
			high = middle;
		else if (address >= w->end)
			low = middle + 1;
		else
			return w;
	}
	return NULL;
}

bool kl_page_states_is_dead(const struct kl_page_states *s, uint64_t address, uint64_t word)
{
	const struct kl_page_window *w = find_window(s, address);
	uint64_t offset, frame;
	unsigned order;
	uint8_t state;

	if (!w)
		return false;
	offset = address - w->start + w->skew;
	state = s->states[w->state + offset / s->page_size];
	if (w->again && kl_frame_state_is_root(state))
		return true;
	if (s->dead[kl_frame_state_kind(state)] >> offset % s->page_size / 8 & 1)
		return true;
	frame = w->frame + offset / s->page_size;
	order = kl_frame_state_order(state);
	return (word - s->direct_map) >> s->page_shift >> order == frame >> order;
}

bool kl_page_states_frame(const struct kl_page_states *s, uint64_t address, uint64_t *ret)
{
	const struct kl_page_window *w = find_window(s, address);

	if (!w)
		return false;
	*ret = w->frame + (address - w->start + w->skew) / s->page_size;
	return true;
}

enum kl_frame_kind kl_page_states_kind(const struct kl_page_states *s, uint64_t frame)
{
	size_t low = 0, high = s->frames.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct kl_frame_span *span = &s->frames.data[middle];

		if (frame < span->start)
			high = middle;
		else if (frame >= span->end)
			low = middle + 1;
		else
			return kl_frame_state_kind(s->states[span->state + (frame - span->start)]);
	}
	return KL_FRAME_UNKNOWN;
}

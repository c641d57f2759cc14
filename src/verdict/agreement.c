/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict/agreement.h"

/* Why the kernel saw a reference that the dump does not hold (any more). */
static const char *lost_reference(const struct kl_heap *heap, const struct kl_mark *mark,
				  const struct kl_agreement_params *p, uint32_t row)
{
	if (mark->stats.missing_bytes)
		return "memory that may hold the reference is missing from the dump";
	/* Only white objects are looked at: a checksum that was taken and still fits was new in some scan. */
	if (p->has_checksums && heap->checksum[row] != p->initial_checksum &&
	    heap->count[row] == heap->min_count[row] && mark->checksum_state[row] == KL_CHECKSUM_UNMODIFIED)
		return "white in that scan, too, and grey only because its content had changed before it";
	return "the reference found by that scan is gone: overwritten since, freed with its holder, or in a register "
	       "then";
}

static const char *new_reference(const struct kl_mark *mark, uint32_t row)
{
	if (mark->checksum_state[row] == KL_CHECKSUM_MODIFIED)
		return "its content changed since that scan, which makes it grey for one scan";
	return "referenced now: the reference was written since, or stood in a register during that scan";
}

static const char *reason(const struct kl_heap *heap, const struct kl_mark *mark, const struct kl_agreement_params *p,
			  const struct kl_disagreement *d)
{
	if (d->ours == KL_BLACK || d->stored == KL_BLACK)
		return "painted by the lowmem filter of only one of the two scans";
	return d->ours == KL_WHITE ? lost_reference(heap, mark, p, d->row) : new_reference(mark, d->row);
}

struct kl_error *kl_agreement_make(const struct kl_heap *heap, const struct kl_mark *mark,
				   const struct kl_agreement_params *params, struct kl_agreement *ret)
{
	uint32_t row;

	*ret = (struct kl_agreement){};
	for (row = 0; row < heap->rows; row++) {
		struct kl_disagreement d = {.row = row};

		if ((int64_t)(params->last_scan - heap->jiffies[row]) < 0)
			continue;
		ret->compared++;
		d.stored = kl_colour_of(heap->min_count[row], heap->count[row]);
		d.ours = (enum kl_colour)mark->colour[row];
		if (d.stored == d.ours) {
			ret->agreed++;
			continue;
		}
		d.reason = reason(heap, mark, params, &d);
		if (!kl_vec_push(&ret->list, d)) {
			kl_vec_deinit(&ret->list);
			return kl_error_nomem();
		}
	}
	return NULL;
}

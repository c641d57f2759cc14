/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/vanished.h"

#include <inttypes.h>
#include <stdlib.h>

/* Leaks happen; so many objects that were allocated before a scan and lost after it are no sign of damage. */
#define VANISHED_FEW 10
/* Leaks come in bursts: how many times the rate before the scan is still plausible. */
#define RATE_MARGIN 8

static bool was_seen_referenced(const struct kl_snapshot *s, size_t row)
{
	const struct kl_heap *heap = &s->heap;

	return heap->min_count[row] > 0 && heap->count[row] >= heap->min_count[row] &&
	       (int64_t)(s->kmemleak.info.last_scan - heap->jiffies[row]) > 0;
}

static bool is_called_lost(const struct kl_mark *mark, size_t row)
{
	return mark->colour[row] == KL_WHITE && !mark->explained[row] && !mark->weak[row];
}

/* How many objects were lost per jiffy before the kernel's last scan, times the jiffies since then. */
static uint64_t expected_since(const struct kl_snapshot *s, const struct kl_mark *mark, uint64_t age)
{
	const struct kl_heap *heap = &s->heap;
	uint64_t last = s->kmemleak.info.last_scan, oldest = last, before = 0;
	size_t row;

	for (row = 0; row < heap->rows; row++) {
		if ((int64_t)(oldest - heap->jiffies[row]) > 0)
			oldest = heap->jiffies[row];
		before += is_called_lost(mark, row) && !was_seen_referenced(s, row);
	}
	return before * age / (last - oldest + 1);
}

static struct kl_error *find_vanished(const struct kl_snapshot *s, const struct kl_marking *m, struct kl_vanished *ret)
{
	struct kl_precise_settings every_word = {.min_age = m->settings.min_age};
	struct kl_reach_limits no_limits = {};
	size_t row;
	struct kl_error *err = kl_precise_reach(&m->in, &m->references, &every_word, &no_limits, &ret->rows);

	if (err)
		return err;
	for (row = 0; row < s->heap.rows; row++) {
		ret->rows[row] = !ret->rows[row] && was_seen_referenced(s, row) && is_called_lost(&m->marked.mark, row);
		ret->count += ret->rows[row];
	}
	return NULL;
}

static void raise_alarm(struct kl_kernel *k, const struct kl_snapshot *s, const struct kl_mark *mark, size_t count)
{
	uint64_t age = k->jiffies - s->kmemleak.info.last_scan, expected = expected_since(s, mark, age);

	if (count <= VANISHED_FEW + RATE_MARGIN * expected)
		return;
	kl_kernel_anomaly(
		k, "contradiction", 0,
		"%zu objects that the kernel's last scan found referenced are not any more, where about %" PRIu64
		" may have leaked since: something is wrong with the dump",
		count, expected);
	kl_kernel_incomplete(k, "memory that the kernel's last scan has read");
}

struct kl_error *kl_vanished_find(const struct kl_opened *o, const struct kl_snapshot *s, const struct kl_marking *m,
				  struct kl_vanished *ret)
{
	const struct kl_kmemleak_info *info = &s->kmemleak.info;
	struct kl_error *err;
	size_t row;

	if (o->options->settings->policy == KL_POLICY_KERNEL || !(s->heap.source.knows & KL_KNOWS_SCANS) ||
	    !info->has_last_scan || info->scan_in_progress)
		return NULL;
	for (row = 0; row < s->heap.rows; row++) {
		if (was_seen_referenced(s, row) && is_called_lost(&m->marked.mark, row))
			break;
	}
	if (row == s->heap.rows)
		return NULL;
	err = find_vanished(s, m, ret);
	if (!err)
		raise_alarm(o->kernel, s, &m->marked.mark, ret->count);
	return err;
}

void kl_vanished_deinit(struct kl_vanished *v)
{
	free(v->rows);
	*v = (struct kl_vanished){};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/audit.h"

#include "util/sum.h"

/* ---- what a per-CPU allocation is charged with ---- */

static int64_t charged_percpu_bytes(const struct kl_kernel *k, uint64_t bytes, enum kl_percpu_charge charge)
{
	uint64_t cpus = k->percpu.cpus.count;

	switch (charge) {
	case KL_PERCPU_CHARGE_ALL:
		return (int64_t)(bytes * cpus);
	case KL_PERCPU_CHARGE_ALL_MEMCG:
		/* a pointer for every unit of allocation */
		return (int64_t)(bytes * cpus + bytes / KL_PERCPU_UNIT * 8);
	default:
		return (int64_t)bytes;
	}
}

int64_t kl_audit_counted_bytes(const struct kl_kernel *k, const struct kl_tag_count *count,
			       enum kl_percpu_charge charge)
{
	return kl_sum((int64_t)(count->slab_bytes + (count->pages << k->page_shift)),
		      charged_percpu_bytes(k, count->percpu_bytes, charge));
}

/* The charge under which most tags agree, of those that have per-CPU memory. */
static enum kl_percpu_charge find_charge(const struct kl_profiling *p, const struct kl_census *census)
{
	enum kl_percpu_charge best = KL_PERCPU_CHARGE_UNKNOWN, charge;
	size_t best_agree = 0, agree, i;

	for (charge = KL_PERCPU_CHARGE_ONE; charge <= KL_PERCPU_CHARGE_ALL_MEMCG; charge++) {
		for (agree = 0, i = 0; i < census->tags.count; i++) {
			const struct kl_tag_count *count = &census->tags.data[i];

			agree += count->percpu_calls &&
				 kl_audit_counted_bytes(p->k, count, charge) == (int64_t)p->tags.list.data[i].bytes;
		}
		if (agree > best_agree) {
			best = charge;
			best_agree = agree;
		}
	}
	return best;
}

/* ---- rows ---- */

static void fill_row(const struct kl_profiling *p, const struct kl_census *census, uint32_t tag,
		     enum kl_percpu_charge charge, struct kl_audit_row *row)
{
	const struct kl_tag_count *count = &census->tags.data[tag];

	*row = (struct kl_audit_row){
		.tag = tag,
		.counters_of = tag, /* rows are in the order of the tags */
		.claimed_bytes = (int64_t)p->tags.list.data[tag].bytes,
		.claimed_calls = (int64_t)p->tags.list.data[tag].calls,
		.counted_bytes = kl_audit_counted_bytes(p->k, count, charge),
		.counted_calls = (int64_t)(count->slab_objects + count->page_calls + count->percpu_calls),
	};
}

/* _shared_alloc_tag: the counters of all these tags are one, so their references are counted together, in the row of
 * the first; the others keep neither. */
static struct kl_error *merge_shared(const struct kl_profiling *p, struct kl_audit *a)
{
	_cleanup_map_ struct kl_map first = {};
	struct kl_audit_row *row, *shared;
	uint64_t index;

	kl_vec_for_each (row, &a->rows) {
		const struct kl_alloc_tag *tag = &p->tags.list.data[row->tag];

		if (!(tag->flags & KL_TAG_SHARED))
			continue;
		if (!kl_map_get(&first, tag->counters, &index)) {
			if (!kl_map_put(&first, tag->counters, (uint64_t)(row - a->rows.data)))
				return kl_error_nomem();
			continue;
		}
		row->counters_of = (size_t)index;
		shared = &a->rows.data[index];
		shared->counted_bytes = kl_sum(shared->counted_bytes, row->counted_bytes);
		shared->counted_calls = kl_sum(shared->counted_calls, row->counted_calls);
		row->claimed_bytes = row->claimed_calls = row->counted_bytes = row->counted_calls = 0;
	}
	return NULL;
}

static enum kl_audit_cause find_cause(const struct kl_profiling *p, const struct kl_census *census,
				      const struct kl_audit_row *row)
{
	const struct kl_alloc_tag *tag = &p->tags.list.data[row->tag];

	if (row->claimed_bytes == row->counted_bytes && row->claimed_calls == row->counted_calls)
		return KL_AUDIT_AGREES;
	if (tag->flags & KL_TAG_NO_COUNTERS)
		return KL_AUDIT_NO_COUNTERS;
	if (row->claimed_bytes > row->counted_bytes &&
	    (census->damaged || census->references_lost || census->references_invalid || census->pages[KL_PAGE_LOST]))
		return KL_AUDIT_LOST;
	if (census->tags.data[row->tag].stale_pages)
		return KL_AUDIT_STALE;
	if (tag->flags & KL_TAG_INACCURATE)
		return KL_AUDIT_INACCURATE;
	return p->tags.info.status == KL_PROFILING_ON ? KL_AUDIT_UNEXPLAINED : KL_AUDIT_TOGGLED;
}

static void add_to_sums(struct kl_audit *a, const struct kl_audit_row *row)
{
	if (row->claimed_bytes > 0) {
		a->claimed = kl_sum(a->claimed, row->claimed_bytes);
		if (row->counted_bytes > 0)
			a->accounted =
				kl_sum(a->accounted, row->counted_bytes < row->claimed_bytes ? row->counted_bytes
											     : row->claimed_bytes);
	}
	a->differences += row->cause != KL_AUDIT_AGREES;
}

struct kl_error *kl_audit_make(const struct kl_profiling *p, const struct kl_census *census, struct kl_audit *ret)
{
	struct kl_audit_row *row;
	struct kl_error *err;
	uint32_t tag;

	*ret = (struct kl_audit){
		.charge = find_charge(p, census),
		.slab_pages_bytes = (int64_t)(census->slab_pages << p->k->page_shift),
	};
	for (tag = 0; tag < census->tags.count; tag++) {
		row = kl_vec_add(&ret->rows);
		if (!row) {
			kl_audit_deinit(ret);
			return kl_error_nomem();
		}
		fill_row(p, census, tag, ret->charge, row);
	}
	err = merge_shared(p, ret);
	if (err) {
		kl_audit_deinit(ret);
		return err;
	}
	kl_vec_for_each (row, &ret->rows) {
		row->cause = find_cause(p, census, row);
		add_to_sums(ret, row);
	}
	return NULL;
}

void kl_audit_deinit(struct kl_audit *a)
{
	kl_vec_deinit(&a->rows);
	*a = (struct kl_audit){};
}

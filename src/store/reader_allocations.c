/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The call sites of a run, read back. */
#include "store/reader.h"

#include "store/reader_private.h"

struct call {
	kl_allocation_fn *fn;
	void *context;
};

static struct kl_error *each_allocation(struct kl_columns *c, void *context)
{
	const struct call *call = context;
	struct kl_store_site at = {};
	struct kl_store_allocation a = {.at = &at};
	struct kl_error *err;

	at.file = kl_column_text_or_null(c);
	at.line = kl_column_int(c);
	at.module = kl_column_text_or_null(c);
	at.function = kl_column_text_or_null(c);
	a.tag = kl_column_u64(c);
	a.listed = kl_column_range(c, 2);
	a.unloaded = kl_column_range(c, 2);
	a.inaccurate = kl_column_range(c, 2);
	a.bytes = kl_column_int_or_null(c);
	a.calls = kl_column_int_or_null(c);
	a.slab_bytes = kl_column_int(c);
	a.slab_objects = kl_column_int(c);
	a.page_bytes = kl_column_int(c);
	a.page_calls = kl_column_int(c);
	a.percpu_bytes = kl_column_int(c);
	a.percpu_calls = kl_column_int(c);
	a.stale_pages = kl_column_int(c);
	a.cause = kl_column_text(c);
	a.objects = kl_column_int(c);
	a.object_bytes = kl_column_int(c);
	a.leaked_objects = kl_column_int(c);
	a.leaked_bytes = kl_column_int(c);
	err = kl_columns_end(c);
	return err ? err : call->fn(call->context, &a);
}

/* Bytes and calls that count: the kernel's, or what was found where its counters are gone. */
#define HELD_BYTES "coalesce(a.bytes, a.slab_bytes + a.page_bytes + a.percpu_bytes)"
#define HELD_CALLS "coalesce(a.calls, a.slab_objects + a.page_calls + a.percpu_calls)"

struct kl_error *kl_reader_allocations(struct kl_reader *r, int64_t run_id, enum kl_allocation_order order,
				       int64_t limit, kl_allocation_fn *fn, void *context)
{
	static const char *const orders[] = {
		[KL_ALLOCATIONS_LISTED] = ("ORDER BY a.seq"),
		[KL_ALLOCATIONS_BY_BYTES] = ("AND " HELD_BYTES " > 0 ORDER BY " HELD_BYTES " DESC, a.seq"),
		[KL_ALLOCATIONS_BY_CALLS] = ("AND " HELD_CALLS " > 0 ORDER BY " HELD_CALLS " DESC, a.seq"),
		[KL_ALLOCATIONS_BY_AVERAGE] = ("AND " HELD_CALLS " > 0 AND " HELD_BYTES " > 0 ORDER BY " HELD_BYTES
					       " / " HELD_CALLS " DESC, a.seq"),
		[KL_ALLOCATIONS_UNLOADED] = ("AND a.unloaded AND (" HELD_BYTES " <> 0 OR " HELD_CALLS
					     " <> 0) ORDER BY " HELD_BYTES " DESC, a.seq"),
		[KL_ALLOCATIONS_DIFFERING] = ("AND a.cause <> 'agrees' ORDER BY a.cause, abs(coalesce(a.bytes, 0) - "
					      "(a.slab_bytes + a.page_bytes + a.percpu_bytes)) DESC, a.seq"),
	};
	_cleanup_strbuf_ struct kl_strbuf sql = {};

	kl_strbuf_printf(&sql,
			 "SELECT c.file, c.line, c.module, c.function, a.tag, a.listed, a.unloaded, a.inaccurate, "
			 "a.bytes, a.calls, a.slab_bytes, a.slab_objects, a.page_bytes, a.page_calls, a.percpu_bytes, "
			 "a.percpu_calls, a.stale_pages, a.cause, a.objects, a.object_bytes, a.leaked_objects, "
			 "a.leaked_bytes FROM t_allocation a JOIN t_site c ON c.id = a.site_id WHERE a.run_id = ? "
			 "%s LIMIT %lld",
			 orders[order], (long long)limit);
	if (sql.failed)
		return kl_error_nomem();
	return kl_sql_each_row(r->store, kl_strbuf_string(&sql), run_id, each_allocation,
			       &(struct call){.fn = fn, .context = context});
}

static struct kl_error *one_sum(struct kl_columns *c, void *context)
{
	struct kl_store_allocation_sums *sums = context;

	sums->sites = kl_column_int(c);
	sums->bytes = kl_column_int(c);
	sums->calls = kl_column_int(c);
	sums->claimed = kl_column_int(c);
	sums->accounted = kl_column_int(c);
	sums->differing = kl_column_int(c);
	sums->unloaded_bytes = kl_column_int(c);
	return kl_columns_end(c);
}

struct kl_error *kl_reader_allocation_sums(struct kl_reader *r, int64_t run_id, struct kl_store_allocation_sums *ret)
{
	/* total() is a real number and cannot overflow. Call sites with the same counters are one here. */
	static const char sql[] =
		"SELECT count(*) FILTER (WHERE held > 0), CAST(total(held) AS INTEGER), CAST(total(calls) AS INTEGER), "
		"CAST(total(max(claimed, 0)) AS INTEGER), "
		"CAST(total(max(min(claimed, counted), 0)) AS INTEGER), CAST(total(differing) AS INTEGER), "
		"CAST(total(CASE WHEN unloaded THEN held END) AS INTEGER) FROM ("
		"SELECT max(" HELD_BYTES ") AS held, max(" HELD_CALLS
		") AS calls, max(coalesce(a.bytes, 0)) AS claimed, "
		"total(a.slab_bytes + a.page_bytes + a.percpu_bytes) AS counted, total(a.cause <> 'agrees') AS "
		"differing, "
		"min(a.unloaded) AS unloaded FROM t_allocation a WHERE a.run_id = ? "
		"GROUP BY coalesce(a.counters_of, a.seq))";

	*ret = (struct kl_store_allocation_sums){};
	return kl_sql_each_row(r->store, sql, run_id, one_sum, ret);
}

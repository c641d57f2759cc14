/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings by address or group, and who refers to them, read back. */
#include "store/reader.h"

#include <inttypes.h>
#include <string.h>

#include "store/reader_private.h"

/* @sql has the run as its first parameter and @second as its second one. */
static struct kl_error *each_row_for(struct kl_reader *r, const char *sql, int64_t run_id, uint64_t second,
				     struct kl_error *(*each)(struct kl_columns *c, void *context), void *context)
{
	_cleanup_stmt_ sqlite3_stmt *stmt = NULL;
	struct kl_error *err = kl_sql_prepare_for_run(r->store, sql, run_id, &stmt);
	struct kl_binder b = {.store = r->store, .stmt = stmt, .index = 1};
	struct kl_columns c;
	bool row = true;

	if (err)
		return err;
	kl_bind_u64(&b, second);
	err = kl_binder_end(&b);
	while (!err && row) {
		c = (struct kl_columns){.store = r->store, .stmt = stmt};
		err = kl_sql_step(r->store, stmt, &row);
		if (!err && row)
			err = each(&c, context);
	}
	return err;
}

/* ---- findings ---- */

struct found {
	struct kl_finding_call call;
	bool found;
};

static struct kl_error *note_found(void *context, const struct kl_store_finding *finding)
{
	struct found *found = context;

	found->found = true;
	return found->call.fn(found->call.context, finding);
}

/* Addresses are 64-bit patterns in signed integers; the difference is never negative for what lies behind. */
struct kl_error *kl_reader_finding_at(struct kl_reader *r, int64_t run_id, uint64_t address, kl_finding_fn *fn,
				      void *context, bool *ret)
{
	struct found found = {.call = {.fn = fn, .context = context}};
	struct kl_error *err =
		each_row_for(r,
			     KL_SELECT_FINDINGS
			     "WHERE f.run_id = ? AND f.address <= ?2 AND (f.address = ?2 OR ?2 - f.address < f.size) "
			     "AND (f.address < 0) = (?2 < 0) ORDER BY f.address DESC LIMIT 1",
			     run_id, address, kl_reader_each_finding,
			     &(struct kl_finding_call){.fn = note_found, .context = &found});

	*ret = found.found;
	return err;
}

struct kl_error *kl_reader_group_findings(struct kl_reader *r, int64_t run_id, uint64_t stack_hash, kl_finding_fn *fn,
					  void *context)
{
	return each_row_for(r, KL_SELECT_FINDINGS "WHERE f.run_id = ? AND s.normal_hash = ?2 ORDER BY f.seq", run_id,
			    stack_hash, kl_reader_each_finding,
			    &(struct kl_finding_call){.fn = fn, .context = context});
}

/* ---- references ---- */

struct reference_call {
	kl_reference_fn *fn;
	void *context;
};

/* The name that the writer left out, made of its parts. */
static void make_name(struct kl_store_holder *h, struct kl_strbuf *sb)
{
	if (h->name || (!h->type && !h->cache))
		return;
	if (h->type && h->member)
		kl_strbuf_printf(sb, "%s.%s", h->type, h->member);
	else
		kl_strbuf_printf(sb, "%s+0x%" PRIx64, h->type ? h->type : h->cache, (uint64_t)h->offset);
	h->name = kl_strbuf_string(sb);
}

static struct kl_error *each_reference(struct kl_columns *c, void *context)
{
	const struct reference_call *call = context;
	_cleanup_strbuf_ struct kl_strbuf name = {};
	struct kl_store_word word = {.into = KL_UNKNOWN, .physical = KL_UNKNOWN};
	struct kl_store_holder *h = &word.holder;
	struct kl_error *err;

	word.target = kl_column_u64(c);
	word.in_memory = sqlite3_column_type(c->stmt, c->index) != SQLITE_NULL;
	word.at = (uint64_t)kl_column_int_or_null(c);
	h->kind = kl_column_text(c);
	h->has_address = sqlite3_column_type(c->stmt, c->index) != SQLITE_NULL;
	h->address = (uint64_t)kl_column_int_or_null(c);
	h->offset = word.in_memory && h->has_address ? (int64_t)(word.at - h->address) : KL_UNKNOWN;
	h->name = kl_column_text_or_null(c);
	h->cache = kl_column_text_or_null(c);
	h->type = kl_column_text_or_null(c);
	h->member = kl_column_text_or_null(c);
	h->allocator = kl_column_text_or_null(c);
	word.class_ = kl_column_text(c);
	word.why = kl_column_text(c);
	word.traits = kl_column_text(c);
	word.grade = kl_column_text_or_null(c);
	word.counts = kl_column_range(c, 2);
	err = kl_columns_end(c);
	if (err)
		return err;
	make_name(h, &name);
	return name.failed ? kl_error_nomem() : call->fn(call->context, &word);
}

#define SELECT_REFERENCES                                                                             \
	"SELECT r.target, r.at, kind.text, r.holder, name.text, cache.text, type.text, member.text, " \
	"allocator.text, class.text, why.text, traits.text, grade.text, r.counts FROM t_reference r " \
	"JOIN t_text kind ON kind.id = r.kind JOIN t_text class ON class.id = r.class "               \
	"JOIN t_text why ON why.id = r.why JOIN t_text traits ON traits.id = r.traits "               \
	"LEFT JOIN t_text name ON name.id = r.name LEFT JOIN t_text cache ON cache.id = r.cache "     \
	"LEFT JOIN t_text type ON type.id = r.type LEFT JOIN t_text member ON member.id = r.member "  \
	"LEFT JOIN t_text allocator ON allocator.id = r.allocator LEFT JOIN t_text grade ON grade.id = r.grade "

struct kl_error *kl_reader_references(struct kl_reader *r, int64_t run_id, uint64_t address, bool from,
				      kl_reference_fn *fn, void *context)
{
	return each_row_for(r,
			    from ? SELECT_REFERENCES "WHERE r.run_id = ? AND r.holder = ? ORDER BY r.at, r.seq"
				 : SELECT_REFERENCES "WHERE r.run_id = ? AND r.target = ? ORDER BY r.at, r.seq",
			    run_id, address, each_reference, &(struct reference_call){.fn = fn, .context = context});
}

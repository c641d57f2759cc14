/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all runs of a file share: frames, stacks, call sites and names, each stored once and found again by its
 * content. */
#include "store/writer.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "store/writer_statements.h"
#include "util/map.h"
#include "util/stack_name.h"

/* The identifier of the row with @content in the database; 0 when it is new. */
static struct kl_error *look_up_content(struct kl_writer *w, struct kl_map *known, enum kl_statement find,
					uint64_t content, int64_t *ret)
{
	struct kl_binder b;
	struct kl_error *err = kl_writer_bind(w, find, &b);
	bool row;

	if (err)
		return err;
	kl_bind_u64(&b, content);
	err = kl_binder_end(&b);
	if (!err)
		err = kl_sql_step(w->store, b.stmt, &row);
	if (!err && row)
		*ret = sqlite3_column_int64(b.stmt, 0);
	sqlite3_reset(b.stmt);
	if (!err && *ret && !kl_map_put(known, content, (uint64_t)*ret))
		err = kl_error_nomem();
	return err;
}

/* The identifier of the row with @content found by @find: from @known, else from the database; 0 when it is new, or is
 * most likely so. */
static struct kl_error *find_content(struct kl_writer *w, struct kl_map *known, enum kl_statement find,
				     uint64_t content, int64_t *ret)
{
	uint64_t id;

	*ret = 0;
	if (kl_map_get(known, content, &id)) {
		*ret = (int64_t)id;
		return NULL;
	}
	return w->first || w->mostly_new ? NULL : look_up_content(w, known, find, content, ret);
}

/* Runs the insert that @b was bound for, which does nothing when the row is there all the same. */
static struct kl_error *insert_content(struct kl_writer *w, const struct kl_binder *b, struct kl_map *known,
				       enum kl_statement find, uint64_t content, int64_t *ret)
{
	struct kl_error *err = kl_writer_run(w, b);

	if (err)
		return err;
	if (!sqlite3_changes(w->store->db))
		return look_up_content(w, known, find, content, ret);
	*ret = sqlite3_last_insert_rowid(w->store->db);
	return kl_map_put(known, content, (uint64_t)*ret) ? NULL : kl_error_nomem();
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	/* The NUL separates; an absent text differs from an empty one. */
	return text ? kl_hash_bytes(hash, text, strlen(text) + 1) : kl_hash_bytes(hash, "\xff", 1);
}

static uint64_t hash_u64(uint64_t hash, uint64_t value)
{
	value = htole64(value);
	return kl_hash_bytes(hash, &value, sizeof(value));
}

uint64_t kl_frame_content(const struct kl_store_frame *f)
{
	uint64_t hash = hash_u64(KL_HASH_SEED, f->address);

	hash = hash_text(hash, f->symbol);
	hash = hash_text(hash, f->file);
	hash = hash_u64(hash, (uint64_t)f->line);
	hash = hash_text(hash, f->pointer);
	return f->inlined ? hash_u64(hash, 1) : hash; /* files of older programs have none */
}

struct kl_error *kl_writer_add_frame(struct kl_writer *w, const struct kl_store_frame *f, int64_t *ret)
{
	struct kl_symbol_text t = kl_symbol_text_parse(f->symbol);
	uint64_t content = kl_frame_content(f);
	_cleanup_free_ char *function = NULL, *module = NULL;
	struct kl_binder b;
	struct kl_error *err;

	err = find_content(w, &w->frames, KL_FIND_FRAME, content, ret);
	if (err || *ret)
		return err;
	if (t.function)
		function = strndup(t.function, t.function_length);
	if (t.module)
		module = strndup(t.module, t.module_length);
	if ((t.function && !function) || (t.module && !module))
		return kl_error_nomem();
	err = kl_writer_bind(w, KL_ADD_FRAME, &b);
	if (err)
		return err;
	KL_FRAME_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return insert_content(w, &b, &w->frames, KL_FIND_FRAME, content, ret);
}

/* Adds the frames and appends their identifiers as a JSON array. */
static struct kl_error *find_or_add_frames(struct kl_writer *w, const struct kl_store_frame *frames, size_t n,
					   struct kl_strbuf *ret)
{
	struct kl_error *err;
	int64_t id;
	size_t i;

	kl_strbuf_putc(ret, '[');
	for (i = 0; i < n; i++) {
		err = kl_writer_add_frame(w, &frames[i], &id);
		if (err)
			return err;
		kl_strbuf_printf(ret, i ? ",%" PRId64 : "%" PRId64, id);
	}
	kl_strbuf_putc(ret, ']');
	return ret->failed ? kl_error_nomem() : NULL;
}

static struct kl_error *insert_stack(struct kl_writer *w, uint64_t content, const struct kl_stack_row *s, int64_t *ret)
{
	struct kl_binder b;
	struct kl_error *err = kl_writer_bind(w, KL_ADD_STACK, &b);

	if (err)
		return err;
	KL_STACK_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return insert_content(w, &b, &w->stacks, KL_FIND_STACK, content, ret);
}

/* Describes and inserts a stack that is new to the file. */
static struct kl_error *describe_and_insert_stack(struct kl_writer *w, const struct kl_store_frame *frames, size_t n,
						  uint64_t content, int64_t *ret)
{
	struct kl_stack_row row = {.exact = KL_HASH_SEED, .address = KL_HASH_SEED};
	_cleanup_free_ const char **symbols = calloc(n + 1, sizeof(*symbols));
	_cleanup_strbuf_ struct kl_strbuf ids = {};
	struct kl_error *err;
	size_t depth = 0, i;

	if (!symbols)
		return kl_error_nomem();
	for (i = 0; i < n; i++) {
		if (frames[i].inlined)
			continue;
		symbols[depth++] = frames[i].symbol;
		row.exact = hash_text(row.exact, frames[i].symbol);
		row.address = hash_u64(row.address, frames[i].address);
	}
	row.depth = (int64_t)depth;
	row.top_frame = depth ? symbols[kl_stack_top(symbols, depth)] : NULL;
	err = kl_stack_hash(symbols, depth, &row.normal);
	if (!err)
		err = find_or_add_frames(w, frames, n, &ids);
	row.frames = kl_strbuf_string(&ids);
	return err ? err : insert_stack(w, content, &row, ret);
}

uint64_t kl_stack_content(uint64_t before, uint64_t frame)
{
	return hash_u64(before, frame);
}

struct kl_error *kl_writer_add_stack(struct kl_writer *w, const struct kl_store_frame *frames, size_t n, int64_t *ret)
{
	uint64_t content = KL_HASH_SEED;
	struct kl_error *err;
	size_t i;

	for (i = 0; i < n; i++)
		content = kl_stack_content(content, kl_frame_content(&frames[i]));
	err = find_content(w, &w->stacks, KL_FIND_STACK, content, ret);
	return err || *ret ? err : describe_and_insert_stack(w, frames, n, content, ret);
}

struct kl_error *kl_writer_add_stack_row(struct kl_writer *w, uint64_t content, const struct kl_stack_row *row,
					 int64_t *ret)
{
	struct kl_error *err = find_content(w, &w->stacks, KL_FIND_STACK, content, ret);

	return err || *ret ? err : insert_stack(w, content, row, ret);
}

struct kl_error *kl_writer_add_site(struct kl_writer *w, const struct kl_store_site *site, int64_t *ret)
{
	uint64_t content = hash_u64(hash_text(KL_HASH_SEED, site->file), (uint64_t)site->line);
	struct kl_binder b;
	struct kl_error *err;

	content = hash_text(hash_text(content, site->module), site->function);
	err = find_content(w, &w->sites, KL_FIND_SITE, content, ret);
	if (err || *ret)
		return err;
	err = kl_writer_bind(w, KL_ADD_SITE, &b);
	if (err)
		return err;
	KL_SITE_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return insert_content(w, &b, &w->sites, KL_FIND_SITE, content, ret);
}

struct kl_error *kl_writer_text(struct kl_writer *w, const char *text, int64_t *ret)
{
	uint64_t content = hash_text(KL_HASH_SEED, text);
	struct kl_binder b;
	struct kl_error *err;

	*ret = KL_UNKNOWN;
	if (!text)
		return NULL;
	err = find_content(w, &w->texts, KL_FIND_TEXT, content, ret);
	if (err || *ret)
		return err;
	err = kl_writer_bind(w, KL_ADD_TEXT, &b);
	if (err)
		return err;
	KL_TEXT_COLUMNS(KL_BIND_COLUMN, KL_BIND_COLUMN)
	return insert_content(w, &b, &w->texts, KL_FIND_TEXT, content, ret);
}

struct kl_error *kl_writer_known_site(struct kl_writer *w, uint64_t tag, int64_t line, int64_t *ret)
{
	struct kl_binder b;
	struct kl_error *err = kl_writer_bind(w, KL_KNOWN_SITE, &b);
	bool row;

	*ret = 0;
	if (err)
		return err;
	kl_bind_int(&b, w->run_id);
	kl_bind_u64(&b, tag);
	kl_bind_int(&b, line);
	err = kl_binder_end(&b);
	if (!err)
		err = kl_sql_step(w->store, b.stmt, &row);
	if (!err && row)
		*ret = sqlite3_column_int64(b.stmt, 0);
	sqlite3_reset(b.stmt);
	return err;
}

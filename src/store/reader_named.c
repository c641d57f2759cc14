/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks of one boot with the same addresses are one stack, and what one run could not name another one could. */
#include <string.h>

#include "store/reader.h"
#include "store/reader_private.h"

/* Stacks looked at for names: each differs from the others in what was known when its run was made. */
#define NAMESAKES_MAX 16

static void forget_named_stack(struct kl_named_stack *named)
{
	char **string;

	kl_vec_for_each (string, &named->strings)
		free(*string);
	named->strings.count = 0;
	named->frames.count = 0;
}

void kl_named_stack_deinit(struct kl_named_stack *named)
{
	forget_named_stack(named);
	kl_vec_deinit(&named->strings);
	kl_vec_deinit(&named->frames);
}

static struct kl_error *list_namesakes(struct kl_reader *r, int64_t stack_id, const char *boot_id,
				       int64_t ret[NAMESAKES_MAX], size_t *n)
{
	static const char sql[] =
		"SELECT s.id FROM t_stack own JOIN t_stack s ON s.address_hash = own.address_hash AND s.id <> own.id "
		"WHERE own.id = ?1 AND EXISTS (SELECT 1 FROM t_run r JOIN t_total t "
		"ON t.run_id = r.id AND t.stack_id = s.id WHERE r.boot_id = ?2) ORDER BY s.id LIMIT ?3";
	struct kl_binder b = {.store = r->store};
	struct kl_error *err = NULL;
	bool row = true;

	*n = 0;
	if (!r->namesakes_statement)
		err = kl_sql_prepare(r->store, sql, &r->namesakes_statement);
	if (err)
		return err;
	b.stmt = r->namesakes_statement;
	kl_bind_int(&b, stack_id);
	kl_bind_text(&b, boot_id);
	kl_bind_int(&b, NAMESAKES_MAX);
	err = kl_binder_end(&b);
	while (!err && row) {
		err = kl_sql_step(r->store, b.stmt, &row);
		if (!err && row)
			ret[(*n)++] = sqlite3_column_int64(b.stmt, 0);
	}
	sqlite3_reset(b.stmt);
	return err;
}

static bool keep_string(struct kl_named_stack *named, const char **text)
{
	char *copy = *text ? strdup(*text) : NULL;

	if (!*text)
		return true;
	*text = copy;
	return copy && kl_vec_push(&named->strings, copy);
}

/* Appends @frames, whose strings last until the next stack is read, with strings of its own. */
static struct kl_error *keep_frames(struct kl_named_stack *named, const struct kl_store_frame *frames, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct kl_store_frame frame = frames[i];

		if (!keep_string(named, &frame.symbol) || !keep_string(named, &frame.file) ||
		    !keep_string(named, &frame.pointer) || !kl_vec_push(&named->frames, frame))
			return kl_error_nomem();
	}
	return NULL;
}

/* %pS prints a frame without a symbol as its address. */
static bool has_name(const struct kl_store_frame *frame)
{
	return strncmp(frame->symbol, "0x", 2) != 0;
}

/* How many frames from @from on belong to one address: inlined ones, and the function around them. */
static size_t frames_of_address(const struct kl_store_frame *frames, size_t n, size_t from)
{
	size_t end = from;

	while (end < n && frames[end].inlined)
		end++;
	return (end < n ? end + 1 : n) - from;
}

/* Rebuilds the stack from itself, which has @own frames, and the one that was kept behind it: of each address the
 * frames that have lines, and the name. Stacks of one address hash have one function for one function, unless the
 * database was tampered with. */
static struct kl_error *merge_frames(struct kl_named_stack *named, size_t own, bool *borrowed)
{
	struct kl_store_frame *mine = named->frames.data, *other = mine + own;
	size_t theirs = named->frames.count - own, i = 0, j = 0, a, b;
	struct kl_named_stack merged = {};
	bool complete = true;

	while (i < own && j < theirs && complete) {
		struct kl_store_frame *outer, *namesake, *from;
		size_t count;

		a = frames_of_address(mine, own, i);
		b = frames_of_address(other, theirs, j);
		outer = &mine[i + a - 1];
		namesake = &other[j + b - 1];
		*borrowed |= !has_name(outer) && has_name(namesake);
		if (!has_name(outer))
			outer->symbol = namesake->symbol;
		from = &mine[i];
		count = a;
		if (!outer->file && namesake->file) {
			namesake->symbol = outer->symbol;
			namesake->pointer = outer->pointer;
			from = &other[j];
			count = b;
		}
		while (count-- && complete)
			complete = kl_vec_push(&merged.frames, *from++);
		i += a;
		j += b;
	}
	for (; i < own && complete; i++)
		complete = kl_vec_push(&merged.frames, mine[i]);
	kl_vec_deinit(&named->frames);
	named->frames.data = merged.frames.data;
	named->frames.count = merged.frames.count;
	named->frames.capacity = merged.frames.capacity;
	return complete ? NULL : kl_error_nomem();
}

struct kl_error *kl_reader_named_stack(struct kl_reader *r, int64_t stack_id, const char *boot_id,
				       const struct kl_store_frame **ret, size_t *count, bool *borrowed)
{
	int64_t namesakes[NAMESAKES_MAX];
	struct kl_error *err = NULL;
	bool ignored = false;
	size_t n = 0, i, own;

	if (!borrowed)
		borrowed = &ignored;
	*borrowed = false;
	if (boot_id)
		err = list_namesakes(r, stack_id, boot_id, namesakes, &n);
	if (!err)
		err = kl_reader_stack(r, stack_id, ret, count);
	if (err || !n)
		return err;
	forget_named_stack(&r->named);
	err = keep_frames(&r->named, *ret, *count);
	for (i = 0; i < n && !err; i++) {
		own = r->named.frames.count;
		err = kl_reader_stack(r, namesakes[i], ret, count);
		if (!err)
			err = keep_frames(&r->named, *ret, *count);
		if (!err)
			err = merge_frames(&r->named, own, borrowed);
	}
	*ret = r->named.frames.data;
	*count = r->named.frames.count;
	return err;
}

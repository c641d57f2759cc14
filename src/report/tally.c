/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/frames.h"
#include "util/intern.h"
#include "util/map.h"
#include "util/stack_name.h"
#include "util/sum.h"

static const char *const names[] = {
#define X(identifier, name, meaning) name,
	KL_TALLIED_BY(X)
#undef X
};

const char *kl_tallied_by_name(enum kl_tallied_by by)
{
	return names[by];
}

struct kl_error *kl_tallied_by_find(const char *name, enum kl_tallied_by *ret)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i], name)) {
			*ret = (enum kl_tallied_by)i;
			return NULL;
		}
	}
	return kl_error_create(KL_ERROR_USAGE, "--by: '%s' is not stack, site, module, task or cache", name);
}

struct kl_tallies {
	struct kl_reader *reader;
	const char *boot_id;
	enum kl_tallied_by by;
	struct kl_intern *names;      /* identifier - 1: index in `sums` */
	struct kl_map stacks;         /* stack_id -> identifier of the name, by site and by module */
	KL_VEC(struct kl_tally) sums; /* names are set at the end: they move as they are added */
};

struct kl_error *kl_tallies_create(struct kl_reader *reader, const char *boot_id, enum kl_tallied_by by,
				   struct kl_tallies **ret)
{
	_cleanup_(kl_tallies_destroyp) struct kl_tallies *t = calloc(1, sizeof(*t));
	struct kl_error *err;

	if (!t)
		return kl_error_nomem();
	t->reader = reader;
	t->boot_id = boot_id;
	t->by = by;
	err = kl_intern_create(&t->names);
	if (err)
		return err;
	*ret = kl_take(t);
	return NULL;
}

void kl_tallies_destroy(struct kl_tallies *t)
{
	if (!t)
		return;
	kl_intern_destroy(t->names);
	kl_map_deinit(&t->stacks);
	kl_vec_deinit(&t->sums);
	free(t);
}

static void add_module_name(struct kl_strbuf *sb, const struct kl_store_frame *outer)
{
	struct kl_symbol_text text = kl_symbol_text_parse(outer->symbol);

	if (text.module)
		kl_strbuf_append(sb, text.module, text.module_length);
	else
		kl_strbuf_puts(sb, text.function ? "kernel" : "unloaded");
}

static void add_line_or_function(struct kl_strbuf *sb, const struct kl_store_frame *blamed,
				 const struct kl_store_frame *outer)
{
	struct kl_symbol_text text = kl_symbol_text_parse(blamed->symbol);

	if (blamed->file) {
		kl_strbuf_printf(sb, "%s:%" PRId64, blamed->file, blamed->line);
		return;
	}
	if (text.function)
		kl_strbuf_append(sb, text.function, text.function_length);
	else
		kl_strbuf_puts(sb, blamed->symbol);
	text = kl_symbol_text_parse(outer->symbol);
	if (text.module)
		kl_strbuf_printf(sb, " [%.*s]", (int)text.module_length, text.module);
}

static struct kl_error *name_stack(struct kl_tallies *t, int64_t stack_id, uint32_t *ret)
{
	_cleanup_strbuf_ struct kl_strbuf name = {};
	const struct kl_store_frame *frames;
	struct kl_error *err;
	uint64_t known;
	size_t n, top;

	if (kl_map_get(&t->stacks, (uint64_t)stack_id, &known)) {
		*ret = (uint32_t)known;
		return NULL;
	}
	err = kl_reader_named_stack(t->reader, stack_id, t->boot_id, &frames, &n, NULL);
	if (!err && n)
		err = kl_top_frame(frames, n, &top);
	if (err)
		return err;
	if (!n)
		kl_strbuf_puts(&name, "no stack");
	else if (t->by == KL_BY_MODULE)
		add_module_name(&name, &frames[kl_outer_frame(frames, n, top)]);
	else
		add_line_or_function(&name, &frames[top], &frames[kl_outer_frame(frames, n, top)]);
	if (name.failed)
		return kl_error_nomem();
	err = kl_intern_add(t->names, kl_strbuf_string(&name), name.length + 1, ret);
	if (err)
		return err;
	return kl_map_put(&t->stacks, (uint64_t)stack_id, *ret) ? NULL : kl_error_nomem();
}

static struct kl_error *name_finding(struct kl_tallies *t, const struct kl_store_finding *f, uint32_t *ret)
{
	const char *name = NULL;

	if (t->by == KL_BY_TASK)
		name = f->comm && *f->comm ? f->comm : "none known";
	else if (t->by == KL_BY_CACHE)
		name = f->cache ? f->cache : "none known";
	else if (t->by == KL_BY_SITE)
		name = f->site;
	return name ? kl_intern_add(t->names, name, strlen(name) + 1, ret) : name_stack(t, f->stack_id, ret);
}

struct kl_error *kl_tallies_add(struct kl_tallies *t, const struct kl_store_finding *f)
{
	int64_t size = f->size > INT64_MAX ? INT64_MAX : (int64_t)f->size;
	struct kl_tally *sum;
	struct kl_error *err;
	uint32_t id = 0;

	err = name_finding(t, f, &id);
	if (err)
		return err;
	if (id > t->sums.count && !kl_vec_add(&t->sums))
		return kl_error_nomem();
	sum = &t->sums.data[id - 1];
	sum->objects++;
	sum->bytes = kl_sum(sum->bytes, size);
	if (kleak_verdict_is_leaked(f->verdict)) {
		sum->leaked_objects++;
		sum->leaked_bytes = kl_sum(sum->leaked_bytes, size);
	}
	return NULL;
}

static int compare_tallies(const void *left, const void *right)
{
	const struct kl_tally *a = left, *b = right;

	if (a->leaked_bytes != b->leaked_bytes)
		return a->leaked_bytes > b->leaked_bytes ? -1 : 1;
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes ? -1 : 1;
	return strcmp(a->name, b->name);
}

struct kl_error *kl_tallies_each(struct kl_tallies *t, int64_t limit, kl_tally_fn *fn, void *context)
{
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < t->sums.count; i++)
		t->sums.data[i].name = kl_intern_get(t->names, (uint32_t)i + 1, NULL);
	if (t->sums.count)
		qsort(t->sums.data, t->sums.count, sizeof(*t->sums.data), compare_tallies);
	for (i = 0; i < t->sums.count && !err && (!limit || i < (uint64_t)limit); i++)
		err = fn(context, &t->sums.data[i]);
	return err;
}

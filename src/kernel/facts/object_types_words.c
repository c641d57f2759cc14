/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/object_types_words.h"

#include <string.h>

#include "debug/pointer_words_cache.h"
#include "kernel/machine/dump_types.h"
#include "kernel/machine/percpu.h"
#include "kernel/facts/stacks.h"
#include "kernel/machine/machine.h"

#define ANOMALY "types"

void kl_word_sources_deinit(struct kl_word_sources *sources)
{
	struct kl_word_source *s;

	kl_vec_for_each (s, &sources->list)
		kl_word_list_deinit(&s->words);
	kl_vec_deinit(&sources->list);
}

/* ---- one file ---- */

/* What is asked of one file, and how to get at it. */
struct inquiry {
	struct kl_kernel *k;
	const struct kl_type_files *files;
	struct kl_module *module; /* NULL = the kernel itself */
	struct kl_pointer_words_query query;
};

/* Whether @words answers every name of the query; those it knows beyond that are appended to @all. */
static bool is_answered(const struct inquiry *q, const struct kl_pointer_word_list *words)
{
	size_t i;

	for (i = 0; i < q->query.n_names; i++)
		if (!kl_word_list_find(words, q->query.names[i], 0))
			return false;
	return true;
}

/* Asks @dbg for the names of the query and for those that @known has already, so that the stored list only grows. */
static struct kl_error *ask_file(const struct inquiry *q, struct kl_debug *dbg,
				 const struct kl_pointer_word_list *known, struct kl_pointer_word_list *ret)
{
	struct kl_pointer_words_query query = q->query;
	_cleanup_free_ const char **names = calloc(query.n_names + known->list.count + 1, sizeof(*names));
	const struct kl_pointer_words *w;

	if (!names)
		return kl_error_nomem();
	memcpy(names, query.names, query.n_names * sizeof(*names));
	kl_vec_for_each (w, &known->list) {
		if (!w->is_variable)
			names[query.n_names++] = kl_intern_get(known->names, w->name, NULL);
	}
	query.names = names;
	return kl_pointer_words_find(dbg, &query, ret);
}

/* What BTF says, that of the dump or else of the module's file @dbg, which may be NULL; nothing is cached, as it is
 * always at hand. */
static struct kl_error *ask_btf(const struct inquiry *q, struct kl_debug *dbg, struct kl_pointer_word_list *words,
				bool *done)
{
	_cleanup_word_list_ struct kl_pointer_word_list fresh = {};
	struct kl_pointer_word_list old = *words;
	struct kl_error *err = kl_word_list_init(&fresh);

	if (!err)
		err = kl_dump_types_words(q->k, q->module, &q->query, &fresh, done);
	if (!err && !*done && q->module && dbg) {
		err = kl_dump_types_open_module(q->k, q->module, kl_debug_path(dbg));
		if (!err)
			err = kl_dump_types_words(q->k, q->module, &q->query, &fresh, done);
	}
	if (err || !*done)
		return err;
	*words = fresh;
	fresh = old;
	return NULL;
}

/* Replaces the incomplete list in @words, if there is a file to ask. */
static struct kl_error *complete_word_list(const struct inquiry *q, const char *build_id,
					   struct kl_pointer_word_list *words, bool *done)
{
	_cleanup_word_list_ struct kl_pointer_word_list fresh = {};
	struct kl_debug *dbg = kl_type_file_open(q->files, q->module);
	struct kl_pointer_word_list old = *words;
	struct kl_error *err;

	if (!dbg)
		return ask_btf(q, NULL, words, done);
	err = kl_word_list_init(&fresh);
	if (!err)
		err = ask_file(q, dbg, words, &fresh);
	if (err && kl_error_code(err) == KL_ERROR_UNSUPPORTED && q->k->btf) { /* no DWARF in it */
		kl_error_destroy(err);
		return ask_btf(q, dbg, words, done);
	}
	if (err && kl_error_code(err) != KL_ERROR_NOMEM) {
		kl_kernel_anomaly_error(q->k, ANOMALY, 0, err);
		return NULL;
	}
	if (err)
		return err;
	if (!build_id && !q->k->forced)
		build_id = kl_debug_build_id(dbg);
	kl_error_destroy(
		kl_pointer_words_cache_store(q->files->cache_dir, build_id, q->query.start, q->query.end, &fresh));
	*words = fresh;
	fresh = old;
	*done = true;
	return NULL;
}

static struct kl_error *read_source(const struct inquiry *q, struct kl_word_sources *ret)
{
	const char *build_id = kl_type_file_build_id(q->k, q->module);
	_cleanup_word_list_ struct kl_pointer_word_list words = {};
	struct kl_word_source source = {.module = q->module};
	struct kl_error *err = kl_word_list_init(&words);
	bool hit = false, done;

	if (!err)
		err = kl_pointer_words_cache_load(q->files->cache_dir, build_id, q->query.start, q->query.end, &words,
						  &hit);
	done = hit && is_answered(q, &words);
	if (!err && !done)
		err = complete_word_list(q, build_id, &words, &done);
	ret->incomplete |= !done && !q->module;
	if (err || (!done && !hit))
		return err;
	source.words = words;
	if (!kl_vec_push(&ret->list, source))
		return kl_error_nomem();
	words = (struct kl_pointer_word_list){};
	return NULL;
}

/* ---- all files ---- */

/* The link-time addresses of the static per-CPU section. One that is linked at zero shares that address with whatever
 * the linker threw away. */
static void set_percpu_range(const struct kl_kernel *k, struct kl_pointer_words_query *query)
{
	const struct kl_percpu *p = &k->percpu;

	if (!p->smp || p->end <= p->start)
		return;
	query->start = p->start >> 63 ? p->start - k->shift : p->start;
	query->end = query->start + (p->end - p->start);
	if (!query->start)
		query->start = KL_WORD_SIZE;
}

/* Whether the kernel's file, the only one asked so far, has no struct of that name. */
static bool is_unknown(const struct kl_word_sources *kernel, const char *name)
{
	const struct kl_pointer_word_list *list;
	const struct kl_pointer_words *w = kl_word_sources_find(kernel, &(struct kl_type_name){.name = name}, &list);

	return !w || !w->present;
}

/* What is asked of @module, NULL for the kernel: @ret has room for all. Names of no particular file are asked of the
 * kernel, and those that it does not know, which are @unknown then, of every module. */
static size_t list_names(const struct kl_type_name *names, size_t n, const struct kl_module *module,
			 const bool *unknown, const char **ret)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++)
		if (names[i].module == module || (!names[i].module && unknown[i]))
			ret[count++] = names[i].name;
	return count;
}

struct kl_error *kl_word_sources_read(struct kl_kernel *k, const struct kl_type_files *files,
				      const struct kl_type_name *names, size_t n, struct kl_word_sources *ret)
{
	_cleanup_free_ const char **asked = calloc(n + 1, sizeof(*asked));
	_cleanup_free_ bool *unknown = calloc(n + 1, sizeof(*unknown));
	struct inquiry q = {.k = k, .files = files, .query = {.names = asked}};
	struct kl_modules *modules;
	struct kl_error *err;
	size_t i;

	*ret = (struct kl_word_sources){};
	if (!asked || !unknown)
		return kl_error_nomem();
	q.query.n_names = list_names(names, n, NULL, unknown, asked);
	set_percpu_range(k, &q.query);
	err = read_source(&q, ret);
	if (!err)
		err = kl_machine_modules(k, &modules);
	for (i = 0; !err && i < n; i++)
		unknown[i] = is_unknown(ret, names[i].name);
	q.query = (struct kl_pointer_words_query){.names = asked, .end = UINT64_MAX};
	for (i = 0; !err && i < modules->list.count; i++) {
		q.module = &modules->list.data[i];
		q.query.n_names = list_names(names, n, q.module, unknown, asked);
		err = read_source(&q, ret);
	}
	return err;
}

const struct kl_pointer_words *kl_word_sources_find(const struct kl_word_sources *sources,
						    const struct kl_type_name *type,
						    const struct kl_pointer_word_list **list)
{
	const struct kl_pointer_words *absent = NULL;
	const struct kl_word_source *s;

	kl_vec_for_each (s, &sources->list) {
		const struct kl_pointer_words *w;

		if (type->module && s->module != type->module)
			continue;
		w = kl_word_list_find(&s->words, type->name, type->size);
		if (!w)
			continue;
		*list = &s->words;
		if (w->present)
			return w;
		absent = w;
	}
	return absent;
}

/* ---- static variables ---- */

/* The integers of @w as masks, where the variable lies at @address; and its name for all of it. */
static struct kl_error *mask_at(const struct kl_word_source *s, const struct kl_pointer_words *w, uint64_t address,
				struct kl_facts *ret)
{
	struct kl_named_data named = {.start = address, .end = address + w->size};
	const char *name = kl_intern_get(s->words.names, w->name, NULL);
	struct kl_error *err = kl_intern_add(ret->names, name, strlen(name), &named.name);
	size_t i, next, count = kl_word_count(w->size);

	for (i = 0; i < count && !err; i = next) {
		struct kl_mask mask = {.start = address + i * KL_WORD_SIZE, .traits = KL_TRAIT_INTEGER};

		for (next = i + 1; next < count && w->pointers[next] == w->pointers[i]; next++)
			;
		mask.end = address + next * KL_WORD_SIZE;
		if (!w->pointers[i] && !kl_vec_push(&ret->masks, mask))
			err = kl_error_nomem();
	}
	if (!err && !kl_vec_push(&ret->named, named))
		err = kl_error_nomem();
	return err;
}

/* A per-CPU variable has a copy for every possible CPU. */
static struct kl_error *mask_variable_copies(struct kl_kernel *k, const struct kl_word_source *s,
					     const struct kl_pointer_words *w, uint64_t cookie, struct kl_facts *ret)
{
	struct kl_error *err = NULL;
	const unsigned *cpu;
	uint64_t address;

	kl_vec_for_each (cpu, &k->percpu.cpus) {
		if (!err && kl_percpu_address(k, cookie, *cpu, &address))
			err = mask_at(s, w, address, ret);
	}
	return err;
}

static struct kl_error *mask_of_kernel(struct kl_kernel *k, const struct kl_word_source *s,
				       const struct kl_pointer_words *w, struct kl_facts *ret)
{
	uint64_t cookie = kl_kernel_address(k, w->address);

	return kl_stacks_is_storage(k, cookie) ? NULL : mask_variable_copies(k, s, w, cookie, ret);
}

static bool is_in(uint64_t value, uint64_t size, uint64_t start, uint64_t length)
{
	return value >= start && value - start < length && size <= length - (value - start);
}

/* Addresses in a module's file are of our own making: its variables are found by their symbols. */
static struct kl_error *mask_of_module(struct kl_kernel *k, const struct kl_word_source *s,
				       const struct kl_pointer_words *w, struct kl_facts *ret)
{
	struct kl_module *m = s->module;
	uint64_t value;
	size_t i;

	if (!kl_module_symbol_find(k, m, kl_intern_get(s->words.names, w->name, NULL), &value) || value % KL_WORD_SIZE)
		return NULL;
	if (m->percpu && is_in(value, w->size, m->percpu, m->percpu_size))
		return mask_variable_copies(k, s, w, value, ret);
	for (i = 0; i < m->n_regions; i++)
		if (is_in(value, w->size, m->regions[i].base, m->regions[i].size))
			return mask_at(s, w, value, ret);
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct kl_named_data *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

struct kl_error *kl_word_sources_mask(struct kl_kernel *k, const struct kl_word_sources *sources, struct kl_facts *ret)
{
	const struct kl_word_source *s;
	struct kl_error *err = NULL;

	kl_vec_for_each (s, &sources->list) {
		const struct kl_pointer_words *w;

		kl_vec_for_each (w, &s->words.list) {
			size_t before = ret->named.count;

			if (!w->is_variable || err)
				continue;
			err = s->module ? mask_of_module(k, s, w, ret) : mask_of_kernel(k, s, w, ret);
			ret->type_counts.variables += ret->named.count > before;
		}
	}
	if (ret->named.count)
		qsort(ret->named.data, ret->named.count, sizeof(*ret->named.data), by_start);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernels of distributions, as the stock machines of tests/e2e leave them: what layouts.def asks for is the same by
 * BTF as by DWARF, member by member, and so are the words of structs. */
#include "test.h"

#include <glob.h>
#include <stdlib.h>

#include "debug/btf.h"
#include "debug/debug.h"
#include "debug/symbols.h"
#include "kernel/layouts.h"

static struct kl_layouts by_dwarf, by_btf;

/* The symbols of the file, as kallsyms would have them: the room of a variable is the gap to the next one. */
static bool find_in_symtab(const void *dbg, const char *name, bool is_variable, uint64_t *address, uint64_t *room)
{
	struct kl_symbol symbol, at;
	struct kl_error *err = kl_symbols_by_name((struct kl_debug *)dbg, name, &symbol);

	(void)is_variable;
	if (!err) {
		*address = symbol.address;
		*room = UINT32_MAX;
		if (symbol.address >> 63)
			err = kl_symbols_by_address((struct kl_debug *)dbg, symbol.address, &at);
		if (!err && symbol.address >> 63)
			*room = at.size;
	}
	kl_error_destroy(err);
	return !err;
}

static bool has_unit_in_symtab(const void *dbg, const char *unit)
{
	const char *proof = kl_layouts_unit_proof(unit);
	char name[64];
	uint64_t address, room;
	int length;

	if (!proof)
		return true;
	for (; *proof; proof += length + (proof[length] == '|')) {
		length = (int)strcspn(proof, "|");
		snprintf(name, sizeof(name), "%.*s", length, proof);
		if (find_in_symtab(dbg, name, false, &address, &room))
			return true;
	}
	return false;
}

/* Sizes of symbols are not compared: a table without them has gaps, and nobody asks. */
static bool is_same(const struct kl_request *r)
{
	const void *x = (const char *)&by_dwarf + r->target, *y = (const char *)&by_btf + r->target;
	const struct kl_variable *v = x, *w = y;

	if (r->kind == KL_REQUEST_SYMBOL)
		return v->present == w->present && v->address == w->address;
	if (r->kind == KL_REQUEST_VARIABLE)
		return v->present == w->present && v->address == w->address && v->is_pointer == w->is_pointer &&
		       (v->is_array ? v->element_size == w->element_size && v->count <= w->count : v->size <= w->size);
	return !memcmp(x, y, kl_request_target_size(r->kind));
}

/* What the table says about single variables and DWARF says otherwise, without harm to its reader. */
static bool is_known_difference(const struct kl_request *r)
{
	return !strcmp(r->path, "timekeeper_data|tk_core|timekeeper") || /* an array of one since 6.17 */
	       !strcmp(r->path, "init_stack|init_thread_union") ||       /* a symbol lies inside */
	       !strcmp(r->path, "memcg_data|obj_cgroups") || /* of struct page, where struct slab has none: one word */
	       !strcmp(r->path, "mutex") || !strcmp(r->path, "owner.counter|owner"); /* unit without KMEMLEAK */
}

static void compare_layouts(const char *path)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	const struct kl_request *requests;
	size_t n, i, present = 0;

	requests = kl_layouts_requests(&n);
	CHECK_OK(kl_debug_open(path, &dbg));
	CHECK_OK(kl_btf_open(path, NULL, &btf));
	if (!dbg || !btf)
		return;
	CHECK_OK(kl_debug_resolve(dbg, requests, n, &by_dwarf));
	CHECK_OK(kl_btf_resolve(btf, &(struct kl_btf_symbols){find_in_symtab, has_unit_in_symtab, dbg}, requests, n,
				&by_btf));
	for (i = 0; i < n; i++) {
		const struct kl_request *r = &requests[i];

		present += *((const bool *)((const char *)&by_dwarf + r->target));
		if (!is_same(r) && !is_known_difference(r))
			FAIL_("%s: %s%s%s differs", path, r->owner ? r->owner : "", r->owner ? "." : "", r->path);
	}
	printf("# %s: %zu of %zu requests are in it\n", path, present, n);
	CHECK(present > 250);
}

static void compare_words(const char *path)
{
	static const char *const names[] = {"task_struct", "dentry", "inode",  "sk_buff", "net", "super_block",
					    "kmem_cache",  "page",   "module", "sock",    "bio", "no_such_struct"};
	struct kl_pointer_words_query query = {names, sizeof(names) / sizeof(*names), 0, 0};
	_cleanup_word_list_ struct kl_pointer_word_list dwarf = {}, btf_words = {};
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL;
	const struct kl_pointer_words *a, *b;

	CHECK_OK(kl_debug_open(path, &dbg));
	CHECK_OK(kl_btf_open(path, NULL, &btf));
	if (!dbg || !btf)
		return;
	CHECK_OK(kl_word_list_init(&dwarf));
	CHECK_OK(kl_word_list_init(&btf_words));
	CHECK_OK(kl_pointer_words_find(dbg, &query, &dwarf));
	CHECK_OK(kl_btf_pointer_words(btf, &(struct kl_btf_symbols){find_in_symtab, has_unit_in_symtab, dbg}, &query,
				      &btf_words));
	CHECK_INT(dwarf.list.count, btf_words.list.count);
	kl_vec_for_each (a, &dwarf.list) {
		b = kl_word_list_find(&btf_words, kl_intern_get(dwarf.names, a->name, NULL), a->size);
		CHECK(b && b->present == a->present && b->size == a->size);
		if (b && b->size == a->size && memcmp(a->pointers, b->pointers, kl_word_count(a->size)))
			FAIL_("%s: the words of %s differ", path, kl_intern_get(dwarf.names, a->name, NULL));
	}
}

static void for_each_kernel(void (*compare)(const char *path))
{
	const char *lab = getenv("KLEAK_E2E");
	char pattern[4096];
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), "%s/stock/*/vmlinux", lab ? lab : "");
	if (!lab || glob(pattern, 0, NULL, &found))
		SKIP("no stock kernels (make test-e2e)");
	for (i = 0; i < found.gl_pathc; i++)
		compare(found.gl_pathv[i]);
	globfree(&found);
}

static void test_layouts(void)
{
	for_each_kernel(compare_layouts);
}

static void test_words(void)
{
	for_each_kernel(compare_words);
}

int main(void)
{
	RUN(test_layouts);
	RUN(test_words);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real kernels: whole and separate files, dwz'ed, x86-64 and aarch64. What is right was asked of gdb and addr2line. */
#include "corpus.h"
#include "test.h"

#include <stddef.h>
#include <stdlib.h>

#include "debug/debug.h"
#include "debug/find.h"
#include "debug/line.h"
#include "debug/symbols.h"

#define UNIT "mm/kmemleak.c"

struct answers {
	struct kl_type object;
	struct kl_member pointer, count, comm, trace_handle, tree_next, task_comm, compound, sched_bit;
	struct kl_variable object_list, mem_pool, jiffies, initialized, sdata;
};

struct truth {
	const char *kernel, *build_id;
	unsigned int object, pointer, count, comm, trace_handle, task_comm;
	bool has_compound_head;
	uint64_t object_list;
	const char *scan_file; /* of kmemleak_scan+0x100 */
	unsigned int scan_line;
};

static const struct truth truths[] = {
	{"x86_64-6.1", "1806561ba80770ee979fb24ff4dba908cfbf20f4", 176, 88, 116, 156, 136, 1400, true,
	 0xffffffff81caacf0, "mm/kmemleak.c", 817},
	{"x86_64-6.12", "397bd23239ab0dfdfba2e4eb7598cec47e8ec6dc", 168, 88, 116, 148, 124, 1512, true,
	 0xffffffff81aad1b0, "include/linux/find.h", 65},
	{"x86_64-7.3", "73287aa54e870400081177046ad88fe210b77c8b", 176, 88, 116, 160, 128, 1568, false,
	 0xffffffff81ab0c90, "mm/kmemleak.c", 359},
	{"aarch64-7.3", "57ece25ee8c0699054323a69df2c9418ab7f00f2", 176, 88, 116, 160, 128, 1568, false,
	 0xffff800080826cb0, "mm/kmemleak.c", 2031},
};

/* clang-format off */
#define MEMBER(owner, path, field, need) \
	{KL_REQUEST_MEMBER, UNIT, owner, path, need, offsetof(struct answers, field)}
#define VARIABLE(path, field, need) \
	{KL_REQUEST_VARIABLE, UNIT, NULL, path, need, offsetof(struct answers, field)}
/* clang-format on */

static const struct kl_request requests[] = {
	{KL_REQUEST_TYPE, UNIT, NULL, "kmemleak_object", true, offsetof(struct answers, object)},
	MEMBER("kmemleak_object", "pointer", pointer, true),
	MEMBER("kmemleak_object", "count", count, true),
	MEMBER("kmemleak_object", "comm", comm, true),
	MEMBER("kmemleak_object", "trace_handle", trace_handle, true),
	MEMBER("kmemleak_object", "object_list.next", tree_next, true),
	MEMBER("task_struct", "comm", task_comm, true),
	MEMBER("page", "compound_head", compound, false),
	MEMBER("task_struct", "sched_reset_on_fork", sched_bit, true),
	VARIABLE("object_list", object_list, true),
	VARIABLE("mem_pool", mem_pool, true),
	VARIABLE("jiffies", jiffies, true),
	VARIABLE("kmemleak_initialized", initialized, false),
	{KL_REQUEST_SYMBOL, NULL, NULL, "_sdata", true, offsetof(struct answers, sdata)},
};
#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static void check_answers(const struct truth *t, const struct answers *a)
{
	CHECK_INT(a->object.size, t->object);
	CHECK_INT(a->pointer.offset, t->pointer);
	CHECK_INT(a->pointer.size, 8);
	CHECK_INT(a->count.offset, t->count);
	CHECK(a->count.is_signed);
	CHECK_INT(a->comm.offset, t->comm);
	CHECK_INT(a->comm.count, 16);
	CHECK_INT(a->trace_handle.offset, t->trace_handle);
	CHECK_INT(a->tree_next.offset, 8);
	CHECK(a->tree_next.is_pointer);
	CHECK_INT(a->task_comm.offset, t->task_comm);
	CHECK(a->compound.present == t->has_compound_head);
	CHECK_INT(a->sched_bit.bit_size, 1);
	CHECK_INT(a->object_list.address, t->object_list);
	CHECK_INT(a->object_list.size, 16);
	CHECK_INT(a->mem_pool.count, 16000);
	CHECK_INT(a->mem_pool.element_size, t->object);
	CHECK_INT(a->jiffies.size, 8);
	/* of the four only this one still has it */
	CHECK(a->initialized.present == !strcmp(t->kernel, "x86_64-6.1"));
	CHECK(a->sdata.present);
}

static void check_line(struct kl_debug *dbg, const struct truth *t)
{
	struct kl_symbol s = {0};
	const char *file = "";
	unsigned int line = 0;

	CHECK_OK(kl_symbols_by_name(dbg, "kmemleak_scan", &s));
	CHECK_OK(kl_debug_line(dbg, s.address + 0x100, &file, &line));
	CHECK_STR(file, t->scan_file);
	CHECK_INT(line, t->scan_line);
	CHECK_OK(kl_symbols_by_address(dbg, s.address + 0x100, &s));
	CHECK_STR(s.name, "kmemleak_scan");
}

static bool check_kernel(const struct truth *t)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	char folder[3072], path[4096];
	struct answers a = {};

	if (!find_folder(t->kernel, folder, sizeof(folder)))
		return false;
	snprintf(path, sizeof(path), "%s/vmlinux", folder);
	CHECK_OK(kl_debug_open(path, &dbg));
	if (!dbg)
		return true;
	CHECK_STR(kl_debug_build_id(dbg), t->build_id);
	CHECK(!kl_debug_is_relocatable(dbg));
	CHECK_OK(kl_debug_resolve(dbg, requests, REQUESTS, &a));
	check_answers(t, &a);
	check_line(dbg, t);
	return true;
}

static void test_x86_64_6_1(void)
{
	if (!check_kernel(&truths[0]))
		SKIP(skip_reason);
}

static void test_x86_64_6_12(void)
{
	if (!check_kernel(&truths[1]))
		SKIP(skip_reason);
}

static void test_x86_64_7_3(void)
{
	if (!check_kernel(&truths[2]))
		SKIP(skip_reason);
}

static void test_aarch64_7_3(void)
{
	if (!check_kernel(&truths[3]))
		SKIP(skip_reason);
}

/* Types, static variables and lines of a kernel module, in all of which every string and address is relocated. */
static void check_module(const char *kernel, bool *found)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct {
		struct kl_type node;
		struct kl_member list;
		struct kl_variable test_list, pointer;
	} a;
	const struct kl_request wanted[] = {
		{KL_REQUEST_TYPE, "kmemleak-test.c", NULL, "test_node", true, 0},
		{KL_REQUEST_MEMBER, "kmemleak-test.c", "test_node", "list", true, (char *)&a.list - (char *)&a},
		{KL_REQUEST_VARIABLE, "kmemleak-test.c", NULL, "test_list", true, (char *)&a.test_list - (char *)&a},
		{KL_REQUEST_VARIABLE, "kmemleak-test.c", NULL, "kmemleak_test_pointer", true,
		 (char *)&a.pointer - (char *)&a},
	};
	char folder[3072], path[4096];
	struct kl_symbol s = {0};
	const char *file = "";
	unsigned int line = 0;

	*found = find_folder(kernel, folder, sizeof(folder));
	if (!*found)
		return;
	snprintf(path, sizeof(path), "%s/kmemleak-test.ko", folder);
	CHECK_OK(kl_debug_open(path, &dbg));
	if (!dbg)
		return;
	CHECK(kl_debug_is_relocatable(dbg));
	CHECK_OK(kl_debug_resolve(dbg, wanted, 4, &a));
	CHECK_INT(a.list.offset, 200); /* behind `long header[25]` */
	CHECK(a.node.size > 216);
	CHECK_INT(a.test_list.size, 16);
	CHECK_OK(kl_symbols_by_name(dbg, "test_list", &s));
	CHECK_INT(a.test_list.address, s.address);
	CHECK_OK(kl_symbols_by_name(dbg, "kmemleak_test_init", &s));
	CHECK_OK(kl_debug_line(dbg, s.address, &file, &line));
	CHECK(strstr(file, "samples/kmemleak/kmemleak-test.c"));
	CHECK(line > 20 && line < 120);
}

static void test_modules(void)
{
	size_t i;

	for (i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		bool found;

		check_module(truths[i].kernel, &found);
		if (!found)
			SKIP(skip_reason);
	}
}

/* The compressed file that the corpus ships is told by its build-id without unpacking the whole. */
static void test_find_compressed(void)
{
	_cleanup_free_ char *found = NULL;
	char folder[3072], list[4096];
	const char *corpus = getenv("KLEAK_CORPUS");
	struct kl_debug_search search = {.build_id = truths[1].build_id, .release = "6.12"};

	if (!corpus || !find_folder(truths[1].kernel, folder, sizeof(folder)))
		SKIP(corpus ? skip_reason : "KLEAK_CORPUS is not set");
	snprintf(list, sizeof(list), "%s/x86_64-7.3:%s/x86_64-6.12", corpus, corpus);
	setenv("KLEAK_DEBUG_PATH", list, 1);
	CHECK_OK(kl_debug_find(&search, &found));
	CHECK(found && strstr(found, "x86_64-6.12/vmlinux.xz"));
	unsetenv("KLEAK_DEBUG_PATH");
}

int main(void)
{
	RUN(test_x86_64_6_1);
	RUN(test_x86_64_6_12);
	RUN(test_x86_64_7_3);
	RUN(test_aarch64_7_3);
	RUN(test_modules);
	RUN(test_find_compressed);
	return DONE();
}

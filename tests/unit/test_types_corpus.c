/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of what type the objects of real dumps are, and that types alone find what a stale integer hides. */
#include <ctype.h>

#include "test_types_world.h"

/* The word that the member @path names is no pointer, and there is such a word. */
static void check_integer(const struct world *w, const struct kl_object_type *type, const char *path)
{
	size_t i;

	for (i = 0; type && i < type->size / 8; i++) {
		if (strcmp(kl_intern_get(w->facts.names, type->members[i], NULL), path))
			continue;
		CHECK_INT(type->words[i], 0);
		return;
	}
	FAIL_("there is no word %s", path);
}

static void check_kernel(const char *name, size_t nodes, size_t dentries)
{
	const struct kl_object_type *type;
	struct world w;

	if (!open_world(&w, name))
		SKIP(skip_reason);
	read_types(&w);
	CHECK(count(&w, "kernfs_node", &type) >= nodes);
	if (nodes)
		check_integer(&w, type, "id");
	CHECK(count(&w, "shmem_inode_info", &type) > 100);
	check_integer(&w, type, "vfs_inode.i_ino");
	CHECK(count(&w, "task_struct", &type) > 10);
	CHECK(count(&w, "xa_node", &type) > 10);
	CHECK(count(&w, "dentry", &type) >= dentries);
	if (dentries)
		check_integer(&w, type, "d_time");
	CHECK(w.facts.type_counts.merged > 0);
	CHECK(w.facts.type_counts.variables > 50);
	CHECK(!w.facts.type_counts.incomplete);
	close_world(&w);
}

/* There both caches are shared, and stacks do not begin with the allocator's frames. */
static void test_6_1(void)
{
	check_kernel("x86_64-6.1", 0, 0);
}

static void test_6_12(void)
{
	check_kernel("x86_64-6.12", 1000, 1000);
}

static void test_7_3(void)
{
	check_kernel("x86_64-7.3", 1000, 1000);
}

static void test_7_3_aarch64(void)
{
	check_kernel("aarch64-7.3", 1000, 1000);
}

/* Without DWARF no struct is known, the run goes on and says so. */
static void test_without_dwarf(void)
{
	const struct kl_object_type *type;
	struct world w;

	if (!open_world(&w, "x86_64-7.3"))
		SKIP(skip_reason);
	w.files.vmlinux = NULL;
	read_types(&w);
	CHECK(w.facts.type_counts.incomplete);
	CHECK_INT(w.facts.type_counts.objects, count(&w, "string", &type));
	CHECK_INT(count(&w, "kernfs_node", &type), 0);
	close_world(&w);
}

/* Whether the object in @row begins with text that ends inside it. */
static bool holds_text(const struct world *w, uint32_t row)
{
	const struct kl_heap *heap = &w->heap;
	_cleanup_free_ char *text = NULL;
	size_t i;

	if (kl_image_read_string(w->k->image, heap->address[row], heap->size[row], &text) ||
	    strlen(text) >= heap->size[row])
		return false;
	for (i = 0; text[i]; i++)
		if (!isprint((unsigned char)text[i]) && text[i] != '\n')
			return false;
	return true;
}

static bool is_string(const struct kl_facts *k, uint32_t row)
{
	const struct kl_object_type *type = &k->types.data[k->type_of[row]];

	return k->type_of[row] && !strcmp(kl_intern_get(k->names, type->name, NULL), "string");
}

/* What kstrdup() and its like allocated is text indeed. */
static void check_strings(const char *name, size_t least)
{
	const struct kl_object_type *type;
	struct world w;
	size_t wrong = 0;
	uint32_t row;

	if (!open_world(&w, name))
		SKIP(skip_reason);
	read_types(&w);
	CHECK(count(&w, "string", &type) > least);
	for (row = 0; row < w.heap.rows; row++)
		wrong += is_string(&w.facts, row) && !holds_text(&w, row);
	CHECK_INT(wrong, 0);
	close_world(&w);
}

static void test_strings_6_1(void)
{
	check_strings("x86_64-6.1", 1000);
}

static void test_strings_6_12(void)
{
	check_strings("x86_64-6.12", 1000);
}

static void test_strings_7_3(void)
{
	check_strings("x86_64-7.3", 1000);
}

static void test_strings_7_3_aarch64(void)
{
	check_strings("aarch64-7.3", 1000);
}

/* A cache named like a struct of another size is left alone, one shared by several users too, whatever its name. */
static void test_caches_that_do_not_fit(void)
{
	const struct kl_object_type *type;
	struct kl_type_counts before;
	struct world w;
	uint32_t row;

	if (!open_world(&w, "x86_64-7.3"))
		SKIP(skip_reason);
	read_types(&w);
	before = w.facts.type_counts;
	CHECK(before.resized > 0); /* socket_alloc, aligned to a cache line */
	CHECK_INT(count(&w, "socket_alloc", &type), 0);
	CHECK_INT(count(&w, "mm_struct", &type), 0); /* shared */

	/* an object that is not as large as those of its cache has no type */
	for (row = 0; row < w.heap.rows; row++)
		w.heap.size[row]--;
	read_types(&w);
	CHECK_INT(w.facts.type_counts.objects, 0);

	/* without the count of users every cache counts as shared */
	for (row = 0; row < w.heap.rows; row++)
		w.heap.size[row]++;
	w.k->layouts.kmem_cache.refcount.present = false;
	memset(w.heap.stack, 0, w.heap.rows * sizeof(*w.heap.stack));
	read_types(&w);
	CHECK_INT(w.facts.type_counts.objects, 0);
	close_world(&w);
}

int main(void)
{
	RUN(test_6_1);
	RUN(test_6_12);
	RUN(test_7_3);
	RUN(test_7_3_aarch64);
	RUN(test_without_dwarf);
	RUN(test_strings_6_1);
	RUN(test_strings_6_12);
	RUN(test_strings_7_3);
	RUN(test_strings_7_3_aarch64);
	RUN(test_caches_that_do_not_fit);
	return DONE();
}

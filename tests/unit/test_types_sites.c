/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of kmalloc() in real dumps get the struct that their call site allocates, and no other object does. What
 * DWARF tells of calls is test_call_sites.c's business: the kernels of the corpus have no location lists, so that here
 * the cache says what the tests want it to say, or a vmlinux made by them.
 */
#define SCENE "test_types_sites"
#include "test_types_scene.h"

#include "test_debug/build.h"

/* Reads types where the call is said to allocate @type of @size bytes. */
static void read_with(struct scene *s, const char *type, uint64_t size)
{
	read_with_call(s, (struct kl_alloc_call){.size = size}, type);
}

static size_t typed(struct scene *s, const char *type)
{
	const struct kl_object_type *ignored;

	return count(&s->w, type, &ignored);
}

static void test_objects_of_a_call(void)
{
	const struct kl_object_type *type;
	struct scene s;
	size_t i;

	if (!open_scene(&s))
		SKIP(skip_reason);
	read_with(&s, TYPE, s.size);
	CHECK_INT(count(&s.w, TYPE, &type), s.objects);
	CHECK_INT(s.w.facts.type_counts.by_site, s.objects);
	CHECK(type && type->size == s.object);
	for (i = 0; type && i < type->size / 8; i++) {
		const char *member = kl_intern_get(s.w.facts.names, type->members[i], NULL);

		if (!strcmp(member, "s_maxbytes"))
			CHECK_INT(type->words[i], 0);
		if (!strcmp(member, "s_root"))
			CHECK_INT(type->words[i], 1);
		if (i * 8 >= s.size) /* the rest of the bucket is nobody's */
			CHECK_INT(type->words[i], 0);
	}
	close_world(&s.w);
}

/* What cannot be in that bucket is not believed. */
static void test_structs_that_do_not_fit(void)
{
	struct scene s;

	if (!open_scene(&s))
		SKIP(skip_reason);
	read_with(&s, TYPE, s.size + 8); /* no struct of that name has this size */
	CHECK_INT(typed(&s, TYPE), 0);
	read_with(&s, "task_struct", size_of(s.w.debug, "task_struct")); /* larger than the bucket */
	CHECK_INT(s.w.facts.type_counts.by_site, 0);
	read_with(&s, "list_head", 16); /* would have got a smaller one, as two tables
					 * of alloc_slab_obj_exts() did on the way */
	CHECK_INT(s.w.facts.type_counts.by_site, 0);
	read_with(&s, "no_such_struct", s.size);
	CHECK_INT(s.w.facts.type_counts.by_site, 0);
	close_world(&s.w);
}

/* A vmlinux made for this: its only call of kmalloc() returns to where the dump's kernel has it. */
static bool build_vmlinux(struct scene *s, struct kl_debug **ret)
{
	static const char source[] = "void *__kmalloc(unsigned long size, unsigned flags); void use(void *p);\n"
				     "struct " TYPE " { long number; void *pointer; char text[SIZE - 16]; };\n"
				     "long " CALLER "(void) { struct " TYPE " *p = __kmalloc(sizeof(*p), 0xcc0);\n"
				     "if (!p) return 0; p->number = 1; use(p); return p->number; }\n";
	_cleanup_(kl_debug_closep) struct kl_debug *object = NULL;
	_cleanup_alloc_calls_ struct kl_alloc_calls sites = {};
	FILE *f;

	make_dir("test_types_sites");
	f = fopen(in_dir("vmlinux.c"), "w");
	CHECK(f && fputs(source, f) >= 0);
	if (f)
		fclose(f);
	CHECK(sh("gcc -g -O2 -ffreestanding -fno-pic -mcmodel=kernel -falign-functions=1 -DSIZE=%u -c vmlinux.c",
		 (unsigned)s->size));
	CHECK_OK(kl_alloc_calls_init(&sites));
	CHECK_OK(kl_debug_open(in_dir("vmlinux.o"), &object));
	if (object)
		CHECK_OK(kl_alloc_calls_find(object, &sites));
	CHECK_INT(sites.list.count, 1);
	if (sites.list.count != 1)
		return false;
	CHECK(sh("ld -e 0 --unresolved-symbols=ignore-all -Ttext=%#lx -o vmlinux vmlinux.o",
		 (unsigned long)(s->pc - s->w.k->shift - sites.list.data[0].offset)));
	CHECK_OK(kl_debug_open(in_dir("vmlinux"), ret));
	return *ret;
}

/* From DWARF to objects, without a cache. Addresses of a vmlinux that does not belong to the dump mean nothing. */
static void test_without_cache(void)
{
	const struct kl_object_type *type;
	struct kl_debug *vmlinux = NULL, *real;
	struct scene s;

	if (!open_scene(&s))
		SKIP(skip_reason);
	s.w.files.cache_dir = "/dev/null";
	read_types(&s.w);
	CHECK_INT(typed(&s, TYPE), 0);
	real = s.w.debug; /* which the kernel was opened with */
	if (build_vmlinux(&s, &vmlinux)) {
		s.w.debug = vmlinux;
		read_types(&s.w);
		CHECK_INT(count(&s.w, TYPE, &type), s.objects);
		CHECK(type && !type->words[0] && type->words[1] && !type->words[2]);
		s.w.k->forced = true;
		read_types(&s.w);
		CHECK_INT(typed(&s, TYPE), 0);
	}
	s.w.debug = real;
	close_world(&s.w);
	kl_debug_close(vmlinux);
}

/* Gives the objects of the scene's stack the frames from number @from on, with @extra inside of them. */
static void nest_frames(struct scene *s, const uint64_t extra[3], size_t from)
{
	uint64_t frames[KL_STACK_MAX + 3];
	size_t n = kl_heap_frames(&s->w.heap, s->stack, frames + 3);
	uint32_t row, nested;

	memmove(frames + 3, frames + 3 + from, (n - from) * sizeof(*frames));
	memcpy(frames, extra, 3 * sizeof(*extra));
	CHECK(n - from + 3 <= KL_STACK_MAX);
	CHECK_OK(kl_heap_add_stack(&s->w.heap, frames, n - from + 3, &nested));
	for (row = 0; row < s->w.heap.rows; row++) {
		if (s->w.heap.stack[row] == s->stack || s->w.heap.stack[row] == s->nested)
			s->w.heap.stack[row] = nested;
	}
	s->nested = nested;
}

/* The allocator allocates on the way, as for new slabs' tables: that object is not what was asked for, whether the
 * inner kmalloc() has a frame of its own or is inlined. */
static void test_allocator_inside_allocator(void)
{
	uint64_t frames[KL_STACK_MAX], extra[3];
	struct scene s;

	if (!open_scene(&s))
		SKIP(skip_reason);
	kl_heap_frames(&s.w.heap, s.stack, frames);
	extra[0] = extra[1] = extra[2] = frames[0]; /* slab_post_alloc_hook(): on the way of every object */
	nest_frames(&s, extra, 0);
	read_with(&s, TYPE, s.size);
	CHECK_INT(typed(&s, TYPE), s.objects);
	extra[2] = frames[s.depth - 1]; /* kmalloc() by way of kmalloc() */
	nest_frames(&s, extra, s.depth - 1);
	read_with(&s, TYPE, s.size);
	CHECK_INT(typed(&s, TYPE), s.objects);
	extra[2] = frames[s.depth + 1]; /* no allocator */
	nest_frames(&s, extra, 0);
	read_with(&s, TYPE, s.size);
	CHECK(typed(&s, TYPE) < s.objects);
	extra[1] = frames[s.depth - 1]; /* kmalloc() */
	nest_frames(&s, extra, 0);
	read_with(&s, TYPE, s.size);
	CHECK(typed(&s, TYPE) < s.objects);
	close_world(&s.w);
}

/* The address alone is no proof: it must stand behind the allocator. */
static void test_call_that_did_not_allocate(void)
{
	struct scene s;

	if (!open_scene(&s))
		SKIP(skip_reason);
	read_with(&s, TYPE, s.size);
	CHECK_INT(typed(&s, TYPE), s.objects);
	s.pc += 1;
	read_with(&s, TYPE, s.size);
	CHECK_INT(typed(&s, TYPE), 0);
	close_world(&s.w);
}

int main(void)
{
	RUN(test_objects_of_a_call);
	RUN(test_structs_that_do_not_fit);
	RUN(test_without_cache);
	RUN(test_allocator_inside_allocator);
	RUN(test_call_that_did_not_allocate);
	return DONE();
}

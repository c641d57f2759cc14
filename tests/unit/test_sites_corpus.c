/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call sites of all slab objects of real dumps, held against the stacks that kmemleak kept of the same allocations: two
 * records that the kernel makes independently of each other. One of the first frames has to be a call in the call
 * site's very line and function, be it inlined. Lines and inlined functions are asked of elfutils (eu-addr2line), whose
 * reader of DWARF is not ours.
 */
#include "corpus.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "debug/debug.h"
#include "image/image.h"
#include "kernel/machine/open.h"
#include "kernel/sources/kmemleak.h"
#include "profiling/profiling.h"
#include "kernel/machine/symbolize.h"
#include "profiling/tag_deduce.h"
#include "util/strbuf.h"

/* The allocator, and who called it. */
#define FRAMES_MAX 8

struct world {
	char vmlinux[4200];
	struct kl_image *image;
	struct kl_debug *debug;
	struct kl_kernel *k;
	struct kl_heap heap;
	struct kl_kmemleak km;
	struct kl_profiling p;
};

/* What a stack says of a call site. */
enum evidence {
	NOTHING,
	PLACED,   /* a frame is a call in that line of that function */
	NAMED,    /* a frame lies in a module's function of that name */
	UNLOADED, /* its module is gone, and one of the frames lies where nothing is any more */
	EVIDENCE_COUNT
};

/* Objects of one stack and one call site. */
struct pair {
	uint32_t stack, tag;
	uint64_t objects;
};

struct tally {
	KL_VEC(struct pair) pairs;
	struct kl_map index; /* stack and tag -> pair */
	uint64_t slab, stored, deduced;
	uint64_t without, without_in_boot_caches;
	uint64_t by[EVIDENCE_COUNT];
};

/* What eu-addr2line said of this vmlinux, for all dumps of it. */
static struct {
	char vmlinux[4200];
	struct kl_map asked;  /* address -> 1 */
	struct kl_map places; /* hash_place() of what is there -> 1 */
} known;

static bool has_addr2line(void)
{
	if (!system("command -v eu-addr2line >/dev/null"))
		return true;
	snprintf(skip_reason, sizeof(skip_reason), "no eu-addr2line");
	return false;
}

static bool open_world(struct world *w, const char *name, const char *dump)
{
	char folder[4096], vmcore[4200];
	const char *path = vmcore;
	struct kl_image_options options = {.paths = &path, .n_paths = 1};

	*w = (struct world){};
	if (!has_addr2line() || !find_folder(name, folder, sizeof(folder)))
		return false;
	snprintf(vmcore, sizeof(vmcore), "%s/%s.vmcore", folder, dump);
	snprintf(w->vmlinux, sizeof(w->vmlinux), "%s/vmlinux", folder);
	CHECK_OK(kl_image_open(&options, &w->image));
	CHECK_OK(kl_debug_open(w->vmlinux, &w->debug));
	if (w->image && w->debug)
		CHECK_OK(kl_kernel_open(w->image, w->debug, NULL, false, &w->k));
	if (!w->k)
		return true;
	CHECK_OK(kl_heap_init(&w->heap));
	CHECK_OK(kl_kmemleak_read(w->k, NULL, &w->heap, &w->km));
	CHECK_OK(kl_profiling_read(w->k, &w->p));
	CHECK_OK(kl_profiling_tag_objects(&w->p, NULL, &w->heap, NULL));
	CHECK_OK(kl_tags_deduce(w->k, &w->p.tags, &w->heap, NULL));
	return true;
}

static void close_world(struct world *w)
{
	if (w->k)
		kl_profiling_deinit(&w->p);
	kl_heap_deinit(&w->heap);
	kl_kernel_destroy(w->k);
	kl_debug_close(w->debug);
	kl_image_destroy(w->image);
}

static const struct kl_alloc_tag *tag_of(const struct world *w, uint32_t tag)
{
	return &w->p.tags.list.data[tag];
}

static const char *function_of(const struct world *w, uint32_t tag)
{
	return kl_alloc_tags_string(&w->p.tags, tag_of(w, tag)->function);
}

static size_t first_frames(const struct world *w, uint32_t stack, uint64_t frames[KL_STACK_MAX])
{
	size_t n = kl_heap_frames(&w->heap, stack, frames);

	return n < FRAMES_MAX ? n : FRAMES_MAX;
}

/* ---- gathering ---- */

static void add_object(struct tally *t, const struct kl_heap *heap, uint32_t row)
{
	struct pair fresh = {.stack = heap->stack[row], .tag = heap->tag[row] - 1};
	uint64_t key = (uint64_t)fresh.stack << 32 | fresh.tag, index;

	if (heap->flags[row] & KL_OBJECT_TAG_DEDUCED)
		t->deduced++;
	else
		t->stored++;
	if (!kl_map_get(&t->index, key, &index)) {
		index = t->pairs.count;
		CHECK(kl_map_put(&t->index, key, index) && kl_vec_push(&t->pairs, fresh));
	}
	t->pairs.data[index].objects++;
}

static bool is_boot_cache(const struct kl_slab *slab)
{
	return !slab->tags &&
	       (!strcmp(slab->cache->name, "kmem_cache") || !strcmp(slab->cache->name, "kmem_cache_node"));
}

static void gather(struct world *w, struct tally *t)
{
	const struct kl_heap *heap = &w->heap;
	struct kl_slab slab;

	for (uint32_t row = 0; row < heap->rows; row++) {
		if (heap->class_[row] != KLEAK_CLASS_VIRTUAL || !kl_slab_at(w->p.caches, heap->address[row], &slab))
			continue;
		t->slab++;
		if (heap->tag[row]) {
			add_object(t, heap, row);
			continue;
		}
		t->without++;
		t->without_in_boot_caches += is_boot_cache(&slab);
	}
}

/* ---- what the frames are ---- */

static uint64_t hash_place(uint64_t address, const char *function, unsigned int line)
{
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, &address, sizeof(address));

	/* "copy_process.cold", "dup_task_struct inlined at ..." */
	hash = kl_hash_bytes(hash, function, strcspn(function, ". \n"));
	return kl_hash_bytes(hash, &line, sizeof(line));
}

/* Frames are return addresses: the call is before them. */
static uint64_t call_of(const struct world *w, uint64_t frame)
{
	return frame - w->k->shift - 1;
}

static void know(const char *vmlinux)
{
	if (!strcmp(known.vmlinux, vmlinux))
		return;
	kl_map_deinit(&known.asked);
	kl_map_deinit(&known.places);
	snprintf(known.vmlinux, sizeof(known.vmlinux), "%s", vmlinux);
}

static FILE *ask(const struct world *w, const struct tally *t, char path[])
{
	uint64_t frames[KL_STACK_MAX];
	const struct pair *p;
	char command[9000];
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		return NULL;
	kl_vec_for_each (p, &t->pairs) {
		size_t n = first_frames(w, p->stack, frames);

		for (size_t i = 0; i < n; i++) {
			uint64_t address = call_of(w, frames[i]), one;

			if (kl_map_get(&known.asked, address, &one))
				continue;
			CHECK(kl_map_put(&known.asked, address, 1));
			fprintf(f, "%#" PRIx64 "\n", address);
		}
	}
	fclose(f);
	snprintf(command, sizeof(command), "eu-addr2line -a -i -f -e '%s' <'%s'", w->vmlinux, path);
	return popen(command, "r");
}

/* The answers: an address, then per level of inlining a line with the function and one with "file:line:column". */
static void find_places(const struct world *w, const struct tally *t)
{
	char path[] = "/tmp/kleak-test-sites-XXXXXX", text[8192], function[8192] = "";
	uint64_t address = 0;
	FILE *f;

	know(w->vmlinux);
	f = ask(w, t, path);
	while (f && fgets(text, sizeof(text), f)) {
		const char *colon = strchr(text, ':');

		if (!strncmp(text, "0x", 2))
			address = strtoull(text, NULL, 16);
		else if (text[0] != '/' && text[0] != '?')
			memcpy(function, text, sizeof(function));
		else if (colon)
			CHECK(kl_map_put(&known.places,
					 hash_place(address, function, (unsigned int)strtoul(colon + 1, NULL, 10)), 1));
	}
	/* its exit status tells that frames of modules are unknown to it */
	CHECK(f && pclose(f) >= 0 && known.places.count > 1000);
	unlink(path);
}

/* ---- judging ---- */

static enum evidence judge_pair(const struct world *w, const struct pair *p)
{
	const struct kl_alloc_tag *tag = tag_of(w, p->tag);
	const char *function = function_of(w, p->tag);
	uint64_t frames[KL_STACK_MAX], one;
	size_t n = first_frames(w, p->stack, frames);
	enum evidence ret = NOTHING;

	for (size_t i = 0; i < n; i++) {
		struct kl_symbol_place place;
		bool found = false;

		if (kl_map_get(&known.places, hash_place(call_of(w, frames[i]), function, tag->line), &one))
			return PLACED;
		CHECK_OK(kl_symbol_find(w->k, frames[i], &place, &found));
		if (found && place.module[0] && !strcmp(place.symbol.name, function))
			return NAMED;
		if (!found && tag->flags & KL_TAG_UNLOADED)
			ret = UNLOADED;
	}
	return ret;
}

static void show(const struct world *w, const struct pair *p)
{
	const struct kl_alloc_tag *tag = tag_of(w, p->tag);
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	uint64_t frames[KL_STACK_MAX];
	size_t n = first_frames(w, p->stack, frames);

	for (size_t i = 0; i < n; i++) {
		kl_strbuf_putc(&sb, ' ');
		CHECK_OK(kl_symbolize(w->k, frames[i], &sb));
	}
	FAIL_("%" PRIu64 " objects of %s:%u %s, but their stack is:%s", p->objects,
	      kl_alloc_tags_string(&w->p.tags, tag->file), tag->line, function_of(w, p->tag), kl_strbuf_string(&sb));
}

static void judge(const struct world *w, struct tally *t)
{
	const struct pair *p;

	find_places(w, t);
	kl_vec_for_each (p, &t->pairs) {
		enum evidence e = judge_pair(w, p);

		t->by[e] += p->objects;
		if (e == NOTHING && t->by[e] == p->objects)
			show(w, p); /* the first one */
	}
}

/* @unloaded: objects of a module that was removed. */
static void check_dump(const char *name, const char *dump, uint64_t unloaded)
{
	struct tally t = {};
	struct world w;

	if (!open_world(&w, name, dump))
		SKIP(skip_reason);
	if (w.k) {
		gather(&w, &t);
		judge(&w, &t);
	}
	printf("# %s/%s: of %" PRIu64 " slab objects %" PRIu64 " have a call site, %" PRIu64 " a deduced one, %" PRIu64
	       " none; %" PRIu64 " placed, %" PRIu64 " named, %" PRIu64 " unloaded\n",
	       name, dump, t.slab, t.stored, t.deduced, t.without, t.by[PLACED], t.by[NAMED], t.by[UNLOADED]);
	CHECK(t.slab > 15000);
	CHECK(t.stored * 100 >= t.slab * 97);
	CHECK((t.stored + t.deduced) * 100 >= t.slab * 99);
	CHECK_INT(t.without_in_boot_caches, t.without);
	CHECK_INT(t.by[NOTHING], 0);
	CHECK(t.by[NAMED] <= 25); /* of the module */
	CHECK_INT(t.by[UNLOADED], unloaded);
	kl_vec_deinit(&t.pairs);
	kl_map_deinit(&t.index);
	close_world(&w);
}

static void test_6_12(void)
{
	check_dump("x86_64-6.12", "A", 0);
}

static void test_6_12_after_unloading(void)
{
	check_dump("x86_64-6.12", "B", 25);
}

static void test_7_3(void)
{
	check_dump("x86_64-7.3", "A", 0);
}

static void test_7_3_after_unloading(void)
{
	check_dump("x86_64-7.3", "B", 25);
}

static void test_7_3_aarch64_after_unloading(void)
{
	check_dump("aarch64-7.3", "B", 25);
}

/* What a module left behind has in B, where its names are gone, the call sites that it had in A, where they were judged
 * by name: the same objects, the same tags. */
static void check_unloaded(const char *name)
{
	struct world a, b;
	uint64_t same = 0;

	if (!open_world(&a, name, "A") || !open_world(&b, name, "B"))
		SKIP(skip_reason);
	for (size_t row = 0; b.k && row < b.heap.rows; row++) {
		const struct kl_heap *heap = &b.heap;
		uint32_t before;

		if (heap->class_[row] != KLEAK_CLASS_VIRTUAL || !heap->tag[row] ||
		    !(tag_of(&b, heap->tag[row] - 1)->flags & KL_TAG_UNLOADED))
			continue;
		before = kl_index_find(&a.heap.index[KLEAK_CLASS_VIRTUAL], heap->address[row]);
		CHECK(before != KL_NO_OBJECT && a.heap.jiffies[before] == heap->jiffies[row] && a.heap.tag[before]);
		if (before == KL_NO_OBJECT || !a.heap.tag[before])
			continue;
		CHECK_STR(function_of(&a, a.heap.tag[before] - 1), "kmemleak_test_init");
		CHECK(tag_of(&a, a.heap.tag[before] - 1)->address == tag_of(&b, heap->tag[row] - 1)->address);
		same++;
	}
	CHECK(same >= 25);
	close_world(&a);
	close_world(&b);
}

static void test_objects_of_an_unloaded_module(void)
{
	check_unloaded("x86_64-6.12");
	check_unloaded("x86_64-7.3");
}

int main(void)
{
	RUN(test_6_12);
	RUN(test_6_12_after_unloading);
	RUN(test_7_3);
	RUN(test_7_3_after_unloading);
	RUN(test_7_3_aarch64_after_unloading);
	RUN(test_objects_of_an_unloaded_module);
	know("");
	return DONE();
}

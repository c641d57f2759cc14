/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call sites told by the stacks of other objects. */
#include "test.h"

#include "profiling/tag_deduce.h"
#include "profiling/alloc_tag_reader.h"
#include "test_alloc_world.h"

/* The kernel's symbols, one letter per token. */
enum {
	NUM_SYMS = 0x60000,
	NAMES = 0x60100,
	TOKENS = 0x61000,
	TOKEN_INDEX = 0x62000,
	ADDRESSES = 0x63000,
	TEXT = 0x70000, /* one function every 0x100 */
	TEXT_END = 0x70500,
};

static const char *const functions[] = {"_stext", "kmalloc", "function.isra.0", "functionary", "outer"};
enum { KMALLOC = TEXT + 0x110, FUNCTION = TEXT + 0x210, FUNCTIONARY = TEXT + 0x310, OUTER = TEXT + 0x410 };

static void put_symbols(struct kl_kernel *k)
{
	struct kl_layouts *l = &k->layouts;
	size_t names = NAMES, i;

	l->symbols.kallsyms_num_syms = variable(NUM_SYMS, 4);
	l->symbols.kallsyms_names = variable(NAMES, 0);
	l->symbols.kallsyms_token_table = variable(TOKENS, 0);
	l->symbols.kallsyms_token_index = variable(TOKEN_INDEX, 0);
	l->symbols.kallsyms_addresses = variable(ADDRESSES, 0);
	l->symbols._stext = variable(TEXT, 0);
	l->symbols._etext = variable(TEXT_END, 0);
	l->symbols._end = variable(TEXT_END, 0);
	for (i = 0; i < 256; i++) {
		uint8_t letter = (uint8_t)i;

		put(k, TOKENS + 2 * i, &letter, 1);
		put_u16(k, TOKEN_INDEX + 2 * i, (uint16_t)(2 * i));
	}
	put_u32(k, NUM_SYMS, 5);
	for (i = 0; i < 5; i++) {
		uint8_t length = (uint8_t)(strlen(functions[i]) + 1);

		put(k, names, &length, 1);
		put(k, names + 1, "T", 1);
		put(k, names + 2, functions[i], strlen(functions[i]));
		names += 1 + length;
		put_u64(k, ADDRESSES + 8 * i, at(TEXT + 0x100 * i));
	}
}

struct deduction {
	struct kl_kernel *k;
	struct kl_percpu_chunks chunks;
	struct kl_alloc_tags tags;
	struct kl_heap heap;
	uint64_t deduced;
};

static void begin(struct deduction *d)
{
	*d = (struct deduction){.k = world()};
	put_symbols(d->k);
	CHECK_OK(kl_alloc_tags_read(d->k, &d->chunks, &d->tags));
	CHECK_OK(kl_heap_init(&d->heap));
}

/* A row with these frames (0 ends them) and tag @tag (0: none); its number. */
static size_t row(struct deduction *d, uint32_t tag, size_t a, size_t b, size_t c)
{
	size_t offsets[] = {a, b, c}, n = 0;
	struct kl_object object = {.tag = tag};
	uint64_t frames[3];

	for (; n < 3 && offsets[n]; n++)
		frames[n] = at(offsets[n]);
	CHECK_OK(kl_heap_add_stack(&d->heap, frames, n, &object.stack));
	CHECK_OK(kl_heap_add(&d->heap, &object));
	return d->heap.rows - 1;
}

static void deduce(struct deduction *d)
{
	CHECK_OK(kl_tags_deduce(d->k, &d->tags, &d->heap, &d->deduced));
}

static void end(struct deduction *d)
{
	kl_heap_deinit(&d->heap);
	kl_alloc_tags_deinit(&d->tags);
	fake_destroy(d->k);
}

static void test_the_same_call_has_the_same_call_site(void)
{
	struct deduction d;
	size_t same, tagged;

	begin(&d);
	tagged = row(&d, 3, KMALLOC, FUNCTION, OUTER);
	same = row(&d, 0, KMALLOC, FUNCTION, 0);
	deduce(&d);
	CHECK_INT(d.deduced, 1);
	CHECK_INT(d.heap.tag[same], 3);
	CHECK_INT(d.heap.flags[same], KL_OBJECT_TAG_DEDUCED);
	CHECK_INT(d.heap.flags[tagged], 0);
	end(&d);
}

static void test_another_place_in_the_function_is_another_call(void)
{
	struct deduction d;
	size_t other;

	begin(&d);
	row(&d, 3, KMALLOC, FUNCTION, OUTER);
	other = row(&d, 0, KMALLOC, FUNCTION + 8, OUTER);
	deduce(&d);
	CHECK_INT(d.heap.tag[other], 0);
	end(&d);
}

/* The allocator alone says nothing, even when all that came through it had one tag. */
static void test_the_function_must_be_in_the_common_part(void)
{
	struct deduction d;
	size_t other, longer;

	begin(&d);
	row(&d, 3, KMALLOC, FUNCTION, 0);
	other = row(&d, 0, KMALLOC, OUTER, 0);
	row(&d, 2, KMALLOC, FUNCTIONARY, OUTER);
	longer = row(&d, 0, KMALLOC, FUNCTIONARY, OUTER); /* "functionary" is not "function" */
	deduce(&d);
	CHECK_INT(d.heap.tag[other], 0);
	CHECK_INT(d.heap.tag[longer], 0);
	end(&d);
}

/* Two call sites behind one call: an inlined function, say. Only a longer common part can tell them apart. */
static void test_frames_with_several_tags_say_nothing(void)
{
	struct deduction d;
	size_t either, known;

	begin(&d);
	row(&d, 3, KMALLOC, FUNCTION, OUTER);
	row(&d, 2, KMALLOC, FUNCTION, FUNCTIONARY);
	either = row(&d, 0, KMALLOC, FUNCTION, OUTER + 8);
	known = row(&d, 0, KMALLOC, FUNCTION, FUNCTIONARY);
	deduce(&d);
	CHECK_INT(d.heap.tag[either], 0);
	CHECK_INT(d.heap.tag[known], 2);
	CHECK_INT(d.deduced, 1);
	end(&d);
}

static void test_objects_without_a_stack_stay_as_they_are(void)
{
	struct deduction d;
	size_t none;

	begin(&d);
	row(&d, 3, KMALLOC, FUNCTION, 0);
	row(&d, 2, 0, 0, 0);
	none = row(&d, 0, 0, 0, 0);
	deduce(&d);
	CHECK_INT(d.heap.tag[none], 0);
	CHECK_INT(d.deduced, 0);
	end(&d);
}

int main(void)
{
	RUN(test_the_same_call_has_the_same_call_site);
	RUN(test_another_place_in_the_function_is_another_call);
	RUN(test_the_function_must_be_in_the_common_part);
	RUN(test_frames_with_several_tags_say_nothing);
	RUN(test_objects_without_a_stack_stay_as_they_are);
	return DONE();
}

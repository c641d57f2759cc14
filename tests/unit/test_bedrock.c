/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Markings and walks that start at the bedrock have the result of those that start at the roots, on random heaps under
 * random settings. */
#include "test.h"

#include "mark/precise.h"

#define ROWS 300
#define NODES (ROWS + 2) /* and a root, and the words */
#define REFERENCES 900
#define HEAPS 200

static struct kl_heap heap;
static struct kl_references refs;
static struct kl_checksums checksums;
static struct kl_replay_rules rules;
static struct kl_address_space space;
static struct kl_mark_input input = {.heap = &heap, .rules = &rules, .space = &space};

static uint32_t random_number(uint32_t below)
{
	static uint64_t state = 7;

	state = state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(state >> 33) % below;
}

static uint16_t random_traits(unsigned one_of)
{
	return random_number(one_of) ? 0 : (uint16_t)(1U << random_number(KL_TRAIT_COUNT));
}

static void make_objects(void)
{
	static const int32_t needed[] = {-1, 0, 1, 1, 1, 1, 1, 2, 3, 300};
	uint32_t row;

	kl_heap_deinit(&heap);
	CHECK_OK(kl_heap_init(&heap));
	for (row = 0; row < ROWS; row++) {
		struct kl_object object = {.address = 0xffff888000000000 + row * 64,
					   .size = 64,
					   .min_count = needed[random_number(10)],
					   .flags =
						   KL_OBJECT_ALLOCATED | (random_number(10) ? 0 : KL_OBJECT_UNCOUNTED)};

		CHECK_OK(kl_heap_add(&heap, &object));
	}
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
}

/* From random nodes to random objects, in the order of their places. */
static void make_references(bool many_needed)
{
	uint32_t i, node = 0;

	kl_references_deinit(&refs);
	refs = (struct kl_references){.objects = ROWS, .roots = 1, .nodes = NODES};
	refs.begin = calloc(NODES, sizeof(*refs.begin));
	refs.end = calloc(NODES, sizeof(*refs.end));
	refs.missing = calloc(NODES, sizeof(*refs.missing));
	for (i = 0; i < REFERENCES; i++) {
		struct kl_reference ref = {.to = random_number(ROWS), .traits = random_traits(3)};

		if (heap.min_count[ref.to] == 300 && !many_needed)
			heap.min_count[ref.to] = 1;
		ref.grade = (uint8_t)random_number(5);
		while (node < NODES - 1 && random_number(REFERENCES) < NODES) {
			refs.begin[++node] = i;
			refs.end[node] = i;
		}
		CHECK(kl_vec_push(&refs.list, ref));
		refs.end[node] = i + 1;
		refs.missing[node] = random_number(2);
		refs.missing_bytes += refs.missing[node];
	}
}

static struct kl_precise_settings random_settings(void)
{
	return (struct kl_precise_settings){
		.disregard = (uint16_t)(random_number(0x10000) & ~KL_TRAIT_INTEGER),
		.types = random_number(2),
		.siblings = true,
		.percpu = random_number(2),
	};
}

/* The references, as they were before a bedrock was laid. Borrows all. */
static struct kl_references without_bedrock(void)
{
	struct kl_references bare = refs;

	memset(bare.bedrock, 0, sizeof(bare.bedrock));
	return bare;
}

static void compare_markings(const struct kl_precise_settings *settings)
{
	struct kl_references bare = without_bedrock();
	struct kl_mark fast = {}, slow = {};

	CHECK_OK(kl_precise_run(&input, &bare, settings, &checksums, &slow));
	CHECK_OK(kl_precise_run(&input, &refs, settings, &checksums, &fast));
	CHECK(!memcmp(fast.colour, slow.colour, ROWS));
	CHECK(!memcmp(fast.weak, slow.weak, ROWS));
	CHECK(!memcmp(fast.incomplete, slow.incomplete, ROWS));
	CHECK(!memcmp(fast.count, slow.count, ROWS * sizeof(*fast.count)));
	CHECK_INT(fast.stats.missing_bytes, slow.stats.missing_bytes);
	kl_mark_deinit(&fast);
	kl_mark_deinit(&slow);
}

/* Within limits as siblings.h sets them: some thin references, and what is reached by thin ones only. */
static void compare_walks(const struct kl_precise_settings *settings)
{
	struct kl_references bare = without_bedrock();
	uint8_t stray[REFERENCES] = {}, thin[REFERENCES] = {}, held[ROWS] = {}, *regular, *fast, *slow;
	struct kl_reach_limits limits = {.references = thin};
	uint32_t i;

	for (i = 0; i < REFERENCES; i++) {
		thin[i] = kl_reference_is_thin(&refs.list.data[i]);
		stray[i] = thin[i] && random_number(2);
	}
	CHECK_OK(kl_precise_reach(&input, &bare, settings, &limits, &regular));
	for (i = 0; i < ROWS; i++) {
		regular[i] = !regular[i] && random_number(2);
		held[i] = !random_number(20);
	}
	limits = (struct kl_reach_limits){.references = stray, .objects = regular, .held = held};
	CHECK_OK(kl_precise_reach(&input, &bare, settings, &limits, &slow));
	CHECK_OK(kl_precise_reach(&input, &refs, settings, &limits, &fast));
	CHECK(!memcmp(fast, slow, ROWS));
	free(regular);
	free(fast);
	free(slow);
}

static void compare_random_heaps(bool many_needed)
{
	int i, j;

	for (i = 0; i < HEAPS; i++) {
		make_objects();
		make_references(many_needed);
		CHECK_OK(kl_checksums_init(&checksums, &heap));
		for (j = 0; j < 8; j++) {
			struct kl_precise_settings settings = random_settings();

			CHECK_OK(kl_precise_lay_bedrock(&input, &settings, &refs));
			compare_markings(&settings);
			compare_walks(&settings);
		}
		kl_checksums_deinit(&checksums);
	}
}

static void test_same_as_from_the_roots(void)
{
	compare_random_heaps(false);
	CHECK(refs.bedrock[0][0][1] || refs.bedrock[0][1][1]);
}

/* More references than a byte counts: there is no bedrock then. */
static void test_objects_that_need_many(void)
{
	compare_random_heaps(true);
}

int main(void)
{
	RUN(test_same_as_from_the_roots);
	RUN(test_objects_that_need_many);
	kl_references_deinit(&refs);
	kl_heap_deinit(&heap);
	return DONE();
}

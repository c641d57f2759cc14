/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "verdict/agreement.h"

#define ROWS 6

static struct kl_heap heap;
static struct kl_mark mark;
static struct kl_agreement agreement;
static const struct kl_agreement_params params = {.last_scan = 1000, .has_checksums = true, .initial_checksum = ~0U};

/* ROWS objects that need one reference and are white in both scans. */
static void begin(void)
{
	size_t i;

	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	CHECK_OK(kl_heap_init(&heap));
	for (i = 0; i < ROWS; i++) {
		struct kl_object object = {
			.address = 0xffff888000000000 + i * 64, .size = 64, .min_count = 1, .checksum = 7};

		CHECK_OK(kl_heap_add(&heap, &object));
	}
	mark.colour = calloc(ROWS, 1);
	mark.checksum_state = calloc(ROWS, 1);
}

static void make(size_t agreed, size_t disagreed)
{
	kl_vec_deinit(&agreement.list);
	CHECK_OK(kl_agreement_make(&heap, &mark, &params, &agreement));
	CHECK_INT(agreement.agreed, agreed);
	CHECK_INT(agreement.list.count, disagreed);
	CHECK_INT(agreement.compared, agreed + disagreed);
}

#define CHECK_REASON(text) CHECK(agreement.list.count == 1 && strstr(agreement.list.data[0].reason, text))

static void test_same_colours_agree(void)
{
	begin();
	heap.count[1] = 1;
	mark.colour[1] = KL_GREY;
	heap.min_count[2] = -1;
	mark.colour[2] = KL_BLACK;
	make(ROWS, 0);
}

static void test_newer_objects_are_not_compared(void)
{
	begin();
	mark.colour[0] = KL_GREY;
	heap.jiffies[0] = 1001;
	make(ROWS - 1, 0);
	heap.jiffies[0] = 1000;
	make(ROWS - 1, 1);
}

static void test_lost_reference(void)
{
	begin();
	heap.count[3] = 1;
	heap.checksum[3] = params.initial_checksum;
	make(ROWS - 1, 1);
	CHECK_INT(agreement.list.data[0].row, 3);
	CHECK_INT(agreement.list.data[0].stored, KL_GREY);
	CHECK_INT(agreement.list.data[0].ours, KL_WHITE);
	CHECK_REASON("gone");
	mark.stats.missing_bytes = 1;
	make(ROWS - 1, 1);
	CHECK_REASON("missing from the dump");
}

static void test_grey_because_modified_then(void)
{
	begin();
	heap.count[3] = 1;
	mark.checksum_state[3] = KL_CHECKSUM_UNMODIFIED;
	make(ROWS - 1, 1);
	CHECK_REASON("content had changed before");
}

static void test_new_reference(void)
{
	begin();
	mark.colour[3] = KL_GREY;
	make(ROWS - 1, 1);
	CHECK_REASON("referenced now");
	mark.checksum_state[3] = KL_CHECKSUM_MODIFIED;
	make(ROWS - 1, 1);
	CHECK_REASON("content changed since");
}

static void test_painted(void)
{
	begin();
	mark.colour[3] = KL_BLACK;
	make(ROWS - 1, 1);
	CHECK_REASON("lowmem");
}

int main(void)
{
	RUN(test_same_colours_agree);
	RUN(test_newer_objects_are_not_compared);
	RUN(test_lost_reference);
	RUN(test_grey_because_modified_then);
	RUN(test_new_reference);
	RUN(test_painted);
	kl_vec_deinit(&agreement.list);
	kl_heap_deinit(&heap);
	kl_mark_deinit(&mark);
	return DONE();
}

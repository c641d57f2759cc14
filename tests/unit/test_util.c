/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include <errno.h>

#include "util/bytes.h"
#include "util/intern.h"
#include "util/map.h"
#include "util/search.h"
#include "util/strbuf.h"
#include "util/vec.h"

static void test_error_gains_context(void)
{
	struct kl_error *err = kl_error_create(KL_ERROR_CORRUPT, "bad %s", "data");

	err = kl_error_prepend(err, "page frame %#x", 0x1f3);
	CHECK_STR(kl_error_message(err), "page frame 0x1f3: bad data");
	CHECK_INT(kl_error_code(err), KL_ERROR_CORRUPT);
	kl_error_destroy(err);
	CHECK(!kl_error_prepend(NULL, "nothing"));
}

static void test_error_from_errno(void)
{
	_cleanup_error_ struct kl_error *err = kl_error_from_errno(ENOENT, "%s", "/x");

	CHECK_STR(kl_error_message(err), "/x: No such file or directory");
	CHECK_INT(kl_error_code(err), KL_ERROR_IO);
}

static void test_strbuf_grows(void)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	int i;

	CHECK_STR(kl_strbuf_string(&sb), "");
	for (i = 0; i < 1000; i++)
		kl_strbuf_printf(&sb, "%d,", i % 10);
	CHECK_INT(sb.length, 2000);
	CHECK_INT(strlen(kl_strbuf_string(&sb)), 2000);
}

static void test_vec_keeps_values(void)
{
	KL_VEC(uint32_t) v = {};
	uint32_t i, *it, sum = 0;

	for (i = 0; i < 1000; i++)
		CHECK(kl_vec_push(&v, i));
	kl_vec_for_each (it, &v)
		sum += *it;
	CHECK_INT(sum, 499500);
	CHECK(!kl_vec_reserve(&v, SIZE_MAX / 2));
	kl_vec_deinit(&v);
}

static void test_map_finds_what_was_put(void)
{
	_cleanup_map_ struct kl_map m = {};
	uint64_t i, value;

	for (i = 0; i < 10000; i++)
		CHECK(kl_map_put(&m, i * 4096, i));
	CHECK(kl_map_put(&m, 0, 7));
	for (i = 1; i < 10000; i++)
		CHECK(kl_map_get(&m, i * 4096, &value) && value == i);
	CHECK(kl_map_get(&m, 0, &value) && value == 7);
	CHECK(!kl_map_get(&m, 1, &value));
	CHECK_INT(m.count, 10000);
}

static void test_intern_stores_once(void)
{
	_cleanup_(kl_intern_destroyp) struct kl_intern *in = NULL;
	uint32_t a, b, c, empty;
	size_t length;

	CHECK_OK(kl_intern_create(&in));
	CHECK_OK(kl_intern_add(in, "swapper\0x", 9, &a));
	CHECK_OK(kl_intern_add(in, "swapper", 7, &b));
	CHECK_OK(kl_intern_add(in, "swapper\0x", 9, &c));
	CHECK_OK(kl_intern_add(in, "", 0, &empty));
	CHECK_INT(a, c);
	CHECK(a != b);
	CHECK_INT(empty, 0);
	CHECK_INT(kl_intern_count(in), 3);
	CHECK(!memcmp(kl_intern_get(in, a, &length), "swapper\0x", 10));
	CHECK_INT(length, 9);
	CHECK(!kl_intern_get(in, 99, NULL));
}

static void test_bytes_are_little_endian(void)
{
	const uint8_t raw[] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8};

	CHECK_INT(kl_get_u16(raw + 1), 0x0201);
	CHECK_INT(kl_get_u32(raw + 1), 0x04030201);
	CHECK_INT(kl_get_u64(raw + 1), 0x0807060504030201);
	CHECK_INT(kl_get_uint(raw, 1), 0xff);
	CHECK_INT(kl_get_uint(raw, 3), 0);
}

/* Against a plain walk, for every border of sorted numbers with duplicates; an empty array included. */
static void test_search_prefix(void)
{
	static const int numbers[] = {1, 3, 3, 3, 7, 9};
	size_t count, walked;
	int border;

	for (count = 0; count <= sizeof(numbers) / sizeof(numbers[0]); count++) {
		for (border = 0; border <= 10; border++) {
			for (walked = 0; walked < count && numbers[walked] < border;)
				walked++;
			CHECK_INT(kl_search_prefix(numbers, count, n, *n < border), walked);
		}
	}
}

static void test_search_range(void)
{
	static const struct {
		uint64_t start, end;
	} ranges[] = {{10, 20}, {20, 21}, {30, 30}, {40, UINT64_MAX}};

	CHECK(!kl_search_range(ranges, 0, 15));
	CHECK(!kl_search_range(ranges, 4, 9));
	CHECK(kl_search_range(ranges, 4, 10) == &ranges[0]);
	CHECK(kl_search_range(ranges, 4, 19) == &ranges[0]);
	CHECK(kl_search_range(ranges, 4, 20) == &ranges[1]);
	CHECK(!kl_search_range(ranges, 4, 21));
	CHECK(!kl_search_range(ranges, 4, 30));
	CHECK(kl_search_range(ranges, 4, 40) == &ranges[3]);
	CHECK(!kl_search_range(ranges, 3, 40));
	CHECK(kl_search_range(ranges, 4, UINT64_MAX - 1) == &ranges[3]);
	CHECK(!kl_search_range(ranges, 4, UINT64_MAX));
}

int main(void)
{
	RUN(test_error_gains_context);
	RUN(test_error_from_errno);
	RUN(test_strbuf_grows);
	RUN(test_vec_keeps_values);
	RUN(test_map_finds_what_was_put);
	RUN(test_intern_stores_once);
	RUN(test_bytes_are_little_endian);
	RUN(test_search_prefix);
	RUN(test_search_range);
	return DONE();
}

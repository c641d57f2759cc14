/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test.h: the whole unit test harness. Each tests/unit/test_<module>.c is one program that prints TAP.
 *
 *	static void test_grows(void) { CHECK(x == 3); CHECK_STR(name, "foo"); CHECK_OK(kl_thing_open(...)); }
 *	int main(void) { RUN(test_grows); return DONE(); }
 *
 * One RUN is one test case; a failed CHECK prints where and fails the case it is in.
 */
#ifndef KL_TESTS_TEST_H
#define KL_TESTS_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/error.h"

static int test_count_, test_failed_;
static bool case_failed_;
static const char *case_skip_;

#define FAIL_(...)                                       \
	do {                                             \
		case_failed_ = true;                     \
		printf("# %s:%d: ", __FILE__, __LINE__); \
		printf(__VA_ARGS__);                     \
		printf("\n");                            \
	} while (0)

#define CHECK(condition)                                  \
	do {                                              \
		if (!(condition))                         \
			FAIL_("%s is false", #condition); \
	} while (0)

#define CHECK_INT(a, b)                                                                                        \
	do {                                                                                                   \
		int64_t a_ = (int64_t)(a), b_ = (int64_t)(b);                                                  \
		if (a_ != b_)                                                                                  \
			FAIL_("%s is %" PRId64 " (%#" PRIx64 "), expected %" PRId64 " (%#" PRIx64 ")", #a, a_, \
			      (uint64_t)a_, b_, (uint64_t)b_);                                                 \
	} while (0)

#define CHECK_STR(a, b)                                                                                     \
	do {                                                                                                \
		const char *a_ = (a), *b_ = (b);                                                            \
		if (!a_ || !b_ || strcmp(a_, b_))                                                           \
			FAIL_("%s is \"%s\", expected \"%s\"", #a, a_ ? a_ : "(null)", b_ ? b_ : "(null)"); \
	} while (0)

/* The call succeeds. */
#define CHECK_OK(call)                                                         \
	do {                                                                   \
		struct kl_error *err_ = (call);                                \
		if (err_)                                                      \
			FAIL_("%s failed: %s", #call, kl_error_message(err_)); \
		kl_error_destroy(err_);                                        \
	} while (0)

/* The call fails with this code. */
#define CHECK_ERROR(call, wanted)                                                                              \
	do {                                                                                                   \
		struct kl_error *err_ = (call);                                                                \
		if (!err_)                                                                                     \
			FAIL_("%s succeeded", #call);                                                          \
		else if (kl_error_code(err_) != (wanted))                                                      \
			FAIL_("%s failed with code %d, expected %d: %s", #call, kl_error_code(err_), (wanted), \
			      kl_error_message(err_));                                                         \
		kl_error_destroy(err_);                                                                        \
	} while (0)

/* Leaves the case and counts it as skipped, never as passed. */
#define SKIP(reason)                   \
	do {                           \
		case_skip_ = (reason); \
		return;                \
	} while (0)

#define RUN(test)                                                                                \
	do {                                                                                     \
		case_failed_ = false;                                                            \
		case_skip_ = NULL;                                                               \
		test();                                                                          \
		test_failed_ += case_failed_;                                                    \
		printf("%s %d - %s%s%s\n", case_failed_ ? "not ok" : "ok", ++test_count_, #test, \
		       case_skip_ ? " # SKIP " : "", case_skip_ ? case_skip_ : "");              \
		fflush(stdout);                                                                  \
	} while (0)

#define DONE() (printf("1..%d\n", test_count_), test_failed_ ? 1 : 0)

#endif

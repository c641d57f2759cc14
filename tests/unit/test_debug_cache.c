/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout cache: what comes back is what went in, and anything odd is a miss. */
#include "test.h"

#include <stddef.h>
#include <sys/stat.h>

#include "debug/layout_cache.h"
#include "test_debug/build.h"

#define ID "0123456789abcdef0123456789abcdef01234567"

struct answers {
	struct kl_type type;
	struct kl_member member, bits, absent;
	struct kl_enumerator enumerator;
	struct kl_variable variable, symbol;
};

static const struct kl_request requests[] = {
	{KL_REQUEST_TYPE, "a.c", NULL, "shape", true, offsetof(struct answers, type)},
	{KL_REQUEST_MEMBER, "a.c", "shape", "x|y", false, offsetof(struct answers, member)},
	{KL_REQUEST_MEMBER, NULL, "shape", "bits", false, offsetof(struct answers, bits)},
	{KL_REQUEST_MEMBER, NULL, "shape", "absent", false, offsetof(struct answers, absent)},
	{KL_REQUEST_ENUMERATOR, NULL, NULL, "BLUE", false, offsetof(struct answers, enumerator)},
	{KL_REQUEST_VARIABLE, "a.c", NULL, "list", false, offsetof(struct answers, variable)},
	{KL_REQUEST_SYMBOL, NULL, NULL, "_sdata", false, offsetof(struct answers, symbol)},
};
#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static struct answers sample(void)
{
	struct answers a;

	memset(&a, 0, sizeof(a)); /* compared with memcmp() */
	a.type = (struct kl_type){true, 0x123456789a};
	a.member.present = a.member.is_array = true;
	a.member.offset = 0xfffffffe;
	a.member.size = 48;
	a.member.count = 3;
	a.member.element_size = 16;
	a.bits.present = a.bits.is_signed = true;
	a.bits.offset = 5;
	a.bits.size = 9;
	a.bits.bit_offset = 5;
	a.bits.bit_size = 62;
	a.enumerator.present = true;
	a.enumerator.value = -3;
	a.variable.present = a.variable.is_pointer = true;
	a.variable.address = 0xffffffff81ab0c90;
	a.variable.size = 8;
	a.symbol.present = true;
	a.symbol.address = UINT64_MAX;
	return a;
}

static bool load(const char *dir, const char *id, const struct kl_request *table, size_t n, struct answers *ret)
{
	bool hit = true;

	memset(ret, 0xee, sizeof(*ret));
	CHECK_OK(kl_layout_cache_load(dir, id, table, n, ret, &hit));
	return hit;
}

/* A miss leaves zeros in every target, whatever was in the file. */
static bool misses(const char *dir, const char *id)
{
	struct answers a;

	if (load(dir, id, requests, REQUESTS, &a))
		return false;
	return !a.type.present && !a.type.size && !a.member.present && !a.bits.bit_size && !a.enumerator.value &&
	       !a.variable.present && !a.variable.address && !a.symbol.present;
}

static const char *store(void)
{
	const char *dir = in_dir("cache");
	struct answers a = sample();

	CHECK(sh("rm -rf cache"));
	CHECK_OK(kl_layout_cache_store(dir, ID, requests, REQUESTS, &a));
	return dir;
}

static void test_round_trip(void)
{
	const char *dir = store();
	struct answers wanted = sample(), got;

	CHECK(load(dir, ID, requests, REQUESTS, &got));
	CHECK_INT(got.type.size, wanted.type.size);
	CHECK(!memcmp(&got.member, &wanted.member, sizeof(got.member)));
	CHECK(!memcmp(&got.bits, &wanted.bits, sizeof(got.bits)));
	CHECK(!got.absent.present);
	CHECK_INT(got.enumerator.value, -3);
	CHECK_INT(got.variable.address, wanted.variable.address);
	CHECK(got.variable.is_pointer && !got.variable.is_array);
	CHECK_INT(got.symbol.address, UINT64_MAX);
	/* again, over what is there; nothing else is left behind */
	CHECK_OK(kl_layout_cache_store(dir, ID, requests, REQUESTS, &wanted));
	CHECK(load(dir, ID, requests, REQUESTS, &got));
	CHECK(sh("test $(ls cache/layouts | wc -l) -eq 1"));
}

static void test_other_kernel_or_table_misses(void)
{
	const char *dir = store();
	struct kl_request other[REQUESTS];
	struct answers a;

	CHECK(misses(dir, "0123456789abcdef0123456789abcdef01234568"));
	CHECK(misses(in_dir("elsewhere"), ID));
	memcpy(other, requests, sizeof(other));
	other[1].path = "x|z";
	CHECK(!load(dir, ID, other, REQUESTS, &a));
	other[1] = requests[1];
	other[1].unit = NULL;
	CHECK(!load(dir, ID, other, REQUESTS, &a));
	other[1] = requests[1];
	other[1].required = true;
	CHECK(!load(dir, ID, other, REQUESTS, &a));
	CHECK(!load(dir, ID, requests, REQUESTS - 1, &a));
	/* not even under the name of the right one */
	other[1] = requests[1];
	other[1].path = "x|z";
	a = sample();
	CHECK(sh("ls cache/layouts > first"));
	CHECK_OK(kl_layout_cache_store(dir, ID, other, REQUESTS, &a));
	CHECK(load(dir, ID, other, REQUESTS, &a));
	CHECK(sh("cd cache/layouts && cp $(cat ../../first) $(ls | grep -vxf ../../first)"));
	CHECK(!load(dir, ID, other, REQUESTS, &a));
}

/* Every byte that is changed, and every length that is too short, makes a miss. */
static void test_damaged(void)
{
	const char *dir = store();
	long size = 0, i;
	FILE *pipe;

	CHECK(sh("mv cache/layouts/* good && stat -c %%s good > size"));
	pipe = fopen(in_dir("size"), "r");
	CHECK(pipe && fscanf(pipe, "%ld", &size) == 1 && size > 100);
	if (pipe)
		fclose(pipe);
	CHECK(sh("n=$(ls -d cache/layouts)/%s.$(sed -n 2p good) && echo \"$n\" > name && cp good \"$n\"", ID));
	CHECK(!misses(dir, ID)); /* the name is right */
	for (i = 0; i < size; i += 7) {
		CHECK(sh("head -c %ld good > \"$(cat name)\"", i));
		CHECK(misses(dir, ID));
		CHECK(sh("(head -c %ld good; printf 7; tail -c +%ld good) > \"$(cat name)\"; ! cmp -s good \"$(cat "
			 "name)\" || "
			 "printf x >> \"$(cat name)\"",
			 i, i + 2));
		CHECK(misses(dir, ID));
	}
	CHECK(sh("(cat good; echo) > \"$(cat name)\""));
	CHECK(misses(dir, ID));
	CHECK(sh("rm \"$(cat name)\" && mkdir \"$(cat name)\""));
	CHECK(misses(dir, ID));
	CHECK(sh("rmdir \"$(cat name)\" && mkfifo \"$(cat name)\""));
	CHECK(misses(dir, ID));
}

/* A file whose sums are right but whose values cannot be: kl_member_get() would read or shift too far. */
static void test_impossible_values(void)
{
	struct answers a = sample();
	const char *dir = in_dir("cache");

	a.bits.bit_size = 65;
	CHECK_OK(kl_layout_cache_store(dir, ID, requests, REQUESTS, &a));
	CHECK(misses(dir, ID));
	a = sample();
	a.bits.bit_offset = 8;
	CHECK_OK(kl_layout_cache_store(dir, ID, requests, REQUESTS, &a));
	CHECK(misses(dir, ID));
	a = sample();
	a.bits.size = 10;
	CHECK_OK(kl_layout_cache_store(dir, ID, requests, REQUESTS, &a));
	CHECK(misses(dir, ID));
}

static void test_build_id_is_no_path(void)
{
	struct answers a = sample();
	const char *dir = in_dir("cache");

	CHECK_ERROR(kl_layout_cache_store(dir, "../../x", requests, REQUESTS, &a), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_layout_cache_store(dir, NULL, requests, REQUESTS, &a), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_layout_cache_store(dir, "", requests, REQUESTS, &a), KL_ERROR_NOT_FOUND);
	CHECK(misses(dir, "../../x"));
	CHECK(misses(dir, NULL));
}

static void test_unwritable(void)
{
	struct answers a = sample();

	CHECK(sh("echo > file"));
	CHECK_ERROR(kl_layout_cache_store(in_dir("file"), ID, requests, REQUESTS, &a), KL_ERROR_IO);
	CHECK(misses(in_dir("file"), ID));
}

static void test_default_directory(void)
{
	struct answers a = sample(), b;

	setenv("XDG_CACHE_HOME", in_dir("xdg"), 1);
	CHECK_OK(kl_layout_cache_store(NULL, ID, requests, REQUESTS, &a));
	CHECK(sh("ls xdg/kleak-dump/layouts/%s.* > /dev/null", ID));
	CHECK(load(NULL, ID, requests, REQUESTS, &b));
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", in_dir("home"), 1);
	CHECK(misses(NULL, ID));
	CHECK_OK(kl_layout_cache_store(NULL, ID, requests, REQUESTS, &a));
	CHECK(sh("ls home/.cache/kleak-dump/layouts/%s.* > /dev/null", ID));
	unsetenv("HOME");
	CHECK(misses(NULL, ID));
	CHECK_ERROR(kl_layout_cache_store(NULL, ID, requests, REQUESTS, &a), KL_ERROR_NOT_FOUND);
}

int main(void)
{
	make_dir("test_debug_cache");
	RUN(test_round_trip);
	RUN(test_other_kernel_or_table_misses);
	RUN(test_damaged);
	RUN(test_impossible_values);
	RUN(test_build_id_is_no_path);
	RUN(test_unwritable);
	RUN(test_default_directory);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for a kernel's debug file: where it looks, in which order, and what it passes over. */
#include "test.h"

#include <unistd.h>

#include "debug/find.h"
#include "test_debug/build.h"

#define RIGHT "aabbccddeeff00112233445566778899aabbccdd"
#define WRONG "aabbccddeeff00112233445566778899aabbccde"
#define RELEASE "6.1.0-kleak-test"

/* What is found, as a path below the test's folder; "" when nothing is. */
static const char *find(const char *build_id, const char *release, const char *dump)
{
	struct kl_debug_search search = {
		.build_id = build_id, .release = release, .dump_path = dump ? in_dir(dump) : NULL};
	_cleanup_error_ struct kl_error *err = NULL;
	_cleanup_free_ char *path = NULL;
	static char found[1024];
	size_t prefix = strlen(in_dir(""));

	err = kl_debug_find(&search, &path);
	if (err && kl_error_code(err) != KL_ERROR_NOT_FOUND)
		FAIL_("%s", kl_error_message(err));
	snprintf(found, sizeof(found), "%s", err ? "" : path + (strlen(path) > prefix ? prefix : 0));
	return found;
}

/* An empty folder "d" and a dump in it. */
static void fresh(void)
{
	CHECK(sh("rm -rf d r && mkdir -p d r && : > d/x.vmcore"));
	unsetenv("KLEAK_DEBUG_PATH");
}

static void test_explicit_is_taken_as_it_is(void)
{
	struct kl_debug_search search = {.vmlinux = "/no/such/file", .build_id = RIGHT};
	_cleanup_free_ char *path = NULL;

	CHECK_OK(kl_debug_find(&search, &path));
	CHECK_STR(path, "/no/such/file");
}

static void test_beside_the_dump(void)
{
	fresh();
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "");
	CHECK(sh("cp right d/vmlinux"));
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "d/vmlinux");
	CHECK(sh("cp right d/vmlinux-" RELEASE));
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "d/vmlinux-" RELEASE);
	CHECK(sh("cp right d/x.vmlinux"));
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "d/x.vmlinux");
	CHECK(sh("rm d/vmlinux* d/x.vmlinux && cp right d/x.vmcore.vmlinux"));
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "d/x.vmcore.vmlinux");
}

static void test_compressed_candidates(void)
{
	fresh();
	CHECK(sh("xz -c right > d/vmlinux.xz"));
	CHECK_STR(find(RIGHT, NULL, "d/x.vmcore"), "d/vmlinux.xz");
	CHECK(sh("rm d/vmlinux.xz && zstd -qc right > d/vmlinux.zst"));
	CHECK_STR(find(RIGHT, NULL, "d/x.vmcore"), "d/vmlinux.zst");
	CHECK(sh("rm d/vmlinux.zst && gzip -c right > d/vmlinux.gz"));
	CHECK_STR(find(RIGHT, NULL, "d/x.vmcore"), "d/vmlinux.gz");
	CHECK_STR(find(WRONG, NULL, "d/x.vmcore"), "");
}

static void test_other_build_is_passed_over(void)
{
	struct kl_debug_search search = {.build_id = RIGHT, .release = RELEASE, .dump_path = in_dir("d/x.vmcore")};
	_cleanup_error_ struct kl_error *err = NULL;
	_cleanup_free_ char *path = NULL;

	fresh();
	CHECK(sh("cp wrong d/x.vmlinux && echo no ELF > d/vmlinux-" RELEASE " && mkdir d/vmlinux.debug"));
	err = kl_debug_find(&search, &path);
	CHECK(err && kl_error_code(err) == KL_ERROR_NOT_FOUND);
	if (err) {
		/* one line that says what was looked for and how to supply it */
		CHECK(strstr(kl_error_message(err), RIGHT) && strstr(kl_error_message(err), RELEASE));
		CHECK(strstr(kl_error_message(err), "d/x.vmlinux") && strstr(kl_error_message(err), "--vmlinux"));
		CHECK(!strchr(kl_error_message(err), '\n'));
	}
	CHECK(sh("cp right d/vmlinux"));
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "d/vmlinux");
	/* nor is it the one that has no build-id at all */
	CHECK(sh("objcopy -R .note.gnu.build-id right d/x.vmlinux"));
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "d/vmlinux");
	/* upper case is the same build-id; an unknown one leaves the name to decide */
	CHECK_STR(find("AABBCCDDEEFF00112233445566778899AABBCCDD", RELEASE, "d/x.vmcore"), "d/vmlinux");
	CHECK_STR(find(NULL, RELEASE, "d/x.vmcore"), "d/x.vmlinux");
}

static void test_environment(void)
{
	char list[4096];

	fresh();
	snprintf(list, sizeof(list), ":%s:%s:", in_dir("nowhere"), in_dir("r"));
	setenv("KLEAK_DEBUG_PATH", list, 1);
	CHECK_STR(find(RIGHT, RELEASE, NULL), "");
	CHECK(sh("mkdir -p r/usr/lib/debug/boot && cp right r/usr/lib/debug/boot/vmlinux-" RELEASE));
	CHECK_STR(find(RIGHT, RELEASE, NULL), "r/usr/lib/debug/boot/vmlinux-" RELEASE);
	CHECK_STR(find(RIGHT, "other", NULL), "");
	CHECK(sh("mkdir -p r/usr/lib/debug/.build-id/aa && cp right r/usr/lib/debug/.build-id/aa/" RIGHT ".debug && "
		 "cd r/usr/lib/debug/.build-id/aa && mv " RIGHT ".debug bbccddeeff00112233445566778899aabbccdd.debug"));
	CHECK_STR(find(RIGHT, "other", NULL),
		  "r/usr/lib/debug/.build-id/aa/bbccddeeff00112233445566778899aabbccdd.debug");
	CHECK(sh("cp right r/vmlinux"));
	CHECK_STR(find(RIGHT, "other", NULL), "r/vmlinux");
	CHECK(sh("mkdir -p r/.build-id && mv r/usr/lib/debug/.build-id/aa r/.build-id/"));
	CHECK_STR(find(RIGHT, "other", NULL), "r/.build-id/aa/bbccddeeff00112233445566778899aabbccdd.debug");
	/* what lies beside the dump comes first */
	CHECK(sh("cp right d/vmlinux"));
	CHECK_STR(find(RIGHT, "other", "d/x.vmcore"), "d/vmlinux");
}

/* Both come from a dump; neither may lead out of the directories that are searched. */
static void test_hostile_names(void)
{
	fresh();
	CHECK(sh("mkdir -p d/vmlinux-sub && cp right d/up"));
	CHECK_STR(find(NULL, "sub/../up", "d/x.vmcore"), "");
	CHECK_STR(find("../../d/up", "..", "d/x.vmcore"), "");
	CHECK_STR(find("", "", "d/x.vmcore"), "");
	CHECK_STR(find("a", NULL, "d/x.vmcore"), "");
}

static void test_with_dwarf_is_preferred(void)
{
	char list[2048];

	fresh();
	snprintf(list, sizeof(list), "%s", in_dir("r"));
	setenv("KLEAK_DEBUG_PATH", list, 1);
	CHECK(sh("strip -g -o d/vmlinux right"));
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "d/vmlinux");
	CHECK(sh("cp right r/vmlinux"));
	CHECK_STR(find(RIGHT, RELEASE, "d/x.vmcore"), "r/vmlinux");
}

int main(void)
{
	make_dir("test_debug_find");
	if (!build_program("cc -g", "right") ||
	    !sh("ld -e 0 --build-id=0x" WRONG " -o wrong right.mm.o right.lib.o right.fs.o --defsym linker_made=0"))
		printf("# cannot compile the samples\n");
	RUN(test_explicit_is_taken_as_it_is);
	RUN(test_beside_the_dump);
	RUN(test_compressed_candidates);
	RUN(test_other_build_is_passed_over);
	RUN(test_environment);
	RUN(test_hostile_names);
	RUN(test_with_dwarf_is_preferred);
	return DONE();
}

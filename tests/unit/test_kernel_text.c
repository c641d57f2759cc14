/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which words the kernel uses, and which kernel and boot it is. */
#include "test.h"

#include "kernel/machine/identity.h"
#include "kernel/sources/debugfs_text.h"
#include "test_kernel_fake.h"

/* ---- format strings ---------------------------------------------------------------------------------------------- */

#define RODATA 0x1000
#define RODATA_END 0x90000 /* more than one window of the search */

static struct kl_kernel *rodata_kernel(void)
{
	struct kl_kernel *k = fake_kernel();

	k->layouts.symbols.__start_rodata = variable(RODATA, 0);
	k->layouts.symbols.__end_rodata = variable(RODATA_END, 0);
	return k;
}

/* Strings one behind the other, each with its NUL, from @offset on. */
static void put_strings(struct kl_kernel *k, size_t offset, const char *const *strings)
{
	for (; *strings; strings++) {
		size_t length = strlen(*strings) + 1;

		put(k, offset, *strings, length);
		offset += length;
	}
}

#define STRINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_first_commit(void)
{
	struct kl_kernel *k = rodata_kernel();
	struct kl_kmemleak_text text;

	put_strings(k, RODATA + 100,
		    STRINGS("kmemleak: unreferenced object 0x%08lx (size %zu):\n",
			    "  comm \"%s\", pid %d, jiffies %lu\n", "  backtrace:\n", "    [<%p>] %pS\n"));
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK_INT(text.header, KL_TEXT_HEADER_PREFIXED);
	CHECK_INT(text.hexdump, KL_TEXT_HEXDUMP_NONE);
	CHECK_INT(text.frame, KL_TEXT_FRAME_POINTER);
	CHECK(!text.age && !text.crc && !text.guessed);
	CHECK_INT(text.allocinfo_version, 0);
	fake_destroy(k);
}

static void test_3_0(void)
{
	struct kl_kernel *k = rodata_kernel();
	struct kl_kmemleak_text text;

	put_strings(k, RODATA + 100,
		    STRINGS("unreferenced object 0x%08lx (size %zu):\n",
			    "  comm \"%s\", pid %d, jiffies %lu (age %d.%03ds)\n", "  hex dump (first %d bytes):\n",
			    "  backtrace:\n", "    [<%p>] %pS\n", "<5>kmemleak:   comm \"%s\", pid %d, jiffies %lu\n"));
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK_INT(text.header, KL_TEXT_HEADER_PLAIN);
	CHECK_INT(text.hexdump, KL_TEXT_HEXDUMP_PLAIN);
	CHECK_INT(text.frame, KL_TEXT_FRAME_POINTER);
	CHECK(text.age && !text.crc && !text.guessed);
	fake_destroy(k);
}

/* 6.1.192: the linker keeps only the longer of two strings that end alike, so some exist behind a prefix only. */
static void test_merged_strings(void)
{
	struct kl_kernel *k = rodata_kernel();
	struct kl_kmemleak_text text;

	put_strings(k, RODATA + 100,
		    STRINGS("6    %pS\n", "    %pS\n", "\0014kmemleak: unreferenced object 0x%08lx (size %zu):\n",
			    "\0014kmemleak:   comm \"%s\", pid %d, jiffies %lu\n",
			    "\0014kmemleak:   hex dump (first %zu bytes):\n", "\0014kmemleak:     [<%p>] %pS\n"));
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK_INT(text.header, KL_TEXT_HEADER_PLAIN);
	CHECK_INT(text.hexdump, KL_TEXT_HEXDUMP_PLAIN);
	CHECK_INT(text.frame, KL_TEXT_FRAME_POINTER);
	CHECK(!text.age && !text.crc && !text.guessed);
	fake_destroy(k);
}

static const char *const newest[] = {
	"\0014kmemleak: unreferenced object%s 0x%08lx (size %zu):\n",
	"\0014kmemleak:   comm \"%s\", pid %d, jiffies %lu\n",
	"\0014kmemleak:   hex dump (first %zu bytes):\n",
	"\0014kmemleak:   hex dump (first %zu bytes on cpu %d):\n",
	"\0014kmemleak:   backtrace (crc %x):\n",
	"\0014kmemleak:     %pS\n",
	"    [<%p>] %pS\n", /* somebody else's */
	"allocinfo - version: 2.0\n",
	NULL,
};

static void test_7_3(void)
{
	struct kl_kernel *k = rodata_kernel();
	struct kl_kmemleak_text text;

	put_strings(k, RODATA + 100, newest);
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK_INT(text.header, KL_TEXT_HEADER_CLASS);
	CHECK_INT(text.hexdump, KL_TEXT_HEXDUMP_PERCPU);
	CHECK_INT(text.frame, KL_TEXT_FRAME_SYMBOL);
	CHECK(!text.age && text.crc && !text.guessed);
	CHECK_INT(text.allocinfo_version, 20);
	fake_destroy(k);
}

static void test_restricted_pointers(void)
{
	struct kl_kernel *k = rodata_kernel();
	struct kl_kmemleak_text text;

	put_strings(k, RODATA + 100,
		    STRINGS("unreferenced object 0x%08lx (size %zu):\n", "\0014kmemleak:     [<%pK>] %pS\n"));
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK_INT(text.frame, KL_TEXT_FRAME_POINTER);
	CHECK(text.restricted);
	fake_destroy(k);
}

/* Wherever a string falls between two windows of the search. */
static void test_strings_across_windows(void)
{
	for (size_t shift = 0; shift < 200; shift++) {
		struct kl_kernel *k = rodata_kernel();
		struct kl_kmemleak_text text;

		put_strings(k, RODATA + (256 << 10) - 1 - shift, &newest[0]);
		CHECK_OK(kl_debugfs_text_detect(k, &text));
		CHECK_INT(text.header, KL_TEXT_HEADER_CLASS);
		CHECK_INT(text.frame, KL_TEXT_FRAME_SYMBOL);
		CHECK(text.crc && !text.guessed);
		fake_destroy(k);
	}
}

/* With pages missing, what was not seen is judged by the members. */
static void test_missing_pages_make_guesses(void)
{
	struct kl_kernel *k = rodata_kernel();
	struct kl_kmemleak_text text;

	put_strings(k, RODATA + 100, STRINGS("\0014kmemleak:   comm \"%s\", pid %d, jiffies %lu\n"));
	fake_of(k)->gone[40] = true;
	k->layouts.kmemleak_object.type.present = true;
	k->layouts.kmemleak_object.checksum.present = true;
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK(text.guessed);
	CHECK(!text.age); /* the report's own line was seen, and has none */
	CHECK_INT(text.frame, KL_TEXT_FRAME_POINTER);
	CHECK_INT(text.header, KL_TEXT_HEADER_PLAIN);
	put_strings(k, RODATA + 100, STRINGS("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK(text.guessed && text.age && !text.crc);
	k->layouts.kmemleak_object.unref_scans.present = true;
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK(text.guessed && !text.age && text.crc);
	CHECK_INT(text.header, KL_TEXT_HEADER_CLASS);
	CHECK_INT(text.hexdump, KL_TEXT_HEXDUMP_PERCPU);
	CHECK_INT(text.frame, KL_TEXT_FRAME_SYMBOL);
	fake_destroy(k);
}

/* The header alone does not make an incomplete search complete. */
static void test_missing_pages_are_told(void)
{
	struct kl_kernel *k = rodata_kernel();
	struct kl_kmemleak_text text;

	put_strings(k, RODATA + 100, STRINGS("unreferenced object%s 0x%08lx (size %zu):\n"));
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK(!text.guessed && !text.crc);
	fake_of(k)->gone[40] = true;
	CHECK_OK(kl_debugfs_text_detect(k, &text));
	CHECK(text.guessed && text.crc);
	fake_destroy(k);
}

/* ---- identity ---------------------------------------------------------------------------------------------------- */

#define BANNER 0x100
#define NOTES 0x400

static struct kl_kernel *named_kernel(void)
{
	struct kl_kernel *k = fake_kernel();
	static const char banner[] = "Linux version 5.4.0 (a@b) (gcc 9) #1 SMP\n";
	static const uint8_t notes[] = {4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 'X', 'e', 'n', 0, 1,    2, 3,    4,
					4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, 0xab, 0, 0xcd, 0};

	k->layouts.symbols.linux_banner = variable(BANNER, 0);
	k->layouts.symbols.__start_notes = variable(NOTES, 0);
	k->layouts.symbols.__stop_notes = variable(NOTES + sizeof(notes), 0);
	put(k, BANNER, banner, sizeof(banner));
	put(k, NOTES, notes, sizeof(notes));
	return k;
}

static void test_build_id_from_the_notes_in_memory(void)
{
	struct kl_kernel *k = named_kernel();

	CHECK_OK(kl_identity_check(k, false));
	CHECK_STR(k->build_id, "ab00cd");
	CHECK_STR(k->banner, "Linux version 5.4.0 (a@b) (gcc 9) #1 SMP");
	CHECK_STR(k->release, "unknown");
	CHECK(!k->forced);
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void test_damaged_notes_are_no_build_id(void)
{
	struct kl_kernel *k = named_kernel();

	put_u32(k, NOTES + 24, 0xffffffff);
	CHECK_OK(kl_identity_check(k, false));
	CHECK(!k->build_id);
	fake_destroy(k);
	k = named_kernel();
	put_u32(k, NOTES, 0xfffffffd);
	CHECK_OK(kl_identity_check(k, false));
	CHECK(!k->build_id);
	fake_destroy(k);
}

static void test_no_banner_no_match(void)
{
	struct kl_kernel *k = named_kernel();

	put(k, BANNER, "Minix", 5);
	CHECK_ERROR(kl_identity_check(k, false), KL_ERROR_MISMATCH);
	CHECK_OK(kl_identity_check(k, true));
	CHECK(k->forced);
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
	k = named_kernel();
	k->layouts.symbols.linux_banner.address = 0xffffffff81000000; /* not mapped */
	CHECK_ERROR(kl_identity_check(k, false), KL_ERROR_MISMATCH);
	fake_destroy(k);
	k = named_kernel();
	fake_of(k)->gone[0] = true; /* proves nothing */
	CHECK_OK(kl_identity_check(k, false));
	CHECK(!k->forced);
	fake_destroy(k);
}

static void test_release_comes_from_uts(void)
{
	struct kl_kernel *k = named_kernel();

	k->layouts.symbols.init_uts_ns = variable(0x800, 0);
	k->layouts.uts_namespace.release = member(130, 65);
	k->layouts.uts_namespace.nodename = member(65, 65);
	put(k, 0x800 + 130, "5.4.0", 6);
	put(k, 0x800 + 65, "host", 5);
	CHECK_OK(kl_identity_check(k, false));
	CHECK_STR(k->release, "5.4.0");
	CHECK_OK(kl_identity_read(k));
	CHECK_STR(k->nodename, "host");
	fake_destroy(k);
}

static unsigned hz_of(uint64_t min_age, uint64_t tick)
{
	struct kl_kernel *k = named_kernel();
	unsigned hz;

	k->layouts.variables.jiffies_min_age = variable(0x900, 8);
	k->layouts.symbols.tick_nsec = variable(0x908, 8);
	put_u64(k, 0x900, min_age);
	put_u64(k, 0x908, tick);
	CHECK_OK(kl_identity_read(k));
	hz = k->hz;
	fake_destroy(k);
	return hz;
}

static void test_ticks_per_second(void)
{
	CHECK_INT(hz_of(1250, 0), 250);
	CHECK_INT(hz_of(1250, 4000000), 250);
	CHECK_INT(hz_of(500, 4000000), 250); /* one of the two is damaged; nothing but the clock needs tick_nsec */
	CHECK_INT(hz_of(0, 3333333), 300);
	CHECK_INT(hz_of(0, 1000000), 1000);
	CHECK_INT(hz_of(0, 0), 0);
	CHECK_INT(hz_of(UINT64_MAX, UINT64_MAX), 0);
}

static void test_time_in_every_timekeeper(void)
{
	struct kl_kernel *k = named_kernel();

	k->layouts.timekeeper.type = (struct kl_type){true, 0x100};
	k->layouts.timekeeper.xtime_sec = member(0x40, 8);
	k->layouts.variables.tk_core = variable(0xa00, 0x100); /* alone */
	put_u64(k, 0xa40, 1000);
	CHECK_OK(kl_identity_read(k));
	CHECK_INT(k->time, 1000);
	k->layouts.variables.tk_core.size = 0x108; /* behind a sequence counter, in an anonymous struct */
	put_u64(k, 0xa48, 2000);
	CHECK_OK(kl_identity_read(k));
	CHECK_INT(k->time, 2000);
	k->layouts.tk_data.timekeeper = member(0x10, 0x100); /* struct tk_data[] */
	k->layouts.variables.tk_core.size = 0x440;
	put_u64(k, 0xa50, 3000);
	CHECK_OK(kl_identity_read(k));
	CHECK_INT(k->time, 3000);
	fake_destroy(k);
}

static void test_boots_are_told_apart(void)
{
	char *boot_id[3];

	for (int i = 0; i < 3; i++) {
		struct kl_kernel *k = named_kernel();

		k->layouts.symbols.init_task = variable(0xa00, 0);
		k->layouts.task_struct.stack_canary = member(8, 8);
		put_u64(k, 0xa08, i < 2 ? 0x1234567800 : 0x1234567900);
		CHECK_OK(kl_identity_read(k));
		boot_id[i] = k->boot_id;
		k->boot_id = NULL;
		fake_destroy(k);
	}
	CHECK_STR(boot_id[0], boot_id[1]);
	CHECK(boot_id[2] && strcmp(boot_id[0], boot_id[2]));
	for (int i = 0; i < 3; i++)
		free(boot_id[i]);
}

/* Neither KASLR nor a canary: nothing tells two boots apart, and no identity is better than a shared one. */
static void test_boots_that_cannot_be_told_apart(void)
{
	struct kl_kernel *k = named_kernel();

	CHECK_OK(kl_identity_read(k));
	CHECK(!k->boot_id);
	fake_destroy(k);
}

int main(void)
{
	RUN(test_first_commit);
	RUN(test_3_0);
	RUN(test_merged_strings);
	RUN(test_7_3);
	RUN(test_restricted_pointers);
	RUN(test_strings_across_windows);
	RUN(test_missing_pages_make_guesses);
	RUN(test_missing_pages_are_told);
	RUN(test_build_id_from_the_notes_in_memory);
	RUN(test_damaged_notes_are_no_build_id);
	RUN(test_no_banner_no_match);
	RUN(test_release_comes_from_uts);
	RUN(test_ticks_per_second);
	RUN(test_time_in_every_timekeeper);
	RUN(test_boots_are_told_apart);
	RUN(test_boots_that_cannot_be_told_apart);
	return DONE();
}

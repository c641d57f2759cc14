/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fast ways to a page (a mapping, our own decompression) and the slow ones agree, and a file that becomes shorter
 * while it is mapped is an error or a missing page, never the end of the process. */
#include "image/image.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

#include "image/kdump_format.h"
#include "test_image_build.h"

#define PAGE 4096
#define PAGES 64

static struct kl_image *open_way(const char *path, bool by_reading)
{
	struct kl_image_options options = {.paths = &path, .n_paths = 1, .by_reading = by_reading};
	struct kl_image *img = NULL;

	CHECK_OK(kl_image_open(&options, &img));
	return img;
}

/* Every page frame around those of the dump: the same bytes, the same state, and the same counts at the end. */
static void compare_images(const char *path)
{
	struct kl_image *fast = open_way(path, false), *slow = open_way(path, true);
	uint8_t a[PAGE], b[PAGE];
	uint64_t pfn;

	for (pfn = 0; fast && slow && pfn < 2 * PAGES; pfn++) {
		struct kl_error *of_fast = kl_image_read_physical(fast, pfn * PAGE, a, PAGE);
		struct kl_error *of_slow = kl_image_read_physical(slow, pfn * PAGE, b, PAGE);

		CHECK(!of_fast == !of_slow);
		if (of_fast && of_slow)
			CHECK_STR(kl_error_message(of_fast), kl_error_message(of_slow));
		else if (!of_fast && !of_slow)
			CHECK(!memcmp(a, b, PAGE));
		kl_error_destroy(of_fast);
		kl_error_destroy(of_slow);
	}
	if (fast && slow) {
		CHECK_INT(kl_image_missing(fast)->missing, kl_image_missing(slow)->missing);
		CHECK_INT(kl_image_missing(fast)->corrupt, kl_image_missing(slow)->corrupt);
		CHECK_OK(kl_image_check(fast));
	}
	kl_image_destroy(fast);
	kl_image_destroy(slow);
}

static void test_mapped_elf(void)
{
	struct elf_builder e;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x1000, NULL, 100, 100); /* what follows is not aligned in the file */
	elf_load(&e, 0x10000, NULL, 16 * PAGE, 18 * PAGE);
	elf_load(&e, 0x14800, NULL, 9 * PAGE, 9 * PAGE); /* over the one before, and over half pages */
	elf_load(&e, 0x30000, NULL, 100, PAGE);
	compare_images(elf_save(&e, "mapped"));
}

static uint32_t compress_page(uint32_t flags, const uint8_t *page, uint8_t *ret, size_t room)
{
	uLongf length = room;

	if (flags == KL_KDUMP_ZLIB && compress2(ret, &length, page, PAGE, 1) == Z_OK)
		return (uint32_t)length;
	return (uint32_t)ZSTD_compress(ret, room, page, PAGE, 1);
}

/* Pages that compress well, or badly; some are cut, longer than a page, or damaged. */
static void build_kdump(struct kdump_builder *k, uint32_t flags)
{
	static uint8_t page[PAGE], longer[2 * PAGE], compressed[4 * PAGE];
	uint32_t pfn, length;

	kdump_begin(k, "x86_64", 2 * PAGES);
	for (pfn = 1; pfn < PAGES; pfn++) {
		for (size_t i = 0; i < PAGE; i++)
			page[i] = (uint8_t)(i % 100 < pfn ? rand() : (int)pfn);
		length = compress_page(flags, page, compressed, sizeof(compressed));
		if (pfn % 11 == 0) {
			kdump_page(k, pfn, page, PAGE, 0);
			continue;
		}
		if (pfn % 7 == 0)
			compressed[length / 2] ^= 0x55;
		if (pfn % 9 == 0)
			length -= length / 3;
		if (pfn % 13 == 0) {
			uLongf n = sizeof(compressed);

			length = flags == KL_KDUMP_ZLIB && compress2(compressed, &n, longer, sizeof(longer), 1) == Z_OK
					 ? (uint32_t)n
					 : (uint32_t)ZSTD_compress(compressed, sizeof(compressed), longer,
								   sizeof(longer), 1);
		}
		kdump_page(k, pfn, compressed, length < PAGE ? length : PAGE, flags);
	}
}

static void test_own_decompression(void)
{
	static const uint32_t all[] = {KL_KDUMP_ZLIB, KL_KDUMP_ZSTD};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct kdump_builder k;

		build_kdump(&k, all[i]);
		blob_u32(&k.file, 424, all[i]);
		compare_images(kdump_save(&k, "compressed"));
	}
}

static const char *save_memory(const char *name)
{
	struct elf_builder e;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x10000, NULL, 32 * PAGE, 32 * PAGE);
	return elf_save(&e, name);
}

/* Cut before the page is asked for: it is missing, as it is when it is read, and so is everything behind. */
static void test_file_becomes_shorter(void)
{
	const char *path = save_memory("shorter");
	struct kl_image *img = open_way(path, false);
	uint8_t byte;

	if (!img)
		return;
	CHECK_OK(kl_image_read_physical(img, 0x10000, &byte, 1));
	CHECK(!truncate(path, ELF_DATA_AT + 8 * PAGE));
	CHECK_ERROR(kl_image_read_physical(img, 0x1f000, &byte, 1), KL_ERROR_MISSING);
	CHECK_OK(kl_image_read_physical(img, 0x12000, &byte, 1));
	CHECK_INT(byte, 0x12);
	CHECK_OK(kl_image_check(img)); /* nobody used what was not there */
	kl_image_destroy(img);
}

/* Cut after the bytes were given out: they read as zeroes, and the run is told. */
static void test_file_becomes_shorter_in_use(void)
{
	const char *path = save_memory("in-use");
	struct kl_image *img = open_way(path, false);
	const volatile uint8_t *bytes;
	struct kl_error *err;
	size_t length = 0;

	if (!img)
		return;
	bytes = kl_image_peek_physical(img, 0x1f000, &length);
	CHECK(bytes && bytes[5] == 0x1f);
	CHECK(!truncate(path, ELF_DATA_AT + 8 * PAGE));
	CHECK(bytes && bytes[5] == 0);
	err = kl_image_check(img);
	CHECK(err && kl_error_code(err) == KL_ERROR_IO && strstr(kl_error_message(err), "offset 0x13000"));
	kl_error_destroy(err);
	kl_image_destroy(img);
}

static void touch_foreign_mapping(void)
{
	const char *path = save_memory("foreign");
	FILE *f = fopen(path, "r+");
	volatile uint8_t *bytes;

	signal(SIGBUS, SIG_DFL);
	(void)open_way(path, false);
	bytes = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fileno(f), 0);
	if (truncate(path, 0))
		_exit(1);
	_exit(bytes[0]);
}

/* What is no dump of ours still ends the process. */
static void test_other_mappings_are_not_ours(void)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		touch_foreign_mapping();
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status)); /* a sanitizer tells of the signal itself */
}

int main(void)
{
	RUN(test_mapped_elf);
	RUN(test_own_decompression);
	RUN(test_file_becomes_shorter);
	RUN(test_file_becomes_shorter_in_use);
	RUN(test_other_mappings_are_not_ours);
	remove_scratch();
	return DONE();
}

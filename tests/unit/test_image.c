/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading by physical address: what is present, what is missing, what is damaged, in ELF and kdump-compressed dumps. */
#include "image/cache.h"
#include "image/image.h"

#include <zlib.h>
#include <zstd.h>

#include "test_image_build.h"

#define PAGE 4096u

static struct kl_image *open_with(const char *const *paths, size_t n, size_t cache_bytes)
{
	struct kl_image_options options = {.paths = paths, .n_paths = n, .cache_bytes = cache_bytes};
	struct kl_image *img = NULL;

	CHECK_OK(kl_image_open(&options, &img));
	return img;
}

static struct kl_image *open_path(const char *path)
{
	return open_with(&path, 1, 0);
}

/* Every byte of page frame @pfn is @byte. */
static bool page_is(struct kl_image *img, uint64_t pfn, uint8_t byte)
{
	uint8_t page[PAGE];
	struct kl_error *err = kl_image_read_physical(img, pfn * PAGE, page, PAGE);

	if (err) {
		printf("# %s\n", kl_error_message(err));
		kl_error_destroy(err);
		return false;
	}
	for (size_t i = 0; i < PAGE; i++)
		if (page[i] != byte)
			return false;
	return true;
}

static void check_missing(struct kl_image *img, uint64_t pfn)
{
	uint8_t byte;

	CHECK_ERROR(kl_image_read_physical(img, pfn * PAGE, &byte, 1), KL_ERROR_MISSING);
	CHECK(!kl_image_page_present(img, pfn));
}

static void test_elf(void)
{
	struct elf_builder e;
	struct kl_image *img;
	uint8_t two[2];

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x10000, NULL, 4 * PAGE, 4 * PAGE);
	elf_load(&e, 0x100000, NULL, 2 * PAGE, 5 * PAGE);
	img = open_path(elf_save(&e, "elf"));
	if (!img)
		return;
	CHECK_STR(kl_image_info(img)->format, "ELF core dump");
	CHECK_INT(kl_image_info(img)->arch, KL_ARCH_X86_64);
	CHECK_INT(kl_image_info(img)->page_size, PAGE);
	CHECK_INT(kl_image_info(img)->pages_total, 9);
	CHECK_INT(kl_image_info(img)->pages_present, 6);
	CHECK_INT(kl_image_info(img)->max_pfn, 0x105);
	CHECK(!kl_image_info(img)->truncated && !kl_image_info(img)->live && !kl_image_info(img)->translation);
	CHECK(page_is(img, 0x10, 0x10) && page_is(img, 0x13, 0x13) && page_is(img, 0x100, 0));
	CHECK_OK(kl_image_read_physical(img, 0x11fff, two, 2));
	CHECK(two[0] == 0x11 && two[1] == 0x12);
	CHECK(kl_image_page_present(img, 0x101));
	check_missing(img, 0x102); /* memory, but not in the file: not zeroes */
	check_missing(img, 0xf);   /* the page in front of a segment */
	check_missing(img, 0x14);
	check_missing(img, UINT64_MAX / PAGE);
	kl_image_destroy(img);
}

static void test_error_names_the_first_missing_page(void)
{
	struct elf_builder e;
	struct kl_image *img;
	struct kl_error *err;
	uint8_t bytes[3 * PAGE];

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x10000, NULL, PAGE, PAGE);
	img = open_path(elf_save(&e, "first"));
	if (!img)
		return;
	err = kl_image_read_physical(img, 0x10ff0, bytes, sizeof(bytes));
	CHECK(err && strstr(kl_error_message(err), "physical address 0x11000: page frame 0x11 "));
	kl_error_destroy(err);
	CHECK_INT(kl_image_missing(img)->missing, 1); /* it went no further */
	CHECK_INT(kl_image_missing(img)->first[0], 0x11);
	kl_image_destroy(img);
}

/* Kdump's ELF files describe the kernel's image twice; the pieces may be in any order. */
static void test_elf_overlapping_segments(void)
{
	struct elf_builder e;
	struct kl_image *img;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x12000, NULL, PAGE, PAGE);
	elf_load(&e, 0x14000, NULL, 4 * PAGE, 4 * PAGE);
	elf_load(&e, 0x10000, NULL, 6 * PAGE, 6 * PAGE);
	img = open_path(elf_save(&e, "overlap"));
	if (!img)
		return;
	CHECK_INT(kl_image_info(img)->pages_total, 8);
	CHECK_INT(kl_image_info(img)->pages_present, 8);
	for (unsigned int pfn = 0x10; pfn < 0x18; pfn++)
		CHECK(page_is(img, pfn, (uint8_t)pfn));
	kl_image_destroy(img);
}

/* Firmware maps begin and end anywhere; what of a page is no memory reads as zeroes. */
static void test_elf_odd_edges(void)
{
	struct elf_builder e;
	struct kl_image *img;
	uint8_t page[PAGE];

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x10800, NULL, 0x400, 0x400);
	elf_load(&e, 0x10e00, NULL, 0x300, 0x300);
	img = open_path(elf_save(&e, "edges"));
	if (!img)
		return;
	CHECK_INT(kl_image_info(img)->pages_total, 2);
	CHECK_OK(kl_image_read_physical(img, 0x10000, page, PAGE));
	CHECK(page[0x7ff] == 0 && page[0x800] == 0x10 && page[0xbff] == 0x10 && page[0xc00] == 0);
	CHECK(page[0xdff] == 0 && page[0xe00] == 0x10 && page[0xfff] == 0x10);
	CHECK_OK(kl_image_read_physical(img, 0x11000, page, PAGE));
	CHECK(page[0] == 0x11 && page[0xff] == 0x11 && page[0x100] == 0);
	kl_image_destroy(img);
}

static void test_elf_truncated(void)
{
	struct elf_builder e;
	struct kl_image *img;
	size_t at;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x10000, NULL, 2 * PAGE, 2 * PAGE);
	at = elf_load(&e, 0x20000, NULL, 4 * PAGE, 4 * PAGE);
	elf_load(&e, 0x30000, NULL, 2 * PAGE, 2 * PAGE);
	elf_finish(&e);
	img = open_path(save_part(&e.file, "truncated", at + PAGE + 100));
	blob_free(&e.file);
	if (!img)
		return;
	CHECK(kl_image_info(img)->truncated);
	CHECK_INT(kl_image_info(img)->pages_total, 8);
	CHECK_INT(kl_image_info(img)->pages_present, 3);
	CHECK(page_is(img, 0x20, 0x20));
	check_missing(img, 0x21); /* begins in the file, and ends behind it */
	check_missing(img, 0x23);
	check_missing(img, 0x30);
	CHECK_INT(kl_image_missing(img)->missing, 3);
	kl_image_destroy(img);
}

/* As QEMU writes them: two section headers in front, and their names behind everything else. They are gone when the
 * file is cut anywhere; the notes in front of them are not. */
static void test_elf_without_the_names_of_its_sections(void)
{
	Elf64_Shdr headers[2] = {{}, {.sh_type = SHT_STRTAB, .sh_size = 11}};
	const char *release;
	struct elf_builder e;
	struct kl_image *img;
	Elf64_Ehdr *ehdr;
	size_t at;

	elf_begin(&e, EM_X86_64);
	elf_note(&e, "VMCOREINFO", 0, "OSRELEASE=cut\n", 14);
	at = elf_load(&e, 0x10000, NULL, 2 * PAGE, 2 * PAGE);
	elf_finish(&e);
	headers[1].sh_offset = e.file.size;
	memcpy(e.file.data + at, headers, sizeof(headers));
	ehdr = (Elf64_Ehdr *)e.file.data;
	ehdr->e_shoff = at;
	ehdr->e_shnum = 2;
	ehdr->e_shstrndx = 1;
	ehdr->e_shentsize = sizeof(*headers);
	img = open_path(save_part(&e.file, "nameless", at + PAGE));
	blob_free(&e.file);
	if (!img)
		return;
	CHECK(kl_image_info(img)->truncated);
	CHECK_INT(kl_image_info(img)->pages_present, 1);
	check_missing(img, 0x11);
	CHECK(kl_image_vmcoreinfo_string(img, "OSRELEASE", &release) && !strcmp(release, "cut"));
	kl_image_destroy(img);
}

static void test_missing_pages_are_counted_once(void)
{
	struct elf_builder e;
	struct kl_image *img;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0, NULL, PAGE, 64 * PAGE);
	img = open_path(elf_save(&e, "counted"));
	if (!img)
		return;
	for (unsigned int pfn = 63; pfn >= 20; pfn--)
		for (int twice = 0; twice < 2; twice++)
			check_missing(img, pfn);
	CHECK_INT(kl_image_missing(img)->missing, 44);
	CHECK_INT(kl_image_missing(img)->corrupt, 0);
	CHECK_INT(kl_image_missing(img)->n_first, KL_IMAGE_MISSING_SHOWN);
	CHECK_INT(kl_image_missing(img)->first[1], 62);
	kl_image_destroy(img);
}

/* A page of one byte repeated, in each compression's own encoding (lzo and snappy by hand: one literal and copies). */
static uint32_t compress_page(uint32_t flag, uint8_t byte, uint8_t *to)
{
	uint8_t page[PAGE];
	uLongf zlib_size = PAGE;
	uint32_t n = 0;

	memset(page, byte, PAGE);
	switch (flag) {
	case 0x1:
		CHECK_INT(compress2(to, &zlib_size, page, PAGE, 6), Z_OK);
		return (uint32_t)zlib_size;
	case 0x2:
		to[n++] = 17 + 1; /* one literal */
		to[n++] = byte;
		to[n++] = 0x20; /* copy 2 + 31 + 15 * 255 + 237 = 4095 bytes from one back */
		memset(to + n, 0, 15), n += 15;
		to[n++] = 237;
		memset(to + n, 0, 2), n += 2;
		memcpy(to + n, "\x11\0\0", 3), n += 3; /* end */
		return n;
	case 0x4:
		memcpy(to, "\x80\x20", 2), n = 2; /* 4096 in all */
		to[n++] = 0;                      /* one literal */
		to[n++] = byte;
		for (unsigned int left = PAGE - 1, now; left; left -= now) {
			now = left < 64 ? left : 64;
			to[n++] = (uint8_t)((now - 1) << 2 | 2); /* copy from one back */
			to[n++] = 1;
			to[n++] = 0;
		}
		return n;
	default:
		return (uint32_t)ZSTD_compress(to, PAGE, page, PAGE, 3);
	}
}

static void check_compression(uint32_t flag, const char *name)
{
	const char *names[KL_IMAGE_COMPRESSIONS_MAX];
	size_t n = kl_image_compressions(names);
	struct kdump_builder k;
	struct kl_image *img;
	uint8_t packed[PAGE];
	bool supported = false;
	char format[64];

	for (size_t i = 0; i < n; i++)
		supported |= !strcmp(names[i], name);
	if (!supported)
		SKIP("this libkdumpfile was built without it");
	kdump_begin(&k, "x86_64", 64);
	kdump_page(&k, 5, packed, compress_page(flag, 0xaa, packed), flag);
	kdump_page(&k, 9, packed, compress_page(flag, 0x55, packed), flag);
	img = open_path(kdump_save(&k, name));
	if (!img)
		return;
	snprintf(format, sizeof(format), "kdump-compressed (%s)", name);
	CHECK_STR(kl_image_info(img)->format, format);
	CHECK(page_is(img, 5, 0xaa) && page_is(img, 9, 0x55));
	kl_image_destroy(img);
}

static void test_kdump_zlib(void)
{
	check_compression(0x1, "zlib");
}

static void test_kdump_lzo(void)
{
	check_compression(0x2, "lzo");
}

static void test_kdump_snappy(void)
{
	check_compression(0x4, "snappy");
}

static void test_kdump_zstd(void)
{
	check_compression(0x20, "zstd");
}

static void test_kdump(void)
{
	struct kdump_builder k;
	struct kl_image *img;
	uint8_t page[PAGE];

	kdump_begin(&k, "aarch64", 1000);
	for (uint32_t pfn = 600; pfn < 700; pfn++)
		kdump_ram(&k, pfn);
	memset(page, 0x11, PAGE), kdump_page(&k, 7, page, PAGE, 0);
	memset(page, 0x22, PAGE), kdump_page(&k, 600, page, PAGE, 0);
	kdump_desc(&k, 650, k.data_end - PAGE, PAGE, 0); /* shares its data, as zero pages do */
	memset(page, 0x33, PAGE), kdump_page(&k, 999, page, PAGE, 0);
	img = open_path(kdump_save(&k, "kdump"));
	if (!img)
		return;
	CHECK_STR(kl_image_info(img)->format, "kdump-compressed (uncompressed)");
	CHECK_INT(kl_image_info(img)->arch, KL_ARCH_AARCH64);
	CHECK_INT(kl_image_info(img)->max_pfn, 1000);
	CHECK_INT(kl_image_info(img)->pages_total, 102);
	CHECK_INT(kl_image_info(img)->pages_present, 4);
	CHECK_INT(kl_image_info(img)->crash_time, 1700000000);
	CHECK(!kl_image_info(img)->truncated);
	CHECK(page_is(img, 7, 0x11) && page_is(img, 600, 0x22) && page_is(img, 650, 0x22) && page_is(img, 999, 0x33));
	check_missing(img, 0);
	check_missing(img, 601);
	check_missing(img, 1000);
	check_missing(img, (uint64_t)1 << 40);
	kl_image_destroy(img);
}

static void test_kdump_damaged_pages(void)
{
	uint8_t page[PAGE] = "", packed[PAGE];
	struct kdump_builder k;
	struct kl_image *img;
	uint8_t byte;

	kdump_begin(&k, "x86_64", 2000);
	kdump_desc(&k, 0, 0, 0, 0);
	kdump_page(&k, 1, page, 50, 1);               /* no zlib stream */
	kdump_desc(&k, 2, k.data_end - 50, 65536, 1); /* larger than a page: the library's buffer */
	kdump_desc(&k, 3, k.data_end - 50, 50, 0);    /* raw, and not a page */
	kdump_desc(&k, 4, k.data_end - 50, 0, 1);     /* nothing */
	kdump_page(&k, 5, packed, compress_page(1, 7, packed), 1);
	/* far behind: its descriptor must not be taken for the first one, a hole */
	kdump_page(&k, 1777, packed, compress_page(1, 8, packed), 1);
	img = open_path(kdump_save(&k, "damaged"));
	if (!img)
		return;
	for (unsigned int pfn = 1; pfn <= 4; pfn++)
		CHECK_ERROR(kl_image_read_physical(img, pfn * PAGE, &byte, 1), KL_ERROR_CORRUPT);
	CHECK(page_is(img, 5, 7) && page_is(img, 1777, 8));
	CHECK_INT(kl_image_missing(img)->corrupt, 4);
	CHECK_INT(kl_image_missing(img)->missing, 0);
	kl_image_destroy(img);
}

static void test_kdump_truncated(void)
{
	struct kdump_builder k;
	struct kl_image *img;
	uint8_t page[PAGE];

	kdump_begin(&k, "x86_64", 64);
	for (uint32_t pfn = 1; pfn <= 5; pfn++)
		memset(page, (int)pfn, PAGE), kdump_page(&k, pfn, page, PAGE, 0);
	kdump_desc(&k, 6, UINT64_MAX - 10, PAGE, 0);
	kdump_desc(&k, 7, 0, 0, 0); /* a hole where the descriptor should have been written */
	img = open_path(save_part(&k.file, "cut", k.data_end - 2 * PAGE - 1));
	blob_free(&k.file);
	if (!img)
		return;
	CHECK(kl_image_info(img)->truncated);
	CHECK(page_is(img, 1, 1) && page_is(img, 2, 2));
	check_missing(img, 3); /* lacks its last byte: it would be read as if there was a zero */
	check_missing(img, 4);
	check_missing(img, 5);
	check_missing(img, 6);
	check_missing(img, 7);
	CHECK_INT(kl_image_missing(img)->missing, 5);
	kl_image_destroy(img);
}

static void test_kdump_cut_in_descriptors(void)
{
	struct kdump_builder k;
	struct kl_image *img;

	kdump_begin(&k, "x86_64", 64);
	for (uint32_t pfn = 1; pfn <= 5; pfn++)
		kdump_desc(&k, pfn, KDUMP_RAM_AT, PAGE, 0);
	img = open_path(save_part(&k.file, "cut-descs", KDUMP_DESCS_AT + 2 * 24 + 5));
	blob_free(&k.file);
	if (!img)
		return;
	CHECK(kl_image_info(img)->truncated);
	CHECK(kl_image_page_present(img, 2));
	check_missing(img, 3);
	check_missing(img, 5);
	kl_image_destroy(img);
}

static const char *save_part_of_split(const char *name, uint64_t start, uint64_t end, uint64_t time)
{
	struct kdump_builder k;
	uint8_t page[PAGE];
	uint64_t split[] = {start, end, 64};

	kdump_begin(&k, "x86_64", 64);
	blob_u64(&k.file, 408, time);
	blob_u32(&k.file, KDUMP_BLOCK + 12, 1);
	blob_put(&k.file, KDUMP_BLOCK + 80, split, sizeof(split));
	for (uint32_t pfn = 2; pfn < 64; pfn += 2) {
		if (pfn >= start && pfn < end) {
			memset(page, (int)pfn, PAGE);
			kdump_page(&k, pfn, page, PAGE, 0);
		} else { /* in the bitmaps, but with its descriptor in another file */
			kdump_ram(&k, pfn);
			k.file.data[KDUMP_DUMPED_AT + pfn / 8] |= (uint8_t)(1 << pfn % 8);
		}
	}
	return kdump_save(&k, name);
}

static void test_split_set(void)
{
	const char *paths[] = {save_part_of_split("split2", 19, 40, 5), save_part_of_split("split3", 40, 64, 5),
			       save_part_of_split("split1", 0, 19, 5)};
	struct kl_image *img = open_with(paths, 3, 0);

	if (!img)
		return;
	CHECK_STR(kl_image_info(img)->format, "kdump-compressed (uncompressed), split over 3 files");
	CHECK_INT(kl_image_info(img)->pages_total, 31);
	CHECK_INT(kl_image_info(img)->pages_present, 31);
	for (uint64_t pfn = 2; pfn < 64; pfn += 2)
		CHECK(page_is(img, pfn, (uint8_t)pfn));
	check_missing(img, 19);
	kl_image_destroy(img);
}

/* A small dump leaves nothing for the later parts: makedumpfile 1.7.2 writes them, without page frames. */
static void test_split_set_with_empty_parts(void)
{
	const char *paths[] = {save_part_of_split("split4", 64, 64, 5), save_part_of_split("split2", 19, 64, 5),
			       save_part_of_split("split3", 64, 64, 5), save_part_of_split("split1", 0, 19, 5)};
	struct kl_image *img = open_with(paths, 4, 0);

	if (!img)
		return;
	CHECK_INT(kl_image_info(img)->pages_present, 31);
	for (uint64_t pfn = 2; pfn < 64; pfn += 2)
		CHECK(page_is(img, pfn, (uint8_t)pfn));
	kl_image_destroy(img);
}

static void refuses_set(const char *const *paths, size_t n, const char *name, const char *words)
{
	struct kl_image_options options = {.paths = paths, .n_paths = n};
	struct kl_image *img;
	struct kl_error *err = kl_image_open(&options, &img);

	CHECK(err != NULL);
	if (!err) {
		kl_image_destroy(img);
		return;
	}
	CHECK_INT(kl_error_code(err), KL_ERROR_MISMATCH);
	CHECK(strstr(kl_error_message(err), name) != NULL);
	CHECK(strstr(kl_error_message(err), words) != NULL);
	kl_error_destroy(err);
}

static void test_split_set_that_is_not_whole(void)
{
	const char *a = save_part_of_split("split1", 0, 19, 5), *b = save_part_of_split("split2", 19, 40, 5),
		   *c = save_part_of_split("split3", 40, 64, 5), *again = save_part_of_split("again", 19, 40, 5),
		   *empty = save_part_of_split("empty", 64, 64, 5);

	refuses_set((const char *[]){c, a}, 2, "split3", "the part with 0x13 is missing");
	refuses_set((const char *[]){c, b}, 2, "split2", "the part with 0 is missing");
	refuses_set((const char *[]){b, a}, 2, "split2", "next part is missing");
	refuses_set((const char *[]){b}, 1, "split2", "is missing");
	refuses_set((const char *[]){empty}, 1, "empty", "the others are missing");
	refuses_set((const char *[]){a, b, again, c}, 4, "split2", "the same part twice");
	refuses_set((const char *[]){a, b, again, c}, 4, "again", "the same part twice");
	refuses_set((const char *[]){b, c, a, a}, 4, "split1", "the same part twice");
}

static void test_split_set_of_strangers(void)
{
	const char *paths[] = {save_part_of_split("split1", 0, 19, 5), save_part_of_split("other2", 19, 64, 6)};
	struct kl_image_options options = {.paths = paths, .n_paths = 2};
	struct elf_builder e;
	struct kl_image *img;

	refuses_set(paths, 2, "other2", "not a part of the same dump");
	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0, NULL, PAGE, PAGE);
	paths[1] = elf_save(&e, "elf");
	CHECK_ERROR(kl_image_open(&options, &img), KL_ERROR_USAGE);
}

/* More pages than the cache holds, in an order that comes back to the old ones. */
static void test_cache_replacement(void)
{
	struct elf_builder e;
	const char *path;
	struct kl_image *img;
	uint64_t x = 1;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0, NULL, 200 * PAGE, 200 * PAGE);
	path = elf_save(&e, "many");
	img = open_with(&path, 1, 16 * PAGE);
	if (!img)
		return;
	for (int i = 0; i < 5000; i++) {
		uint64_t pfn;

		x = x * 6364136223846793005u + 1442695040888963407u;
		pfn = (x >> 33) % 200;
		if (!page_is(img, pfn, (uint8_t)pfn)) {
			FAIL_("page %" PRIu64 " is wrong after %d reads", pfn, i);
			break;
		}
	}
	kl_image_destroy(img);
}

static void test_cache_keeps_what_is_used(void)
{
	struct kl_page_cache *c = NULL;

	CHECK_OK(kl_page_cache_create(12, 16 * PAGE, &c));
	for (uint64_t pfn = 0; pfn < 16; pfn++) {
		memset(kl_page_cache_reserve(c), (int)pfn, PAGE);
		kl_page_cache_commit(c, pfn);
	}
	/* page 0 is the oldest, but the only one that was asked for again */
	CHECK(kl_page_cache_get(c, 0));
	for (uint64_t pfn = 16; pfn < 31; pfn++) {
		kl_page_cache_reserve(c);
		kl_page_cache_commit(c, pfn);
	}
	CHECK(kl_page_cache_get(c, 0) && *kl_page_cache_get(c, 0) == 0);
	CHECK(!kl_page_cache_get(c, 1) && !kl_page_cache_get(c, 15));
	CHECK(kl_page_cache_get(c, 30));
	/* a page that could not be read leaves nothing behind */
	kl_page_cache_reserve(c);
	kl_page_cache_reserve(c);
	CHECK(kl_page_cache_get(c, 0));
	kl_page_cache_destroy(c);
}

static void test_peek_physical(void)
{
	struct elf_builder e;
	struct kl_image *img;
	const uint8_t *bytes;
	size_t length = 0;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x10000, NULL, PAGE, PAGE);
	img = open_path(elf_save(&e, "peek"));
	if (!img)
		return;
	bytes = kl_image_peek_physical(img, 0x10ffd, &length);
	CHECK(bytes && length == 3 && bytes[0] == 0x10);
	CHECK(!kl_image_peek_physical(img, 0x11000, &length));
	kl_image_destroy(img);
}

int main(void)
{
	RUN(test_elf);
	RUN(test_error_names_the_first_missing_page);
	RUN(test_elf_overlapping_segments);
	RUN(test_elf_odd_edges);
	RUN(test_elf_truncated);
	RUN(test_elf_without_the_names_of_its_sections);
	RUN(test_missing_pages_are_counted_once);
	RUN(test_kdump_zlib);
	RUN(test_kdump_lzo);
	RUN(test_kdump_snappy);
	RUN(test_kdump_zstd);
	RUN(test_kdump);
	RUN(test_kdump_damaged_pages);
	RUN(test_kdump_truncated);
	RUN(test_kdump_cut_in_descriptors);
	RUN(test_split_set);
	RUN(test_split_set_with_empty_parts);
	RUN(test_split_set_that_is_not_whole);
	RUN(test_split_set_of_strangers);
	RUN(test_cache_replacement);
	RUN(test_cache_keeps_what_is_used);
	RUN(test_peek_physical);
	remove_scratch();
	return DONE();
}

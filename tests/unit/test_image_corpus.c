/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real dumps: every one opens and translates, and the same machine is the same in each of its formats. */
#include "image/image.h"

#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>

#include "corpus.h"
#include "test_image_build.h"

/* The unpacked folder @name of the corpus, until the next call; NULL with the reason in @reason. */
static const char *corpus(const char *name, const char **reason)
{
	static char folder[4096];

	*reason = skip_reason;
	return find_folder(name, folder, sizeof(folder)) ? folder : NULL;
}

static struct kl_image *open_dump(const char *dir, const char *name)
{
	char path[4200];
	const char *paths[] = {path};
	struct kl_image_options options = {.paths = paths, .n_paths = 1, .cache_dir = scratch()};
	struct kl_image *img = NULL;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	CHECK_OK(kl_image_open(&options, &img));
	return img;
}

/* The release in init_uts_ns is that of VMCOREINFO: kernel data is translated right. */
static void check_release(struct kl_image *img)
{
	char bytes[1024], *release = NULL;
	const char *wanted = "";
	uint64_t address = 0;
	size_t at = 0;

	CHECK(kl_image_vmcoreinfo_symbol(img, "init_uts_ns", &address));
	CHECK(kl_image_vmcoreinfo_string(img, "OSRELEASE", &wanted));
	CHECK_OK(kl_image_read(img, address, bytes, sizeof(bytes)));
	while (at < sizeof(bytes) - 6 && memcmp(bytes + at, "Linux", 6))
		at++;
	/* struct new_utsname: sysname, nodename, release, ... of 65 bytes each */
	CHECK_OK(kl_image_read_string(img, address + at + 130, 65, &release));
	CHECK_STR(release, wanted);
	free(release);
}

static void check_registers(struct kl_image *img)
{
	struct kl_registers registers;
	uint64_t pa;

	CHECK_INT(kl_image_cpus(img), 2);
	for (size_t cpu = 0; cpu < 2; cpu++) {
		CHECK_OK(kl_image_registers(img, cpu, &registers));
		/* both CPUs were in the kernel, on mapped stacks */
		CHECK_OK(kl_image_translate(img, registers.sp, &pa));
		CHECK_OK(kl_image_translate(img, registers.pc, &pa));
		CHECK_INT(registers.pid, cpu + 1);
		CHECK_INT(registers.count, kl_image_info(img)->arch == KL_ARCH_AARCH64 ? 31 : 15);
	}
	CHECK_ERROR(kl_image_registers(img, 2, &registers), KL_ERROR_NOT_FOUND);
	CHECK(!kl_register_name(kl_image_info(img)->arch, registers.count));
}

static void check_dump(const char *dir, const char *name, const char *format, uint64_t pages)
{
	struct kl_image *img = open_dump(dir, name);

	if (!img)
		return;
	CHECK_STR(kl_image_info(img)->format, format);
	CHECK_STR(kl_image_info(img)->translation, "page tables");
	CHECK_INT(kl_image_info(img)->pages_total, pages);
	CHECK_INT(kl_image_info(img)->pages_present, pages);
	CHECK(!kl_image_info(img)->truncated);
	check_release(img);
	check_registers(img);
	CHECK_INT(kl_image_missing(img)->missing + kl_image_missing(img)->corrupt, 0);
	kl_image_destroy(img);
}

#define X86_PAGES 32832 /* 128 MiB and the firmware's 256 KiB */

static void test_x86_64_6_1(void)
{
	const char *reason, *dir = corpus("x86_64-6.1", &reason);

	if (!dir)
		SKIP(reason);
	check_dump(dir, "B.vmcore", "ELF core dump", X86_PAGES);
}

static void test_x86_64_6_12(void)
{
	const char *reason, *dir = corpus("x86_64-6.12", &reason);

	if (!dir)
		SKIP(reason);
	check_dump(dir, "A.vmcore", "ELF core dump", X86_PAGES);
	check_dump(dir, "B.vmcore", "ELF core dump", X86_PAGES);
}

static void test_x86_64_7_3(void)
{
	const char *reason, *dir = corpus("x86_64-7.3", &reason);

	if (!dir)
		SKIP(reason);
	check_dump(dir, "A.vmcore", "ELF core dump", X86_PAGES);
	check_dump(dir, "B.vmcore", "ELF core dump", X86_PAGES);
	check_dump(dir, "B.vmcore.kdump-flat", "flattened kdump-compressed (zlib)", X86_PAGES);
}

static void test_aarch64_7_3(void)
{
	const char *reason, *dir = corpus("aarch64-7.3", &reason);

	if (!dir)
		SKIP(reason);
	check_dump(dir, "B.vmcore", "ELF core dump", 40960);
}

/* The byte that is no UTF-8 behind its last line is not part of the text. */
static void test_vmcoreinfo_ends_with_its_text(void)
{
	const char *reason, *dir = corpus("aarch64-7.3", &reason), *text;
	struct kl_image *img;
	int64_t value = 0;
	uint64_t offset = 0;

	if (!dir)
		SKIP(reason);
	img = open_dump(dir, "B.vmcore");
	if (!img)
		return;
	text = kl_image_vmcoreinfo(img);
	CHECK(text && strlen(text) && text[strlen(text) - 1] == '\n');
	CHECK(kl_image_vmcoreinfo_number(img, "VA_BITS", &value) && value == 48);
	CHECK(kl_image_vmcoreinfo_value(img, "OFFSET", "list_head.prev", &value) && value == 8);
	CHECK(kl_image_vmcoreinfo_hex(img, "KERNELOFFSET", &offset) && offset == 0x4d303d000000);
	kl_image_destroy(img);
}

/* 7.3's B is there as ELF and as flattened kdump-compressed: page by page the same, zero pages included, and the same
 * addresses lead to the same places. */
static void test_formats_agree(void)
{
	const char *reason, *dir = corpus("x86_64-7.3", &reason);
	struct kl_image *elf, *kdump;
	uint64_t different = 0, pages = 0, section = 0, in_elf = 0, in_kdump = 1;

	if (!dir)
		SKIP(reason);
	elf = open_dump(dir, "B.vmcore");
	kdump = open_dump(dir, "B.vmcore.kdump-flat");
	for (uint64_t pfn = 0; elf && kdump && pfn < kl_image_info(elf)->max_pfn; pfn++) {
		size_t length, other;
		const uint8_t *a = kl_image_peek_physical(elf, pfn << 12, &length);
		const uint8_t *b = kl_image_peek_physical(kdump, pfn << 12, &other);

		pages += a != NULL;
		different += !a != !b || (a && memcmp(a, b, 4096));
	}
	CHECK_INT(pages, X86_PAGES);
	CHECK_INT(different, 0);
	if (elf && kdump && kl_image_vmcoreinfo_symbol(elf, "mem_section", &section)) {
		CHECK_OK(kl_image_translate(elf, section, &in_elf));
		CHECK_OK(kl_image_translate(kdump, section, &in_kdump));
		CHECK_INT(in_elf, in_kdump);
	}
	kl_image_destroy(elf);
	kl_image_destroy(kdump);
}

/* Our walk against libaddrxlat, wherever both answer: all of the first GiB of vmalloc space page by page, and the
 * direct map, of which the library knows no holes. */
static void check_walk(const char *dir, const char *name, uint64_t first_pa)
{
	struct kl_image *img = open_dump(dir, name);
	uint64_t section = 0, direct_map, pa = 0, mapped = 0, different = 0;
	addrxlat_ctx_t *ctx;
	addrxlat_sys_t *sys;
	kdump_ctx_t *dump = kdump_new();
	char path[4200];
	int64_t vmalloc = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	CHECK_INT(kdump_open_fd(dump, fd), KDUMP_OK);
	CHECK_INT(kdump_set_string_attr(dump, KDUMP_ATTR_OSTYPE, "linux"), KDUMP_OK);
	CHECK_INT(kdump_get_addrxlat(dump, &ctx, &sys), KDUMP_OK);
	CHECK(img && kl_image_vmcoreinfo_symbol(img, "mem_section", &section) &&
	      kl_image_vmcoreinfo_number(img, "VMALLOC_START", &vmalloc));
	CHECK_OK(kl_image_translate(img, section, &pa));
	direct_map = section - pa + first_pa;
	for (uint64_t i = 0; i < 1u << 19; i++) {
		bool direct = i < 1u << 15;
		uint64_t kva = (direct ? direct_map : (uint64_t)vmalloc) + (i << 12);
		addrxlat_fulladdr_t theirs = {.addr = kva, .as = ADDRXLAT_KVADDR};
		addrxlat_status status = addrxlat_fulladdr_conv(&theirs, ADDRXLAT_MACHPHYSADDR, ctx, sys);
		struct kl_error *err = kl_image_translate(img, kva, &pa);

		mapped += !err;
		different += err ? status == ADDRXLAT_OK && !direct : status != ADDRXLAT_OK || pa != theirs.addr;
		kl_error_destroy(err);
	}
	CHECK(mapped > 30000);
	CHECK_INT(different, 0);
	addrxlat_ctx_decref(ctx);
	addrxlat_sys_decref(sys);
	kdump_free(dump);
	close(fd);
	kl_image_destroy(img);
}

static void test_walk_agrees_with_the_library_x86_64(void)
{
	const char *reason, *dir = corpus("x86_64-6.12", &reason);

	if (!dir)
		SKIP(reason);
	check_walk(dir, "B.vmcore", 0);
}

static void test_walk_agrees_with_the_library_aarch64(void)
{
	const char *reason, *dir = corpus("aarch64-7.3", &reason);

	if (!dir)
		SKIP(reason);
	check_walk(dir, "B.vmcore", 0x40000000);
}

/* Under LeakSanitizer: libkdumpfile 0.5.1 loses 104 bytes whenever its translation meets a missing page. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libkdumpfile.so";
}

int main(void)
{
	RUN(test_x86_64_6_1);
	RUN(test_x86_64_6_12);
	RUN(test_x86_64_7_3);
	RUN(test_aarch64_7_3);
	RUN(test_vmcoreinfo_ends_with_its_text);
	RUN(test_formats_agree);
	RUN(test_walk_agrees_with_the_library_x86_64);
	RUN(test_walk_agrees_with_the_library_aarch64);
	remove_scratch();
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel addresses through page tables of every shape, and reading through them. */
#include "image/image.h"

#include "test_image_build.h"

#define BASE 0x40000000u         /* where the machine's memory, and in it the tables, begin */
#define ROOM (8u << 20)          /* bytes of it */
#define DATA (BASE + (4u << 20)) /* 4 KiB frames from here on are filled with the low byte of their number */

/* A machine: its memory, and the tables in it. */
struct machine {
	bool arm;
	unsigned int page_shift;
	unsigned int levels;
	unsigned int index_bits; /* of an address, that the root's index is taken from */
	bool lpa2;
	uint64_t encryption; /* set in every entry */
	uint64_t root;
	uint64_t next; /* free page for a table */
	struct blob memory;
	struct blob text; /* VMCOREINFO */
};

static void say(struct machine *m, const char *line)
{
	blob_put(&m->text, m->text.size, line, strlen(line));
}

static void machine_begin(struct machine *m)
{
	m->root = BASE;
	m->next = BASE + (1u << 20);
	blob_fill(&m->memory, 0, 0, ROOM);
	for (uint64_t pa = DATA; pa < BASE + ROOM; pa += 4096)
		memset(m->memory.data + (pa - BASE), (int)(pa >> 12 & 0xff), 4096);
	say(m, "OSRELEASE=4.4.0\n");
	say(m, m->page_shift == 16 ? "PAGESIZE=65536\n" : m->page_shift == 14 ? "PAGESIZE=16384\n" : "PAGESIZE=4096\n");
}

static uint64_t encode(const struct machine *m, uint64_t pa, bool leaf, unsigned int shift)
{
	uint64_t entry = pa | m->encryption;

	if (!m->arm)
		return entry | (leaf ? (uint64_t)1 << 63 | 0x163 : 0x67) | (leaf && shift > 12 ? 0x80 : 0);
	if (m->page_shift == 16)
		entry = (pa & 0xffffffffffff) | (pa >> 48) << 12;
	else if (m->lpa2)
		entry = (pa & 0x3ffffffffffff) | (pa >> 50) << 8;
	/* access flag, attributes, execute-never bits; inner shareable where its bits are not address */
	if (leaf)
		entry |= 0x60000000000404 | (m->lpa2 ? 0 : 0x300);
	return entry | (leaf && shift > m->page_shift ? 1 : 3);
}

/* Maps the page or block of 1 << @shift bytes at @kva to @pa; returns the physical address of the last table. */
static uint64_t map(struct machine *m, uint64_t kva, uint64_t pa, unsigned int shift)
{
	unsigned int bits = m->page_shift - 3, at = m->page_shift + (m->levels - 1) * bits;
	uint64_t table = m->root, index = (kva & (((uint64_t)1 << m->index_bits) - 1)) >> at, entry;

	while (at > shift) {
		memcpy(&entry, m->memory.data + (table - BASE) + index * 8, 8);
		if (!entry) {
			entry = m->next;
			m->next += (uint64_t)1 << m->page_shift;
			blob_u64(&m->memory, table - BASE + index * 8, encode(m, entry, false, at));
			table = entry;
		} else { /* tables are in the low 4 GiB, whatever the format */
			table = entry & 0xfffff000 & -((uint64_t)1 << m->page_shift);
		}
		at -= bits;
		index = kva >> at & (((uint64_t)1 << bits) - 1);
	}
	blob_u64(&m->memory, table - BASE + index * 8, encode(m, pa, true, shift));
	return table;
}

static const char *machine_save(struct machine *m, const char *name, bool vmcoreinfo)
{
	struct elf_builder e;

	elf_begin(&e, m->arm ? EM_AARCH64 : EM_X86_64);
	if (vmcoreinfo)
		elf_note(&e, "VMCOREINFO", 0, m->text.data, m->text.size);
	elf_load(&e, BASE, m->memory.data, ROOM, ROOM);
	return elf_save(&e, name);
}

static struct kl_image *open_path(const char *path, const char *vmcoreinfo_path)
{
	struct kl_image_options options = {.paths = &path, .n_paths = 1, .vmcoreinfo_path = vmcoreinfo_path};
	struct kl_image *img = NULL;

	CHECK_OK(kl_image_open(&options, &img));
	return img;
}

static struct kl_image *machine_open(struct machine *m)
{
	struct kl_image *img = open_path(machine_save(m, "machine", true), NULL);

	blob_free(&m->memory);
	blob_free(&m->text);
	if (img)
		CHECK_STR(kl_image_info(img)->translation, "page tables");
	return img;
}

#define TRANSLATES(img, kva, wanted)                          \
	do {                                                  \
		uint64_t pa_ = 0;                             \
		CHECK_OK(kl_image_translate(img, kva, &pa_)); \
		CHECK_INT(pa_, wanted);                       \
	} while (0)

#define UNMAPPED(img, kva)                                                           \
	do {                                                                         \
		uint64_t pa_;                                                        \
		CHECK_ERROR(kl_image_translate(img, kva, &pa_), KL_ERROR_NOT_FOUND); \
	} while (0)

#define DIRECT 0xffff888000000000u
#define TEXT 0xffffffff81000000u

static struct machine x86_64(unsigned int levels)
{
	struct machine m = {.page_shift = 12, .levels = levels, .index_bits = 12 + 9 * levels};

	machine_begin(&m);
	/* the kernel's image: TEXT is at BASE, so phys_base = BASE - 0x1000000 */
	say(&m, "SYMBOL(_stext)=ffffffff81000000\nSYMBOL(swapper_pg_dir)=ffffffff81000000\nSYMBOL(init_top_pgt)="
		"ffffffff81000000\nNUMBER(phys_base)=1056964608\n");
	map(&m, TEXT, BASE, 21);
	return m;
}

static void test_x86_64_four_levels(void)
{
	struct machine m = x86_64(4);
	struct kl_image *img;

	map(&m, DIRECT, 0, 30);
	map(&m, DIRECT + 0x40000000, BASE, 21);
	map(&m, 0xffffc90000001000, DATA + 0x5000, 12);
	map(&m, 0xffffc90000003000, DATA + 0x7000, 12);
	map(&m, 0xffffffffff5fd000, 0xfee00000, 12);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, TEXT + 0x1234, BASE + 0x1234);
	TRANSLATES(img, DIRECT + 0x3fffffff, 0x3fffffff);
	TRANSLATES(img, DIRECT + 0x40123456, BASE + 0x123456);
	TRANSLATES(img, 0xffffc90000001abc, DATA + 0x5abc);
	TRANSLATES(img, 0xffffc90000003000, DATA + 0x7000);
	TRANSLATES(img, 0xffffffffff5fd010, 0xfee00010);
	UNMAPPED(img, 0xffffc90000002000);
	UNMAPPED(img, DIRECT + 0x40200000);
	for (int twice = 0; twice < 2; twice++) {
		UNMAPPED(img, 0);
		UNMAPPED(img, 0x00007fff00000000);
		UNMAPPED(img, 0xffff000000000000 ^ DIRECT); /* not canonical, though the tables have its low bits */
		UNMAPPED(img, UINT64_MAX);
	}
	kl_image_destroy(img);
}

static void test_x86_64_five_levels(void)
{
	struct machine m = x86_64(5);
	struct kl_image *img;

	say(&m, "NUMBER(pgtable_l5_enabled)=1\n");
	map(&m, 0xff11000000000000, 0, 30);
	map(&m, 0xffd1000000002000, DATA + 0x2000, 12);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, 0xff11000012345678, 0x12345678);
	TRANSLATES(img, 0xffd1000000002008, DATA + 0x2008);
	UNMAPPED(img, 0xfe11000012345678);
	kl_image_destroy(img);
}

static void test_x86_64_memory_encryption(void)
{
	struct machine m = x86_64(4);
	struct kl_image *img;

	m.encryption = (uint64_t)1 << 47;
	say(&m, "NUMBER(sme_mask)=140737488355328\n");
	map(&m, DIRECT, 0, 30);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, DIRECT + 5, 5);
	kl_image_destroy(img);
}

static struct machine aarch64(unsigned int page_shift, unsigned int configured, unsigned int actual)
{
	struct machine m = {.arm = true, .page_shift = page_shift};
	unsigned int bits = page_shift - 3;
	char line[128];

	m.levels = (actual - page_shift + bits - 1) / bits;
	m.index_bits = (configured - page_shift + bits - 1) / bits == m.levels ? configured : actual;
	m.lpa2 = page_shift < 16 && actual > 48;
	machine_begin(&m);
	snprintf(line, sizeof(line), "NUMBER(VA_BITS)=%u\nNUMBER(TCR_EL1_T1SZ)=0x%x\n", configured, 64 - actual);
	say(&m, line);
	/* the root is 1 MiB into the image, at the machine's first byte */
	say(&m, "SYMBOL(_stext)=ffffffe000000000\nSYMBOL(swapper_pg_dir)=ffffffe000000000\n"
		"NUMBER(kimage_voffset)=0xffffffdfc0000000\n");
	map(&m, 0xffffffe000000000, BASE, page_shift);
	return m;
}

static void test_aarch64_4k(void)
{
	struct machine m = aarch64(12, 48, 48);
	struct kl_image *img;

	map(&m, 0xffff000000000000, BASE, 21);
	map(&m, 0xffff000040000000, 0x80000000, 30);
	map(&m, 0xffff800080003000, DATA + 0x3000, 12);
	img = machine_open(&m);
	if (!img)
		return;
	CHECK_INT(kl_image_info(img)->arch, KL_ARCH_AARCH64);
	TRANSLATES(img, 0xffff000000012345, BASE + 0x12345);
	TRANSLATES(img, 0xffff00007fffffff, 0xbfffffff);
	TRANSLATES(img, 0xffff800080003010, DATA + 0x3010);
	TRANSLATES(img, 0xf4ff800080003010, DATA + 0x3010); /* KASAN's tag in the top byte */
	UNMAPPED(img, 0xffff800080004000);
	UNMAPPED(img, 0x0000000000012345); /* a user's address */
	UNMAPPED(img, 0xfffe000000012345);
	kl_image_destroy(img);
}

static void test_aarch64_39_bits(void)
{
	struct machine m = aarch64(12, 39, 39);
	struct kl_image *img;

	map(&m, 0xffffff8000000000, BASE, 21);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, 0xffffff8000054321, BASE + 0x54321);
	UNMAPPED(img, 0xffff008000054321);
	kl_image_destroy(img);
}

/* As distributions configure for servers, on a machine without 52-bit addresses: the root table stays as large. */
static void test_aarch64_64k_52_bits_on_48(void)
{
	struct machine m = aarch64(16, 52, 48);
	struct kl_image *img;

	map(&m, 0xffff000000000000, BASE, 29);
	map(&m, 0xffff800080010000, DATA + 0x10000, 16);
	img = machine_open(&m);
	if (!img)
		return;
	CHECK_INT(kl_image_info(img)->page_size, 65536);
	TRANSLATES(img, 0xffff000000012345, BASE + 0x12345);
	TRANSLATES(img, 0xffff80008001fff0, DATA + 0x1fff0);
	kl_image_destroy(img);
}

static void test_aarch64_64k_52_bits(void)
{
	struct machine m = aarch64(16, 52, 52);
	struct kl_image *img;

	map(&m, 0xfff0000000000000, (uint64_t)5 << 48 | 0x20000000, 29);
	map(&m, 0xfff8000000030000, (uint64_t)10 << 48 | 0xabc0000, 16);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, 0xfff0000000012345, ((uint64_t)5 << 48 | 0x20012345));
	TRANSLATES(img, 0xfff8000000030001, ((uint64_t)10 << 48 | 0xabc0001));
	kl_image_destroy(img);
}

static void test_aarch64_16k(void)
{
	struct machine m = aarch64(14, 47, 47);
	struct kl_image *img;

	map(&m, 0xffff800000000000, BASE, 25);
	map(&m, 0xffffc00000004000, DATA + 0x4000, 14);
	img = machine_open(&m);
	if (!img)
		return;
	CHECK_INT(kl_image_info(img)->page_size, 16384);
	TRANSLATES(img, 0xffff800000654321, BASE + 0x654321);
	TRANSLATES(img, 0xffffc00000005678, DATA + 0x5678);
	kl_image_destroy(img);
}

static void test_aarch64_lpa2(void)
{
	struct machine m = aarch64(12, 52, 52);
	struct kl_image *img;

	map(&m, 0xfff0000000000000, (uint64_t)3 << 50 | 0x40000000, 30);
	map(&m, 0xfff8000000003000, DATA + 0x3000, 12);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, 0xfff0000000012345, ((uint64_t)3 << 50 | 0x40012345));
	TRANSLATES(img, 0xfff8000000003004, DATA + 0x3004);
	kl_image_destroy(img);
}

/* The same kernel on an older machine leaves the topmost level out. */
static void test_aarch64_lpa2_kernel_on_48(void)
{
	struct machine m = aarch64(12, 52, 48);
	struct kl_image *img;

	map(&m, 0xffff000000000000, BASE, 21);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, 0xffff000000012345, BASE + 0x12345);
	kl_image_destroy(img);
}

static void test_aarch64_16k_lpa2_kernel_on_47(void)
{
	struct machine m = aarch64(14, 52, 47);
	struct kl_image *img;

	map(&m, 0xffff800000000000, BASE, 25);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, 0xffff800000654321, BASE + 0x654321);
	kl_image_destroy(img);
}

static void test_table_not_in_the_dump(void)
{
	struct machine m = x86_64(4);
	struct kl_image *img;
	struct elf_builder e;
	uint64_t table, pa, value;

	map(&m, 0xffffc90000001000, DATA, 12);
	table = map(&m, 0xffffe90000001000, DATA, 12);
	elf_begin(&e, EM_X86_64);
	elf_note(&e, "VMCOREINFO", 0, m.text.data, m.text.size);
	elf_load(&e, BASE, m.memory.data, table - BASE, table - BASE);
	elf_load(&e, table + 4096, m.memory.data + (table + 4096 - BASE), BASE + ROOM - table - 4096,
		 BASE + ROOM - table - 4096);
	img = open_path(elf_save(&e, "holed"), NULL);
	blob_free(&m.memory);
	blob_free(&m.text);
	if (!img)
		return;
	TRANSLATES(img, 0xffffc90000001000, DATA);
	CHECK_ERROR(kl_image_translate(img, 0xffffe90000001000, &pa), KL_ERROR_MISSING);
	CHECK_ERROR(kl_image_read_u64(img, 0xffffe90000001000, &value), KL_ERROR_MISSING);
	CHECK_INT(kl_image_missing(img)->missing, 1);
	CHECK_INT(kl_image_missing(img)->first[0], table >> 12);
	kl_image_destroy(img);
}

/* Entries that point at tables which point at themselves: the walk has as many steps as there are levels. */
static void test_tables_in_a_circle(void)
{
	struct machine m = x86_64(4);
	struct kl_image *img;

	for (unsigned int i = 256; i < 272; i++)
		blob_u64(&m.memory, i * 8, BASE | 0x67);
	img = machine_open(&m);
	if (!img)
		return;
	TRANSLATES(img, 0xffff800000000123 | (uint64_t)256 << 30 | (uint64_t)256 << 21 | (uint64_t)256 << 12,
		   BASE + 0x123);
	kl_image_destroy(img);
}

static void test_without_vmcoreinfo(void)
{
	struct machine m = x86_64(4);
	const char *path = machine_save(&m, "mute", false), *text_path = save(&m.text, "vmcoreinfo");
	struct kl_image *img = open_path(path, NULL);
	uint8_t byte = 0;

	blob_free(&m.memory);
	blob_free(&m.text);
	if (!img)
		return;
	CHECK(!kl_image_info(img)->translation && !kl_image_vmcoreinfo(img));
	CHECK_ERROR(kl_image_read(img, TEXT, &byte, 1), KL_ERROR_UNSUPPORTED);
	CHECK_OK(kl_image_read_physical(img, DATA + 0x3000, &byte, 1));
	CHECK_INT(byte, 3);
	kl_image_destroy(img);

	img = open_path(path, text_path);
	if (!img)
		return;
	CHECK_STR(kl_image_info(img)->translation, "page tables");
	TRANSLATES(img, TEXT, BASE);
	kl_image_destroy(img);
}

static void test_wrong_root(void)
{
	struct machine m = x86_64(4);
	struct kl_image *img;
	uint64_t value;

	/* there are tables at that address, which do not lead to themselves */
	memcpy(strstr((char *)m.text.data, "SYMBOL(init_top"), "SYMBOL(none_top", 15);
	memcpy(strstr((char *)m.text.data, "swapper_pg_dir)=ffffffff81"), "swapper_pg_dir)=ffffffff80", 26);
	img = open_path(machine_save(&m, "wrong", true), NULL);
	blob_free(&m.memory);
	blob_free(&m.text);
	if (!img)
		return;
	CHECK(!kl_image_info(img)->translation);
	CHECK_ERROR(kl_image_read_u64(img, TEXT, &value), KL_ERROR_UNSUPPORTED);
	kl_image_destroy(img);
}

/* A phys_base 2 MiB too high leads to a copy of the root: it translates, but not to itself. */
static void test_root_that_is_elsewhere(void)
{
	struct machine m = x86_64(4);
	struct kl_image *img;

	memcpy(m.memory.data + 0x200000, m.memory.data, 4096);
	memcpy(strstr((char *)m.text.data, "1056964608"), "1059061760", 10);
	img = open_path(machine_save(&m, "elsewhere", true), NULL);
	blob_free(&m.memory);
	blob_free(&m.text);
	if (!img)
		return;
	CHECK(!kl_image_info(img)->translation || strcmp(kl_image_info(img)->translation, "page tables"));
	kl_image_destroy(img);
}

/* Kernels before 4.10 export no phys_base; libkdumpfile finds it from the addresses in the ELF file's segments. */
static void test_old_kernel_by_the_library(void)
{
	struct machine m = x86_64(4);
	struct kl_image *img;
	struct elf_builder e;
	uint64_t vaddr = TEXT;
	char *number;

	map(&m, 0xffffc90000001000, DATA + 0x1000, 12);
	number = strstr((char *)m.text.data, "NUMBER(phys_base)");
	m.text.size = (size_t)(number - (char *)m.text.data);
	elf_begin(&e, EM_X86_64);
	elf_note(&e, "VMCOREINFO", 0, m.text.data, m.text.size);
	elf_load(&e, BASE, m.memory.data, ROOM, ROOM);
	blob_put(&e.file, sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_vaddr), &vaddr, sizeof(vaddr));
	img = open_path(elf_save(&e, "old"), NULL);
	blob_free(&m.memory);
	blob_free(&m.text);
	if (!img)
		return;
	CHECK_STR(kl_image_info(img)->translation, "libkdumpfile");
	TRANSLATES(img, TEXT + 0x123, BASE + 0x123);
	TRANSLATES(img, 0xffffc90000001010, DATA + 0x1010);
	UNMAPPED(img, 0xffffc90000002010);
	kl_image_destroy(img);
}

/* Three virtual pages in a row: scattered, and the last one not in the dump. */
static struct kl_image *open_scattered(void)
{
	struct machine m = x86_64(4);

	map(&m, 0xffffc90000001000, DATA + 0x5000, 12);
	map(&m, 0xffffc90000002000, DATA + 0x2000, 12);
	map(&m, 0xffffc90000003000, BASE + ROOM, 12);
	memcpy(m.memory.data + (DATA + 0x5ffc - BASE), "abcd", 4);
	memcpy(m.memory.data + (DATA + 0x2000 - BASE), "efgh\0", 5);
	memcpy(m.memory.data + (DATA + 0x2ff8 - BASE), "\1\2\3\4\5\6\7\10", 8);
	return machine_open(&m);
}

static void test_reads_across_pages(void)
{
	struct kl_image *img = open_scattered();
	char bytes[16] = "";
	uint64_t u64 = 0;

	if (!img)
		return;
	CHECK_OK(kl_image_read(img, 0xffffc90000001ffc, bytes, 8));
	CHECK_STR(bytes, "abcdefgh");
	CHECK_OK(kl_image_read_u64(img, 0xffffc90000002ff8, &u64));
	CHECK_INT(u64, 0x807060504030201);
	CHECK_ERROR(kl_image_read_u64(img, 0xffffc90000002ff9, &u64), KL_ERROR_MISSING);
	CHECK_ERROR(kl_image_read_u64(img, 0xffffc90000000ff9, &u64), KL_ERROR_NOT_FOUND);
	kl_image_destroy(img);
}

static void test_partial_reads(void)
{
	struct kl_image *img = open_scattered();
	static uint8_t bytes[5 * 4096];
	const uint8_t *peeked;
	size_t length;

	if (!img)
		return;
	memset(bytes, 0xee, sizeof(bytes));
	/* unmapped, two pages, missing, unmapped */
	CHECK_INT(kl_image_read_partial(img, 0xffffc90000000800, bytes, sizeof(bytes)), 8192);
	CHECK(bytes[0] == 0 && bytes[0x7ff] == 0 && bytes[0x800] == 5 && bytes[0x1800] == 'e');
	CHECK(bytes[0x2800] == 0 && bytes[sizeof(bytes) - 1] == 0);
	CHECK_INT(kl_image_missing(img)->missing, 1);
	/* over the end of the address space */
	CHECK_INT(kl_image_read_partial(img, UINT64_MAX - 10, bytes, 100), 0);
	peeked = kl_image_peek(img, 0xffffc90000001ffd, &length);
	CHECK(peeked && length == 3 && !memcmp(peeked, "bcd", 3));
	CHECK(!kl_image_peek(img, 0xffffc90000003000, &length));
	CHECK(!kl_image_peek(img, 0xffffc90000004000, &length));
	kl_image_destroy(img);
}

static void test_strings(void)
{
	struct kl_image *img = open_scattered();
	char *string = NULL;

	if (!img)
		return;
	CHECK_OK(kl_image_read_string(img, 0xffffc90000001ffd, 100, &string));
	CHECK_STR(string, "bcdefgh");
	free(string);
	CHECK_OK(kl_image_read_string(img, 0xffffc90000001ffd, 4, &string));
	CHECK_STR(string, "bcde");
	free(string);
	CHECK_OK(kl_image_read_string(img, 0xffffc90000001ffd, 0, &string));
	CHECK_STR(string, "");
	free(string);
	/* the end is in the missing page; within @max there is none */
	CHECK_ERROR(kl_image_read_string(img, 0xffffc90000002ff8, 100, &string), KL_ERROR_MISSING);
	CHECK_OK(kl_image_read_string(img, 0xffffc90000002ff8, 8, &string));
	CHECK_STR(string, "\1\2\3\4\5\6\7\10");
	free(string);
	kl_image_destroy(img);
}

int main(void)
{
	RUN(test_x86_64_four_levels);
	RUN(test_x86_64_five_levels);
	RUN(test_x86_64_memory_encryption);
	RUN(test_aarch64_4k);
	RUN(test_aarch64_39_bits);
	RUN(test_aarch64_64k_52_bits_on_48);
	RUN(test_aarch64_64k_52_bits);
	RUN(test_aarch64_16k);
	RUN(test_aarch64_lpa2);
	RUN(test_aarch64_lpa2_kernel_on_48);
	RUN(test_aarch64_16k_lpa2_kernel_on_47);
	RUN(test_table_not_in_the_dump);
	RUN(test_tables_in_a_circle);
	RUN(test_without_vmcoreinfo);
	RUN(test_wrong_root);
	RUN(test_root_that_is_elsewhere);
	RUN(test_old_kernel_by_the_library);
	RUN(test_reads_across_pages);
	RUN(test_partial_reads);
	RUN(test_strings);
	remove_scratch();
	return DONE();
}

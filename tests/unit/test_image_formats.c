/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is no dump is refused with its name; what is one, damaged, is refused or read as far as it goes. */
#include "image/image.h"

#include <fcntl.h>

#include "test_image_build.h"

static struct kl_error *open_path(const char *path)
{
	struct kl_image_options options = {.paths = &path, .n_paths = 1, .cache_dir = scratch()};
	struct kl_image *img = NULL;
	struct kl_error *err = kl_image_open(&options, &img);

	if (!err)
		kl_image_destroy(img);
	return err;
}

/* Opening @path fails with @code, and the message names the path and holds @words. */
static void refuses(const char *path, enum kl_error_code code, const char *words)
{
	struct kl_error *err = open_path(path);

	if (!err) {
		FAIL_("%s was opened", path);
		return;
	}
	if (kl_error_code(err) != code)
		FAIL_("code %d, expected %d: %s", kl_error_code(err), code, kl_error_message(err));
	if (!strstr(kl_error_message(err), words) || !strstr(kl_error_message(err), path) ||
	    strchr(kl_error_message(err), '\n'))
		FAIL_("no \"%s\" in: %s", words, kl_error_message(err));
	kl_error_destroy(err);
}

static void refuses_bytes(const void *bytes, size_t size, enum kl_error_code code, const char *words)
{
	struct blob b = {};

	blob_put(&b, 0, bytes, size);
	refuses(save(&b, "stranger"), code, words);
	blob_free(&b);
}

static void test_no_dumps(void)
{
	refuses(scratch_path("absent"), KL_ERROR_IO, "No such file");
	refuses(scratch(), KL_ERROR_FORMAT, "directory");
	refuses("/dev/null", KL_ERROR_FORMAT, "not a regular file");
	refuses_bytes("", 0, KL_ERROR_FORMAT, "empty");
	refuses_bytes("Hello, world.\n", 14, KL_ERROR_FORMAT, "text file");
	refuses_bytes("\1\2\3\4\5\6\7\10", 8, KL_ERROR_FORMAT, "not a crash dump");
	refuses_bytes("\x1f\x8b\10\0\0\0\0\0", 8, KL_ERROR_FORMAT, "gzip");
	refuses_bytes("\xfd"
		      "7zXZ\0\0\4",
		      8, KL_ERROR_FORMAT, "xz");
	refuses_bytes("LibvirtQemudSave\0\0\0\0", 20, KL_ERROR_FORMAT, "--memory-only");
	refuses_bytes("SQLite format 3\0", 16, KL_ERROR_FORMAT, "SQLite");
}

static void test_no_paths(void)
{
	struct kl_image_options options = {};
	struct kl_image *img;

	CHECK_ERROR(kl_image_open(&options, &img), KL_ERROR_USAGE);
}

static void test_a_fifo_does_not_block(void)
{
	const char *path = scratch_path("fifo");

	CHECK(!mkfifo(path, 0600));
	refuses(path, KL_ERROR_FORMAT, "not a regular file");
}

static void set_type(struct elf_builder *e, uint16_t type)
{
	blob_put(&e->file, offsetof(Elf64_Ehdr, e_type), &type, sizeof(type));
}

static void test_elf_files_that_are_no_dumps(void)
{
	struct elf_builder e;

	elf_begin(&e, EM_X86_64);
	set_type(&e, ET_EXEC);
	refuses(elf_save(&e, "vmlinux"), KL_ERROR_FORMAT, "executable");
	elf_begin(&e, EM_X86_64);
	set_type(&e, ET_REL);
	refuses(elf_save(&e, "module.ko"), KL_ERROR_FORMAT, "object file");
	elf_begin(&e, EM_S390);
	elf_load(&e, 0, NULL, 4096, 4096);
	refuses(elf_save(&e, "s390x"), KL_ERROR_UNSUPPORTED, "s390x");
	elf_begin(&e, EM_X86_64);
	e.file.data[EI_DATA] = ELFDATA2MSB;
	refuses(elf_save(&e, "big"), KL_ERROR_FORMAT, "type"); /* e_type swapped is nonsense */
	elf_begin(&e, EM_X86_64);
	elf_note(&e, "VMCOREINFO", 0, "OSRELEASE=6\n", 12);
	refuses(elf_save(&e, "hollow"), KL_ERROR_FORMAT, "without memory");
	refuses_bytes("\x7f"
		      "ELF\2\1\1",
		      7, KL_ERROR_CORRUPT, "ends inside the ELF header");
}

static void test_core_of_a_program(void)
{
	static const char words[16];
	struct elf_builder e;

	elf_begin(&e, EM_X86_64);
	elf_note(&e, "CORE", NT_AUXV, words, sizeof(words));
	elf_load(&e, 0x400000, NULL, 4096, 4096);
	refuses(elf_save(&e, "core"), KL_ERROR_FORMAT, "user program");
	/* the notes of /proc/kcore have a process too, and VMCOREINFO */
	elf_begin(&e, EM_X86_64);
	elf_note(&e, "CORE", NT_AUXV, words, sizeof(words));
	elf_note(&e, "VMCOREINFO", 0, "OSRELEASE=6\n", 12);
	elf_load(&e, 0x400000, NULL, 4096, 4096);
	CHECK_OK(open_path(elf_save(&e, "kcore")));
}

static void elf_with(size_t at, const void *bytes, size_t size, enum kl_error_code code, const char *words)
{
	struct elf_builder e;

	elf_begin(&e, EM_X86_64);
	elf_note(&e, "VMCOREINFO", 0, "OSRELEASE=6\n", 12);
	elf_load(&e, 0, NULL, 8192, 8192);
	elf_finish(&e);
	blob_put(&e.file, at, bytes, size);
	refuses(save(&e.file, "hostile"), code, words);
	blob_free(&e.file);
}

static void test_hostile_elf_headers(void)
{
	static const uint64_t far = 0x7ffffffffffff000, all = UINT64_MAX;
	static const uint16_t one = 1, many = 0xfffe, xnum = 0xffff;
	const size_t load = sizeof(Elf64_Ehdr);

	elf_with(offsetof(Elf64_Ehdr, e_phentsize), &one, 2, KL_ERROR_CORRUPT, "program headers of 1 bytes");
	elf_with(offsetof(Elf64_Ehdr, e_phnum), &many, 2, KL_ERROR_CORRUPT, "ends inside the ELF program headers");
	elf_with(offsetof(Elf64_Ehdr, e_phnum), &xnum, 2, KL_ERROR_FORMAT, "without memory");
	elf_with(offsetof(Elf64_Ehdr, e_shnum), &one, 2, KL_ERROR_CORRUPT, "section headers of 0 bytes");
	elf_with(offsetof(Elf64_Ehdr, e_shoff), &far, 8, KL_ERROR_CORRUPT, "section headers of 0 bytes");
	elf_with(offsetof(Elf64_Ehdr, e_phoff), &far, 8, KL_ERROR_CORRUPT, "ends inside the ELF program headers");
	elf_with(load + offsetof(Elf64_Phdr, p_memsz), &all, 8, KL_ERROR_CORRUPT, "impossible ELF segment");
	elf_with(load + offsetof(Elf64_Phdr, p_filesz), &all, 8, KL_ERROR_CORRUPT, "impossible ELF segment");
	elf_with(load + offsetof(Elf64_Phdr, p_offset), &all, 8, KL_ERROR_CORRUPT, "impossible ELF segment");
}

/* A segment, and section headers behind it as QEMU writes them: the second is the table of names. */
static const char *save_with_sections(uint16_t shnum, uint64_t in_first, uint32_t segments, const char *names,
				      uint64_t names_size)
{
	Elf64_Shdr headers[2] = {{.sh_size = in_first, .sh_info = segments}, {.sh_name = 1, .sh_size = names_size}};
	uint16_t entsize = sizeof(headers[0]), xnum = PN_XNUM, strings = 1;
	struct elf_builder e;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x42000, NULL, 4096, 4096);
	elf_finish(&e);
	headers[1].sh_offset = e.file.size + sizeof(headers);
	blob_u64(&e.file, offsetof(Elf64_Ehdr, e_shoff), e.file.size);
	blob_put(&e.file, offsetof(Elf64_Ehdr, e_shentsize), &entsize, 2);
	blob_put(&e.file, offsetof(Elf64_Ehdr, e_shnum), &shnum, 2);
	blob_put(&e.file, offsetof(Elf64_Ehdr, e_shstrndx), &strings, 2);
	blob_put(&e.file, offsetof(Elf64_Ehdr, e_phnum), &xnum, 2);
	blob_put(&e.file, e.file.size, headers, sizeof(headers));
	blob_put(&e.file, e.file.size, names, 12);
	return save_and_free(&e.file, "sections");
}

static void test_elf_sections(void)
{
	static const char names[12] = "\0.shstrtab", xen[12] = "\0.xen_pages", endless[12] = "xxxxxxxxxxxx";

	CHECK_OK(open_path(save_with_sections(2, 0, 1, names, 12)));
	CHECK_OK(open_path(save_with_sections(0, 2, 1, names, 12)));
	CHECK_OK(open_path(save_with_sections(1, 0, 1, names, 12)));
	refuses(save_with_sections(2, 0, 0xfffffff, names, 12), KL_ERROR_CORRUPT, "268435455 ELF program headers");
	refuses(save_with_sections(2, 0, 1, xen, 12), KL_ERROR_UNSUPPORTED, "Xen");
	refuses(save_with_sections(2, 0, 1, endless, 12), KL_ERROR_CORRUPT, "without an end");
	refuses(save_with_sections(2, 0, 1, names, 0), KL_ERROR_CORRUPT, "names of 0 bytes");
	refuses(save_with_sections(2, 0, 1, names, 13), KL_ERROR_CORRUPT, "ends inside the ELF section names");
	refuses(save_with_sections(2, 0, 1, names, UINT64_MAX), KL_ERROR_CORRUPT, "section names of");
	refuses(save_with_sections(100, 0, 1, names, 12), KL_ERROR_CORRUPT, "ends inside the ELF section headers");
	refuses(save_with_sections(0, 1 << 30, 1, names, 12), KL_ERROR_CORRUPT, "1073741824 ELF section headers");
}

static void test_hostile_elf_notes(void)
{
	Elf64_Phdr phdr = {.p_type = PT_NOTE, .p_offset = 0x100000, .p_filesz = 0x1000};
	struct elf_builder e;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0, NULL, 4096, 4096);
	elf_phdr(&e, &phdr);
	refuses(elf_save(&e, "notes-behind"), KL_ERROR_CORRUPT, "ends inside the ELF notes");
	phdr.p_filesz = (uint64_t)1 << 40;
	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0, NULL, 4096, 4096);
	elf_phdr(&e, &phdr);
	refuses(elf_save(&e, "notes-huge"), KL_ERROR_CORRUPT, "note segment of");
	/* a note that claims more than there is ends the list, no more */
	elf_begin(&e, EM_X86_64);
	elf_note(&e, "VMCOREINFO", 0, "OSRELEASE=6\n", 12);
	blob_u32(&e.file, ELF_NOTES_AT + 4, 0xfffffff0);
	elf_load(&e, 0, NULL, 4096, 4096);
	CHECK_OK(open_path(elf_save(&e, "notes-liar")));
}

static void kdump_with(size_t at, const void *bytes, size_t size, enum kl_error_code code, const char *words)
{
	struct kdump_builder k;
	char page[4096] = "";

	kdump_begin(&k, "x86_64", 64);
	kdump_page(&k, 3, page, sizeof(page), 0);
	blob_put(&k.file, at, bytes, size);
	refuses(kdump_save(&k, "hostile"), code, words);
}

static void test_hostile_kdump_headers(void)
{
	static const uint32_t zero = 0, odd = 5000, huge = 0x7fffffff, two_gib = 0x80000000, one = 1;
	static const uint64_t far = (uint64_t)1 << 60;

	kdump_with(272, "s390x\0", 6, KL_ERROR_UNSUPPORTED, "s390x");
	kdump_with(428, &zero, 4, KL_ERROR_CORRUPT, "impossible sizes");
	kdump_with(428, &odd, 4, KL_ERROR_CORRUPT, "impossible sizes");
	kdump_with(432, &huge, 4, KL_ERROR_CORRUPT, "impossible sizes");
	kdump_with(436, &two_gib, 4, KL_ERROR_CORRUPT, "impossible sizes");
	kdump_with(436, &huge, 4, KL_ERROR_CORRUPT, "ends inside the page bitmaps");
	kdump_with(KDUMP_BLOCK + 48, (uint64_t[]){far, 16}, 16, KL_ERROR_CORRUPT, "ends inside the notes");
	kdump_with(KDUMP_BLOCK + 48, (uint64_t[]){16, far}, 16, KL_ERROR_CORRUPT, "ends inside the notes");
	/* parts of a split set: empty and alone, and with an end before the beginning */
	kdump_with(KDUMP_BLOCK + 12, &one, 4, KL_ERROR_MISMATCH, "an empty part of a split set");
	kdump_with(KDUMP_BLOCK + 12, (uint32_t[21]){1, [17] = 32, [19] = 16}, 84, KL_ERROR_CORRUPT,
		   "without page frames");
}

static void test_cut_kdump_headers(void)
{
	static const size_t cuts[] = {8, 100, 463, 464, KDUMP_BLOCK + 50, KDUMP_RAM_AT, KDUMP_DUMPED_AT + 4};
	struct kdump_builder k;
	char page[4096] = "";

	kdump_begin(&k, "x86_64", 64);
	kdump_page(&k, 3, page, sizeof(page), 0);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++)
		refuses(save_part(&k.file, "cut", cuts[i]), KL_ERROR_CORRUPT, "the file ends inside");
	blob_free(&k.file);
}

static void test_library_facts(void)
{
	const char *names[KL_IMAGE_COMPRESSIONS_MAX];
	size_t n = kl_image_compressions(names);
	bool zlib = false;

	for (size_t i = 0; i < n; i++)
		zlib |= !strcmp(names[i], "zlib");
	CHECK(zlib); /* no distribution builds it without */
	CHECK(!strncmp(kl_image_library_version(), "0.", 2));
}

int main(void)
{
	RUN(test_no_dumps);
	RUN(test_no_paths);
	RUN(test_a_fifo_does_not_block);
	RUN(test_elf_files_that_are_no_dumps);
	RUN(test_core_of_a_program);
	RUN(test_hostile_elf_headers);
	RUN(test_elf_sections);
	RUN(test_hostile_elf_notes);
	RUN(test_hostile_kdump_headers);
	RUN(test_cut_kdump_headers);
	RUN(test_library_facts);
	remove_scratch();
	return DONE();
}

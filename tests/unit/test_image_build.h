/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_image_build.h: tiny dumps made byte by byte, for the tests of src/image.
 *
 * A `struct blob` is a file in memory that grows where it is written. Nothing here uses src/image: a shared mistake
 * would hide itself.
 */
#ifndef KL_TESTS_IMAGE_BUILD_H
#define KL_TESTS_IMAGE_BUILD_H

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define UNUSED __attribute__((unused))

struct blob {
	uint8_t *data;
	size_t size;
};

UNUSED static void blob_put(struct blob *b, size_t at, const void *bytes, size_t length)
{
	if (at + length > b->size) {
		b->data = realloc(b->data, at + length);
		if (!b->data)
			abort();
		memset(b->data + b->size, 0, at + length - b->size);
		b->size = at + length;
	}
	if (length)
		memcpy(b->data + at, bytes, length);
}

UNUSED static void blob_fill(struct blob *b, size_t at, int byte, size_t length)
{
	blob_put(b, at + length - 1, "", 1);
	memset(b->data + at, byte, length);
}

UNUSED static void blob_u32(struct blob *b, size_t at, uint32_t value)
{
	blob_put(b, at, &value, sizeof(value));
}

UNUSED static void blob_u64(struct blob *b, size_t at, uint64_t value)
{
	blob_put(b, at, &value, sizeof(value));
}

UNUSED static void blob_free(struct blob *b)
{
	free(b->data);
	*b = (struct blob){};
}

/* The directory of this test's files, made on first use. */
UNUSED static const char *scratch(void)
{
	static char dir[4096];
	const char *build = getenv("KLEAK_BUILD");

	if (!*dir) {
		snprintf(dir, sizeof(dir), "%s/image-test.XXXXXX", build ? build : "build");
		if (!mkdtemp(dir))
			abort();
	}
	return dir;
}

UNUSED static void remove_scratch(void)
{
	char command[4200];

	snprintf(command, sizeof(command), "rm -rf '%s'", scratch());
	if (system(command))
		printf("# cannot remove %s\n", scratch());
}

/* Paths live until the program ends. */
UNUSED static const char *scratch_path(const char *name)
{
	static char paths[64][4200];
	static unsigned int next;
	char *path = paths[next++ % 64];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch(), name);
	return path;
}

/* Writes the first @size bytes of @b; returns the path. */
UNUSED static const char *save_part(const struct blob *b, const char *name, size_t size)
{
	const char *path = scratch_path(name);
	FILE *f = fopen(path, "w");

	if (!f || (size && fwrite(b->data, 1, size, f) != size) || fclose(f))
		abort();
	return path;
}

UNUSED static const char *save(const struct blob *b, const char *name)
{
	return save_part(b, name, b->size);
}

UNUSED static const char *save_and_free(struct blob *b, const char *name)
{
	const char *path = save(b, name);

	blob_free(b);
	return path;
}

/* --- ELF --- */

#define ELF_NOTES_AT 0x1000 /* room for 71 program headers before it */
#define ELF_DATA_AT 0x4000

struct elf_builder {
	struct blob file;
	size_t notes_end;
	size_t data_end;
	unsigned int segments;
};

UNUSED static void elf_begin(struct elf_builder *e, uint16_t machine)
{
	Elf64_Ehdr ehdr = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			   .e_type = ET_CORE,
			   .e_machine = machine,
			   .e_version = EV_CURRENT,
			   .e_phoff = sizeof(ehdr),
			   .e_ehsize = sizeof(ehdr),
			   .e_phentsize = sizeof(Elf64_Phdr)};

	*e = (struct elf_builder){.notes_end = ELF_NOTES_AT, .data_end = ELF_DATA_AT};
	blob_put(&e->file, 0, &ehdr, sizeof(ehdr));
}

UNUSED static void elf_phdr(struct elf_builder *e, const Elf64_Phdr *phdr)
{
	uint16_t count = (uint16_t)(e->segments + 1);

	blob_put(&e->file, sizeof(Elf64_Ehdr) + e->segments++ * sizeof(*phdr), phdr, sizeof(*phdr));
	blob_put(&e->file, offsetof(Elf64_Ehdr, e_phnum), &count, sizeof(count));
}

/* Physical memory from @pa on: @memsz bytes, of which the first @filesz are in the file and equal to @bytes (or are
 * counted through by page frame, where @bytes is NULL). Returns the file offset. */
static size_t UNUSED elf_load(struct elf_builder *e, uint64_t pa, const void *bytes, size_t filesz, size_t memsz)
{
	size_t at = e->data_end;
	Elf64_Phdr phdr = {.p_type = PT_LOAD, .p_offset = at, .p_paddr = pa, .p_filesz = filesz, .p_memsz = memsz};

	elf_phdr(e, &phdr);
	if (filesz)
		blob_fill(&e->file, at, 0, filesz);
	for (size_t i = 0; i < filesz; i++)
		e->file.data[at + i] = bytes ? ((const uint8_t *)bytes)[i] : (uint8_t)((pa + i) >> 12);
	e->data_end += filesz;
	return at;
}

UNUSED static void elf_note(struct elf_builder *e, const char *name, uint32_t type, const void *desc, size_t size)
{
	Elf64_Nhdr nhdr = {.n_namesz = (uint32_t)strlen(name) + 1, .n_descsz = (uint32_t)size, .n_type = type};
	size_t at = e->notes_end;

	blob_put(&e->file, at, &nhdr, sizeof(nhdr));
	at += sizeof(nhdr);
	blob_put(&e->file, at, name, strlen(name) + 1);
	at += (strlen(name) + 4) & ~(size_t)3;
	blob_put(&e->file, at, desc, size);
	e->notes_end = at + ((size + 3) & ~(size_t)3);
}

/* The headers are complete after this: what is to be wrong with them is written then. */
UNUSED static void elf_finish(struct elf_builder *e)
{
	Elf64_Phdr phdr = {.p_type = PT_NOTE, .p_offset = ELF_NOTES_AT, .p_filesz = e->notes_end - ELF_NOTES_AT};

	if (phdr.p_filesz)
		elf_phdr(e, &phdr);
	if (e->notes_end > ELF_DATA_AT)
		abort();
}

UNUSED static const char *elf_save(struct elf_builder *e, const char *name)
{
	const char *path;

	elf_finish(e);
	path = save(&e->file, name);
	blob_free(&e->file);
	return path;
}

/* --- kdump-compressed --- */

#define KDUMP_BLOCK 4096u
#define KDUMP_PFNS (KDUMP_BLOCK * 8) /* one bitmap block of each kind */
#define KDUMP_RAM_AT (2 * KDUMP_BLOCK)
#define KDUMP_DUMPED_AT (3 * KDUMP_BLOCK)
#define KDUMP_DESCS_AT (4 * KDUMP_BLOCK)
#define KDUMP_DATA_AT (16 * KDUMP_BLOCK)

struct kdump_builder {
	struct blob file;
	size_t data_end;
	unsigned int descs;
};

UNUSED static void kdump_begin(struct kdump_builder *k, const char *machine, uint32_t max_mapnr)
{
	*k = (struct kdump_builder){.data_end = KDUMP_DATA_AT};
	blob_fill(&k->file, 0, 0, KDUMP_DATA_AT);
	blob_put(&k->file, 0, "KDUMP   ", 8);
	blob_u32(&k->file, 8, 6);                          /* header version */
	blob_put(&k->file, 272, machine, strlen(machine)); /* utsname.machine */
	blob_u64(&k->file, 408, 1700000000);               /* time */
	blob_u32(&k->file, 428, KDUMP_BLOCK);
	blob_u32(&k->file, 432, 1); /* sub header blocks */
	blob_u32(&k->file, 436, 2); /* bitmap blocks */
	blob_u32(&k->file, 440, max_mapnr);
	blob_u64(&k->file, KDUMP_BLOCK + 96, max_mapnr);
}

UNUSED static void kdump_ram(struct kdump_builder *k, uint32_t pfn)
{
	k->file.data[KDUMP_RAM_AT + pfn / 8] |= (uint8_t)(1 << pfn % 8);
}

/* Page frames must be added in ascending order. */
UNUSED static void kdump_desc(struct kdump_builder *k, uint32_t pfn, uint64_t offset, uint32_t size, uint32_t flags)
{
	size_t at = KDUMP_DESCS_AT + 24 * (size_t)k->descs++;

	kdump_ram(k, pfn);
	k->file.data[KDUMP_DUMPED_AT + pfn / 8] |= (uint8_t)(1 << pfn % 8);
	blob_u64(&k->file, at, offset);
	blob_u32(&k->file, at + 8, size);
	blob_u32(&k->file, at + 12, flags);
}

UNUSED static void kdump_page(struct kdump_builder *k, uint32_t pfn, const void *bytes, uint32_t size, uint32_t flags)
{
	kdump_desc(k, pfn, k->data_end, size, flags);
	blob_put(&k->file, k->data_end, bytes, size);
	k->data_end += size;
	blob_u32(&k->file, 424, (flags ? flags : 0)); /* status */
}

UNUSED static const char *kdump_save(struct kdump_builder *k, const char *name)
{
	const char *path = save(&k->file, name);

	blob_free(&k->file);
	return path;
}

/* --- flattened --- */

UNUSED static void flat_begin(struct blob *b)
{
	blob_fill(b, 0, 0, 4096);
	blob_put(b, 0, "makedumpfile", 12);
	blob_put(b, 16, "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16); /* type, version */
}

UNUSED static void flat_record_header(struct blob *b, uint64_t offset, uint64_t size)
{
	offset = __builtin_bswap64(offset);
	size = __builtin_bswap64(size);
	blob_put(b, b->size, &offset, 8);
	blob_put(b, b->size, &size, 8);
}

UNUSED static void flat_record(struct blob *b, uint64_t offset, const void *bytes, size_t size)
{
	flat_record_header(b, offset, size);
	blob_put(b, b->size, bytes, size);
}

UNUSED static void flat_end(struct blob *b)
{
	flat_record_header(b, UINT64_MAX, UINT64_MAX);
}

#endif

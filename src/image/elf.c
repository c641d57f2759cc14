/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/elf.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/file.h"
#include "util/cleanup.h"

#define PHYSICAL_MAX ((uint64_t)1 << 52) /* of both architectures */
#define PHDRS_MAX (1u << 20)             /* a makedumpfile ELF file of a terabyte has some ten thousand */
#define SECTIONS_MAX 1024
#define SECTION_NAMES_MAX (1u << 20)
#define NOTES_MAX (256u << 20) /* notes grow with the number of CPUs: some 500 bytes each */

static const struct {
	uint16_t machine;
	const char *name;
} other_machines[] = {
	{EM_386, "32-bit x86"},       {EM_ARM, "32-bit Arm"}, {EM_PPC, "32-bit PowerPC"},  {EM_PPC64, "ppc64"},
	{EM_S390, "s390x"},           {EM_RISCV, "RISC-V"},   {EM_LOONGARCH, "LoongArch"}, {EM_IA_64, "Itanium"},
	{EM_SPARCV9, "64-bit SPARC"}, {EM_MIPS, "MIPS"},
};

static struct kl_error *check_elf_machine(const Elf64_Ehdr *ehdr, enum kl_arch *ret)
{
	uint16_t machine = ehdr->e_ident[EI_DATA] == ELFDATA2MSB ? be16toh(ehdr->e_machine) : le16toh(ehdr->e_machine);

	for (size_t i = 0; i < sizeof(other_machines) / sizeof(*other_machines); i++)
		if (machine == other_machines[i].machine)
			return kl_error_create(KL_ERROR_UNSUPPORTED,
					       "ELF core dump of a %s machine; only x86_64 and aarch64 are supported",
					       other_machines[i].name);
	if ((machine != EM_X86_64 && machine != EM_AARCH64) || ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_ident[EI_DATA] != ELFDATA2LSB)
		return kl_error_create(KL_ERROR_UNSUPPORTED,
				       "ELF core dump of machine type %u (class %u, byte order %u); only x86_64 and "
				       "aarch64 are supported",
				       machine, ehdr->e_ident[EI_CLASS], ehdr->e_ident[EI_DATA]);
	*ret = machine == EM_X86_64 ? KL_ARCH_X86_64 : KL_ARCH_AARCH64;
	return NULL;
}

static struct kl_error *check_elf_type(const Elf64_Ehdr *ehdr)
{
	uint16_t type = ehdr->e_ident[EI_DATA] == ELFDATA2MSB ? be16toh(ehdr->e_type) : le16toh(ehdr->e_type);

	switch (type) {
	case ET_CORE:
		return NULL;
	case ET_EXEC:
	case ET_DYN:
		return kl_error_create(KL_ERROR_FORMAT, "an ELF executable, not a dump (is it the vmlinux?)");
	case ET_REL:
		return kl_error_create(KL_ERROR_FORMAT, "an ELF object file, not a dump (is it a kernel module?)");
	default:
		return kl_error_create(KL_ERROR_FORMAT, "an ELF file of type %u, not a dump", type);
	}
}

/* Section headers serve no purpose in a dump of Linux: QEMU writes two (the second is their string table), and with
 * 65535 or more segments the first holds their count (PN_XNUM). But libkdumpfile 0.5.1 follows whatever they say, sizes
 * of zero and names without an end included, since in Xen's dumps they are what counts. */
struct sections {
	Elf64_Shdr *headers;
	uint64_t count;
};

static void free_sections(struct sections *s)
{
	free(s->headers);
}

static struct kl_error *read_elf_sections(int fd, const Elf64_Ehdr *ehdr, struct sections *ret)
{
	uint64_t offset = le64toh(ehdr->e_shoff);
	struct kl_error *err;
	Elf64_Shdr first;

	ret->count = le16toh(ehdr->e_shnum);
	if (!ret->count && !offset)
		return NULL;
	if (le16toh(ehdr->e_shentsize) != sizeof(first))
		return kl_error_create(KL_ERROR_CORRUPT, "ELF section headers of %u bytes", le16toh(ehdr->e_shentsize));
	err = kl_file_read_exact(fd, &first, sizeof(first), offset, "the ELF section headers");
	if (err)
		return err;
	if (!ret->count)
		ret->count = le64toh(first.sh_size);
	if (ret->count > SECTIONS_MAX)
		return kl_error_create(KL_ERROR_CORRUPT, "%" PRIu64 " ELF section headers", ret->count);
	ret->headers = calloc(ret->count ? ret->count : 1, sizeof(first));
	if (!ret->headers)
		return kl_error_nomem();
	return kl_file_read_exact(fd, ret->headers, ret->count * sizeof(first), offset, "the ELF section headers");
}

/* @nameless: the file ends before its section names do. */
static struct kl_error *check_section_names(int fd, const Elf64_Ehdr *ehdr, const struct sections *s,
					    uint64_t file_size, bool *nameless)
{
	uint16_t index = le16toh(ehdr->e_shstrndx);
	_cleanup_free_ char *names = NULL;
	struct kl_error *err;
	uint64_t size, offset;

	if (!s->headers || !index || index >= s->count)
		return NULL;
	size = le64toh(s->headers[index].sh_size);
	offset = le64toh(s->headers[index].sh_offset);
	if (!size || size > SECTION_NAMES_MAX)
		return kl_error_create(KL_ERROR_CORRUPT, "ELF section names of %" PRIu64 " bytes", size);
	*nameless = offset >= file_size || size > file_size - offset;
	if (*nameless)
		return NULL;
	names = malloc(size);
	if (!names)
		return kl_error_nomem();
	err = kl_file_read_exact(fd, names, size, offset, "the ELF section names");
	if (err)
		return err;
	if (names[size - 1])
		return kl_error_create(KL_ERROR_CORRUPT, "ELF section names without an end");
	for (uint64_t i = 0; i < s->count; i++) {
		uint32_t name = le32toh(s->headers[i].sh_name);

		if (name < size && (!strncmp(names + name, ".xen", 4) || !strcmp(names + name, ".note.Xen")))
			return kl_error_create(KL_ERROR_UNSUPPORTED, "a dump of a Xen guest, which is not supported");
	}
	return NULL;
}

static struct kl_error *count_segments(int fd, const Elf64_Ehdr *ehdr, uint64_t file_size, bool *nameless,
				       uint32_t *ret)
{
	_cleanup_(free_sections) struct sections sections = {};
	struct kl_error *err = read_elf_sections(fd, ehdr, &sections);

	if (!err)
		err = check_section_names(fd, ehdr, &sections, file_size, nameless);
	if (err)
		return err;
	*ret = le16toh(ehdr->e_phnum);
	if (*ret == PN_XNUM)
		*ret = sections.headers ? le32toh(sections.headers[0].sh_info) : 0;
	if (le16toh(ehdr->e_phentsize) != sizeof(Elf64_Phdr) || *ret > PHDRS_MAX)
		return kl_error_create(KL_ERROR_CORRUPT, "%" PRIu32 " ELF program headers of %u bytes", *ret,
				       le16toh(ehdr->e_phentsize));
	return NULL;
}

/* What the notes say about who wrote the file. */
struct origin {
	bool vmcoreinfo; /* a Linux kernel */
	bool process;    /* a user program: only processes have an auxiliary vector, mapped files, a signal */
};

static void scan_notes(const char *notes, size_t length, struct origin *origin)
{
	size_t at = 0;

	while (length - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr nhdr;
		size_t name, next;

		memcpy(&nhdr, notes + at, sizeof(nhdr));
		name = at + sizeof(nhdr);
		/* two 32-bit sizes cannot overflow a size_t of 64 bits */
		next = name + (((size_t)le32toh(nhdr.n_namesz) + 3) & ~(size_t)3) +
		       (((size_t)le32toh(nhdr.n_descsz) + 3) & ~(size_t)3);
		if (next > length)
			break;
		if (le32toh(nhdr.n_namesz) >= 10 && !memcmp(notes + name, "VMCOREINFO", 10))
			origin->vmcoreinfo = true;
		if (le32toh(nhdr.n_namesz) >= 4 && !memcmp(notes + name, "CORE", 4) &&
		    (le32toh(nhdr.n_type) == NT_AUXV || le32toh(nhdr.n_type) == NT_FILE ||
		     le32toh(nhdr.n_type) == NT_SIGINFO))
			origin->process = true;
		at = next;
	}
}

static struct kl_error *read_notes(int fd, uint64_t offset, uint64_t size, struct origin *origin)
{
	_cleanup_free_ char *notes = NULL;
	struct kl_error *err;

	if (size > NOTES_MAX)
		return kl_error_create(KL_ERROR_CORRUPT, "an ELF note segment of %" PRIu64 " bytes", size);
	notes = malloc(size ? size : 1);
	if (!notes)
		return kl_error_nomem();
	err = kl_file_read_exact(fd, notes, size, offset, "the ELF notes");
	if (!err)
		scan_notes(notes, size, origin);
	return err;
}

static struct kl_error *add_segment(struct kl_elf *e, const Elf64_Phdr *phdr, uint64_t file_size)
{
	uint64_t start = le64toh(phdr->p_paddr), offset = le64toh(phdr->p_offset), filesz = le64toh(phdr->p_filesz);
	uint64_t memsz = le64toh(phdr->p_memsz), end, present_end, in_file;

	/* /proc/kcore describes vmalloc space as segments without a physical address (all ones) */
	if (start == UINT64_MAX)
		return NULL;
	if (memsz < filesz)
		memsz = filesz;
	if (__builtin_add_overflow(start, memsz, &end) || end > PHYSICAL_MAX || offset > INT64_MAX)
		return kl_error_create(KL_ERROR_CORRUPT, "an impossible ELF segment at physical %#" PRIx64, start);
	present_end = start + filesz;
	if (offset >= file_size || filesz > file_size - offset) {
		/* A page of which only the beginning was written is not there. The page size is not known yet on
		 * aarch64: the largest one decides. */
		uint64_t mask = e->arch == KL_ARCH_AARCH64 ? 0xffff : 0xfff;

		in_file = offset >= file_size ? 0 : file_size - offset;
		present_end = (start + in_file) & ~mask;
		e->truncated |= filesz > 0;
	}
	if (!kl_ranges_add(&e->memory, start, end, start) || !kl_ranges_add(&e->present, start, present_end, offset))
		return kl_error_nomem();
	return NULL;
}

static struct kl_error *read_segments(int fd, const Elf64_Ehdr *ehdr, uint64_t file_size, struct kl_elf *e)
{
	_cleanup_free_ Elf64_Phdr *phdrs = NULL;
	struct origin origin = {};
	struct kl_error *err;
	uint32_t count;

	err = count_segments(fd, ehdr, file_size, &e->nameless, &count);
	if (err)
		return err;
	phdrs = calloc(count ? count : 1, sizeof(*phdrs));
	if (!phdrs)
		return kl_error_nomem();
	err = kl_file_read_exact(fd, phdrs, count * sizeof(*phdrs), le64toh(ehdr->e_phoff), "the ELF program headers");
	for (uint32_t i = 0; !err && i < count; i++) {
		if (le32toh(phdrs[i].p_type) == PT_NOTE)
			err = read_notes(fd, le64toh(phdrs[i].p_offset), le64toh(phdrs[i].p_filesz), &origin);
		else if (le32toh(phdrs[i].p_type) == PT_LOAD)
			err = add_segment(e, &phdrs[i], file_size);
	}
	if (err)
		return err;
	if (origin.process && !origin.vmcoreinfo)
		return kl_error_create(KL_ERROR_FORMAT, "the core dump of a user program, not of a kernel");
	kl_ranges_normalize(&e->memory);
	kl_ranges_normalize(&e->present);
	if (!e->memory.ranges.count)
		return kl_error_create(KL_ERROR_FORMAT, "an ELF core file without memory segments");
	return NULL;
}

struct kl_error *kl_elf_open(int fd, uint64_t file_size, bool live, struct kl_elf *ret)
{
	struct kl_error *err;
	Elf64_Ehdr ehdr;

	memset(ret, 0, sizeof(*ret));
	err = kl_file_read_exact(fd, &ehdr, sizeof(ehdr), 0, "the ELF header");
	if (!err)
		err = check_elf_type(&ehdr);
	if (!err)
		err = check_elf_machine(&ehdr, &ret->arch);
	if (!err)
		err = read_segments(fd, &ehdr, live ? UINT64_MAX : file_size, ret);
	if (err)
		kl_elf_deinit(ret);
	return err;
}

static struct kl_error *copy_range(int from, int to, uint64_t offset, uint64_t size, const char *what)
{
	_cleanup_free_ char *bytes = NULL;
	struct kl_error *err;

	if (size > NOTES_MAX)
		return kl_error_create(KL_ERROR_CORRUPT, "%s of %" PRIu64 " bytes", what, size);
	bytes = malloc(size ? size : 1);
	if (!bytes)
		return kl_error_nomem();
	err = kl_file_read_exact(from, bytes, size, offset, what);
	if (!err && kl_file_write(to, bytes, size, offset))
		err = kl_error_from_errno(errno, "cannot copy %s", what);
	return err;
}

static struct kl_error *copy_headers(int from, int to)
{
	struct kl_error *err;
	Elf64_Ehdr ehdr;
	uint16_t i;

	err = kl_file_read_exact(from, &ehdr, sizeof(ehdr), 0, "the ELF header");
	if (err)
		return err;
	if (le16toh(ehdr.e_phnum) == PN_XNUM)
		return kl_error_create(KL_ERROR_CORRUPT,
				       "the file ends inside the ELF section names, and has 65535 or more segments");
	err = copy_range(from, to, le64toh(ehdr.e_phoff), le16toh(ehdr.e_phnum) * sizeof(Elf64_Phdr),
			 "the ELF program headers");
	for (i = 0; !err && i < le16toh(ehdr.e_phnum); i++) {
		Elf64_Phdr phdr;

		err = kl_file_read_exact(from, &phdr, sizeof(phdr), le64toh(ehdr.e_phoff) + i * sizeof(phdr),
					 "the ELF program headers");
		if (!err && le32toh(phdr.p_type) == PT_NOTE)
			err = copy_range(from, to, le64toh(phdr.p_offset), le64toh(phdr.p_filesz), "the ELF notes");
	}
	ehdr.e_shoff = 0;
	ehdr.e_shnum = ehdr.e_shstrndx = 0;
	if (!err && kl_file_write(to, &ehdr, sizeof(ehdr), 0))
		err = kl_error_from_errno(errno, "cannot copy the ELF header");
	return err;
}

struct kl_error *kl_elf_without_sections(int fd, int *ret)
{
	int copy = memfd_create("ELF headers", MFD_CLOEXEC);
	struct kl_error *err;

	if (copy < 0)
		return kl_error_from_errno(errno, "cannot copy the ELF headers");
	err = copy_headers(fd, copy);
	if (err)
		close(copy);
	else
		*ret = copy;
	return err;
}

void kl_elf_deinit(struct kl_elf *e)
{
	kl_ranges_deinit(&e->memory);
	kl_ranges_deinit(&e->present);
}

bool kl_elf_page_present(const struct kl_elf *e, uint64_t start, uint64_t size)
{
	const struct kl_range *range = kl_ranges_find(&e->present, start);

	return range && (range->start <= start || range->start - start < size);
}

bool kl_elf_page_offset(const struct kl_elf *e, uint64_t start, uint64_t size, uint64_t *ret)
{
	const struct kl_range *range = kl_ranges_find(&e->present, start);

	if (!range || range->start > start || range->end - start < size)
		return false;
	*ret = range->offset + (start - range->start);
	return true;
}

/* Where a page is only partly RAM (firmware tables end anywhere), the rest of it reads as zeroes. */
enum kl_page_state kl_elf_page(const struct kl_elf *e, int fd, uint64_t start, uint8_t *buffer, size_t size)
{
	const struct kl_range *range = kl_ranges_find(&e->present, start);
	const struct kl_range *past;
	enum kl_page_state state = KL_PAGE_MISSING;
	uint64_t at = start, end = start + (size - 1); /* inclusive: the last page of all must not wrap */

	if (!range || (range->start > start || range->end <= end))
		memset(buffer, 0, size);
	if (!range)
		return KL_PAGE_MISSING;
	past = e->present.ranges.data + e->present.ranges.count;
	for (; range < past && range->start <= end; range++) {
		uint64_t last = range->end - 1 < end ? range->end - 1 : end;
		ssize_t n;

		if (range->start > at)
			at = range->start;
		n = kl_file_read(fd, buffer + (at - start), last - at + 1, range->offset + (at - range->start));
		if (n < 0 || (uint64_t)n != last - at + 1)
			return n < 0 ? KL_PAGE_CORRUPT : KL_PAGE_MISSING;
		state = KL_PAGE_PRESENT;
		if (last == end)
			break;
		at = last + 1;
	}
	return state;
}

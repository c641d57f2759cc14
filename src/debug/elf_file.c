/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debug/unpack.h"
#include "util/strbuf.h"

static struct kl_error *elf_damaged(const char *what)
{
	int code = elf_errno();
	const char *reason = code ? elf_errmsg(code) : NULL;

	return kl_error_create(KL_ERROR_FORMAT, "damaged or truncated ELF file: %s%s%s", what, reason ? ": " : "",
			       reason ? reason : "");
}

static struct kl_error *read_elf_header(struct kl_elf_file *file)
{
	GElf_Ehdr header;
	const char *ident;

	if (elf_kind(file->elf) != ELF_K_ELF)
		return kl_error_create(KL_ERROR_FORMAT, "not an ELF file");
	ident = elf_getident(file->elf, NULL);
	if (!ident || ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "not a 64-bit little-endian ELF file");
	if (!gelf_getehdr(file->elf, &header))
		return elf_damaged("header");
	if (header.e_type == ET_CORE)
		return kl_error_create(KL_ERROR_FORMAT, "a core dump, not a file with debug information");
	file->machine = header.e_machine;
	file->relocatable = header.e_type == ET_REL;
	return NULL;
}

static struct kl_error *read_section_header(struct kl_elf_file *file, Elf_Scn *scn, size_t names,
					    struct kl_elf_section *ret)
{
	GElf_Shdr header;
	const char *name;

	if (!gelf_getshdr(scn, &header))
		return elf_damaged("section header");
	name = elf_strptr(file->elf, names, header.sh_name);
	*ret = (struct kl_elf_section){
		.name = name ? name : "",
		.address = header.sh_addr,
		.size = header.sh_size,
		.flags = header.sh_flags,
		.type = header.sh_type,
		.link = header.sh_link,
		.info = header.sh_info,
		.alignment = header.sh_addralign,
		.scn = scn,
	};
	return NULL;
}

static struct kl_error *read_section_headers(struct kl_elf_file *file)
{
	size_t count, names, i;
	struct kl_error *err;

	if (elf_getshdrnum(file->elf, &count) || elf_getshdrstrndx(file->elf, &names))
		return elf_damaged("section headers");
	if (!count)
		return kl_error_create(KL_ERROR_FORMAT, "an ELF file without sections, or a truncated one");
	file->sections = calloc(count, sizeof(*file->sections));
	if (!file->sections)
		return kl_error_nomem();
	file->section_count = count;
	file->sections[0].name = "";
	for (i = 1; i < count; i++) {
		Elf_Scn *scn = elf_getscn(file->elf, i);

		if (!scn)
			return elf_damaged("section header");
		err = read_section_header(file, scn, names, &file->sections[i]);
		if (err)
			return err;
	}
	return NULL;
}

/* The first part of a module, its text as the kernel puts it together (kernel/module/main.c, layout_sections()). */
static bool is_core_text(const struct kl_elf_section *s)
{
	return (s->flags & SHF_EXECINSTR) && strncmp(s->name, ".init", 5);
}

/* A module's sections have no addresses yet. Text comes first, so that an offset into the module's text is
 * usually the address here as well. */
static struct kl_error *place_sections(struct kl_elf_file *file)
{
	uint64_t next = 0;
	int text;
	size_t i;

	for (text = 1; text >= 0; text--) {
		for (i = 1; i < file->section_count; i++) {
			struct kl_elf_section *s = &file->sections[i];
			uint64_t align = s->alignment ? s->alignment : 1;

			if (!(s->flags & SHF_ALLOC) || is_core_text(s) != text)
				continue;
			if ((align & (align - 1)) || align > UINT64_C(1) << 30 ||
			    __builtin_add_overflow(next, align - 1, &next))
				return kl_error_create(KL_ERROR_CORRUPT, "section %s has an impossible alignment",
						       s->name);
			s->address = next & ~(align - 1);
			if (__builtin_add_overflow(s->address, s->size, &next))
				return kl_error_create(KL_ERROR_CORRUPT, "section %s has an impossible size", s->name);
		}
	}
	return NULL;
}

struct kl_error *kl_elf_note_build_id(Elf_Data *notes, char **ret)
{
	_cleanup_strbuf_ struct kl_strbuf hex = {};
	size_t offset = 0, name, desc, i;
	GElf_Nhdr note;

	while (notes && !*ret && (offset = gelf_getnote(notes, offset, &note, &name, &desc)) > 0) {
		const uint8_t *bytes = notes->d_buf;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 || memcmp(bytes + name, "GNU", 4) ||
		    !note.n_descsz || note.n_descsz > 64)
			continue;
		for (i = 0; i < note.n_descsz; i++)
			kl_strbuf_printf(&hex, "%02x", bytes[desc + i]);
		*ret = kl_strbuf_take(&hex);
		if (!*ret)
			return kl_error_nomem();
	}
	return NULL;
}

static struct kl_error *find_build_id(struct kl_elf_file *file)
{
	struct kl_error *err = NULL;
	size_t i;

	for (i = 1; i < file->section_count && !file->build_id && !err; i++)
		if (file->sections[i].type == SHT_NOTE)
			err = kl_elf_note_build_id(elf_getdata(file->sections[i].scn, NULL), &file->build_id);
	return err;
}

static struct kl_error *open_unpacked(struct kl_elf_file *file)
{
	struct kl_error *err;
	struct stat st;
	int plain;

	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang */
	if (file->fd < 0 || fstat(file->fd, &st))
		return kl_error_from_errno(errno, "cannot open");
	if (!S_ISREG(st.st_mode))
		return kl_error_create(KL_ERROR_FORMAT, "not a regular file");
	err = kl_unpack_file(file->fd, file->bounds, UINT64_MAX, &plain);
	if (err)
		return err;
	if (plain >= 0) {
		close(file->fd);
		file->fd = plain;
	}
	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	return file->elf ? NULL : elf_damaged("header");
}

struct kl_error *kl_elf_file_open(const char *path, const struct kl_debug_bounds *bounds, struct kl_elf_file **ret)
{
	_cleanup_(kl_elf_file_closep) struct kl_elf_file *file = calloc(1, sizeof(*file));
	struct kl_error *err;

	if (!file)
		return kl_error_nomem();
	file->fd = -1;
	file->bounds = bounds;
	file->path = strdup(path);
	if (!file->path)
		return kl_error_nomem();
	err = open_unpacked(file);
	if (!err)
		err = read_elf_header(file);
	if (!err)
		err = read_section_headers(file);
	if (!err && file->relocatable)
		err = place_sections(file);
	if (!err)
		err = find_build_id(file);
	if (err)
		return kl_error_prepend(err, "%s", path);
	*ret = kl_take(file);
	return NULL;
}

void kl_elf_file_close(struct kl_elf_file *file)
{
	size_t i;

	if (!file)
		return;
	for (i = 0; i < file->section_count; i++)
		free(file->sections[i].owned);
	free(file->sections);
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
	free(file->build_id);
	free(file->path);
	free(file);
}

struct kl_elf_section *kl_elf_file_find(const struct kl_elf_file *file, const char *name)
{
	size_t i;

	for (i = 1; i < file->section_count; i++)
		if (!strcmp(file->sections[i].name, name))
			return &file->sections[i];
	return NULL;
}

struct kl_error *kl_elf_file_load(struct kl_elf_file *file, struct kl_elf_section *section)
{
	struct kl_error *err = NULL;
	Elf_Data *raw;

	if (section->data || section->type == SHT_NOBITS || section->type == SHT_NULL)
		return NULL;
	raw = elf_rawdata(section->scn, NULL);
	if (!raw || (!raw->d_buf && raw->d_size))
		return kl_error_prepend(elf_damaged("contents"), "section %s", section->name);
	section->data = raw->d_buf;
	section->data_size = raw->d_size;
	if (!raw->d_size)
		return NULL;
	err = kl_elf_section_unpack(section, file->bounds);
	if (!err && file->relocatable)
		err = kl_elf_section_relocate(file->sections, file->section_count, file->machine, section);
	if (err) {
		section->data = NULL;
		section->data_size = 0;
	}
	return kl_error_prepend(err, "section %s", section->name);
}

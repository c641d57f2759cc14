/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/elf_section.h"

#include <elf.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "debug/unpack.h"
#include "util/bytes.h"

#ifndef ELFCOMPRESS_ZSTD /* glibc 2.37 */
#define ELFCOMPRESS_ZSTD 2
#endif

static struct kl_error *inflate_zlib(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size)
{
	z_stream z = {.next_in = (Bytef *)in, .next_out = out};
	size_t in_left = in_size, out_left = out_size;
	int r = inflateInit(&z);

	if (r != Z_OK)
		return kl_error_nomem();
	do { /* zlib counts in 32 bits, sections need not */
		uInt in_step = in_left < INT32_MAX ? (uInt)in_left : INT32_MAX;
		uInt out_step = out_left < INT32_MAX ? (uInt)out_left : INT32_MAX;

		z.avail_in = in_step;
		z.avail_out = out_step;
		r = inflate(&z, Z_NO_FLUSH);
		in_left -= in_step - z.avail_in;
		out_left -= out_step - z.avail_out;
	} while (r == Z_OK && in_left);
	inflateEnd(&z);
	if (r != Z_STREAM_END || out_left)
		return kl_error_create(KL_ERROR_CORRUPT, "damaged zlib data");
	return NULL;
}

static struct kl_error *inflate_zstd(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size)
{
	size_t n = ZSTD_decompress(out, out_size, in, in_size);

	if (ZSTD_isError(n) || n != out_size)
		return kl_error_create(KL_ERROR_CORRUPT, "damaged zstd data");
	return NULL;
}

static struct kl_error *replace_by_unpacked(struct kl_elf_section *section, size_t skip, uint64_t size,
					    const struct kl_debug_bounds *bounds,
					    struct kl_error *(*inflater)(const uint8_t *, size_t, uint8_t *, size_t))
{
	_cleanup_free_ uint8_t *out = NULL;
	struct kl_error *err;

	if (size > kl_unpack_bound(section->data_size, bounds))
		return kl_unpack_too_large(section->data_size, bounds);
	out = malloc(size ? size : 1);
	if (!out)
		return kl_error_nomem();
	err = inflater(section->data + skip, section->data_size - skip, out, size);
	if (err)
		return err;
	section->owned = kl_take(out);
	section->data = section->owned;
	section->data_size = size;
	return NULL;
}

/* Before SHF_COMPRESSED (binutils 2.26) the section was renamed and began with "ZLIB" and its size, big-endian. */
static struct kl_error *unpack_zdebug(struct kl_elf_section *section, const struct kl_debug_bounds *bounds)
{
	uint64_t size;

	if (section->data_size < 12 || memcmp(section->data, "ZLIB", 4))
		return kl_error_create(KL_ERROR_CORRUPT, "no ZLIB header");
	memcpy(&size, section->data + 4, sizeof(size));
	return replace_by_unpacked(section, 12, be64toh(size), bounds, inflate_zlib);
}

struct kl_error *kl_elf_section_unpack(struct kl_elf_section *section, const struct kl_debug_bounds *bounds)
{
	uint64_t size;

	if (!strncmp(section->name, ".zdebug", 7))
		return unpack_zdebug(section, bounds);
	if (!(section->flags & SHF_COMPRESSED))
		return NULL;
	if (section->data_size < sizeof(Elf64_Chdr))
		return kl_error_create(KL_ERROR_CORRUPT, "no compression header");
	size = kl_get_u64(section->data + offsetof(Elf64_Chdr, ch_size));
	switch (kl_get_u32(section->data)) {
	case ELFCOMPRESS_ZLIB:
		return replace_by_unpacked(section, sizeof(Elf64_Chdr), size, bounds, inflate_zlib);
	case ELFCOMPRESS_ZSTD:
		return replace_by_unpacked(section, sizeof(Elf64_Chdr), size, bounds, inflate_zstd);
	default:
		return kl_error_create(KL_ERROR_UNSUPPORTED, "compressed in a way that is not known; unpack it with "
							     "`objcopy --decompress-debug-sections`");
	}
}

/* Bytes that an absolute relocation writes; 0 for one that writes nothing, -1 for an unknown one. */
static int relocation_width(uint16_t machine, uint32_t type)
{
	switch (machine) {
	case EM_X86_64:
		switch (type) {
		case R_X86_64_NONE:
			return 0;
		case R_X86_64_32:
		case R_X86_64_32S:
			return 4;
		case R_X86_64_64:
			return 8;
		}
		break;
	case EM_AARCH64:
		switch (type) {
		case R_AARCH64_NONE:
			return 0;
		case R_AARCH64_ABS32:
			return 4;
		case R_AARCH64_ABS64:
			return 8;
		}
		break;
	}
	return -1;
}

/* Where a relocatable file's relocations find what they need. */
struct relocation_context {
	const struct kl_elf_section *all;
	size_t count;
	uint16_t machine;
};

/* The address of symbol @index in the layout that elf_file.c gave the sections. */
static bool symbol_address(const struct relocation_context *c, Elf_Data *symbols, uint32_t index, uint64_t *ret)
{
	GElf_Sym symbol;

	if (!symbols || index > INT32_MAX || !gelf_getsym(symbols, (int)index, &symbol))
		return false;
	*ret = symbol.st_value;
	if (symbol.st_shndx < SHN_LORESERVE && symbol.st_shndx < c->count)
		*ret += c->all[symbol.st_shndx].address;
	return true;
}

static struct kl_error *apply_relocations(const struct relocation_context *c, const struct kl_elf_section *rela,
					  struct kl_elf_section *section)
{
	Elf_Data *entries = elf_getdata(rela->scn, NULL);
	Elf_Data *symbols = rela->link && rela->link < c->count ? elf_getdata(c->all[rela->link].scn, NULL) : NULL;
	size_t i, count = entries ? entries->d_size / sizeof(Elf64_Rela) : 0;

	for (i = 0; i < count && i <= INT32_MAX; i++) {
		uint64_t value;
		GElf_Rela r;
		int width;

		if (!gelf_getrela(entries, (int)i, &r))
			return kl_error_create(KL_ERROR_CORRUPT, "damaged relocations");
		width = relocation_width(c->machine, (uint32_t)GELF_R_TYPE(r.r_info));
		if (width < 0)
			return kl_error_create(KL_ERROR_UNSUPPORTED, "relocation type %u of machine %u is not known",
					       (unsigned int)GELF_R_TYPE(r.r_info), c->machine);
		if (!width)
			continue;
		if (!symbol_address(c, symbols, (uint32_t)GELF_R_SYM(r.r_info), &value) ||
		    r.r_offset > section->data_size || section->data_size - r.r_offset < (uint64_t)width)
			return kl_error_create(KL_ERROR_CORRUPT, "a relocation points outside");
		value = htole64(value + (uint64_t)r.r_addend);
		memcpy(section->owned + r.r_offset, &value, (size_t)width);
	}
	return NULL;
}

struct kl_error *kl_elf_section_relocate(const struct kl_elf_section *all, size_t count, uint16_t machine,
					 struct kl_elf_section *section)
{
	const struct relocation_context context = {all, count, machine};
	size_t i, self = (size_t)(section - all);
	struct kl_error *err = NULL;

	for (i = 1; i < count && !err; i++) {
		const struct kl_elf_section *rela = &all[i];

		if (rela->type != SHT_RELA || rela->info != self)
			continue;
		if (!section->owned) {
			section->owned = malloc(section->data_size);
			if (!section->owned)
				return kl_error_nomem();
			memcpy(section->owned, section->data, section->data_size);
			section->data = section->owned;
		}
		err = apply_relocations(&context, rela, section);
	}
	return err;
}

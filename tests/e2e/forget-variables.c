/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forget-variables: make the kernel of a dump look as if it had been built without CONFIG_KALLSYMS_ALL.
 *
 * usage: forget-variables [--old] VMCORE
 * The ELF dump is changed in place: of the symbols in its kallsyms those stay that scripts/kallsyms keeps then, which
 * is what lies in a text section and, since 6.9, what is called __start_* or __stop_* (--old: not these). Everything
 * else is as the kernel left it, so the dump of a real kernel shows what is left to find its variables by.
 * VMCOREINFO has to say where the tables are (6.0). */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "image/image.h"
#include "kernel/kernel.h"
#include "kernel/machine/kallsyms.h"
#include "util/bytes.h"

#define NAMES_MAX ((size_t)64 << 20)

static struct kl_error *read_exactly(void *context, uint64_t address, void *buffer, size_t length)
{
	return kl_image_read(context, address, buffer, length);
}

static size_t read_some(void *context, uint64_t address, void *buffer, size_t length)
{
	return kl_image_read_partial(context, address, buffer, length);
}

/* ---- writing into the dump ---- */

struct dump {
	struct kl_image *image;
	int fd;
	size_t page;
	Elf64_Phdr segments[4096];
	size_t n;
};

static bool read_segments(struct dump *d)
{
	Elf64_Ehdr header;

	if (pread(d->fd, &header, sizeof(header), 0) != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    header.e_phnum > 4096)
		return false;
	d->n = header.e_phnum;
	return pread(d->fd, d->segments, d->n * sizeof(*d->segments), (off_t)header.e_phoff) ==
	       (ssize_t)(d->n * sizeof(*d->segments));
}

static bool write_page(struct dump *d, uint64_t physical, const void *bytes, size_t length)
{
	for (size_t i = 0; i < d->n; i++) {
		const Elf64_Phdr *p = &d->segments[i];

		if (p->p_type == PT_LOAD && physical >= p->p_paddr && physical - p->p_paddr < p->p_filesz)
			return pwrite(d->fd, bytes, length, (off_t)(p->p_offset + (physical - p->p_paddr))) ==
			       (ssize_t)length;
	}
	return false;
}

static bool write_bytes(struct dump *d, uint64_t address, const void *bytes, size_t length)
{
	while (length) {
		size_t part = d->page - address % d->page;
		uint64_t physical;
		struct kl_error *err = kl_image_translate(d->image, address, &physical);

		if (part > length)
			part = length;
		if (err || !write_page(d, physical, bytes, part)) {
			kl_error_destroy(err);
			return false;
		}
		address += part;
		bytes = (const char *)bytes + part;
		length -= part;
	}
	return true;
}

/* ---- the tables ---- */

struct bounds {
	uint64_t stext, etext, sinittext, einittext;
};

static uint64_t address_of(const struct kl_kallsyms *ks, const char *name)
{
	struct kl_ksym symbol;
	char type;

	for (size_t i = 0; i < kl_kallsyms_count(ks); i++)
		if (kl_kallsyms_get(ks, i, &type, &symbol) && !strcmp(symbol.name, name))
			return symbol.start;
	return 0;
}

static bool stays(const struct bounds *b, const struct kl_ksym *symbol, bool old)
{
	if (!old && (!strncmp(symbol->name, "__start_", 8) || !strncmp(symbol->name, "__stop_", 7)))
		return true;
	return (symbol->start >= b->stext && symbol->start <= b->etext) ||
	       (symbol->start >= b->sinittext && symbol->start <= b->einittext);
}

/* Writes the names and addresses of what stays over those of all. */
static bool forget(struct dump *d, const struct kl_kallsyms *ks, bool old)
{
	struct bounds b = {address_of(ks, "_stext"), address_of(ks, "_etext"), address_of(ks, "_sinittext"),
			   address_of(ks, "_einittext")};
	uint64_t names, offsets, num_syms, base;
	uint8_t *before = malloc(NAMES_MAX), *after = malloc(NAMES_MAX), *entries = malloc(4 * kl_kallsyms_count(ks));
	struct kl_kallsyms_names table = {.names = before, .names_length = NAMES_MAX};
	size_t at = 0, begin, end, length = 0, i;
	struct kl_ksym symbol;
	uint32_t kept = 0, place;
	char type;
	bool done;

	if (!kl_image_vmcoreinfo_symbol(d->image, "kallsyms_names", &names) ||
	    !kl_image_vmcoreinfo_symbol(d->image, "kallsyms_offsets", &offsets) ||
	    !kl_image_vmcoreinfo_symbol(d->image, "kallsyms_num_syms", &num_syms) || !before || !after || !entries)
		return false;
	kl_image_read_partial(d->image, names, before, NAMES_MAX);
	for (i = 0; i < kl_kallsyms_count(ks); i++, at = end) {
		if (!kl_kallsyms_bounds(&table, at, &begin, &end))
			return false;
		if (!kl_kallsyms_get(ks, i, &type, &symbol) || !stays(&b, &symbol, old))
			continue;
		memcpy(after + length, before + at, end - at);
		length += end - at;
		place = htole32((uint32_t)(symbol.start - (offsets + 4 * (uint64_t)kept)));
		memcpy(entries + 4 * (size_t)kept, &place, sizeof(place));
		if (kl_image_vmcoreinfo_symbol(d->image, "kallsyms_relative_base", &base)) {
			struct kl_error *err = kl_image_read(d->image, offsets + 4 * i, entries + 4 * (size_t)kept, 4);

			if (err)
				return false;
		}
		kept++;
	}
	done = kept && write_bytes(d, names, after, length) && write_bytes(d, offsets, entries, 4 * (size_t)kept) &&
	       write_bytes(d, num_syms, &kept, sizeof(kept));
	printf("%zu symbols, %" PRIu32 " left\n", kl_kallsyms_count(ks), kept);
	free(before);
	free(after);
	free(entries);
	return done;
}

int main(int argc, char **argv)
{
	bool old = argc == 3 && !strcmp(argv[1], "--old");
	const char *const paths[] = {argv[argc - 1]};
	static struct dump dump;
	static struct kl_kernel kernel;
	struct kl_kallsyms *ks = NULL;
	struct kl_error *err;

	if (argc != 2 + old)
		return 2;
	err = kl_image_open(&(struct kl_image_options){.paths = paths, .n_paths = 1}, &dump.image);
	if (!err) {
		kernel.image = dump.image;
		kernel.arch = kl_image_info(dump.image)->arch;
		kernel.page_shift = kl_image_info(dump.image)->page_shift;
		kernel.memory = (struct kl_kernel_access){read_exactly, read_some, dump.image};
		dump.page = (size_t)1 << kernel.page_shift;
		err = kl_kallsyms_load(&kernel, &ks);
	}
	dump.fd = open(paths[0], O_RDWR | O_CLOEXEC);
	if (err || dump.fd < 0 || !read_segments(&dump) || !forget(&dump, ks, old)) {
		fprintf(stderr, "forget-variables: %s: %s\n", paths[0],
			err ? kl_error_message(err) : "not as expected");
		return 1;
	}
	kl_kallsyms_destroy(ks);
	kl_image_destroy(dump.image);
	close(dump.fd);
	return 0;
}

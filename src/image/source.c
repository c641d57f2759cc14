/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define LIBRARY_CACHE_PAGES 16
#define PROC_SUPER_MAGIC 0x9fa0

static struct kl_error *open_file(const char *path, struct kl_image_info *info, int *ret, uint64_t *size)
{
	struct statfs fs;
	struct stat st;

	*ret = open(path, O_RDONLY | O_CLOEXEC);
	if (*ret < 0)
		return kl_error_from_errno(errno, "cannot open");
	if (fstat(*ret, &st) || fstatfs(*ret, &fs))
		return kl_error_from_errno(errno, "cannot stat");
	if (S_ISDIR(st.st_mode))
		return kl_error_create(KL_ERROR_FORMAT, "a directory, not a dump");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return kl_error_create(KL_ERROR_FORMAT, "not a regular file; save the dump to a file first");
	*size = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode)) {
		off_t end = lseek(*ret, 0, SEEK_END);

		if (end < 0)
			return kl_error_from_errno(errno, "cannot find its size");
		*size = (uint64_t)end;
	}
	info->live |= fs.f_type == PROC_SUPER_MAGIC;
	info->file_size += *size;
	if (st.st_mtime > info->mtime)
		info->mtime = st.st_mtime;
	return NULL;
}

static struct kl_error *add_file(struct kl_source *s, const char *path, struct kl_image_info *info)
{
	enum kl_format format;
	struct kl_error *err;
	uint64_t size;
	int *fd = &s->fds[s->n_fds++];

	err = open_file(path, info, fd, &size);
	if (!err)
		err = kl_format_recognise(*fd, &format);
	if (err)
		return err;
	if (s->n_fds > 1 && (format != s->format || format != KL_FORMAT_KDUMP))
		return kl_error_create(KL_ERROR_USAGE, "only kdump-compressed dumps can be split over several files");
	s->format = format;
	switch (format) {
	case KL_FORMAT_ELF:
		return kl_elf_read(*fd, size, info->live, &s->elf);
	case KL_FORMAT_KDUMP:
		return kl_kdump_add(&s->kdump, *fd, size);
	default:
		return NULL;
	}
}

static struct kl_error *library_error(kdump_ctx_t *ctx, kdump_status status)
{
	const char *message = kdump_get_err(ctx);
	enum kl_error_code code = KL_ERROR_CORRUPT;

	if (status == KDUMP_ERR_SYSTEM)
		code = KL_ERROR_IO;
	else if (status == KDUMP_ERR_NOTIMPL)
		code = KL_ERROR_UNSUPPORTED;
	return kl_error_create(code, "libkdumpfile: %s", message ? message : kdump_strerror(status));
}

static struct kl_error *open_library(struct kl_source *s, const char *arch)
{
	kdump_status status = KDUMP_OK;

	s->ctx = kdump_new();
	if (!s->ctx)
		return kl_error_nomem();
	if (arch)
		status = kdump_set_string_attr(s->ctx, KDUMP_ATTR_ARCH_NAME, arch);
	if (status == KDUMP_OK)
		status = kdump_set_number_attr(s->ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	if (status == KDUMP_OK)
		status = kdump_open_fdset(s->ctx, (unsigned int)s->n_fds, s->fds);
	if (status == KDUMP_OK)
		status = kdump_set_number_attr(s->ctx, "cache.size", LIBRARY_CACHE_PAGES);
	return status == KDUMP_OK ? NULL : library_error(s->ctx, status);
}

static struct kl_error *find_arch(struct kl_source *s, enum kl_arch *ret)
{
	const char *name = "unknown";

	kdump_get_string_attr(s->ctx, KDUMP_ATTR_ARCH_NAME, &name);
	for (int i = KL_ARCH_X86_64; i <= KL_ARCH_AARCH64; i++)
		if (!strcmp(name, kl_arch_name((enum kl_arch)i))) {
			*ret = (enum kl_arch)i;
			return NULL;
		}
	return kl_error_create(KL_ERROR_UNSUPPORTED,
			       "a dump of architecture '%s'; only x86_64 and aarch64 are supported", name);
}

/* Every page in a library bitmap, which is asked in pieces. */
static uint64_t count_pages(kdump_ctx_t *ctx, const char *key, uint64_t max_pfn)
{
	unsigned char bits[8192];
	kdump_attr_t attr = {.type = KDUMP_BITMAP};
	uint64_t n = 0;

	if (kdump_get_typed_attr(ctx, key, &attr) != KDUMP_OK)
		return 0;
	for (uint64_t pfn = 0; pfn < max_pfn; pfn += 8 * sizeof(bits)) {
		uint64_t last = pfn + 8 * sizeof(bits) - 1;

		memset(bits, 0, sizeof(bits));
		if (kdump_bmp_get_bits(attr.val.bitmap, pfn, last < max_pfn ? last : max_pfn - 1, bits) != KDUMP_OK)
			break;
		for (size_t i = 0; i < sizeof(bits); i++)
			n += (uint64_t)__builtin_popcount(bits[i]);
	}
	return n;
}

static struct kl_error *describe_elf(struct kl_source *s, struct kl_image_info *info)
{
	kdump_num_t shift;

	/* from VMCOREINFO's PAGESIZE where it varies */
	if (kdump_get_number_attr(s->ctx, KDUMP_ATTR_PAGE_SHIFT, &shift) != KDUMP_OK || shift < 12 || shift > 16)
		shift = 12;
	info->page_shift = (unsigned int)shift;
	info->max_pfn = ((kl_ranges_end(&s->elf.memory) - 1) >> shift) + 1;
	info->pages_total = kl_ranges_pages(&s->elf.memory, info->page_shift);
	info->pages_present = kl_ranges_pages(&s->elf.present, info->page_shift);
	info->truncated = s->elf.truncated;
	snprintf(info->format, sizeof(info->format), "%s", info->live ? "live memory (/proc/kcore)" : "ELF core dump");
	return NULL;
}

static struct kl_error *describe_kdump(struct kl_source *s, struct kl_image_info *info)
{
	info->page_shift = s->kdump.page_shift;
	info->max_pfn = s->kdump.max_pfn;
	info->pages_total = s->kdump.pages_total;
	info->pages_present = s->kdump.pages_present;
	info->truncated = s->kdump.truncated;
	info->crash_time = s->kdump.crash_time;
	snprintf(info->format, sizeof(info->format), "kdump-compressed (%s)",
		 kl_kdump_compression(s->kdump.compression));
	if (s->n_fds > 1)
		snprintf(info->format + strlen(info->format), sizeof(info->format) - strlen(info->format),
			 ", split over %zu files", s->n_fds);
	return NULL;
}

static struct kl_error *describe_other(struct kl_source *s, struct kl_image_info *info)
{
	kdump_num_t shift, max_pfn;
	const char *name = "unknown";

	if (kdump_get_number_attr(s->ctx, KDUMP_ATTR_PAGE_SHIFT, &shift) != KDUMP_OK || shift < 12 || shift > 16 ||
	    kdump_get_number_attr(s->ctx, "max_pfn", &max_pfn) != KDUMP_OK)
		return kl_error_create(KL_ERROR_CORRUPT, "no page size in the dump");
	info->page_shift = (unsigned int)shift;
	info->max_pfn = max_pfn;
	info->pages_total = count_pages(s->ctx, KDUMP_ATTR_MEMORY_PAGEMAP, max_pfn);
	info->pages_present = count_pages(s->ctx, KDUMP_ATTR_FILE_PAGEMAP, max_pfn);
	kdump_get_string_attr(s->ctx, "file.description", &name);
	snprintf(info->format, sizeof(info->format), "%s", name);
	return NULL;
}

static struct kl_error *open_dump(struct kl_source *s, struct kl_image_info *info)
{
	const char *arch = NULL;
	struct kl_error *err;

	if (s->format == KL_FORMAT_KDUMP) {
		err = kl_kdump_finish(&s->kdump);
		if (err)
			return err;
		arch = kl_arch_name(s->kdump.arch);
	} else if (s->format == KL_FORMAT_ELF) {
		arch = kl_arch_name(s->elf.arch);
	}
	err = open_library(s, arch);
	if (!err)
		err = find_arch(s, &info->arch);
	if (err)
		return err;
	switch (s->format) {
	case KL_FORMAT_ELF:
		err = describe_elf(s, info);
		break;
	case KL_FORMAT_KDUMP:
		err = describe_kdump(s, info);
		break;
	default:
		err = describe_other(s, info);
	}
	s->page_shift = info->page_shift;
	info->page_size = (size_t)1 << info->page_shift;
	return err;
}

struct kl_error *kl_source_open(const struct kl_image_options *options, struct kl_image_info *info,
				struct kl_source *ret)
{
	struct kl_error *err;

	memset(ret, 0, sizeof(*ret));
	if (!options->n_paths)
		return kl_error_create(KL_ERROR_USAGE, "no dump given");
	ret->fds = malloc(options->n_paths * sizeof(*ret->fds));
	if (!ret->fds)
		return kl_error_nomem();
	for (size_t i = 0; i < options->n_paths; i++) {
		err = add_file(ret, options->paths[i], info);
		if (err)
			return kl_error_prepend(err, "%s", options->paths[i]);
	}
	return kl_error_prepend(open_dump(ret, info), "%s", options->paths[0]);
}

void kl_source_close(struct kl_source *s)
{
	if (s->ctx)
		kdump_free(s->ctx);
	for (size_t i = 0; i < s->n_fds; i++)
		if (s->fds[i] >= 0)
			close(s->fds[i]);
	free(s->fds);
	kl_elf_deinit(&s->elf);
	kl_kdump_deinit(&s->kdump);
	memset(s, 0, sizeof(*s));
}

static enum kl_page_state look_up(struct kl_source *s, uint64_t pfn)
{
	if (pfn > UINT64_MAX >> s->page_shift)
		return KL_PAGE_MISSING;
	switch (s->format) {
	case KL_FORMAT_ELF: {
		uint64_t start = pfn << s->page_shift, last = start + (((uint64_t)1 << s->page_shift) - 1);

		return kl_ranges_touch(&s->elf.present, start, last) ? KL_PAGE_PRESENT : KL_PAGE_MISSING;
	}
	case KL_FORMAT_KDUMP:
		switch (kl_kdump_page(&s->kdump, pfn)) {
		case KL_KDUMP_PAGE_PRESENT:
			return KL_PAGE_PRESENT;
		case KL_KDUMP_PAGE_DAMAGED:
			return KL_PAGE_CORRUPT;
		default:
			return KL_PAGE_MISSING;
		}
	default:
		return KL_PAGE_PRESENT;
	}
}

enum kl_page_state kl_source_page(struct kl_source *s, uint64_t pfn, uint8_t *buffer)
{
	enum kl_page_state state = look_up(s, pfn);
	size_t length = (size_t)1 << s->page_shift;

	if (state != KL_PAGE_PRESENT)
		return state;
	switch (kdump_read(s->ctx, KDUMP_MACHPHYSADDR, pfn << s->page_shift, buffer, &length)) {
	case KDUMP_OK:
		return KL_PAGE_PRESENT;
	case KDUMP_ERR_NODATA:
		return KL_PAGE_MISSING;
	default:
		return KL_PAGE_CORRUPT;
	}
}

bool kl_source_present(struct kl_source *s, uint64_t pfn)
{
	kdump_attr_t attr = {.type = KDUMP_BITMAP};
	unsigned char bit = 0;

	if (s->format != KL_FORMAT_OTHER)
		return look_up(s, pfn) == KL_PAGE_PRESENT;
	return kdump_get_typed_attr(s->ctx, KDUMP_ATTR_FILE_PAGEMAP, &attr) == KDUMP_OK &&
	       kdump_bmp_get_bits(attr.val.bitmap, pfn, pfn, &bit) == KDUMP_OK && (bit & 1);
}

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

#include "image/flatten.h"
#include "image/library.h"

/* libkdumpfile compares the keys of its page cache one by one, so that more pages make it slower: a random read of a
 * zlib dump takes 7.9 us at 16 pages, 15 us at the default 1,024, and 375 us at 65,536. The cache that serves hits is
 * ours (cache.h). */
#define LIBRARY_CACHE_PAGES 16
#define PROC_SUPER_MAGIC 0x9fa0

/* Where a mapping can fail after it was made. FUSE and 9p count too: nobody knows what serves them. */
static bool is_remote_filesystem(long type)
{
	switch ((uint32_t)type) {
	case 0x00006969: /* NFS */
	case 0x0000517b: /* SMB */
	case 0xff534d42: /* CIFS */
	case 0xfe534d42: /* SMB2 */
	case 0x65735546: /* FUSE */
	case 0x00c36400: /* Ceph */
	case 0x01021997: /* 9p */
	case 0x5346414f: /* AFS */
		return true;
	default:
		return false;
	}
}

static struct kl_error *size_of_file(int fd, const struct stat *st, uint64_t *ret)
{
	off_t end = st->st_size;

	if (S_ISBLK(st->st_mode))
		end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return kl_error_from_errno(errno, "cannot find its size");
	*ret = (uint64_t)end;
	return NULL;
}

static struct kl_error *open_dump_file(struct kl_source *s, const char *path, struct kl_image_info *info, int *ret,
				       uint64_t *size)
{
	struct kl_error *err;
	struct statfs fs;
	struct stat st;

	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a fifo would block forever */
	if (*ret < 0)
		return kl_error_from_errno(errno, "cannot open");
	if (fstat(*ret, &st) || fstatfs(*ret, &fs))
		return kl_error_from_errno(errno, "cannot stat");
	if (S_ISDIR(st.st_mode))
		return kl_error_create(KL_ERROR_FORMAT, "a directory, not a dump");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return kl_error_create(KL_ERROR_FORMAT, "not a regular file; save the dump to a file first");
	err = size_of_file(*ret, &st, size);
	if (err)
		return err;
	info->live |= (uint32_t)fs.f_type == PROC_SUPER_MAGIC;
	s->mappable = !info->live && !is_remote_filesystem((long)fs.f_type) && (s->mappable || s->n_fds == 1);
	info->file_size += *size;
	if (st.st_mtime > info->mtime)
		info->mtime = st.st_mtime;
	return NULL;
}

/* Replaces *fd by the ordered form of the stream in it. */
static struct kl_error *put_stream_in_order(struct kl_source *s, const struct kl_image_options *options,
					    const char *path, int *fd, uint64_t *size, enum kl_format *format)
{
	struct kl_error *err;
	struct stat st;
	int ordered = -1;

	s->flattened = true;
	err = kl_flatten_open(*fd, path, options->cache_dir, options->progress, &ordered);
	if (err)
		return err;
	close(*fd);
	*fd = ordered;
	if (fstat(ordered, &st))
		return kl_error_from_errno(errno, "cannot stat");
	*size = (uint64_t)st.st_size;
	err = kl_format_recognize(ordered, format);
	if (!err && *format != KL_FORMAT_ELF && *format != KL_FORMAT_KDUMP)
		err = kl_error_create(KL_ERROR_FORMAT, "neither ELF nor kdump-compressed");
	return kl_error_prepend(err, "flattened dump");
}

static struct kl_error *add_dump_file(struct kl_source *s, const struct kl_image_options *options, const char *path,
				      struct kl_image_info *info)
{
	int *fd = &s->fds[s->n_fds++];
	enum kl_format format = KL_FORMAT_OTHER;
	struct kl_error *err;
	uint64_t size = 0;

	err = open_dump_file(s, path, info, fd, &size);
	if (!err)
		err = kl_format_recognize(*fd, &format);
	if (!err && format == KL_FORMAT_FLATTENED)
		err = put_stream_in_order(s, options, path, fd, &size, &format);
	if (err)
		return err;
	if (s->n_fds > 1 && (format != s->format || format != KL_FORMAT_KDUMP))
		return kl_error_create(KL_ERROR_USAGE, "only kdump-compressed dumps can be split over several files");
	s->format = format;
	switch (format) {
	case KL_FORMAT_ELF:
		return kl_elf_open(*fd, size, info->live, &s->elf);
	case KL_FORMAT_KDUMP:
		return kl_kdump_add(&s->kdump, path, *fd, size);
	default:
		return NULL;
	}
}

static struct kl_error *library_error(const struct kl_source *s, kdump_status status)
{
	const char *message = kdump_get_err(s->ctx);
	enum kl_error_code code = KL_ERROR_CORRUPT;

	/* what neither this program nor the library recognizes */
	if (s->format == KL_FORMAT_OTHER && status == KDUMP_ERR_NOTIMPL)
		return kl_error_create(KL_ERROR_FORMAT, "not a crash dump of a known format");
	if (status == KDUMP_ERR_SYSTEM)
		code = KL_ERROR_IO;
	else if (status == KDUMP_ERR_NOTIMPL)
		code = KL_ERROR_UNSUPPORTED;
	return kl_error_create(code, "libkdumpfile: %s", message ? message : kdump_strerror(status));
}

/* The files that the library reads. @ret: room for all of them. */
static unsigned int choose_library_files(const struct kl_source *s, int *ret)
{
	if (s->format == KL_FORMAT_KDUMP)
		return kl_kdump_fds(&s->kdump, ret);
	memcpy(ret, s->headers < 0 ? s->fds : &s->headers, sizeof(*ret));
	return 1;
}

static bool library_reads_pages(const struct kl_source *s)
{
	return s->format == KL_FORMAT_KDUMP && !(s->inflate && kl_inflate_knows(s->kdump.compression));
}

static struct kl_error *open_library(struct kl_source *s, const char *arch)
{
	_cleanup_free_ int *files = malloc(s->n_fds * sizeof(*files));
	kdump_status status = KDUMP_OK;

	s->ctx = kdump_new();
	if (!s->ctx || !files)
		return kl_error_nomem();
	if (arch)
		status = kdump_set_string_attr(s->ctx, KDUMP_ATTR_ARCH_NAME, arch);
	if (status == KDUMP_OK)
		status = kdump_set_number_attr(s->ctx, KDUMP_ATTR_FILE_MMAP_POLICY,
					       s->mappable && library_reads_pages(s) ? KDUMP_MMAP_TRY
										     : KDUMP_MMAP_NEVER);
	if (status == KDUMP_OK)
		status = kdump_open_fdset(s->ctx, choose_library_files(s, files), files);
	if (status == KDUMP_OK)
		status = kdump_set_number_attr(s->ctx, "cache.size", LIBRARY_CACHE_PAGES);
	return status == KDUMP_OK ? NULL : library_error(s, status);
}

static struct kl_error *find_library_arch(struct kl_source *s, enum kl_arch *ret)
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
static uint64_t count_library_pages(kdump_ctx_t *ctx, const char *key, uint64_t max_pfn)
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

/* On aarch64 ELF headers do not tell the page size. */
static unsigned int elf_page_shift(const struct kl_source *s, const struct kl_vmcoreinfo *vmcoreinfo)
{
	const char *size = kl_vmcoreinfo_string(vmcoreinfo, "PAGESIZE");

	if (s->elf.arch == KL_ARCH_AARCH64 && size && !strcmp(size, "65536"))
		return 16;
	if (s->elf.arch == KL_ARCH_AARCH64 && size && !strcmp(size, "16384"))
		return 14;
	return 12;
}

static void describe_elf(struct kl_source *s, const struct kl_vmcoreinfo *vmcoreinfo, struct kl_image_info *info)
{
	info->page_shift = elf_page_shift(s, vmcoreinfo);
	info->max_pfn = ((kl_ranges_end(&s->elf.memory) - 1) >> info->page_shift) + 1;
	info->pages_total = kl_ranges_pages(&s->elf.memory, info->page_shift);
	info->pages_present = kl_ranges_pages(&s->elf.present, info->page_shift);
	info->truncated = s->elf.truncated;
	snprintf(info->format, sizeof(info->format), "%s%s", s->flattened ? "flattened " : "",
		 info->live ? "live memory" : "ELF core dump");
}

static void describe_kdump(struct kl_source *s, struct kl_image_info *info)
{
	char split[48] = "";

	info->page_shift = s->kdump.page_shift;
	info->max_pfn = s->kdump.max_pfn;
	info->pages_total = s->kdump.pages_total;
	info->pages_present = s->kdump.pages_present;
	info->truncated = s->kdump.truncated;
	info->crash_time = s->kdump.crash_time;
	info->dump_level = s->kdump.dump_level;
	if (s->n_fds > 1)
		snprintf(split, sizeof(split), ", split over %zu files", s->n_fds);
	snprintf(info->format, sizeof(info->format), "%skdump-compressed (%s)%s", s->flattened ? "flattened " : "",
		 kl_library_compression_name(s->kdump.compression), split);
}

static struct kl_error *describe_library_format(struct kl_source *s, struct kl_image_info *info)
{
	kdump_num_t shift, max_pfn;
	const char *name = "unknown";

	if (kdump_get_number_attr(s->ctx, KDUMP_ATTR_PAGE_SHIFT, &shift) != KDUMP_OK || shift < 12 || shift > 16 ||
	    kdump_get_number_attr(s->ctx, "max_pfn", &max_pfn) != KDUMP_OK)
		return kl_error_create(KL_ERROR_CORRUPT, "no page size in the dump");
	info->page_shift = (unsigned int)shift;
	info->max_pfn = max_pfn;
	info->pages_total = count_library_pages(s->ctx, KDUMP_ATTR_MEMORY_PAGEMAP, max_pfn);
	info->pages_present = count_library_pages(s->ctx, KDUMP_ATTR_FILE_PAGEMAP, max_pfn);
	kdump_get_string_attr(s->ctx, "file.description", &name);
	snprintf(info->format, sizeof(info->format), "%s", name);
	return NULL;
}

static struct kl_error *describe_source(struct kl_source *s, const struct kl_vmcoreinfo *vmcoreinfo,
					struct kl_image_info *info)
{
	struct kl_error *err = find_library_arch(s, &info->arch);
	const char *time;

	if (!err && s->format == KL_FORMAT_ELF)
		describe_elf(s, vmcoreinfo, info);
	else if (!err && s->format == KL_FORMAT_KDUMP)
		describe_kdump(s, info);
	else if (!err)
		err = describe_library_format(s, info);
	if (err)
		return err;
	/* a panicking kernel appends this line (2.6.24) */
	time = kl_vmcoreinfo_string(vmcoreinfo, "CRASHTIME");
	if (time && !info->crash_time)
		info->crash_time = strtoll(time, NULL, 10);
	s->page_shift = info->page_shift;
	info->page_size = (size_t)1 << info->page_shift;
	return NULL;
}

static struct kl_error *load_vmcoreinfo(struct kl_source *s, const char *path, struct kl_vmcoreinfo *ret)
{
	kdump_attr_t attr = {.type = KDUMP_BLOB};
	struct kl_error *err;

	if (!path) {
		if (kdump_get_typed_attr(s->ctx, "linux.vmcoreinfo.raw", &attr) != KDUMP_OK)
			return NULL;
		err = kl_vmcoreinfo_parse(kdump_blob_pin(attr.val.blob), kdump_blob_size(attr.val.blob), ret);
		kdump_blob_unpin(attr.val.blob);
		return err;
	}
	err = kl_vmcoreinfo_read_file(path, ret);
	if (err)
		return err;
	attr.val.blob = kdump_blob_new_dup(ret->text, strlen(ret->text));
	if (!attr.val.blob)
		return kl_error_nomem();
	/* For the library's own translation, which may be needed. The attribute takes over the reference (0.5.1). */
	(void)kdump_set_attr(s->ctx, "linux.vmcoreinfo.raw", &attr);
	return NULL;
}

/* A file from the cache is on who knows what filesystem. */
static void map_elf_file(struct kl_source *s, uint64_t size)
{
	struct stat st;

	if (s->mappable && !s->flattened && !fstat(s->fds[0], &st) && S_ISREG(st.st_mode))
		s->mapping = kl_mapping_create(s->fds[0], size);
}

static struct kl_error *open_by_format(struct kl_source *s, const struct kl_image_options *options, uint64_t size)
{
	struct kl_error *err = NULL;
	uint32_t unsupported;

	switch (s->format) {
	case KL_FORMAT_ELF:
		if (s->elf.nameless)
			err = kl_elf_without_sections(s->fds[0], &s->headers);
		if (!options->by_reading)
			map_elf_file(s, size);
		return err ? err : open_library(s, kl_arch_name(s->elf.arch));
	case KL_FORMAT_KDUMP:
		err = kl_kdump_finish(&s->kdump);
		if (err)
			return err;
		unsupported = s->kdump.compression & ~kl_library_compressions();
		if (unsupported)
			return kl_error_create(KL_ERROR_UNSUPPORTED,
					       "compressed with %s, which the installed libkdumpfile was built without",
					       kl_library_compression_name(unsupported));
		err = options->by_reading ? NULL : kl_inflate_create(&s->inflate);
		return err ? err : open_library(s, kl_arch_name(s->kdump.arch));
	default:
		return open_library(s, NULL);
	}
}

struct kl_error *kl_source_open(const struct kl_image_options *options, struct kl_image_info *info,
				struct kl_vmcoreinfo *vmcoreinfo, struct kl_source *ret)
{
	struct kl_error *err;

	*ret = (struct kl_source){.headers = -1};
	memset(vmcoreinfo, 0, sizeof(*vmcoreinfo));
	if (!options->n_paths)
		return kl_error_create(KL_ERROR_USAGE, "no dump given");
	ret->fds = malloc(options->n_paths * sizeof(*ret->fds));
	if (!ret->fds)
		return kl_error_nomem();
	for (size_t i = 0; i < options->n_paths; i++) {
		err = add_dump_file(ret, options, options->paths[i], info);
		if (err)
			return kl_error_prepend(err, "%s", options->paths[i]);
	}
	err = open_by_format(ret, options, info->file_size);
	if (err && kl_error_code(err) == KL_ERROR_MISMATCH)
		return err; /* which names the parts itself */
	err = kl_error_prepend(err, "%s", options->paths[0]);
	if (!err)
		err = load_vmcoreinfo(ret, options->vmcoreinfo_path, vmcoreinfo);
	if (!err)
		err = kl_error_prepend(describe_source(ret, vmcoreinfo, info), "%s", options->paths[0]);
	return err;
}

void kl_source_close(struct kl_source *s)
{
	kl_library_free(s->ctx, s->format != KL_FORMAT_ELF);
	for (size_t i = 0; i < s->n_fds; i++)
		if (s->fds[i] >= 0)
			close(s->fds[i]);
	if (s->headers >= 0)
		close(s->headers);
	free(s->fds);
	kl_mapping_destroy(s->mapping);
	kl_inflate_destroy(s->inflate);
	kl_elf_deinit(&s->elf);
	kl_kdump_deinit(&s->kdump);
	memset(s, 0, sizeof(*s));
}

static enum kl_page_state read_by_library(struct kl_source *s, uint64_t pfn, uint8_t *buffer)
{
	size_t length = (size_t)1 << s->page_shift;

	switch (kdump_read(s->ctx, KDUMP_MACHPHYSADDR, pfn << s->page_shift, buffer, &length)) {
	case KDUMP_OK:
		return KL_PAGE_PRESENT;
	case KDUMP_ERR_NODATA:
		return KL_PAGE_MISSING;
	default:
		return KL_PAGE_CORRUPT;
	}
}

static enum kl_page_state read_kdump_page(struct kl_source *s, uint64_t pfn, uint8_t *buffer)
{
	struct kl_kdump_place place;
	enum kl_page_state state = kl_kdump_page(&s->kdump, pfn, &place);

	if (state != KL_PAGE_PRESENT)
		return state;
	if (!s->inflate || !kl_inflate_knows(place.flags))
		return read_by_library(s, pfn, buffer);
	return kl_inflate_page(s->inflate, &place, buffer, (size_t)1 << s->page_shift);
}

const uint8_t *kl_source_view(struct kl_source *s, uint64_t pfn)
{
	uint64_t offset, size = (uint64_t)1 << s->page_shift;

	if (!s->mapping || pfn > UINT64_MAX >> s->page_shift ||
	    !kl_elf_page_offset(&s->elf, pfn << s->page_shift, size, &offset))
		return NULL;
	return kl_mapping_bytes(s->mapping, offset, (size_t)size);
}

struct kl_error *kl_source_check(struct kl_source *s)
{
	uint64_t offset;

	if (!kl_mapping_broken(s->mapping, &offset))
		return NULL;
	return kl_error_create(KL_ERROR_IO,
			       "the file became shorter or unreadable while it was read, at offset %#" PRIx64, offset);
}

enum kl_page_state kl_source_page(struct kl_source *s, uint64_t pfn, uint8_t *buffer)
{
	if (pfn > UINT64_MAX >> s->page_shift)
		return KL_PAGE_MISSING;
	switch (s->format) {
	case KL_FORMAT_ELF:
		return kl_elf_page(&s->elf, s->fds[0], pfn << s->page_shift, buffer, (size_t)1 << s->page_shift);
	case KL_FORMAT_KDUMP:
		return read_kdump_page(s, pfn, buffer);
	default:
		return read_by_library(s, pfn, buffer);
	}
}

bool kl_source_present(struct kl_source *s, uint64_t pfn)
{
	kdump_attr_t attr = {.type = KDUMP_BITMAP};
	unsigned char bit = 0;

	if (pfn > UINT64_MAX >> s->page_shift)
		return false;
	switch (s->format) {
	case KL_FORMAT_ELF:
		return kl_elf_page_present(&s->elf, pfn << s->page_shift, (uint64_t)1 << s->page_shift);
	case KL_FORMAT_KDUMP:
		return kl_kdump_page(&s->kdump, pfn, NULL) != KL_PAGE_MISSING;
	default:
		return kdump_get_typed_attr(s->ctx, KDUMP_ATTR_FILE_PAGEMAP, &attr) == KDUMP_OK &&
		       kdump_bmp_get_bits(attr.val.bitmap, pfn, pfn, &bit) == KDUMP_OK && (bit & 1);
	}
}

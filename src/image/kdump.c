/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/kdump.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/file.h"
#include "image/kdump_format.h"
#include "util/bytes.h"
#include "util/cleanup.h"
#include "util/map.h"

#define RANK_BYTES 64 /* one rank per so many bytes of bitmap: 8 bytes of ranks per 512 pages */
#define DESCS_CACHED (4096 / KL_KDUMP_DESC_SIZE)

struct kl_kdump_part {
	const char *path;
	int fd;
	uint64_t file_size;
	uint64_t start_pfn; /* the page frames whose descriptors are in this file */
	uint64_t end_pfn;
	uint64_t descriptors; /* file offset of the first */
	uint64_t n_descriptors;
	uint8_t *bitmap; /* pages dumped, bit 0 = page frame 0 */
	uint64_t *ranks; /* descriptors before every RANK_BYTES bytes of bitmap, from start_pfn on */
	uint64_t cached_first;
	size_t n_cached;
	uint8_t cached[DESCS_CACHED * KL_KDUMP_DESC_SIZE];
};

/* What one file's headers say. */
struct header {
	enum kl_arch arch;
	unsigned int page_shift;
	uint64_t block_size;
	uint64_t max_pfn;
	uint64_t bitmap_offset;
	uint64_t bitmap_bytes; /* both bitmaps together */
	uint64_t start_pfn;
	uint64_t end_pfn;
	uint32_t status;
	int64_t time;
	uint32_t dump_level;
};

static struct kl_error *parse_kdump_machine(const uint8_t *raw, enum kl_arch *ret)
{
	char machine[65 + 1] = "";

	memcpy(machine, raw + KL_KDUMP_HEADER_MACHINE, 65);
	for (int i = KL_ARCH_X86_64; i <= KL_ARCH_AARCH64; i++)
		if (!strcmp(machine, kl_arch_name((enum kl_arch)i))) {
			*ret = (enum kl_arch)i;
			return NULL;
		}
	return kl_error_create(KL_ERROR_UNSUPPORTED,
			       "kdump-compressed dump of machine '%s'; only x86_64 and aarch64 are supported", machine);
}

/* All later arithmetic on block numbers stays far from overflow: blocks are at most 64 KiB and counted in 32 bits. */
static struct kl_error *parse_kdump_header(const uint8_t *raw, struct header *ret)
{
	struct kl_error *err = parse_kdump_machine(raw, &ret->arch);
	uint32_t block_size = kl_get_u32(raw + KL_KDUMP_HEADER_BLOCK_SIZE);
	uint32_t sub_blocks = kl_get_u32(raw + KL_KDUMP_HEADER_SUB_BLOCKS);
	uint32_t bitmap_blocks = kl_get_u32(raw + KL_KDUMP_HEADER_BITMAP_BLOCKS);

	if (err)
		return err;
	if (block_size < 4096 || block_size > 65536 || (block_size & (block_size - 1)) || sub_blocks > 65536 ||
	    bitmap_blocks > INT32_MAX)
		return kl_error_create(KL_ERROR_CORRUPT,
				       "kdump header with impossible sizes (block %" PRIu32 ", sub header %" PRIu32
				       ", bitmap %" PRIu32 ")",
				       block_size, sub_blocks, bitmap_blocks);
	ret->block_size = block_size;
	ret->page_shift = (unsigned int)__builtin_ctz(block_size);
	ret->bitmap_offset = (1 + (uint64_t)sub_blocks) * block_size;
	ret->bitmap_bytes = (uint64_t)bitmap_blocks * block_size;
	ret->max_pfn = kl_get_u32(raw + KL_KDUMP_HEADER_MAX_MAPNR);
	ret->start_pfn = 0;
	ret->dump_level = 0;
	ret->end_pfn = UINT64_MAX;
	ret->status = kl_get_u32(raw + KL_KDUMP_HEADER_STATUS);
	ret->time = (int64_t)kl_get_u64(raw + KL_KDUMP_HEADER_TIME);
	return NULL;
}

static struct kl_error *check_extent(const uint8_t *raw, uint64_t file_size, const char *what)
{
	uint64_t offset = kl_get_u64(raw), size = kl_get_u64(raw + 8);

	/* libkdumpfile allocates and reads what this says */
	if (size && (offset > file_size || size > file_size - offset))
		return kl_error_create(KL_ERROR_CORRUPT, "the file ends inside the %s", what);
	return NULL;
}

static struct kl_error *parse_sub_header(const uint8_t *raw, uint32_t version, uint64_t file_size, struct header *h)
{
	h->dump_level = kl_get_u32(raw + KL_KDUMP_SUB_DUMP_LEVEL);
	if (version >= 2 && kl_get_u32(raw + KL_KDUMP_SUB_SPLIT)) {
		h->start_pfn = kl_get_u64(raw + (version >= 6 ? KL_KDUMP_SUB_START_PFN_64 : KL_KDUMP_SUB_START_PFN));
		h->end_pfn = kl_get_u64(raw + (version >= 6 ? KL_KDUMP_SUB_END_PFN_64 : KL_KDUMP_SUB_END_PFN));
	}
	if (version >= 6 && kl_get_u64(raw + KL_KDUMP_SUB_MAX_MAPNR_64))
		h->max_pfn = kl_get_u64(raw + KL_KDUMP_SUB_MAX_MAPNR_64);
	if (version >= 4)
		return check_extent(raw + KL_KDUMP_SUB_NOTES, file_size, "notes");
	return version == 3 ? check_extent(raw + KL_KDUMP_SUB_VMCOREINFO, file_size, "VMCOREINFO") : NULL;
}

static struct kl_error *read_kdump_header(int fd, uint64_t file_size, struct header *ret)
{
	uint8_t raw[KL_KDUMP_HEADER_SIZE], sub[KL_KDUMP_SUB_SIZE];
	struct kl_error *err;
	uint32_t version;

	err = kl_file_read_exact(fd, raw, sizeof(raw), 0, "the kdump header");
	if (!err)
		err = parse_kdump_header(raw, ret);
	if (err)
		return err;
	version = kl_get_u32(raw + KL_KDUMP_HEADER_VERSION);
	if (version) {
		err = kl_file_read_exact(fd, sub, sizeof(sub), ret->block_size, "the kdump sub header");
		if (!err)
			err = parse_sub_header(sub, version, file_size, ret);
		if (err)
			return err;
	}
	if (ret->bitmap_offset > file_size || ret->bitmap_bytes > file_size - ret->bitmap_offset)
		return kl_error_create(KL_ERROR_CORRUPT, "the file ends inside the page bitmaps");
	return NULL;
}

/* Set bits among the first @bits of @bitmap. */
static uint64_t count_bits(const uint8_t *bitmap, uint64_t bits)
{
	uint64_t n = 0, i;

	for (i = 0; i + 64 <= bits; i += 64)
		n += (uint64_t)__builtin_popcountll(kl_get_u64(bitmap + i / 8));
	for (; i < bits; i++)
		n += bitmap[i / 8] >> (i % 8) & 1;
	return n;
}

static struct kl_error *count_ram(int fd, uint64_t offset, uint64_t bits, uint64_t *ret)
{
	uint8_t chunk[16384];
	struct kl_error *err = NULL;

	*ret = 0;
	for (uint64_t at = 0; !err && at < bits; at += 8 * sizeof(chunk)) {
		uint64_t now = bits - at < 8 * sizeof(chunk) ? bits - at : 8 * sizeof(chunk);

		err = kl_file_read_exact(fd, chunk, (now + 7) / 8, offset + at / 8, "the memory bitmap");
		if (!err)
			*ret += count_bits(chunk, now);
	}
	return err;
}

/* Cuts the bits outside the part's page frames, so that ranks count its own descriptors. */
static struct kl_error *rank_bitmap(struct kl_kdump_part *part, uint64_t bytes)
{
	uint64_t n = 0, blocks = (bytes + RANK_BYTES - 1) / RANK_BYTES;

	memset(part->bitmap, 0, part->start_pfn / 8);
	/* within the padding at most, for a part that begins where all end */
	part->bitmap[part->start_pfn / 8] &= (uint8_t)(0xff << part->start_pfn % 8);
	for (uint64_t pfn = part->end_pfn; pfn < bytes * 8; pfn = (pfn | 7) + 1)
		part->bitmap[pfn / 8] &= (uint8_t) ~(0xff << pfn % 8);
	part->ranks = calloc(blocks, sizeof(*part->ranks));
	if (!part->ranks)
		return kl_error_nomem();
	for (uint64_t i = 0; i < blocks; i++) {
		part->ranks[i] = n;
		n += count_bits(part->bitmap + i * RANK_BYTES, RANK_BYTES * 8);
	}
	part->n_descriptors = n;
	return NULL;
}

static struct kl_error *not_the_same_dump(void)
{
	return kl_error_create(KL_ERROR_MISMATCH, "not a part of the same dump as the file(s) before");
}

static struct kl_error *read_bitmap(struct kl_kdump *k, struct kl_kdump_part *part, const struct header *h)
{
	uint64_t offset = h->bitmap_offset, bytes = h->bitmap_bytes, used, max_pfn, hash;
	struct kl_error *err;

	part->descriptors = offset + bytes;
	/* Partial dumps have two bitmaps, the second of which counts; ancient complete ones have one. */
	if (h->max_pfn <= bytes * 8 / 2) {
		bytes /= 2;
		offset += bytes;
	}
	max_pfn = h->max_pfn < bytes * 8 ? h->max_pfn : bytes * 8;
	if (k->parts.count > 1 && max_pfn != k->max_pfn)
		return not_the_same_dump();
	k->max_pfn = max_pfn;
	if (part->end_pfn > k->max_pfn)
		part->end_pfn = k->max_pfn;
	if (!max_pfn || part->start_pfn > part->end_pfn)
		return kl_error_create(KL_ERROR_CORRUPT, "kdump header without page frames");
	used = (k->max_pfn + 7) / 8;
	/* padded with zeroes to whole ranks */
	part->bitmap = calloc(used / RANK_BYTES + 1, RANK_BYTES);
	if (!part->bitmap)
		return kl_error_nomem();
	err = kl_file_read_exact(part->fd, part->bitmap, used, offset, "the page bitmap");
	if (err)
		return err;
	hash = kl_hash_bytes(KL_HASH_SEED, part->bitmap, used);
	if (k->parts.count > 1)
		return hash == k->bitmap_hash ? rank_bitmap(part, used) : not_the_same_dump();
	k->bitmap_hash = hash;
	err = count_ram(part->fd, h->bitmap_offset, k->max_pfn, &k->pages_total);
	return err ? err : rank_bitmap(part, used);
}

struct kl_error *kl_kdump_add(struct kl_kdump *k, const char *path, int fd, uint64_t file_size)
{
	struct kl_kdump_part *part;
	struct kl_error *err;
	struct header h = {};

	err = read_kdump_header(fd, file_size, &h);
	if (err)
		return err;
	if (k->parts.count && (h.arch != k->arch || h.page_shift != k->page_shift || h.time != k->crash_time))
		return not_the_same_dump();
	k->arch = h.arch;
	k->page_shift = h.page_shift;
	k->crash_time = h.time;
	k->dump_level = h.dump_level;
	k->compression = h.status & KL_KDUMP_COMPRESSED;
	part = kl_vec_add(&k->parts);
	if (!part)
		return kl_error_nomem();
	part->path = path;
	part->fd = fd;
	part->file_size = file_size;
	part->start_pfn = h.start_pfn;
	part->end_pfn = h.end_pfn;
	err = read_bitmap(k, part, &h);
	if (!err)
		k->pages_present += part->n_descriptors;
	return err;
}

/* The descriptor of page frame @pfn, whose bit is set; NULL when the file ends before it. */
static const uint8_t *find_descriptor(struct kl_kdump_part *part, uint64_t pfn)
{
	uint64_t block = pfn / (RANK_BYTES * 8);
	uint64_t index =
		part->ranks[block] + count_bits(part->bitmap + block * RANK_BYTES, pfn - block * RANK_BYTES * 8);
	ssize_t n;

	if (index - part->cached_first >= part->n_cached) {
		part->cached_first = index;
		n = kl_file_read(part->fd, part->cached, sizeof(part->cached),
				 part->descriptors + index * KL_KDUMP_DESC_SIZE);
		part->n_cached = n < 0 ? 0 : (size_t)n / KL_KDUMP_DESC_SIZE;
		if (!part->n_cached)
			return NULL;
	}
	return part->cached + (index - part->cached_first) * KL_KDUMP_DESC_SIZE;
}

static enum kl_page_state judge_descriptor(const struct kl_kdump *k, const struct kl_kdump_part *part,
					   const uint8_t *desc)
{
	uint64_t offset = kl_get_u64(desc + KL_KDUMP_DESC_OFFSET), length = kl_get_u32(desc + KL_KDUMP_DESC_LENGTH);
	uint64_t page_size = (uint64_t)1 << k->page_shift;

	/* a hole in a file that was being written when space ran out */
	if (!offset && !length)
		return KL_PAGE_MISSING;
	if (!length || length > page_size ||
	    (!(kl_get_u32(desc + KL_KDUMP_DESC_FLAGS) & KL_KDUMP_COMPRESSED) && length != page_size))
		return KL_PAGE_CORRUPT;
	if (offset > part->file_size || length > part->file_size - offset)
		return KL_PAGE_MISSING;
	return KL_PAGE_PRESENT;
}

enum kl_page_state kl_kdump_page(struct kl_kdump *k, uint64_t pfn, struct kl_kdump_place *ret)
{
	struct kl_kdump_part *part;
	const uint8_t *desc;

	kl_vec_for_each (part, &k->parts) {
		if (pfn < part->start_pfn || pfn >= part->end_pfn || !(part->bitmap[pfn / 8] >> (pfn % 8) & 1))
			continue;
		desc = find_descriptor(part, pfn);
		if (!desc)
			return KL_PAGE_MISSING;
		if (ret)
			*ret = (struct kl_kdump_place){.fd = part->fd,
						       .length = kl_get_u32(desc + KL_KDUMP_DESC_LENGTH),
						       .flags = kl_get_u32(desc + KL_KDUMP_DESC_FLAGS),
						       .offset = kl_get_u64(desc + KL_KDUMP_DESC_OFFSET)};
		return judge_descriptor(k, part, desc);
	}
	return KL_PAGE_MISSING;
}

/* Pages are written in order, zero pages all point to one near the beginning: the last few hundred descriptors tell. */
static bool is_part_truncated(const struct kl_kdump *k, const struct kl_kdump_part *part)
{
	uint8_t descs[1024 * KL_KDUMP_DESC_SIZE];
	uint64_t n = part->n_descriptors < 1024 ? part->n_descriptors : 1024;
	ssize_t got = kl_file_read(part->fd, descs, n * KL_KDUMP_DESC_SIZE,
				   part->descriptors + (part->n_descriptors - n) * KL_KDUMP_DESC_SIZE);

	if (got != (ssize_t)(n * KL_KDUMP_DESC_SIZE))
		return true;
	for (uint64_t i = 0; i < n; i++)
		if (judge_descriptor(k, part, descs + i * KL_KDUMP_DESC_SIZE) == KL_PAGE_MISSING)
			return true;
	return false;
}

static int compare_parts(const void *a, const void *b)
{
	const struct kl_kdump_part *pa = a, *pb = b;

	return (pa->start_pfn > pb->start_pfn) - (pa->start_pfn < pb->start_pfn);
}

/* Sorted parts follow each other without a gap, from the first page frame to the last. */
static struct kl_error *prove_whole(const struct kl_kdump *k)
{
	const struct kl_kdump_part *part, *before = NULL;
	uint64_t next = 0;

	kl_vec_for_each (part, &k->parts) {
		if (part->start_pfn == part->end_pfn)
			continue;
		if (part->start_pfn < next)
			return kl_error_create(KL_ERROR_MISMATCH,
					       "%s: holds page frames that are in %s as well: the same part twice?",
					       part->path, before->path);
		if (part->start_pfn > next)
			return kl_error_create(KL_ERROR_MISMATCH,
					       "%s: begins with page frame %#" PRIx64
					       " of a split set; the part with %#" PRIx64 " is missing",
					       part->path, part->start_pfn, next);
		next = part->end_pfn;
		before = part;
	}
	if (next == k->max_pfn)
		return NULL;
	if (!before)
		return kl_error_create(KL_ERROR_MISMATCH, "%s: an empty part of a split set, the others are missing",
				       k->parts.data[0].path);
	return kl_error_create(KL_ERROR_MISMATCH,
			       "%s: ends before page frame %#" PRIx64 " of a split set, whose next part is missing",
			       before->path, next);
}

struct kl_error *kl_kdump_finish(struct kl_kdump *k)
{
	struct kl_kdump_part *part;

	qsort(k->parts.data, k->parts.count, sizeof(*k->parts.data), compare_parts);
	kl_vec_for_each (part, &k->parts)
		k->truncated |= is_part_truncated(k, part);
	return prove_whole(k);
}

unsigned int kl_kdump_fds(const struct kl_kdump *k, int *ret)
{
	const struct kl_kdump_part *part;
	unsigned int n = 0;

	kl_vec_for_each (part, &k->parts) {
		if (part->start_pfn < part->end_pfn)
			ret[n++] = part->fd;
	}
	return n;
}

void kl_kdump_deinit(struct kl_kdump *k)
{
	struct kl_kdump_part *part;

	kl_vec_for_each (part, &k->parts) {
		free(part->bitmap);
		free(part->ranks);
	}
	kl_vec_deinit(&k->parts);
}

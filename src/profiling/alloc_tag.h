/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_tag.h: memory allocation profiling: the call sites that allocate, and what the kernel's counters say of each.
 *
 * Tags lie in arrays: the kernel's own, one per loaded module (kept in an IDR, whose order is that of /proc/allocinfo),
 * and those of modules that were unloaded while they still held memory. Their strings and counters may be gone with the
 * module, so nothing that a tag points to is trusted.
 *
 * Source: include/linux/alloc_tag.h, mm/alloc_tag.c (lib/ before 7.3), lib/codetag.c, 6.10 .. 7.3; docs/alloc-tag.md.
 */
#ifndef KL_PROFILING_ALLOC_TAG_H
#define KL_PROFILING_ALLOC_TAG_H

#include "kernel/kernel.h"
#include "kernel/machine/percpu_chunk.h"
#include "util/intern.h"
#include "util/map.h"
#include "util/profiling_words.h"

struct kl_profiling_info {
	enum kl_profiling_status status; /* OFF: counters are as of then, less what was freed while on */
	bool has_file;                   /* /proc/allocinfo existed */
	bool compressed;                 /* the tags of pages are in their flags, not in page_ext (6.13) */
	bool debug;                      /* CONFIG_MEM_ALLOC_PROFILING_DEBUG, as far as it can be told */
	uint64_t tag_size;
	/* Where built-in tags, and the area that modules share, begin; 0 = none. Indexes of compressed tags start
	 * there. */
	uint64_t kernel_tags, kernel_count;
	uint64_t module_tags, module_size; /* bytes in use */
};

/* Flags of a tag. */
enum {
	KL_TAG_INACCURATE = 1 << 0,   /* the kernel itself says so (CODETAG_FLAG_INACCURATE) */
	KL_TAG_UNLOADED = 1 << 1,     /* its module was unloaded while memory of it was still allocated */
	KL_TAG_NO_COUNTERS = 1 << 2,  /* freed, or not readable: bytes and calls are unknown and 0 here */
	KL_TAG_SHARED = 1 << 3,       /* other tags have the same counters: sum them once */
	KL_TAG_STRINGS_LOST = 1 << 4, /* its names are not readable (any more): they are empty here */
};

struct kl_alloc_tag {
	uint64_t address;  /* of the struct alloc_tag, and of the struct codetag that references point to */
	uint64_t counters; /* per-CPU cookie, 0 = none */
	uint64_t bytes;    /* wrapped sum over possible CPUs; the kernel prints it as signed */
	uint64_t calls;
	uint32_t file, function, module; /* identifiers in kl_alloc_tags.strings: bytes of the dump */
	uint32_t line;
	bool is_module; /* modname was set, which the kernel prints in brackets; `module` may still be unreadable */
	uint8_t flags;
};

#define KL_NO_TAG UINT32_MAX

/* What the kernel stores instead of a reference where it knows that there is none (CODETAG_EMPTY). */
#define KL_TAG_REFERENCE_EMPTY 1

struct kl_alloc_tags {
	struct kl_profiling_info info;
	KL_VEC(struct kl_alloc_tag) list; /* the rows of /proc/allocinfo in its order, then the tags that it lacks */
	size_t listed;                    /* how many it has */
	struct kl_intern *strings;
	struct kl_map by_address; /* address -> index in list, KL_NO_TAG for what was found to be no tag */
	struct kl_map by_pointer; /* address of a string -> identifier */
	const struct kl_percpu_chunks *chunks;
};

void kl_alloc_tags_deinit(struct kl_alloc_tags *tags);
#define _cleanup_alloc_tags_ _cleanup_(kl_alloc_tags_deinit)

/** kl_alloc_tags_string() - one of a tag's names; owned by @tags. Bytes of the dump: escape before printing. */
const char *kl_alloc_tags_string(const struct kl_alloc_tags *tags, uint32_t id);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info.h: how a dump is to be opened, and what it tells about itself. */
#ifndef KL_IMAGE_INFO_H
#define KL_IMAGE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/arch.h"
#include "util/progress.h"

struct kl_image_options {
	const char *const *paths; /* one dump; several are the parts of one split set, in any order */
	size_t n_paths;
	const char *vmcoreinfo_path; /* VMCOREINFO as raw text, used instead of the dump's own; NULL = the dump's */
	const char *cache_dir; /* for flattened dumps put in order; NULL = $XDG_CACHE_HOME/kleak-dump or ~/.cache/... */
	size_t cache_bytes;    /* page cache; 0 = 64 MiB */
	bool by_reading; /* no mapping, and all decompression by libkdumpfile: the slow way, which tests compare */
	const struct kl_progress *progress; /* while a flattened dump is put in order; may be NULL */
};

struct kl_image_info {
	char format[64]; /* for people: "ELF core dump", "kdump-compressed (zlib)", ... */
	enum kl_arch arch;
	unsigned int page_shift;
	size_t page_size;       /* bytes: 1 << page_shift */
	uint64_t max_pfn;       /* one above the highest page frame of the machine's memory */
	uint64_t pages_total;   /* pages of RAM that the dump knows of */
	uint64_t pages_present; /* pages whose contents are in the file(s) */
	uint64_t file_size;     /* bytes, sum over a split set, as given (before a flattened stream is put in order) */
	int64_t mtime;          /* of the newest file, seconds since the epoch */
	int64_t crash_time;     /* seconds since the epoch from the dump's header or VMCOREINFO; 0 when it has none */
	uint32_t dump_level;    /* that of makedumpfile -d; 0 also where the format does not say */
	bool live;              /* /proc/kcore: contents change while they are read */
	bool truncated;         /* the file ends before its own tables say */
	/* How kernel addresses are translated: "page tables", "libkdumpfile", or NULL when they cannot be. */
	const char *translation;
};

#endif

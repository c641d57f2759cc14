/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmemleak_info.h: kmemleak's variables: whether it was on, and the rules of its scans. */
#ifndef KL_KERNEL_SOURCES_KMEMLEAK_INFO_H
#define KL_KERNEL_SOURCES_KMEMLEAK_INFO_H

#include "kernel/kernel.h"
#include "util/kmemleak_state.h"

struct kl_kmemleak_info {
	enum kl_kmemleak_state state; /* ERRORED and POOL_EXHAUSTED: objects are as of then */
	bool free_enabled;            /* frees are still followed after an error */
	bool scan_in_progress;        /* stored counts are meaningless then */
	bool found_leaks;
	bool stack_scan; /* kmemleak_stack_scan */
	uint64_t min_address, max_address;
	bool has_percpu_range; /* 6.12: per-CPU objects are searched for */
	uint64_t min_percpu, max_percpu;
	uint64_t min_age; /* jiffies */
	bool has_last_scan;
	uint64_t last_scan;       /* jiffies at the start of the last scan; before the first one, boot */
	bool confirms;            /* 7.3: suspects are confirmed by a second pass */
	uint32_t min_unref_scans; /* 1 where the kernel has no such threshold */
	uint64_t suspects;
	bool lowmem_filter; /* 6.0: physical objects have their own tree and are filtered by lowmem bounds */
	uint64_t min_low_pfn, max_low_pfn;
	bool has_checksums;
	uint32_t initial_checksum; /* of objects never looked at: 0, or ~0 since late 6.12.y */
	bool tagged_pointers;      /* KASAN tags were seen in object pointers */
};

/** kl_kmemleak_read_info() - everything but initial_checksum and tagged_pointers, which the objects tell.
 * Variables that cannot be read leave an anomaly and the value of a kernel that has just booted. */
void kl_kmemleak_read_info(struct kl_kernel *k, struct kl_kmemleak_info *ret);

/** kl_kmemleak_words() - the state as a sentence for people, static. */
const char *kl_kmemleak_words(const struct kl_kmemleak_info *info);

/** kl_kmemleak_tracks_objects() - whether its list holds any, whatever its state says. */
bool kl_kmemleak_tracks_objects(struct kl_kernel *k);

#endif

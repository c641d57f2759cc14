/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reading.h: what an object source is given, and what it makes its rows of. */
#ifndef KL_KERNEL_SOURCES_READING_H
#define KL_KERNEL_SOURCES_READING_H

#include "heap/heap.h"
#include "kernel/kernel.h"
#include "kernel/sources/kmemleak.h"
#include "util/progress.h"

/* One reading of all sources of a family. */
struct kl_source_reading {
	struct kl_kernel *k;
	const struct kl_progress *progress;
	struct kl_heap *heap;         /* rows are added here; its index is built after the last source */
	struct kl_kmemleak *kmemleak; /* what only kmemleak knows */
	void *context;                /* the source's own */
};

/** kl_source_object() - a row of which nothing is known but where it lies, and that somebody has to hold it. */
static inline struct kl_object kl_source_object(enum kleak_class class_, uint64_t address, uint64_t size)
{
	return (struct kl_object){
		.address = address,
		.size = size,
		.jiffies = KL_UNKNOWN_JIFFIES,
		.min_count = 1,
		.pid = KL_UNKNOWN_PID,
		.flags = KL_OBJECT_ALLOCATED,
		.class_ = (uint8_t)class_,
	};
}

#endif

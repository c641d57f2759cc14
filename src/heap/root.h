/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root.h: memory that is scanned before any object, because the machine itself refers to it. */
#ifndef KL_HEAP_ROOT_H
#define KL_HEAP_ROOT_H

#include <stdint.h>

#include "util/vec.h"

enum kl_root_kind {
	KL_ROOT_DATA,      /* .data, .bss, .data..ro_after_init as blocks (kernels before 5.1) */
	KL_ROOT_PERCPU,    /* the static per-CPU area of one possible CPU */
	KL_ROOT_PAGE,      /* struct page of pages in use */
	KL_ROOT_STACK,     /* the whole stack of a task */
	KL_ROOT_BOOT,      /* memory reserved while booting */
	KL_ROOT_USER,      /* given on the command line */
	KL_ROOT_UNTRACKED, /* a page of the page allocator; explains, never marks */
	KL_ROOT_KINDS,
};

/* [start, start + length) in kernel virtual addresses. */
struct kl_root {
	uint64_t start;
	uint64_t length;
	enum kl_root_kind kind;
	uint64_t asleep_since; /* jiffies: the task whose stack it is has slept since then, at least; 0 = unknown */
};

/* In the order in which the kernel scans them. */
struct kl_roots {
	KL_VEC(struct kl_root) list;
};

#endif

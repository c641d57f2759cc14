/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maple.h: walking a maple tree when nobody promises that it is whole.
 *
 * Source: include/linux/maple_tree.h, lib/maple_tree.c, 6.1 .. 7.3.
 */
#ifndef KL_KERNEL_MACHINE_MAPLE_H
#define KL_KERNEL_MACHINE_MAPLE_H

#include "kernel/kernel.h"

/* An entry and the indexes it is stored at, both ends included. */
struct kl_maple_range {
	uint64_t first, last;
	uint64_t entry;
};

struct kl_maple_ranges {
	KL_VEC(struct kl_maple_range) list; /* ascending; empty ranges are left out */
	bool broken;                        /* something was left out, with an anomaly */
};

/** kl_maple_read() - the entries of the struct maple_tree at @address.
 * @name: for anomalies; static.
 * Damaged nodes are left out with an anomaly; no node is entered twice. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_maple_read(struct kl_kernel *k, const char *name, uint64_t address, struct kl_maple_ranges *ret);

#endif

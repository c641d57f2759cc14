/* SPDX-License-Identifier: GPL-2.0-or-later */
/* idr.h: walking an IDR (an XArray of 4.20 and newer) when nobody promises that it is whole.
 *
 * Source: include/linux/xarray.h, lib/idr.c, 4.20 .. 7.3.
 */
#ifndef KL_KERNEL_MACHINE_IDR_H
#define KL_KERNEL_MACHINE_IDR_H

#include "kernel/kernel.h"

struct kl_idr_entry {
	uint64_t id; /* idr_base included */
	uint64_t pointer;
};

struct kl_idr_entries {
	KL_VEC(struct kl_idr_entry) list; /* ids ascending, as idr_for_each_entry() delivers them */
};

/** kl_idr_read() - the entries of the struct idr at @address.
 * @name: for anomalies; static.
 * Damaged nodes are left out with an anomaly; no node is entered twice. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_idr_read(struct kl_kernel *k, const char *name, uint64_t address, struct kl_idr_entries *ret);

#endif

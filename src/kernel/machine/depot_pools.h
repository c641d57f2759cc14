/* SPDX-License-Identifier: GPL-2.0-or-later */
/* depot_pools.h: the memory that the stack depot (stackdepot.h) keeps its records in. */
#ifndef KL_KERNEL_MACHINE_DEPOT_POOLS_H
#define KL_KERNEL_MACHINE_DEPOT_POOLS_H

#include "kernel/kernel.h"

enum kl_depot_state {
	KL_DEPOT_UNSUPPORTED, /* this kernel has no stack depot that could be understood */
	KL_DEPOT_DISABLED,    /* switched off at boot */
	KL_DEPOT_MISSING,     /* the list of its pools is not in the dump (an anomaly) */
	KL_DEPOT_USABLE,
};

struct kl_depot_pools {
	enum kl_depot_state state;
	uint64_t *list; /* addresses; 0 stands for none */
	size_t used;    /* those that records are in */
	size_t known;   /* with the one kept in reserve, which comes last */
};

/** kl_depot_pools_read() - fill @ret. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_depot_pools_read(struct kl_kernel *k, struct kl_depot_pools *ret);
void kl_depot_pools_deinit(struct kl_depot_pools *pools);

#endif

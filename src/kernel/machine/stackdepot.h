/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stackdepot.h: the stack traces that the kernel stores once and names by 32-bit handles (lib/stackdepot.c).
 *
 * A handle is bit-fields: which pool, which 16-byte unit in it, and per generation a valid bit and extra bits. Widths
 * come from DWARF (union handle_parts). Every record repeats its own handle, which proves the decoding.
 */
#ifndef KL_KERNEL_MACHINE_STACKDEPOT_H
#define KL_KERNEL_MACHINE_STACKDEPOT_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

/* CONFIG_STACKDEPOT_MAX_FRAMES by default; kmemleak stores 16 at most */
#define KL_STACKDEPOT_FRAMES 64

enum kl_stackdepot_result {
	KL_STACKDEPOT_FOUND,
	KL_STACKDEPOT_NONE,        /* handle 0: nothing was stored (early boot, out of memory) */
	KL_STACKDEPOT_UNSUPPORTED, /* this kernel has no stack depot that could be understood */
	KL_STACKDEPOT_DISABLED,    /* switched off at boot */
	KL_STACKDEPOT_RANGE,       /* the handle points past the pools */
	KL_STACKDEPOT_MISSING,     /* its page is not in the dump */
	KL_STACKDEPOT_EVICTED,     /* the record was given up; its frames are gone */
	KL_STACKDEPOT_DAMAGED,     /* the record does not carry this handle, or an impossible length */
};

/** kl_stackdepot_result_text() - why there are no frames, in words; static. */
const char *kl_stackdepot_result_text(enum kl_stackdepot_result result);

/** kl_stackdepot_fetch() - the frames of @handle, innermost first.
 * @n: receives their number, 0 unless KL_STACKDEPOT_FOUND. MISSING, RANGE and DAMAGED also leave an anomaly. */
enum kl_stackdepot_result kl_stackdepot_fetch(struct kl_kernel *k, uint32_t handle,
					      uint64_t frames[KL_STACKDEPOT_FRAMES], size_t *n);

/** kl_stackdepot_pools() - the addresses of the depot's pools, also of one kept in reserve; 0 stands for none.
 * @n: how many there are. @size: bytes of each. Owned by @k; NULL where there is no depot.
 */
const uint64_t *kl_stackdepot_pools(struct kl_kernel *k, size_t *n, uint64_t *size);

#endif

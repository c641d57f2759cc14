/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slab_total.h: how much memory slabs and large kmalloc()s take together, as the kernel itself keeps count of it.
 *
 * NR_SLAB_RECLAIMABLE_B and NR_SLAB_UNRECLAIMABLE_B of vm_node_stat[] count pages, whatever their names say; each
 * kmalloc() that is too large for a slab is part of the second. Source: mm/vmstat.c, mm/slub.c, mm/slab_common.c,
 * 5.17 .. 7.3.
 */
#ifndef KL_KERNEL_MACHINE_SLAB_TOTAL_H
#define KL_KERNEL_MACHINE_SLAB_TOTAL_H

#include "kernel/kernel.h"
#include "kernel/machine/memmap.h"

/** kl_slab_total_read() - how many pages the kernel counts.
 * False where this kernel keeps no such count, or the dump lacks part of it, or it cannot be right. */
bool kl_slab_total_read(struct kl_kernel *k, const struct kl_memmap *m, uint64_t *ret);

#endif

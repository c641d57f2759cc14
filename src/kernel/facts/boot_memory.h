/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_memory.h: what was handed out while booting, before there was a page allocator: memory that is reserved for
 * good, as roots. kmemleak tracks it by physical address; without kmemleak, the flag PG_reserved tells.
 *
 * The memory of the memmap is part of it: the struct pages of slabs and large kmalloc()s, whose reference count is 0
 * since 7.x, are scanned there. Left out are the kernel's image, of which only the data sections hold references, and
 * chunks of per-CPU memory, whose allocations are objects. What the dump lacks of it is no memory but a hole, of
 * firmware or devices: no level of makedumpfile leaves out reserved pages.
 */
#ifndef KL_KERNEL_FACTS_BOOT_MEMORY_H
#define KL_KERNEL_FACTS_BOOT_MEMORY_H

#include "heap/root.h"
#include "kernel/kernel.h"

/** kl_boot_memory_roots() - append it to @ret, by addresses of the direct map. Errors: KL_ERROR_NOMEM.
 * Cost: one pass over all struct pages. */
struct kl_error *kl_boot_memory_roots(struct kl_kernel *k, struct kl_roots *ret);

#endif

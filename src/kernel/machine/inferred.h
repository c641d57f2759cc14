/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inferred.h: variables that no table of symbols names, found by what they hold.
 *
 * Without CONFIG_KALLSYMS_ALL, and without a vmlinux, nothing tells where the kernel's file-static variables are. They
 * are all in its image, though, and those that lead to its objects hold what nothing else can: the head of a ring of
 * slab caches, each of which has a size and a name; of a ring of modules; an array of nodes with hundreds of sound
 * lists. So every word of the image's data is tried, and what is found is written into the layouts, where readers
 * look for it:
 *
 *	slab_caches, modules, btf_modules     heads of rings, all of whose elements are what they should be
 *	sysctl_table_root                     the header in it names it
 *	vmap_nodes                            all lists of all nodes are sound, and the first area ends behind its begin
 *	vmap_area_cachep                      a word with the address of the cache of that name
 *	pcpu_chunk_lists, pcpu_reserved_chunk lists of chunks, and one on no list, of the first per-CPU memory
 *	pcpu_base_addr                        the lowest of __per_cpu_offset[], which is exported
 *	_sdata .. _end                        behind the code, as far as pages belong to the image (PG_reserved)
 *
 * A variable that two places could be is not taken. What is not found is an anomaly and, where it leads to memory that
 * holds objects, makes the kernel incomplete: leaks are unconfirmed then. What else stays unknown (the clock, the key
 * that %p is hashed with, the pools of stacks, kmemleak) is told by nothing, and missed by nobody who judges objects.
 * Source: mm/slab_common.c, mm/vmalloc.c, mm/percpu.c, kernel/module, kernel/bpf/btf.c; 5.2 .. 7.3.
 */
#ifndef KL_KERNEL_MACHINE_INFERRED_H
#define KL_KERNEL_MACHINE_INFERRED_H

#include <stdint.h>

#include "util/error.h"

struct kl_kernel;

/** kl_infer_variables() - find what k->layouts lacks. @k: with layouts, per-CPU offsets and kallsyms.
 * Errors: KL_ERROR_NOMEM. Cost: 0.2 s for a distribution's kernel. */
struct kl_error *kl_infer_variables(struct kl_kernel *k);

/** kl_infer_within() - the part of it that searches, in the data [@start, @end); tells nothing of what it did not find.
 * @start: aligned to 8. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_infer_within(struct kl_kernel *k, uint64_t start, uint64_t end);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmalloc.h: the living areas of vmalloc(): those in use that own their pages.
 *
 * As kmemleak counts them, an area needs two references, one of which is the address in its own struct vm_struct; what
 * refers to that structure more than its area does, refers to the area (excess_ref). So a task's stack is held through
 * task_struct.stack_vm_area. Left out are mappings of memory that is another's (VM_MAP, VM_IOREMAP), chunks of per-CPU
 * memory and the like, which have fewer pages than addresses, and what code is loaded into: modules hold themselves,
 * their data are roots, and one area may be shared by many and be mapped in parts (6.13). The function that asked for
 * an area (vm_struct.caller) is its stack.
 */
#ifndef KL_KERNEL_SOURCES_VMALLOC_H
#define KL_KERNEL_SOURCES_VMALLOC_H

#include "kernel/sources/reading.h"

/** kl_vmalloc_source_read() - for the table of sources; after that of slabs, among whose objects the vm_structs are. */
struct kl_error *kl_vmalloc_source_read(struct kl_source_reading *r);

#endif

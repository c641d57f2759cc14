/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kfence.h: the living slab objects that KFENCE has put into its pool (kernel/machine/kfence.h). It knows of each which
 * size was asked for, and who asked when: the stack is its own, and needs no boot parameter.
 */
#ifndef KL_KERNEL_SOURCES_KFENCE_H
#define KL_KERNEL_SOURCES_KFENCE_H

#include "kernel/sources/reading.h"

/** kl_kfence_source_read() - for the table of sources. */
struct kl_error *kl_kfence_source_read(struct kl_source_reading *r);

#endif

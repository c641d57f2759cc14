/* SPDX-License-Identifier: GPL-2.0-or-later */
/* percpu.h: the living objects of alloc_percpu(), from the maps of its chunks. */
#ifndef KL_KERNEL_SOURCES_PERCPU_H
#define KL_KERNEL_SOURCES_PERCPU_H

#include "kernel/sources/reading.h"

/** kl_percpu_source_read() - for the table of sources. Nothing where chunks keep no maps that are known (.. 5.13). */
struct kl_error *kl_percpu_source_read(struct kl_source_reading *r);

#endif

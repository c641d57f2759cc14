/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmemleak_info.h: kmemleak's variables; a part of kmemleak.h. */
#ifndef KL_KERNEL_SOURCES_KMEMLEAK_INFO_H
#define KL_KERNEL_SOURCES_KMEMLEAK_INFO_H

#include "kernel/sources/kmemleak.h"

/** kl_kmemleak_read_info() - everything but initial_checksum and tagged_pointers, which the objects tell.
 * Variables that cannot be read leave an anomaly and the value of a kernel that has just booted. */
void kl_kmemleak_read_info(struct kl_kernel *k, struct kl_kmemleak_info *ret);

#endif

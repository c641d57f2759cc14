/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waiting.h: memory that was given back and waits to be freed, for a grace period of RCU or for whoever has the time.
 * Its allocator still counts it as in use, but nobody owns it any more.
 */
#ifndef KL_KERNEL_MACHINE_WAITING_H
#define KL_KERNEL_MACHINE_WAITING_H

#include <stdint.h>

#include "util/vec.h"

struct kl_waiting {
	KL_VEC(uint64_t) freed; /* addresses in what waits, tags reset */
	KL_VEC(uint64_t) pages; /* addresses of pages that hold nothing but such addresses, and leftovers */
};

#endif

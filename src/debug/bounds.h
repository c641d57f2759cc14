/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bounds.h: what opening a debug file may cost. Compressed ones can unpack to anything. */
#ifndef KL_DEBUG_BOUNDS_H
#define KL_DEBUG_BOUNDS_H

#include <stdint.h>

#include "util/progress.h"

struct kl_debug_bounds {
	uint64_t unpack_limit; /* bytes; 0: 4 GiB, and 64 times the packed size, but never less than 64 MiB */
	const struct kl_progress *progress;
};

#endif

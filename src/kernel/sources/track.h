/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track.h: who allocated a slab object, and when. Generic KASAN keeps a task and a stack of the depot behind each
 * object, SLUB more, its struct track, in caches with SLAB_STORE_USER (boot with slab_debug=U, or slub_debug=U before
 * 6.x; no other configuration is needed).
 *
 *	.. 5.18		the frames stand in it: addrs[]
 *	5.19 ..		a handle of the stack depot; without one only the caller is known: addr
 *
 * Source: mm/slub.c, 2.6.32 .. 7.3; mm/kasan/generic.c, 4.6 .. 7.3.
 */
#ifndef KL_KERNEL_SOURCES_TRACK_H
#define KL_KERNEL_SOURCES_TRACK_H

#include "kernel/machine/slab.h"
#include "kernel/sources/stacks.h"

/** kl_track_read() - fill stack, pid and jiffies of @object, which is one of @cache, from its track. They stay as they
 * are where the cache keeps none, or none was written. A track that cannot be read is an anomaly.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_track_read(struct kl_source_stacks *stacks, const struct kl_slab_cache *cache,
			       struct kl_object *object);

#endif

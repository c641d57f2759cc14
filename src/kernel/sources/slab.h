/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slab.h: living objects of SLUB, and of SLAB (3.19 .. 6.7): every object of every slab that is not known to be free.
 *
 * Slabs are found in the memory map: full ones are on no list. An object's size is the cache's object_size, its
 * min_count 1: somebody has to hold it. Not reported whatever happens (min_count 0), but searched for references, are
 * the objects of slabs that contradict themselves, and all of a cache of which a part could not be read, or with more
 * such slabs than CPUs could have been stopped in. Left out altogether are caches with SLAB_NOLEAKTRACE: they belong to
 * who looks for leaks (kmemleak's records name every object). KFENCE's pool is a source of its own (kfence.h).
 *
 * The stack is that of SLUB's track (track.h). Without one it is a single frame that is no code, the address of the
 * struct kmem_cache: objects of a cache are then told apart from those of others as far as anybody can.
 */
#ifndef KL_KERNEL_SOURCES_SLAB_H
#define KL_KERNEL_SOURCES_SLAB_H

#include "kernel/sources/reading.h"

/** kl_slab_source_read() - for the table of sources. */
struct kl_error *kl_slab_source_read(struct kl_source_reading *r);

/** kl_slab_source_can() - whether this kernel's slabs can be read. */
bool kl_slab_source_can(const struct kl_kernel *k);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* alloc_tag_reader.h: finds every allocation tag of a kernel, and the tag that a reference means. */
#ifndef KL_PROFILING_ALLOC_TAG_READER_H
#define KL_PROFILING_ALLOC_TAG_READER_H

#include "profiling/alloc_tag.h"

/** kl_alloc_tags_read() - fill @ret with the state, every tag and its counters.
 * @chunks: of per-CPU memory, to tell counters that were freed from live ones; may be empty; must outlive @ret.
 * @ret: destroyed by the caller with kl_alloc_tags_deinit().
 *
 * What is damaged is left out or flagged, with an anomaly that names the tag's address. Errors: KL_ERROR_NOMEM.
 */
struct kl_error *kl_alloc_tags_read(struct kl_kernel *k, const struct kl_percpu_chunks *chunks,
				    struct kl_alloc_tags *ret);

/** kl_alloc_tags_resolve() - the index of the tag that the reference @address means, in @ret.
 *
 * A reference to a place where no tag is known is read with suspicion and, when it looks like a tag, appended as one of
 * an unloaded module: before 6.13 nothing else remembers those. KL_NO_TAG for 0, for the EMPTY mark and for what cannot
 * be a tag (an anomaly, once per address). Errors: KL_ERROR_NOMEM.
 */
struct kl_error *kl_alloc_tags_resolve(struct kl_kernel *k, struct kl_alloc_tags *tags, uint64_t address,
				       uint32_t *ret);

#endif

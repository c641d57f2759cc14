/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay.h: which objects can be reached, exactly as a kmemleak scan at this instant would decide it (policy `kernel`).
 *
 * The order in which references are found matters in the kernel (a self reference may use up the first count, surplus
 * references pass on only once their holder is grey), so the replay follows it: grey objects are queued, roots are
 * scanned in the order given, then the queue is drained first in, first out.
 * Source: mm/kmemleak.c, 2.6.31 .. 7.3, functions scan_block, scan_object, scan_gray_list, kmemleak_scan.
 */
#ifndef KL_MARK_REPLAY_H
#define KL_MARK_REPLAY_H

#include "mark/edges.h"
#include "mark/mark.h"

/** kl_replay_run() - replay one scan.
 * @in:    its address space has the kernel's own ranges: words outside were no candidates to it.
 * @roots: in the kernel's order; scanned without chunks except KL_ROOT_PERCPU (4096 bytes, which changes nothing for
 *         aligned areas).
 * @ret:   destroyed by the caller with kl_mark_deinit().
 *
 * Missing memory is counted, never fatal; it can only make objects whiter than they were.
 * Errors: out of memory, KL_ERROR_INTERRUPTED. Cost: one read of all grey memory per pass.
 */
struct kl_error *kl_replay_run(const struct kl_mark_input *in, const struct kl_root *roots, size_t n_roots,
			       struct kl_mark *ret);

/** kl_replay_white_edges() - which white objects point to which, by the same word test as the replay.
 * NO_SCAN objects and memory outside scan areas give no arrows, as in the replay. @ret: freed with kl_edges_deinit().
 */
struct kl_error *kl_replay_white_edges(const struct kl_mark_input *in, const struct kl_mark *mark,
				       struct kl_edges *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object_history.h: what the dumps of one boot say together about an object: whether it stays unreferenced, and whether
 * anybody writes to it. Private to the writer.
 *
 * An object is the same one in two dumps of a boot when its address, class, time of allocation and the addresses of its
 * stack are. Without a time or a stack address it has no history. A run of the precise policy looks back at the dump
 * before it (the newest such run of that dump, of the same source), and so on:
 *
 *   - `dumps` counts in how many dumps in a row, this one included, the object was unreferenced. Dumps in which nobody
 *     can tell, because memory is missing or the object was young, are neither counted nor an end; a reference, however
 *     weak, is. A dump and the kernel's scans see the same, so they are not added up: with `min-unref-scans` the larger
 *     of `dumps` and the kernel's own number has to be that large. Leaks with fewer are unconfirmed.
 *   - What was unreferenced in the dump before and has another content now was written by somebody who knows it: it is
 *     `modified`, and so is all that only it leads to. That content stayed the same proves nothing, and is not used.
 *
 * A dump is judged by those before it, never by later ones, so that what a run says does not depend on which dump was
 * analyzed first: when an older dump comes, the later ones are judged anew. The judgement of the dump alone is kept for
 * that, in t_alone.
 */
#ifndef KL_STORE_OBJECT_HISTORY_H
#define KL_STORE_OBJECT_HISTORY_H

#include "util/error.h"

struct kl_store;
struct kl_writer;

/** kl_writer_tell_history() - judge the findings of the run, and those of later dumps of its boot, by the dumps before
 * each, and derive the groups of the later ones. Those of the run itself are the caller's.
 * Cost: nothing to speak of for a run that is the first of its boot and needs no confirmation; otherwise a few passes
 * over the findings of each. */
struct kl_error *kl_writer_tell_history(struct kl_writer *w);

/** kl_history_retell() - judge every run of @store anew, after some were removed, and derive the groups of those that
 * changed. In the transaction of the caller. */
struct kl_error *kl_history_retell(struct kl_store *store);

#endif

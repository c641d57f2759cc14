/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leaked_tree.h: which leak leads to which in a stored run, after some of them turned out to be none. Private to the
 * store. */
#ifndef KL_STORE_LEAKED_TREE_H
#define KL_STORE_LEAKED_TREE_H

#include <stdint.h>

#include "util/error.h"

struct kl_store;

/** kl_leaked_tree_retell() - make heads, verdicts `leak` and `indirect`, and retained sizes of run @run_id anew from
 * the parents (verdict/retained.h) of what still leaks: an object whose parent leaks no more is a leak of its own.
 * Errors: as of the writer. Cost: one look at each leaked object, and a write where something changed. */
struct kl_error *kl_leaked_tree_retell(struct kl_store *store, int64_t run_id);

#endif

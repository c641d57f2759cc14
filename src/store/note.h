/* SPDX-License-Identifier: GPL-2.0-or-later */
/* note.h: what became of a run's advice after the run was stored. */
#ifndef KL_STORE_NOTE_H
#define KL_STORE_NOTE_H

#include "store/rows.h"
#include "store/store.h"

/** kl_store_note() - replace state, note, objects and bytes of the rule or plugin of run @run_id that has @advice's
 * kind, name and origin. Errors: of the database, KL_ERROR_BUSY. */
struct kl_error *kl_store_note(struct kl_store *store, int64_t run_id, const struct kl_store_advice *advice);

#endif

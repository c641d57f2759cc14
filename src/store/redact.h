/* SPDX-License-Identifier: GPL-2.0-or-later */
/* redact.h: a database without what tells of people and machines. */
#ifndef KL_STORE_REDACT_H
#define KL_STORE_REDACT_H

#include "store/store.h"

/** kl_store_redact() - from now on @store is a copy in memory without names and numbers of tasks, contents of memory,
 * host names and paths. Whatever is read from it afterwards, by whatever format, cannot tell them. The file stays as it
 * is. Before anything else is prepared on @store, which is open for reading. */
struct kl_error *kl_store_redact(struct kl_store *store);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox.h: the least privilege that is enough to read a stranger's files and to write a database.
 *
 * A dump, its debug information and a database may come from anyone, and they are parsed by libraries that were not
 * written for that. Whoever takes the process over shall not get further than the process needs to: it reads files,
 * writes into two directories, and that is all. There is no way out of it again.
 */
#ifndef KL_SANDBOX_SANDBOX_H
#define KL_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

/* What a kernel can do for us, as far as it is known here. */
struct kl_sandbox_features {
	bool system_calls; /* see syscalls.h */
	int landlock;      /* version, 0 = none; see landlock.h */
};

struct kl_sandbox_features kl_sandbox_features(void);

/** kl_sandbox_enter() - give up the right to gain privileges, to run programs, to open sockets, and to write anywhere
 * but below the @n directories @writable. What the kernel does not know is left out (kl_sandbox_features()).
 * Files that are open stay open. Costs half a millisecond of CPU.
 * Errors: KL_ERROR_IO when the kernel refuses what it said it can do.
 */
struct kl_error *kl_sandbox_enter(const char *const *writable, size_t n);

/** kl_sandbox_give_up_root() - become the user who ran sudo, for good; nothing to do for anyone but root, and for a
 * root that nobody became by sudo. Root is needed to open /proc/kcore, not to read it.
 * Errors: KL_ERROR_IO.
 */
struct kl_error *kl_sandbox_give_up_root(void);

#endif

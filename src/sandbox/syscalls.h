/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscalls.h: system calls that an analyzer has no use for, and whoever takes it over has (seccomp). */
#ifndef KL_SANDBOX_SYSCALLS_H
#define KL_SANDBOX_SYSCALLS_H

#include <stdbool.h>

/** kl_syscalls_can_restrict() - whether the kernel filters system calls. */
bool kl_syscalls_can_restrict(void);

/** kl_syscalls_restrict() - for good, also for children: the calls of syscalls.def fail with EPERM, those of another
 * architecture end the process. Needs no_new_privs. Returns 0 or an errno value.
 */
int kl_syscalls_restrict(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* landlock.h: writing into a few directories, and nowhere else (Landlock, Linux 5.13).
 *
 * Reading is not restricted: debug information may lie anywhere. What is open already stays usable.
 */
#ifndef KL_SANDBOX_LANDLOCK_H
#define KL_SANDBOX_LANDLOCK_H

#include <stddef.h>

/** kl_landlock_version() - of the kernel's Landlock; 0 when it has none, or not for us. */
int kl_landlock_version(void);

/** kl_landlock_restrict() - for good, also for children: files are made, changed and removed below the @n directories
 * @writable only, nothing is executed; from version 4 on no TCP port is bound or connected to, from version 6 on no
 * signal reaches another process, nor a connection an abstract socket.
 * Needs no_new_privs. Directories that cannot be opened are left out. Returns 0 or an errno value.
 */
int kl_landlock_restrict(const char *const *writable, size_t n);

#endif

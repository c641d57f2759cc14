/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox/landlock.h"
#include "sandbox/syscalls.h"

struct kl_sandbox_features kl_sandbox_features(void)
{
	return (struct kl_sandbox_features){
		.system_calls = kl_syscalls_can_restrict(),
		.landlock = kl_landlock_version(),
	};
}

struct kl_error *kl_sandbox_enter(const char *const *writable, size_t n)
{
	struct kl_sandbox_features features = kl_sandbox_features();
	int error = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		error = errno;
	if (!error && features.landlock)
		error = kl_landlock_restrict(writable, n);
	if (!error && features.system_calls)
		error = kl_syscalls_restrict();
	return error ? kl_error_from_errno(error, "entering the sandbox (--no-sandbox does without)") : NULL;
}

/* @name as a user or group, which is not root. */
static bool identity_from_environment(const char *name, unsigned *ret)
{
	const char *text = getenv(name);
	unsigned long number;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	*ret = (unsigned)number;
	return !errno && !*end && number && number == *ret && *ret != (unsigned)-1;
}

struct kl_error *kl_sandbox_give_up_root(void)
{
	unsigned user, group;

	if (geteuid() || !identity_from_environment("SUDO_UID", &user) ||
	    !identity_from_environment("SUDO_GID", &group))
		return NULL;
	if (setgroups(0, NULL) || setresgid(group, group, group) || setresuid(user, user, user))
		return kl_error_from_errno(errno, "giving up root for user %u", user);
	return NULL;
}

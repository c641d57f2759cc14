/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/cleanup.h"

/* The attributes of the newest version known here, whatever the headers know; an older kernel takes the beginning. */
struct ruleset {
	uint64_t files;
	uint64_t network; /* version 4 */
	uint64_t scopes;  /* version 6 */
};

enum {
	FILES_V1 = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		   LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
		   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		   LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
	FILES_REFER = 1 << 13,    /* version 2 */
	FILES_TRUNCATE = 1 << 14, /* version 3 */
	/* what databases and caches need */
	FILES_ALLOWED = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | FILES_TRUNCATE,
	NETWORK_TCP = 1 << 0 | 1 << 1, /* bind, connect */
	SCOPES = 1 << 0 | 1 << 1,      /* abstract sockets, signals */
};

int kl_landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

static struct ruleset choose_rules(int version, size_t *size)
{
	struct ruleset rules = {.files = FILES_V1};

	*size = sizeof(rules.files);
	if (version >= 2)
		rules.files |= FILES_REFER;
	if (version >= 3)
		rules.files |= FILES_TRUNCATE;
	if (version >= 4) {
		rules.network = NETWORK_TCP;
		*size = offsetof(struct ruleset, scopes);
	}
	if (version >= 6) {
		rules.scopes = SCOPES;
		*size = sizeof(rules);
	}
	return rules;
}

static void allow_directory(int ruleset, const char *path, uint64_t access)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

	if (fd >= 0)
		syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int kl_landlock_restrict(const char *const *writable, size_t n)
{
	_cleanup_close_ int ruleset = -1;
	struct ruleset rules;
	size_t size, i;
	int version = kl_landlock_version();

	if (!version)
		return EOPNOTSUPP;
	rules = choose_rules(version, &size);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (ruleset < 0)
		return errno;
	for (i = 0; i < n; i++)
		allow_directory(ruleset, writable[i], rules.files & FILES_ALLOWED);
	return syscall(SYS_landlock_restrict_self, ruleset, 0) ? errno : 0;
}

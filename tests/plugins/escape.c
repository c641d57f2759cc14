/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tries what the sandbox does not allow: 20 when it could open a socket, 22 a file for writing. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_plugin.h"

static int roots(const struct kleak_host *host)
{
	char name[] = "true", *const arguments[] = {name, NULL};
	const char *file = getenv("ESCAPE_FILE");

	if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
		return 20;
	execv("/bin/true", arguments);
	if (file && open(file, O_WRONLY | O_CREAT, 0600) >= 0)
		return 22;
	return !host;
}

TEST_PLUGIN("escape", KLEAK_CAN_ADD_ROOTS, .roots = roots);

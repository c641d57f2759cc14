/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/pager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pager;

static const char *pager_command(void)
{
	static const char *const variables[] = {"KLEAK_PAGER", "PAGER"};
	size_t i;

	for (i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const char *value = getenv(variables[i]);

		if (value)
			return value;
	}
	return "less";
}

static void run_pager(const char *command, int from)
{
	dup2(from, STDIN_FILENO);
	close(from);
	setenv("LESS", "FRX", 0);
	setenv("LV", "-c", 0);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void kl_cli_pager_begin(void)
{
	const char *command = pager_command(), *term = getenv("TERM");
	int ends[2];

	if (!term || !strcmp(term, "dumb") || !*command || !strcmp(command, "cat") || pipe(ends))
		return;
	pager = fork();
	if (!pager) {
		close(ends[1]);
		run_pager(command, ends[0]);
	}
	close(ends[0]);
	if (pager > 0)
		dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
}

void kl_cli_pager_end(void)
{
	while (pager > 0 && waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
	pager = 0;
}

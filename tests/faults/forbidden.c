/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forbidden.c: a library for LD_PRELOAD that tries at the end of a program what nobody who took it over should be able
 * to do, and writes what succeeded into descriptor 9, a name each.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void note_success(const char *name)
{
	if (write(9, name, strlen(name)) < 0 || write(9, "\n", 1) < 0)
		_exit(99);
}

static int can_run_program(void)
{
	pid_t child;
	int status = 1;

	unsetenv("LD_PRELOAD"); /* or that program would try it, too, and so on */
	child = fork();
	if (!child) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

__attribute__((destructor)) static void try_everything(void)
{
	const char *outside = getenv("FORBIDDEN_FILE");

	if (write(9, "tried\n", 6) != 6)
		return;
	if (can_run_program())
		note_success("exec");
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
		note_success("socket");
	if (open(outside, O_WRONLY | O_CREAT, 0600) >= 0)
		note_success("write");
	if (syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) >= 0)
		note_success("peek");
}

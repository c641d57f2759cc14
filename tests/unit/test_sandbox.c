/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox, by trying what is forbidden: each case in a process of its own, as there is no way out. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "test.h"

static char inside[64], outside[64];

/* Runs @attempt in a child that entered the sandbox; the errno it ends with, 0 for success, -1 when it died. */
static int errno_of(int (*attempt)(void))
{
	const char *const writable[] = {inside, "/nonexistent"};
	pid_t child = fork();
	struct kl_error *err;
	int status;

	if (!child) {
		err = kl_sandbox_enter(writable, 2);
		if (err) {
			fprintf(stderr, "# %s\n", kl_error_message(err));
			_exit(255);
		}
		errno = 0;
		_exit(attempt() ? errno : 0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int run_program(void)
{
	char *const arguments[] = {(char *)"true", NULL};

	return execv("/bin/true", arguments);
}

static int open_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static int open_local_sockets(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int set_up_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) < 0;
}

static int trace_parent(void)
{
	return syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, getppid(), 0, 0) < 0;
}

static int write_memory_of_parent(void)
{
	return syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0) < 0;
}

static int load_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0) < 0;
}

static int new_namespace(void)
{
	return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */) < 0;
}

static int type_for_others(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static int write_at(const char *directory)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/new", directory);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	return fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0);
}

static int write_inside(void)
{
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/new", inside);
	snprintf(to, sizeof(to), "%s/renamed", inside);
	return write_at(inside) || rename(from, to) || unlink(to);
}

static int write_outside(void)
{
	return write_at(outside);
}

static int remove_outside(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/precious", outside);
	return unlink(path);
}

static int truncate_outside(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/precious", outside);
	return truncate(path, 0);
}

static int link_outside(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/link", outside);
	return symlink("/etc/passwd", path);
}

static int read_anywhere(void)
{
	char path[128], byte;
	int fd;

	snprintf(path, sizeof(path), "%s/precious", outside);
	fd = open(path, O_RDONLY);
	return fd < 0 || read(fd, &byte, 1) != 1;
}

static int gain_privileges(void)
{
	return !prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static int signal_parent(void)
{
	return kill(getppid(), 0);
}

static void test_system_calls(void)
{
	if (!kl_sandbox_features().system_calls)
		SKIP("this kernel filters no system calls");
	CHECK_INT(errno_of(gain_privileges), 0);
	CHECK_INT(errno_of(open_socket), EPERM);
	CHECK_INT(errno_of(open_local_sockets), EPERM);
	CHECK_INT(errno_of(set_up_io_uring), EPERM);
	CHECK_INT(errno_of(write_memory_of_parent), EPERM);
	CHECK_INT(errno_of(load_bpf), EPERM);
	CHECK_INT(errno_of(new_namespace), EPERM);
	CHECK_INT(errno_of(type_for_others), EPERM);
	CHECK_INT(errno_of(run_program), EPERM);
#ifndef __SANITIZE_ADDRESS__
	CHECK_INT(errno_of(trace_parent), EPERM);
#else
	(void)trace_parent;
#endif
}

static void test_files(void)
{
	int version = kl_sandbox_features().landlock;

	CHECK_INT(errno_of(read_anywhere), 0);
	CHECK_INT(errno_of(write_inside), 0);
	if (!version)
		SKIP("this kernel has no Landlock");
	CHECK_INT(errno_of(write_outside), EACCES);
	CHECK_INT(errno_of(remove_outside), EACCES);
	CHECK_INT(errno_of(link_outside), EACCES);
	if (version >= 3)
		CHECK_INT(errno_of(truncate_outside), EACCES);
	if (version >= 6)
		CHECK_INT(errno_of(signal_parent), EPERM);
}

static void test_cost(void)
{
	const char *const writable[] = {inside, outside};
	struct timespec before, after;
	pid_t child = fork();
	int status;

	if (!child) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
		kl_error_destroy(kl_sandbox_enter(writable, 2));
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
		_exit((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec > 5000000);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

/* What becomes of root in a child with this environment: its user, -1 for an error. */
static int user_after(const char *uid, const char *gid)
{
	pid_t child = fork();
	int status;

	if (!child) {
		setenv("SUDO_UID", uid, 1);
		setenv("SUDO_GID", gid, 1);
		if (kl_sandbox_give_up_root() || (getuid() && (!setuid(0) || getgroups(0, NULL) || !getegid())))
			_exit(255);
		_exit((int)geteuid());
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_root_is_given_up(void)
{
	if (geteuid())
		SKIP("only root can give up root");
	CHECK_INT(user_after("77", "78"), 77);
	CHECK_INT(user_after("0", "0"), 0);
	CHECK_INT(user_after("-1", "78"), 0);
	CHECK_INT(user_after("4294967295", "78"), 0);
	CHECK_INT(user_after("77x", "78"), 0);
	CHECK_INT(user_after("", ""), 0);
}

int main(void)
{
	char path[128];
	int fd;

	snprintf(inside, sizeof(inside), "/tmp/kleak-test-inside.%d", (int)getpid());
	snprintf(outside, sizeof(outside), "/tmp/kleak-test-outside.%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/precious", outside);
	if (mkdir(inside, 0700) || mkdir(outside, 0700))
		return 1;
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1)
		return 1;
	close(fd);
	RUN(test_system_calls);
	RUN(test_files);
	RUN(test_cost);
	RUN(test_root_is_given_up);
	unlink(path);
	rmdir(inside);
	rmdir(outside);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox/syscalls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define IF_EQUAL(value, then_skip, else_skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then_skip), (else_skip))
#define IF_AT_LEAST(value, then_skip, else_skip) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), (then_skip), (else_skip))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EPERM)

bool kl_syscalls_can_restrict(void)
{
#ifdef ARCHITECTURE
	unsigned action = SECCOMP_RET_ERRNO;

	return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
#else
	return false;
#endif
}

int kl_syscalls_restrict(void)
{
#ifdef ARCHITECTURE
	static struct sock_filter filter[] = {
		/* Numbers mean something else for 32-bit programs, and for the x32 ones of x86-64. */
		LOAD(arch),
		IF_EQUAL(ARCHITECTURE, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
#ifdef __x86_64__
		IF_AT_LEAST(0x40000000, 0, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
#endif
#define KL_REFUSED(name) IF_EQUAL(SYS_##name, 0, 1), REFUSE,
#include "sandbox/syscalls.def"
#undef KL_REFUSED
		/* Terminals take input for others this way: TIOCSTI types, TIOCLINUX pastes. */
		IF_EQUAL(SYS_ioctl, 0, 4),
		LOAD(args[1]),
		IF_EQUAL(TIOCSTI, 1, 0),
		IF_EQUAL(TIOCLINUX, 0, 1),
		REFUSE,
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(*filter), .filter = filter};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? errno : 0;
#else
	return EOPNOTSUPP;
#endif
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* life.c: what user space does to a machine in the course of days, in half a minute.
 *
 * usage: life SEED ROUNDS     makes and undoes much, leaves some
 *        life SEED keep       makes some of everything, says so in /tmp/kept, and holds it until the machine ends
 *
 * Every system call may fail (an old kernel, a small machine): then that trace is missing, nothing else.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FILES 120

static uint64_t state;

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned below(unsigned n)
{
	return (unsigned)(draw() % n);
}

static void ignore(long result)
{
	(void)result;
}

/* The child's draws are its own. */
static pid_t branch(void)
{
	uint64_t seed = draw();
	pid_t pid = fork();

	if (pid == 0)
		state = seed;
	return pid;
}

static void reap_all(void)
{
	while (wait(NULL) > 0)
		;
}

static void storm_processes(void)
{
	static char *const commands[] = {"true", "id", "ls", "ps", "env", "mount", "find"};
	int i;

	for (i = 0; i < 24; i++) {
		char *command = commands[below(7)];

		if (branch() == 0) {
			int null = open("/dev/null", O_RDWR);

			dup2(null, 1);
			dup2(null, 2);
			execl("/bin/busybox", command, command[0] == 'l' || command[0] == 'f' ? "/sys/kernel" : NULL,
			      NULL);
			_exit(1);
		}
		if (i % 6 == 5)
			reap_all();
	}
	reap_all();
}

static void *run_thread(void *data)
{
	char stack[8192];

	memset(stack, (int)(intptr_t)data, sizeof(stack));
	usleep(100 + (useconds_t)(unsigned char)stack[100]);
	return NULL;
}

static void storm_threads(void)
{
	pthread_t threads[16];
	int i, made = 0;

	for (i = 0; i < 16; i++)
		made += pthread_create(&threads[made], NULL, run_thread, (void *)(intptr_t)i) == 0;
	while (made)
		pthread_join(threads[--made], NULL);
}

static void write_file(const char *name, unsigned size)
{
	static char text[20000];
	int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);

	memset(text, 'a' + (int)(size % 26), sizeof(text));
	ignore(write(fd, text, size % sizeof(text)));
	close(fd);
}

/* Names of all lengths: dentries keep short ones inside, long ones outside. */
static void name_file(char *name, size_t size, const char *dir, unsigned i)
{
	static const char tail[] = "-a-name-that-is-too-long-to-be-kept-inside-of-a-dentry-and-needs-memory-of-its-own";

	snprintf(name, size, "%s/f%u%s", dir, i, tail + (i % 3 ? sizeof(tail) - 1 : below(sizeof(tail) - 1)));
}

static void churn_files(const char *dir)
{
	char name[200], other[240];
	unsigned i;

	mkdir(dir, 0700);
	for (i = 0; i < FILES; i++) {
		name_file(name, sizeof(name), dir, i);
		write_file(name, below(9000));
		setxattr(name, "user.note", other, below(200), 0);
		if (i % 5 == 0) {
			snprintf(other, sizeof(other), "%s.moved", name);
			rename(name, other);
			symlink(other, name);
		}
		if (below(3))
			unlink(name);
	}
}

static void churn_pipes(int keep)
{
	static char data[8192];
	int ends[2], i, j, n;

	for (i = 0; i < 20; i++) {
		if (pipe2(ends, O_NONBLOCK) < 0)
			return;
		n = 1 + (int)below(16);
		for (j = 0; j < n; j++)
			ignore(write(ends[1], data, 1 + below(sizeof(data))));
		for (j = (int)below((unsigned)n); j > 0; j--)
			ignore(read(ends[0], data, sizeof(data)));
		if (!keep) {
			close(ends[0]);
			close(ends[1]);
		}
	}
}

static void send_descriptor(int socket, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec part = {"x", 1};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	ignore(sendmsg(socket, &message, MSG_DONTWAIT));
}

static void churn_unix_sockets(int keep)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	static char data[6000];
	int pair[2], i, j;

	for (i = 0; i < 24; i++) {
		if (socketpair(AF_UNIX, types[i % 3] | SOCK_NONBLOCK, 0, pair) < 0)
			return;
		for (j = (int)below(12); j >= 0; j--)
			ignore(send(pair[0], data, 1 + below(sizeof(data)), MSG_DONTWAIT));
		if (i % 4 == 0)
			send_descriptor(pair[0], 0);
		for (j = (int)below(4); j > 0; j--)
			ignore(recv(pair[1], data, sizeof(data), MSG_DONTWAIT));
		if (!keep) {
			close(pair[0]);
			close(pair[1]);
		}
	}
}

/* Connections over the loopback device with data in both directions, some of it never read; and a queue of datagrams.
 */
static void churn_inet_sockets(int keep)
{
	static char data[6000];
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), datagrams = socket(AF_INET, SOCK_DGRAM, 0), client, server, i;

	bind(listener, (struct sockaddr *)&address, length);
	getsockname(listener, (struct sockaddr *)&address, &length);
	listen(listener, 8);
	for (i = 0; i < 6; i++) {
		client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(client, (struct sockaddr *)&address, length);
		server = i % 3 ? accept4(listener, NULL, NULL, SOCK_NONBLOCK) : -1;
		ignore(send(client, data, 1 + below(sizeof(data)), MSG_DONTWAIT));
		ignore(send(server, data, 1 + below(sizeof(data)), MSG_DONTWAIT));
		if (!keep) {
			close(client);
			close(server);
		}
	}
	bind(datagrams, (struct sockaddr *)&address, length);
	for (i = 0; i < 10; i++)
		ignore(sendto(datagrams, data, 1 + below(3000), MSG_DONTWAIT, (struct sockaddr *)&address, length));
	if (!keep) {
		close(listener);
		close(datagrams);
	}
}

static void churn_watchers(int keep)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct itimerspec later = {.it_value.tv_sec = 3000};
	sigset_t signals;
	int i, poll, fds[4];

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	for (i = 0; i < 12; i++) {
		poll = epoll_create1(0);
		fds[0] = eventfd(0, 0);
		fds[1] = timerfd_create(CLOCK_MONOTONIC, 0);
		timerfd_settime(fds[1], 0, &later, NULL);
		fds[2] = signalfd(-1, &signals, 0);
		fds[3] = inotify_init1(0);
		inotify_add_watch(fds[3], "/tmp", IN_CREATE | IN_DELETE);
		for (int j = 0; j < 4; j++)
			epoll_ctl(poll, EPOLL_CTL_ADD, fds[j], &event);
		for (int j = 0; j < 4 && !keep; j++)
			close(fds[j]);
		if (!keep)
			close(poll);
	}
}

static void churn_sysv(int keep)
{
	struct {
		long type;
		char text[2000];
	} message = {1, ""};
	int i, queue, set, segment;

	for (i = 0; i < 6; i++) {
		queue = msgget(IPC_PRIVATE, 0600);
		for (int j = 0; j < 5; j++)
			msgsnd(queue, &message, below(sizeof(message.text)), IPC_NOWAIT);
		set = semget(IPC_PRIVATE, 1 + (int)below(60), 0600);
		segment = shmget(IPC_PRIVATE, 4096 * (1 + below(8)), 0600);
		if (!keep) {
			msgctl(queue, IPC_RMID, NULL);
			semctl(set, 0, IPC_RMID);
			shmctl(segment, IPC_RMID, NULL);
		}
	}
	for (i = 0; i < 8; i++) {
		char name[32];
		long key;

		snprintf(name, sizeof(name), "life:%u", below(1000000));
		key = syscall(SYS_add_key, "user", name, message.text, 1 + below(900),
			      -3 /* KEY_SPEC_SESSION_KEYRING */);
		if (!keep)
			syscall(SYS_keyctl, 9 /* KEYCTL_UNLINK */, key, -3);
	}
}

static void churn_mappings(int keep)
{
	size_t size;
	char *memory;
	int i;

	for (i = 0; i < 30; i++) {
		size = 4096 * (1 + below(64));
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			return;
		memset(memory, i, size / 2);
		mprotect(memory, 4096, PROT_READ);
		if (!keep)
			munmap(memory, size);
	}
}

static void churn_terminals(int keep)
{
	int i, fd;

	for (i = 0; i < 4; i++) {
		fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
		ignore(write(fd, "hello\n", 6));
		if (!keep)
			close(fd);
	}
}

static void churn_mounts(const char *dir, int keep)
{
	char place[100], options[400];
	int i;

	mkdir(dir, 0700);
	for (i = 0; i < 6; i++) {
		snprintf(place, sizeof(place), "%s/m%d", dir, i);
		mkdir(place, 0700);
		mount("none", place, i % 3 == 2 ? "proc" : "tmpfs", 0, NULL);
		if (i % 3 != 2)
			churn_files(strcat(strcpy(options, place), "/in"));
		if (!keep)
			umount2(place, MNT_DETACH);
	}
	snprintf(place, sizeof(place), "%s/over", dir);
	mkdir(place, 0700);
	snprintf(options, sizeof(options), "%s/upper", dir);
	mkdir(options, 0700);
	snprintf(options, sizeof(options), "%s/work", dir);
	mkdir(options, 0700);
	snprintf(options, sizeof(options), "lowerdir=/bin,upperdir=%s/upper,workdir=%s/work", dir, dir);
	mount("none", place, "overlay", 0, options);
	if (!keep)
		umount2(place, MNT_DETACH);
}

static void live_in_namespace(const char *dir, int keep)
{
	static const int kinds[] = {CLONE_NEWNS, CLONE_NEWUTS | CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWPID,
				    CLONE_NEWUSER};
	int kind = CLONE_NEWNS | kinds[below(5)];

	if (unshare(kind) < 0)
		_exit(0);
	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	sethostname("elsewhere", 9);
	churn_mounts(dir, 0);
	churn_unix_sockets(0);
	churn_sysv(0);
	if (branch() == 0) {
		storm_threads();
		_exit(0);
	}
	reap_all();
	if (keep)
		for (;;)
			pause();
	_exit(0);
}

static void churn_namespaces(const char *dir, int n, int keep)
{
	while (n--)
		if (branch() == 0)
			live_in_namespace(dir, keep);
	if (!keep)
		reap_all();
}

static void churn_cgroups(int keep)
{
	char name[100], pid[20];
	int i, fd;

	for (i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "/sys/fs/cgroup/life%u", below(1000000));
		if (mkdir(name, 0700) < 0)
			return;
		if (branch() == 0) {
			strcat(name, "/cgroup.procs");
			fd = open(name, O_WRONLY);
			ignore(write(fd, pid, (size_t)snprintf(pid, sizeof(pid), "%d", getpid())));
			storm_threads();
			_exit(0);
		}
		reap_all();
		if (!keep)
			rmdir(name);
	}
}

/* One round, with what is left of it in @dir. */
static void live(const char *dir, int keep)
{
	storm_processes();
	storm_threads();
	churn_files(dir);
	churn_pipes(keep);
	churn_unix_sockets(keep);
	churn_inet_sockets(keep);
	churn_watchers(keep);
	churn_sysv(keep);
	churn_mappings(keep);
	churn_terminals(keep);
	churn_mounts(dir, keep);
	churn_cgroups(keep);
	churn_namespaces(dir, 3, keep);
}

int main(int argc, char **argv)
{
	char dir[64];
	int i, rounds;

	if (argc != 3)
		return 2;
	state = strtoull(argv[1], NULL, 0);
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[2], "keep") == 0) {
		live("/tmp/keep", 1);
		close(open("/tmp/kept", O_CREAT | O_WRONLY, 0600));
		for (;;)
			pause();
	}
	rounds = atoi(argv[2]);
	for (i = 0; i < rounds; i++) {
		/* Each round in a process of its own: what it forgets to close goes with it. */
		if (branch() == 0) {
			snprintf(dir, sizeof(dir), "/tmp/life%u", below(1000000));
			live(dir, 0);
			_exit(0);
		}
		reap_all();
	}
	return 0;
}

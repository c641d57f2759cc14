/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLICE_MS 50                   /* how long a signal may go unnoticed */
#define KIND_DONE UINT32_MAX          /* the child's last record: it did not just stop */
#define MAX_BYTES ((uint64_t)1 << 30) /* of all records of a child */

struct record_header {
	uint32_t kind, length;
};

/* ---- in the child ---- */

static void flush_outbox(struct kl_outbox *o)
{
	size_t written = 0;

	while (written < o->used) {
		ssize_t n = write(o->fd, o->buffer + written, o->used - written);

		if (n < 0 && errno != EINTR)
			_exit(1);
		written += n > 0 ? (size_t)n : 0;
	}
	o->used = 0;
}

void kl_outbox_put(struct kl_outbox *o, uint32_t kind, const void *bytes, size_t length)
{
	struct record_header header = {.kind = kind,
				       .length = (uint32_t)(length < KL_RECORD_MAX ? length : KL_RECORD_MAX)};

	if (o->used + sizeof(header) + header.length > sizeof(o->buffer))
		flush_outbox(o);
	memcpy(o->buffer + o->used, &header, sizeof(header));
	if (header.length)
		memcpy(o->buffer + o->used + sizeof(header), bytes, header.length);
	o->used += sizeof(header) + header.length;
}

/* Signals do what they usually do, nothing is printed, no core is left, and nobody survives his parent. */
static void prepare_child(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP,  SIGSEGV, SIGBUS,
				      SIGFPE, SIGILL,  SIGABRT, SIGALRM, SIGPIPE};
	const struct rlimit none = {0, 0};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC); /* the sandbox allows no more */
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
}

static void __attribute__((noreturn)) be_child(const struct kl_child *child, int fd)
{
	static struct kl_outbox outbox;

	prepare_child();
	outbox.fd = fd;
	child->run(child->task, &outbox);
	kl_outbox_put(&outbox, KIND_DONE, NULL, 0);
	flush_outbox(&outbox);
	_exit(0);
}

/* ---- in the parent ---- */

struct inbox {
	const struct kl_child *child;
	struct kl_strbuf *why;
	uint64_t bytes;
	size_t used;
	bool done, refused;
	unsigned char buffer[2 * (KL_RECORD_MAX + sizeof(struct record_header))];
};

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take_record(struct inbox *in, const struct record_header *header, const unsigned char *bytes)
{
	if (header->kind == KIND_DONE)
		in->done = true;
	else if (!in->child->take(in->child->context, header->kind, bytes, header->length, in->why))
		in->refused = true;
}

/* Hands on all whole records. */
static void take_records(struct inbox *in)
{
	struct record_header header;
	size_t at = 0;

	while (!in->refused && in->used - at >= sizeof(header)) {
		memcpy(&header, in->buffer + at, sizeof(header));
		if (header.length > KL_RECORD_MAX) {
			kl_strbuf_puts(in->why, "it sent what is no record");
			in->refused = true;
			break;
		}
		if (in->used - at < sizeof(header) + header.length)
			break;
		take_record(in, &header, in->buffer + at + sizeof(header));
		at += sizeof(header) + header.length;
	}
	memmove(in->buffer, in->buffer + at, in->used - at);
	in->used -= at;
}

/* Reads until the pipe's other end is closed, somebody has had enough, or time is up. */
static struct kl_error *receive(struct inbox *in, int fd)
{
	int64_t end = milliseconds() + (int64_t)in->child->seconds * 1000;

	while (!in->refused) {
		struct pollfd poller = {.fd = fd, .events = POLLIN};
		struct kl_error *err = kl_progress_tick(in->child->progress, "asking plugins", 0, 0);
		ssize_t n;

		if (err)
			return err;
		if (milliseconds() > end) {
			kl_strbuf_printf(in->why, "it took longer than %u seconds", in->child->seconds);
			return NULL;
		}
		if (poll(&poller, 1, SLICE_MS) <= 0)
			continue;
		n = read(fd, in->buffer + in->used, sizeof(in->buffer) - in->used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return NULL;
		in->used += (size_t)n;
		in->bytes += (uint64_t)n;
		if (in->bytes > MAX_BYTES) {
			kl_strbuf_puts(in->why, "it said too much");
			return NULL;
		}
		take_records(in);
	}
	return NULL;
}

static void say_how_it_ended(const struct inbox *in, int status, struct kl_strbuf *why)
{
	if (in->done || in->refused || why->length)
		return;
	if (WIFSIGNALED(status))
		kl_strbuf_printf(why, "it crashed: %s", strsignal(WTERMSIG(status)));
	else
		kl_strbuf_printf(why, "it ended the process with %d", WEXITSTATUS(status));
}

struct kl_error *kl_child_run(const struct kl_child *child, struct kl_strbuf *why)
{
	_cleanup_free_ struct inbox *in = calloc(1, sizeof(*in));
	struct kl_error *err;
	int fds[2], status = 0;
	pid_t pid;

	if (!in)
		return kl_error_nomem();
	if (pipe2(fds, O_CLOEXEC))
		return kl_error_from_errno(errno, "a pipe for plugins");
	pid = fork();
	if (!pid) {
		close(fds[0]);
		be_child(child, fds[1]);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return kl_error_from_errno(errno, "a process for plugins");
	}
	in->child = child;
	in->why = why;
	err = receive(in, fds[0]);
	close(fds[0]);
	if (err || !in->done || in->refused)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	say_how_it_ended(in, status, why);
	return err ? err : why->failed ? kl_error_nomem() : NULL;
}

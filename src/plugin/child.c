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
#define KIND_DONE UINT32_MAX          /* the last record of either side: it did not just stop */
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

/* Whole, or false. */
static bool read_from_parent(int fd, void *buffer, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = read(fd, (char *)buffer + done, length - done);

		if (!n || (n < 0 && errno != EINTR))
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

bool kl_outbox_hear(struct kl_outbox *o, uint32_t *kind, struct kl_strbuf *ret)
{
	struct record_header header;
	char part[4096];
	size_t n;

	flush_outbox(o);
	if (!read_from_parent(o->from_parent, &header, sizeof(header)))
		return false;
	if (header.kind == KIND_DONE)
		return false;
	*kind = header.kind;
	kl_strbuf_reset(ret);
	for (; header.length; header.length -= (uint32_t)n) {
		n = header.length < sizeof(part) ? header.length : sizeof(part);
		if (!read_from_parent(o->from_parent, part, n))
			return false;
		kl_strbuf_append(ret, part, n);
	}
	return !ret->failed;
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

static void __attribute__((noreturn)) be_child(const struct kl_child *child, int to_parent, int from_parent)
{
	static struct kl_outbox outbox;

	prepare_child();
	outbox.fd = to_parent;
	outbox.from_parent = from_parent;
	child->run(child->task, &outbox);
	kl_outbox_put(&outbox, KIND_DONE, NULL, 0);
	flush_outbox(&outbox);
	_exit(0);
}

/* ---- in the parent ---- */

struct kl_talk {
	const struct kl_child *child;
	struct kl_strbuf why;
	pid_t pid;
	int in, out;
	int64_t used_ms; /* waiting for the child */
	uint64_t bytes;
	size_t used;
	bool answered;
	bool done, refused;
	bool closed; /* nothing will come any more */
	unsigned char buffer[2 * (KL_RECORD_MAX + sizeof(struct record_header))];
};

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void refuse_child(struct kl_talk *t, const char *why)
{
	if (why)
		kl_strbuf_puts(&t->why, why);
	t->refused = t->closed = true;
}

static void take_record(struct kl_talk *t, const struct record_header *header, const unsigned char *bytes)
{
	if (header->kind == KIND_DONE) {
		t->done = true;
		return;
	}
	switch (t->child->take(t->child->context, header->kind, bytes, header->length, &t->why)) {
	case KL_TAKEN:
		break;
	case KL_TAKEN_ANSWER:
		t->answered = true;
		break;
	case KL_TAKEN_NONSENSE:
		refuse_child(t, NULL);
		break;
	}
}

/* Hands on all whole records, up to an answer. */
static void take_records(struct kl_talk *t)
{
	struct record_header header;
	size_t at = 0;

	while (!t->refused && !t->answered && t->used - at >= sizeof(header)) {
		memcpy(&header, t->buffer + at, sizeof(header));
		if (header.length > KL_RECORD_MAX) {
			refuse_child(t, "it sent what is no record");
			break;
		}
		if (t->used - at < sizeof(header) + header.length)
			break;
		take_record(t, &header, t->buffer + at + sizeof(header));
		at += sizeof(header) + header.length;
	}
	memmove(t->buffer, t->buffer + at, t->used - at);
	t->used -= at;
}

static void read_records(struct kl_talk *t)
{
	ssize_t n = read(t->in, t->buffer + t->used, sizeof(t->buffer) - t->used);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		t->closed = true;
		return;
	}
	t->used += (size_t)n;
	t->bytes += (uint64_t)n;
	if (t->bytes > MAX_BYTES)
		refuse_child(t, "it said too much");
	else
		take_records(t);
}

/* Waits for the child for a moment, and takes what it has sent. @writable: becomes true when it can be told something;
 * NULL when there is nothing to tell. */
static struct kl_error *wait_for_child(struct kl_talk *t, bool *writable)
{
	struct pollfd pollers[] = {{.fd = t->in, .events = POLLIN}, {.fd = writable ? t->out : -1, .events = POLLOUT}};
	struct kl_error *err = kl_progress_tick(t->child->progress, "asking plugins", 0, 0);
	int64_t since = milliseconds();
	int n;

	if (err)
		return err;
	if (t->used_ms > (int64_t)t->child->seconds * 1000) {
		kl_strbuf_printf(&t->why, "it took longer than %u seconds", t->child->seconds);
		refuse_child(t, NULL);
		return NULL;
	}
	n = poll(pollers, 2, SLICE_MS);
	t->used_ms += milliseconds() - since;
	if (n <= 0)
		return NULL;
	if (pollers[0].revents && t->used < sizeof(t->buffer))
		read_records(t);
	if (writable)
		*writable = pollers[1].revents != 0;
	return NULL;
}

/* A child that is gone is found by its end of the other pipe. */
static ssize_t write_to_child(int fd, const unsigned char *bytes, size_t length)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	ssize_t n;

	sigaction(SIGPIPE, &ignore, &before);
	n = write(fd, bytes, length);
	sigaction(SIGPIPE, &before, NULL);
	return n;
}

static struct kl_error *send_bytes(struct kl_talk *t, const void *bytes, size_t length)
{
	size_t sent = 0;

	t->answered = false;
	while (sent < length && !t->closed) {
		bool writable = false;
		struct kl_error *err = wait_for_child(t, &writable);
		ssize_t n;

		if (err)
			return err;
		if (t->answered)
			refuse_child(t, "it answered before it was asked");
		if (!writable || t->closed)
			continue;
		n = write_to_child(t->out, (const unsigned char *)bytes + sent, length - sent);
		if (n < 0 && errno == EPIPE) {
			close(t->out);
			t->out = -1;
			return NULL;
		}
		sent += n > 0 ? (size_t)n : 0;
	}
	return NULL;
}

struct kl_error *kl_child_tell(struct kl_talk *t, uint32_t kind, const void *bytes, size_t length)
{
	struct record_header header = {.kind = kind, .length = (uint32_t)length};
	struct kl_error *err;

	if (t->out < 0)
		return NULL;
	err = send_bytes(t, &header, sizeof(header));
	return err || t->out < 0 ? err : send_bytes(t, bytes, length);
}

struct kl_error *kl_child_listen(struct kl_talk *t, bool *ret)
{
	struct kl_error *err = NULL;

	t->answered = false;
	take_records(t);
	while (!err && !t->answered && !t->closed)
		err = wait_for_child(t, NULL);
	*ret = t->answered;
	return err;
}

static struct kl_error *fork_child(struct kl_talk *t)
{
	int up[2], down[2];

	if (pipe2(up, O_CLOEXEC))
		return kl_error_from_errno(errno, "a pipe for plugins");
	if (pipe2(down, O_CLOEXEC)) {
		close(up[0]);
		close(up[1]);
		return kl_error_from_errno(errno, "a pipe for plugins");
	}
	t->pid = fork();
	if (!t->pid) {
		close(up[0]);
		close(down[1]);
		be_child(t->child, up[1], down[0]);
	}
	close(up[1]);
	close(down[0]);
	t->in = up[0];
	t->out = down[1];
	fcntl(t->out, F_SETFL, O_NONBLOCK);
	return t->pid < 0 ? kl_error_from_errno(errno, "a process for plugins") : NULL;
}

struct kl_error *kl_child_start(const struct kl_child *child, struct kl_talk **ret)
{
	struct kl_talk *t = calloc(1, sizeof(*t));
	struct kl_error *err;

	*ret = t;
	if (!t)
		return kl_error_nomem();
	t->child = child;
	t->in = t->out = -1;
	t->pid = -1;
	err = fork_child(t);
	t->closed = err != NULL;
	return err;
}

static void say_how_it_ended(const struct kl_talk *t, int status, struct kl_strbuf *why)
{
	if (t->why.length)
		kl_strbuf_append(why, t->why.data, t->why.length);
	else if (t->done || t->refused || t->pid < 0)
		return;
	else if (WIFSIGNALED(status))
		kl_strbuf_printf(why, "it crashed: %s", strsignal(WTERMSIG(status)));
	else
		kl_strbuf_printf(why, "it ended the process with %d", WEXITSTATUS(status));
}

/* Lets a child that waits for more know that there is none, and go. (That the pipe is closed does not tell it: children
 * that were started later have it, too.) */
static void say_goodbye(struct kl_talk *t)
{
	struct kl_error *err = t->closed ? NULL : kl_child_tell(t, KIND_DONE, NULL, 0);
	bool answered = false;

	while (!err && !t->closed) {
		err = kl_child_listen(t, &answered);
		if (answered)
			refuse_child(t, "it answered before it was asked");
	}
	kl_error_destroy(err);
	if (t->out >= 0)
		close(t->out);
}

void kl_child_end(struct kl_talk *t, struct kl_strbuf *why)
{
	int status = 0;

	if (!t)
		return;
	say_goodbye(t);
	if (t->in >= 0)
		close(t->in);
	if (t->pid > 0 && (!t->done || t->refused))
		kill(t->pid, SIGKILL);
	while (t->pid > 0 && waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
		;
	say_how_it_ended(t, status, why);
	kl_strbuf_deinit(&t->why);
	free(t);
}

struct kl_error *kl_child_run(const struct kl_child *child, struct kl_strbuf *why)
{
	struct kl_talk *t;
	struct kl_error *err = kl_child_start(child, &t);
	bool answered;

	while (!err && !t->closed)
		err = kl_child_listen(t, &answered);
	if (err && t)
		t->closed = true;
	kl_child_end(t, why);
	return err ? err : why->failed ? kl_error_nomem() : NULL;
}

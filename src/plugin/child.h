/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h: a function called in a child of this process, and the records that both send to each other.
 *
 * Either the child is left to do its work, and what it sends is taken until it is done (kl_child_run()), or the two
 * talk: kl_child_start(), then kl_child_tell() and kl_child_listen() as often as needed, then kl_child_end().
 *
 * Only what the child takes is counted against its time: not what this process does in between.
 */
#ifndef KL_PLUGIN_CHILD_H
#define KL_PLUGIN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"
#include "util/progress.h"
#include "util/strbuf.h"

#define KL_RECORD_MAX 4096 /* bytes of one record of the child's */

/* ---- in the child ---- */

/* The child's ends of the pipes. */
struct kl_outbox {
	int fd, from_parent;
	size_t used;
	unsigned char buffer[16 * (KL_RECORD_MAX + 16)];
};

/** kl_outbox_put() - send a record. Ends the process when nobody reads. @length: at most KL_RECORD_MAX, longer ones are
 * cut. */
void kl_outbox_put(struct kl_outbox *outbox, uint32_t kind, const void *bytes, size_t length);

/** kl_outbox_hear() - send what was put, and wait for the next record of the parent's; false when there will be none.
 * @ret: its bytes. */
bool kl_outbox_hear(struct kl_outbox *outbox, uint32_t *kind, struct kl_strbuf *ret);

/* ---- in the parent ---- */

/* What becomes of a record. */
enum kl_taken {
	KL_TAKEN,
	KL_TAKEN_ANSWER,  /* it is what was listened for */
	KL_TAKEN_NONSENSE /* the child is ended, and the reason was said */
};

static inline enum kl_taken kl_taken_if(bool makes_sense)
{
	return makes_sense ? KL_TAKEN : KL_TAKEN_NONSENSE;
}

/* What to do in the child, and with what it sends. */
struct kl_child {
	void (*run)(const void *task, struct kl_outbox *outbox); /* in the child */
	const void *task;
	/* In the parent, for each record. @why: what is wrong with it. */
	enum kl_taken (*take)(void *context, uint32_t kind, const unsigned char *bytes, size_t length,
			      struct kl_strbuf *why);
	void *context;
	unsigned seconds; /* it may take */
	const struct kl_progress *progress;
};

/** kl_child_run() - do it. What ended the child other than that it was done is appended to @why.
 * Errors: out of memory, no process to be had, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_child_run(const struct kl_child *child, struct kl_strbuf *why);

/* A child that runs. */
struct kl_talk;

/** kl_child_start() - begin. @child: outlives @ret, which is freed by kl_child_end(). Errors: likewise. */
struct kl_error *kl_child_start(const struct kl_child *child, struct kl_talk **ret);

/** kl_child_tell() - send a record of any length; the child's are taken meanwhile. Nothing happens when it has ended.
 * Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_child_tell(struct kl_talk *talk, uint32_t kind, const void *bytes, size_t length);

/** kl_child_listen() - take records until one was an answer; *@ret is false when the child ended instead. Likewise. */
struct kl_error *kl_child_listen(struct kl_talk *talk, bool *ret);

/** kl_child_end() - let it go. What ended it other than that it was done, or had nothing more to hear, is appended to
 * @why. @talk: NULL is fine. */
void kl_child_end(struct kl_talk *talk, struct kl_strbuf *why);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h: a function called in a child of this process, and the records that it sends back. */
#ifndef KL_PLUGIN_CHILD_H
#define KL_PLUGIN_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/progress.h"
#include "util/strbuf.h"

#define KL_RECORD_MAX 4096 /* bytes of one record */

/* The child's end of the pipe. */
struct kl_outbox {
	int fd;
	size_t used;
	unsigned char buffer[16 * (KL_RECORD_MAX + 16)];
};

/** kl_outbox_put() - send a record. Ends the process when nobody reads. @length: at most KL_RECORD_MAX, longer ones are
 * cut. */
void kl_outbox_put(struct kl_outbox *outbox, uint32_t kind, const void *bytes, size_t length);

/* What to do in the child, and with what it sends. */
struct kl_child {
	void (*run)(const void *task, struct kl_outbox *outbox); /* in the child */
	const void *task;
	/* In the parent, for each record; false ends the child: *@why says what is wrong with it. */
	bool (*take)(void *context, uint32_t kind, const unsigned char *bytes, size_t length, struct kl_strbuf *why);
	void *context;
	unsigned seconds; /* it may take */
	const struct kl_progress *progress;
};

/** kl_child_run() - do it. What ended the child other than that it was done is appended to @why.
 * Errors: out of memory, no process to be had, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_child_run(const struct kl_child *child, struct kl_strbuf *why);

#endif

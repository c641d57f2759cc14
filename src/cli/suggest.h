/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suggest.h: what somebody who misspelt a name may have meant. */
#ifndef KL_CLI_SUGGEST_H
#define KL_CLI_SUGGEST_H

#include <stddef.h>

/* The best of the names shown so far. */
struct kl_suggestion {
	const char *wrong;
	size_t length;    /* of @wrong */
	const char *name; /* NULL: none is near enough */
	size_t distance;
};

/** kl_suggest() - look at one more @name: letters that differ, are missing, too many or exchanged count one each, and a
 * third of them may. */
void kl_suggest(struct kl_suggestion *s, const char *name);

#endif

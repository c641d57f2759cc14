/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules.h: suppression files: which findings somebody has looked at and does not want to be told of again.
 *
 * A file is made of rules, in the manner of LeakSanitizer's and Valgrind's (docs/suppressions.md):
 *
 *	[acme ring]                        a name, for the record
 *	comment = freed by the firmware    words for people
 *	frame = acme_ring_alloc*           a function of the stack; several: in this order, others may stand between
 *	frame = acme_probe
 *	module = acme, acme_core           one of these has a function in the stack, or the call site
 *	site = drivers/acme/ring.c:*       "file:line" of the call site that allocation profiling knows
 *	cache = kmalloc-*                  its slab cache
 *	type = acme_ring                   its struct
 *	verdict = leak, indirect           without this line: leak, indirect, weak, unconfirmed
 *	release = 6.12.*                   of the kernel
 *	until = 2027-06-30                 the last day on which it applies
 *
 * Values are globs. A rule matches what all of its keys match; of the values of one key, frame apart, one is enough.
 *
 * Pure: text in, decisions out. Who the findings are is known elsewhere (analysis/suppressing.h).
 */
#ifndef KL_SUPPRESS_RULES_H
#define KL_SUPPRESS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kleak/kleak.h"
#include "util/error.h"
#include "util/strbuf.h"
#include "util/vec.h"

/* What a value is compared with. */
#define KL_RULE_KEYS(X)       \
	X(FRAME, "frame")     \
	X(MODULE, "module")   \
	X(SITE, "site")       \
	X(CACHE, "cache")     \
	X(TYPE, "type")       \
	X(RELEASE, "release") \
	X(VERDICT, "verdict") \
	X(UNTIL, "until")     \
	X(COMMENT, "comment")

enum kl_rule_key {
#define X(id, name) KL_RULE_##id,
	KL_RULE_KEYS(X)
#undef X
		KL_RULE_KEY_COUNT,
};

struct kl_rule_pattern {
	enum kl_rule_key key;
	char *glob;
};

struct kl_rule {
	char *name;
	const char *file;  /* owned by the rules */
	unsigned line;     /* of its name, from 1 */
	char *comment;     /* NULL: none */
	char until[11];    /* "2027-06-30"; empty: for ever */
	uint32_t verdicts; /* bits of kl_rule_verdict_bit() */
	KL_VEC(struct kl_rule_pattern) patterns;
};

struct kl_rules {
	KL_VEC(struct kl_rule) list;
	KL_VEC(char *) files;
};

/** kl_rule_verdict_bit() - @verdict as a bit of kl_rule.verdicts. */
static inline uint32_t kl_rule_verdict_bit(enum kleak_verdict verdict)
{
	return UINT32_C(1) << ((unsigned)verdict / 10 % 32);
}

/* What rules can ask of one finding. NULL: not known, which no glob matches. */
struct kl_suspect {
	enum kleak_verdict verdict;
	unsigned of_stack; /* of kl_rule_match_stack() */
	const char *site, *site_module, *cache, *type;
};

/** kl_rules_deinit() - free what kl_rules_read() (rule_file.h) appended. */
void kl_rules_deinit(struct kl_rules *rules);

/** kl_rule_needs() - does the rule look at @key? */
bool kl_rule_needs(const struct kl_rule *rule, enum kl_rule_key key);

/** kl_rule_expired() - was its last day before @today, "2026-11-21"? */
bool kl_rule_expired(const struct kl_rule *rule, const char *today);

/** kl_rule_fits_release() - may it apply to a kernel @release? */
bool kl_rule_fits_release(const struct kl_rule *rule, const char *release);

/* What a stack fulfills of a rule. */
enum {
	KL_STACK_HAS_FRAMES = 1 << 0,
	KL_STACK_HAS_MODULE = 1 << 1,
};

/** kl_rule_match_stack() - which of these a stack fulfills; both where the rule does not ask.
 * @frames: the stack's normalized form (util/stack_name.h), so that a rule fits other builds, too; "" without one. */
unsigned kl_rule_match_stack(const struct kl_rule *rule, const char *frames);

/** kl_rule_matches() - does it match the finding @s? Release and date are not asked again. */
bool kl_rule_matches(const struct kl_rule *rule, const struct kl_suspect *s);

/** kl_rule_write() - append a rule that matches findings like this one, as text of a suppression file.
 * @frames: as above. @site, @cache: where they are known and the stack does not tell enough; may be NULL. */
void kl_rule_write(struct kl_strbuf *sb, const char *name, const char *frames, const char *site, const char *cache);

#endif

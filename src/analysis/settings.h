/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.h: what the user chose for a marking: policy, thresholds, refinements. Texts in, structure out. */
#ifndef KL_ANALYSIS_SETTINGS_H
#define KL_ANALYSIS_SETTINGS_H

#include "heap/root.h"
#include "mark/precise.h"
#include "util/error.h"
#include "util/strbuf.h"

/* The first one is the default. */
enum kl_policy {
	KL_POLICY_PRECISE, /* what only a frozen machine can know */
	KL_POLICY_KERNEL,  /* what an in-kernel scan would do at that instant */
};

/* Settings that also --sweep can vary: name, values, what it is. The name is the option's, too. */
#define KL_THRESHOLDS(X)                                                                                               \
	X(min_age, "min-age", "SECONDS", "younger objects are not leaks (default: the kernel's own minimum)")          \
	X(min_unref_scans, "min-unref-scans", "N", "scans in which the kernel must have found an object unreferenced") \
	X(stacks, "stacks", "live|full|none", "what part of the stacks may hold references")                           \
	X(registers, "registers", "yes|no", "whether registers may")                                                   \
	X(interior, "interior", "yes|no", "whether an address inside an object is a reference to it")                  \
	X(types, "types", "yes|no", "whether words that are not declared as pointers are only weak references")        \
	X(untracked, "untracked", "yes|no", "whether to search pages that kmemleak does not track, too")

struct kl_settings {
	enum kl_policy policy;
	bool has_min_age;
	double min_age_s;
	uint32_t min_unref_scans;
	uint16_t disregard; /* kl_trait bits */
	bool types;
	bool untracked;
	bool no_stacks;        /* policy kernel: stacks are no roots */
	struct kl_roots roots; /* given by the user */
};

/** kl_settings_init() - the defaults. Deinit frees the roots. */
void kl_settings_init(struct kl_settings *s);
void kl_settings_deinit(struct kl_settings *s);

/** kl_settings_policy() - "precise" or "kernel"; kl_policy_name() the other way round. */
struct kl_error *kl_settings_policy(struct kl_settings *s, const char *text);
const char *kl_policy_name(enum kl_policy policy);

/** kl_settings_threshold() - set the threshold called @name (KL_THRESHOLDS) to @value. Errors: KL_ERROR_USAGE. */
struct kl_error *kl_settings_threshold(struct kl_settings *s, const char *name, const char *value);

/** kl_settings_refinements() - "+live-stacks,-mask-vmap": switch refinements of the policy precise on and off. */
struct kl_error *kl_settings_refinements(struct kl_settings *s, const char *text);

/** kl_settings_root() - "ADDRESS,LENGTH": more memory to start from. */
struct kl_error *kl_settings_root(struct kl_settings *s, const char *text);

/** kl_settings_check() - do they make sense together? Refinements and most thresholds need the policy precise. */
struct kl_error *kl_settings_check(const struct kl_settings *s);

/** kl_settings_precise() - what kl_precise_run() takes. @kernel_min_age: jiffies, of the dump; @hz: of the dump. */
struct kl_precise_settings kl_settings_precise(const struct kl_settings *s, uint64_t kernel_min_age, unsigned hz);

/** kl_settings_describe() - append what differs from the defaults, for the record of a run; "defaults" if nothing. */
void kl_settings_describe(const struct kl_settings *s, struct kl_strbuf *sb);

#endif

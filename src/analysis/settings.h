/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.h: what the user chose for a marking. Texts in, structure out; how an option is written is not known here.
 *
 * A *setting* is anything that can be chosen for a marking: the policy, more roots, and what KL_SETTINGS lists. A
 * *threshold* is a setting that is a number. A *refinement* is a setting that is on or off; it is about a *trait*
 * (heap/facts.h), which is what speaks against a reference. Refinements that are not in KL_SETTINGS are switched by
 * name.
 *
 * Each setting is a field of its own: none changes another, in whatever order they are given. Only `stacks` and `types`
 * have two names: the refinement live-stacks is stacks=live against stacks=full, and the later one counts.
 */
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

/* Which words of stacks may hold references. The first one is the default. */
enum kl_stacks {
	KL_STACKS_LIVE, /* from the saved stack pointer up */
	KL_STACKS_FULL, /* all, as the kernel scans them */
	KL_STACKS_NONE,
};

/* Settings that a sweep can vary: name, values, what it is. */
#define KL_SETTINGS(X)                                                                                               \
	X(min_age, "min-age", "SECONDS", "younger objects are not leaks (default: the kernel's own minimum)")        \
	X(min_unref_scans, "min-unref-scans", "N",                                                                   \
	  "dumps of a boot in a row, or kernel scans, that must find it unreferenced (default: the kernel's)")       \
	X(stacks, "stacks", "live|full|none", "what part of the stacks may hold references (default: live)")         \
	X(registers, "registers", "yes|no", "whether registers may (default: yes)")                                  \
	X(interior, "interior", "yes|no", "whether an address inside an object is a reference to it (default: yes)") \
	X(types, "types", "yes|no", "whether fields that are not pointers are only weak references (default: yes)")  \
	X(siblings, "siblings", "yes|no",                                                                            \
	  "whether lost siblings weaken what only uninitialized memory refers to (default: yes)")                    \
	X(percpu, "percpu", "yes|no",                                                                                \
	  "whether to look for lost per-CPU memory where the kernel never does, before 6.12 (default: yes)")         \
	X(untracked, "untracked", "yes|strict|all|no",                                                               \
	  "whether to search pages that kmemleak does not track, too (default: yes)")

struct kl_settings {
	enum kl_policy policy;
	bool has_min_age;
	double min_age_s;
	uint32_t min_unref_scans;
	enum kl_stacks stacks;
	bool registers, interior, types, siblings, percpu;
	enum kl_untracked_pages untracked;
	uint16_t refinements;  /* kl_trait bits: those that have no field here, and are on */
	struct kl_roots roots; /* given by the user */
};

/** kl_settings_init() - the defaults. Deinit frees the roots. */
void kl_settings_init(struct kl_settings *s);
void kl_settings_deinit(struct kl_settings *s);

/** kl_settings_policy() - "precise" or "kernel"; kl_policy_name() the other way round. */
struct kl_error *kl_settings_policy(struct kl_settings *s, const char *text);
const char *kl_policy_name(enum kl_policy policy);

/** kl_settings_set() - set the setting called @name (KL_SETTINGS) to @value. Errors: KL_ERROR_USAGE, "name: ...". */
struct kl_error *kl_settings_set(struct kl_settings *s, const char *name, const char *value);

/** kl_settings_refine() - "+live-stacks,-mask-vmap": switch refinements of the precise policy on and off. */
struct kl_error *kl_settings_refine(struct kl_settings *s, const char *text);

/** kl_settings_root() - "ADDRESS,LENGTH": more memory to start from. Errors: KL_ERROR_USAGE, "root: ...". */
struct kl_error *kl_settings_root(struct kl_settings *s, const char *text);

/** kl_settings_check() - can they be had together? Nearly all need the precise policy. */
struct kl_error *kl_settings_check(const struct kl_settings *s);

/** kl_settings_precise() - what kl_precise_run() takes. @kernel_min_age: jiffies, of the dump; @hz: of the dump. */
struct kl_precise_settings kl_settings_precise(const struct kl_settings *s, uint64_t kernel_min_age, unsigned hz);

/** kl_settings_describe() - append what differs from the defaults, for the record of a run; "defaults" if nothing. */
void kl_settings_describe(const struct kl_settings *s, struct kl_strbuf *sb);

/** kl_settings_restore() - the settings that kl_settings_describe() described. @s: initialized.
 * Errors: KL_ERROR_UNSUPPORTED for words that this version does not know, KL_ERROR_NOMEM. */
struct kl_error *kl_settings_restore(struct kl_settings *s, const char *text);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kleak.h: the words and numbers that kleak-dump promises to programs around it.
 *
 * Exit codes, the verdicts' names, how to recognize a database and which version of the SQL views it offers. Values and
 * names here are never changed or reused, only added.
 */
#ifndef KLEAK_KLEAK_H
#define KLEAK_KLEAK_H

/* What the process says when it ends. */
enum kleak_exit {
	KLEAK_EXIT_OK = 0,     /* done and complete */
	KLEAK_EXIT_FOUND = 1,  /* `diff` found something new or grown, `analyze --fail-on-leaks` found leaks */
	KLEAK_EXIT_USAGE = 2,  /* the command line, or the SQL given to `query`, is wrong */
	KLEAK_EXIT_FAILED = 3, /* an input cannot be opened, is unsupported or does not fit the others; output failed */
	KLEAK_EXIT_PARTIAL = 4,  /* done, but something was missing: the result is stored and marked so */
	KLEAK_EXIT_SIGNAL = 128, /* + the number of the signal that ended it */
};

/* Exactly one per finding. Numbers ascend from the most to the least serious, with room between them; databases hold
 * the numbers, the view `findings` shows the names. What is LEAKED (1) counts as leaked memory: in the sums of a run,
 * in `diff` and for `analyze --fail-on-leaks`; the others may be alive. X(IDENTIFIER, number, name, LEAKED, meaning) */
#define KLEAK_VERDICTS(X)                                                                                       \
	X(LEAK, 10, "leak", 1, "head of a group of objects that nothing reaches")                               \
	X(INDIRECT, 20, "indirect", 1, "only leaked memory points to it")                                       \
	X(WEAK, 30, "weak", 0, "its address is only in fields that are not pointers, or in likely leftovers")   \
	X(UNCONFIRMED, 40, "unconfirmed", 0, "unreferenced, but in too few scans so far, or memory is missing") \
	X(YOUNG, 50, "young", 0, "unreferenced, but younger than the minimum age")                              \
	X(MODIFIED, 60, "modified", 0, "unreferenced, but its content changed since the last look: alive")      \
	X(EXPLAINED, 70, "explained", 0, "a known false positive; the reason says which")                       \
	X(SUPPRESSED, 80, "suppressed", 0, "suppressed by the user")

enum kleak_verdict {
#define X(identifier, number, name, leaked, meaning) KLEAK_VERDICT_##identifier = number,
	KLEAK_VERDICTS(X)
#undef X
};

/** kleak_verdict_is_leaked() - whether an object with this verdict counts as leaked memory. */
static inline int kleak_verdict_is_leaked(enum kleak_verdict verdict)
{
#define X(identifier, number, name, leaked, meaning) || ((leaked) && verdict == KLEAK_VERDICT_##identifier)
	return 0 KLEAK_VERDICTS(X);
#undef X
}

/* What the number in an address means. Objects of different classes live in different address spaces. */
#define KLEAK_CLASSES(X)                                     \
	X(VIRTUAL, "virtual")   /* kernel virtual address */ \
	X(PHYSICAL, "physical") /* physical address */       \
	X(PERCPU, "percpu")     /* per-CPU cookie */

enum kleak_class {
#define X(identifier, name) KLEAK_CLASS_##identifier,
	KLEAK_CLASSES(X)
#undef X
};

/* PRAGMA application_id of a kleak-dump database: "KLEA" in ASCII. */
#define KLEAK_APPLICATION_ID 0x4b4c4541

/* Grows when a view of the SQL contract (docs/schema.md) gains or changes something; also "schema_version" in JSON. */
#define KLEAK_VIEW_VERSION 7

#endif

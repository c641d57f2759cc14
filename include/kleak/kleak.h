/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kleak.h: the words and numbers that kleak-dump promises to programs around it.
 *
 * Exit codes, the verdicts' names, how to recognise a database and which version of the SQL views it offers. Values and
 * names here are never changed or reused, only added.
 */
#ifndef KLEAK_KLEAK_H
#define KLEAK_KLEAK_H

/* What the process says when it ends. */
enum kleak_exit {
	KLEAK_EXIT_OK = 0,     /* done and complete */
	KLEAK_EXIT_FOUND = 1,  /* `diff` found something new or grown, `analyze --fail-on-leaks` found leaks */
	KLEAK_EXIT_USAGE = 2,  /* the command line makes no sense, or the SQL given to `query` */
	KLEAK_EXIT_FAILED = 3, /* an input cannot be opened, is unsupported or does not fit the others; output failed */
	KLEAK_EXIT_PARTIAL = 4,  /* done, but something was missing: the result is stored and marked so */
	KLEAK_EXIT_SIGNAL = 128, /* + the number of the signal that ended it */
};

/* Exactly one per finding. Numbers ascend from the most to the least serious, with room between them; databases hold
 * the numbers, the view `findings` shows the names. X(IDENTIFIER, number, name, meaning) */
#define KLEAK_VERDICTS(X)                                                                               \
	X(LEAK, 10, "leak", "head of a group of objects that nothing reaches")                          \
	X(INDIRECT, 20, "indirect", "only leaked memory points to it")                                  \
	X(WEAK, 30, "weak", "referenced only by words that are no pointers, or by leftovers")           \
	X(UNCONFIRMED, 40, "unconfirmed", "unreferenced, but not yet in as many scans as asked for")    \
	X(YOUNG, 50, "young", "unreferenced, but younger than the minimum age")                         \
	X(MODIFIED, 60, "modified", "unreferenced, but its content changed since the last look: alive") \
	X(EXPLAINED, 70, "explained", "a known false positive; the reason says which")                  \
	X(SUPPRESSED, 80, "suppressed", "suppressed by the user")

enum kleak_verdict {
#define X(identifier, number, name, meaning) KLEAK_VERDICT_##identifier = number,
	KLEAK_VERDICTS(X)
#undef X
};

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
#define KLEAK_VIEW_VERSION 2

#endif

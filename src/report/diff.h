/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff.h: what leaks in run B but not, or less, in run A.
 *
 * Compared are the findings that count as leaked memory (verdicts leak and indirect), grouped by normalized stack, so
 * that runs of different boots and builds compare. A leak that is another finding on the other side is neither new nor
 * gone: its verdict changed. Two runs of one boot know more:
 *
 *   - an object is the same one when its address, class, jiffies of allocation and the addresses of its stack are;
 *   - a stack whose module was unloaded in one run is named by the other run, where the same addresses still had
 *     symbols. Without that, every leak of a module would vanish under one hash and come back under another as soon as
 *     the module was unloaded between two dumps.
 *
 * Two runs of one moment whose objects come from different sources (kmemleak, the allocators) know different things of
 * the same objects. These are the same ones when address and class are, and are named as in run A.
 */
#ifndef KL_REPORT_DIFF_H
#define KL_REPORT_DIFF_H

#include "store/reader.h"
#include "util/vec.h"

/* X(IDENTIFIER, name), in the order of printing. */
#define KL_CHANGES(X)                                                                                         \
	X(NEW, "new")         /* leaks in B only */                                                           \
	X(GROWN, "grown")     /* more objects or bytes in B, or, in one boot, objects that A does not have */ \
	X(CHANGED, "changed") /* what leaks on one side is on the other, with another verdict */              \
	X(SHRUNK, "shrunk")   /* fewer in B */                                                                \
	X(GONE, "gone")       /* leaks in A only */

enum kl_change {
#define X(identifier, name) KL_CHANGE_##identifier,
	KL_CHANGES(X)
#undef X
		KL_CHANGE_COUNT,
};

/* One leaked object of B that A does not have; between different boots every one of B is. */
struct kl_diff_object {
	uint64_t address;
	uint64_t size;
	int64_t pid, age_ms;
	int64_t stack_id;      /* to print, as in the group */
	char comm[16 * 4 + 1]; /* 16 bytes, each at most \xNN in the database; may be empty */
};

/* Objects whose verdict changed; one of the two counts as leaked. Between different boots only numbers tell: as many as
 * there are fewer of the one and more of the other. */
struct kl_diff_verdicts {
	enum kleak_verdict from, to;
	int64_t objects, bytes;
};

struct kl_diff_group {
	enum kl_change change;
	uint64_t stack_hash;       /* normalized stack, of the run that has more symbols */
	int64_t stack_id;          /* to print: likewise; of a new object if there is one */
	KL_VEC(uint64_t) hashes_b; /* the names that the groups of B have for it, where they differ from stack_hash */
	int64_t objects_a, objects_b, bytes_a, bytes_b;
	KL_VEC(struct kl_diff_object) new_objects;
	KL_VEC(struct kl_diff_verdicts) verdicts;
	int64_t others
		[KL_STORE_VERDICTS]; /* findings of B that do not count as leaked, less those of A; between boots */
};

struct kl_diff {
	struct kl_store_run a, b;
	bool same_boot;
	bool same_moment;   /* of the machine, by other sources: only addresses compare */
	bool b_is_older;    /* than A: what is new may be what went since */
	bool found;         /* there is something that leaks in B only, or more */
	bool same_settings; /* policy and settings; otherwise differences may come from those */
	/* Unchanged ones are left out; by change, then most bytes of difference first. */
	KL_VEC(struct kl_diff_group) groups;
	size_t per_change[KL_CHANGE_COUNT];
};

/** kl_diff_make() - compare two runs of one database.
 * @ret: destroyed by the caller with kl_diff_deinit(), also after an error.
 *
 * Errors: KL_ERROR_NOT_FOUND for an unknown run, those of the reader. Cost: both runs' findings once, in memory.
 */
struct kl_error *kl_diff_make(struct kl_reader *reader, int64_t run_a, int64_t run_b, struct kl_diff *ret);
void kl_diff_deinit(struct kl_diff *diff);
#define _cleanup_diff_ _cleanup_(kl_diff_deinit)

const char *kl_change_name(enum kl_change change);

#endif

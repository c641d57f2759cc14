/* SPDX-License-Identifier: GPL-2.0-or-later */
/* precise.h: the policy `precise`: marking over the references of a frozen machine, under any settings.
 *
 * First by references that count, then by words that may be mere integers: those that are declared as such, and those
 * that lie inside a per-CPU object where cookies are small integers. What needs these is weakly referenced. References
 * with another disregarded trait (dead stacks, leftovers) do not count at all. Then objects
 * that are white, but whose content changed since the kernel last looked, show that something uses them: they and what
 * they lead to are grey.
 */
#ifndef KL_MARK_PRECISE_H
#define KL_MARK_PRECISE_H

#include "mark/edges.h"
#include "mark/references.h"

/* Which pages straight from the page allocator explain what they refer to. */
enum kl_untracked_pages {
	KL_UNTRACKED_NONE,
	KL_UNTRACKED_LIVE,     /* those that hold references, by what is in them */
	KL_UNTRACKED_POSSIBLE, /* those, too, in which most words are left over from an earlier use */
	KL_UNTRACKED_ALL,      /* and those whose owner is known to keep no references there */
};

struct kl_precise_settings {
	uint16_t disregard; /* kl_trait bits: references with one of them do not count, or little. Not INTEGER */
	bool types;         /* INTEGER references are weak; otherwise they count like any other */
	bool siblings;      /* thin references do not save an object whose siblings are lost (siblings.h) */
	bool percpu;        /* what the kernel's scan never judges (KL_OBJECT_UNCOUNTED) needs a reference, too */
	enum kl_untracked_pages untracked; /* which give white objects a second chance (explain.h); for the caller */
	uint64_t min_age;                  /* jiffies */
	uint32_t min_unref_scans;          /* of the kernel's; 0 or 1: the frozen machine needs no further scans */
};

/* Every refinement honoured, registers and interior pointers count. */
#define KL_PRECISE_DISREGARD_ALL                                                                                      \
	(KL_TRAIT_DEAD_STACK | KL_TRAIT_STACK_TWICE | KL_TRAIT_METADATA | KL_TRAIT_SHEAF | KL_TRAIT_VMAP |            \
	 KL_TRAIT_SLACK | KL_TRAIT_PERCPU_FREE | KL_TRAIT_PERCPU_INEXACT | KL_TRAIT_UNLOADED | KL_TRAIT_STRUCT_PAGE | \
	 KL_TRAIT_STATE | KL_TRAIT_START)

/** kl_precise_ignored() - the traits of references that do not count at all; kl_precise_weak() - of those that only
 * make what they lead to weakly referenced. */
static inline uint16_t kl_precise_ignored(const struct kl_precise_settings *s)
{
	return s->disregard & (uint16_t)~KL_TRAIT_PERCPU_INEXACT;
}

static inline uint16_t kl_precise_weak(const struct kl_precise_settings *s)
{
	return (uint16_t)((s->types ? KL_TRAIT_INTEGER : 0) | (s->disregard & KL_TRAIT_PERCPU_INEXACT));
}

/* Checksums are taken once per object, however many markings ask. */
struct kl_checksums {
	uint8_t *state;  /* enum kl_checksum_state per row; NOT_TAKEN before the first question */
	uint32_t *value; /* where UNMODIFIED or MODIFIED */
};

struct kl_error *kl_checksums_init(struct kl_checksums *c, const struct kl_heap *heap);
void kl_checksums_deinit(struct kl_checksums *c);

/** kl_precise_run() - one marking.
 * @ret: as from kl_replay_run(), and its `weak` column; destroyed by the caller with kl_mark_deinit().
 * Errors: out of memory. Cost: one visit per reference; the dump is read only for checksums not taken before.
 */
struct kl_error *kl_precise_run(const struct kl_mark_input *in, const struct kl_references *refs,
				const struct kl_precise_settings *settings, struct kl_checksums *checksums,
				struct kl_mark *ret);

/** kl_precise_lay_bedrock() - find once what every marking reaches whose settings agree with @settings in `percpu`, and
 * what every walk within limits does if they have `siblings`: markings and walks over @refs start there from now on.
 * They have the same result; only what no setting disregards, and no limit leaves out, leads to the bedrock.
 * Errors: out of memory. Cost: up to two markings; nothing when it is there. */
struct kl_error *kl_precise_lay_bedrock(const struct kl_mark_input *in, const struct kl_precise_settings *settings,
					struct kl_references *refs);

/* What a walk over references leaves out, besides what the settings disregard, and what it takes for reached. Each may
 * be NULL. */
struct kl_reach_limits {
	const uint8_t *references; /* per reference of the list: 1 = it does not count. Thin ones only */
	const uint8_t
		*objects;    /* per row: 1 = nothing that stands in it counts. None that others than thin ones reach */
	const uint8_t *held; /* per row: 1 = reached, whatever the references say */
};

/** kl_precise_reach() - what the strong phase of a marking would reach within @limits.
 * @ret: malloc'ed, one byte per row of the heap: 1 = reached, or never white. Errors: out of memory. */
struct kl_error *kl_precise_reach(const struct kl_mark_input *in, const struct kl_references *refs,
				  const struct kl_precise_settings *settings, const struct kl_reach_limits *limits,
				  uint8_t **ret);

/** kl_precise_white_edges() - which white objects point to which by references that count.
 * @ret: as from kl_replay_white_edges(). */
struct kl_error *kl_precise_white_edges(const struct kl_references *refs, const struct kl_mark *mark,
					const struct kl_precise_settings *settings, struct kl_edges *ret);

#endif

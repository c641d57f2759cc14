/* SPDX-License-Identifier: GPL-2.0-or-later */
/* references.h: every reference in the dump, found once, with what speaks for and against it.
 *
 * The policy `precise` marks over these instead of over memory: one pass reads the roots and all objects, white ones
 * too, and any number of markings under other settings follow without touching the dump again.
 *
 * A reference runs from a node (an object, a root, a register) to an object. Why it may not count stands in its traits;
 * a marking says which traits it disregards.
 */
#ifndef KL_MARK_REFERENCES_H
#define KL_MARK_REFERENCES_H

#include "heap/heap.h"
#include "heap/facts.h"
#include "mark/mark.h"

struct kl_reference {
	uint32_t to;     /* row of the heap */
	uint16_t traits; /* kl_trait bits */
	uint8_t grade;   /* enum kl_grade */
	uint64_t at;     /* address of the word; for a register or other word its number */
};

/** kl_reference_is_thin() - nobody is known to have written it: siblings.h may doubt it. */
static inline bool kl_reference_is_thin(const struct kl_reference *ref)
{
	return ref->grade == KL_GRADE_THIN || ref->grade == KL_GRADE_DECLARED;
}

/* What every marking reaches (kl_precise_lay_bedrock()). */
struct kl_bedrock {
	uint8_t *needs;       /* per row: what it still needs, as precise.c counts */
	uint32_t *unfinished; /* nodes of it with references that some marking may leave out, ascending */
	size_t n_unfinished;
	uint64_t excess; /* references passed on to areas */
};

/* Nodes are rows of the heap, then roots, then one node for all registers and other words. */
struct kl_references {
	size_t objects, roots, nodes;
	uint32_t *begin, *end; /* per node n: its references are list[begin[n] .. end[n]), ascending by place */
	KL_VEC(struct kl_reference) list;
	uint64_t missing_bytes;        /* that had to be read and are not in the dump */
	uint64_t bytes[KL_ROOT_KINDS]; /* read or tried, per kind of root */
	uint64_t object_bytes;         /* and inside objects */
	uint64_t words, candidates;    /* words read; those within the ranges of the address space */
	uint64_t self_references;
	uint16_t traits;               /* that any of them has */
	uint32_t *missing;             /* per node: bytes of it that are missing, saturating */
	KL_VEC(uint32_t) thin_holders; /* objects and roots that hold a thin reference, in the order of the list */
	/* By whether per-CPU objects need a reference, whether those to the inside of objects may not count, and
	 * whether thin ones belong to it; NULL until laid. */
	struct kl_bedrock *bedrock[2][2][2];
};

/** kl_references_collect() - read all memory that may hold references, once.
 * Objects are read in the order of their addresses, whatever their rows are: a page of a dump is decompressed once
 * then, and what lies around a place (masks, the page's frame) is at hand from the word before.
 * Self references are left out, as in the kernel. NO_SCAN objects, scan areas, chunks and per-CPU copies are treated as
 * by kl_replay_run(). @ret: freed with kl_references_deinit().
 * Errors: out of memory, KL_ERROR_INTERRUPTED, KL_ERROR_UNSUPPORTED (2^32 references). Cost: 16 bytes per reference.
 */
struct kl_error *kl_references_collect(const struct kl_mark_input *in, const struct kl_facts *facts,
				       struct kl_references *ret);
void kl_references_deinit(struct kl_references *refs);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verdict.h: what a white object means.
 *
 * Pure: arrays of the heap and the marking in, findings out. Every object that the marking left white, or kept grey
 * only because its content changed, becomes one finding with one verdict and its reason in words.
 */
#ifndef KL_VERDICT_VERDICT_H
#define KL_VERDICT_VERDICT_H

#include "heap/heap.h"
#include "kleak/kleak.h"
#include "mark/edges.h"
#include "mark/mark.h"
#include "util/intern.h"
#include "util/strbuf.h"

struct kl_verdict_params {
	uint64_t now;         /* jiffies of the dump */
	uint64_t min_age;     /* jiffies */
	unsigned hz;          /* jiffies per second, not 0 */
	bool has_initial_crc; /* the kernel keeps checksums, and @initial_crc is what a new object holds */
	uint32_t initial_crc; /* 0 or ~0 */
	uint32_t min_unref_scans;
	size_t cpus; /* where per-CPU objects have copies, whose addresses count as references; 0: they do not */
	/* What may have lost references ("the list of modules"); leaks are unconfirmed then. */
	const char *const *incomplete;
	size_t incomplete_count;
	/* Per row, 1: the kernel's last scan found the references that the dump lacks (unconfirmed); NULL: none. */
	const uint8_t *vanished;
	bool needs_look; /* an object never checksummed is unconfirmed, as the kernel has it; a frozen machine needs no
			    look */
	/* Appends who holds @row (": dentry.d_time of 3 objects"), which is weakly referenced or needs more references
	 * than were found; NULL: nobody can tell. */
	void (*describe_holders)(void *context, uint32_t row, struct kl_strbuf *sb);
	void *context;
	/* Appends how others like the lost @row are held ("; all but 2 of 120 objects ..."); NULL: nobody can tell. */
	void (*describe_kin)(void *context, uint32_t row, struct kl_strbuf *sb);
	void *kin_context;
	/* Appends whose page @address lies in (" of fs/pipe.c:512 func:pipe_write"); NULL: nobody can tell. */
	void (*describe_page)(void *context, uint64_t address, struct kl_strbuf *sb);
	void *page_context;
	bool no_reasons;                      /* only verdicts are asked for */
	const struct kl_intern *plugin_words; /* of KL_EXPLAINED_PLUGIN */
};

struct kl_finding {
	uint32_t row;    /* of the heap */
	uint32_t head;   /* row of the leak that leads to it; its own row for a leak, KL_NO_OBJECT for other verdicts */
	uint32_t reason; /* identifier in kl_findings.reasons; 0 = nobody asked */
	enum kleak_verdict verdict;
};

struct kl_findings {
	KL_VEC(struct kl_finding) list; /* ascending by row */
	struct kl_intern *reasons;
};

/** kl_findings_make() - give every white or modified object its verdict.
 * @edges: arrows between white objects, from kl_replay_white_edges() or kl_precise_white_edges().
 * @ret:   destroyed by the caller with kl_findings_deinit().
 *
 * Strongly connected leaked objects (a lost list, say) are one leak, headed by the oldest; everything only they lead to
 * is indirect. When memory that had to be scanned is missing from the dump, or what was read of the machine is not
 * complete, leaks are downgraded to unconfirmed: what is missing may have held the reference.
 */
struct kl_error *kl_findings_make(const struct kl_heap *heap, const struct kl_mark *mark, const struct kl_edges *edges,
				  const struct kl_verdict_params *params, struct kl_findings *ret);
void kl_findings_deinit(struct kl_findings *findings);
#define _cleanup_findings_ _cleanup_(kl_findings_deinit)

/** kl_age_ms() - age in milliseconds of something allocated at @jiffies as the kernel prints it: jiffies_to_msecs()
 * returns 32 bits, which wrap after 49 days. For the kernel's own listing only. */
uint32_t kl_age_ms(uint64_t now, uint64_t jiffies, unsigned hz);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* marking.h: the third stage of an analysis: the objects marked under one of the two policies, and, as often as anybody
 * asks, under other settings of the precise one without reading the dump again.
 */
#ifndef KL_ANALYSIS_MARKING_H
#define KL_ANALYSIS_MARKING_H

#include "analysis/snapshot.h"
#include "analysis/page_sites.h"
#include "heap/facts.h"
#include "mark/edges.h"
#include "mark/explain.h"
#include "mark/mark.h"
#include "mark/precise.h"

/* One marking and what follows from it about white objects. */
struct kl_marked {
	struct kl_mark mark;
	struct kl_edges edges; /* between white objects */
};

struct kl_marking {
	KL_VEC(uint64_t) percpu_offsets; /* of the possible CPUs, borrowed by `space` */
	struct kl_address_space space;
	struct kl_replay_rules rules;
	const struct kl_snapshot *snapshot; /* borrowed */
	struct kl_mark_input in;            /* borrows the two above and the snapshot's heap */

	/* The precise policy only. */
	struct kl_facts facts;
	struct kl_references references;
	struct kl_precise_settings settings; /* of `marked` */
	struct kl_checksums checksums;
	struct kl_untracked *untracked; /* NULL before anybody asked for it, as the words below */
	uint64_t *page_holders;         /* per row: see kernel/facts/page_holders.h; NULL likewise */
	struct kl_page_words *page_words[KL_UNTRACKED_ALL + 1]; /* in those pages, by enum kl_untracked_pages */
	struct kl_page_sites sites;

	/* What plugins were asked about, and said; NULL without plugins. */
	struct kl_intern *plugin_words;
	uint64_t *plugin_opinions; /* per row: identifier of words, 0 = none */
	uint8_t *plugin_asked;     /* per row */

	struct kl_marked marked; /* under the settings of the options */
};

/** kl_marking_run() - mark the objects of @s as the options of @o say.
 * @m: zeroed; destroyed by the caller with kl_marking_deinit(), after an error too. Must not be moved; @o and @s must
 *     outlive it.
 * Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_marking_run(struct kl_opened *o, struct kl_snapshot *s, struct kl_marking *m);
void kl_marking_deinit(struct kl_marking *m);

/** kl_marking_under() - mark once more under @settings: reachability, signs of life, second chance.
 * @m:   from kl_marking_run() under the precise policy.
 * @ret: zeroed; destroyed by the caller with kl_marked_deinit(), after an error too. */
struct kl_error *kl_marking_under(struct kl_opened *o, struct kl_marking *m, const struct kl_precise_settings *settings,
				  struct kl_marked *ret);
void kl_marked_deinit(struct kl_marked *marked);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kin.h: how the kin of a lost object are held: those of the same slab cache of its own or, where there is none, of the
 * same allocation stack. When all but a few of them are reached through one member of a struct, or one variable, that
 * is evidence for who has forgotten the few.
 */
#ifndef KL_ANALYSIS_KIN_H
#define KL_ANALYSIS_KIN_H

#include "analysis/marking.h"
#include "util/strbuf.h"

#define KL_KIN_MIN 8   /* objects of a kind: of fewer nothing can be said */
#define KL_KIN_SHARE 4 /* at most one of so many is held in another way, or not at all */

/* How the objects of one kind are held. */
struct kl_kind {
	uint64_t objects;
	uint64_t held;                  /* through the one place that holds most of them */
	const struct kl_reference *ref; /* one of the references from there */
	uint32_t node;                  /* and what it stands in */
};

struct kl_kin {
	const struct kl_marking *m;
	struct kl_kernel *k;
	uint32_t *kind_of; /* per row; 0 = of no kind that has lost one */
	uint32_t caches;   /* kinds from this number on are stacks, those below it caches of their own */
	KL_VEC(struct kl_kind) kinds;
};

/** kl_kin_find() - the kin of all objects that @m has found lost. @m must outlive @ret.
 * @ret: freed with kl_kin_deinit(), also after an error. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_kin_find(struct kl_kernel *k, const struct kl_marking *m, struct kl_kin *ret);
void kl_kin_deinit(struct kl_kin *kin);
#define _cleanup_kin_ _cleanup_(kl_kin_deinit)

/** kl_kin_describe() - append "; all but 2 of 120 objects of cache inode_cache are held through
 * inode.i_sb_list.next, this one is not" where that can be said of @row. @context: a struct kl_kin. Names come from
 * the dump and from debug information: escape before printing. */
void kl_kin_describe(void *context, uint32_t row, struct kl_strbuf *sb);

#endif

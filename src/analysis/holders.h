/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holders.h: who keeps weakly referenced objects from being leaks: the words that lead to them, and what these words
 * are called. */
#ifndef KL_ANALYSIS_HOLDERS_H
#define KL_ANALYSIS_HOLDERS_H

#include "analysis/marking.h"
#include "util/strbuf.h"

/* A word that keeps an object weakly referenced, or is one of the references of an object that needs more. */
struct kl_holder {
	uint32_t to;   /* row */
	uint32_t node; /* of the references: what the word stands in */
	uint64_t at;   /* address of the word */
	bool strong;   /* not the word is weak, but the object that it stands in */
	bool counts;   /* a reference that was found, of an object that needs more than were */
};

struct kl_holders {
	const struct kl_marking *m;
	KL_VEC(struct kl_holder) list; /* ascending by row */
};

/** kl_holders_collect() - all of them in @m's own marking, under the precise policy. @m must outlive @ret.
 * @ret: freed with kl_vec_deinit(&ret->list). Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_holders_collect(const struct kl_marking *m, struct kl_holders *ret);

/** kl_holders_describe() - append what holds @row: ": dentry.d_time of 3 objects, vmap_area.vm of
 * 0xffff888003c9a000, variable stamps", the most frequent first. @context: a struct kl_holders. Names come from debug
 * information: escape before printing. */
void kl_holders_describe(void *context, uint32_t row, struct kl_strbuf *sb);

/** kl_holders_name_word() - append what the word at @at is called, which stands in @node of the references:
 * "inode.i_sb_list.next", "variable table", or its address. */
void kl_holders_name_word(const struct kl_marking *m, uint32_t node, uint64_t at, struct kl_strbuf *sb);

/** kl_holders_variable() - the variable of the kernel or a module that holds @address; NULL when none is known. */
const struct kl_named_data *kl_holders_variable(const struct kl_facts *k, uint64_t address);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* places.h: what a word stands in, in the names that people use: "dentry.d_inode", "init_task+0x2f8", "stack of
 * kswapd0 (57) in schedule_timeout", "freed slot of kmalloc-64". */
#ifndef KL_ANALYSIS_PLACES_H
#define KL_ANALYSIS_PLACES_H

#include "analysis/marking.h"
#include "analysis/naming.h"
#include "analysis/snapshot.h"
#include "kernel/facts/owner.h"
#include "store/rows.h"
#include "util/strbuf.h"

/* Zeroed, but for what is borrowed. Kernel and machine are read, never changed. */
struct kl_places {
	struct kl_kernel *k;
	const struct kl_marking *m; /* of the policy precise */
	struct kl_owners *owners;
	struct kl_profiling *profiling;   /* names call sites of pages; NULL: nobody can */
	struct kl_naming *naming;         /* what plugins call the holders of words; NULL: none is asked */
	struct kl_strbuf name, allocator; /* of the last answer */
	struct kl_intern *allocators;     /* names of functions that allocated; NULL before the first */
	struct kl_map by_stack;           /* stack of the heap -> which of them */
};

void kl_places_deinit(struct kl_places *p);

/** kl_place_of_node() - the node of the references that holds the word at @at (as kl_reference.at says it).
 * @traits: of the reference.
 * @ret:    its strings are valid until the next question. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_place_of_node(struct kl_places *p, size_t node, uint64_t at, uint32_t traits,
				  struct kl_store_holder *ret);

/** kl_place_of_owner() - memory that no reference was found in. Likewise. */
struct kl_error *kl_place_of_owner(struct kl_places *p, const struct kl_owner *owner, struct kl_store_holder *ret);

/** kl_place_of_object() - row @row itself, asked for at @at, an address of its memory. Likewise. */
struct kl_error *kl_place_of_object(struct kl_places *p, uint32_t row, uint64_t at, struct kl_store_holder *ret);

/** kl_place_of_address() - whatever @address points to: *@ret is false when nothing that is known is there.
 * Likewise. */
struct kl_error *kl_place_of_address(struct kl_places *p, uint64_t address, struct kl_store_holder *holder, bool *ret);

#endif

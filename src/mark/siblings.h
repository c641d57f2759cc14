/* SPDX-License-Identifier: GPL-2.0-or-later */
/* siblings.h: objects that only thin references reach, judged by how their siblings are held.
 *
 * A thin reference is a word in memory that nobody is known to have initialized: it may be what a holder wrote there,
 * or what stood there before. The word alone does not tell, but its like do (likes.h), and what is around it, or where
 * it points to (written.h). One of which nothing says that it was written is *stray*. So may be the words of untracked
 * pages: nobody knows who wrote them. And so may be words on the stack of a task that has slept since before the object
 * was allocated: the task did not write them.
 *
 * An object that is reached, or explained, by stray words only is in doubt. Its siblings, the objects from the same
 * stack, decide: when two of them at least are lost for certain, and a third of them is lost or in doubt, it becomes
 * weak, never a leak, and so does what only such objects lead to. Then their references are no like of any other, and
 * the search is repeated.
 *
 * The case that forced the second half: one call site allocated a third of its objects to lose them and kept the others
 * in a kmalloc_array() table. All that speaks for the latter are thin words, but these have their like.
 * Measured on machines full of leftovers: docs/marking.md.
 */
#ifndef KL_MARK_SIBLINGS_H
#define KL_MARK_SIBLINGS_H

#include "mark/explain.h"

/** kl_siblings_judge() - set the column `weak` of objects in @mark that the rule meets; they become white.
 * @pages: the words that may explain objects; NULL for none.
 * @mark:  finished by kl_precise_run() and kl_explain_mark(); the latter is to be called again. Nothing happens unless
 *         @settings has `siblings`.
 * Errors: out of memory. Cost: some walks over the references where a stack has lost two objects, none otherwise. */
struct kl_error *kl_siblings_judge(const struct kl_mark_input *in, const struct kl_references *refs,
				   const struct kl_page_words *pages, const struct kl_precise_settings *settings,
				   struct kl_mark *mark);

#endif

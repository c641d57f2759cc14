/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crowd.h: leaks and live objects by the thousand, on slots that others had before.
 *
 * The truth has the form of lab.h, and its expectations; here it is kept in memory, encoded, and printed in one go,
 * since thousands of lines of printk() between the allocations would be a churn of their own.
 *
 * A line ends with what holds the object, where that is known: words or larger ranges of memory, START-END, joined by
 * commas, any of which may be what leads to it; otherwise "-".
 *
 * An expectation more, `any`: live, but held in a way that kmemleak's records, or a per-CPU cookie, do not tell.
 *
 * Half of the objects are taken zeroed; of the others some ("unwritten" of a hundred) keep what the slot's last user
 * left there, apart from the words that the pattern names. The rest is written to its end.
 */
#ifndef CROWD_H
#define CROWD_H

#include "lab.h"

#include <linux/list.h>
#include <linux/vmalloc.h>

/* Draws that the module's seed repeats. One thread at a time draws. */
unsigned int crowd_below(unsigned int n);
size_t crowd_draw_size(void);

/* Each is called on a thread of lab_run(). */
void crowd_churn(void);
void crowd_lose(void);
void crowd_hold(void);
void crowd_hold_lookalikes(void);
void crowd_mix(void);

int crowd_prepare_churn(void);
int crowd_prepare_lost(void);
int crowd_prepare_held(void);
int crowd_prepare_lookalikes(void);

/* Memory in which the word stands that holds an object. */
struct crowd_place {
	const void *at;
	size_t size;
};

#define CROWD_PLACES 4

/* What holds an object, or leads on from @what to it, by the time the truth is printed; @number as the finder likes.
 * Returns how many places it filled in; 0 means that the object is not there.
 */
typedef int (*crowd_finder)(const void *what, unsigned long number, struct crowd_place *places);

/* The truth about @object, said before, gains that it is held by the word @word, somewhere in @memory, or by what
 * @find will find.
 */
void crowd_held_by(const void *object, const void *word);
void crowd_held_in(const void *object, const void *memory, size_t size);
void crowd_held_as(const void *object, crowd_finder find, const void *what, unsigned long number);

/* Finders: @what is the list_head, the hlist_node, the rb_node in the object; a tree of entries (xarray, IDR, radix tree)
 * or a maple tree that has it as entry @number.
 */
int crowd_find_list(const void *what, unsigned long number, struct crowd_place *places);
int crowd_find_hlist(const void *what, unsigned long number, struct crowd_place *places);
int crowd_find_rb(const void *what, unsigned long number, struct crowd_place *places);
int crowd_find_entry(const void *what, unsigned long number, struct crowd_place *places);
int crowd_find_maple(const void *what, unsigned long number, struct crowd_place *places);

/* Keeps @pointer in the module's .bss for good; returns where. */
void **crowd_keep(const void *pointer);

/* krealloc() or kvrealloc(), in another file than where the memory was taken. */
void *crowd_grow(void *memory, size_t size);

/* "live" or "leak". The compiler makes two calls of one whose arguments it knows, and two calls have two stacks. */
const char *crowd_expect(bool held);

/* Is the next object one of those that are not written to their end? Drawn. */
bool crowd_leaves_unwritten(void);

/* kzalloc() or kmalloc(), whose truth is recorded; a call of its own wherever it is used, so that every pattern has its
 * stacks to itself.
 */
static __always_inline void *crowd_take(const struct lab_truth *truth, size_t size)
{
	bool unwritten = crowd_leaves_unwritten();
	void *object = !unwritten && crowd_below(2) ? kzalloc(size, GFP_KERNEL) : kmalloc(size, GFP_KERNEL);

	if (!object)
		return NULL;
	if (!unwritten)
		memset(object, 0, size);
	lab_say(truth, object, kmalloc_size_roundup(size));
	return object;
}

static __always_inline void *crowd_take_area(size_t size)
{
	return crowd_leaves_unwritten() ? vmalloc(size) : vzalloc(size);
}

#define CROWD_TAKE(pattern, role, expect, size, head) crowd_take(&(struct lab_truth){pattern, role, expect, head}, size)

/* Nodes of the shapes: first members of objects of any size. */
struct crowd_node {
	struct crowd_node *left, *right, *next;
	struct list_head link;
};

static inline struct crowd_node *crowd_node_init(void *object)
{
	struct crowd_node *node = object;

	node->left = NULL;
	node->right = NULL;
	node->next = NULL;
	INIT_LIST_HEAD(&node->link);
	return node;
}

#define HELD(role) CROWD_TAKE("held", role, "live", crowd_draw_size(), NULL)
/* An object that has @type in it, behind what the object's own use has in front. */
#define HELD_AS(role, type) ((type *)CROWD_TAKE("held", role, "live", max(sizeof(type), crowd_draw_size()), NULL))
/* Live, and held by the word at @where. */
#define HOLD_BY(role, where)                                      \
	do {                                                      \
		void *volatile *word = (void *volatile *)(where); \
                                                                  \
		*word = HELD(role);                               \
		crowd_held_by(*word, (const void *)word);         \
	} while (0)

#define CROWD_NODE(pattern, role, expect, head) \
	crowd_node_init(CROWD_TAKE(pattern, role, expect, max(sizeof(struct crowd_node), crowd_draw_size()), head))

#endif

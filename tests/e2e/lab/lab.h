/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lab.h: a kernel module that leaks on purpose and says what it did.
 *
 * Every pattern allocates, puts its objects into one well-defined state and prints one truth line per object:
 *
 *   LAB1 <pattern> <role> <expect> <class> <address> <size> <head> <jiffies>
 *
 * <expect> is what an analyzer of the dump should say:
 *   leak      nothing refers to it
 *   indirect  only leaked memory refers to it; <head> is the leak it hangs on
 *   member    part of a leaked cycle: leak or indirect, any member may be the head
 *   weak      lost, but the address is still there in a word whose declared type is no pointer
 *   white     in use, but only by what the kernel's annotations told kmemleak not to look at (or in an encoded form)
 *   live      in use: never a leak
 *   ignored   lost, but declared no leak, or of a class this kernel's kmemleak never reports: never a leak
 *   pending   freed, waiting for a grace period: never a leak
 *   any       lost, but what tells so is nowhere on this kernel: any verdict is right
 *   young     lost a moment before the dump: not a leak yet. By <jiffies>, the time of this line, compare tells whether
 *             the dump came too late for that
 * <class> is virtual or percpu, <size> the one kmemleak knows, <head> an address or "-".
 *
 * Builders run on threads of their own whose stacks are wiped before they end (lab_run), so that a builder may keep
 * addresses in variables, but must leave none behind in memory other than where the pattern wants it.
 */
#ifndef LAB_H
#define LAB_H

#include <linux/slab.h>
#include <linux/types.h>

/* Encodes an address so that it looks like no kernel address, for state that has to outlive a builder. */
#define LAB_KEY 0x9e3779b97f4a7c15UL

static inline unsigned long lab_hide(const void *address)
{
	return (unsigned long)address ^ LAB_KEY;
}

static inline void *lab_show(unsigned long hidden)
{
	return (void *)(hidden ^ LAB_KEY);
}

struct lab_node {
	struct lab_node *left, *right, *next;
	struct list_head link;
	u64 value[3];
};

struct lab_truth {
	const char *pattern;
	const char *role;
	const char *expect;
	const void *head;
};

/* Prints the truth line of a virtual object; lab_say_percpu() that of a per-CPU one. */
void lab_say(const struct lab_truth *truth, const void *address, size_t size);
void lab_say_percpu(const struct lab_truth *truth, const void __percpu *cookie, size_t size);

#define LAB_SAY(pattern, role, expect, address, size, head) \
	lab_say(&(struct lab_truth){pattern, role, expect, head}, address, size)

/* kzalloc() of which the truth line is printed with the size of the slab slot, as kmemleak sees it. */
void *lab_alloc(const struct lab_truth *truth, size_t size);

#define LAB_ALLOC(pattern, role, expect, size, head) lab_alloc(&(struct lab_truth){pattern, role, expect, head}, size)

/* For variables that hold addresses and are never read: the compiler would leave out the stores. */
#define LAB_KEPT __used

/* Keeps @pointer in the module's .bss for good, which makes it live. */
void lab_hold(const void *pointer);

/* Runs @build on a thread of its own, on @cpu or where it likes (LAB_ANY_CPU), and wipes that thread's stack; returns
 * when both are done.
 */
#define LAB_ANY_CPU (-1)
int lab_run(void (*build)(void), int cpu);

/* Zeroes the unused part of the current thread's stack. */
void lab_wipe_stack(void);

/* One file each; called by lab_main.c on a thread of lab_run(), several times over. */
void lab_build_shapes(void);
void lab_build_allocators(void);
void lab_build_holders(void);
void lab_build_types(void);

/* Before the builders. */
int lab_create_caches(void);

/* The sleeping threads come with the rest; lab_freeze() makes the states that must not last, just before the dump. */
int lab_start_threads(void);
int lab_freeze(void);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
/* types.c: addresses in words of known type. In a slab cache named like its struct, in what a call of kzalloc() allocates,
 * in module data and in per-CPU data, DWARF tells which words are pointers. An address in any other word keeps an object
 * alive for the kernel's scan only.
 */
#include "lab.h"

#include <linux/module.h>
#include <linux/percpu.h>

#define NODE sizeof(struct lab_node)
#define SLOTS 16

struct lab_inode {
	struct list_head i_list;
	void *i_private;
	unsigned long i_stamp;
	union {
		void *pointer;
		unsigned long word;
	} i_either;
	struct lab_node *i_table[3];
	/* The alignment of i_blocks leaves a hole of eight bytes before it. */
	u64 i_flags;
	u64 i_blocks __aligned(16);
	char i_name[24];
	struct {
		u64 count;
		struct lab_node *node;
	} i_nested;
};

static_assert(offsetof(struct lab_inode, i_blocks) - offsetofend(struct lab_inode, i_flags) == 8);

/* Has no cache of its own: what its words are is told by the call of kzalloc() that allocates it. */
struct lab_ticket {
	struct list_head t_list;
	void *t_private;
	unsigned long t_stamp;
	u64 t_number;
};

/* Which call allocated an object only kmemleak's stacks tell. */
#if IS_ENABLED(CONFIG_DEBUG_KMEMLEAK)
#define LOST_BY_CALL "weak"
#else
#define LOST_BY_CALL "any"
#endif

static struct kmem_cache *inode_cache;
static LIST_HEAD(inodes);
static LIST_HEAD(tickets);
static unsigned long stamps[SLOTS] LAB_KEPT;
static DEFINE_PER_CPU(unsigned long[SLOTS], cpu_stamps) LAB_KEPT;
static unsigned int nr_slots;

static unsigned long word_of(const void *address)
{
	return (unsigned long)address;
}

static void put_word(void *to, const void *address)
{
	unsigned long word = word_of(address);

	memcpy(to, &word, sizeof(word));
}

static void *lost(const char *role)
{
	return LAB_ALLOC("typed", role, "weak", NODE, NULL);
}

static void *used(const char *role)
{
	return LAB_ALLOC("typed", role, "live", NODE, NULL);
}

static void build_inode(void)
{
	struct lab_inode *inode = kmem_cache_zalloc(inode_cache, GFP_KERNEL);

	LAB_SAY("typed", "inode", "live", inode, sizeof(*inode), NULL);
	list_add(&inode->i_list, &inodes);
	inode->i_private = used("pointer");
	inode->i_either.pointer = used("union");
	inode->i_table[2] = used("array");
	inode->i_nested.node = used("nested");

	inode->i_stamp = word_of(lost("integer"));
	put_word((char *)inode + offsetofend(struct lab_inode, i_flags), lost("hole"));
	put_word(inode->i_name + 8, lost("characters"));
}

/* The bucket that a ticket gets, 64 bytes or more, is larger than the ticket: the rest is nobody's. */
static noinline void build_ticket(void)
{
	struct lab_ticket *ticket = kzalloc(sizeof(*ticket), GFP_KERNEL);
	char *rest = (char *)ticket + sizeof(*ticket);

	LAB_SAY("typed", "ticket", "live", ticket, kmalloc_size_roundup(sizeof(*ticket)), NULL);
	list_add(&ticket->t_list, &tickets);
	ticket->t_private = used("call-pointer");
	ticket->t_stamp = word_of(LAB_ALLOC("typed", "call-integer", LOST_BY_CALL, NODE, NULL));
	OPTIMIZER_HIDE_VAR(rest); /* the compiler knows how much was asked for */
	put_word(rest + 8, LAB_ALLOC("typed", "call-slack", LOST_BY_CALL, NODE, NULL));
}

/* A weakly held object that leads to others: these are found through it only. */
static void build_weak_chain(void)
{
	struct lab_inode *inode = kmem_cache_zalloc(inode_cache, GFP_KERNEL);
	struct lab_node *head = lost("chain");

	LAB_SAY("typed", "inode", "live", inode, sizeof(*inode), NULL);
	list_add(&inode->i_list, &inodes);
	inode->i_stamp = word_of(head);
	head->next = lost("chain-child");
	head->next->next = lost("chain-child");
}

static void build_symbols(void)
{
	stamps[nr_slots] = word_of(lost("module-integer"));
	per_cpu(cpu_stamps, cpumask_first(cpu_possible_mask))[nr_slots] = word_of(lost("percpu-integer"));
}

void lab_build_types(void)
{
	if (nr_slots == SLOTS)
		return;
	/* Caches with a window for user space are not merged with others, whose name they would have. */
	if (!inode_cache)
		inode_cache = KMEM_CACHE_USERCOPY(lab_inode, 0, i_name);
	build_inode();
	build_weak_chain();
	build_ticket();
	build_symbols();
	nr_slots++;
}

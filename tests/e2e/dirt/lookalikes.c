// SPDX-License-Identifier: GPL-2.0-or-later
/* lookalikes.c: live objects, held where leftovers are found, too: in memory that somebody made larger in place, in pages
 * that nobody tracks, in what surrounds the data of a socket buffer, in marked pointers, by callbacks under way, and in
 * buffers of which each has its only pointer at a place of its own.
 *
 * They are few of each kind; who does not know that such memory may be in use accuses them.
 */
#include "crowd.h"

#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/list_bl.h>
#include <linux/list_nulls.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu-refcount.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/srcu.h>
#include <linux/version.h>
#include <linux/wait.h>
#include <linux/xarray.h>

struct crowd_linked {
	struct list_head link;
	void *data;
};

struct crowd_marked {
	struct hlist_nulls_node nulls;
	struct hlist_bl_node bl;
	struct rcu_head rcu;
	struct hrtimer timer;
};

static LIST_HEAD(through_pages);
static struct hlist_nulls_head nulls = {.first = (struct hlist_nulls_node *)NULLS_MARKER(7)};
static struct hlist_bl_head bl;
static DEFINE_XARRAY(tagged);
static struct sk_buff_head packets;
static DECLARE_WAIT_QUEUE_HEAD(never);
DEFINE_STATIC_SRCU(reading);
static struct percpu_ref refs[64] LAB_KEPT;
static unsigned int nr_refs;

/* Whatever holds an object here is erased before, so that no leftovers in it hide leaks: there are enough elsewhere. */
#define ERASED (GFP_KERNEL | __GFP_ZERO)

/* ---- memory that became larger in place ---- */

/* A call of constant size, which the tables outgrow. That of a large object is the one that kmemleak goes on to believe. */
static void hold_by_grown(void)
{
	void **table = kmalloc(5 * sizeof(*table), GFP_KERNEL), **large = kmalloc(9000, ERASED);

	memset(table, 0, 5 * sizeof(*table));
	table = crowd_grow(table, 8 * sizeof(*table));
	LAB_SAY("held", "grown", "live", table, 8 * sizeof(*table), NULL);
	crowd_held_by(table, crowd_keep(table));
	HOLD_BY("grown-entry", &table[2]);
	HOLD_BY("grown-entry", &table[6]);

	large = crowd_grow(large, 15000);
	crowd_keep(large);
	large[12000 / sizeof(*large)] = CROWD_TAKE("held", "grown-large-entry", "live", crowd_draw_size(), NULL);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	large = crowd_grow(vzalloc(5000), 8000);
	crowd_keep(large);
	HOLD_BY("grown-area-entry", &large[7000 / sizeof(*large)]);
#endif
}

/* ---- pages ---- */

static void **take_pages(gfp_t flags, unsigned int order)
{
	void **words = (void **)__get_free_pages(ERASED | flags, order);

	crowd_keep(words);
	return words;
}

/* A table, a chain of pages, blocks of pages of which only the first has a reference count, or whose pages are each on
 * their own.
 */
static void hold_by_pages(void)
{
	void **page = take_pages(0, 0), **next = (void **)__get_free_page(ERASED), **words;
	int i;

	for (i = 0; i < 3; i++)
		HOLD_BY("page-table", &page[100 + i]);
	page[0] = next;
	HOLD_BY("page-chain", &next[7]);

	words = take_pages(0, 2);
	HOLD_BY("block-content", &words[3 * PAGE_SIZE / sizeof(*words) + 5]);
	words = take_pages(__GFP_COMP, 2);
	HOLD_BY("compound-content", &words[3 * PAGE_SIZE / sizeof(*words) + 5]);
	words = alloc_pages_exact(3 * PAGE_SIZE, ERASED);
	crowd_keep(words);
	HOLD_BY("exact-content", &words[2 * PAGE_SIZE / sizeof(*words) + 5]);
}

#define HOLD_INSIDE(role, word)                                           \
	do {                                                              \
		void *volatile *inside = (void *volatile *)(word);        \
		void *object = HELD_AS(role, struct crowd_node);          \
                                                                          \
		*inside = object + 8 * (1 + crowd_below(3));              \
		crowd_held_by(object, (const void *)inside);              \
	} while (0)

/* By pointers behind their beginning, as to a packet behind its headroom; the rest of the memory is as it was found. */
static void hold_inside(void)
{
	void **page = (void **)__get_free_page(GFP_KERNEL), **large = kmalloc(9000, GFP_KERNEL);
	void **buffer = kmalloc(64 << crowd_below(5), GFP_KERNEL), **area = vmalloc(5000);

	crowd_keep(page);
	crowd_keep(large);
	crowd_keep(buffer);
	crowd_keep(area);
	HOLD_INSIDE("inside-page", &page[crowd_below(500)]);
	HOLD_INSIDE("inside-large", &large[crowd_below(1000)]);
	HOLD_INSIDE("inside-buffer", &buffer[crowd_below(8)]);
	HOLD_INSIDE("inside-area", &area[crowd_below(600)]);
}

static void hold_by_struct_pages(void)
{
	struct page *page = alloc_page(ERASED), *block = alloc_pages(ERASED, 1);
	struct page *compound = alloc_pages(ERASED | __GFP_COMP, 2);
	struct crowd_linked *linked = HELD_AS("page-lru", struct crowd_linked);

	/* The only way leads through the struct page. */
	INIT_LIST_HEAD(&page->lru);
	list_add(&linked->link, &page->lru);
	crowd_held_as(linked, crowd_find_list, &linked->link, 0);
	linked->data = NULL;
	HOLD_BY("page-private", &page->private);
	HOLD_BY("block-private", &block[1].private);
	HOLD_BY("compound-private", &compound[2].private);
}

/* Blocks that look like a large kmalloc(), whose owner knows the struct page, the number, or the physical address alone. */
static void hold_by_names_of_pages(void)
{
	struct page *block[3];
	void **words[3];
	int i;

	for (i = 0; i < 3; i++) {
		block[i] = alloc_pages(ERASED | __GFP_COMP, 2);
		words[i] = page_address(block[i]) + PAGE_SIZE;
	}
	crowd_keep(block[0]);
	crowd_keep((void *)page_to_pfn(block[1]));
	crowd_keep((void *)(unsigned long)page_to_phys(block[2]));
	HOLD_BY("block-by-struct", &words[0][9]);
	HOLD_BY("block-by-number", &words[1][9]);
	HOLD_BY("block-by-physical", &words[2][9]);
}

/* Neighbors in pages on either side. */
static void hold_between_pages(void)
{
	struct crowd_linked *linked = HELD_AS("page-list", struct crowd_linked);
	struct list_head *before = (struct list_head *)__get_free_page(ERASED);
	struct list_head *after = (struct list_head *)__get_free_page(ERASED) + 20;

	linked->data = NULL;
	list_add_tail(before, &through_pages);
	list_add_tail(&linked->link, &through_pages);
	list_add_tail(after, &through_pages);
	crowd_held_as(linked, crowd_find_list, &linked->link, 0);
}

/* ---- socket buffers ---- */

static void hold_by_packets(void)
{
	struct sk_buff *packet = alloc_skb(500, GFP_KERNEL);
	struct page *page = alloc_page(ERASED);

	skb_reserve(packet, 64);
	skb_put_zero(packet, 100);
	skb_add_rx_frag(packet, 0, page, 0, 2000, PAGE_SIZE);
	skb_queue_tail(&packets, packet);
	HOLD_BY("skb-headroom", packet->head + 16);
	HOLD_BY("skb-payload", packet->head + 64 + 24);
	HOLD_BY("skb-destructor", &skb_shinfo(packet)->destructor_arg);
	HOLD_BY("skb-frag", page_address(page) + 800);
}

/* ---- marked pointers, per-CPU data ---- */

/* The word that leads to an entry, and in the next one, if there is any, the one that leads back. */
static int find_marked(void *before, const void *back, struct crowd_place *places)
{
	places[0] = (struct crowd_place){before, sizeof(void *)};
	if (!back)
		return 1;
	places[1] = (struct crowd_place){back, sizeof(void *)};
	return 2;
}

static int find_nulls(const void *what, unsigned long number, struct crowd_place *places)
{
	const struct hlist_nulls_node *entry = what;

	return find_marked(entry->pprev, is_a_nulls(entry->next) ? NULL : &entry->next->pprev, places);
}

static int find_bl(const void *what, unsigned long number, struct crowd_place *places)
{
	const struct hlist_bl_node *entry = what;

	return find_marked(entry->pprev, entry->next ? &entry->next->pprev : NULL, places);
}

static void hold_by_marks(void)
{
	struct crowd_marked *marked = HELD_AS("hlist-nulls", struct crowd_marked);
	unsigned long at = crowd_below(100000);
	void *object;

	hlist_nulls_add_head(&marked->nulls, &nulls);
	crowd_held_as(marked, find_nulls, &marked->nulls, 0);
	marked = HELD_AS("hlist-bl", struct crowd_marked);
	hlist_bl_lock(&bl);
	hlist_bl_add_head(&marked->bl, &bl);
	hlist_bl_unlock(&bl);
	crowd_held_as(marked, find_bl, &marked->bl, 0);
	object = HELD("xarray-tagged");
	if (xa_err(xa_store(&tagged, at, xa_tag_pointer(object, 1), GFP_KERNEL)))
		crowd_held_by(object, crowd_keep(object));
	else
		crowd_held_as(object, crowd_find_entry, &tagged, at);
	object = HELD_AS("last-byte", struct crowd_node);
	crowd_held_by(object, crowd_keep(object + sizeof(struct crowd_node) - 1));
}

static void release_ref(struct percpu_ref *ref)
{
}

/* A reference count that is not per-CPU for now: its cookie is marked. And a cookie that points into its object. */
static void hold_by_cookies(void)
{
	struct list_head __percpu *cookie = alloc_percpu(struct list_head);
	struct crowd_linked *linked = HELD_AS("percpu-list", struct crowd_linked);
	struct list_head *head = per_cpu_ptr(cookie, crowd_below(num_possible_cpus()));
	void __percpu *inner = __alloc_percpu(64, 8);
	struct percpu_ref *ref = &refs[nr_refs];

	crowd_keep((__force void *)cookie);
	INIT_LIST_HEAD(head);
	list_add(&linked->link, head);
	linked->data = NULL;
	crowd_held_as(linked, crowd_find_list, &linked->link, 0);

	lab_say_percpu(&(struct lab_truth){"held", "percpu-inner", "live", NULL}, inner, 64);
	crowd_held_by((__force void *)inner, crowd_keep((__force void *)inner + 8));

	if (nr_refs == ARRAY_SIZE(refs) || percpu_ref_init(ref, release_ref, PERCPU_REF_INIT_ATOMIC, GFP_KERNEL))
		return;
	nr_refs++;
	inner = (__force void __percpu *)(ref->percpu_count_ptr & ~3UL);
	lab_say_percpu(&(struct lab_truth){"held", "percpu-ref", "live", NULL}, inner, sizeof(unsigned long));
	crowd_held_by((__force void *)inner, &ref->percpu_count_ptr);
}

/* ---- timers, threads, callbacks ---- */

static enum hrtimer_restart never_called(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

static void never_freed(struct rcu_head *rcu)
{
}

static int idle_thread(void *data)
{
	complete(data);
	for (;;)
		wait_event_idle(never, false);
	return 0;
}

static void hold_by_time(void)
{
	struct crowd_marked *marked = HELD_AS("hrtimer", struct crowd_marked);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&marked->timer, never_called, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(&marked->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	marked->timer.function = never_called;
#endif
	hrtimer_start(&marked->timer, ms_to_ktime(36000000 + crowd_below(36000000)), HRTIMER_MODE_REL);

	/* A reader never ends. */
	marked = HELD_AS("srcu", struct crowd_marked);
	call_srcu(&reading, &marked->rcu, never_freed);
}

/* The thread's own record of its argument; the thread forgets it. */
static void hold_by_thread(void)
{
	struct completion *ready = HELD_AS("kthread-data", struct completion);
	struct task_struct *thread;

	init_completion(ready);
	thread = kthread_run(idle_thread, ready, "crowd-idle");
	if (IS_ERR(thread))
		crowd_held_by(ready, crowd_keep(ready));
	else
		wait_for_completion(ready);
}

/* ---- one call, half of whose objects leak ---- */

static noinline void *lease(const char *role, const char *expect)
{
	return CROWD_TAKE("mixed", role, expect, crowd_draw_size(), NULL);
}

/* Each of the others is held from a buffer of its own, at a place of its own. */
static void mix_in_buffers(void)
{
	void **buffer, *object;
	size_t size;
	int i;

	for (i = 0; i < 4; i++) {
		object = lease("lease", crowd_expect(i % 2));
		if (i % 2 == 0)
			continue;
		size = 256 + crowd_below(1500);
		buffer = kmalloc(size, GFP_KERNEL);
		memset(buffer, 0, size);
		crowd_keep(buffer);
		buffer += crowd_below(size / sizeof(*buffer));
		*buffer = object;
		crowd_held_by(object, buffer);
	}
}

int crowd_prepare_lookalikes(void)
{
	skb_queue_head_init(&packets);
	(void)srcu_read_lock(&reading);
	return 0;
}

void crowd_hold_lookalikes(void)
{
	hold_by_grown();
	hold_by_pages();
	hold_inside();
	hold_by_struct_pages();
	hold_by_names_of_pages();
	hold_between_pages();
	hold_by_packets();
	hold_by_marks();
	hold_by_cookies();
	hold_by_time();
	hold_by_thread();
	mix_in_buffers();
}

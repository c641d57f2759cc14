// SPDX-License-Identifier: GPL-2.0-or-later
/* holders.c: live objects, told apart by what holds the only reference, and kmemleak's annotations. */
#include "lab.h"

#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rbtree.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/xarray.h>

#define NODE sizeof(struct lab_node)
#define SLOTS 16

struct lab_timed {
	u64 value;
	struct timer_list timer;
};

struct lab_sorted {
	u64 key;
	struct rb_node rb;
};

static struct lab_node *data_slot[SLOTS] LAB_KEPT __section(".data");
static struct lab_node *late_slot[SLOTS] LAB_KEPT __ro_after_init;
static unsigned long encoded_slot[SLOTS] LAB_KEPT;
static unsigned int nr_slots;
static DEFINE_XARRAY(index);
static struct rb_root sorted = RB_ROOT;

static void build_module_data(void)
{
	data_slot[nr_slots] = LAB_ALLOC("module", "data", "live", NODE, NULL);
	lab_hold(LAB_ALLOC("module", "bss", "live", NODE, NULL));
	/* Writable until the module is up. Only up to 6.1 does kmemleak scan it: later kernels accuse this object. */
	late_slot[nr_slots] = LAB_ALLOC("module", "ro-after-init", "live", NODE, NULL);
}

static void build_interior(void)
{
	struct lab_node *node = LAB_ALLOC("interior", "object", "live", NODE, NULL);

	lab_hold(&node->link);
	node = LAB_ALLOC("interior", "last-byte", "live", NODE, NULL);
	lab_hold((char *)node + NODE - 1);
}

static void build_encoded(void)
{
	encoded_slot[nr_slots] = lab_hide(LAB_ALLOC("encoded", "object", "white", NODE, NULL));
}

static struct lab_node *holder(const char *pattern, const char *expect)
{
	return LAB_ALLOC(pattern, "holder", expect, NODE, NULL);
}

/* Without kmemleak the annotations leave no trace: what is held is held, what is lost is lost. */
#if IS_ENABLED(CONFIG_DEBUG_KMEMLEAK)
#define UNSCANNED "white"
#define DECLARED "ignored"
#define DECLARED_CHILD "ignored"
#define IGNORED_CHILD "leak"
#else
#define UNSCANNED "live"
#define DECLARED "leak"
#define DECLARED_CHILD "indirect"
#define IGNORED_CHILD "indirect"
#endif

static void build_annotated(void)
{
	struct lab_node *node;

	node = holder("no-scan", "live");
	lab_hold(node);
	kmemleak_no_scan(node);
	node->left = LAB_ALLOC("no-scan", "child", UNSCANNED, NODE, NULL);

	node = holder("scan-area", "live");
	lab_hold(node);
	kmemleak_scan_area(&node->right, sizeof(node->right), GFP_KERNEL);
	node->left = LAB_ALLOC("scan-area", "outside", UNSCANNED, NODE, NULL);
	node->right = LAB_ALLOC("scan-area", "inside", "live", NODE, NULL);

	node = holder("not-leak", DECLARED);
	kmemleak_not_leak(node);
	node->left = LAB_ALLOC("not-leak", "child", DECLARED_CHILD, NODE, NULL);

	node = holder("ignore", DECLARED);
	kmemleak_ignore(node);
	node->left = LAB_ALLOC("ignore", "child", IGNORED_CHILD, NODE, NULL);
}

/* Pages are no kmemleak objects: what they hold is not scanned, but struct page itself is a root. */
static void build_pages(void)
{
	struct lab_node **words = (struct lab_node **)get_zeroed_page(GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	lab_hold(words);
	words[17] = LAB_ALLOC("page", "content", "live", NODE, NULL);
	set_page_private(page, (unsigned long)LAB_ALLOC("page", "private", "live", NODE, NULL));
}

static void never(struct timer_list *timer)
{
}

static void build_structures(void)
{
	struct rb_node **link = &sorted.rb_node, *parent = NULL;
	struct lab_timed *timed;
	struct lab_sorted *entry;

	xa_store(&index, nr_slots * 1000, LAB_ALLOC("structure", "xarray", "live", NODE, NULL), GFP_KERNEL);

	timed = LAB_ALLOC("structure", "timer", "live", sizeof(*timed), NULL);
	timer_setup(&timed->timer, never, 0);
	mod_timer(&timed->timer, jiffies + 3600 * HZ);

	entry = LAB_ALLOC("structure", "rbtree", "live", sizeof(*entry), NULL);
	while (*link) {
		parent = *link;
		link = &parent->rb_right;
	}
	rb_link_node(&entry->rb, parent, link);
	rb_insert_color(&entry->rb, &sorted);
}

void lab_build_holders(void)
{
	if (nr_slots == SLOTS)
		return;
	build_module_data();
	build_interior();
	build_encoded();
	build_annotated();
	build_pages();
	build_structures();
	nr_slots++;
}

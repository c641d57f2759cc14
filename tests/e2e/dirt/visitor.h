/* SPDX-License-Identifier: GPL-2.0-or-later */
/* visitor.h: a small module that comes and goes, of which there are several. It leaves nothing behind but what its
 * memory looks like. VISITOR names it; VISITOR_SIZE tells how large its objects and its data are.
 */
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/stringify.h>
#include <linux/vmalloc.h>

/* Since 6.5; before, the cache may be merged with others, which is as good. */
#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE 0
#endif

struct visit {
	struct list_head link;
	struct visit *last;
	void *notes[VISITOR_SIZE];
};

static LIST_HEAD(visits);
static struct visit *table[64];
static struct visit *const *tables[] = {table, table + 8};
static DEFINE_PER_CPU(struct visit *[4], cpu_visits);
static struct kmem_cache *visit_cache;
static struct dentry *file;
static const struct file_operations operations = {.owner = THIS_MODULE};

static void leave(void)
{
	struct visit *visit, *next;
	int i;

	debugfs_remove(file);
	list_for_each_entry_safe(visit, next, &visits, link)
	{
		list_del(&visit->link);
		for (i = 0; i < VISITOR_SIZE; i++)
			kfree(visit->notes[i]);
		kmem_cache_free(visit_cache, visit);
	}
	kmem_cache_destroy(visit_cache);
}

static int __init visitor_init(void)
{
	struct visit *visit, *last = NULL;
	int i, j;

	visit_cache = kmem_cache_create("visit-" VISITOR, sizeof(struct visit), 0, SLAB_NO_MERGE, NULL);
	if (!visit_cache)
		return -ENOMEM;
	file = debugfs_create_file("visitor-" VISITOR, 0400, NULL, table, &operations);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		visit = kmem_cache_zalloc(visit_cache, GFP_KERNEL);
		if (!visit) {
			leave();
			return -ENOMEM;
		}
		for (j = 0; j < VISITOR_SIZE; j++)
			visit->notes[j] = kzalloc(16 + 24 * i % 2000, GFP_KERNEL);
		visit->last = last;
		list_add(&visit->link, &visits);
		table[i] = last = visit;
		this_cpu_write(cpu_visits[i % 4], tables[i % 2][0]);
	}
	return 0;
}
module_init(visitor_init);
module_exit(leave);

MODULE_DESCRIPTION("comes and goes, for kleak-dump's tests");
MODULE_LICENSE("GPL");

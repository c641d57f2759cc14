// SPDX-License-Identifier: GPL-2.0-or-later
/* lost.c: what leaks, in every shape, size and from every allocator; and how programs lose things: a container is freed
 * without its contents, an object is taken from where it was kept and then forgotten.
 */
#include "crowd.h"

#include <linux/hashtable.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/xarray.h>

struct crowd_record {
	struct crowd_record *next;
	void *data;
	u64 value[11];
};

/* Of known type: the size at its kmalloc() is a constant. */
struct crowd_connection {
	struct crowd_connection *peer;
	struct list_head link;
	void *buffer;
	unsigned long flags;
	void *callbacks[7];
	char name[20];
};

struct crowd_counters {
	void *owner;
	u64 value[5];
};

static struct kmem_cache *record_cache;

int crowd_prepare_lost(void)
{
	record_cache = KMEM_CACHE(crowd_record, 0);
	return record_cache ? 0 : -ENOMEM;
}

static void lose_single(void)
{
	CROWD_TAKE("single", "object", "leak", crowd_draw_size(), NULL);
}

static void lose_tree(void)
{
	struct crowd_node *root = CROWD_NODE("tree", "root", "leak", NULL), *inner;
	int i;

	for (i = 0; i < 2; i++) {
		inner = CROWD_NODE("tree", "inner", "indirect", root);
		inner->left = CROWD_NODE("tree", "leaf", "indirect", root);
		inner->right = CROWD_NODE("tree", "leaf", "indirect", root);
		*(i ? &root->left : &root->right) = inner;
	}
}

static void lose_chain(void)
{
	struct crowd_node *head = CROWD_NODE("chain", "head", "leak", NULL), *last = head;
	unsigned int i;

	for (i = 2 + crowd_below(6); i; i--, last = last->next)
		last->next = CROWD_NODE("chain", "child", "indirect", head);
}

static void lose_list(void)
{
	LIST_HEAD(head);
	unsigned int i;

	for (i = 2 + crowd_below(6); i; i--)
		list_add(&CROWD_NODE("list", "element", "member", NULL)->link, &head);
	list_del(&head);
}

static void lose_cycle(void)
{
	struct crowd_node *a = CROWD_NODE("cycle", "member", "member", NULL);
	struct crowd_node *b = CROWD_NODE("cycle", "member", "member", NULL);

	a->next = b;
	b->next = CROWD_NODE("cycle", "member", "member", NULL);
	b->next->next = a;
}

static void lose_lasso(void)
{
	struct crowd_node *a = CROWD_NODE("lasso", "member", "member", NULL);
	struct crowd_node *b = CROWD_NODE("lasso", "member", "member", NULL);

	a->next = b;
	b->next = a;
	b->left = CROWD_NODE("lasso", "tail", "indirect", NULL);
}

static void lose_area(void)
{
	size_t size = 500 + crowd_below(20000);
	void **area = crowd_take_area(size);

	LAB_SAY("vmalloc", "area", "leak", area, size, NULL);
	area[crowd_below(50)] = CROWD_TAKE("vmalloc", "child", "indirect", crowd_draw_size(), area);
}

static void lose_percpu(void)
{
	struct crowd_counters __percpu *cookie = alloc_percpu(struct crowd_counters);

	lab_say_percpu(&(struct lab_truth){"percpu", "object", "leak", NULL}, cookie, sizeof(*cookie));
	per_cpu_ptr(cookie, crowd_below(num_possible_cpus()))->owner =
		CROWD_TAKE("percpu", "child", "indirect", crowd_draw_size(), (__force void *)cookie);
}

static void lose_records(void)
{
	struct crowd_record *record = kmem_cache_alloc(record_cache, GFP_KERNEL);

	LAB_SAY("cache", "object", "leak", record, sizeof(*record), NULL);
	record->next = kmem_cache_zalloc(record_cache, GFP_KERNEL);
	record->data = CROWD_TAKE("cache", "child", "indirect", crowd_draw_size(), record);
	LAB_SAY("cache", "next", "indirect", record->next, sizeof(*record), record);
}

static void lose_large(void)
{
	void **large = CROWD_TAKE("large", "object", "leak", 8200 + crowd_below(50000), NULL);

	large[crowd_below(1000)] = CROWD_TAKE("large", "child", "indirect", crowd_draw_size(), large);
}

static void lose_typed(void)
{
	struct crowd_connection *one = kmalloc(sizeof(*one), GFP_KERNEL);
	struct crowd_connection *two = kzalloc(sizeof(*two), GFP_KERNEL);

	LAB_SAY("typed", "unzeroed", "leak", one, kmalloc_size_roundup(sizeof(*one)), NULL);
	LAB_SAY("typed", "zeroed", "indirect", two, kmalloc_size_roundup(sizeof(*two)), one);
	INIT_LIST_HEAD(&one->link);
	one->flags = 1;
	one->buffer = CROWD_TAKE("typed", "buffer", "indirect", crowd_draw_size(), one);
	one->peer = two;
}

static void lose_string(void)
{
	const char *string = kstrdup("a name that somebody forgot to free", GFP_KERNEL);

	LAB_SAY("string", "object", "leak", string, kmalloc_size_roundup(strlen(string) + 1), NULL);
}

static void lose_packet(void)
{
	struct sk_buff *packet = alloc_skb(100 + crowd_below(3000), GFP_KERNEL);

	skb_put_zero(packet, crowd_below(skb_tailroom(packet)));
	LAB_SAY("packet", "skb", "leak", packet, sizeof(*packet), NULL);
	LAB_SAY("packet", "data", "indirect", packet->head, skb_end_offset(packet) + sizeof(struct skb_shared_info),
		packet);
}

/* The table leaks with its contents. */
static void lose_table(void)
{
	unsigned int i, n = 4 + crowd_below(12);
	void **table = CROWD_TAKE("table", "table", "leak", n * sizeof(*table), NULL);

	for (i = 0; i < n; i++)
		table[i] = CROWD_TAKE("table", "entry", "indirect", crowd_draw_size(), table);
}

/* The table is freed, its contents are forgotten. Who takes over its slot has their addresses. */
static void lose_contents(void)
{
	unsigned int i, n = 4 + crowd_below(12);
	void **table = kmalloc_array(n, sizeof(*table), GFP_KERNEL);

	for (i = 0; i < n; i++)
		table[i] = CROWD_TAKE("contents", "entry", "leak", crowd_draw_size(), NULL);
	kfree(table);
}

/* What follows was in use for a while, properly, and was then taken out and not freed. */
static struct crowd_node *used(const char *role)
{
	return CROWD_NODE("dropped", role, "leak", NULL);
}

static void drop_from_list(void)
{
	static LIST_HEAD(list);
	struct crowd_node *nodes[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		nodes[i] = used("list");
		list_add(&nodes[i]->link, &list);
	}
	for (i = 0; i < ARRAY_SIZE(nodes); i++)
		list_del_init(&nodes[i]->link);
}

static void drop_from_xarray(void)
{
	static DEFINE_XARRAY(index);
	unsigned int i, at = crowd_below(100000);

	for (i = 0; i < 4; i++)
		xa_store(&index, at + i, used("xarray"), GFP_KERNEL);
	for (i = 0; i < 4; i++)
		xa_erase(&index, at + i);
}

static void drop_from_idr(void)
{
	static DEFINE_IDR(numbers);
	int ids[4], i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		ids[i] = idr_alloc(&numbers, used("idr"), 0, 0, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		if (ids[i] >= 0)
			idr_remove(&numbers, ids[i]);
}

struct crowd_waiting {
	struct timer_list timer;
	struct hlist_node hash;
	void *data;
};

static void expire(struct timer_list *timer)
{
}

static void drop_timer_and_hash(void)
{
	static DEFINE_HASHTABLE(table, 4);
	struct crowd_waiting *waiting;

	waiting = CROWD_TAKE("dropped", "timer", "leak", max(sizeof(*waiting), crowd_draw_size()), NULL);
	waiting->data = NULL;
	timer_setup(&waiting->timer, expire, 0);
	mod_timer(&waiting->timer, jiffies + 1000 * HZ);
	hash_add(table, &waiting->hash, (unsigned long)crowd_below(1000));
	hash_del(&waiting->hash);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	timer_delete_sync(&waiting->timer);
#else
	del_timer_sync(&waiting->timer);
#endif
}

void crowd_lose(void)
{
	static void (*const one_each[])(void) = {
		lose_tree,   lose_chain,    lose_list,      lose_cycle,       lose_lasso,    lose_area,
		lose_percpu, lose_records,  lose_large,     lose_typed,       lose_string,   lose_packet,
		lose_table,  lose_contents, drop_from_list, drop_from_xarray, drop_from_idr, drop_timer_and_hash,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(one_each); i++) {
		lose_single();
		one_each[crowd_below(ARRAY_SIZE(one_each))]();
		one_each[i]();
	}
}

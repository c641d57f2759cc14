// SPDX-License-Identifier: GPL-2.0-or-later
/* held.c: live objects, held in the ways in which a kernel holds things; and call sites, some of whose objects leak. */
#include "crowd.h"

#include <linux/anon_inodes.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/idr.h>
#include <linux/kfifo.h>
#include <linux/kobject.h>
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/maple_tree.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/radix-tree.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <linux/sched/task_stack.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#define SLOTS 2000

/* Embedded wherever a subsystem wants an entry of its own in the object. */
struct crowd_member {
	u64 key;
	struct list_head list;
	struct hlist_node hash;
	struct rb_node rb;
	struct llist_node stack;
	struct rhash_head rhash;
	void *data;
};

struct crowd_timed {
	void *data;
	struct timer_list timer;
};

struct crowd_worked {
	void *data;
	struct delayed_work work;
};

struct crowd_notified {
	void *data;
	struct notifier_block block;
};

struct crowd_woken {
	void *data;
	struct wait_queue_entry entry;
};

struct crowd_shown {
	void *data;
	struct kobject object;
};

struct crowd_holder {
	struct list_head link;
	void *one;
	void *many[6];
};

static void *slots[SLOTS] LAB_KEPT;
static void *data_slots[SLOTS] LAB_KEPT __section(".data");
static unsigned int nr_slots;
static DEFINE_PER_CPU(void * [SLOTS / 8], cpu_slots) LAB_KEPT;
static unsigned int nr_cpu_slots;

static LIST_HEAD(members);
static LIST_HEAD(holders);
static LIST_HEAD(nodes);
static DEFINE_HASHTABLE(hashed, 5);
static struct rb_root sorted = RB_ROOT;
static LLIST_HEAD(stacked);
static struct rhashtable rhashed;
static DEFINE_XARRAY(index);
static RADIX_TREE(radix, GFP_KERNEL);
static DEFINE_IDR(numbers);
static DEFINE_MTREE(maple);
static BLOCKING_NOTIFIER_HEAD(notified);
static DECLARE_WAIT_QUEUE_HEAD(woken);
static DECLARE_WAIT_QUEUE_HEAD(never);
static struct workqueue_struct *queue;
static struct sk_buff_head packets;
static struct device *device_parent;

static const struct rhashtable_params rhash_params = {
	.key_len = sizeof(u64),
	.key_offset = offsetof(struct crowd_member, key),
	.head_offset = offsetof(struct crowd_member, rhash),
};

void **crowd_keep(const void *pointer)
{
	unsigned int slot = min(nr_slots, SLOTS - 1U);

	WARN_ON_ONCE(nr_slots++ >= SLOTS);
	slots[slot] = (void *)pointer;
	return &slots[slot];
}

/* In .bss, whole. */
static void keep(const void *object)
{
	crowd_held_by(object, crowd_keep(object));
}

static void hold_by_symbols(void)
{
	void *object;

	keep(HELD("bss"));
	HOLD_BY("data", &data_slots[nr_slots]);
	object = HELD_AS("interior", struct crowd_node);
	crowd_held_by(object, crowd_keep(object + crowd_below(sizeof(struct crowd_node))));
	object = HELD("tagged");
	crowd_held_by(object, crowd_keep((void *)((unsigned long)object | 1)));
	if (nr_cpu_slots < SLOTS / 8)
		HOLD_BY("percpu-static", &per_cpu(cpu_slots[nr_cpu_slots++], crowd_below(num_possible_cpus())));
}

/* The word that leads to the entry @what of a list in one direction whose first word is @number and whose entries begin
 * with the next one.
 */
static int find_singly(const void *what, unsigned long number, struct crowd_place *places)
{
	void **word = lab_show(number);

	while (*word && *word != what)
		word = *word;
	places[0] = (struct crowd_place){word, sizeof(*word)};
	return *word == what;
}

/* Buckets and entries have marks in their low bit. */
static int find_rhashed(const void *what, unsigned long number, struct crowd_place *places)
{
	struct bucket_table *table = rcu_dereference_raw(rhashed.tbl);
	unsigned int i;

	for (i = 0; i < table->size; i++) {
		unsigned long *word = (unsigned long *)&table->buckets[i], next = *word & ~1UL;

		while (next && !(next & 1) && next != (unsigned long)what) {
			word = (unsigned long *)next;
			next = *word;
		}
		if (next == (unsigned long)what) {
			places[0] = (struct crowd_place){word, sizeof(*word)};
			return 1;
		}
	}
	return 0;
}

static void hold_by_members(void)
{
	struct crowd_member *member = HELD_AS("list", struct crowd_member);
	struct rb_node **link = &sorted.rb_node, *parent = NULL;

	list_add(&member->list, &members);
	crowd_held_as(member, crowd_find_list, &member->list, 0);
	HOLD_BY("list-member", &member->data);

	member = HELD_AS("hash", struct crowd_member);
	hash_add(hashed, &member->hash, (unsigned long)crowd_below(1000));
	crowd_held_as(member, crowd_find_hlist, &member->hash, 0);
	member->data = NULL;

	member = HELD_AS("llist", struct crowd_member);
	llist_add(&member->stack, &stacked);
	crowd_held_as(member, find_singly, &member->stack, lab_hide(&stacked));
	member->data = NULL;

	member = HELD_AS("rhashtable", struct crowd_member);
	member->key = nr_slots + ((u64)crowd_below(1U << 31) << 20);
	rhashtable_insert_fast(&rhashed, &member->rhash, rhash_params);
	crowd_held_as(member, find_rhashed, &member->rhash, 0);
	HOLD_BY("rhashtable-member", &member->data);

	member = HELD_AS("rbtree", struct crowd_member);
	member->key = crowd_below(1U << 30);
	member->data = NULL;
	while (*link) {
		parent = *link;
		link = member->key < rb_entry(parent, struct crowd_member, rb)->key ? &parent->rb_left
										    : &parent->rb_right;
	}
	rb_link_node(&member->rb, parent, link);
	rb_insert_color(&member->rb, &sorted);
	crowd_held_as(member, crowd_find_rb, &member->rb, lab_hide(&sorted));
}

/* Those that allocate without sleeping may fail: then the object hangs on a slot. */
static void hold_by_indexes(void)
{
	unsigned long i = crowd_below(1000000), at = i * 64 + (nr_slots & 63);
	void *object = HELD("xarray");
	int id;

	if (xa_err(xa_store(&index, at, object, GFP_KERNEL)))
		keep(object);
	else
		crowd_held_as(object, crowd_find_entry, &index, at);
	object = HELD("radix");
	if (radix_tree_insert(&radix, i, object))
		keep(object);
	else
		crowd_held_as(object, crowd_find_entry, &radix, i);
	object = HELD("idr");
	id = idr_alloc(&numbers, object, 0, 0, GFP_KERNEL);
	if (id < 0)
		keep(object);
	else
		crowd_held_as(object, crowd_find_entry, &numbers.idr_rt, id);
	object = HELD("maple");
	if (mtree_store(&maple, i, object, GFP_KERNEL))
		keep(object);
	else
		crowd_held_as(object, crowd_find_maple, &maple, i);
}

static void never_called(struct timer_list *timer)
{
}

static void never_worked(struct work_struct *work)
{
}

static void hold_by_time(void)
{
	struct crowd_timed *timed = HELD_AS("timer", struct crowd_timed);
	struct crowd_worked *worked = HELD_AS("delayed-work", struct crowd_worked);

	timer_setup(&timed->timer, never_called, 0);
	mod_timer(&timed->timer, jiffies + 3600 * HZ + crowd_below(3600 * HZ));
	crowd_held_as(timed, crowd_find_hlist, &timed->timer.entry, 0);
	HOLD_BY("timer-member", &timed->data);
	INIT_DELAYED_WORK(&worked->work, never_worked);
	schedule_delayed_work(&worked->work, 3600 * HZ);
	crowd_held_as(worked, crowd_find_hlist, &worked->work.timer.entry, 0);
	worked->data = NULL;

	/* The queue's first work never ends. */
	worked = HELD_AS("work", struct crowd_worked);
	INIT_DELAYED_WORK(&worked->work, never_worked);
	queue_work(queue, &worked->work.work);
	crowd_held_as(worked, crowd_find_list, &worked->work.work.entry, 0);
	HOLD_BY("work-member", &worked->data);
}

static int never_notified(struct notifier_block *block, unsigned long action, void *data)
{
	return NOTIFY_DONE;
}

static int find_notified(const void *what, unsigned long number, struct crowd_place *places)
{
	struct notifier_block **word = &notified.head;

	while (*word && *word != what)
		word = &(*word)->next;
	places[0] = (struct crowd_place){word, sizeof(*word)};
	return *word == what;
}

static int never_woken(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	return 0;
}

static void hold_by_queues(void)
{
	struct crowd_notified *block = HELD_AS("notifier", struct crowd_notified);
	struct crowd_woken *entry = HELD_AS("wait-queue", struct crowd_woken);

	block->block = (struct notifier_block){.notifier_call = never_notified, .priority = (int)crowd_below(5)};
	blocking_notifier_chain_register(&notified, &block->block);
	crowd_held_as(block, find_notified, &block->block, 0);
	block->data = NULL;
	init_waitqueue_func_entry(&entry->entry, never_woken);
	HOLD_BY("wait-queue-private", &entry->entry.private);
	add_wait_queue(&woken, &entry->entry);
	crowd_held_as(entry, crowd_find_list, &entry->entry.entry, 0);
	entry->data = NULL;
}

static const struct file_operations no_operations = {.owner = THIS_MODULE};
static const struct proc_ops no_proc_operations = {};

static void hold_by_files(void)
{
	void *object = HELD("file");
	struct file *file = anon_inode_getfile("crowd", &no_operations, object, O_RDWR);
	struct dentry *dentry;
	char name[32];

	if (IS_ERR(file)) {
		keep(object);
	} else {
		crowd_keep(file);
		crowd_held_by(object, &file->private_data);
	}
	snprintf(name, sizeof(name), "crowd-%u", nr_slots);
	object = HELD("proc-data");
	/* The entry holds it, and the inodes that come into being when somebody looks. */
	if (!proc_create_data(name, 0400, NULL, &no_proc_operations, object))
		keep(object);
	object = HELD("inode-private");
	dentry = debugfs_create_file(name, 0400, NULL, object, &no_operations);
	if (IS_ERR(dentry))
		keep(object);
	else
		crowd_held_by(object, &d_inode(dentry)->i_private);
}

static void release_nothing(struct kobject *object)
{
}

static const struct kobj_type shown_type = {.release = release_nothing, .sysfs_ops = &kobj_sysfs_ops};

static void hold_by_sysfs(void)
{
	struct crowd_shown *shown = HELD_AS("kobject", struct crowd_shown);
	struct device *device;
	char name[32];

	memset(&shown->object, 0, sizeof(shown->object));
	HOLD_BY("kobject-member", &shown->data);
	if (kobject_init_and_add(&shown->object, &shown_type, &device_parent->kobj, "shown-%u-%u", nr_slots,
				 crowd_below(100000)))
		keep(shown);
	else
		crowd_held_by(shown, &shown->object.sd->priv);
	snprintf(name, sizeof(name), "crowd-%u-%u", nr_slots, crowd_below(100000));
	device = root_device_register(name);
	if (!IS_ERR(device))
		HOLD_BY("device-data", &device->driver_data);
}

static void hold_by_sockets(void)
{
	struct sk_buff *packet = alloc_skb(100 + crowd_below(3000), GFP_KERNEL);
	struct socket *socket;

	LAB_SAY("held", "skb", "live", packet, sizeof(*packet), NULL);
	crowd_held_as(packet, crowd_find_list, &packet->list, 0);
	LAB_SAY("held", "skb-data", "live", packet->head, skb_end_offset(packet) + sizeof(struct skb_shared_info),
		NULL);
	/* `head` and `data` */
	crowd_held_in(packet->head, &packet->head, 2 * sizeof(void *));
	HOLD_BY("skb-cb", packet->cb);
	skb_put_zero(packet, 40 + crowd_below(skb_tailroom(packet) - 40));
	skb_queue_tail(&packets, packet);
	if (sock_create_kern(&init_net, AF_UNIX, SOCK_DGRAM, 0, &socket))
		return;
	HOLD_BY("socket-user-data", &socket->sk->sk_user_data);
	crowd_keep(socket);
}

/* In memory of allocators of all kinds: the pointer alone, the rest as it was found. */
static void hold_by_memory(void)
{
	void **area = crowd_take_area(3000 + crowd_below(9000));
	void **large = CROWD_TAKE("held", "large", "live", 9000 + crowd_below(30000), NULL);
	void *__percpu *cookie = alloc_percpu(void *);
	struct crowd_holder *holder = kmalloc(sizeof(*holder), GFP_KERNEL);
	void **words = (void **)__get_free_page(GFP_KERNEL);

	LAB_SAY("held", "vmalloc", "live", area, PAGE_SIZE, NULL);
	keep(area);
	HOLD_BY("vmalloc-member", &area[crowd_below(300)]);
	keep(large);
	HOLD_BY("large-member", &large[crowd_below(1000)]);
	lab_say_percpu(&(struct lab_truth){"held", "percpu", "live", NULL}, cookie, sizeof(*cookie));
	keep((__force void *)cookie);
	HOLD_BY("percpu-member", per_cpu_ptr(cookie, crowd_below(num_possible_cpus())));
	LAB_SAY("held", "holder", "live", holder, kmalloc_size_roundup(sizeof(*holder)), NULL);
	crowd_held_as(holder, crowd_find_list, &holder->link, 0);
	HOLD_BY("typed-member", &holder->one);
	list_add(&holder->link, &holders);
	crowd_keep(words);
	HOLD_BY("page-content", &words[crowd_below(500)]);
}

/* Tables without zeroing that hold the only pointers. */
static void hold_by_tables(void)
{
	unsigned int i, n = 2 + crowd_below(8);
	void **table = kmalloc_array(n + 4, sizeof(*table), GFP_KERNEL);
	DECLARE_KFIFO_PTR(fifo, void *);
	mempool_t *pool;

	LAB_SAY("held", "table", "live", table, kmalloc_size_roundup((n + 4) * sizeof(*table)), NULL);
	for (i = 0; i < n; i++)
		HOLD_BY("table-entry", &table[i]);
	keep(table);

	if (!kfifo_alloc(&fifo, 8, GFP_KERNEL)) {
		for (i = 0; i < 3; i++) {
			void *object = HELD("kfifo-entry");

			kfifo_put(&fifo, object);
			crowd_held_by(object, (void **)fifo.kfifo.data + i);
		}
		crowd_keep(fifo.kfifo.data);
	}

	pool = mempool_create_kmalloc_pool(4, crowd_draw_size());
	crowd_keep(pool);
	for (i = 0; pool && i < 4; i++) {
		LAB_SAY("held", "mempool-element", "live", pool->elements[i], 8, NULL);
		crowd_held_by(pool->elements[i], &pool->elements[i]);
	}
}

static struct crowd_node *hold_node(const char *role, struct crowd_node **word)
{
	*word = CROWD_NODE("held", role, "live", NULL);
	crowd_held_by(*word, word);
	return *word;
}

static void hold_shapes(void)
{
	struct crowd_node *last = hold_node("chain", (struct crowd_node **)crowd_keep(NULL)), *node;
	int i;

	for (i = 0; i < 4; i++)
		last = hold_node("chain", &last->next);
	hold_node("tree", &hold_node("tree", &last->left)->right);
	node = CROWD_NODE("held", "list-node", "live", NULL);
	list_add_tail(&node->link, &nodes);
	crowd_held_as(node, crowd_find_list, &node->link, 0);
}

static int sleeper(void *data)
{
	void *volatile frame[8];
	int i;

	/* What a function that is called saves in its frame is the caller's, too. */
	for (i = 0; i < ARRAY_SIZE(frame); i++) {
		frame[i] = HELD("stack");
		crowd_held_in(frame[i], task_stack_page(current), THREAD_SIZE);
	}
	lab_wipe_stack();
	complete(data);
	for (;;)
		wait_event_idle(never, false);
	barrier_data((void *)frame);
	return 0;
}

static void hold_by_stack(void)
{
	DECLARE_COMPLETION_ONSTACK(ready);

	if (!IS_ERR(kthread_run(sleeper, &ready, "crowd-sleeper")))
		wait_for_completion(&ready);
}

static void work_forever(struct work_struct *work)
{
	for (;;)
		wait_event_idle(never, false);
}

static DECLARE_WORK(endless, work_forever);

int crowd_prepare_held(void)
{
	queue = alloc_ordered_workqueue("crowd", 0);
	device_parent = root_device_register("crowd");
	if (!queue || IS_ERR(device_parent))
		return -ENOMEM;
	queue_work(queue, &endless);
	skb_queue_head_init(&packets);
	return rhashtable_init(&rhashed, &rhash_params);
}

void crowd_hold(void)
{
	static void (*const one_each[])(void) = {
		hold_by_symbols, hold_by_members, hold_by_indexes, hold_by_time,   hold_by_queues, hold_by_files,
		hold_by_sysfs,   hold_by_sockets, hold_by_memory,  hold_by_tables, hold_shapes,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(one_each); i++)
		one_each[i]();
	if (crowd_below(3) == 0)
		hold_by_stack();
}

/* One call, with one stack, for what is held and what leaks, in different parts. Who judges an object by its siblings must
 * not take the held ones for lost.
 */
static noinline struct crowd_member *request(const char *role, const char *expect)
{
	return CROWD_TAKE("mixed", role, expect, max(sizeof(struct crowd_member), crowd_draw_size()), NULL);
}

static noinline void *reply(const char *role, const char *expect)
{
	return CROWD_TAKE("mixed", role, expect, crowd_draw_size(), NULL);
}

/* Half of the requests leak; the others are on a list. */
static void mix_on_list(void)
{
	struct crowd_member *member;
	int i;

	for (i = 0; i < 6; i++) {
		member = request("request", crowd_expect(i % 2 == 0));
		if (i % 2) {
			member->data = NULL;
		} else {
			list_add(&member->list, &members);
			crowd_held_as(member, crowd_find_list, &member->list, 0);
		}
	}
}

/* A third of the replies leak; the others are in a table that was never zeroed. */
static void mix_in_table(void)
{
	void **table = kmalloc_array(8, sizeof(*table), GFP_KERNEL);
	unsigned int n = 0;
	void *object;
	int i;

	for (i = 0; i < 9; i++) {
		object = reply("reply", crowd_expect(i % 3));
		if (i % 3) {
			table[n] = object;
			crowd_held_by(object, &table[n++]);
		}
	}
	crowd_keep(table);
}

void crowd_mix(void)
{
	mix_on_list();
	mix_in_table();
}

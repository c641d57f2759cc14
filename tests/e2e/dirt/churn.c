// SPDX-License-Identifier: GPL-2.0-or-later
/* churn.c: years of allocations in a few seconds. What is freed here is full of pointers to what else is freed here;
 * what takes over those slots and pages inherits them.
 *
 * Each write of "churn" to the module's stage makes such a round: objects of every slab bucket, of
 * slab caches, large ones, vmalloc areas, per-CPU objects, pages and socket buffers, all pointing to each other, freed
 * in any order and in every way (kfree, call_rcu, kfree_rcu, kvfree_rcu), by threads that end. Then some memory is
 * taken without zeroing and kept: buffers that nobody fills to the end, of known and unknown type. Nothing of this
 * module's own is ever lost; it holds what it keeps from typed lists.
 */
#include "crowd.h"

#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/vmalloc.h>

enum way { SLAB, CACHE, LARGE, AREA, PAGE, WAYS };

/* An allocation of a round, as long as it lives. */
struct piece {
	enum way way;
	size_t size;
	void *address;
};

struct churn_record {
	struct churn_record *next, *other;
	struct list_head link;
	void *owner;
	u64 value[9];
};

struct churn_free {
	struct rcu_head rcu;
	void *words[5];
};

/* What is kept: buffers of unknown type hang on these, ... */
struct churn_kept {
	struct list_head link;
	void *buffer;
	size_t filled;
};

/* ... and these are such objects themselves: all members have a type, few are ever written. */
struct churn_frame {
	struct list_head link;
	struct churn_frame *parent;
	void *payload[6];
	unsigned int count;
	void *scratch[12];
};

#define PIECES 6000
#define KEPT_BUFFERS 60

static struct kmem_cache *record_cache;
static LIST_HEAD(kept);
static LIST_HEAD(frames);
static struct sk_buff_head kept_packets;

static void *allocate(enum way way, size_t size)
{
	switch (way) {
	case SLAB:
	case LARGE:
		return kmalloc(size, GFP_KERNEL);
	case CACHE:
		return kmem_cache_alloc(record_cache, GFP_KERNEL);
	case AREA:
		return vmalloc(size);
	default:
		return (void *)__get_free_page(GFP_KERNEL);
	}
}

static void release(const struct piece *piece)
{
	switch (piece->way) {
	case SLAB:
	case LARGE:
		if (crowd_below(8) == 0)
			kvfree_rcu_mightsleep(piece->address);
		else
			kfree(piece->address);
		break;
	case CACHE:
		kmem_cache_free(record_cache, piece->address);
		break;
	case AREA:
		vfree(piece->address);
		break;
	default:
		free_page((unsigned long)piece->address);
	}
}

static enum way draw_way(void)
{
	unsigned int dice = crowd_below(100);

	return dice < 84 ? SLAB : dice < 92 ? CACHE : dice < 95 ? LARGE : dice < 96 ? AREA : PAGE;
}

static size_t draw_size(enum way way)
{
	switch (way) {
	case SLAB:
		return crowd_draw_size();
	case CACHE:
		return sizeof(struct churn_record);
	case LARGE:
		return 8193 + crowd_below(60000);
	case AREA:
		return 1000 + crowd_below(30000);
	default:
		return PAGE_SIZE;
	}
}

/* One word of eight points somewhere into another piece, mostly to its start; the rest are numbers. */
static void fill(const struct piece *piece, const struct piece *all, unsigned int n)
{
	unsigned long *words = piece->address;
	const struct piece *other;
	size_t i;

	for (i = 0; i < piece->size / sizeof(*words); i++) {
		other = &all[crowd_below(n)];
		if (crowd_below(8))
			words[i] = crowd_below(100000);
		else
			words[i] =
				(unsigned long)other->address + (crowd_below(4) ? 0 : crowd_below(other->size) & ~7U);
	}
}

static void swap_pieces(struct piece *a, struct piece *b)
{
	struct piece t = *a;

	*a = *b;
	*b = t;
}

static void churn_objects(void)
{
	struct piece *all = vzalloc(array_size(PIECES, sizeof(*all)));
	unsigned int i, n = 0;

	if (!all)
		return;
	for (i = 0; i < PIECES; i++) {
		all[n].way = draw_way();
		all[n].size = draw_size(all[n].way);
		all[n].address = allocate(all[n].way, all[n].size);
		n += all[n].address != NULL;
	}
	for (i = 0; i < n; i++)
		fill(&all[i], all, n);
	for (; n; n--) {
		swap_pieces(&all[crowd_below(n)], &all[n - 1]);
		release(&all[n - 1]);
		if (n % 512 == 0)
			cond_resched();
	}
	vfree(all);
}

static void free_by_callback(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct churn_free, rcu));
}

static void churn_rcu(void)
{
	struct churn_free *object;
	void *last = NULL;
	int i;

	for (i = 0; i < 600; i++) {
		object = kmalloc(sizeof(*object), GFP_KERNEL);
		if (!object)
			return;
		memset_p(object->words, last, ARRAY_SIZE(object->words));
		last = object;
		if (i % 3 == 0)
			call_rcu(&object->rcu, free_by_callback);
		else if (i % 3 == 1)
			kfree_rcu(object, rcu);
		else
			kfree_rcu_mightsleep(object);
	}
	rcu_barrier();
}

static void churn_percpu(void)
{
	void __percpu *cookies[64];
	int i, cpu;

	for (i = 0; i < ARRAY_SIZE(cookies); i++) {
		cookies[i] = __alloc_percpu(16 << crowd_below(6), 8);
		if (!cookies[i])
			continue;
		for_each_possible_cpu(cpu) * (void **)per_cpu_ptr(cookies[i], cpu) = &cookies[crowd_below(64)];
	}
	for (i = 0; i < ARRAY_SIZE(cookies); i++)
		free_percpu(cookies[i]);
}

static struct sk_buff *draw_packet(void)
{
	struct sk_buff *packet = alloc_skb(64 + crowd_below(crowd_below(4) ? 800 : 6000), GFP_KERNEL);

	/* Room is asked for what may come; what comes is written. */
	if (packet)
		skb_put_zero(packet, crowd_below(skb_tailroom(packet)));
	return packet;
}

static void churn_packets(void)
{
	struct sk_buff_head queue;
	struct sk_buff *packet;
	void **words;
	int i;

	skb_queue_head_init(&queue);
	for (i = 0; i < 400 && (packet = draw_packet()) != NULL; i++) {
		words = (void **)PTR_ALIGN(packet->data, 8);
		if (packet->len >= 64)
			memset_p(words, packet, 6);
		__skb_queue_tail(&queue, packet);
	}
	__skb_queue_purge(&queue);
}

/* A frame of a thread that goes deep once, with addresses of what it works on all the way down. */
static noinline void go_deep(int depth, void *carried)
{
	void *volatile frame[40];
	int i;

	for (i = 0; i < ARRAY_SIZE(frame); i++)
		frame[i] = carried;
	if (depth)
		go_deep(depth - 1, frame[depth]);
	barrier_data((void *)frame);
}

static int deep_thread(void *data)
{
	void *object = kmalloc(crowd_draw_size(), GFP_KERNEL);

	go_deep(15, object);
	kfree(object);
	complete(data);
	return 0;
}

static void churn_threads(void)
{
	DECLARE_COMPLETION_ONSTACK(done);
	int i;

	for (i = 0; i < 40; i++) {
		if (IS_ERR(kthread_run(deep_thread, &done, "churn/%d", i)))
			return;
		wait_for_completion(&done);
	}
}

static void keep_buffer(void)
{
	struct churn_kept *entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	enum way way = draw_way();
	size_t size = draw_size(way);

	if (!entry)
		return;
	entry->buffer = allocate(way, size);
	entry->filled = crowd_below(3) ? size : crowd_below(size);
	if (entry->buffer)
		memset(entry->buffer, 0, entry->filled);
	list_add(&entry->link, &kept);
}

static void keep_frame(void)
{
	struct churn_frame *frame = kmalloc(sizeof(*frame), GFP_KERNEL);

	if (!frame)
		return;
	frame->parent = list_first_entry_or_null(&frames, struct churn_frame, link);
	frame->payload[0] = frame->parent;
	frame->count = 1;
	list_add(&frame->link, &frames);
}

static void keep(void)
{
	struct sk_buff *packet;
	unsigned int i;

	for (i = 0; i < KEPT_BUFFERS; i++) {
		keep_buffer();
		if (i % 4 == 0)
			keep_frame();
		if (i % 8 == 0 && (packet = draw_packet()) != NULL)
			skb_queue_tail(&kept_packets, packet);
	}
}

void crowd_churn(void)
{
	churn_objects();
	churn_rcu();
	churn_percpu();
	churn_packets();
	churn_threads();
	keep();
}

int crowd_prepare_churn(void)
{
	skb_queue_head_init(&kept_packets);
	record_cache = KMEM_CACHE(churn_record, 0);
	return record_cache ? 0 : -ENOMEM;
}

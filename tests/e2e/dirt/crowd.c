// SPDX-License-Identifier: GPL-2.0-or-later
/* crowd.c: the truth, and the order of things.
 *
 * What is written to /sys/module/kleak_crowd/parameters/stage is done at once: "batch" loses some hundred objects and
 * holds as many, in turn; "churn" is a round of churn.c, on every CPU; between two of them the machine may live on.
 * "print" makes /sys/kernel/debug/kleak_crowd, which is the truth.
 */
#include "crowd.h"

#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#define MAX_SAID 20000
#define LINE 320

static u64 dice;
module_param_named(seed, dice, ullong, 0400);
static unsigned int unwritten = 2;
module_param(unwritten, uint, 0400);

struct said {
	const char *pattern, *role, *expect, *class;
	unsigned long address, head;
	size_t size;
	unsigned long jiffies;
	crowd_finder find; /* what holds it, from: */
	unsigned long what, number;
};

static struct said *said;
static unsigned int nr_said;
static struct debugfs_blob_wrapper text;

/* splitmix64 */
static u64 draw(void)
{
	u64 z = dice += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

unsigned int crowd_below(unsigned int n)
{
	return (unsigned int)(draw() >> 33) % n;
}

/* Every bucket of kmalloc from 8 to 8192, few of them filled to the end; small objects are more frequent. */
size_t crowd_draw_size(void)
{
	static const unsigned short sizes[] = {
		8,    16,   24,   32,   40,   48,   64,   72,   88,   96,   100,  128,  136,
		168,  192,  200,  250,  256,  300,  400,  512,  520,  700,  1000, 1024, 1100,
		1600, 2000, 2048, 2300, 3000, 4000, 4096, 5000, 6000, 8000, 8192,
	};
	unsigned int i = crowd_below(ARRAY_SIZE(sizes));

	return sizes[min(i, crowd_below(ARRAY_SIZE(sizes)))];
}

const char *crowd_expect(bool held)
{
	return held ? "live" : "leak";
}

bool crowd_leaves_unwritten(void)
{
	return crowd_below(100) < unwritten;
}

static void say(const struct lab_truth *truth, const char *class, const void *address, size_t size)
{
	if (WARN_ON_ONCE(nr_said == MAX_SAID))
		return;
	said[nr_said++] = (struct said){
		.pattern = truth->pattern,
		.role = truth->role,
		.expect = truth->expect,
		.class = class,
		.address = lab_hide(address),
		.head = truth->head ? lab_hide(truth->head) : 0,
		.size = size,
		.jiffies = jiffies,
	};
}

void lab_say(const struct lab_truth *truth, const void *address, size_t size)
{
	say(truth, "virtual", address, size);
}

void lab_say_percpu(const struct lab_truth *truth, const void __percpu *cookie, size_t size)
{
	say(truth, "percpu", (__force const void *)cookie, size);
}

static struct said *said_of(const void *object)
{
	unsigned int i;

	for (i = nr_said; i; i--)
		if (said[i - 1].address == lab_hide(object))
			return &said[i - 1];
	return NULL;
}

void crowd_held_as(const void *object, crowd_finder find, const void *what, unsigned long number)
{
	struct said *s = said_of(object);

	if (!s)
		return;
	s->find = find;
	s->what = lab_hide(what);
	s->number = number;
}

static int find_memory(const void *what, unsigned long number, struct crowd_place *places)
{
	places[0] = (struct crowd_place){what, number};
	return 1;
}

void crowd_held_in(const void *object, const void *memory, size_t size)
{
	crowd_held_as(object, find_memory, memory, size);
}

void crowd_held_by(const void *object, const void *word)
{
	crowd_held_in(object, word, sizeof(void *));
}

void *crowd_grow(void *memory, size_t size)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return kvrealloc(memory, size, GFP_KERNEL);
#else
	return krealloc(memory, size, GFP_KERNEL);
#endif
}

static void make_batch(void)
{
	int i;

	for (i = 0; i < 4; i++) {
		crowd_hold();
		crowd_lose();
		crowd_hold_lookalikes();
		crowd_hold();
		crowd_mix();
	}
}

static int print_places(char *to, size_t size, const struct said *s)
{
	struct crowd_place places[CROWD_PLACES];
	int i, n = 0, nr = s->find ? s->find(lab_show(s->what), s->number, places) : 0;

	for (i = 0; i < nr; i++)
		n += scnprintf(to + n, size - n, "%s0x%016lx-0x%016lx", i ? "," : " ", (unsigned long)places[i].at,
			       (unsigned long)places[i].at + places[i].size);
	memset(places, 0, sizeof(places));
	return n + scnprintf(to + n, size - n, nr ? "\n" : " -\n");
}

static int print_line(char *to, size_t size, const struct said *s)
{
	int n = scnprintf(to, size, "LAB1 %s %s %s %s 0x%016lx %zu ", s->pattern, s->role, s->expect, s->class,
			  (unsigned long)lab_show(s->address), s->size);

	if (s->head)
		n += scnprintf(to + n, size - n, "0x%016lx ", (unsigned long)lab_show(s->head));
	else
		n += scnprintf(to + n, size - n, "- ");
	n += scnprintf(to + n, size - n, "%lu", s->jiffies);
	return n + print_places(to + n, size - n, s);
}

static void print_truth(void)
{
	size_t size = array_size(nr_said, LINE) + 1;
	char *to = vzalloc(size);
	unsigned int i;

	if (!to)
		return;
	text.data = to;
	for (i = 0; i < nr_said; i++)
		text.size += print_line(to + text.size, size - text.size, &said[i]);
	debugfs_create_blob("kleak_crowd", 0400, NULL, &text);
}

static int churn(void)
{
	int cpu, err = 0;

	for_each_online_cpu(cpu) err = err ?: lab_run(crowd_churn, cpu);
	return err;
}

static int set_stage(const char *value, const struct kernel_param *param)
{
	if (sysfs_streq(value, "batch"))
		return lab_run(make_batch, crowd_below(num_online_cpus()));
	if (sysfs_streq(value, "churn"))
		return churn();
	if (sysfs_streq(value, "print"))
		return lab_run(print_truth, LAB_ANY_CPU);
	return -EINVAL;
}

static const struct kernel_param_ops stage_ops = {.set = set_stage};
module_param_cb(stage, &stage_ops, NULL, 0200);

static int __init crowd_init(void)
{
	said = vzalloc(array_size(MAX_SAID, sizeof(*said)));
	if (!said)
		return -ENOMEM;
	return crowd_prepare_churn() ?: crowd_prepare_lost() ?: crowd_prepare_held() ?: crowd_prepare_lookalikes();
}
module_init(crowd_init);
/* No module_exit(): what is held stays. */

MODULE_DESCRIPTION("leaks on slots that others had before, for kleak-dump's tests");
MODULE_LICENSE("GPL");

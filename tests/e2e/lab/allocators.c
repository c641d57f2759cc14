// SPDX-License-Identifier: GPL-2.0-or-later
/* allocators.c: leaked and live objects of every allocator kmemleak follows, and what allocators leave behind. */
#include "lab.h"

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/vmalloc.h>

struct lab_counters {
	struct lab_node *node;
	u64 value[7];
};

struct lab_record {
	struct lab_record *next;
	u64 value[12];
};

/* find_vm_area() is not exported; the guest's init takes its address from /proc/kallsyms. */
static unsigned long find_vm_area_address;
module_param_named(find_vm_area, find_vm_area_address, ulong, 0400);

static struct kmem_cache *record_cache;
static DEFINE_PER_CPU(struct lab_node *, static_slot[16]) LAB_KEPT;
static unsigned int nr_static_slots;

int lab_create_caches(void)
{
	record_cache = KMEM_CACHE(lab_record, 0);
	return record_cache ? 0 : -ENOMEM;
}

static void build_cache(void)
{
	struct lab_record *record = kmem_cache_zalloc(record_cache, GFP_KERNEL);

	LAB_SAY("cache", "object", "leak", record, sizeof(*record), NULL);
	record->next = kmem_cache_zalloc(record_cache, GFP_KERNEL);
	LAB_SAY("cache", "child", "indirect", record->next, sizeof(*record), record);
	record = kmem_cache_zalloc(record_cache, GFP_KERNEL);
	LAB_SAY("cache", "held", "live", record, sizeof(*record), NULL);
	lab_hold(record);
}

static void build_large(void)
{
	void **large = LAB_ALLOC("large", "object", "leak", SZ_64K, NULL);

	large[5000] = LAB_ALLOC("large", "child", "indirect", 64, large);
	lab_hold(LAB_ALLOC("large", "held", "live", SZ_32K, NULL));
}

static void *area(const char *pattern, const char *role, const char *expect, const void *head)
{
	void *address = vzalloc(3 * PAGE_SIZE);

	LAB_SAY(pattern, role, expect, address, 3 * PAGE_SIZE, head);
	return address;
}

static void build_vmalloc(void)
{
	void **lost = area("vmalloc", "area", "leak", NULL);

	lost[1000] = LAB_ALLOC("vmalloc", "child", "indirect", 64, lost);
	lab_hold(area("vmalloc", "held", "live", NULL));
}

/* Two references to the vm_struct (the vmap_area's and ours) and one to the area make the area live: kmemleak passes
 * the surplus reference on.
 */
static void build_vm_struct(void)
{
	struct vm_struct *(*find)(const void *) = (void *)find_vm_area_address;
	struct vm_struct *descriptor;
	void *address;

	if (!find)
		return;
	address = vzalloc(PAGE_SIZE);
	descriptor = find(address);
	LAB_SAY("vm-struct", "area", "live", address, PAGE_SIZE, NULL);
	LAB_SAY("vm-struct", "descriptor", "live", descriptor, kmalloc_size_roundup(sizeof(*descriptor)), NULL);
	lab_hold(descriptor);
}

/* A freed area's vmap_area is kept for a while and still holds the address of its freed vm_struct. What takes over that
 * slab slot and is lost looks referenced. Frees all, then allocates all: the slots come back in turn.
 */
static void build_vmap_stale(void)
{
	void *areas[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(areas); i++)
		areas[i] = vmalloc(PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(areas); i++)
		vfree(areas[i]);
	for (i = 0; i < ARRAY_SIZE(areas); i++)
		LAB_ALLOC("vmap-stale", "object", "leak", sizeof(struct vm_struct), NULL);
}

/* Slots that were freed a moment before: the tails of SLUB's sheaves (7.0 and later) still name them. */
static void build_reused(void)
{
	void *objects[16];
	int i;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kzalloc(192, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		kfree(objects[i]);
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		if (i % 2)
			LAB_ALLOC("reused", "object", "leak", 192, NULL);
		else
			lab_hold(LAB_ALLOC("reused", "held", "live", 192, NULL));
	}
}

static void __percpu *counters(const char *role, const char *expect)
{
	struct lab_counters __percpu *cookie = alloc_percpu(struct lab_counters);

	lab_say_percpu(&(struct lab_truth){"percpu", role, expect, NULL}, cookie, sizeof(*cookie));
	return cookie;
}

/* Before 6.12 kmemleak takes per-CPU memory for referenced, and never reports it; lost it is all the same. */
static void build_percpu(void)
{
	struct lab_counters __percpu *cookie;
	unsigned int last = cpumask_last(cpu_possible_mask);

	counters("lost", "leak");

	cookie = counters("lost-parent", "leak");
	per_cpu_ptr(cookie, last)->node = LAB_ALLOC("percpu", "lost-child", "indirect", 64, NULL);

	cookie = counters("held", "live");
	lab_hold((__force void *)cookie);
	per_cpu_ptr(cookie, last)->node = LAB_ALLOC("percpu", "one-copy", "live", 64, NULL);

	if (nr_static_slots < ARRAY_SIZE(static_slot))
		per_cpu(static_slot[nr_static_slots++], last) = LAB_ALLOC("percpu", "static", "live", 64, NULL);
}

void lab_build_allocators(void)
{
	build_cache();
	build_large();
	build_vmalloc();
	build_vm_struct();
	build_vmap_stale();
	build_reused();
	build_percpu();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvfree_rcu: what kvfree_rcu() was given and has yet to free.
 *
 *	5.9 .. 6.2	blocks of pointers singly linked: krc.bkvhead[], krw_arr[].bkvhead_free[]
 *	6.3 ..		lists: krc.bulk_head[], krw_arr[].bulk_head_free[]
 *
 * A block is a page that nobody tracks. Where none was to be had, objects are chained through the struct rcu_head
 * inside of them, whose function says in some kernels where the object begins, and in others nothing: any address in
 * here may lie inside of what is freed. Blocks in which nothing waits are kept in krc.bkvcache, with what stood in
 * them.
 * Source: kernel/rcu/tree.c, and mm/slab_common.c since 6.14.
 */
#include <string.h>

#include "kleak/plugin.h"

#define PAGE_MAX 65536
/* Blocks on one list, or objects on one chain: none of a real kernel has near as many. */
#define CHAIN_MAX (1 << 20)

enum {
	KRC,
	HEAD,
	BLOCK_LISTS,
	BLOCK_CHAINS,
	BATCHES,
	SPARE,
	SPARE_COUNT,
	BATCH,
	BATCH_HEAD,
	BATCH_LISTS,
	BATCH_CHAINS,
	BLOCK_LIST,
	BLOCK_NEXT,
	BLOCK_COUNT,
	BLOCK_RECORDS,
};

static const struct kleak_need needs[] = {
	[KRC] = {.name = "krc", .optional = 1},
	[HEAD] = {.type = "kfree_rcu_cpu", .name = "head", .optional = 1},
	[BLOCK_LISTS] = {.type = "kfree_rcu_cpu", .name = "bulk_head", .optional = 1},
	[BLOCK_CHAINS] = {.type = "kfree_rcu_cpu", .name = "bkvhead", .optional = 1},
	[BATCHES] = {.type = "kfree_rcu_cpu", .name = "krw_arr", .optional = 1},
	[SPARE] = {.type = "kfree_rcu_cpu", .name = "bkvcache.first", .optional = 1},
	[SPARE_COUNT] = {.type = "kfree_rcu_cpu", .name = "nr_bkv_objs", .optional = 1},
	[BATCH] = {.type = "kfree_rcu_cpu_work", .optional = 1},
	[BATCH_HEAD] = {.type = "kfree_rcu_cpu_work", .name = "head_free", .optional = 1},
	[BATCH_LISTS] = {.type = "kfree_rcu_cpu_work", .name = "bulk_head_free", .optional = 1},
	[BATCH_CHAINS] = {.type = "kfree_rcu_cpu_work", .name = "bkvhead_free", .optional = 1},
	[BLOCK_LIST] = {.type = "kvfree_rcu_bulk_data", .name = "list", .optional = 1},
	[BLOCK_NEXT] = {.type = "kvfree_rcu_bulk_data", .name = "next", .optional = 1},
	[BLOCK_COUNT] = {.type = "kvfree_rcu_bulk_data", .name = "nr_records", .optional = 1},
	[BLOCK_RECORDS] = {.type = "kvfree_rcu_bulk_data", .name = "records", .optional = 1},
};

static int has(const struct kleak_host *host, size_t need)
{
	return host->where(host, need)->present != 0;
}

static uint64_t offset_of(const struct kleak_host *host, size_t need)
{
	return host->where(host, need)->value;
}

/* A kernel address without the tag that KASAN keeps in its top byte. */
static uint64_t untag(const struct kleak_host *host, uint64_t address)
{
	return !strcmp(host->machine, "aarch64") && (address >> 55 & 1) ? address | UINT64_C(0xff) << 56 : address;
}

/* Reads an address, or a number of @size bytes, least significant first; not 0 where it cannot be read. */
static int read_value(const struct kleak_host *host, uint64_t address, uint64_t size, uint64_t *ret)
{
	*ret = 0;
	if (!size || size > sizeof(*ret) || host->read(host, address, ret, size) != size) {
		host->damaged(host, address, "it is not readable");
		return 1;
	}
	*ret = untag(host, *ret);
	return 0;
}

/* A walk along links that runs in a circle is found out before it has gone round twice (Brent). */
struct walk {
	uint64_t landmark, steps, limit;
};

/* Whether @node may be entered; where not, that was said. */
static int may_enter(const struct kleak_host *host, struct walk *walk, uint64_t node)
{
	const char *what = node == walk->landmark       ? "the list runs in a circle"
			   : !(node >> 63)              ? "a link leads nowhere"
			   : walk->steps++ == CHAIN_MAX ? "the list does not end"
							: NULL;

	if (what) {
		host->damaged(host, node, what);
		return 0;
	}
	if (walk->steps > walk->limit) {
		walk->landmark = node;
		walk->limit = 2 * walk->limit + 1;
	}
	return 1;
}

/* ---- blocks of pointers ---- */

/* Tells of what waits in the block at @address; *@whole stays what it was where the block is one. */
static void tell_of_block(const struct kleak_host *host, uint64_t address, int *whole)
{
	static union {
		unsigned char bytes[PAGE_MAX];
		uint64_t words[PAGE_MAX / 8];
	} block;
	uint64_t page = UINT64_C(1) << host->page_shift, records = offset_of(host, BLOCK_RECORDS), count, i;

	*whole = 0;
	if (offset_of(host, BLOCK_COUNT) > page - 8 || records > page || records % 8)
		return;
	if (page > PAGE_MAX || host->read(host, address, block.bytes, page) != page) {
		host->damaged(host, address, "a block is not readable");
		return;
	}
	count = block.words[offset_of(host, BLOCK_COUNT) / 8];
	if (address % page || count > (page - records) / 8) {
		host->damaged(host, address, "this is no block of pointers");
		return;
	}
	*whole = 1;
	for (i = 0; i < count; i++) {
		uint64_t object = untag(host, block.words[records / 8 + i]);

		if (object >> 63)
			host->add_freed(host, object);
		else
			host->damaged(host, address + records + 8 * i, "what waits is at no address of the kernel's");
	}
}

/* How blocks are linked: what links name is @back bytes inside of a block, the next link @next bytes behind that. */
struct links {
	uint64_t back, next;
};

typedef void visitor(const struct kleak_host *host, uint64_t block, int *whole);

/* Visits the blocks from @node on until @end; returns whether all of the list is as it should be. */
static int visit_blocks(const struct kleak_host *host, uint64_t node, struct links links, uint64_t end, visitor *visit)
{
	struct walk walk = {0};
	int whole = 1;

	while (node != end && whole) {
		if (!may_enter(host, &walk, node))
			return 0;
		visit(host, node - links.back, &whole);
		if (whole && read_value(host, node + links.next, 8, &node))
			return 0;
	}
	return whole;
}

static void tell_of_page(const struct kleak_host *host, uint64_t block, int *whole)
{
	*whole = !host->add_freeing_page(host, block);
}

/* One list of blocks, at whose head @head is. The pages of one that is damaged may be anybody's. */
static void tell_of_blocks(const struct kleak_host *host, uint64_t head, int is_list)
{
	struct links links = {is_list ? offset_of(host, BLOCK_LIST) : 0, is_list ? 0 : offset_of(host, BLOCK_NEXT)};
	uint64_t end = is_list ? head : 0, first;

	if (read_value(host, head, 8, &first) || !first)
		return; /* lists are 0 before they are made */
	if (visit_blocks(host, first, links, end, tell_of_block))
		visit_blocks(host, first, links, end, tell_of_page);
}

/* An array of heads of such lists, or of chains. */
static void tell_of_heads(const struct kleak_host *host, uint64_t address, size_t lists, size_t chains)
{
	int is_list = has(host, lists);
	const struct kleak_where *array = host->where(host, is_list ? lists : chains);
	uint64_t size = is_list ? 16 : 8, at;

	for (at = 0; array->present && at + size <= array->size; at += size)
		tell_of_blocks(host, address + array->value + at, is_list);
}

/* ---- spare blocks ---- */

static uint64_t n_spare;

static void count_spare(const struct kleak_host *host, uint64_t block, int *whole)
{
	*whole = !(block & ((UINT64_C(1) << host->page_shift) - 1));
	n_spare++;
}

/* Blocks that nothing waits in, linked through their first word. */
static void tell_of_spare(const struct kleak_host *host, uint64_t krc)
{
	uint64_t first, count;

	if (!has(host, SPARE) || !has(host, SPARE_COUNT) || read_value(host, krc + offset_of(host, SPARE), 8, &first) ||
	    read_value(host, krc + offset_of(host, SPARE_COUNT), host->where(host, SPARE_COUNT)->size, &count))
		return;
	n_spare = 0;
	if (visit_blocks(host, first, (struct links){0}, 0, count_spare) && n_spare == count)
		visit_blocks(host, first, (struct links){0}, 0, tell_of_page);
	else
		host->damaged(host, krc, "it does not keep as many pages as it says");
}

/* ---- chains through the objects ---- */

static void tell_of_chain(const struct kleak_host *host, uint64_t address, size_t head)
{
	struct walk walk = {0};
	uint64_t node;

	if (!has(host, head) || read_value(host, address + offset_of(host, head), 8, &node))
		return;
	/* struct rcu_head begins with its link */
	while (node && may_enter(host, &walk, node)) {
		host->add_freed(host, node);
		if (read_value(host, node, 8, &node))
			return;
	}
}

/* ---- CPUs ---- */

static void tell_of_cpu(const struct kleak_host *host, uint64_t krc)
{
	const struct kleak_where *batches = host->where(host, BATCHES);
	uint64_t size = host->where(host, BATCH)->size, at;

	tell_of_heads(host, krc, BLOCK_LISTS, BLOCK_CHAINS);
	tell_of_chain(host, krc, HEAD);
	for (at = 0; size && batches->present && at + size <= batches->size; at += size) {
		uint64_t batch = krc + batches->value + at;

		tell_of_heads(host, batch, BATCH_LISTS, BATCH_CHAINS);
		tell_of_chain(host, batch, BATCH_HEAD);
	}
	tell_of_spare(host, krc);
}

static int freed(const struct kleak_host *host)
{
	uint64_t krc;
	uint32_t cpu;

	if (!has(host, KRC) || !has(host, BLOCK_RECORDS) || !has(host, BLOCK_COUNT))
		return 0;
	for (cpu = 0; cpu < host->possible_cpus; cpu++) {
		krc = host->percpu(host, host->where(host, KRC)->value, cpu);
		if (krc)
			tell_of_cpu(host, krc);
	}
	return 0;
}

const struct kleak_plugin kleak_plugin = {
	.size = sizeof(kleak_plugin),
	.major = KLEAK_PLUGIN_MAJOR,
	.minor = KLEAK_PLUGIN_MINOR,
	.capabilities = KLEAK_CAN_ADD_FREED,
	.name = "kvfree_rcu",
	.version = "1",
	.license = "GPL-2.0-or-later",
	.summary = "what kvfree_rcu() has yet to free",
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.freed = freed,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* transient: nodes of trees that were replaced and wait for the end of an RCU grace period: nothing refers to them any
 * more but the queue that will free them, which no kernel makes easy to find.
 *
 * A maple node that is dead is its own parent, the first word of each (ma_dead_node() in lib/maple_tree.c, since 6.1);
 * the low bits of the parent are its type. A node of an XArray that was freed has XA_RCU_FREE, which is 1, in place of
 * its array (xa_node_free() in lib/xarray.c, since 4.20).
 */
#include <string.h>

#include "kleak/plugin.h"

#define MAPLE_NODE_SIZE 256
#define MAPLE_NODE_MASK UINT64_C(255)
#define XA_RCU_FREE 1

enum { XA_ARRAY };

static const struct kleak_need needs[] = {
	[XA_ARRAY] = {.type = "xa_node", .name = "array", .optional = 1},
};

static int holds(const struct kleak_host *host, const struct kleak_object *object, uint64_t offset, uint64_t *word)
{
	return offset + 8 <= object->size && host->read(host, object->address + offset, word, 8) == 8;
}

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	const struct kleak_object *object = &suspect->object;
	uint64_t word;

	if (!suspect->cache || object->class_ != KLEAK_OBJECT_VIRTUAL)
		return 0;
	if (!strcmp(suspect->cache, "maple_node") && object->size == MAPLE_NODE_SIZE && holds(host, object, 0, &word) &&
	    (word & ~MAPLE_NODE_MASK) == object->address)
		return host->explain(host, "a node of a maple tree that was replaced, and waits for RCU");
	if (!strcmp(suspect->cache, "radix_tree_node") && host->where(host, XA_ARRAY)->present &&
	    holds(host, object, host->where(host, XA_ARRAY)->value, &word) && word == XA_RCU_FREE)
		return host->explain(host, "a node of an XArray that was replaced, and waits for RCU");
	return 0;
}

const struct kleak_plugin kleak_plugin = {
	.size = sizeof(kleak_plugin),
	.major = KLEAK_PLUGIN_MAJOR,
	.minor = KLEAK_PLUGIN_MINOR,
	.capabilities = KLEAK_CAN_CLASSIFY,
	.name = "transient",
	.version = "1",
	.license = "GPL-2.0-or-later",
	.summary = "nodes of maple trees and XArrays that wait to be freed",
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.classify = classify,
};

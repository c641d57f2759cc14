/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IDRs and maple trees, whole and damaged. */
#include "test.h"

#include "kernel/machine/idr.h"
#include "kernel/machine/maple.h"
#include "test_kernel_fake.h"

/* ---- IDR: struct idr { { lock, flags, xa_head at 8 } idr_rt; idr_base at 16 }, nodes of four slots ----------------
 */

#define IDR 0x100
#define NODE(n) (0x1000 + (size_t)(n)*0x100)
#define SLOTS 16 /* offset in a node */

static struct kl_kernel *idr_kernel(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_layouts *l = &k->layouts;

	l->idr.idr_rt = member(0, 16);
	l->idr.idr_base = member(16, 4);
	l->xarray.xa_head = member(8, 8);
	l->xa_node.shift = member(0, 1);
	l->xa_node.slots = member(SLOTS, 32);
	l->xa_node.slots.count = 4;
	l->xa_node.slots.element_size = 8;
	return k;
}

static uint64_t entry(unsigned node)
{
	return at(NODE(node)) | 2;
}

static void put_slot(struct kl_kernel *k, unsigned node, unsigned slot, uint64_t value)
{
	put_u64(k, NODE(node) + SLOTS + 8 * slot, value);
}

static void put_shift(struct kl_kernel *k, unsigned node, uint8_t shift)
{
	put(k, NODE(node), &shift, 1);
}

static void test_an_empty_idr_has_nothing(void)
{
	struct kl_kernel *k = idr_kernel();
	struct kl_idr_entries e;

	CHECK_OK(kl_idr_read(k, "idr", at(IDR), &e));
	CHECK_INT(e.list.count, 0);
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void test_a_single_entry_needs_no_node(void)
{
	struct kl_kernel *k = idr_kernel();
	struct kl_idr_entries e;

	put_u64(k, IDR + 8, at(0x9000));
	put_u32(k, IDR + 16, 7); /* idr_base */
	CHECK_OK(kl_idr_read(k, "idr", at(IDR), &e));
	CHECK_INT(e.list.count, 1);
	CHECK_INT(e.list.data[0].id, 7);
	CHECK_INT(e.list.data[0].pointer, at(0x9000));
	kl_vec_deinit(&e.list);
	fake_destroy(k);
}

static void test_nodes_are_walked_in_order_of_ids(void)
{
	struct kl_kernel *k = idr_kernel();
	struct kl_idr_entries e;

	put_u64(k, IDR + 8, entry(0));
	put_shift(k, 0, 2);
	put_slot(k, 0, 0, entry(1));
	put_slot(k, 0, 3, entry(2));
	put_slot(k, 0, 2, 0x402); /* a mark of the tree's own */
	put_slot(k, 1, 1, at(0x9000));
	put_slot(k, 1, 2, 0x402);
	put_u32(k, IDR + 16, 100);
	put_slot(k, 2, 0, at(0x9010));
	put_slot(k, 2, 2, at(0x9020));
	CHECK_OK(kl_idr_read(k, "idr", at(IDR), &e));
	CHECK_INT(e.list.count, 3);
	CHECK_INT(e.list.data[0].id, 101);
	CHECK_INT(e.list.data[1].id, 112);
	CHECK_INT(e.list.data[2].id, 114);
	CHECK_INT(e.list.data[2].pointer, at(0x9020));
	CHECK_INT(k->anomaly_count, 0);
	kl_vec_deinit(&e.list);
	fake_destroy(k);
}

/* Each case leaves the healthy neighbour readable. */
static void check_damaged_idr(struct kl_kernel *k, size_t entries)
{
	struct kl_idr_entries e;

	put_u64(k, IDR + 8, entry(0));
	put_shift(k, 0, 2);
	put_slot(k, 0, 3, entry(7));
	put_slot(k, 7, 0, at(0x9000));
	CHECK_OK(kl_idr_read(k, "idr", at(IDR), &e));
	CHECK_INT(e.list.count, entries);
	CHECK_INT(k->anomaly_count, 1);
	kl_vec_deinit(&e.list);
	fake_destroy(k);
}

static void test_damaged_idrs_end_with_an_anomaly(void)
{
	struct kl_kernel *k = idr_kernel();

	put_slot(k, 0, 0, entry(0)); /* a cycle */
	check_damaged_idr(k, 1);

	k = idr_kernel();
	put_slot(k, 0, 0, entry(1)); /* a level that does not go down */
	put_shift(k, 1, 2);
	check_damaged_idr(k, 1);

	k = idr_kernel();
	put_slot(k, 0, 0, entry(7)); /* one node in two places: walked once */
	check_damaged_idr(k, 1);

	k = idr_kernel();
	put_slot(k, 0, 0, at(0x20000) | 2); /* a node that is missing */
	fake_of(k)->gone[0x20] = true;
	check_damaged_idr(k, 1);
}

static void test_an_unreadable_idr_is_an_anomaly(void)
{
	struct kl_kernel *k = idr_kernel();
	struct kl_idr_entries e;

	CHECK_OK(kl_idr_read(k, "idr", 0x1234, &e));
	CHECK_INT(e.list.count, 0);
	CHECK_INT(k->anomaly_count, 1);
	k->layouts.xa_node.slots.count = 65; /* more than any kernel has */
	CHECK_OK(kl_idr_read(k, "idr", at(IDR), &e));
	CHECK_INT(k->anomaly_count, 2);
	fake_destroy(k);
}

/* ---- maple tree: nodes of 16 slots (ranges, leaves) and 10 (allocation ranges), as in every kernel -----------------
 */

#define TREE 0x100
enum { LEAF = 1, RANGE = 2, ARANGE = 3 };

static struct kl_member array(uint32_t offset, uint32_t count)
{
	struct kl_member m = member(offset, 8 * count);

	m.is_array = true;
	m.count = count;
	m.element_size = 8;
	return m;
}

static struct kl_kernel *maple_kernel(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_layouts *l = &k->layouts;

	l->maple_tree.ma_root = member(8, 8);
	l->maple_range_64.pivot = array(8, 15);
	l->maple_range_64.slot = array(128, 16);
	l->maple_arange_64.pivot = array(8, 9);
	l->maple_arange_64.slot = array(80, 10);
	return k;
}

static uint64_t maple(unsigned node, unsigned type)
{
	return at(NODE(node)) | type << 3 | 4;
}

static void put_root(struct kl_kernel *k, uint64_t value)
{
	put_u64(k, TREE + 8, value);
}

static void put_leaf(struct kl_kernel *k, unsigned node, unsigned slot, uint64_t last, uint64_t value)
{
	if (slot < 15)
		put_u64(k, NODE(node) + 8 + 8 * slot, last);
	put_u64(k, NODE(node) + 128 + 8 * slot, value);
}

static void put_arange(struct kl_kernel *k, unsigned node, unsigned slot, uint64_t last, uint64_t value)
{
	put_u64(k, NODE(node) + 8 + 8 * slot, last);
	put_u64(k, NODE(node) + 80 + 8 * slot, value);
}

static void test_small_maple_trees(void)
{
	struct kl_kernel *k = maple_kernel();
	struct kl_maple_ranges r;

	CHECK_OK(kl_maple_read(k, "tree", at(TREE), &r));
	CHECK_INT(r.list.count, 0);
	CHECK(!r.broken);
	put_root(k, at(0x9000));
	CHECK_OK(kl_maple_read(k, "tree", at(TREE), &r));
	CHECK_INT(r.list.count, 1);
	CHECK_INT(r.list.data[0].last, 0);
	CHECK_INT(r.list.data[0].entry, at(0x9000));
	kl_vec_deinit(&r.list);
	fake_destroy(k);
}

static void test_ranges_of_a_leaf(void)
{
	struct kl_kernel *k = maple_kernel();
	struct kl_maple_ranges r;

	put_root(k, maple(0, LEAF) | 2);
	put_leaf(k, 0, 0, 639, at(0x9000));
	put_leaf(k, 0, 1, 700, 0); /* a gap */
	put_leaf(k, 0, 2, 999, at(0x9008));
	put_leaf(k, 0, 3, 0, 0); /* a pivot of 0 ends the node: the rest is empty */
	put_leaf(k, 0, 4, 5000, at(0x9010));
	CHECK_OK(kl_maple_read(k, "tree", at(TREE), &r));
	CHECK_INT(r.list.count, 2);
	CHECK_INT(r.list.data[0].first, 0);
	CHECK_INT(r.list.data[0].last, 639);
	CHECK_INT(r.list.data[1].first, 701);
	CHECK_INT(r.list.data[1].last, 999);
	CHECK_INT(r.list.data[1].entry, at(0x9008));
	CHECK_INT(k->anomaly_count, 0);
	kl_vec_deinit(&r.list);
	fake_destroy(k);
}

/* All 16 slots of a leaf in use: the last one has no pivot. */
static void test_a_full_leaf(void)
{
	struct kl_kernel *k = maple_kernel();
	struct kl_maple_ranges r;

	put_root(k, maple(0, LEAF) | 2);
	for (unsigned i = 0; i < 16; i++)
		put_leaf(k, 0, i, 10 * i + 9, at(0x9000 + 8 * i));
	CHECK_OK(kl_maple_read(k, "tree", at(TREE), &r));
	CHECK_INT(r.list.count, 16);
	CHECK_INT(r.list.data[15].first, 150);
	CHECK_INT(r.list.data[15].last, UINT64_MAX);
	kl_vec_deinit(&r.list);
	fake_destroy(k);
}

static void test_levels_of_a_maple_tree(void)
{
	struct kl_kernel *k = maple_kernel();
	struct kl_maple_ranges r;

	put_root(k, maple(0, ARANGE) | 2);
	put_arange(k, 0, 0, 999, maple(1, LEAF));
	put_arange(k, 0, 1, 1999, maple(2, LEAF));
	put_leaf(k, 1, 0, 499, at(0x9000));
	put_leaf(k, 2, 0, 1499, 0);
	put_leaf(k, 2, 1, 1999, at(0x9008));
	CHECK_OK(kl_maple_read(k, "tree", at(TREE), &r));
	CHECK_INT(r.list.count, 2);
	CHECK_INT(r.list.data[1].first, 1500);
	CHECK_INT(r.list.data[1].last, 1999);
	CHECK(!r.broken);
	kl_vec_deinit(&r.list);
	fake_destroy(k);
}

static void check_damaged_maple(struct kl_kernel *k, uint64_t child, const char *message)
{
	struct kl_maple_ranges r;

	put_root(k, maple(0, ARANGE) | 2);
	put_arange(k, 0, 0, 999, child);
	put_arange(k, 0, 1, 1999, maple(7, LEAF));
	put_leaf(k, 7, 0, 1999, at(0x9000));
	CHECK_OK(kl_maple_read(k, "tree", at(TREE), &r));
	CHECK_INT(r.list.count, 1);
	CHECK(r.broken);
	CHECK_INT(k->anomaly_count, 1);
	CHECK(k->anomalies.count && strstr(k->anomalies.data[0].message, message));
	kl_vec_deinit(&r.list);
	fake_destroy(k);
}

static void test_damaged_maple_trees_end_with_an_anomaly(void)
{
	struct kl_kernel *k = maple_kernel();

	check_damaged_maple(k, maple(0, ARANGE), "cycle");                /* a cycle */
	check_damaged_maple(maple_kernel(), maple(1, 0), "unknown type"); /* a type that is never used here */
	k = maple_kernel();
	fake_of(k)->gone[0x20] = true;
	check_damaged_maple(k, at(0x20000) | LEAF << 3, "missing");
	k = maple_kernel();
	put_leaf(k, 1, 0, 400, 0);
	put_leaf(k, 1, 1, 300, at(0x9008)); /* pivots that go down */
	check_damaged_maple(k, maple(1, LEAF), "out of order");
	k = maple_kernel();
	put_leaf(k, 1, 0, 1500, at(0x9008)); /* and beyond their node */
	check_damaged_maple(k, maple(1, LEAF), "out of order");
}

static void test_a_maple_tree_without_layout_is_broken(void)
{
	struct kl_kernel *k = maple_kernel();
	struct kl_maple_ranges r;

	put_root(k, maple(0, LEAF) | 2);
	k->layouts.maple_range_64.slot.count = 33; /* more than there is room for */
	CHECK_OK(kl_maple_read(k, "tree", at(TREE), &r));
	CHECK(r.broken);
	CHECK_OK(kl_maple_read(k, "tree", 0x10, &r));
	CHECK(r.broken);
	fake_destroy(k);
}

int main(void)
{
	RUN(test_an_empty_idr_has_nothing);
	RUN(test_a_single_entry_needs_no_node);
	RUN(test_nodes_are_walked_in_order_of_ids);
	RUN(test_damaged_idrs_end_with_an_anomaly);
	RUN(test_an_unreadable_idr_is_an_anomaly);
	RUN(test_small_maple_trees);
	RUN(test_ranges_of_a_leaf);
	RUN(test_a_full_leaf);
	RUN(test_levels_of_a_maple_tree);
	RUN(test_damaged_maple_trees_end_with_an_anomaly);
	RUN(test_a_maple_tree_without_layout_is_broken);
	return DONE();
}

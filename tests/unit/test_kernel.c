/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The base of all readers: addresses, values, anomalies, lists, per-CPU memory, the layout table. */
#include "test.h"

#include "kernel/machine/list.h"
#include "kernel/machine/percpu.h"
#include "test_kernel_fake.h"

/* ---- addresses and values ---------------------------------------------------------------------------------------- */

static void test_absolute_and_zero_based_symbols_do_not_move(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_variable absent = {0};

	k->shift = 0x1000;
	CHECK_INT(kl_kernel_address(k, 0xffffffff81000000), 0xffffffff81001000);
	CHECK_INT(kl_kernel_address(k, 0x2a40), 0x2a40);
	CHECK_INT(kl_kernel_variable(k, &absent), 0);
	fake_destroy(k);
}

static void test_values_have_the_size_of_their_variable(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_variable v = variable(0x10, 8);
	uint64_t value;

	put_u64(k, 0x10, 0x1122334455667788);
	CHECK_OK(kl_kernel_read_value(k, &v, 4, &value));
	CHECK_INT(value, 0x1122334455667788);
	v.size = 1;
	CHECK_OK(kl_kernel_read_value(k, &v, 4, &value));
	CHECK_INT(value, 0x88);
	v.size = 0;
	CHECK_OK(kl_kernel_read_value(k, &v, 2, &value));
	CHECK_INT(value, 0x7788);
	v.size = 24; /* a struct around an integer */
	CHECK_OK(kl_kernel_read_value(k, &v, 8, &value));
	CHECK_INT(value, 0x55667788);
	v.size = 64;
	v.is_array = true;
	v.element_size = 8;
	CHECK_OK(kl_kernel_read_value(k, &v, 4, &value));
	CHECK_INT(value, 0x1122334455667788);
	v.present = false;
	CHECK_ERROR(kl_kernel_read_value(k, &v, 8, &value), KL_ERROR_NOT_FOUND);
	fake_destroy(k);
}

/* struct kmem_cache is declared with an element for each node that there may be, and most of them are not there. */
static void test_structs_are_read_as_far_as_their_members_reach(void)
{
	struct kl_layouts l = {};

	l.kmem_cache.type = (struct kl_type){.present = true, .size = 16584};
	l.sheaf_cache.type = l.kmem_cache.type;
	CHECK_INT(kl_layouts_span(&l, &l.kmem_cache.type), 0);
	l.kmem_cache.list = member(96, 16);
	l.kmem_cache.name = member(88, 8);
	l.kmem_cache.oo = member(4096, 4);
	l.kmem_cache.oo.present = false;
	l.sheaf_cache.per_node = member(200, 16384);
	CHECK_INT(kl_layouts_span(&l, &l.kmem_cache.type), 112);
	CHECK_INT(kl_layouts_span(&l, &l.sheaf_cache.type), 16584);
}

static void test_members_are_read_alone(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_member m = member(FAKE_PAGE, 4), field = bits(FAKE_PAGE + 4, 4, 3, 5), array = member(0, 24);
	uint64_t value;

	fake_of(k)->gone[0] = true; /* the struct begins in a missing page */
	put_u32(k, FAKE_PAGE, 0xdeadbeef);
	put_u32(k, FAKE_PAGE + 4, 0x15 << 3);
	CHECK_OK(kl_kernel_read_member(k, at(0), &m, &value));
	CHECK_INT(value, 0xdeadbeef);
	CHECK_OK(kl_kernel_read_member(k, at(0), &field, &value));
	CHECK_INT(value, 0x15);
	CHECK_ERROR(kl_kernel_read_member(k, at(0), &array, &value), KL_ERROR_UNSUPPORTED);
	m.present = false;
	CHECK_ERROR(kl_kernel_read_member(k, at(0), &m, &value), KL_ERROR_UNSUPPORTED);
	fake_destroy(k);
}

static void test_strings_stop_before_a_missing_page(void)
{
	struct kl_kernel *k = fake_kernel();
	char text[64];

	fake_of(k)->gone[1] = true;
	put(k, FAKE_PAGE - 6, "hello", 6);
	CHECK_OK(kl_kernel_read_string(k, at(FAKE_PAGE - 6), text, sizeof(text)));
	CHECK_STR(text, "hello");
	put(k, FAKE_PAGE - 6, "hello!", 6);
	CHECK_ERROR(kl_kernel_read_string(k, at(FAKE_PAGE - 6), text, sizeof(text)), KL_ERROR_MISSING);
	CHECK_OK(kl_kernel_read_string(k, at(FAKE_PAGE - 6), text, 4));
	CHECK_STR(text, "hel");
	fake_destroy(k);
}

static void test_tags_come_off_kernel_pointers_of_aarch64(void)
{
	struct kl_kernel *k = fake_kernel();

	k->arch = KL_ARCH_AARCH64;
	CHECK_INT(kl_untag(k, 0xf3ff000012345678), 0xffff000012345678);
	CHECK_INT(kl_untag(k, 0xf30000aa12345678), 0xf30000aa12345678); /* not a kernel address */
	k->arch = KL_ARCH_X86_64;
	CHECK_INT(kl_untag(k, 0xf3ff000012345678), 0xf3ff000012345678);
	fake_destroy(k);
}

static void test_anomalies_are_bounded_by_kind(void)
{
	struct kl_kernel *k = fake_kernel();

	for (int i = 0; i < 100; i++)
		kl_kernel_anomaly(k, "list", at(i), "number %d", i);
	kl_kernel_anomaly_error(k, "module", 0, kl_error_create(KL_ERROR_MISSING, "gone"));
	CHECK_INT(k->anomaly_count, 101);
	CHECK_INT(k->anomalies.count, KL_ANOMALIES_PER_KIND + 1);
	CHECK_STR(k->anomalies.data[0].message, "number 0");
	CHECK_INT(k->anomalies.data[KL_ANOMALIES_PER_KIND - 1].others, 100 - KL_ANOMALIES_PER_KIND);
	CHECK_STR(k->anomalies.data[KL_ANOMALIES_PER_KIND].kind, "module");
	CHECK_STR(k->anomalies.data[KL_ANOMALIES_PER_KIND].message, "gone");
	fake_destroy(k);
}

static void check_text(const struct kl_anomaly *a, const char *wanted)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	kl_anomaly_text(a, &sb);
	CHECK_STR(kl_strbuf_string(&sb), wanted);
}

static void test_one_cause_is_one_anomaly(void)
{
	struct kl_kernel *k = fake_kernel();

	for (int i = 0; i < 100; i++) {
		kl_kernel_anomaly(k, "slab", at(i), "page frame %d is not in the dump", 7);
		kl_kernel_anomaly(k, "list", at(i), "page frame %d is not in the dump", i);
	}
	CHECK_INT(k->anomalies_met, 200);
	CHECK_INT(k->anomaly_count, 101);
	CHECK_INT(k->anomalies.count, KL_ANOMALIES_PER_KIND + 1);
	CHECK_INT(k->anomalies.data[0].address, at(0));
	check_text(&k->anomalies.data[0], "page frame 7 is not in the dump (100 times)");
	check_text(&k->anomalies.data[1], "page frame 0 is not in the dump");
	check_text(&k->anomalies.data[KL_ANOMALIES_PER_KIND],
		   "page frame 7 is not in the dump (and 92 other anomalies of this kind)");
	/* also those that were not kept */
	kl_kernel_anomaly(k, "list", at(0), "page frame %d is not in the dump", 99);
	CHECK_INT(k->anomaly_count, 101);
	fake_destroy(k);
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

#define HEAD 0x100
#define NODE(i) (0x1000 + 0x40 * (size_t)(i))

/* A ring of the head and @n nodes. */
static void put_list(struct kl_kernel *k, size_t n)
{
	for (size_t i = 0; i <= n; i++) {
		size_t self = i ? NODE(i) : HEAD, next = i < n ? NODE(i + 1) : HEAD;

		put_u64(k, self, at(next));
		put_u64(k, next + 8, at(self));
	}
}

/* Walks and returns the number of nodes, checking that they come in order and once. */
static size_t walk_nodes(struct kl_list_walk *w)
{
	uint64_t node;
	size_t n = 0;

	while (kl_list_next(w, &node)) {
		CHECK_INT(node, at(NODE(n + 1)));
		n++;
	}
	CHECK(!kl_list_next(w, &node));
	CHECK_INT(w->count, n);
	return n;
}

static void test_lists_are_walked_to_their_end(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	put_list(k, 0);
	kl_list_begin(&w, k, "test", at(HEAD));
	CHECK_INT(walk_nodes(&w), 0);
	put_list(k, 5);
	kl_list_begin(&w, k, "test", at(HEAD));
	CHECK_INT(walk_nodes(&w), 5);
	CHECK(!w.broken);
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void test_hlists_end_with_null(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	put_u64(k, HEAD, at(NODE(1)));
	put_u64(k, NODE(1), at(NODE(2)));
	put_u64(k, NODE(1) + 8, at(HEAD));
	put_u64(k, NODE(2) + 8, at(NODE(1)));
	kl_hlist_begin(&w, k, "test", at(HEAD));
	CHECK_INT(walk_nodes(&w), 2);
	CHECK(!w.broken);
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void test_a_cycle_ends_a_list_with_each_node_once(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	for (size_t target = 1; target <= 5; target++) {
		put_list(k, 5);
		put_u64(k, NODE(5), at(NODE(target)));
		kl_list_begin(&w, k, "test", at(HEAD));
		CHECK_INT(walk_nodes(&w), 5);
		CHECK(w.broken);
		CHECK_INT(k->anomalies_met, target);
	}
	fake_destroy(k);
}

/* The back link of the node that closes the cycle may name the end of it, not its first predecessor. */
static void test_a_cycle_with_matching_back_links_ends_a_list(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	put_list(k, 5);
	put_u64(k, NODE(5), at(NODE(3)));
	put_u64(k, NODE(3) + 8, at(NODE(5)));
	kl_list_begin(&w, k, "test", at(HEAD));
	CHECK_INT(walk_nodes(&w), 5);
	CHECK(w.broken);
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
}

/* list_add_tail_rcu() stopped before head->prev, list_del_rcu() before prev->next. */
static void test_half_done_updates_do_not_end_a_list(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	put_list(k, 5);
	put_u64(k, HEAD + 8, at(NODE(4)));
	put_u64(k, NODE(4) + 8, at(NODE(2)));
	kl_list_begin(&w, k, "test", at(HEAD));
	CHECK_INT(walk_nodes(&w), 5);
	CHECK(!w.broken);
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void check_broken(size_t pointer_at, uint64_t value, size_t nodes)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	put_list(k, 5);
	put_u64(k, pointer_at, value);
	kl_list_begin(&w, k, "test", at(HEAD));
	CHECK_INT(walk_nodes(&w), nodes);
	CHECK(w.broken);
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
}

static void test_wild_pointers_end_a_list(void)
{
	check_broken(NODE(3), 0, 3);
	check_broken(NODE(3), 0x4141414141414141, 3);
	check_broken(NODE(3), at(NODE(4) + 1), 3);    /* not aligned */
	check_broken(NODE(3), 0xffff999900000000, 3); /* not mapped */
	check_broken(NODE(3), 0xdead000000000100, 3); /* LIST_POISON1 */
	check_broken(HEAD, at(FAKE_SIZE - 8), 0);     /* half of it mapped */
}

static void test_a_deleted_node_is_named_so(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	put_list(k, 5);
	put_u64(k, NODE(3), 0xdead000000000100);
	kl_list_begin(&w, k, "test", at(HEAD));
	CHECK_INT(walk_nodes(&w), 3);
	CHECK(k->anomalies.count == 1 && strstr(k->anomalies.data[0].message, "deleted"));
	fake_destroy(k);
}

static void test_many_wrong_back_links_end_a_list(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	put_list(k, 100);
	for (size_t i = 1; i <= 100; i++)
		put_u64(k, NODE(i) + 8, 0);
	kl_list_begin(&w, k, "test", at(HEAD));
	CHECK_INT(walk_nodes(&w), KL_LIST_SUSPECTS);
	CHECK(w.broken);
	fake_destroy(k);
}

static void test_lists_are_bounded(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_list_walk w;

	put_list(k, 5);
	kl_list_begin(&w, k, "test", at(HEAD));
	w.max = 4;
	CHECK_INT(walk_nodes(&w), 4);
	CHECK(w.broken);
	fake_destroy(k);
}

static void test_poison_of_all_generations(void)
{
	CHECK(kl_is_list_poison(0xdead000000000100));
	CHECK(kl_is_list_poison(0xdead000000000122));
	CHECK(kl_is_list_poison(0xdead000000200200)); /* before 4.5 */
	CHECK(kl_is_list_poison(0x122));
	CHECK(!kl_is_list_poison(0xdead000000000123));
	CHECK(!kl_is_list_poison(0xffff888000000100));
	CHECK(!kl_is_list_poison(0));
}

/* ---- per-CPU ----------------------------------------------------------------------------------------------------- */

#define MASK 0x200
#define OFFSETS 0x300
#define UNITS 0x400
#define FIRST 0x10000

static struct kl_kernel *smp_kernel(uint32_t mask, uint32_t ids)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_layouts *l = &k->layouts;

	l->symbols.cpu_possible_mask = variable(MASK, 8);
	l->symbols.nr_cpu_ids = variable(0x100, 4);
	l->symbols.__per_cpu_offset = variable(OFFSETS, 64);
	l->symbols.__per_cpu_start = (struct kl_variable){.present = true, .address = 0};
	l->symbols.__per_cpu_end = (struct kl_variable){.present = true, .address = 0x2000};
	l->variables.pcpu_unit_offsets = variable(0x180, 8);
	put_u32(k, MASK, mask);
	put_u32(k, 0x100, ids);
	put_u64(k, 0x180, at(UNITS));
	for (size_t i = 0; i < 4; i++) {
		put_u64(k, OFFSETS + 8 * i, at(FIRST * (i + 1)));
		put_u64(k, UNITS + 8 * i, 0x8000 * i);
	}
	return k;
}

static void test_possible_cpus_and_their_copies(void)
{
	struct kl_kernel *k = smp_kernel(0xd, 4);
	uint64_t address = 0;

	CHECK_OK(kl_percpu_init(k));
	CHECK_INT(k->percpu.cpus.count, 3);
	CHECK_INT(k->percpu.cpus.data[0], 0);
	CHECK_INT(k->percpu.cpus.data[1], 2);
	CHECK_INT(k->percpu.cpus.data[2], 3);
	CHECK(kl_percpu_is_zero_based(k));
	CHECK(kl_percpu_address(k, 0x2a0, 2, &address));
	CHECK_INT(address, at(FIRST * 3 + 0x2a0));
	CHECK(!kl_percpu_address(k, 0x2a0, 4, &address));
	CHECK_INT(k->percpu.unit_offsets.data[3], 0x18000);
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void test_cpu_numbers_are_bounded_by_nr_cpu_ids(void)
{
	struct kl_kernel *k = smp_kernel(0xffffffff, 2);

	CHECK_OK(kl_percpu_init(k));
	CHECK_INT(k->percpu.cpus.count, 2);
	fake_destroy(k);
}

static void test_a_cpu_with_a_wild_offset_is_dropped(void)
{
	struct kl_kernel *k = smp_kernel(0xf, 4);

	put_u64(k, OFFSETS + 8, 0x123);
	CHECK_OK(kl_percpu_init(k));
	CHECK_INT(k->percpu.cpus.count, 3);
	CHECK_INT(k->percpu.cpus.data[1], 2);
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
}

/* A page that is only missing from the dump says nothing against its CPU. */
static void test_a_cpu_whose_memory_is_missing_stays(void)
{
	struct kl_kernel *k = smp_kernel(0xf, 4);

	fake_of(k)->gone[FIRST * 2 / FAKE_PAGE] = true;
	CHECK_OK(kl_percpu_init(k));
	CHECK_INT(k->percpu.cpus.count, 4);
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void test_without_smp_a_cookie_is_an_address(void)
{
	struct kl_kernel *k = fake_kernel();
	uint64_t address = 0;

	CHECK_OK(kl_percpu_init(k));
	CHECK_INT(k->percpu.cpus.count, 1);
	CHECK(kl_percpu_address(k, at(0x40), 0, &address));
	CHECK_INT(address, at(0x40));
	CHECK(!kl_percpu_is_zero_based(k));
	fake_destroy(k);
}

/* ---- layouts ----------------------------------------------------------------------------------------------------- */

/* Every target is inside the result and no two are the same. */
static void test_requests_have_their_own_targets(void)
{
	size_t n;
	const struct kl_request *r = kl_layouts_requests(&n);

	CHECK(n > 200);
	for (size_t i = 0; i < n; i++) {
		CHECK(r[i].target < sizeof(struct kl_layouts));
		CHECK(r[i].path && *r[i].path);
		CHECK((r[i].kind == KL_REQUEST_MEMBER) == (r[i].owner != NULL));
		for (size_t j = 0; j < i; j++)
			CHECK(r[i].target != r[j].target);
	}
}

static void test_without_vmlinux_and_cache_the_build_id_is_named(void)
{
	struct kl_layouts *l = calloc(1, sizeof(*l));
	struct kl_error *err = kl_layouts_load(NULL, "0123abcd", "/nonexistent", l);

	CHECK(err && kl_error_code(err) == KL_ERROR_NOT_FOUND && strstr(kl_error_message(err), "0123abcd"));
	kl_error_destroy(err);
	free(l);
}

int main(void)
{
	RUN(test_absolute_and_zero_based_symbols_do_not_move);
	RUN(test_values_have_the_size_of_their_variable);
	RUN(test_structs_are_read_as_far_as_their_members_reach);
	RUN(test_members_are_read_alone);
	RUN(test_strings_stop_before_a_missing_page);
	RUN(test_tags_come_off_kernel_pointers_of_aarch64);
	RUN(test_anomalies_are_bounded_by_kind);
	RUN(test_one_cause_is_one_anomaly);
	RUN(test_lists_are_walked_to_their_end);
	RUN(test_hlists_end_with_null);
	RUN(test_a_cycle_ends_a_list_with_each_node_once);
	RUN(test_a_cycle_with_matching_back_links_ends_a_list);
	RUN(test_half_done_updates_do_not_end_a_list);
	RUN(test_wild_pointers_end_a_list);
	RUN(test_a_deleted_node_is_named_so);
	RUN(test_many_wrong_back_links_end_a_list);
	RUN(test_lists_are_bounded);
	RUN(test_poison_of_all_generations);
	RUN(test_possible_cpus_and_their_copies);
	RUN(test_cpu_numbers_are_bounded_by_nr_cpu_ids);
	RUN(test_a_cpu_with_a_wild_offset_is_dropped);
	RUN(test_a_cpu_whose_memory_is_missing_stays);
	RUN(test_without_smp_a_cookie_is_an_address);
	RUN(test_requests_have_their_own_targets);
	RUN(test_without_vmlinux_and_cache_the_build_id_is_named);
	return DONE();
}

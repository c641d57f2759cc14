/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel exports: in each shape of an entry, in tables that are named and in tables that are found. */
#include "test.h"

#include "kernel/machine/exports.h"
#include "test_kernel_fake.h"

#define TABLE 0x4000
#define STRINGS 0x8000

static const char *const names[] = {"__per_cpu_offset", "contig_page_data", "init_task",  "jiffies",
				    "mem_section",      "node_data",        "nr_cpu_ids", "schedule",
				    "vmalloc",          "wake_up_process",  "xa_load",    "yield",
				    "zero_pfn.llvm"};
#define N_NAMES (sizeof(names) / sizeof(*names))

struct shape {
	unsigned size;
	bool relative;
};
static const struct shape shapes[] = {{16, false}, {8, true}, {12, true}};
#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

static uint64_t value_of(size_t i)
{
	return at(0x20000 + 0x100 * i);
}

/* Writes the table, and the names behind each other; the entries count as many as @n. */
static void put_exports(struct kl_kernel *k, const struct shape *shape, size_t n)
{
	size_t string = STRINGS, i;

	for (i = 0; i < n; i++) {
		size_t entry = TABLE + i * shape->size, name = entry + (shape->relative ? 4 : 8);

		put(k, string, names[i], strlen(names[i]) + 1);
		if (shape->relative) {
			put_u32(k, entry, (uint32_t)(value_of(i) - at(entry)));
			put_u32(k, name, (uint32_t)(at(string) - at(name)));
		} else {
			put_u64(k, entry, value_of(i));
			put_u64(k, name, at(string));
		}
		string += strlen(names[i]) + 1;
	}
}

static void check_all(const struct kl_exports *exports)
{
	uint64_t address;
	size_t i;

	for (i = 0; i < N_NAMES; i++) {
		CHECK(kl_exports_find(exports, names[i], &address));
		CHECK_INT(address, value_of(i));
	}
	CHECK(!kl_exports_find(exports, "absent", &address));
	CHECK_INT(exports->list.count, N_NAMES);
}

static void test_named_table(void)
{
	size_t i;

	for (i = 0; i < N_SHAPES; i++) {
		struct kl_kernel *k = fake_kernel();
		struct kl_exports exports = {};
		const uint64_t table[1][2] = {{at(TABLE), at(TABLE + N_NAMES * shapes[i].size)}};

		put_exports(k, &shapes[i], N_NAMES);
		CHECK_OK(kl_exports_read(k, at(0), table, 1, &exports));
		check_all(&exports);
		kl_exports_deinit(&exports);
		fake_destroy(k);
	}
}

static void test_found_table(void)
{
	size_t i;

	for (i = 0; i < N_SHAPES; i++) {
		struct kl_kernel *k = fake_kernel();
		struct kl_exports exports = {};

		put(k, 0x1000, "init_task", 10); /* a literal that nobody exports, and one that ends like it */
		put(k, 0x1100, "not_init_task", 14);
		put_exports(k, &shapes[i], N_NAMES);
		CHECK_OK(kl_exports_read(k, at(0), NULL, 0, &exports));
		check_all(&exports);
		kl_exports_deinit(&exports);
		fake_destroy(k);
	}
}

/* A pointer to the text is no table, nor are a few of them. */
static void test_no_table(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_exports exports = {};
	uint64_t address;

	CHECK_OK(kl_exports_read(k, at(0), NULL, 0, &exports));
	CHECK_INT(exports.list.count, 0);
	CHECK(!kl_exports_find(&exports, "init_task", &address));
	kl_exports_deinit(&exports);
	put_exports(k, &shapes[2], 5);
	CHECK_OK(kl_exports_read(k, at(0), NULL, 0, &exports));
	CHECK_INT(exports.list.count, 0);
	kl_exports_deinit(&exports);
	fake_destroy(k);
}

/* A table of which a page is missing, or that is damaged, gives nothing, rather than half of it under a wrong shape. */
static void test_damaged_table(void)
{
	struct kl_kernel *k = fake_kernel();
	struct kl_exports exports = {};
	const uint64_t table[1][2] = {{at(TABLE), at(TABLE + N_NAMES * 12)}};

	put_exports(k, &shapes[2], N_NAMES);
	put_u32(k, TABLE + 3 * 12 + 4, 0x7fffffff);
	CHECK_OK(kl_exports_read(k, at(0), table, 1, &exports));
	CHECK_INT(exports.list.count, 0);
	kl_exports_deinit(&exports);
	fake_of(k)->gone[TABLE / FAKE_PAGE] = true;
	CHECK_OK(kl_exports_read(k, at(0), table, 1, &exports));
	CHECK_INT(exports.list.count, 0);
	kl_exports_deinit(&exports);
	fake_destroy(k);
}

int main(void)
{
	RUN(test_named_table);
	RUN(test_found_table);
	RUN(test_no_table);
	RUN(test_damaged_table);
	return DONE();
}

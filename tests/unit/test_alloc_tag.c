/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation tags, their counters, the state of profiling. */
#include "test.h"

#include "profiling/alloc_tag_reader.h"
#include "test_alloc_world.h"

struct read {
	struct kl_percpu_chunks chunks;
	struct kl_alloc_tags tags;
};

static void read_tags(struct kl_kernel *k, struct read *r)
{
	CHECK_OK(kl_percpu_chunks_read(k, &r->chunks));
	CHECK_OK(kl_alloc_tags_read(k, &r->chunks, &r->tags));
}

static void done(struct kl_kernel *k, struct read *r)
{
	kl_alloc_tags_deinit(&r->tags);
	kl_percpu_chunks_deinit(&r->chunks);
	fake_destroy(k);
}

static void test_tags_come_in_the_order_of_allocinfo(void)
{
	static const uint32_t lines[] = {10, 11, 12, 13, 20, 21, 30};
	struct kl_kernel *k = world();
	struct read r;

	read_tags(k, &r);
	CHECK_INT(r.tags.info.status, KL_PROFILING_ON);
	CHECK(r.tags.info.has_file);
	CHECK_INT(r.tags.list.count, 7);
	CHECK_INT(r.tags.listed, 6);
	for (size_t i = 0; i < r.tags.list.count && i < 7; i++)
		CHECK_INT(r.tags.list.data[i].line, lines[i]);
	CHECK_STR(kl_alloc_tags_string(&r.tags, r.tags.list.data[0].file), "mm/file.c");
	CHECK_STR(kl_alloc_tags_string(&r.tags, r.tags.list.data[4].module), "mod");
	CHECK_STR(kl_alloc_tags_string(&r.tags, r.tags.list.data[4].function), "function");
	CHECK(!r.tags.list.data[0].is_module);
	CHECK_INT(r.tags.list.data[4].flags, 0);
	CHECK_INT(r.tags.list.data[6].flags, KL_TAG_UNLOADED);
	CHECK_INT(k->anomaly_count, 0);
	done(k, &r);
}

/* Identifiers are reused, so the kernel's order is not that of loading. */
static void test_modules_follow_the_order_of_their_identifiers(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u64(k, IDR_NODE + 8, at(CODETAG_MODULES + 24));
	put_u64(k, IDR_NODE + 16, 0);
	put_u64(k, IDR_NODE + 8 + 5 * 8, at(CODETAG_MODULES));
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[0].line, 20);
	CHECK_INT(r.tags.list.data[2].line, 10);
	done(k, &r);
}

static void test_counters_wrap_around_and_are_summed_over_cpus(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_counters(k, static_counters(1), 0, -4096, -1);
	put_counters(k, static_counters(1), 1, 12288, 3);
	put_counters(k, static_counters(3), 1, -100, -1); /* freed more than was counted: printed as it is */
	put_counters(k, chunk_cookie(64), 0, 64, 1);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[1].bytes, 8192);
	CHECK_INT(r.tags.list.data[1].calls, 2);
	CHECK_INT(r.tags.list.data[3].bytes, -100);
	CHECK_INT(r.tags.list.data[4].bytes, 64);
	done(k, &r);
}

static void test_flags_of_a_tag(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u32(k, KERNEL_TAGS + TAG_SIZE, 1);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[0].flags, 0);
	CHECK_INT(r.tags.list.data[1].flags, KL_TAG_INACCURATE);
	done(k, &r);
}

/* _shared_alloc_tag: all tags of modules have one set of counters (alpha, s390). */
static void test_shared_counters_are_flagged(void)
{
	struct kl_kernel *k = world();
	struct read r;

	for (unsigned i = 0; i < 2; i++)
		put_u64(k, MODULE_TAGS + i * TAG_SIZE + 32, static_counters(50));
	put_counters(k, static_counters(50), 0, 4096, 1);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[4].flags, KL_TAG_SHARED);
	CHECK_INT(r.tags.list.data[5].flags, KL_TAG_SHARED);
	CHECK_INT(r.tags.list.data[4].bytes, 4096);
	CHECK_INT(r.tags.list.data[5].bytes, 4096);
	CHECK_INT(r.tags.list.data[0].flags, 0);
	done(k, &r);
}

/* ---- generations --------------------------------------------------------------------------------------------------
 */

/* 6.10 .. 6.12: tags lie in the module's own data; the area that modules share, its tree and compression are missing.
 */
static void forget_module_area(struct kl_layouts *l)
{
	l->variables.module_tags.present = false;
	l->variables.mod_area_mt.present = false;
	l->variables.unloaded_mod.present = false;
	l->variables.prepend_mod.present = false;
	l->variables.mem_profiling_compressed.present = false;
}

static void test_static_tags_of_modules(void)
{
	struct kl_kernel *k = world();
	struct read r;

	forget_module_area(&k->layouts);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.count, 6);
	CHECK_INT(r.tags.listed, 6);
	CHECK_INT(k->anomaly_count, 0);
	done(k, &r);
}

/* Without the shared area nothing remembers a module that is gone, but references to its tags. Its per-CPU memory was
 * freed, so the counters are gone. */
static void test_a_reference_finds_the_tag_of_an_unloaded_module(void)
{
	struct kl_kernel *k = world();
	uint32_t index, again;
	struct read r;

	forget_module_area(&k->layouts);
	put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 32, chunk_cookie(512));
	read_tags(k, &r);
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, module_tag(2), &index));
	CHECK_INT(index, 6);
	CHECK_INT(r.tags.listed, 6);
	CHECK_INT(r.tags.list.data[6].line, 30);
	CHECK_INT(r.tags.list.data[6].flags, KL_TAG_UNLOADED | KL_TAG_NO_COUNTERS);
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, module_tag(2), &again));
	CHECK_INT(again, 6);
	CHECK_INT(r.tags.list.count, 7);
	CHECK_INT(k->anomaly_count, 0);
	done(k, &r);
}

/* 6.13, 6.14: the tags stay in the shared area, the counters went with the module's per-CPU memory. */
static void test_counters_of_an_unloaded_module_dangle(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 32, chunk_cookie(512)); /* free */
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[6].flags, KL_TAG_UNLOADED | KL_TAG_NO_COUNTERS);
	done(k, &r);

	k = world();
	put_percpu(k, 512, 64, 0); /* somebody else's by now */
	put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 32, chunk_cookie(512 + 16));
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[6].flags, KL_TAG_UNLOADED | KL_TAG_NO_COUNTERS);
	CHECK_INT(k->anomaly_count, 0);
	done(k, &r);

	k = world();
	put_percpu(k, 512, 64, 0);
	put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 32, chunk_cookie(512)); /* it begins there, but is too large */
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[6].flags, KL_TAG_UNLOADED | KL_TAG_NO_COUNTERS);
	done(k, &r);
}

/* 6.15: counters that came down to zero were freed, and the tag says so. */
static void test_freed_counters_of_an_unloaded_module(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 32, 0);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[6].flags, KL_TAG_UNLOADED | KL_TAG_NO_COUNTERS);
	CHECK_INT(r.tags.list.data[6].bytes, 0);
	CHECK_INT(k->anomaly_count, 0);
	done(k, &r);
}

/* The names of a tag are believed together or not at all. */
static void test_what_looks_like_names(void)
{
	static const struct {
		const char *file, *function, *module;
		bool believed;
	} names[] = {
		{"drivers/net/a-b.c", "probe_1", "8021q", true},
		{"/build/out of tree/x.c", "probe", "x", false},
		{"/build/module-1.0+rc~1/x.c", "probe", "x", true},
		{"include/linux/slab.h", "kmalloc", "x", true},
		{"2", "", "", false},
		{"2", "probe", "x", false},
		{"x.c", "", "x", false},
		{"x.c", "probe", "", false},
		{"x.c", "2probe", "x", false},
		{"x.c", "probe", "x-y", false},
		{"a/.c", "probe", "x", false},
		{".c", "probe", "x", false},
		{"x.ccc", "probe", "x", false},
		{"etc/motd", "probe", "x", false},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct kl_kernel *k = world();
		const struct kl_alloc_tag *tag;
		struct read r;

		put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 24, string(k, 20, names[i].file));
		put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 16, string(k, 21, names[i].function));
		put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 8, string(k, 22, names[i].module));
		read_tags(k, &r);
		tag = &r.tags.list.data[6];
		CHECK_INT(tag->flags & KL_TAG_STRINGS_LOST, names[i].believed ? 0 : KL_TAG_STRINGS_LOST);
		CHECK_STR(kl_alloc_tags_string(&r.tags, tag->file), names[i].believed ? names[i].file : "");
		CHECK_STR(kl_alloc_tags_string(&r.tags, tag->function), names[i].believed ? names[i].function : "");
		CHECK_STR(kl_alloc_tags_string(&r.tags, tag->module), names[i].believed ? names[i].module : "");
		CHECK_INT(k->anomaly_count, 0);
		done(k, &r);
	}
}

static void test_names_of_an_unloaded_module_are_not_trusted(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 24, 0xffffffffc0400000); /* not mapped any more */
	put_u64(k, MODULE_TAGS + 2 * TAG_SIZE + 16,
		string(k, 20,
		       "\x01"
		       "\x80")); /* somebody else's memory */
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[6].flags & KL_TAG_STRINGS_LOST, KL_TAG_STRINGS_LOST);
	CHECK_STR(kl_alloc_tags_string(&r.tags, r.tags.list.data[6].file), "");
	CHECK_STR(kl_alloc_tags_string(&r.tags, r.tags.list.data[6].function), "");
	CHECK_INT(r.tags.list.data[6].line, 30);
	CHECK_INT(k->anomaly_count, 0);
	done(k, &r);
}

static void test_padding_in_the_area_holds_no_tags(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_area(k, 1, 3 * TAG_SIZE - 1, k->layouts.variables.prepend_mod.address);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.count, 6);
	done(k, &r);
}

/* A module that was being loaded: its place is reserved, but it is not registered yet. */
static void test_a_module_being_loaded(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_area(k, 1, 3 * TAG_SIZE - 1, at(0x7800));
	read_tags(k, &r);
	CHECK_INT(r.tags.list.count, 7);
	CHECK_INT(r.tags.listed, 6);
	CHECK_INT(r.tags.list.data[6].flags & KL_TAG_UNLOADED, 0);
	done(k, &r);
}

/* ---- states --------------------------------------------------------------------------------------------------------
 */

static enum kl_profiling_status status_of(struct kl_kernel *k, bool *has_file)
{
	enum kl_profiling_status status;
	struct read r;

	read_tags(k, &r);
	status = r.tags.info.status;
	*has_file = r.tags.info.has_file;
	done(k, &r);
	return status;
}

static void test_states_of_profiling(void)
{
	struct kl_kernel *k = world();
	bool has_file;

	k->layouts.alloc_tag.type.present = false;
	CHECK_INT(status_of(k, &has_file), KL_PROFILING_ABSENT);

	k = world();
	put_variable(k, &k->layouts.variables.mem_alloc_profiling_key, 0);
	CHECK_INT(status_of(k, &has_file), KL_PROFILING_NEVER);
	CHECK(has_file);

	k = world();
	put_variable(k, &k->layouts.variables.mem_alloc_profiling_key, 0);
	put_counters(k, static_counters(0), 0, 0, 1);
	CHECK_INT(status_of(k, &has_file), KL_PROFILING_OFF);

	k = world();
	put_variable(k, &k->layouts.variables.mem_alloc_profiling_key, 0);
	put_variable(k, &k->layouts.variables.mem_profiling_support, 0);
	CHECK_INT(status_of(k, &has_file), KL_PROFILING_DISABLED);
	CHECK(!has_file);
}

static bool is_debug(struct kl_kernel *k)
{
	struct read r;
	bool debug;

	read_tags(k, &r);
	debug = r.tags.info.debug;
	done(k, &r);
	return debug;
}

static void put_sysctl_mode(struct kl_kernel *k, uint64_t mode)
{
	put_variable(k, &k->layouts.variables.memory_allocation_profiling_sysctls, mode << 32);
}

/* Before 7.x the sysctl that nobody may write tells of the debug checks, if it is not for want of support; then the
 * list of early pages does. */
static void test_debug_checks(void)
{
	struct kl_kernel *k = world();

	put_sysctl_mode(k, 0644);
	CHECK(!is_debug(k));

	k = world();
	put_sysctl_mode(k, 0444);
	CHECK(is_debug(k));

	k = world();
	put_sysctl_mode(k, 0444);
	put_variable(k, &k->layouts.variables.mem_profiling_support, 0);
	CHECK(!is_debug(k));

	k = world();
	k->layouts.variables.memory_allocation_profiling_sysctls.present = false;
	CHECK(!is_debug(k));

	k = world();
	put_sysctl_mode(k, 0644);
	k->layouts.variables.current_pfn_pool = variable(VARIABLES + 0x1000, 8); /* freed with the init sections */
	CHECK(is_debug(k));
}

/* Before 6.13 the file stays whatever happens, and the variable is freed with the init sections: what lies there now is
 * not asked. */
static void test_support_in_freed_memory_is_not_asked(void)
{
	struct kl_kernel *k = world();
	bool has_file;

	forget_module_area(&k->layouts);
	put_variable(k, &k->layouts.variables.mem_alloc_profiling_key, 0);
	put_variable(k, &k->layouts.variables.mem_profiling_support, 0);
	k->layouts.symbols.__init_begin = variable(VARIABLES, 0);
	k->layouts.symbols.__init_end = variable(VARIABLES + 0x1000, 0);
	CHECK_INT(status_of(k, &has_file), KL_PROFILING_NEVER);
	CHECK(has_file);
}

/* Tags are registered late while booting: a kernel that died before has counters, but no file. */
static void test_an_early_death_leaves_tags_without_a_file(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_variable(k, &k->layouts.variables.alloc_tag_cttype, 0);
	read_tags(k, &r);
	CHECK_INT(r.tags.listed, 0);
	CHECK(r.tags.list.count >= 4);
	CHECK_INT(r.tags.list.data[0].line, 10);
	CHECK(!r.tags.info.has_file);
	done(k, &r);
}

/* ---- bad input -----------------------------------------------------------------------------------------------------
 */

static void test_a_tag_with_wild_names(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u64(k, KERNEL_TAGS + TAG_SIZE + 24, 0x1234);
	put_u64(k, KERNEL_TAGS + 2 * TAG_SIZE + 16, 0);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.count, 7);
	CHECK_INT(r.tags.list.data[1].flags, KL_TAG_STRINGS_LOST);
	CHECK_STR(kl_alloc_tags_string(&r.tags, r.tags.list.data[2].function), "(null)");
	CHECK_INT(k->anomaly_count, 1);
	CHECK_INT(k->anomalies.data[0].address, kernel_tag(1));
	done(k, &r);
}

static void test_counters_outside_of_percpu_memory(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u64(k, KERNEL_TAGS + TAG_SIZE + 32, at(0x9000));
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[1].flags, KL_TAG_NO_COUNTERS);
	CHECK_INT(k->anomaly_count, 1);
	CHECK_INT(k->anomalies.data[0].address, kernel_tag(1));
	done(k, &r);
}

/* A sum that lacks a CPU is no sum. */
static void test_counters_on_a_missing_page(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_counters(k, static_counters(1), 0, 4096, 1);
	fake_of(k)->gone[(PERCPU + 0x10000) / FAKE_PAGE] = true;
	read_tags(k, &r);
	CHECK_INT(r.tags.list.data[1].flags, KL_TAG_NO_COUNTERS);
	CHECK_INT(r.tags.list.data[1].bytes, 0);
	CHECK_INT(k->anomaly_count, 4);
	CHECK_INT(r.tags.list.data[4].flags, 0);
	done(k, &r);
}

static void test_a_section_that_ends_before_it_starts(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u64(k, CODETAG_MODULES + 24 + 16, at(MODULE_TAGS - TAG_SIZE));
	put_area(k, 0, 2 * TAG_SIZE - 1, k->layouts.variables.prepend_mod.address);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.count, 5);
	CHECK_INT(r.tags.listed, 4);
	CHECK_INT(k->anomaly_count, 1);
	done(k, &r);
}

static void test_tags_on_a_missing_page(void)
{
	struct kl_kernel *k = world();
	struct read r;

	fake_of(k)->gone[MODULE_TAGS / FAKE_PAGE] = true;
	read_tags(k, &r);
	CHECK_INT(r.tags.list.count, 4);
	CHECK_INT(k->anomaly_count, 3);
	done(k, &r);
}

/* Without its tree, the area is searched, and what is registered is not listed twice. */
static void test_a_damaged_tree_of_areas(void)
{
	struct kl_kernel *k = world();
	struct read r;

	put_u64(k, k->layouts.variables.mod_area_mt.address - FAKE_BASE + 8, at(MAPLE_NODE) | 3 << 3 | 2);
	put_u64(k, MODULE_TAGS + 3 * TAG_SIZE + 8 + 24, 0); /* nothing behind */
	put_u64(k, k->layouts.variables.module_tags.address - FAKE_BASE + 16, 4 * TAG_SIZE);
	read_tags(k, &r);
	CHECK_INT(r.tags.list.count, 7);
	CHECK_INT(r.tags.list.data[6].line, 30);
	CHECK_INT(r.tags.list.data[6].flags, KL_TAG_UNLOADED);
	CHECK(k->anomaly_count > 0);
	done(k, &r);
}

static void test_references_that_are_no_tags(void)
{
	struct kl_kernel *k = world();
	uint32_t index;
	struct read r;

	read_tags(k, &r);
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, 0, &index));
	CHECK_INT(index, KL_NO_TAG);
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, KL_TAG_REFERENCE_EMPTY, &index));
	CHECK_INT(index, KL_NO_TAG);
	CHECK_INT(k->anomaly_count, 0);
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, at(0x9000), &index)); /* zeroes */
	CHECK_INT(index, KL_NO_TAG);
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, kernel_tag(1) + 8, &index)); /* the inside of one */
	CHECK_INT(index, KL_NO_TAG);
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, 0xdead000000000100, &index));
	CHECK_INT(index, KL_NO_TAG);
	CHECK_INT(k->anomaly_count, 3);
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, at(0x9000), &index)); /* reported once */
	CHECK_INT(k->anomaly_count, 3);
	put_tag(k, 0x9800, 99, true, chunk_cookie(512)); /* numbers as in a tag, but no names, and no counters */
	put_u64(k, 0x9800 + 24, at(0xfffffff));
	CHECK_OK(kl_alloc_tags_resolve(k, &r.tags, at(0x9800), &index));
	CHECK_INT(index, KL_NO_TAG);
	CHECK_INT(r.tags.list.count, 7);
	done(k, &r);
}

/* ---- chunks of per-CPU memory --------------------------------------------------------------------------------------
 */

static void test_allocations_of_a_chunk(void)
{
	struct kl_kernel *k = world();
	struct kl_percpu_allocation a;
	struct kl_percpu_chunks chunks;
	uint32_t bit = 0;

	set_bit_at(k, MAPS + 0x100, 400 / 4); /* a border that freed memory left behind */
	put_percpu(k, 500, 12, 0);
	set_bit_at(k, MAPS, 2); /* what lies before start_offset is the static section's */
	CHECK_OK(kl_percpu_chunks_read(k, &chunks));
	CHECK_INT(chunks.list.count, 1);
	CHECK_INT(chunks.list.data[0].base, chunk_cookie(0));
	for (unsigned i = 0; i < 3; i++) {
		CHECK(kl_percpu_next_allocation(&chunks.list.data[0], &bit, &a));
		CHECK_INT(a.cookie, chunk_cookie(64 + 16 * i));
		CHECK_INT(a.size, 16);
	}
	CHECK(kl_percpu_next_allocation(&chunks.list.data[0], &bit, &a));
	CHECK_INT(a.cookie, chunk_cookie(500));
	CHECK_INT(a.size, 12);
	CHECK(!kl_percpu_next_allocation(&chunks.list.data[0], &bit, &a));

	CHECK(kl_percpu_allocation_at(&chunks, chunk_cookie(511), &a));
	CHECK_INT(a.cookie, chunk_cookie(500));
	CHECK(kl_percpu_allocation_at(&chunks, chunk_cookie(95), &a));
	CHECK_INT(a.cookie, chunk_cookie(80));
	CHECK(!kl_percpu_allocation_at(&chunks, chunk_cookie(512), &a)); /* free */
	CHECK(!kl_percpu_allocation_at(&chunks, chunk_cookie(8), &a));   /* not the chunk's own */
	CHECK(!kl_percpu_allocation_at(&chunks, chunk_cookie(4096), &a));
	CHECK(!kl_percpu_allocation_at(&chunks, chunk_cookie(0) - 4, &a));
	kl_percpu_chunks_deinit(&chunks);
	fake_destroy(k);
}

static void test_damaged_chunks_are_left_out(void)
{
	struct kl_kernel *k = world();
	struct kl_percpu_chunks chunks;

	put_u32(k, CHUNK + 48, 1 << 20);
	CHECK_OK(kl_percpu_chunks_read(k, &chunks));
	CHECK_INT(chunks.list.count, 0);
	CHECK_INT(k->anomaly_count, 1);
	CHECK(strstr(k->anomalies.data[0].message, "1048576 pages"));
	put_u32(k, CHUNK + 48, 1);
	put_u64(k, CHUNK + 24, 0x1234);
	CHECK_OK(kl_percpu_chunks_read(k, &chunks));
	CHECK_INT(chunks.list.count, 0);
	put_u64(k, CHUNK + 24, at(MAPS));
	put_variable(k, &k->layouts.variables.pcpu_nr_slots, 100000);
	CHECK_OK(kl_percpu_chunks_read(k, &chunks));
	CHECK_INT(chunks.list.count, 0);
	CHECK_INT(k->anomaly_count, 3);
	fake_destroy(k);
}

int main(void)
{
	RUN(test_tags_come_in_the_order_of_allocinfo);
	RUN(test_modules_follow_the_order_of_their_identifiers);
	RUN(test_counters_wrap_around_and_are_summed_over_cpus);
	RUN(test_flags_of_a_tag);
	RUN(test_shared_counters_are_flagged);
	RUN(test_static_tags_of_modules);
	RUN(test_a_reference_finds_the_tag_of_an_unloaded_module);
	RUN(test_counters_of_an_unloaded_module_dangle);
	RUN(test_freed_counters_of_an_unloaded_module);
	RUN(test_what_looks_like_names);
	RUN(test_names_of_an_unloaded_module_are_not_trusted);
	RUN(test_padding_in_the_area_holds_no_tags);
	RUN(test_a_module_being_loaded);
	RUN(test_states_of_profiling);
	RUN(test_debug_checks);
	RUN(test_support_in_freed_memory_is_not_asked);
	RUN(test_an_early_death_leaves_tags_without_a_file);
	RUN(test_a_tag_with_wild_names);
	RUN(test_counters_outside_of_percpu_memory);
	RUN(test_counters_on_a_missing_page);
	RUN(test_a_section_that_ends_before_it_starts);
	RUN(test_tags_on_a_missing_page);
	RUN(test_a_damaged_tree_of_areas);
	RUN(test_references_that_are_no_tags);
	RUN(test_allocations_of_a_chunk);
	RUN(test_damaged_chunks_are_left_out);
	return DONE();
}

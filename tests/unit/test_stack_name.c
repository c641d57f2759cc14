/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include "util/map.h"
#include "util/stack_name.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *normalized(const char *const *symbols, size_t n)
{
	static struct kl_strbuf sb;

	kl_strbuf_reset(&sb);
	CHECK_OK(kl_stack_normalize(symbols, n, &sb));
	return kl_strbuf_string(&sb);
}

#define NORMALISED(...) normalized((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static void test_offsets_and_sizes_go_modules_stay(void)
{
	CHECK_STR(NORMALISED("foo+0x1/0x2 [ext4]", "bar+0xdeadbeef/0x10", "baz"), "foo [ext4]\nbar\nbaz\n");
	/* Two modules with a function of one name are not the same leak. */
	CHECK_STR(NORMALISED("init+0x1/0x2 [a]"), "init [a]\n");
}

static void test_suffixes_go_repeatedly(void)
{
	CHECK_STR(NORMALISED("f.isra.0+0x1/0x2", "g.constprop.12.isra.3+0x1/0x2", "h.part.0.cold+0x0/0x1",
			     "i.llvm.8716351362+0x1/0x2", "j.cold.4+0x1/0x2", "k.lto_priv.0+0x1/0x2"),
		  "f\ng\nh\ni\nj\nk\n");
	/* What only looks alike stays. */
	CHECK_STR(NORMALISED("f.island+0x1/0x2", "g.5+0x1/0x2", ".cold+0x1/0x2", "part+0x1/0x2"),
		  "f.island\ng.5\n.cold\npart\n");
}

static void test_allocators_go_from_the_top(void)
{
	CHECK_STR(NORMALISED("kmemleak_alloc+0x30/0x38", "slab_post_alloc_hook.constprop.0+0x191/0x1f0",
			     "slab_alloc_node.isra.0+0x91/0x150", "__kmalloc_cache_noprof+0x11/0x20",
			     "driver_probe+0x1/0x2", "kmalloc_wrapper_of_mine+0x1/0x2", "main+0x1/0x2"),
		  "driver_probe\nkmalloc_wrapper_of_mine\nmain\n");
	CHECK_STR(NORMALISED("kmemleak_vmalloc+0x1/0x2", "__vmalloc_node_range_noprof+0x1/0x2", "f+0x1/0x2"), "f\n");
	CHECK_STR(NORMALISED("pcpu_alloc_noprof+0x4d5/0x6e0", "f+0x1/0x2"), "f\n");
	CHECK_STR(NORMALISED("kmem_cache_alloc_lru+0x1/0x2", "f+0x1/0x2"), "f\n");
	/* A whole word is not a prefix: only '*' in the table says so. */
	CHECK_STR(NORMALISED("log_early_stage+0x1/0x2", "f+0x1/0x2"), "log_early_stage\nf\n");
}

/* The corpus' own module: kmemleak_test_init [kmemleak_test] is what leaks, not how. */
static void test_modules_are_no_allocators(void)
{
	CHECK_STR(NORMALISED("kmalloc_trace+0x11/0x20", "kmalloc_test+0x1/0x2 [kmemleak_test]",
			     "do_one_initcall+0x1/0x2"),
		  "kmalloc_test [kmemleak_test]\ndo_one_initcall\n");
}

static void test_entry_goes_from_the_bottom(void)
{
	CHECK_STR(NORMALISED("f+0x1/0x2", "__x64_sys_read+0x1/0x2", "do_syscall_64+0x3b/0xc0",
			     "entry_SYSCALL_64_after_hwframe+0x4b/0x53"),
		  "f\nsys_read\n");
	CHECK_STR(NORMALISED("f+0x1/0x2", "__arm64_sys_read+0x12c/0x2e4", "do_el0_svc+0x68/0xec", "el0_svc+0x18/0x58",
			     "el0t_64_sync_handler+0x98/0xdc", "el0t_64_sync+0x154/0x158"),
		  "f\nsys_read\n");
	CHECK_STR(NORMALISED("f+0x1/0x2", "kthread+0x1/0x2", "ret_from_fork+0x1/0x2", "ret_from_fork_asm+0x1/0x2"),
		  "f\nkthread\n");
	/* Only at the bottom: what runs above an interrupt is part of the story. */
	CHECK_STR(NORMALISED("f+0x1/0x2", "asm_sysvec_apic_timer_interrupt+0x1/0x2", "g+0x1/0x2"),
		  "f\nasm_sysvec_apic_timer_interrupt\ng\n");
}

/* 6.1 prints __do_sys_..., 6.12 __x64_sys_..., some both: one system call. */
static void test_wrappers_of_a_system_call_are_one(void)
{
	CHECK_STR(NORMALISED("f+0x1/0x2", "__do_sys_finit_module+0x8d/0xc0"), "f\nsys_finit_module\n");
	CHECK_STR(NORMALISED("f+0x1/0x2", "__do_sys_finit_module+0x8d/0xc0", "__se_sys_finit_module+0x1/0x2",
			     "__x64_sys_finit_module+0x8d/0xc0"),
		  "f\nsys_finit_module\n");
	/* A function that calls itself is not collapsed. */
	CHECK_STR(NORMALISED("walk+0x1/0x2", "walk+0x5/0x9"), "walk\nwalk\n");
}

/* An address tells builds and boots apart; its place within the page does not, and still separates callers. */
static void test_frames_without_symbol(void)
{
	CHECK_STR(NORMALISED("f+0x1/0x2", "0xffffffffc01811d2"), "f\n?+0x1d2\n");
	CHECK_STR(NORMALISED("f+0x1/0x2", "0xffffffffc99991d2"), "f\n?+0x1d2\n");
	CHECK_STR(NORMALISED("f+0x1/0x2", "0xffffffffc01811ad"), "f\n?+0x1ad\n");
}

static void test_nothing_left_keeps_all(void)
{
	CHECK_STR(NORMALISED("kmalloc_trace+0x11/0x20", "entry_SYSCALL_64+0x1/0x2"),
		  "kmalloc_trace\nentry_SYSCALL_64\n");
	CHECK_STR(normalized(NULL, 0), "");
}

static void test_odd_texts_are_names(void)
{
	CHECK_STR(NORMALISED("f+0x1", "f+0x/0x2", "f [m", "f+0x1/0x2x", "", "0x", "0x12zz", "f+0x1/0x2 []"),
		  "f+0x1\nf+0x/0x2\nf [m\nf+0x1/0x2x\n\n0x\n0x12zz\nf\n");
}

static void test_top_frame(void)
{
	static const char *const stack[] = {"kmalloc_trace+0x1/0x2", "slab_alloc+0x1/0x2", "f+0x1/0x2", "g+0x1/0x2"};

	CHECK_INT(kl_stack_top(stack, 4), 2);
	CHECK_INT(kl_stack_top(stack, 2), 0);
}

/* Stored in databases: this number never changes for version 1. */
static void test_hash_is_stable(void)
{
	static const char *const a[] = {"kmalloc_trace+0x11/0x20", "leaky.isra.0+0x1/0x2 [mod]",
					"do_syscall_64+0x1/0x2"};
	static const char *const b[] = {"__kmalloc+0x5/0x20", "leaky+0x7/0x9 [mod]"};
	uint64_t hash_a = 0, hash_b = 1;

	CHECK_OK(kl_stack_hash(a, 3, &hash_a));
	CHECK_OK(kl_stack_hash(b, 2, &hash_b));
	CHECK_INT(hash_a, hash_b);
	CHECK_INT(hash_a, kl_hash_bytes(KL_HASH_SEED, "leaky [mod]\n", 12));
	CHECK_INT(hash_a, 0x538708cf0be8f2d7);
	CHECK_INT(KL_STACK_NAME_VERSION, 1);
}

int main(void)
{
	RUN(test_offsets_and_sizes_go_modules_stay);
	RUN(test_suffixes_go_repeatedly);
	RUN(test_allocators_go_from_the_top);
	RUN(test_modules_are_no_allocators);
	RUN(test_entry_goes_from_the_bottom);
	RUN(test_wrappers_of_a_system_call_are_one);
	RUN(test_frames_without_symbol);
	RUN(test_nothing_left_keeps_all);
	RUN(test_odd_texts_are_names);
	RUN(test_top_frame);
	RUN(test_hash_is_stable);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/stack_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "util/map.h"

/* Frames that say how memory was allocated, not by whom, separated by blanks; '*' at the end matches any rest, since
 * _noprof, _node, _trace, _bulk differ from kernel to kernel. Sources: mm/kmemleak.c, mm/kasan, lib/stackdepot.c and
 * the allocators of mm/ and lib/kasprintf.c, 2.6.31 .. 7.3. */
static const char allocator_frames[] =
	/* kmemleak, KASAN and the recording of stacks */
	"kmemleak_alloc* kmemleak_vmalloc* kmemleak_ignore* kmemleak_not_leak* create_object* __create_object* "
	"__link_object* log_early early_alloc* mem_pool_alloc set_track* stack_trace_save* save_stack* "
	"__save_stack_trace* stack_depot_save* kasan_* __kasan_* kmsan_* "
	"kfence_* __kfence_* "
	/* slab allocators and what wraps them */
	"kmalloc* _kmalloc* __kmalloc* ___kmalloc* __do_kmalloc* kzalloc* __kzalloc* kcalloc* krealloc* __krealloc* "
	"__do_krealloc* "
	"kvmalloc* __kvmalloc* kvzalloc* kvcalloc* kvrealloc* kmemdup* __kmemdup* kvmemdup* memdup_user* vmemdup_user* "
	"kstrdup* kstrndup* strndup_user* kasprintf* kvasprintf* kmem_cache_alloc* __kmem_cache_alloc* "
	"kmem_cache_zalloc* slab_alloc* __slab_alloc* ___slab_alloc slab_post_alloc* slab_pre_alloc* new_slab* "
	"allocate_slab* alloc_slab_page* alloc_slab_obj_exts* alloc_from_pcs* __pcs_* refill_sheaf* alloc_full_sheaf* "
	"alloc_empty_sheaf* __alloc_empty_sheaf* cache_alloc* __cache_alloc* ____cache_alloc* __do_cache_alloc* "
	"__do_kmem_cache_alloc* cache_grow* kmem_getpages* slob_alloc* mempool_alloc* mempool_kmalloc* "
	"mempool_init_node* "
	/* vmalloc, per-CPU, boot memory, pages */
	"vmalloc* __vmalloc* vzalloc* vcalloc* __vcalloc* vrealloc* module_alloc* execmem_alloc* pcpu_alloc* "
	"pcpu_create_chunk* pcpu_mem_zalloc* pcpu_mem_alloc* alloc_percpu* __alloc_percpu* __alloc_reserved_percpu* "
	"memblock_alloc* __memblock_alloc* memblock_phys_alloc* memblock_virt_alloc* alloc_bootmem* __alloc_bootmem* "
	"___alloc_bootmem* alloc_large_system_hash alloc_pages* __alloc_pages* alloc_frozen_pages* "
	"__alloc_frozen_pages* get_free_pages* __get_free_pages* get_zeroed_page*";

/* Frames below the first function that knows what was asked for: entry code of x86 and arm64, 2.6.31 .. 7.3. */
static const char entry_frames[] =
	"entry_SYSCALL* entry_SYSENTER* entry_INT80* do_syscall_64* do_syscall_x64* do_syscall_x32* x64_sys_call "
	"x32_sys_call ia32_sys_call do_int80* do_fast_syscall_32 __do_fast_syscall_32 do_SYSENTER_32 do_syscall_32* "
	"system_call_fastpath system_call_after_swapgs tracesys* sysenter_dispatch cstar_dispatch ia32_sysret "
	"syscall_return* stub_execve* return_from_SYSCALL_64 int_ret_from_sys_call ret_from_fork* child_rip "
	"kernel_thread_helper asm_exc_* asm_sysvec_* asm_common_interrupt asm_fred_* fred_* common_interrupt "
	"ret_from_intr apic_timer_interrupt call_function_single_interrupt page_fault error_entry irq_entries_start "
	"secondary_startup_64* x86_64_start_kernel x86_64_start_reservations "
	"el0t_* el0_svc* do_el0_svc* el0_sync* el0_da el0_ia el0_interrupt el0_irq* el1h_* el1t_* el1_irq* el1_sync* "
	"el1_interrupt el1_abort el1_da __el1_irq invoke_syscall* __sys_trace* call_on_irq_stack __primary_switch* "
	"__secondary_switched";

/* What the architectures put in front of a system call's name. */
static const char syscall_prefixes[] =
	"__x64_sys_* __x64_compat_sys_* __ia32_sys_* __ia32_compat_sys_* __x32_compat_sys_* __arm64_sys_* "
	"__arm64_compat_sys_* __se_sys_* __se_compat_sys_* __do_sys_* __do_compat_sys_* SYSC_* SyS_* compat_SyS_* "
	"compat_sys_* ksys_* sys_*";

/* What compilers append to the name of a copy or a part of a function. */
static const char suffixes[] = ".isra .constprop .part .cold .llvm .lto_priv";

/* Length of the first entry of @table that is @name, or that ends in '*' and begins it; 0 when there is none. The
 * length does not count the '*'. */
static size_t find_name_in(const char *table, const char *name, size_t length)
{
	size_t n, fixed;

	for (; *table; table += n + strspn(table + n, " ")) {
		n = strcspn(table, " ");
		fixed = n - (table[n - 1] == '*');
		if ((fixed < n ? length >= fixed : length == n) && !memcmp(table, name, fixed))
			return fixed;
	}
	return 0;
}

/* Length of "0x" and hexadecimal digits at @p, 0 if they are not there. */
static size_t hex_length(const char *p)
{
	size_t n = 2;

	if (p[0] != '0' || p[1] != 'x' || !isxdigit((unsigned char)p[2]))
		return 0;
	while (isxdigit((unsigned char)p[n]))
		n++;
	return n;
}

/* Length of "+0x1c/0x80" at @p when the text ends there or goes on with " [", otherwise 0. */
static size_t offset_length(const char *p)
{
	size_t offset, size;

	if (*p != '+')
		return 0;
	offset = hex_length(p + 1);
	if (!offset || p[1 + offset] != '/')
		return 0;
	size = hex_length(p + 2 + offset);
	if (!size)
		return 0;
	p += 2 + offset + size;
	return !*p || !strncmp(p, " [", 2) ? 2 + offset + size : 0;
}

struct kl_symbol_text kl_symbol_text_parse(const char *symbol)
{
	struct kl_symbol_text t = {};
	size_t hex = hex_length(symbol), end;
	const char *p = symbol;

	if (hex && !symbol[hex])
		return t;
	while (*p && !offset_length(p))
		p++;
	t.function = symbol;
	t.function_length = (size_t)(p - symbol);
	p += offset_length(p);
	end = strlen(p);
	if (!strncmp(p, " [", 2) && p[end - 1] == ']' && end > 3) {
		t.module = p + 2;
		t.module_length = end - 3;
	}
	return t;
}

/* Drops ".name" or ".name.N" from the end of the first @length bytes; returns the new length. */
static size_t strip_one_suffix(const char *name, size_t length)
{
	size_t end = length, dot;

	while (end && isdigit((unsigned char)name[end - 1]))
		end--;
	if (end == length || !end || name[--end] != '.')
		end = length;
	dot = end;
	while (dot && name[--dot] != '.')
		;
	return dot && find_name_in(suffixes, name + dot, end - dot) ? dot : length;
}

static void strip_suffixes(struct kl_symbol_text *t)
{
	size_t before;

	do {
		before = t->function_length;
		t->function_length = strip_one_suffix(t->function, before);
	} while (t->function_length != before);
}

static void append_frame(struct kl_strbuf *sb, const char *symbol)
{
	struct kl_symbol_text t = kl_symbol_text_parse(symbol);
	size_t prefix;

	if (!t.function) {
		kl_strbuf_printf(sb, "?+0x%llx\n", strtoull(symbol, NULL, 16) & 0xfff);
		return;
	}
	strip_suffixes(&t);
	prefix = t.module ? 0 : find_name_in(syscall_prefixes, t.function, t.function_length);
	if (prefix)
		kl_strbuf_puts(sb, "sys_");
	kl_strbuf_append(sb, t.function + prefix, t.function_length - prefix);
	if (t.module) {
		kl_strbuf_puts(sb, " [");
		kl_strbuf_append(sb, t.module, t.module_length);
		kl_strbuf_putc(sb, ']');
	}
	kl_strbuf_putc(sb, '\n');
}

/* Whether @symbol stands in @table; functions of modules never do. */
static bool is_one_of(const char *table, const char *symbol)
{
	struct kl_symbol_text t = kl_symbol_text_parse(symbol);

	if (!t.function || t.module)
		return false;
	strip_suffixes(&t);
	return find_name_in(table, t.function, t.function_length) > 0;
}

size_t kl_stack_top(const char *const *symbols, size_t n)
{
	size_t top = 0;

	while (top < n && is_one_of(allocator_frames, symbols[top]))
		top++;
	return top < n ? top : 0;
}

struct kl_error *kl_stack_normalize(const char *const *symbols, size_t n, struct kl_strbuf *ret)
{
	size_t first = 0, end = n, previous = 0, start, i;

	while (first < n && is_one_of(allocator_frames, symbols[first]))
		first++;
	while (end > first && is_one_of(entry_frames, symbols[end - 1]))
		end--;
	if (first == end) {
		first = 0;
		end = n;
	}
	for (i = first; i < end; i++) {
		start = ret->length;
		append_frame(ret, symbols[i]);
		if (ret->failed)
			return kl_error_nomem();
		/* Rule 3: neighbors that became one system call are one frame. */
		if (i > first && ret->length - start == start - previous &&
		    !memcmp(ret->data + previous, ret->data + start, start - previous) &&
		    !strncmp(ret->data + start, "sys_", 4)) {
			ret->length = start;
			ret->data[start] = '\0';
		} else {
			previous = start;
		}
	}
	return NULL;
}

struct kl_error *kl_stack_hash(const char *const *symbols, size_t n, uint64_t *ret)
{
	_cleanup_strbuf_ struct kl_strbuf text = {};
	struct kl_error *err = kl_stack_normalize(symbols, n, &text);

	if (err)
		return err;
	*ret = kl_hash_bytes(KL_HASH_SEED, kl_strbuf_string(&text), text.length);
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stack_name.h: which leak is the same leak in another boot, another build or another dump.
 *
 * A stack is named by its normalized form: one function per line, innermost first, made from the texts that the
 * kernel's %pS prints ("name+0x1c/0x80 [module]") by these rules (algorithm version 1; the hash is stored in databases,
 * so a changed rule is a new version):
 *
 *   1. offset and size are dropped, the module stays: "name [module]";
 *   2. what compilers append is dropped, repeatedly: .isra.N .constprop.N .part.N .cold .cold.N .llvm.N .lto_priv.N;
 *   3. the wrappers of one system call become one: __x64_sys_read, __arm64_sys_read, __se_sys_read, __do_sys_read,
 *      SyS_read and sys_read all are "sys_read", and neighbors that became equal are one frame;
 *   4. from the top, frames of allocators and of kmemleak itself are dropped (the table is in stack_name.c); frames
 *      that belong to a module never are;
 *   5. from the bottom, the entry of system calls, interrupts, exceptions and new threads is dropped;
 *   6. a frame without a symbol (its module was unloaded) becomes "?+0x3e1", the address within its page: modules are
 *      loaded at page boundaries, so this part is the same in every boot of one build, and without it all callers in
 *      all unloaded modules would be one group;
 *   7. if nothing would be left, rules 4 and 5 are not applied.
 */
#ifndef KL_UTIL_STACK_NAME_H
#define KL_UTIL_STACK_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/strbuf.h"

#define KL_STACK_NAME_VERSION 1

/** kl_stack_normalize() - append the normalized form of @n frames to @ret, each line ended by '\n'.
 * @symbols: texts as %pS prints them, innermost first.
 *
 * Errors: out of memory.
 */
struct kl_error *kl_stack_normalize(const char *const *symbols, size_t n, struct kl_strbuf *ret);

/** kl_stack_hash() - 64-bit FNV-1a of the normalized form; printed as 16 hexadecimal digits. */
struct kl_error *kl_stack_hash(const char *const *symbols, size_t n, uint64_t *ret);

/** kl_stack_top() - index of the first frame that rule 4 keeps, 0 when it would keep none; @n must not be 0. */
size_t kl_stack_top(const char *const *symbols, size_t n);

/* A %pS text taken apart: pointers into it, lengths in bytes. */
struct kl_symbol_text {
	const char *function; /* NULL when the text is only an address */
	size_t function_length;
	const char *module; /* without brackets; NULL for the kernel itself */
	size_t module_length;
};

/** kl_symbol_text_parse() - split @symbol; whatever does not look like %pS output is taken as a function name. */
struct kl_symbol_text kl_symbol_text_parse(const char *symbol);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmcoreinfo.h: VMCOREINFO text taken apart.
 *
 * The kernel (kernel/crash_core.c, kernel/vmcore_info.c since 6.9) writes lines such as "OSRELEASE=6.1.0",
 * "SYMBOL(_stext)=ffffffff81000000", "OFFSET(list_head.next)=0", "NUMBER(phys_base)=-576716800". The text comes from a
 * dump or a user's file, so nothing about it is trusted: it ends at the first byte that is no text (dumps carry padding
 * and worse after it), lines without '=' are skipped, numbers must be numbers to their last character.
 */
#ifndef KL_IMAGE_VMCOREINFO_H
#define KL_IMAGE_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/vec.h"

/* More than any kernel writes (one page until 6.x, two since); longer input is cut here. */
#define KL_VMCOREINFO_MAX (1u << 20)

struct kl_vmcoreinfo_line {
	const char *key; /* both point into `lines_text` */
	const char *value;
};

struct kl_vmcoreinfo {
	char *text;       /* as found, NUL-terminated; NULL when there is none */
	char *lines_text; /* the same with the '=' and newlines turned into NULs */
	KL_VEC(struct kl_vmcoreinfo_line) lines;
};

/** kl_vmcoreinfo_parse() - take apart a copy of the @length bytes at @bytes. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_vmcoreinfo_parse(const void *bytes, size_t length, struct kl_vmcoreinfo *ret);

/** kl_vmcoreinfo_read_file() - the same from a file. Errors: KL_ERROR_IO, KL_ERROR_FORMAT when no line of it is
 * VMCOREINFO, KL_ERROR_NOMEM. */
struct kl_error *kl_vmcoreinfo_read_file(const char *path, struct kl_vmcoreinfo *ret);

void kl_vmcoreinfo_deinit(struct kl_vmcoreinfo *v);

/* The value of "key=..."; NULL when absent. The first of equal keys counts. */
const char *kl_vmcoreinfo_string(const struct kl_vmcoreinfo *v, const char *key);

/* "key=<hex without 0x>". */
bool kl_vmcoreinfo_hex(const struct kl_vmcoreinfo *v, const char *key, uint64_t *ret);

/* "kind(name)=<decimal or 0x hex>" */
bool kl_vmcoreinfo_value(const struct kl_vmcoreinfo *v, const char *kind, const char *name, int64_t *ret);

/* "SYMBOL(name)=<hex without 0x>" */
bool kl_vmcoreinfo_symbol(const struct kl_vmcoreinfo *v, const char *name, uint64_t *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* translate.h: kernel virtual to physical addresses through the dump's own page tables.
 *
 * The kernel's page tables are walked here, from the root that VMCOREINFO names (swapper_pg_dir), and not by
 * libaddrxlat (0.5.1), which
 *  - finds no way into aarch64 kernels with 64 KiB pages and 52-bit addresses on 48-bit machines, as distributions
 *    build them: their root table is indexed with the configured width (arch/arm64 offset_ttbr1);
 *  - takes the direct map for one piece, and answers for its holes;
 *  - reads tables past what is present (elf.h, kdump.h), so that a missing one looks like one full of zeroes.
 * Both take under 0.1 us per address; the walk learns the size of the mapping, so one TLB entry serves 2 MiB.
 * The tables check themselves: the root must translate to where it was found. When VMCOREINFO does not give a root
 * (x86-64 before phys_base was exported, 4.10), libaddrxlat's heuristics are used instead.
 */
#ifndef KL_IMAGE_TRANSLATE_H
#define KL_IMAGE_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "image/source.h"
#include "image/vmcoreinfo.h"

enum kl_translation {
	KL_TRANSLATED,
	KL_TRANSLATION_UNMAPPED,   /* the kernel has nothing there */
	KL_TRANSLATION_MISSING,    /* a page of the tables is not in the dump */
	KL_TRANSLATION_CORRUPT,    /* a page of the tables is damaged */
	KL_TRANSLATION_IMPOSSIBLE, /* nothing can be translated in this dump */
};

/* How page table pages are read; the page stays valid until the next call. */
typedef enum kl_page_state kl_page_reader(void *context, uint64_t pfn, const uint8_t **ret);

struct kl_translator;

/** kl_translator_create() - find out how @s translates.
 * @vmcoreinfo: may be empty.
 * Never fails for want of information: then everything is KL_TRANSLATION_IMPOSSIBLE. Errors: KL_ERROR_NOMEM.
 */
struct kl_error *kl_translator_create(struct kl_source *s, enum kl_arch arch, const struct kl_vmcoreinfo *vmcoreinfo,
				      kl_page_reader *reader, void *context, struct kl_translator **ret);
void kl_translator_destroy(struct kl_translator *t);

/** kl_translator_method() - "page tables", "libkdumpfile", or NULL when nothing can be translated. */
const char *kl_translator_method(const struct kl_translator *t);

/** kl_translate() - the physical address of @kva. On aarch64 the top byte is ignored (pointer tags). */
enum kl_translation kl_translate(struct kl_translator *t, uint64_t kva, uint64_t *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/translate.h"

#include <stdlib.h>
#include <string.h>

#include "util/bytes.h"

#define START_KERNEL_MAP 0xffffffff80000000ULL /* x86-64 __START_KERNEL_map, unchanged since 2.6 */
#define PHYSICAL_BITS 52

#define TLB_SMALL 4096 /* entries, direct-mapped: 16 MiB of scattered 4 KiB pages */
#define TLB_LARGE 512  /* 1 GiB of 2 MiB mappings */

struct tlb_entry {
	uint64_t tag; /* kva >> granule, plus one so that a zeroed entry matches nothing */
	uint64_t pa;  /* of the granule's beginning */
	bool mapped;
};

struct kl_translator {
	enum { BY_NOTHING, BY_TABLES, BY_LIBRARY } method;
	enum kl_arch arch;
	unsigned int page_shift;
	unsigned int va_bits;    /* that the hardware translates */
	unsigned int index_bits; /* of the root table's index, counted from bit 0 of the address */
	unsigned int levels;
	bool lpa2;     /* aarch64 descriptors hold bits 51:50 of the address in bits 9:8 */
	uint64_t root; /* physical */
	uint64_t address_mask;
	kl_page_reader *reader;
	void *context;
	addrxlat_ctx_t *library_ctx;
	addrxlat_sys_t *library_sys;
	struct tlb_entry small[TLB_SMALL];
	struct tlb_entry large[TLB_LARGE];
};

static uint64_t low_bits(unsigned int n)
{
	return n >= 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

/* Index bits per level. */
static unsigned int level_bits(const struct kl_translator *t)
{
	return t->page_shift - 3;
}

static bool is_kernel_address(const struct kl_translator *t, uint64_t kva)
{
	/* x86-64: sign-extended; aarch64: TTBR1's half, tags in the top byte or not */
	unsigned int top = t->arch == KL_ARCH_X86_64 ? 64 : 56;
	unsigned int low = t->arch == KL_ARCH_X86_64 ? t->va_bits - 1 : t->va_bits;
	uint64_t mask = low_bits(top) & ~low_bits(low);

	return (kva & mask) == mask;
}

static bool entry_is_leaf(const struct kl_translator *t, uint64_t entry, unsigned int shift)
{
	if (shift == t->page_shift)
		return true;
	if (t->arch == KL_ARCH_X86_64)
		return entry & 0x80; /* _PAGE_PSE */
	return !(entry & 2);         /* block, not table */
}

static uint64_t entry_address(const struct kl_translator *t, uint64_t entry)
{
	uint64_t address = entry & t->address_mask;

	/* Bits 51:48 are in 15:12 with 64 KiB pages (FEAT_LPA), 51:50 in 9:8 with smaller ones (FEAT_LPA2). */
	if (t->arch == KL_ARCH_AARCH64 && t->page_shift == 16)
		address |= (entry >> 12 & 0xf) << 48;
	else if (t->lpa2)
		address |= (entry >> 8 & 3) << 50;
	return address;
}

static enum kl_translation read_table_entry(struct kl_translator *t, uint64_t pa, uint64_t *ret)
{
	const uint8_t *page;

	switch (t->reader(t->context, pa >> t->page_shift, &page)) {
	case KL_PAGE_PRESENT:
		*ret = kl_get_u64(page + (pa & low_bits(t->page_shift)));
		return KL_TRANSLATED;
	case KL_PAGE_MISSING:
		return KL_TRANSLATION_MISSING;
	default:
		return KL_TRANSLATION_CORRUPT;
	}
}

/* The mapping of @kva: its size in bits in @shift, also where there is none. */
static enum kl_translation walk_page_tables(struct kl_translator *t, uint64_t kva, uint64_t *pa, unsigned int *shift)
{
	uint64_t table = t->root, entry, index;
	enum kl_translation status;

	*shift = t->page_shift + (t->levels - 1) * level_bits(t);
	index = (kva & low_bits(t->index_bits)) >> *shift;
	for (;;) {
		status = read_table_entry(t, table + index * 8, &entry);
		if (status != KL_TRANSLATED)
			return status;
		if (!(entry & 1))
			return KL_TRANSLATION_UNMAPPED;
		if (entry_is_leaf(t, entry, *shift))
			break;
		table = entry_address(t, entry) & ~low_bits(t->page_shift);
		*shift -= level_bits(t);
		index = (kva >> *shift) & low_bits(level_bits(t));
	}
	*pa = (entry_address(t, entry) & ~low_bits(*shift)) | (kva & low_bits(*shift));
	return KL_TRANSLATED;
}

static enum kl_translation ask_library(struct kl_translator *t, uint64_t kva, uint64_t *pa)
{
	addrxlat_fulladdr_t address = {.addr = kva, .as = ADDRXLAT_KVADDR};

	switch (addrxlat_fulladdr_conv(&address, ADDRXLAT_MACHPHYSADDR, t->library_ctx, t->library_sys)) {
	case ADDRXLAT_OK:
		*pa = address.addr;
		return KL_TRANSLATED;
	case ADDRXLAT_ERR_NODATA:
		return KL_TRANSLATION_MISSING;
	default:
		return KL_TRANSLATION_UNMAPPED;
	}
}

static struct tlb_entry *small_tlb_entry(struct kl_translator *t, uint64_t kva)
{
	return &t->small[(kva >> t->page_shift) % TLB_SMALL];
}

static unsigned int large_page_shift(const struct kl_translator *t)
{
	return t->page_shift + level_bits(t);
}

static struct tlb_entry *large_tlb_entry(struct kl_translator *t, uint64_t kva)
{
	return &t->large[(kva >> large_page_shift(t)) % TLB_LARGE];
}

static void remember_translation(struct kl_translator *t, uint64_t kva, uint64_t pa, unsigned int shift, bool mapped)
{
	bool large = shift >= large_page_shift(t);
	unsigned int granule = large ? large_page_shift(t) : t->page_shift;
	struct tlb_entry *entry = large ? large_tlb_entry(t, kva) : small_tlb_entry(t, kva);

	*entry = (struct tlb_entry){.tag = (kva >> granule) + 1, .pa = pa & ~low_bits(granule), .mapped = mapped};
}

enum kl_translation kl_translate(struct kl_translator *t, uint64_t kva, uint64_t *ret)
{
	const struct tlb_entry *entry = small_tlb_entry(t, kva);
	unsigned int shift = t->page_shift;
	enum kl_translation status;

	if (entry->tag == (kva >> shift) + 1) {
		*ret = entry->pa | (kva & low_bits(shift));
		return entry->mapped ? KL_TRANSLATED : KL_TRANSLATION_UNMAPPED;
	}
	entry = large_tlb_entry(t, kva);
	if (entry->tag == (kva >> large_page_shift(t)) + 1) {
		*ret = entry->pa | (kva & low_bits(large_page_shift(t)));
		return entry->mapped ? KL_TRANSLATED : KL_TRANSLATION_UNMAPPED;
	}
	if (t->method == BY_NOTHING)
		return KL_TRANSLATION_IMPOSSIBLE;
	if (t->method == BY_LIBRARY)
		status = ask_library(t, kva, ret);
	else if (is_kernel_address(t, kva))
		status = walk_page_tables(t, kva, ret, &shift);
	else
		status = KL_TRANSLATION_UNMAPPED;
	if (status == KL_TRANSLATED)
		remember_translation(t, kva, *ret, shift, true);
	else if (status == KL_TRANSLATION_UNMAPPED)
		remember_translation(t, kva, 0, shift, false);
	return status;
}

static bool find_x86_64_root(struct kl_translator *t, struct kl_source *s, const struct kl_vmcoreinfo *v,
			     uint64_t *root_kva)
{
	kdump_addr_t from_header;
	int64_t value;

	/* NUMBER(pgtable_l5_enabled) since 4.17; NUMBER(sme_mask) since 5.1 */
	t->levels = kl_vmcoreinfo_value(v, "NUMBER", "pgtable_l5_enabled", &value) && value ? 5 : 4;
	t->index_bits = t->va_bits = t->page_shift + t->levels * level_bits(t);
	t->address_mask = low_bits(PHYSICAL_BITS) & ~low_bits(12);
	if (kl_vmcoreinfo_value(v, "NUMBER", "sme_mask", &value))
		t->address_mask &= ~(uint64_t)value;
	/* init_top_pgt since 4.13, init_level4_pgt before; swapper_pg_dir is another name of either */
	if (!kl_vmcoreinfo_symbol(v, "init_top_pgt", root_kva) &&
	    !kl_vmcoreinfo_symbol(v, "init_level4_pgt", root_kva) &&
	    !kl_vmcoreinfo_symbol(v, "swapper_pg_dir", root_kva))
		return false;
	/* NUMBER(phys_base) since 4.10; kdump headers have it too */
	if (!kl_vmcoreinfo_value(v, "NUMBER", "phys_base", &value)) {
		if (kdump_get_address_attr(s->ctx, "linux.phys_base", &from_header) != KDUMP_OK)
			return false;
		value = (int64_t)from_header;
	}
	t->root = *root_kva - START_KERNEL_MAP + (uint64_t)value;
	return true;
}

static unsigned int levels_for(const struct kl_translator *t, unsigned int bits)
{
	return (bits - t->page_shift + level_bits(t) - 1) / level_bits(t);
}

static bool find_aarch64_root(struct kl_translator *t, const struct kl_vmcoreinfo *v, uint64_t *root_kva)
{
	int64_t configured, t1sz, voffset;

	/* NUMBER(VA_BITS) is what the kernel was configured for, NUMBER(TCR_EL1_T1SZ) (5.9) what the machine does. */
	if (!kl_vmcoreinfo_value(v, "NUMBER", "VA_BITS", &configured))
		return false;
	if (!kl_vmcoreinfo_value(v, "NUMBER", "TCR_EL1_T1SZ", &t1sz))
		t1sz = 64 - configured;
	if (configured < 36 || configured > 52 || t1sz < 12 || t1sz > 28)
		return false;
	t->va_bits = 64 - (unsigned int)t1sz;
	t->levels = levels_for(t, t->va_bits);
	/* With the same number of levels the root keeps the configured size: kernel addresses have ones in the bits
	 * that the machine ignores. Otherwise (LPA2 kernel on an older machine) the kernel skips the topmost level. */
	t->index_bits = levels_for(t, (unsigned int)configured) == t->levels ? (unsigned int)configured : t->va_bits;
	t->lpa2 = t->page_shift < 16 && t->va_bits > 48;
	t->address_mask = low_bits(t->lpa2 ? 50 : 48) & ~low_bits(t->page_shift);
	/* kimage_voffset since 4.12, as old as kdump on aarch64 */
	if (!kl_vmcoreinfo_symbol(v, "swapper_pg_dir", root_kva) ||
	    !kl_vmcoreinfo_value(v, "NUMBER", "kimage_voffset", &voffset))
		return false;
	t->root = *root_kva - (uint64_t)voffset;
	return true;
}

static bool use_page_tables(struct kl_translator *t, struct kl_source *s, const struct kl_vmcoreinfo *v)
{
	uint64_t root_kva, pa;
	bool found;

	found = t->arch == KL_ARCH_X86_64 ? find_x86_64_root(t, s, v, &root_kva) : find_aarch64_root(t, v, &root_kva);
	if (!found)
		return false;
	t->method = BY_TABLES;
	if (kl_translate(t, root_kva, &pa) == KL_TRANSLATED && pa == t->root)
		return true;
	memset(t->small, 0, sizeof(t->small));
	memset(t->large, 0, sizeof(t->large));
	t->method = BY_NOTHING;
	return false;
}

static bool use_library_translation(struct kl_translator *t, struct kl_source *s, const struct kl_vmcoreinfo *v)
{
	uint64_t stext, pa;

	/* This makes the library read the kernel's version through its translation; it may well fail to. */
	(void)kdump_set_string_attr(s->ctx, KDUMP_ATTR_OSTYPE, "linux");
	if (kdump_get_addrxlat(s->ctx, &t->library_ctx, &t->library_sys) != KDUMP_OK)
		return false;
	if (!kl_vmcoreinfo_symbol(v, "_stext", &stext) || ask_library(t, stext, &pa) != KL_TRANSLATED)
		return false;
	t->method = BY_LIBRARY;
	return true;
}

struct kl_error *kl_translator_create(struct kl_source *s, enum kl_arch arch, const struct kl_vmcoreinfo *vmcoreinfo,
				      kl_page_reader *reader, void *context, struct kl_translator **ret)
{
	struct kl_translator *t = calloc(1, sizeof(*t));

	if (!t)
		return kl_error_nomem();
	t->arch = arch;
	t->page_shift = s->page_shift;
	t->reader = reader;
	t->context = context;
	if (!use_page_tables(t, s, vmcoreinfo))
		use_library_translation(t, s, vmcoreinfo);
	*ret = t;
	return NULL;
}

void kl_translator_destroy(struct kl_translator *t)
{
	if (!t)
		return;
	if (t->library_ctx)
		addrxlat_ctx_decref(t->library_ctx);
	if (t->library_sys)
		addrxlat_sys_decref(t->library_sys);
	free(t);
}

const char *kl_translator_method(const struct kl_translator *t)
{
	switch (t->method) {
	case BY_TABLES:
		return "page tables";
	case BY_LIBRARY:
		return "libkdumpfile";
	default:
		return NULL;
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/page_type.h"

#define TYPE_BASE 0xf0000000u /* PAGE_TYPE_BASE: set in the field of every page with a type, up to 6.11 */

static uint32_t type_value(const struct kl_kernel *k, const struct kl_enumerator *number, const char *vmcoreinfo)
{
	int64_t value;

	if (number->present)
		return (uint32_t)number->value;
	if (k->image && kl_image_vmcoreinfo_number(k->image, vmcoreinfo, &value))
		return (uint32_t)value;
	return 0;
}

void kl_page_types_init(struct kl_kernel *k, struct kl_page_types *ret)
{
	const struct kl_layouts *l = &k->layouts;

	*ret = (struct kl_page_types){.k = k};
	if (!l->page.page_type.present)
		return;
	ret->numbered = l->enumerators.PGTY_buddy.present;
	ret->slab = type_value(k, &l->enumerators.PGTY_slab, "PAGE_SLAB_MAPCOUNT_VALUE");
	/* only numbered: the bits ended before kmalloc() got one */
	ret->large_kmalloc = ret->numbered ? type_value(k, &l->enumerators.PGTY_large_kmalloc, "") : 0;
	ret->buddy = type_value(k, &l->enumerators.PGTY_buddy, "PAGE_BUDDY_MAPCOUNT_VALUE");
}

static bool type_field_is(const struct kl_page_types *t, const uint8_t *raw, uint32_t type)
{
	uint32_t value = (uint32_t)kl_member_get(&t->k->layouts.page.page_type, raw);

	if (!type)
		return false;
	return t->numbered ? value >> 24 == type : (value & (TYPE_BASE | ~type)) == TYPE_BASE;
}

bool kl_page_is_slab(const struct kl_page_types *t, const uint8_t *raw)
{
	const struct kl_enumerator *flag = &t->k->layouts.enumerators.PG_slab;

	if (t->slab)
		return type_field_is(t, raw, t->slab);
	return flag->present && (kl_member_get(&t->k->layouts.page.flags, raw) >> flag->value & 1);
}

bool kl_page_is_buddy(const struct kl_page_types *t, const uint8_t *raw)
{
	return type_field_is(t, raw, t->buddy);
}

bool kl_page_is_large_kmalloc(const struct kl_page_types *t, const uint8_t *raw)
{
	return type_field_is(t, raw, t->large_kmalloc);
}

bool kl_page_has_type(const struct kl_page_types *t, const uint8_t *raw)
{
	int32_t value = (int32_t)kl_member_get(&t->k->layouts.page.page_type, raw);

	/* Values just below zero are mapcounts (-1: not mapped) that may have underflowed a little. */
	if (t->numbered ? value < 0 && (uint32_t)value >> 24 != 0xff : value < -128)
		return true;
	return kl_page_is_slab(t, raw);
}

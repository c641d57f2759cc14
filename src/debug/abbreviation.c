/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/abbreviation.h"

#include <libdwarf/dwarf.h>

#include "debug/cursor.h"
#include "util/map.h"

/* Codes are dense and small: some hundreds per unit. */
#define CODE_MAX 65536
#define ATTRIBUTES_MAX (1 << 20)

static bool read_attribute_list(struct kl_cursor *c, struct kl_abbreviation_table *t, struct kl_abbreviation *a)
{
	a->first = (uint32_t)t->attributes.count;
	for (;;) {
		struct kl_attribute attribute = {};
		uint64_t name = kl_cursor_uleb(c), form = kl_cursor_uleb(c);

		if (form == DW_FORM_implicit_const)
			attribute.constant = kl_cursor_sleb(c);
		if (c->failed || name > UINT16_MAX || form > UINT16_MAX || t->attributes.count > ATTRIBUTES_MAX)
			return false;
		if (!name && !form)
			break;
		attribute.name = (uint16_t)name;
		attribute.form = (uint16_t)form;
		if (!kl_vec_push(&t->attributes, attribute))
			return false;
	}
	a->count = (uint32_t)t->attributes.count - a->first;
	return true;
}

static bool parse_abbreviations(struct kl_cursor c, struct kl_abbreviation_table *t)
{
	t->codes.count = t->attributes.count = 0;
	for (;;) {
		struct kl_abbreviation a = {};
		uint64_t code = kl_cursor_uleb(&c), tag;

		if (!code)
			return !c.failed;
		tag = kl_cursor_uleb(&c);
		a.tag = tag <= UINT16_MAX ? (uint16_t)tag : 0;
		a.children = kl_cursor_uint(&c, 1) != 0;
		if (c.failed || code >= CODE_MAX || !read_attribute_list(&c, t, &a))
			return false;
		while (t->codes.count <= code)
			if (!kl_vec_add(&t->codes))
				return false;
		t->codes.data[code] = a;
	}
}

const struct kl_abbreviation_table *kl_abbreviations_at(struct kl_abbreviation_cache *cache, const uint8_t *data,
							size_t size, uint64_t offset)
{
	struct kl_abbreviation_table *t = &cache->tables[kl_hash_u64(offset) % KL_ABBREVIATION_TABLES];

	if (t->valid && t->offset == offset)
		return t;
	t->valid = offset < size && parse_abbreviations((struct kl_cursor){data + offset, data + size, false}, t);
	t->offset = offset;
	return t->valid ? t : NULL;
}

void kl_abbreviations_destroy(struct kl_abbreviation_cache *cache)
{
	size_t i;

	for (i = 0; cache && i < KL_ABBREVIATION_TABLES; i++) {
		kl_vec_deinit(&cache->tables[i].codes);
		kl_vec_deinit(&cache->tables[i].attributes);
	}
	free(cache);
}

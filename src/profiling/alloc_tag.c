/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/alloc_tag.h"

void kl_alloc_tags_deinit(struct kl_alloc_tags *tags)
{
	kl_vec_deinit(&tags->list);
	kl_intern_destroy(tags->strings);
	kl_map_deinit(&tags->by_address);
	kl_map_deinit(&tags->by_pointer);
	*tags = (struct kl_alloc_tags){};
}

const char *kl_alloc_tags_string(const struct kl_alloc_tags *tags, uint32_t id)
{
	const char *s = kl_intern_get(tags->strings, id, NULL);

	return s ? s : "";
}

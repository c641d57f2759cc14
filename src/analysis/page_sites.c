/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/page_sites.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kernel/machine/memmap.h"

/* The tag of page frame @frame, whose struct page is @raw; NULL when it has none. */
static struct kl_error *find_tag(struct kl_snapshot *s, uint64_t frame, const uint8_t *raw,
				 const struct kl_alloc_tag **ret)
{
	struct kl_profiling *p = &s->profiling.profiling;
	enum kl_page_ref what;
	uint32_t tag = KL_NO_TAG;
	struct kl_error *err = NULL;

	if (p->memory && (p->pages.entry_size || p->pages.compressed))
		err = kl_page_tag(&p->pages, frame, raw, &what, &tag);
	*ret = tag == KL_NO_TAG ? NULL : &p->tags.list.data[tag];
	return err;
}

static struct kl_error *file_of_page(void *context, uint64_t frame, const uint8_t *raw, const char **ret)
{
	struct kl_snapshot *s = context;
	const struct kl_alloc_tag *tag;
	struct kl_error *err = find_tag(s, frame, raw, &tag);

	*ret = !err && tag ? kl_alloc_tags_string(&s->profiling.profiling.tags, tag->file) : NULL;
	return err;
}

struct kl_page_sites kl_page_sites_of(struct kl_snapshot *s)
{
	return (struct kl_page_sites){.file = file_of_page, .context = s};
}

void kl_page_sites_describe(void *snapshot, uint64_t address, struct kl_strbuf *sb)
{
	struct kl_snapshot *s = snapshot;
	struct kl_kernel *k = s->profiling.profiling.k;
	const struct kl_alloc_tags *tags = &s->profiling.profiling.tags;
	const struct kl_memmap *memory = s->profiling.profiling.memory;
	const struct kl_alloc_tag *tag = NULL;
	_cleanup_free_ uint8_t *raw = NULL;
	uint64_t direct_map, frame, page;

	if (!memory || !kl_memmap_direct_map(k, &direct_map))
		return;
	frame = (address - direct_map) >> k->page_shift;
	/* What cannot be said for want of memory is left unsaid: the buffer notices by itself. */
	raw = malloc(memory->page_size + 1);
	if (raw && kl_memmap_read_head(k, memory, &frame, &page, raw))
		kl_error_destroy(find_tag(s, frame, raw, &tag));
	if (tag)
		kl_strbuf_printf(sb, " of %s:%" PRIu32 " func:%s", kl_alloc_tags_string(tags, tag->file), tag->line,
				 kl_alloc_tags_string(tags, tag->function));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/suspects.h"

#include <inttypes.h>

#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "util/stack_name.h"

struct kl_error *kl_suspects_init(struct kl_kernel *k, const struct kl_snapshot *s, const struct kl_facts *facts,
				  struct kl_suspects *ret)
{
	*ret = (struct kl_suspects){.s = s, .facts = facts};
	return kl_machine_slab_caches(k, &ret->caches);
}

void kl_suspects_deinit(struct kl_suspects *suspects)
{
	kl_strbuf_deinit(&suspects->site);
}

static const char *type_of_row(const struct kl_facts *facts, uint32_t row)
{
	uint16_t type = facts->type_of ? facts->type_of[row] : 0;

	return type ? kl_intern_get(facts->names, facts->types.data[type].name, NULL) : NULL;
}

void kl_suspects_describe(struct kl_suspects *suspects, uint32_t row, struct kl_suspect_words *ret)
{
	const struct kl_alloc_tags *tags = &suspects->s->profiling.profiling.tags;
	const struct kl_heap *heap = &suspects->s->heap;
	const struct kl_alloc_tag *tag;
	struct kl_slab slab;

	*ret = (struct kl_suspect_words){.type = type_of_row(suspects->facts, row)};
	if (heap->class_[row] == KLEAK_CLASS_VIRTUAL && kl_slab_at(suspects->caches, heap->address[row], &slab))
		ret->cache = slab.cache->name;
	if (!heap->tag[row] || heap->tag[row] > tags->list.count)
		return;
	tag = &tags->list.data[heap->tag[row] - 1];
	kl_strbuf_reset(&suspects->site);
	kl_strbuf_printf(&suspects->site, "%s:%" PRIu32, tag->file ? kl_alloc_tags_string(tags, tag->file) : "?",
			 tag->line);
	ret->site = kl_strbuf_string(&suspects->site);
	if (tag->is_module)
		ret->site_module = kl_alloc_tags_string(tags, tag->module);
}

struct kl_error *kl_suspects_frames(struct kl_kernel *k, const struct kl_heap *heap, uint32_t stack,
				    struct kl_strbuf *ret)
{
	_cleanup_strbuf_ struct kl_strbuf texts = {};
	uint64_t addresses[KL_STACK_MAX];
	const char *symbols[KL_STACK_MAX];
	size_t starts[KL_STACK_MAX], n = kl_heap_frames(heap, stack, addresses), i;
	struct kl_error *err;

	for (i = 0; i < n; i++) {
		starts[i] = texts.length;
		err = kl_symbolize_frame(k, addresses, i, &texts);
		if (err)
			return err;
		kl_strbuf_putc(&texts, '\0');
	}
	if (texts.failed)
		return kl_error_nomem();
	for (i = 0; i < n; i++)
		symbols[i] = texts.data + starts[i];
	err = kl_stack_normalize(symbols, n, ret);
	return !err && ret->failed ? kl_error_nomem() : err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/cache.h"

#include <stdbool.h>
#include <stdlib.h>

#include "util/map.h"

#define NONE UINT32_MAX

struct slot {
	uint64_t pfn;
	uint32_t next; /* in its hash chain */
	bool used;
	bool referenced; /* since the hand passed last */
};

struct kl_page_cache {
	unsigned int page_shift;
	uint32_t n_slots;
	uint32_t hand; /* the slot that kl_page_cache_reserve() gave out last */
	uint32_t mask; /* of the hash */
	uint32_t *heads;
	struct slot *slots;
	uint8_t *pages;
};

struct kl_error *kl_page_cache_create(unsigned int page_shift, size_t bytes, struct kl_page_cache **ret)
{
	struct kl_page_cache *c = calloc(1, sizeof(*c));
	size_t n = bytes >> page_shift;

	if (!c)
		return kl_error_nomem();
	c->page_shift = page_shift;
	c->n_slots = n < 16 ? 16 : n > INT32_MAX ? INT32_MAX : (uint32_t)n;
	for (c->mask = 31; c->mask < c->n_slots; c->mask = c->mask * 2 + 1)
		;
	c->slots = calloc(c->n_slots, sizeof(*c->slots));
	c->heads = malloc(((size_t)c->mask + 1) * sizeof(*c->heads));
	c->pages = malloc((size_t)c->n_slots << page_shift);
	if (!c->slots || !c->heads || !c->pages) {
		kl_page_cache_destroy(c);
		return kl_error_nomem();
	}
	for (size_t i = 0; i <= c->mask; i++)
		c->heads[i] = NONE;
	*ret = c;
	return NULL;
}

void kl_page_cache_destroy(struct kl_page_cache *c)
{
	if (!c)
		return;
	free(c->slots);
	free(c->heads);
	free(c->pages);
	free(c);
}

static uint8_t *page_of(struct kl_page_cache *c, uint32_t slot)
{
	return c->pages + ((size_t)slot << c->page_shift);
}

static uint32_t *head_of(struct kl_page_cache *c, uint64_t pfn)
{
	return &c->heads[kl_hash_u64(pfn) & c->mask];
}

const uint8_t *kl_page_cache_get(struct kl_page_cache *c, uint64_t pfn)
{
	for (uint32_t i = *head_of(c, pfn); i != NONE; i = c->slots[i].next)
		if (c->slots[i].pfn == pfn) {
			c->slots[i].referenced = true;
			return page_of(c, i);
		}
	return NULL;
}

static void unlink_slot(struct kl_page_cache *c, uint32_t slot)
{
	uint32_t *link = head_of(c, c->slots[slot].pfn);

	while (*link != slot)
		link = &c->slots[*link].next;
	*link = c->slots[slot].next;
	c->slots[slot].used = false;
}

uint8_t *kl_page_cache_reserve(struct kl_page_cache *c)
{
	struct slot *slot = &c->slots[c->hand];

	while (slot->used && slot->referenced) {
		slot->referenced = false;
		c->hand = (c->hand + 1) % c->n_slots;
		slot = &c->slots[c->hand];
	}
	if (slot->used)
		unlink_slot(c, c->hand);
	return page_of(c, c->hand);
}

void kl_page_cache_commit(struct kl_page_cache *c, uint64_t pfn)
{
	struct slot *slot = &c->slots[c->hand];
	uint32_t *head = head_of(c, pfn);

	/* not referenced yet: a page that is read once, as most are in a scan, is the first to go */
	*slot = (struct slot){.pfn = pfn, .next = *head, .used = true};
	*head = c->hand;
	c->hand = (c->hand + 1) % c->n_slots;
}

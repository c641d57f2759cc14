/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heap/facts.h"

#include <stdlib.h>

void kl_facts_deinit(struct kl_facts *k)
{
	struct kl_object_type *type;

	kl_vec_for_each (type, &k->types) {
		free(type->words);
		free(type->members);
	}
	kl_vec_deinit(&k->types);
	kl_page_states_deinit(&k->pages);
	kl_vec_deinit(&k->roots.list);
	kl_vec_deinit(&k->data_pages);
	kl_vec_deinit(&k->live);
	kl_vec_deinit(&k->words);
	kl_vec_deinit(&k->registers);
	kl_vec_deinit(&k->masks);
	kl_vec_deinit(&k->named);
	kl_intern_destroy(k->names);
	k->names = NULL;
	free(k->type_of);
	k->type_of = NULL;
	free(k->zeroed);
	k->zeroed = NULL;
	free(k->requested);
	k->requested = NULL;
}

static int compare_masks(const void *a, const void *b)
{
	const struct kl_mask *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

static int compare_addresses(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The traits that all masks together give to [start, end), which no mask begins or ends inside. */
static struct kl_mask combine_masks(const struct kl_mask *masks, size_t n, uint64_t start, uint64_t end)
{
	struct kl_mask result = {.start = start, .end = end};
	uint16_t everywhere = 0;
	size_t i;

	for (i = 0; i < n && masks[i].start <= start; i++) {
		if (masks[i].end <= start)
			continue;
		result.traits |= masks[i].traits;
		everywhere |= masks[i].traits & (uint16_t)~masks[i].in_objects;
	}
	result.in_objects = result.traits & (uint16_t)~everywhere;
	return result;
}

/* One run of masks that overlap: cut at every border. */
static bool split_run(const struct kl_mask *run, size_t n, struct kl_facts *ret)
{
	uint64_t *borders = calloc(2 * n, sizeof(*borders));
	size_t i;
	bool ok = borders != NULL;

	for (i = 0; i < n && ok; i++) {
		borders[2 * i] = run[i].start;
		borders[2 * i + 1] = run[i].end;
	}
	if (ok)
		qsort(borders, 2 * n, sizeof(*borders), compare_addresses);
	for (i = 0; i + 1 < 2 * n && ok; i++) {
		struct kl_mask piece;

		if (borders[i] == borders[i + 1])
			continue;
		piece = combine_masks(run, n, borders[i], borders[i + 1]);
		ok = kl_vec_push(&ret->masks, piece);
	}
	free(borders);
	return ok;
}

bool kl_facts_sort_masks(struct kl_facts *k)
{
	struct kl_facts sorted = {};
	size_t i, n;
	bool ok = true;

	if (!k->masks.count)
		return true;
	qsort(k->masks.data, k->masks.count, sizeof(*k->masks.data), compare_masks);
	for (i = 0; i < k->masks.count && ok; i += n) {
		uint64_t end = k->masks.data[i].end;

		for (n = 1; i + n < k->masks.count && k->masks.data[i + n].start < end; n++) {
			if (k->masks.data[i + n].end > end)
				end = k->masks.data[i + n].end;
		}
		ok = split_run(k->masks.data + i, n, &sorted);
	}
	kl_vec_deinit(&k->masks);
	k->masks.data = sorted.masks.data;
	k->masks.count = sorted.masks.count;
	k->masks.capacity = sorted.masks.capacity;
	return ok;
}

const char *kl_trait_name(int bit)
{
	static const char *const names[] = {
#define X(id, name, why) name,
		KL_TRAITS(X)
#undef X
	};

	return names[bit];
}

const char *kl_trait_why(int bit)
{
	static const char *const texts[] = {
#define X(id, name, why) why,
		KL_TRAITS(X)
#undef X
	};

	return texts[bit];
}

const char *kl_grade_name(enum kl_grade grade)
{
	static const char *const names[] = {
#define X(id, name, meaning) [KL_GRADE_##id] = name,
		KL_GRADES(X)
#undef X
	};

	return names[grade];
}

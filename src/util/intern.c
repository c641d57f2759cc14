/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/intern.h"

#include <string.h>

#include "util/map.h"
#include "util/vec.h"

struct entry {
	size_t offset; /* into bytes */
	size_t length;
};

struct kl_intern {
	KL_VEC(char) bytes; /* every string with its NUL */
	KL_VEC(struct entry) entries;
	struct kl_map by_hash; /* hash of the string -> id of the first entry with it; collisions probe hash + 1 */
};

struct kl_error *kl_intern_create(struct kl_intern **ret)
{
	_cleanup_(kl_intern_destroyp) struct kl_intern *in = calloc(1, sizeof(*in));
	struct kl_error *err;
	uint32_t id;

	if (!in)
		return kl_error_nomem();
	err = kl_intern_add(in, "", 0, &id);
	if (err)
		return err;
	*ret = kl_take(in);
	return NULL;
}

void kl_intern_destroy(struct kl_intern *in)
{
	if (!in)
		return;
	kl_vec_deinit(&in->bytes);
	kl_vec_deinit(&in->entries);
	kl_map_deinit(&in->by_hash);
	free(in);
}

struct kl_error *kl_intern_add(struct kl_intern *in, const void *bytes, size_t length, uint32_t *ret)
{
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, bytes, length), id;
	struct entry *entry;

	for (; kl_map_get(&in->by_hash, hash, &id); hash++) {
		entry = &in->entries.data[id];
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the map is in entries */
		if (entry->length == length && !memcmp(in->bytes.data + entry->offset, bytes, length)) {
			*ret = (uint32_t)id;
			return NULL;
		}
	}
	id = in->entries.count;
	if (id > UINT32_MAX || !kl_vec_reserve(&in->bytes, length + 1) || !kl_vec_reserve(&in->entries, 1) ||
	    !kl_map_put(&in->by_hash, hash, id))
		return kl_error_nomem();
	entry = kl_vec_add(&in->entries);
	entry->offset = in->bytes.count;
	entry->length = length;
	memcpy(in->bytes.data + in->bytes.count, bytes, length);
	in->bytes.data[in->bytes.count + length] = '\0';
	in->bytes.count += length + 1;
	*ret = (uint32_t)id;
	return NULL;
}

const char *kl_intern_get(const struct kl_intern *in, uint32_t id, size_t *length)
{
	if (id >= in->entries.count)
		return NULL;
	if (length)
		*length = in->entries.data[id].length;
	return in->bytes.data + in->entries.data[id].offset;
}

uint32_t kl_intern_count(const struct kl_intern *in)
{
	return (uint32_t)in->entries.count;
}

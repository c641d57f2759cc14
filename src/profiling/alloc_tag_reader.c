/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/alloc_tag_reader.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "profiling/alloc_tag_area.h"
#include "profiling/alloc_tag_counters.h"
#include "util/bytes.h"

#define ANOMALY "alloc_tag"
#define BATCH_BYTES (64 << 10) /* of tags read at once */
#define STRING_MAX 1024        /* of the names in a tag */
#define LINE_MAX 1000000

struct reader {
	struct kl_kernel *k;
	struct kl_alloc_tags *tags;
	const struct kl_tag_area *area;
	uint8_t *raw;   /* a batch of tags */
	uint64_t batch; /* how many that is */
};

static struct kl_error *reader_init(struct kl_kernel *k, struct kl_alloc_tags *tags, struct reader *ret)
{
	uint64_t size = tags->info.tag_size;

	*ret = (struct reader){.k = k, .tags = tags, .batch = size && size < BATCH_BYTES ? BATCH_BYTES / size : 1};
	ret->raw = malloc(ret->batch * size + 1);
	return ret->raw ? NULL : kl_error_nomem();
}

static void reader_deinit(struct reader *r)
{
	free(r->raw);
}

/* ---- names ---- */

/* What compilers put into __FILE__, __func__ and KBUILD_MODNAME; memory that was freed rarely looks like it. */
static bool is_name(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++) {
		if (!isgraph((unsigned char)*s))
			return false;
	}
	return true;
}

static bool read_name(struct kl_kernel *k, uint64_t pointer, bool suspicious, char name[STRING_MAX])
{
	struct kl_error *err;

	if (!pointer && !suspicious) {
		memcpy(name, "(null)", sizeof("(null)")); /* as printk() words it */
		return true;
	}
	err = kl_kernel_read_string(k, pointer, name, STRING_MAX);
	if (err) {
		kl_error_destroy(err);
		return false;
	}
	return !suspicious || is_name(name);
}

/* Identifier of the name at @pointer. Many tags share one: each pointer is read once. */
static struct kl_error *intern_name(struct reader *r, uint64_t pointer, struct kl_alloc_tag *tag, uint32_t *ret)
{
	bool suspicious = tag->flags & KL_TAG_UNLOADED;
	char name[STRING_MAX];
	uint64_t known;
	struct kl_error *err;

	pointer = kl_untag(r->k, pointer);
	*ret = 0;
	if (kl_map_get(&r->tags->by_pointer, pointer, &known)) {
		*ret = (uint32_t)known;
		return NULL;
	}
	if (!read_name(r->k, pointer, suspicious, name)) {
		tag->flags |= KL_TAG_STRINGS_LOST;
		/* The names of a module go with it. */
		if (!suspicious)
			kl_kernel_anomaly(r->k, ANOMALY, tag->address, "no name at %#" PRIx64, pointer);
		return NULL;
	}
	err = kl_intern_add(r->tags->strings, name, strlen(name), ret);
	if (!err && !suspicious && !kl_map_put(&r->tags->by_pointer, pointer, *ret))
		err = kl_error_nomem();
	return err;
}

/* ---- one tag ---- */

static struct kl_error *decode(struct reader *r, const uint8_t *raw, struct kl_alloc_tag *tag)
{
	const struct kl_layout_codetag *l = &r->k->layouts.codetag;
	const uint8_t *ct = raw + r->k->layouts.alloc_tag.ct.offset;
	uint64_t module = kl_member_get(&l->modname, ct);
	struct kl_error *err;

	tag->counters = kl_member_get(&r->k->layouts.alloc_tag.counters, raw);
	tag->line = (uint32_t)kl_member_get(&l->lineno, ct);
	if (kl_member_get(&l->flags, ct) & 1) /* CODETAG_FLAG_INACCURATE, allocinfo 2.0; nobody set a flag before */
		tag->flags |= KL_TAG_INACCURATE;
	tag->is_module = module != 0;
	err = intern_name(r, kl_member_get(&l->filename, ct), tag, &tag->file);
	if (!err)
		err = intern_name(r, kl_member_get(&l->function, ct), tag, &tag->function);
	if (!err && module)
		err = intern_name(r, module, tag, &tag->module);
	return err;
}

static struct kl_error *append(struct reader *r, const struct kl_alloc_tag *tag)
{
	if (r->tags->list.count >= KL_NO_TAG - 1)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "more than 2^32 - 2 allocation tags");
	if (!kl_map_put(&r->tags->by_address, tag->address, r->tags->list.count) || !kl_vec_push(&r->tags->list, *tag))
		return kl_error_nomem();
	return NULL;
}

static struct kl_error *add_tag(struct reader *r, uint64_t address, const uint8_t *raw)
{
	struct kl_alloc_tag tag = {.address = address, .flags = r->area->unloaded ? KL_TAG_UNLOADED : 0};
	struct kl_error *err = decode(r, raw, &tag);

	return err ? err : append(r, &tag);
}

/* ---- areas ---- */

static struct kl_error *read_tags_singly(struct reader *r, uint64_t address, uint64_t count)
{
	uint64_t size = r->tags->info.tag_size;

	for (; count--; address += size) {
		struct kl_error *err = kl_kernel_read(r->k, address, r->raw, size);

		if (err) {
			kl_kernel_anomaly_error(r->k, ANOMALY, address, err);
			continue;
		}
		err = add_tag(r, address, r->raw);
		if (err)
			return err;
	}
	return NULL;
}

static struct kl_error *read_area(struct reader *r)
{
	uint64_t size = r->tags->info.tag_size, address = r->area->start;
	uint64_t left = (r->area->stop - r->area->start) / size;
	struct kl_error *err = NULL;

	while (left && !err) {
		uint64_t count = left < r->batch ? left : r->batch, i;

		if (kl_kernel_read_partial(r->k, address, r->raw, count * size) < count * size)
			err = read_tags_singly(r, address, count);
		else
			for (i = 0; i < count && !err; i++)
				err = add_tag(r, address + i * size, r->raw + i * size);
		address += count * size;
		left -= count;
	}
	return err;
}

/* Whether the bytes could be a tag, before its names are looked at. */
static bool is_plausible(const struct kl_kernel *k, const uint8_t *raw)
{
	const struct kl_layout_codetag *l = &k->layouts.codetag;
	const uint8_t *ct = raw + k->layouts.alloc_tag.ct.offset;
	uint64_t line = kl_member_get(&l->lineno, ct);

	return line && line < LINE_MAX && kl_member_get(&l->flags, ct) <= 1 && kl_member_get(&l->filename, ct) >> 63 &&
	       kl_member_get(&l->function, ct) >> 63;
}

/* Reads what may be a tag of an unloaded module at @address, and appends it if it is one. */
static struct kl_error *try_tag(struct reader *r, uint64_t address, bool *ret)
{
	struct kl_alloc_tag tag = {.address = address, .flags = KL_TAG_UNLOADED};
	uint64_t size = r->tags->info.tag_size;
	struct kl_error *err;

	*ret = false;
	if (kl_kernel_read_partial(r->k, address, r->raw, size) < size || !is_plausible(r->k, r->raw))
		return NULL;
	err = decode(r, r->raw, &tag);
	if (err)
		return err;
	if (tag.flags & KL_TAG_STRINGS_LOST && !kl_tag_counters_are_own(r->tags, &tag))
		return NULL;
	*ret = true;
	return append(r, &tag);
}

/* Tags are aligned to 8 bytes, and one module's to its own start. */
static struct kl_error *search_area(struct reader *r)
{
	uint64_t address = r->area->start, index;
	struct kl_error *err = NULL;

	while (address + r->tags->info.tag_size <= r->area->stop && !err) {
		bool found = kl_map_get(&r->tags->by_address, address, &index);

		if (!found)
			err = try_tag(r, address, &found);
		address += found ? r->tags->info.tag_size : 8;
	}
	return err;
}

static struct kl_error *read_areas(struct reader *r, const struct kl_tag_areas *areas)
{
	struct kl_error *err;

	kl_vec_for_each (r->area, &areas->list) {
		err = r->area->unsure ? search_area(r) : read_area(r);
		if (err)
			return err;
		if (r->area->listed)
			r->tags->listed = r->tags->list.count;
	}
	return NULL;
}

/* ---- all of it ---- */

static bool has_counted(const struct kl_alloc_tags *tags)
{
	const struct kl_alloc_tag *tag;

	kl_vec_for_each (tag, &tags->list) {
		if (tag->bytes || tag->calls)
			return true;
	}
	return false;
}

static struct kl_error *read_all(struct kl_kernel *k, struct kl_alloc_tags *tags)
{
	_cleanup_(reader_deinit) struct reader r = {};
	struct kl_tag_areas areas;
	struct kl_error *err;

	err = kl_intern_create(&tags->strings);
	if (!err)
		err = kl_tag_areas_read(k, &tags->info, &areas);
	if (err)
		return err;
	err = reader_init(k, tags, &r);
	if (!err)
		err = read_areas(&r, &areas);
	kl_vec_deinit(&areas.list);
	if (!err)
		err = kl_tag_counters_read(k, tags, 0);
	if (!err && tags->info.status == KL_PROFILING_OFF && !has_counted(tags))
		tags->info.status = KL_PROFILING_NEVER;
	return err;
}

struct kl_error *kl_alloc_tags_read(struct kl_kernel *k, const struct kl_percpu_chunks *chunks,
				    struct kl_alloc_tags *ret)
{
	struct kl_error *err;

	*ret = (struct kl_alloc_tags){.chunks = chunks};
	err = read_all(k, ret);
	if (err)
		kl_alloc_tags_deinit(ret);
	return err;
}

static struct kl_error *resolve_unknown(struct kl_kernel *k, struct kl_alloc_tags *tags, uint64_t address,
					uint32_t *ret)
{
	_cleanup_(reader_deinit) struct reader r = {};
	size_t count = tags->list.count;
	bool found = false;
	struct kl_error *err = reader_init(k, tags, &r);

	if (!err && address >> 63 && !(address & 7) && tags->info.tag_size)
		err = try_tag(&r, address, &found);
	if (err)
		return err;
	if (found) {
		*ret = (uint32_t)count;
		return kl_tag_counters_read(k, tags, count);
	}
	kl_kernel_anomaly(k, ANOMALY, address, "a reference to %#" PRIx64 ", which is no allocation tag", address);
	*ret = KL_NO_TAG;
	return kl_map_put(&tags->by_address, address, KL_NO_TAG) ? NULL : kl_error_nomem();
}

struct kl_error *kl_alloc_tags_resolve(struct kl_kernel *k, struct kl_alloc_tags *tags, uint64_t reference,
				       uint32_t *ret)
{
	uint64_t address = kl_untag(k, reference) - k->layouts.alloc_tag.ct.offset, index;

	*ret = KL_NO_TAG;
	/* Without CONFIG_MEM_ALLOC_PROFILING_DEBUG the EMPTY mark is NULL. */
	if (reference == 0 || reference == KL_TAG_REFERENCE_EMPTY)
		return NULL;
	if (!kl_map_get(&tags->by_address, address, &index))
		return resolve_unknown(k, tags, address, ret);
	*ret = (uint32_t)index;
	return NULL;
}

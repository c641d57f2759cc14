/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/alloc_tag_reader.h"

#include <inttypes.h>
#include <string.h>

#include "profiling/alloc_tag_area.h"
#include "profiling/alloc_tag_counters.h"
#include "kernel/machine/machine.h"

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
	/* Where modules are, and were. */
	const struct kl_modules *modules;
	uint64_t space_start, space_end;
	bool space_known;
};

/* Where the names of a tag are. */
struct pointers {
	uint64_t file, function, module;
};

static struct kl_error *tag_reader_init(struct kl_kernel *k, struct kl_alloc_tags *tags, struct reader *ret)
{
	uint64_t size = tags->info.tag_size;
	struct kl_modules *modules = NULL;
	struct kl_error *err;

	*ret = (struct reader){.k = k, .tags = tags, .batch = size && size < BATCH_BYTES ? BATCH_BYTES / size : 1};
	ret->space_known = kl_modules_space(k, &ret->space_start, &ret->space_end);
	ret->raw = malloc(ret->batch * size + 1);
	if (!ret->raw)
		return kl_error_nomem();
	err = kl_machine_modules(k, &modules);
	ret->modules = modules;
	return err;
}

static void tag_reader_deinit(struct reader *r)
{
	free(r->raw);
}

/* ---- names ---- */

static struct kl_error *keep_name(struct reader *r, const char *name, uint32_t *ret)
{
	return kl_intern_add(r->tags->strings, name, strlen(name), ret);
}

/* Identifier of the name at @pointer, of a tag whose module is there. Many tags share one: each pointer is read
 * once. */
static struct kl_error *read_name(struct reader *r, uint64_t pointer, struct kl_alloc_tag *tag, uint32_t *ret)
{
	char name[STRING_MAX] = "(null)"; /* as printk() words it */
	uint64_t known;
	struct kl_error *err;

	pointer = kl_untag(r->k, pointer);
	*ret = 0;
	if (kl_map_get(&r->tags->by_pointer, pointer, &known)) {
		*ret = (uint32_t)known;
		return NULL;
	}
	err = pointer ? kl_kernel_read_string(r->k, pointer, name, sizeof(name)) : NULL;
	if (err) {
		kl_error_destroy(err);
		tag->flags |= KL_TAG_STRINGS_LOST;
		kl_kernel_anomaly(r->k, ANOMALY, tag->address, "no name at %#" PRIx64, pointer);
		return NULL;
	}
	err = keep_name(r, name, ret);
	if (!err && !kl_map_put(&r->tags->by_pointer, pointer, *ret))
		err = kl_error_nomem();
	return err;
}

/* ---- names of modules that were unloaded ---- */

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool consists_of(const char *s, const char *characters)
{
	return *s && !s[strspn(s, characters)];
}

/* __FILE__ is a path, absolute for modules built outside of the tree, to what a compiler reads. */
static bool is_file_name(const char *s)
{
	static const char *const endings[] = {"c", "h", "S", "rs", "inc", "def"};
	const char *dot = strrchr(s, '.');

	if (!dot || dot == s || dot[-1] == '/' || !consists_of(s, LETTERS DIGITS "/._-+,@~="))
		return false;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		if (!strcmp(dot + 1, endings[i]))
			return true;
	}
	return false;
}

static bool is_function_name(const char *s)
{
	return !strchr(DIGITS, *s) && consists_of(s, LETTERS DIGITS "_");
}

/* KBUILD_MODNAME; there are a 3c59x and an 8021q. */
static bool is_module_name(const char *s)
{
	return consists_of(s, LETTERS DIGITS "_");
}

/* Reads what was a string of an unloaded module: it lay where modules are loaded, and no module that came later may
 * have that memory now. */
static bool read_old_string(struct reader *r, uint64_t pointer, char name[STRING_MAX])
{
	struct kl_error *err;

	pointer = kl_untag(r->k, pointer);
	if (kl_modules_hold(r->modules, pointer) ||
	    (r->space_known && (pointer < r->space_start || pointer >= r->space_end)))
		return false;
	err = kl_kernel_read_string(r->k, pointer, name, STRING_MAX);
	kl_error_destroy(err);
	return !err;
}

/* The names of a tag lay side by side in its module's constants, and went together: when one is not what it should be,
 * the others are not believed. On a machine that had loaded another module since, "2" stood at the file's name and
 * nothing at the module's, which was printed as "2:71 []". */
static struct kl_error *read_old_names(struct reader *r, const struct pointers *p, struct kl_alloc_tag *tag)
{
	char file[STRING_MAX], function[STRING_MAX], module[STRING_MAX] = "";
	struct kl_error *err;

	if (!read_old_string(r, p->file, file) || !is_file_name(file) || !read_old_string(r, p->function, function) ||
	    !is_function_name(function) ||
	    (p->module && (!read_old_string(r, p->module, module) || !is_module_name(module)))) {
		tag->flags |= KL_TAG_STRINGS_LOST;
		return NULL;
	}
	err = keep_name(r, file, &tag->file);
	if (!err)
		err = keep_name(r, function, &tag->function);
	return err || !p->module ? err : keep_name(r, module, &tag->module);
}

/* ---- one tag ---- */

static struct kl_error *decode_tag(struct reader *r, const uint8_t *raw, struct kl_alloc_tag *tag)
{
	const struct kl_layout_codetag *l = &r->k->layouts.codetag;
	const uint8_t *ct = raw + r->k->layouts.alloc_tag.ct.offset;
	struct pointers p = {
		.file = kl_member_get(&l->filename, ct),
		.function = kl_member_get(&l->function, ct),
		.module = kl_member_get(&l->modname, ct),
	};
	struct kl_error *err;

	tag->counters = kl_member_get(&r->k->layouts.alloc_tag.counters, raw);
	tag->line = (uint32_t)kl_member_get(&l->lineno, ct);
	if (kl_member_get(&l->flags, ct) & 1) /* CODETAG_FLAG_INACCURATE, allocinfo 2.0; nobody set a flag before */
		tag->flags |= KL_TAG_INACCURATE;
	tag->is_module = p.module != 0;
	if (tag->flags & KL_TAG_UNLOADED)
		return read_old_names(r, &p, tag);
	err = read_name(r, p.file, tag, &tag->file);
	if (!err)
		err = read_name(r, p.function, tag, &tag->function);
	return err || !p.module ? err : read_name(r, p.module, tag, &tag->module);
}

static struct kl_error *append_tag(struct reader *r, const struct kl_alloc_tag *tag)
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
	struct kl_error *err = decode_tag(r, raw, &tag);

	return err ? err : append_tag(r, &tag);
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
	err = decode_tag(r, r->raw, &tag);
	if (err)
		return err;
	if (tag.flags & KL_TAG_STRINGS_LOST && !kl_tag_counters_are_own(r->tags, &tag))
		return NULL;
	*ret = true;
	return append_tag(r, &tag);
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

static struct kl_error *read_tag_areas(struct reader *r, const struct kl_tag_areas *areas)
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
	_cleanup_(tag_reader_deinit) struct reader r = {};
	struct kl_tag_areas areas;
	struct kl_error *err;

	err = kl_intern_create(&tags->strings);
	if (!err)
		err = kl_tag_areas_read(k, &tags->info, &areas);
	if (err)
		return err;
	err = tag_reader_init(k, tags, &r);
	if (!err)
		err = read_tag_areas(&r, &areas);
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
	_cleanup_(tag_reader_deinit) struct reader r = {};
	size_t count = tags->list.count;
	bool found = false;
	struct kl_error *err = tag_reader_init(k, tags, &r);

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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btf.c: taking BTF apart: the header, where each type begins, who has which name. */
#include "debug/btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debug/btf_type.h"
#include "debug/elf_file.h"
#include "util/bytes.h"
#include "util/cleanup.h"

#define MAGIC 0xeb9f
#define VERSION 1
#define HEADER_WITH_LAYOUT 32
#define LAYOUT_SIZE 4

/* What struct btf_header says; offsets are from its end. */
struct header {
	uint32_t length, type_offset, type_size, string_offset, string_size, layout_offset, layout_size;
};

static struct header read_btf_header(const uint8_t *data, size_t size)
{
	struct header h = {kl_get_u32(data + 4), kl_get_u32(data + 8), kl_get_u32(data + 12), kl_get_u32(data + 16),
			   kl_get_u32(data + 20)};

	if (h.length >= HEADER_WITH_LAYOUT && size >= HEADER_WITH_LAYOUT) {
		h.layout_offset = kl_get_u32(data + 24);
		h.layout_size = kl_get_u32(data + 28);
	}
	return h;
}

size_t kl_btf_size(const uint8_t *header)
{
	struct header h = read_btf_header(header, KL_BTF_HEADER);
	uint64_t types = (uint64_t)h.type_offset + h.type_size, strings = (uint64_t)h.string_offset + h.string_size;

	if (kl_get_u16(header) != MAGIC || header[2] != VERSION || h.length < KL_BTF_HEADER || h.length > 4096 ||
	    !h.type_size || !h.string_size)
		return 0;
	return h.length + (types > strings ? types : strings);
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

/* Bytes behind the 12 that every type has; false for a kind that nothing is known of. */
static bool trailing_size(const struct kl_btf *btf, unsigned kind, uint32_t count, uint64_t *ret)
{
	static const struct {
		uint8_t fixed, each; /* in all, and per member */
	} sizes[] = {
		[KL_BTF_INT] = {4, 0},     [KL_BTF_ARRAY] = {12, 0},   [KL_BTF_STRUCT] = {0, 12},
		[KL_BTF_UNION] = {0, 12},  [KL_BTF_ENUM] = {0, 8},     [KL_BTF_FUNC_PROTO] = {0, 8},
		[KL_BTF_VAR] = {4, 0},     [KL_BTF_DATASEC] = {0, 12}, [KL_BTF_DECL_TAG] = {4, 0},
		[KL_BTF_ENUM64] = {0, 12},
	};

	if (kind >= KL_BTF_INT && kind <= KL_BTF_ENUM64) {
		*ret = sizes[kind].fixed + (uint64_t)sizes[kind].each * count;
		return true;
	}
	if (!kind || ((uint64_t)kind + 1) * LAYOUT_SIZE > btf->layout_size)
		return false;
	*ret = btf->layout[kind * LAYOUT_SIZE] + (uint64_t)btf->layout[kind * LAYOUT_SIZE + 1] * count;
	return true;
}

static struct kl_error *find_types(struct kl_btf *btf)
{
	uint64_t at = 0, trailing;

	while (at < btf->types_size) {
		uint32_t info;

		if (btf->types_size - at < KL_BTF_TYPE_SIZE)
			return kl_error_create(KL_ERROR_CORRUPT, "BTF ends inside of a type");
		info = kl_get_u32(btf->types + at + 4);
		if (!trailing_size(btf, kl_btf_info_kind(info), kl_btf_info_count(info), &trailing))
			return kl_error_create(KL_ERROR_UNSUPPORTED,
					       "BTF type %zu is of kind %u, which this program does not know",
					       btf->first_id + btf->offsets.count, kl_btf_info_kind(info));
		if (trailing > btf->types_size - at - KL_BTF_TYPE_SIZE)
			return kl_error_create(KL_ERROR_CORRUPT, "BTF type %zu ends behind all types",
					       btf->first_id + btf->offsets.count);
		if (!kl_vec_push(&btf->offsets, (uint32_t)at))
			return kl_error_nomem();
		at += KL_BTF_TYPE_SIZE + trailing;
	}
	return NULL;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool add_name_of_btf(struct kl_btf *btf, const char *text, uint32_t id, uint32_t item)
{
	uint64_t hash = kl_hash_bytes(KL_HASH_SEED, text, strlen(text)), first = 0;
	struct kl_btf_name name = {.id = id, .item = item};

	if (kl_map_get(&btf->by_name, hash, &first))
		name.next = (uint32_t)first;
	return kl_vec_push(&btf->names, name) && kl_map_put(&btf->by_name, hash, btf->names.count);
}

static bool add_enumerators(struct kl_btf *btf, const struct kl_btf_type *type)
{
	uint32_t i;

	for (i = 0; i < type->count; i++) {
		int64_t value;
		const char *name = kl_btf_enumerator(btf, type, i, &value);

		if (name && !add_name_of_btf(btf, name, type->id, i))
			return false;
	}
	return true;
}

/* Functions and their parameters, which are a half of all types, are not asked for. */
static bool is_asked_by_name(enum kl_btf_kind kind)
{
	switch (kind) {
	case KL_BTF_INT:
	case KL_BTF_STRUCT:
	case KL_BTF_UNION:
	case KL_BTF_ENUM:
	case KL_BTF_TYPEDEF:
	case KL_BTF_VAR:
	case KL_BTF_DATASEC:
	case KL_BTF_FLOAT:
	case KL_BTF_ENUM64:
		return true;
	default:
		return false;
	}
}

static struct kl_error *find_names(struct kl_btf *btf)
{
	size_t i;

	for (i = 0; i < btf->offsets.count; i++) {
		struct kl_btf_type type;

		if (!kl_btf_type(btf, btf->first_id + (uint32_t)i, &type))
			continue;
		if (type.name && is_asked_by_name(type.kind) && !add_name_of_btf(btf, type.name, type.id, UINT32_MAX))
			return kl_error_nomem();
		if ((type.kind == KL_BTF_ENUM || type.kind == KL_BTF_ENUM64) && !add_enumerators(btf, &type))
			return kl_error_nomem();
	}
	return NULL;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bool is_within(uint32_t offset, uint32_t size, uint64_t all)
{
	return (uint64_t)offset + size <= all;
}

static struct kl_error *find_sections(struct kl_btf *btf, size_t size)
{
	uint64_t all;
	struct header h;

	if (size < KL_BTF_HEADER || kl_get_u16(btf->data) != MAGIC)
		return kl_error_create(KL_ERROR_FORMAT, "no BTF");
	h = read_btf_header(btf->data, size);
	if (btf->data[2] != VERSION)
		return kl_error_create(KL_ERROR_UNSUPPORTED, "BTF of version %u, this program knows %u", btf->data[2],
				       VERSION);
	if (h.length < KL_BTF_HEADER || h.length > size)
		return kl_error_create(KL_ERROR_CORRUPT, "BTF has a header of %u bytes", h.length);
	all = size - h.length;
	if (!is_within(h.type_offset, h.type_size, all) || !is_within(h.string_offset, h.string_size, all) ||
	    !is_within(h.layout_offset, h.layout_size, all))
		return kl_error_create(KL_ERROR_CORRUPT, "BTF is truncated: %zu bytes are not all of it", size);
	btf->types = btf->data + h.length + h.type_offset;
	btf->types_size = h.type_size;
	btf->strings = (const char *)btf->data + h.length + h.string_offset;
	btf->strings_size = h.string_size;
	btf->layout = btf->data + h.length + h.layout_offset;
	btf->layout_size = h.layout_size;
	if (h.string_size && btf->strings[h.string_size - 1])
		return kl_error_create(KL_ERROR_CORRUPT, "the last string of the BTF does not end");
	return NULL;
}

struct kl_error *kl_btf_parse(uint8_t *data, size_t size, const struct kl_btf *base, struct kl_btf **ret)
{
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = calloc(1, sizeof(*btf));
	struct kl_error *err;

	if (!btf) {
		free(data);
		return kl_error_nomem();
	}
	btf->data = data;
	btf->size = size;
	btf->base = base;
	btf->first_id = base ? base->first_id + (uint32_t)base->offsets.count : 1;
	btf->first_string = base ? base->first_string + base->strings_size : 0;
	err = find_sections(btf, size);
	if (!err)
		err = find_types(btf);
	if (!err)
		err = find_names(btf);
	if (err)
		return err;
	*ret = kl_take(btf);
	return NULL;
}

void kl_btf_destroy(struct kl_btf *btf)
{
	if (!btf)
		return;
	kl_vec_deinit(&btf->offsets);
	kl_vec_deinit(&btf->names);
	kl_map_deinit(&btf->by_name);
	free(btf->data);
	free(btf);
}

bool kl_btf_is(const struct kl_btf *btf, const uint8_t *data, size_t size)
{
	return btf->size == size && !memcmp(btf->data, data, size);
}

size_t kl_btf_count(const struct kl_btf *btf)
{
	return btf->offsets.count;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* All of an open file that is nothing but BTF; *data stays NULL when it is something else. */
static struct kl_error *read_raw_btf(int fd, uint8_t **data, size_t *size)
{
	uint8_t header[KL_BTF_HEADER];
	struct stat st;
	size_t done = 0;
	ssize_t n;

	if (pread(fd, header, sizeof(header), 0) != sizeof(header) || !kl_btf_size(header) || fstat(fd, &st) ||
	    st.st_size <= 0)
		return NULL;
	*size = kl_btf_size(header) < (size_t)st.st_size ? kl_btf_size(header) : (size_t)st.st_size;
	*data = malloc(*size + 1);
	if (!*data)
		return kl_error_nomem();
	while (done < *size && (n = pread(fd, *data + done, *size - done, (off_t)done)) > 0)
		done += (size_t)n;
	*size = done;
	return NULL;
}

/* *data stays NULL when there is no such section. */
static struct kl_error *copy_section(struct kl_elf_file *file, const char *name, uint8_t **data, size_t *size)
{
	struct kl_elf_section *section = kl_elf_file_find(file, name);
	struct kl_error *err = section ? kl_elf_file_load(file, section) : NULL;

	*data = NULL;
	if (err || !section)
		return err;
	*size = section->data ? section->data_size : 0;
	*data = malloc(*size + 1);
	if (!*data)
		return kl_error_nomem();
	if (*size)
		memcpy(*data, section->data, *size);
	return NULL;
}

static struct kl_error *read_section_of_elf(const char *path, const struct kl_debug_bounds *bounds, uint8_t **data,
					    size_t *size)
{
	_cleanup_(kl_elf_file_closep) struct kl_elf_file *file = NULL;
	struct kl_error *err = kl_elf_file_open(path, bounds, &file);

	if (err)
		return err;
	err = kl_error_prepend(copy_section(file, ".BTF", data, size), "%s", path);
	return err || *data ? err : kl_error_create(KL_ERROR_FORMAT, "%s: no BTF, and no section .BTF", path);
}

struct kl_error *kl_btf_open(const char *path, const struct kl_debug_bounds *bounds, struct kl_btf **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct kl_error *err;
	uint8_t *data = NULL;
	size_t size = 0;

	if (fd < 0)
		return kl_error_create(KL_ERROR_IO, "%s: %s", path, strerror(errno));
	err = read_raw_btf(fd, &data, &size);
	if (!err && !data)
		err = read_section_of_elf(path, bounds, &data, &size);
	if (err) {
		free(data);
		return err;
	}
	return kl_error_prepend(kl_btf_parse(data, size, NULL, ret), "%s", path);
}

/* @data continues the distilled base in @base_data, which is given away. */
static struct kl_error *parse_distilled(uint8_t *data, size_t size, uint8_t *base_data, size_t base_size,
					const struct kl_btf *kernel, struct kl_btf **ret)
{
	_cleanup_(kl_btf_destroyp) struct kl_btf *base = NULL, *split = NULL;
	struct kl_error *err = kl_error_prepend(kl_btf_parse(base_data, base_size, NULL, &base), ".BTF.base");

	if (err) {
		free(data);
		return err;
	}
	err = kl_btf_parse(data, size, base, &split);
	return err ? err : kl_btf_relocate(split, kernel, ret);
}

struct kl_error *kl_btf_open_module(const char *path, const struct kl_debug_bounds *bounds, const struct kl_btf *kernel,
				    struct kl_btf **ret)
{
	_cleanup_(kl_elf_file_closep) struct kl_elf_file *file = NULL;
	uint8_t *data = NULL, *base = NULL;
	size_t size = 0, base_size = 0;
	struct kl_error *err = kl_elf_file_open(path, bounds, &file);

	if (err)
		return err;
	err = copy_section(file, ".BTF", &data, &size);
	if (!err && !data)
		err = kl_error_create(KL_ERROR_FORMAT, "no section .BTF");
	if (!err)
		err = copy_section(file, ".BTF.base", &base, &base_size);
	if (err)
		free(data);
	else
		err = base ? parse_distilled(data, size, base, base_size, kernel, ret)
			   : kl_btf_parse(data, size, kernel, ret);
	return kl_error_prepend(err, "%s", path);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/layout_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "debug/cache_file.h"
#include "util/map.h"
#include "util/strbuf.h"

/* Counted up when the meaning of a field changes, so that older files miss. */
#define FORMAT "kleak-dump layouts 1"
/* A line per request, some 440 requests; a larger file is not one of ours. */
#define FILE_MAX (1024 * 1024)

/* The fields of each kind of answer, in the order of a line. `max` is the largest value that can be right, 0 = any. */
struct field {
	uint8_t offset, size, max;
};
/* clang-format off */
#define FIELD(type, name, max) {offsetof(struct type, name), sizeof(((struct type *)NULL)->name), max}

static const struct field type_fields[] = {
	FIELD(kl_type, present, 1),
	FIELD(kl_type, size, 0),
	{0},
};
static const struct field member_fields[] = {
	FIELD(kl_member, present, 1),
	FIELD(kl_member, is_pointer, 1),
	FIELD(kl_member, is_signed, 1),
	FIELD(kl_member, is_array, 1),
	FIELD(kl_member, offset, 0),
	FIELD(kl_member, size, 0),
	FIELD(kl_member, bit_offset, 7),
	FIELD(kl_member, bit_size, 64),
	FIELD(kl_member, count, 0),
	FIELD(kl_member, element_size, 0),
	{0},
};
static const struct field enumerator_fields[] = {
	FIELD(kl_enumerator, present, 1),
	FIELD(kl_enumerator, value, 0),
	{0},
};
static const struct field variable_fields[] = {
	FIELD(kl_variable, present, 1),
	FIELD(kl_variable, is_pointer, 1),
	FIELD(kl_variable, is_array, 1),
	FIELD(kl_variable, address, 0),
	FIELD(kl_variable, size, 0),
	FIELD(kl_variable, count, 0),
	FIELD(kl_variable, element_size, 0),
	{0},
};
/* clang-format on */

static const struct field *answer_fields(enum kl_request_kind kind)
{
	switch (kind) {
	case KL_REQUEST_TYPE:
		return type_fields;
	case KL_REQUEST_MEMBER:
		return member_fields;
	case KL_REQUEST_ENUMERATOR:
		return enumerator_fields;
	case KL_REQUEST_VARIABLE:
	case KL_REQUEST_SYMBOL:
		break;
	}
	return variable_fields;
}

static uint64_t hash_requests(const struct kl_request *requests, size_t n)
{
	uint64_t hash = kl_cache_hash_string(KL_HASH_SEED, FORMAT);
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t numbers[] = {requests[i].kind, requests[i].required, requests[i].target};

		hash = kl_hash_bytes(hash, numbers, sizeof(numbers));
		hash = kl_cache_hash_string(hash, requests[i].unit);
		hash = kl_cache_hash_string(hash, requests[i].owner);
		hash = kl_cache_hash_string(hash, requests[i].path);
	}
	return hash;
}

static bool layout_file_path(const char *cache_dir, const char *build_id, uint64_t hash, struct kl_strbuf *sb)
{
	char suffix[24];

	snprintf(suffix, sizeof(suffix), "%016" PRIx64, hash);
	return kl_cache_file_path(cache_dir, build_id, suffix, sb);
}

static void write_cached_answer(struct kl_strbuf *sb, const struct kl_request *request, const void *result)
{
	const uint8_t *target = (const uint8_t *)result + request->target;
	const struct field *f;

	for (f = answer_fields(request->kind); f->size; f++)
		kl_strbuf_printf(sb, "%s%" PRIx64, f->offset ? " " : "", kl_get_uint(target + f->offset, f->size));
	kl_strbuf_putc(sb, '\n');
}

struct kl_error *kl_layout_cache_store(const char *cache_dir, const char *build_id, const struct kl_request *requests,
				       size_t n, const void *result)
{
	_cleanup_strbuf_ struct kl_strbuf path = {}, text = {};
	uint64_t hash = hash_requests(requests, n);
	size_t i;

	if (!layout_file_path(cache_dir, build_id, hash, &path))
		return kl_error_create(KL_ERROR_NOT_FOUND, "layout cache: no build-id, or no directory to keep it in");
	kl_strbuf_printf(&text, "%s\n%016" PRIx64 "\n", FORMAT, hash);
	for (i = 0; i < n; i++)
		write_cached_answer(&text, &requests[i], result);
	if (path.failed || text.failed)
		return kl_error_nomem();
	return kl_error_prepend(kl_cache_file_write(kl_strbuf_string(&path), &text), "layout cache");
}

/* Takes the line @wanted from the text at *@cursor. */
static bool take_line(const char **cursor, const char *wanted)
{
	size_t length = strlen(wanted);

	if (strncmp(*cursor, wanted, length) || (*cursor)[length] != '\n')
		return false;
	*cursor += length + 1;
	return true;
}

/* Takes a number that @size bytes can hold. */
static bool take_field(const char **cursor, size_t size, char end, uint64_t *ret)
{
	return kl_cache_take_number(cursor, end, ret) && (size >= 8 || !(*ret >> (8 * size)));
}

static void put_field(uint8_t *target, size_t size, uint64_t value)
{
	uint64_t little = htole64(value);

	memcpy(target, &little, size);
}

static bool read_cached_answer(const char **cursor, const struct kl_request *request, void *result)
{
	uint8_t *target = (uint8_t *)result + request->target;
	const struct kl_member *m = (const void *)target;
	const struct field *f;
	uint64_t value;

	for (f = answer_fields(request->kind); f->size; f++) {
		if (!take_field(cursor, f->size, f[1].size ? ' ' : '\n', &value) || (f->max && value > f->max))
			return false;
		put_field(target + f->offset, f->size, value);
	}
	/* kl_member_get() relies on it */
	return request->kind != KL_REQUEST_MEMBER || !m->bit_size || m->size == (m->bit_offset + m->bit_size + 7u) / 8;
}

static bool read_cached_answers(const char *text, size_t length, uint64_t hash, const struct kl_request *requests,
				size_t n, void *result)
{
	const char *cursor = text;
	uint64_t stored;
	size_t i;

	if (!take_line(&cursor, FORMAT) || !kl_cache_take_number(&cursor, '\n', &stored) || stored != hash)
		return false;
	for (i = 0; i < n; i++)
		if (!read_cached_answer(&cursor, &requests[i], result))
			return false;
	return cursor == text + length;
}

static void zero_answers(const struct kl_request *requests, size_t n, void *result)
{
	size_t i;

	for (i = 0; i < n; i++)
		memset((uint8_t *)result + requests[i].target, 0, kl_request_target_size(requests[i].kind));
}

struct kl_error *kl_layout_cache_load(const char *cache_dir, const char *build_id, const struct kl_request *requests,
				      size_t n, void *result, bool *hit)
{
	_cleanup_strbuf_ struct kl_strbuf path = {};
	uint64_t hash = hash_requests(requests, n);
	_cleanup_free_ char *text = NULL;
	size_t length;

	*hit = false;
	zero_answers(requests, n, result);
	if (!layout_file_path(cache_dir, build_id, hash, &path))
		return NULL;
	if (path.failed)
		return kl_error_nomem();
	text = kl_cache_file_read(kl_strbuf_string(&path), FILE_MAX, &length);
	if (!text)
		return NULL;
	*hit = read_cached_answers(text, length, hash, requests, n, result);
	if (!*hit)
		zero_answers(requests, n, result);
	return NULL;
}

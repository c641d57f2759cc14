/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pointer_words_cache.c: a line of text per entry:
 *
 *	s NAME SIZE PRESENT ADDRESS 0110 ,next,prev,count	a struct; 1 = may be a pointer
 *	v NAME SIZE PRESENT ADDRESS ...				a variable
 */
#include "debug/pointer_words_cache.h"

#include <inttypes.h>
#include <string.h>

#include "debug/cache_file.h"
#include "util/map.h"

/* Counted up when the rules of pointer_words.c change, so that older files miss. */
#define FORMAT "kleak-dump pointer_words 2"
#define FILE_MAX (64 * 1024 * 1024)
#define SIZE_MAX_ (UINT64_C(1) << 24)

/* A list made with another table of integers that are pointers misses, too. */
static uint64_t hash_of_table(void)
{
	uint64_t hash = KL_HASH_SEED;

#define HASH_MEMBER(kind, type, member) \
	hash = kl_cache_hash_string(kl_cache_hash_string(kl_cache_hash_string(hash, kind), type), member);
#define KL_POINTER_MEMBER(type, member, why) HASH_MEMBER("pointer", type, member)
#define KL_COMPARED_MEMBER(type, member, why) HASH_MEMBER("compared", type, member)
#define KL_LATE_MEMBER(type, member, why) HASH_MEMBER("late", type, member)
#define KL_POINTER_TYPE(type, why) hash = kl_cache_hash_string(hash, type);
#include "debug/pointer_words_table.h"
#undef HASH_MEMBER
	return hash;
}

static void write_words_header(struct kl_strbuf *sb, uint64_t start, uint64_t end)
{
	kl_strbuf_printf(sb, "%s %016" PRIx64 " %" PRIx64 " %" PRIx64 "\n", FORMAT, hash_of_table(), start, end);
}

static bool write_words_entry(struct kl_strbuf *sb, const struct kl_pointer_word_list *list,
			      const struct kl_pointer_words *w)
{
	const char *name = kl_intern_get(list->names, w->name, NULL);
	size_t i, count = kl_word_count(w->size);

	if (!*name || !kl_cache_is_plain_name(name))
		return false;
	kl_strbuf_printf(sb, "%c %s %" PRIx64 " %d %" PRIx64 " ", w->is_variable ? 'v' : 's', name, w->size, w->present,
			 w->address);
	for (i = 0; i < count; i++)
		kl_strbuf_putc(sb, '0' + w->pointers[i]);
	kl_strbuf_putc(sb, ' ');
	for (i = 0; i < count; i++) {
		const char *member = kl_intern_get(list->names, w->members[i], NULL);

		if (!kl_cache_is_plain_name(member))
			return false;
		kl_strbuf_printf(sb, ",%s", member);
	}
	kl_strbuf_putc(sb, '\n');
	return true;
}

struct kl_error *kl_pointer_words_cache_store(const char *cache_dir, const char *build_id, uint64_t start, uint64_t end,
					      const struct kl_pointer_word_list *list)
{
	_cleanup_strbuf_ struct kl_strbuf path = {}, text = {};
	const struct kl_pointer_words *w;

	if (!kl_cache_file_path(cache_dir, build_id, "pointer_words", &path))
		return kl_error_create(KL_ERROR_NOT_FOUND,
				       "cache of pointer words: no build-id, or no directory to keep it in");
	write_words_header(&text, start, end);
	kl_vec_for_each (w, &list->list) {
		if (!write_words_entry(&text, list, w))
			return kl_error_create(KL_ERROR_UNSUPPORTED,
					       "cache of pointer words: a name that no compiler made");
	}
	if (path.failed || text.failed)
		return kl_error_nomem();
	return kl_error_prepend(kl_cache_file_write(kl_strbuf_string(&path), &text), "cache of pointer words");
}

static bool read_word_flags(struct kl_pointer_word_list *list, const char **at, struct kl_pointer_words *w,
			    struct kl_error **err)
{
	size_t i, count = kl_word_count(w->size);

	for (i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '0' + (KL_WORD_POINTER | KL_WORD_LATE))
			return false;
		w->pointers[i] = (uint8_t)(**at - '0');
	}
	if (*(*at)++ != ' ')
		return false;
	for (i = 0; i < count; i++) {
		if (*(*at)++ != ',')
			return false;
		*err = kl_cache_take_name(at, ",\n", list->names, &w->members[i]);
		if (*err || !**at)
			return false;
	}
	return *(*at)++ == '\n';
}

static bool read_words_entry(struct kl_pointer_word_list *list, const char **at, struct kl_error **err)
{
	bool is_variable = **at == 'v';
	uint64_t size, present, address;
	struct kl_pointer_words *w;
	uint32_t name;

	if ((!is_variable && **at != 's') || *++*at != ' ')
		return false;
	++*at;
	*err = kl_cache_take_name(at, " \n", list->names, &name);
	if (*err || *(*at)++ != ' ' || !kl_cache_take_number(at, ' ', &size) ||
	    !kl_cache_take_number(at, ' ', &present) || !kl_cache_take_number(at, ' ', &address) || size > SIZE_MAX_ ||
	    present > 1)
		return false;
	w = kl_word_list_add(list, name, size);
	if (!w) {
		*err = kl_error_nomem();
		return false;
	}
	w->is_variable = is_variable;
	w->present = present;
	w->address = address;
	return read_word_flags(list, at, w, err);
}

static bool read_words_file(const char *text, size_t length, const struct kl_strbuf *header,
			    struct kl_pointer_word_list *list, struct kl_error **err)
{
	const char *at = text + header->length, *end = text + length;

	if (length < header->length || memcmp(text, header->data, header->length))
		return false;
	while (at < end)
		if (!read_words_entry(list, &at, err))
			return false;
	return at == end;
}

struct kl_error *kl_pointer_words_cache_load(const char *cache_dir, const char *build_id, uint64_t start, uint64_t end,
					     struct kl_pointer_word_list *ret, bool *hit)
{
	_cleanup_strbuf_ struct kl_strbuf path = {}, header = {};
	_cleanup_free_ char *text = NULL;
	struct kl_error *err = NULL;
	size_t length;

	*hit = false;
	if (!kl_cache_file_path(cache_dir, build_id, "pointer_words", &path))
		return NULL;
	write_words_header(&header, start, end);
	if (path.failed || header.failed)
		return kl_error_nomem();
	text = kl_cache_file_read(kl_strbuf_string(&path), FILE_MAX, &length);
	if (!text)
		return NULL;
	*hit = read_words_file(text, length, &header, ret, &err);
	if (!*hit && !err) {
		kl_word_list_deinit(ret);
		return kl_word_list_init(ret);
	}
	return err;
}

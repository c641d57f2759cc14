/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/cache.h"
#include "image/library.h"
#include "image/source.h"
#include "image/translate.h"
#include "image/vmcoreinfo.h"
#include "util/bytes.h"
#include "util/map.h"

#define DEFAULT_CACHE_BYTES ((size_t)64 << 20)

struct kl_image {
	struct kl_image_info info;
	struct kl_source source;
	struct kl_page_cache *cache;
	struct kl_translator *translator;
	struct kl_vmcoreinfo vmcoreinfo;
	struct kl_image_missing missing;
	struct kl_map lost; /* page frames counted in `missing`, to their enum kl_page_state */
};

static void count_lost_page(struct kl_image *img, uint64_t pfn, enum kl_page_state state)
{
	uint64_t known;

	/* running out of memory here only makes the count too large */
	if (kl_map_get(&img->lost, pfn, &known))
		return;
	(void)kl_map_put(&img->lost, pfn, state);
	if (state == KL_PAGE_MISSING)
		img->missing.missing++;
	else
		img->missing.corrupt++;
	if (img->missing.n_first < KL_IMAGE_MISSING_SHOWN)
		img->missing.first[img->missing.n_first++] = pfn;
}

static enum kl_page_state get_page(struct kl_image *img, uint64_t pfn, const uint8_t **ret)
{
	enum kl_page_state state;
	uint8_t *buffer;

	*ret = kl_source_view(&img->source, pfn);
	if (*ret)
		return KL_PAGE_PRESENT;
	*ret = kl_page_cache_get(img->cache, pfn);
	if (*ret)
		return KL_PAGE_PRESENT;
	buffer = kl_page_cache_reserve(img->cache);
	state = kl_source_page(&img->source, pfn, buffer);
	if (state == KL_PAGE_PRESENT)
		kl_page_cache_commit(img->cache, pfn);
	else
		count_lost_page(img, pfn, state);
	*ret = buffer;
	return state;
}

static enum kl_page_state read_table_page(void *context, uint64_t pfn, const uint8_t **ret)
{
	return get_page(context, pfn, ret);
}

static struct kl_error *open_image_parts(const struct kl_image_options *options, struct kl_image *img)
{
	struct kl_error *err;

	err = kl_source_open(options, &img->info, &img->vmcoreinfo, &img->source);
	if (!err)
		err = kl_page_cache_create(img->info.page_shift,
					   options->cache_bytes ? options->cache_bytes : DEFAULT_CACHE_BYTES,
					   &img->cache);
	if (!err)
		err = kl_translator_create(&img->source, img->info.arch, &img->vmcoreinfo, read_table_page, img,
					   &img->translator);
	if (!err)
		img->info.translation = kl_translator_method(img->translator);
	return err;
}

struct kl_error *kl_image_open(const struct kl_image_options *options, struct kl_image **ret)
{
	struct kl_image *img = calloc(1, sizeof(*img));
	struct kl_error *err;

	if (!img)
		return kl_error_nomem();
	err = open_image_parts(options, img);
	if (err)
		kl_image_destroy(img);
	else
		*ret = img;
	return err;
}

void kl_image_destroy(struct kl_image *img)
{
	if (!img)
		return;
	kl_translator_destroy(img->translator);
	kl_page_cache_destroy(img->cache);
	kl_source_close(&img->source);
	kl_vmcoreinfo_deinit(&img->vmcoreinfo);
	kl_map_deinit(&img->lost);
	free(img);
}

const struct kl_image_info *kl_image_info(const struct kl_image *img)
{
	return &img->info;
}

static struct kl_error *page_error(const struct kl_image *img, enum kl_page_state state, uint64_t pa)
{
	uint64_t pfn = pa >> img->info.page_shift;

	if (state == KL_PAGE_MISSING)
		return kl_error_create(KL_ERROR_MISSING, "page frame %#" PRIx64 " is not in the dump", pfn);
	return kl_error_create(KL_ERROR_CORRUPT, "page frame %#" PRIx64 " is damaged in the dump", pfn);
}

static struct kl_error *translation_error(const struct kl_image *img, enum kl_translation status)
{
	switch (status) {
	case KL_TRANSLATION_UNMAPPED:
		return kl_error_create(KL_ERROR_NOT_FOUND, "nothing is mapped there");
	case KL_TRANSLATION_MISSING:
		return kl_error_create(KL_ERROR_MISSING, "its page table is not in the dump");
	case KL_TRANSLATION_CORRUPT:
		return kl_error_create(KL_ERROR_CORRUPT, "its page table is damaged in the dump");
	default:
		if (img->info.truncated)
			return kl_error_create(
				KL_ERROR_UNSUPPORTED,
				"kernel addresses cannot be translated: the dump is truncated, and its page "
				"tables are in the part that is gone");
		return kl_error_create(KL_ERROR_UNSUPPORTED,
				       "kernel addresses cannot be translated in this dump; it has no (usable) "
				       "VMCOREINFO, which --vmcoreinfo FILE can supply");
	}
}

struct kl_error *kl_image_translate(struct kl_image *img, uint64_t kva, uint64_t *ret)
{
	enum kl_translation status = kl_translate(img->translator, kva, ret);

	if (status == KL_TRANSLATED)
		return NULL;
	return kl_error_prepend(translation_error(img, status), "kernel address %#" PRIx64, kva);
}

/* How much of [@address, @address + @length) lies in the page of @address. */
static size_t bytes_in_page(const struct kl_image *img, uint64_t address, size_t length)
{
	size_t rest = img->info.page_size - (address & (img->info.page_size - 1));

	return rest < length ? rest : length;
}

static struct kl_error *read_in_page(struct kl_image *img, uint64_t pa, void *buffer, size_t length)
{
	const uint8_t *page;
	enum kl_page_state state = get_page(img, pa >> img->info.page_shift, &page);

	if (state != KL_PAGE_PRESENT)
		return page_error(img, state, pa);
	memcpy(buffer, page + (pa & (img->info.page_size - 1)), length);
	return NULL;
}

struct kl_error *kl_image_read(struct kl_image *img, uint64_t kva, void *buffer, size_t length)
{
	uint8_t *to = buffer;

	while (length) {
		size_t now = bytes_in_page(img, kva, length);
		struct kl_error *err;
		uint64_t pa;

		err = kl_image_translate(img, kva, &pa);
		if (err)
			return err;
		err = read_in_page(img, pa, to, now);
		if (err)
			return kl_error_prepend(err, "kernel address %#" PRIx64, kva);
		to += now;
		kva += now;
		length -= now;
	}
	return NULL;
}

struct kl_error *kl_image_read_physical(struct kl_image *img, uint64_t pa, void *buffer, size_t length)
{
	uint8_t *to = buffer;

	while (length) {
		size_t now = bytes_in_page(img, pa, length);
		struct kl_error *err = read_in_page(img, pa, to, now);

		if (err)
			return kl_error_prepend(err, "physical address %#" PRIx64, pa);
		to += now;
		pa += now;
		length -= now;
	}
	return NULL;
}

struct kl_error *kl_image_read_u64(struct kl_image *img, uint64_t kva, uint64_t *ret)
{
	struct kl_error *err = kl_image_read(img, kva, ret, sizeof(*ret));

	if (!err)
		*ret = le64toh(*ret);
	return err;
}

struct kl_error *kl_image_read_string(struct kl_image *img, uint64_t kva, size_t max, char **ret)
{
	_cleanup_free_ char *string = NULL;
	size_t length = 0;

	for (;;) {
		size_t now = bytes_in_page(img, kva + length, max - length);
		struct kl_error *err;
		char *grown, *nul;

		grown = realloc(string, length + now + 1);
		if (!grown)
			return kl_error_nomem();
		string = grown;
		err = kl_image_read(img, kva + length, string + length, now);
		if (err)
			return err;
		nul = memchr(string + length, '\0', now);
		length += now;
		if (nul || length == max)
			break;
	}
	string[length] = '\0';
	*ret = kl_take(string);
	return NULL;
}

struct kl_error *kl_image_check(struct kl_image *img)
{
	return kl_source_check(&img->source);
}

const uint8_t *kl_image_peek_physical(struct kl_image *img, uint64_t pa, size_t *length)
{
	const uint8_t *page;

	if (get_page(img, pa >> img->info.page_shift, &page) != KL_PAGE_PRESENT)
		return NULL;
	*length = bytes_in_page(img, pa, SIZE_MAX);
	return page + (pa & (img->info.page_size - 1));
}

const uint8_t *kl_image_peek(struct kl_image *img, uint64_t kva, size_t *length)
{
	uint64_t pa;

	if (kl_translate(img->translator, kva, &pa) != KL_TRANSLATED)
		return NULL;
	return kl_image_peek_physical(img, pa, length);
}

size_t kl_image_read_partial(struct kl_image *img, uint64_t kva, void *buffer, size_t length)
{
	uint8_t *to = buffer;
	size_t present = 0;

	while (length) {
		size_t now = bytes_in_page(img, kva, length), available;
		const uint8_t *from = kl_image_peek(img, kva, &available);

		if (from) {
			memcpy(to, from, now);
			present += now;
		} else {
			memset(to, 0, now);
		}
		to += now;
		kva += now;
		length -= now;
	}
	return present;
}

bool kl_image_has(struct kl_image *img, uint64_t kva)
{
	uint64_t pa;

	return kl_translate(img->translator, kva, &pa) == KL_TRANSLATED &&
	       kl_source_present(&img->source, pa >> img->info.page_shift);
}

bool kl_image_page_present(struct kl_image *img, uint64_t pfn)
{
	return kl_source_present(&img->source, pfn);
}

const struct kl_image_missing *kl_image_missing(const struct kl_image *img)
{
	return &img->missing;
}

const char *kl_image_vmcoreinfo(const struct kl_image *img)
{
	return img->vmcoreinfo.text;
}

bool kl_image_vmcoreinfo_string(const struct kl_image *img, const char *key, const char **ret)
{
	const char *value = kl_vmcoreinfo_string(&img->vmcoreinfo, key);

	if (value)
		*ret = value;
	return value;
}

bool kl_image_vmcoreinfo_hex(const struct kl_image *img, const char *key, uint64_t *ret)
{
	return kl_vmcoreinfo_hex(&img->vmcoreinfo, key, ret);
}

bool kl_image_vmcoreinfo_symbol(const struct kl_image *img, const char *name, uint64_t *ret)
{
	return kl_vmcoreinfo_symbol(&img->vmcoreinfo, name, ret);
}

bool kl_image_vmcoreinfo_number(const struct kl_image *img, const char *name, int64_t *ret)
{
	return kl_vmcoreinfo_value(&img->vmcoreinfo, "NUMBER", name, ret);
}

bool kl_image_vmcoreinfo_value(const struct kl_image *img, const char *kind, const char *name, int64_t *ret)
{
	return kl_vmcoreinfo_value(&img->vmcoreinfo, kind, name, ret);
}

size_t kl_image_cpus(const struct kl_image *img)
{
	return kl_registers_cpus(img->source.ctx);
}

struct kl_error *kl_image_registers(struct kl_image *img, size_t cpu, struct kl_registers *ret)
{
	return kl_registers_read(img->source.ctx, img->info.arch, cpu, ret);
}

size_t kl_image_compressions(const char *ret[KL_IMAGE_COMPRESSIONS_MAX])
{
	uint32_t supported = kl_library_compressions();
	size_t n = 0;

	for (; supported; supported &= supported - 1)
		ret[n++] = kl_library_compression_name(supported & -supported);
	return n;
}

const char *kl_image_library_version(void)
{
	return KDUMPFILE_VERSION_STRING;
}

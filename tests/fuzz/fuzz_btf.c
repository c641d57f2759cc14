/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF, as the kernel's own and as a module's that continues it. */
#include "fuzz.h"

#include "debug/btf.h"

struct answers {
	struct kl_type type;
	struct kl_member member;
	struct kl_variable variable, list;
	struct kl_enumerator enumerator;
};

static const struct kl_request requests[] = {
	{KL_REQUEST_TYPE, NULL, NULL, "shape", false, offsetof(struct answers, type)},
	{KL_REQUEST_MEMBER, NULL, "shape", "named.deep|colour", false, offsetof(struct answers, member)},
	{KL_REQUEST_VARIABLE, NULL, NULL, "counter", false, offsetof(struct answers, variable)},
	{KL_REQUEST_VARIABLE, NULL, NULL, "list", false, offsetof(struct answers, list), "8+shape[]|shape|*[64]"},
	{KL_REQUEST_ENUMERATOR, NULL, "colour", "RED", false, offsetof(struct answers, enumerator)},
};

static bool find_symbol(const void *context, const char *name, bool is_variable, uint64_t *address, uint64_t *room)
{
	(void)context;
	*address = strcmp(name, "__per_cpu_start") ? UINT64_MAX - 4096 : 0;
	*room = is_variable ? 64 : 0;
	return true;
}

static bool has_unit(const void *context, const char *unit)
{
	(void)context;
	(void)unit;
	return true;
}

static void ask(const struct kl_btf *btf)
{
	static const char *const names[] = {"shape", "colour"};
	const struct kl_btf_symbols symbols = {find_symbol, has_unit, NULL};
	const struct kl_pointer_words_query query = {names, 2, 0, 1 << 20};
	_cleanup_word_list_ struct kl_pointer_word_list words = {};
	struct answers a;

	kl_error_destroy(kl_btf_resolve(btf, &symbols, requests, sizeof(requests) / sizeof(*requests), &a));
	kl_error_destroy(kl_word_list_init(&words));
	kl_error_destroy(kl_btf_pointer_words(btf, &symbols, &query, &words));
}

static uint8_t *copy(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size + 1);

	if (!bytes)
		abort();
	memcpy(bytes, data, size);
	return bytes;
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	_cleanup_(kl_btf_destroyp) struct kl_btf *btf = NULL, *split = NULL;

	kl_error_destroy(kl_btf_parse(copy(data, size), size, NULL, &btf));
	if (!btf)
		return;
	ask(btf);
	kl_error_destroy(kl_btf_parse(copy(data, size), size, btf, &split));
	if (split)
		ask(split);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A debug file: ELF sections, symbols, and what src/debug reads of DWARF itself. Line programs are read by libdwarf. */
#include "fuzz.h"

#include "debug/alloc_calls.h"
#include "debug/debug.h"
#include "debug/pointer_words.h"
#include "debug/symbols.h"

struct answers {
	struct kl_type type;
	struct kl_member member;
	struct kl_variable variable;
	struct kl_enumerator enumerator;
	struct kl_variable symbol;
};

static const struct kl_request requests[] = {
	{KL_REQUEST_TYPE, "seed.c", NULL, "shape", false, offsetof(struct answers, type)},
	{KL_REQUEST_MEMBER, NULL, "shape", "named.deep", false, offsetof(struct answers, member)},
	{KL_REQUEST_VARIABLE, "seed.c", NULL, "counter", false, offsetof(struct answers, variable)},
	{KL_REQUEST_ENUMERATOR, NULL, "colour", "RED", false, offsetof(struct answers, enumerator)},
	{KL_REQUEST_SYMBOL, NULL, NULL, "entry", false, offsetof(struct answers, symbol)},
};

/* Who asks for all that a file knows. */
static void ask_for_all(struct kl_debug *dbg)
{
	static const char *const names[] = {"shape", "list"};
	const struct kl_pointer_words_query query = {names, 2, 0, UINT64_MAX};
	struct kl_pointer_word_list words;
	struct kl_alloc_calls calls;

	if (kl_word_list_init(&words) || kl_alloc_calls_init(&calls))
		abort();
	kl_error_destroy(kl_alloc_calls_find(dbg, &calls));
	kl_alloc_calls_at(&calls, 0x401002);
	kl_alloc_calls_in(&calls, "make_shape", 16);
	kl_error_destroy(kl_pointer_words_find(dbg, &query, &words));
	kl_word_list_deinit(&words);
	kl_alloc_calls_deinit(&calls);
}

static void fuzz_one(const uint8_t *data, size_t size)
{
	const struct kl_debug_bounds bounds = {.unpack_limit = 1 << 20, .progress = fuzz_patience()};
	int fd = fuzz_file(data, size);
	struct kl_debug *dbg = NULL;
	struct kl_symbol symbol;
	struct answers a;
	size_t i;

	kl_error_destroy(kl_debug_open_within(fuzz_name(fd), &bounds, &dbg));
	for (i = 0; dbg && i < sizeof(requests) / sizeof(*requests); i++)
		kl_error_destroy(kl_debug_resolve(dbg, &requests[i], 1, &a));
	if (dbg) {
		kl_error_destroy(kl_symbols_by_name(dbg, "entry", &symbol));
		kl_error_destroy(kl_symbols_by_address(dbg, 0x401002, &symbol));
		kl_debug_vermagic(dbg);
		ask_for_all(dbg);
	}
	kl_debug_close(dbg);
	close(fd);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/debugfs_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* .rodata of a distribution kernel is 10 MiB or so. */
#define RODATA_MAX ((uint64_t)256 << 20)
#define WINDOW ((size_t)256 << 10)
/* Windows overlap by more than a literal and what stands before it. */
#define OVERLAP ((size_t)128)

/* Each literal, and where in the string it must begin: WHOLE ones only at the start of a string or behind the
 * "kmemleak: " of pr_fmt(). The linker merges strings that are the end of another, so the plain form need not exist on
 * its own. */
#define LITERALS(X)                                                        \
	X(HEADER, "unreferenced object 0x%08lx (size %zu):\n")             \
	X(HEADER_TYPED, "unreferenced object%s 0x%08lx (size %zu):\n")     \
	X(COMM_AGE, "  comm \"%s\", pid %d, jiffies %lu (age %d.%03ds)\n") \
	X(COMM, "  comm \"%s\", pid %d, jiffies %lu\n")                    \
	X(HEXDUMP_INT, "  hex dump (first %d bytes):\n")                   \
	X(HEXDUMP, "  hex dump (first %zu bytes):\n")                      \
	X(HEXDUMP_PERCPU, "  hex dump (first %zu bytes on cpu %d):\n")     \
	X(TRACE_CRC, "  backtrace (crc %x):\n")                            \
	X(FRAME_HASHED, "    [<%p>] %pS\n")                                \
	X(FRAME_RESTRICTED, "    [<%pK>] %pS\n")                           \
	X(FRAME, "    %pS\n")                                              \
	X(ALLOCINFO_1, "allocinfo - version: 1.0\n")                       \
	X(ALLOCINFO_2, "allocinfo - version: 2.0\n")

enum literal {
#define X(name, text) name,
	LITERALS(X)
#undef X
		N_LITERALS
};

static const struct {
	const char *text;
	size_t length;
} literals[] = {
#define X(name, text) {text, sizeof(text) - 1},
	LITERALS(X)
#undef X
};

/* How a literal was seen. */
struct sighting {
	bool alone;  /* as a string of its own */
	bool warned; /* behind what pr_warn() puts in front: it is a line of kmemleak's report, and nobody else's */
	bool bare_prefix; /* behind "kmemleak: " that begins a string */
};

static bool stands_before(const char *window, const char *hit, const char *text, size_t length)
{
	return (size_t)(hit - window) >= length && !memcmp(hit - length, text, length);
}

/* Reports go to the log through pr_warn() and to the file through seq_printf() with the same words (4.20). */
static void note_context(const char *window, const char *hit, struct sighting *s)
{
	static const char warn[] = "\0014kmemleak: ", bare[] = "\0kmemleak: ";

	s->alone |= hit > window && hit[-1] == '\0';
	s->warned |= stands_before(window, hit, warn, sizeof(warn) - 1);
	s->bare_prefix |= stands_before(window, hit, bare, sizeof(bare) - 1);
}

/* All literals end in a newline and NUL, and newlines are rare and found fast: 5 ms for the 2 MiB of .rodata of a small
 * kernel, its pages read; one memmem() per literal took 12 ms. */
static void search_window(const char *window, size_t length, struct sighting seen[N_LITERALS])
{
	const char *end = window + length, *newline = window;

	while ((newline = memchr(newline, '\n', (size_t)(end - newline))) && ++newline < end) {
		if (*newline)
			continue;
		for (size_t i = 0; i < N_LITERALS; i++) {
			if (stands_before(window, newline, literals[i].text, literals[i].length))
				note_context(window, newline - literals[i].length, &seen[i]);
		}
	}
}

/* Returns whether all of .rodata was there. */
static bool search_rodata(struct kl_kernel *k, char *window, struct sighting seen[N_LITERALS])
{
	uint64_t start = kl_kernel_variable(k, &k->layouts.symbols.__start_rodata);
	uint64_t end = kl_kernel_variable(k, &k->layouts.symbols.__end_rodata);
	bool complete = true;

	/* aarch64 got __start_rodata with 4.7; what follows the text is looked through then */
	if (!start || !end || end <= start) {
		start = kl_kernel_variable(k, &k->layouts.symbols._etext);
		end = kl_kernel_variable(k, &k->layouts.symbols._end);
	}
	if (!start || end <= start || end - start > RODATA_MAX) {
		kl_kernel_anomaly(k, "text", start, "no bounds of .rodata");
		return false;
	}
	for (uint64_t at = start; at < end; at += WINDOW - OVERLAP) {
		size_t length = end - at < WINDOW ? (size_t)(end - at) : WINDOW;

		complete &= kl_kernel_read_partial(k, at, window, length) == length;
		search_window(window, length, seen);
	}
	return complete;
}

static bool was_found(const struct sighting *s)
{
	return s->alone || s->warned || s->bare_prefix;
}

/* Others print frames in the same words: what kmemleak's own pr_warn() says decides where that exists. */
static void conclude_frame(const struct sighting seen[N_LITERALS], struct kl_kmemleak_text *ret)
{
	bool any_warned = seen[FRAME_HASHED].warned || seen[FRAME_RESTRICTED].warned || seen[FRAME].warned;
	bool hashed = any_warned ? seen[FRAME_HASHED].warned : seen[FRAME_HASHED].alone;
	bool restricted = any_warned ? seen[FRAME_RESTRICTED].warned : seen[FRAME_RESTRICTED].alone;

	ret->frame = hashed || restricted ? KL_TEXT_FRAME_POINTER : KL_TEXT_FRAME_SYMBOL;
	ret->restricted = restricted && !hashed;
}

static void conclude_text(const struct sighting seen[N_LITERALS], struct kl_kmemleak_text *ret)
{
	if (was_found(&seen[HEADER_TYPED]))
		ret->header = KL_TEXT_HEADER_CLASS;
	else if (seen[HEADER].bare_prefix && !seen[HEADER].alone)
		ret->header = KL_TEXT_HEADER_PREFIXED;
	else
		ret->header = KL_TEXT_HEADER_PLAIN;
	ret->age = was_found(&seen[COMM_AGE]);
	ret->crc = was_found(&seen[TRACE_CRC]);
	if (was_found(&seen[HEXDUMP_PERCPU]))
		ret->hexdump = KL_TEXT_HEXDUMP_PERCPU;
	else if (was_found(&seen[HEXDUMP]) || was_found(&seen[HEXDUMP_INT]))
		ret->hexdump = KL_TEXT_HEXDUMP_PLAIN;
	conclude_frame(seen, ret);
	ret->allocinfo_version = was_found(&seen[ALLOCINFO_2]) ? 20 : was_found(&seen[ALLOCINFO_1]) ? 10 : 0;
}

static void guess_text(const struct kl_layouts *l, struct kl_kmemleak_text *ret)
{
	const struct kl_layout_kmemleak_object *o = &l->kmemleak_object;
	bool since_7_3 = o->unref_scans.present || !o->type.present;
	bool since_6_12 = since_7_3 || l->variables.min_percpu_addr.present;
	bool since_6_8 = since_6_12 || l->variables.object_percpu_tree_root.present;
	bool since_6_2 = since_6_8 || o->trace_handle.present;

	ret->header = since_7_3 ? KL_TEXT_HEADER_CLASS : KL_TEXT_HEADER_PLAIN;
	ret->age = !since_6_8 && o->checksum.present;
	ret->crc = since_6_8;
	ret->hexdump = since_6_12 ? KL_TEXT_HEXDUMP_PERCPU : KL_TEXT_HEXDUMP_PLAIN;
	ret->frame = since_6_2 ? KL_TEXT_FRAME_SYMBOL : KL_TEXT_FRAME_POINTER;
}

struct kl_error *kl_debugfs_text_detect(struct kl_kernel *k, struct kl_kmemleak_text *ret)
{
	struct sighting seen[N_LITERALS] = {0};
	_cleanup_free_ char *window = malloc(WINDOW);
	struct kl_kmemleak_text guessed = {0};
	bool complete;

	if (!window)
		return kl_error_nomem();
	memset(ret, 0, sizeof(*ret));
	complete = search_rodata(k, window, seen);
	conclude_text(seen, ret);
	if (complete && (was_found(&seen[HEADER]) || was_found(&seen[HEADER_TYPED])))
		return NULL;
	/* Not found proves nothing when pages are missing: then the members decide what the strings leave open. */
	guess_text(&k->layouts, &guessed);
	ret->guessed = true;
	if (!was_found(&seen[HEADER]) && !was_found(&seen[HEADER_TYPED]))
		ret->header = guessed.header;
	if (!was_found(&seen[COMM_AGE]) && !seen[COMM].warned) /* dump_object_info() prints a COMM without age, too */
		ret->age = guessed.age;
	if (!was_found(&seen[TRACE_CRC]))
		ret->crc = guessed.crc;
	if (ret->hexdump == KL_TEXT_HEXDUMP_NONE)
		ret->hexdump = guessed.hexdump;
	if (!seen[FRAME_HASHED].warned && !seen[FRAME_RESTRICTED].warned && !seen[FRAME].warned)
		ret->frame = guessed.frame;
	return NULL;
}

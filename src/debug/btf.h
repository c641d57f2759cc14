/* SPDX-License-Identifier: GPL-2.0-or-later */
/* btf.h: the types that a kernel carries in its own memory, and in files that hold nothing else (.btf).
 *
 * BTF is what pahole makes of DWARF: structs, unions, enums and typedefs of all units, each once; of variables only the
 * per-CPU ones. A module's is split: its types continue the numbers and strings of the kernel's (its base).
 *
 * Bytes come from a stranger. Everything that can be checked without following a reference is checked once, by
 * kl_btf_parse(); references are followed a bounded number of times. Kinds that this program does not know are skipped
 * where the BTF says how long they are (7.1), and refused otherwise: what stands behind them cannot be found.
 * Source: Documentation/bpf/btf.rst, include/uapi/linux/btf.h, 5.2 .. 7.3. Why not libbpf: docs/dependencies.md.
 */
#ifndef KL_DEBUG_BTF_H
#define KL_DEBUG_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/bounds.h"
#include "debug/pointer_words.h"
#include "debug/request.h"
#include "util/cleanup.h"
#include "util/error.h"

struct kl_btf;

/** kl_btf_parse() - take the @size bytes at @data apart.
 * @data: malloc'ed; belongs to @ret from now on, and is released on errors.
 * @base: what this one is split from, NULL for one that stands alone; must outlive @ret.
 * Errors: KL_ERROR_FORMAT (no BTF), KL_ERROR_CORRUPT, KL_ERROR_UNSUPPORTED (another version, a kind that is not known),
 * KL_ERROR_NOMEM.
 * Cost: 9 ms for the 4.9 MB of a distribution's kernel. */
struct kl_error *kl_btf_parse(uint8_t *data, size_t size, const struct kl_btf *base, struct kl_btf **ret);

/** kl_btf_open() - that of a file: nothing but BTF, or an ELF file with a section of it, compressed or not.
 * Errors: as kl_btf_parse() and kl_debug_open_within(), with the path in front. */
struct kl_error *kl_btf_open(const char *path, const struct kl_debug_bounds *bounds, struct kl_btf **ret);

/** kl_btf_open_module() - that of a module's file, which continues @kernel's: directly, or by the distilled base that
 * the file brings along (.BTF.base, 6.12). @kernel must outlive @ret.
 * Errors: as kl_btf_open(); KL_ERROR_MISMATCH when the kernel lacks a type of that base. */
struct kl_error *kl_btf_open_module(const char *path, const struct kl_debug_bounds *bounds, const struct kl_btf *kernel,
				    struct kl_btf **ret);

/** kl_btf_relocate() - @split, which was parsed with a distilled base, on top of @kernel, which must outlive @ret.
 * Errors: KL_ERROR_MISMATCH, KL_ERROR_CORRUPT, KL_ERROR_NOMEM. */
struct kl_error *kl_btf_relocate(const struct kl_btf *split, const struct kl_btf *kernel, struct kl_btf **ret);

void kl_btf_destroy(struct kl_btf *btf);
KL_DEFINE_CLEANUP(struct kl_btf *, kl_btf_destroy)

/** kl_btf_size() - by how many bytes the header says the BTF that begins at @header is long; 0 when none begins there.
 * @header: at least KL_BTF_HEADER bytes. */
#define KL_BTF_HEADER 24
size_t kl_btf_size(const uint8_t *header);

/** kl_btf_is() - whether @btf was made of just these bytes. */
bool kl_btf_is(const struct kl_btf *btf, const uint8_t *data, size_t size);

/** kl_btf_count() - how many types it has, those of its base left out. */
size_t kl_btf_count(const struct kl_btf *btf);

/* What BTF does not know, and a table of symbols does. */
struct kl_btf_symbols {
	/* The linked address of @name, and how many bytes there are up to the next symbol, 0 when nobody knows; false
	 * when there is none of that name, or when it is not certain which one is meant.
	 * @is_variable: it is one, and may be file-static; otherwise it is anything, and global. */
	bool (*find)(const void *context, const char *name, bool is_variable, uint64_t *address, uint64_t *room);
	/* Whether the kernel has this unit, one of "a|b". */
	bool (*has_unit)(const void *context, const char *unit);
	const void *context;
};

/** kl_btf_resolve() - answer the @n requests of the table @requests into the structure @result, as kl_debug_resolve().
 * BTF has no units: of several types with one name that one is taken that has most of the members asked for, and none
 * when that does not decide. A variable is of the type that BTF has for it, or else of the one that its request names.
 * Errors: KL_ERROR_NOT_FOUND for the first missing required one; KL_ERROR_NOMEM. */
struct kl_error *kl_btf_resolve(const struct kl_btf *btf, const struct kl_btf_symbols *symbols,
				const struct kl_request *requests, size_t n, void *result);

/** kl_btf_percpu_bounds() - where the per-CPU section begins and ends, from the addresses of single variables of it.
 * @find: the address of @name; false when it is not known.
 * False when none is known, or when they contradict each other. The end is that of the last variable. */
bool kl_btf_percpu_bounds(const struct kl_btf *btf,
			  bool (*find)(const void *context, const char *name, uint64_t *address), const void *context,
			  uint64_t *start, uint64_t *end);

/** kl_btf_pointer_words() - append the answers to @query to @ret, as kl_pointer_words_find(). The variables are the
 * per-CPU ones whose addresses @symbols tells. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_btf_pointer_words(const struct kl_btf *btf, const struct kl_btf_symbols *symbols,
				      const struct kl_pointer_words_query *query, struct kl_pointer_word_list *ret);

#endif

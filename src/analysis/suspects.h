/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suspects.h: white objects in words that somebody outside of this program can be asked about: a rule that suppresses,
 * a plugin. */
#ifndef KL_ANALYSIS_SUSPECTS_H
#define KL_ANALYSIS_SUSPECTS_H

#include "analysis/snapshot.h"
#include "heap/facts.h"
#include "kernel/machine/slab.h"

struct kl_suspects {
	const struct kl_snapshot *s;
	const struct kl_facts *facts;
	const struct kl_slab_caches *caches;
	struct kl_strbuf site;
};

/** kl_suspects_init() - get ready to describe objects of @s, whose types @facts knows.
 * @ret: freed with kl_suspects_deinit(), after an error too. Errors: out of memory. */
struct kl_error *kl_suspects_init(struct kl_kernel *k, const struct kl_snapshot *s, const struct kl_facts *facts,
				  struct kl_suspects *ret);
void kl_suspects_deinit(struct kl_suspects *suspects);

/* NULL: not known. */
struct kl_suspect_words {
	const char *site;        /* "drivers/acme/ring.c:42": the call site that allocation profiling knows */
	const char *site_module; /* its module; NULL for the kernel itself, too */
	const char *cache, *type;
};

/** kl_suspects_describe() - row @row; valid until the next one is. */
void kl_suspects_describe(struct kl_suspects *suspects, uint32_t row, struct kl_suspect_words *ret);

/** kl_suspects_frames() - append the normalized form (util/stack_name.h) of a stack of @heap; nothing where none is
 * known. Errors: out of memory. */
struct kl_error *kl_suspects_frames(struct kl_kernel *k, const struct kl_heap *heap, uint32_t stack,
				    struct kl_strbuf *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object_types_words.h: the words of the structs and static variables of one dump, from the cache or from DWARF: those
 * of the kernel itself, then of each module. Private to object_types.
 */
#ifndef KL_KERNEL_FACTS_OBJECT_TYPES_WORDS_H
#define KL_KERNEL_FACTS_OBJECT_TYPES_WORDS_H

#include "debug/pointer_words.h"
#include "heap/facts.h"
#include "kernel/facts/type_files.h"

struct kl_word_source {
	struct kl_module *module; /* borrowed; NULL = the kernel itself */
	struct kl_pointer_word_list words;
};

struct kl_word_sources {
	KL_VEC(struct kl_word_source) list; /* the kernel first; what could not be asked is not in it */
	bool incomplete;
};

/* A struct that is asked for. */
struct kl_type_name {
	const char *name;
	uint64_t size;            /* bytes, 0 = of any size */
	struct kl_module *module; /* whose it is; NULL = the kernel's, or else of any module */
};

/** kl_word_sources_read() - ask for the structs @names and for variables: per-CPU ones of the kernel, all of modules.
 * Structs are asked for by name; their sizes do not matter here.
 * Errors: KL_ERROR_NOMEM. Anything else that is wrong with a file leaves an anomaly. */
struct kl_error *kl_word_sources_read(struct kl_kernel *k, const struct kl_type_files *files,
				      const struct kl_type_name *names, size_t n, struct kl_word_sources *ret);
void kl_word_sources_deinit(struct kl_word_sources *sources);

/** kl_word_sources_find() - the words of @type; *list is where its names are. NULL when nobody has it. */
const struct kl_pointer_words *kl_word_sources_find(const struct kl_word_sources *sources,
						    const struct kl_type_name *type,
						    const struct kl_pointer_word_list **list);

/** kl_word_sources_mask() - masks and names for the integers of static variables. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_word_sources_mask(struct kl_kernel *k, const struct kl_word_sources *sources, struct kl_facts *ret);

#endif

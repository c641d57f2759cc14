/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kallsyms_names.h: the compressed names of kallsyms.
 *
 * For each symbol a length (one byte, or two when the first has its top bit set: 6.1) and as many bytes, each
 * of which is the number of a token. The first character of an expanded name is its type, as nm prints it.
 */
#ifndef KL_KERNEL_MACHINE_KALLSYMS_NAMES_H
#define KL_KERNEL_MACHINE_KALLSYMS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kl_kallsyms_names {
	const uint8_t *names;
	size_t names_length;
	const uint8_t *tokens; /* NUL-terminated strings */
	size_t tokens_length;
	uint16_t token_index[256];
};

/** kl_kallsyms_bounds() - where the tokens of the name at @offset begin and end; false when the names end before. */
bool kl_kallsyms_bounds(const struct kl_kallsyms_names *t, size_t offset, size_t *begin, size_t *end);

/** kl_kallsyms_expand() - the name that begins at @offset of the names.
 * @type:   receives the type letter, 0 when the name is empty.
 * @buffer: receives the rest, NUL-terminated, cut at @size - 1.
 * @next:   receives the offset of the following name.
 * False when the tables end, or an index points, outside of what is there. */
bool kl_kallsyms_expand(const struct kl_kallsyms_names *t, size_t offset, char *type, char *buffer, size_t size,
			size_t *next);

#endif

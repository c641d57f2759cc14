/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/kallsyms_names.h"

bool kl_kallsyms_bounds(const struct kl_kallsyms_names *t, size_t offset, size_t *begin, size_t *end)
{
	size_t length;

	if (!t->names || offset >= t->names_length)
		return false;
	length = t->names[offset++];
	if (length & 0x80) {
		if (offset >= t->names_length)
			return false;
		length = (length & 0x7f) | (size_t)t->names[offset++] << 7;
	}
	*begin = offset;
	*end = offset + length;
	return length <= t->names_length - offset;
}

bool kl_kallsyms_expand(const struct kl_kallsyms_names *t, size_t offset, char *type, char *buffer, size_t size,
			size_t *next)
{
	size_t at, end, length = 0;

	*type = '\0';
	buffer[0] = '\0';
	if (!kl_kallsyms_bounds(t, offset, &at, &end))
		return false;
	*next = end;
	for (; at < end; at++) {
		size_t token = t->token_index[t->names[at]];

		for (; token < t->tokens_length && t->tokens[token]; token++) {
			if (!*type)
				*type = (char)t->tokens[token];
			else if (length + 1 < size)
				buffer[length++] = (char)t->tokens[token];
		}
		if (token >= t->tokens_length)
			return false;
	}
	buffer[length] = '\0';
	return true;
}

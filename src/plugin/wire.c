/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/wire.h"

#include <string.h>

/* Its strings follow, each with its NUL. */
struct holder_head {
	uint64_t address, offset;
	uint32_t known; /* bit by bit, which strings there are */
};

#define HOLDER_STRINGS 6

static const char **holder_string(struct kleak_holder *h, int i)
{
	const char **const strings[HOLDER_STRINGS] = {&h->kind, &h->name,   &h->cache,
						      &h->type, &h->member, &h->allocator};

	return strings[i];
}

void kl_wire_put_holder(struct kl_strbuf *sb, const struct kleak_holder *holder)
{
	struct kleak_holder copy = *holder;
	struct holder_head head = {.address = holder->address, .offset = holder->offset};
	int i;

	for (i = 0; i < HOLDER_STRINGS; i++)
		head.known |= *holder_string(&copy, i) ? 1U << i : 0;
	kl_strbuf_append(sb, &head, sizeof(head));
	for (i = 0; i < HOLDER_STRINGS; i++) {
		const char *string = *holder_string(&copy, i);

		if (string)
			kl_strbuf_append(sb, string, strlen(string) + 1);
	}
}

/* The string at @at, which is moved behind it; NULL when it does not end in @record. */
static const char *next_string(const struct kl_strbuf *record, size_t *at)
{
	const char *string = record->data + *at;
	size_t left = record->length - *at, length = strnlen(string, left);

	if (length == left)
		return NULL;
	*at += length + 1;
	return string;
}

bool kl_wire_get_holder(const struct kl_strbuf *record, struct kleak_holder *ret)
{
	struct holder_head head;
	size_t at = sizeof(head);
	int i;

	if (record->length < sizeof(head))
		return false;
	memcpy(&head, record->data, sizeof(head));
	*ret = (struct kleak_holder){.size_of_this = sizeof(*ret), .address = head.address, .offset = head.offset};
	for (i = 0; i < HOLDER_STRINGS; i++) {
		if (!(head.known >> i & 1))
			continue;
		*holder_string(ret, i) = next_string(record, &at);
		if (!*holder_string(ret, i))
			return false;
	}
	return true;
}

bool kl_wire_get_names(const struct kl_strbuf *record, struct kl_wire_names *ret)
{
	size_t at = 0;

	while (at < record->length) {
		const char *name = next_string(record, &at);

		if (!name || !kl_vec_push(&ret->list, name))
			return false;
	}
	return true;
}

/* Its text follows, with a NUL. */
struct value_head {
	uint32_t kind, length;
	int64_t integer;
	double real;
};

void kl_wire_put_value(struct kl_strbuf *sb, const struct kleak_value *v)
{
	const struct value_head head = {.kind = v->kind, .length = v->length, .integer = v->integer, .real = v->real};

	kl_strbuf_append(sb, &head, sizeof(head));
	kl_strbuf_append(sb, v->text, v->length);
	kl_strbuf_append(sb, "", 1);
}

bool kl_wire_get_values(const struct kl_strbuf *record, struct kl_wire_values *ret)
{
	struct value_head head;
	size_t at = 0;

	ret->list.count = 0;
	while (at < record->length) {
		struct kleak_value value;

		if (record->length - at < sizeof(head))
			return false;
		memcpy(&head, record->data + at, sizeof(head));
		at += sizeof(head);
		if (record->length - at <= head.length)
			return false;
		value = (struct kleak_value){.kind = head.kind,
					     .length = head.length,
					     .integer = head.integer,
					     .real = head.real,
					     .text = record->data + at};
		at += head.length + 1;
		if (!kl_vec_push(&ret->list, value))
			return false;
	}
	return true;
}

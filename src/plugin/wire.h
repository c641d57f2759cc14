/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.h: what this process and a child of it tell each other.
 *
 * What a child sends is the plugin's, and is not trusted. What it is sent, about a run and about holders, comes from
 * the same program; that lengths are right is checked all the same.
 */
#ifndef KL_PLUGIN_WIRE_H
#define KL_PLUGIN_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "kleak/plugin.h"
#include "util/strbuf.h"
#include "util/vec.h"

/* Records of the child's, by kind. */
enum kl_plugin_record {
	KL_RECORD_ERROR,        /* text: why it is skipped or failed */
	KL_RECORD_CAPABILITIES, /* uint32_t */
	KL_RECORD_NAME,         /* texts */
	KL_RECORD_VERSION,
	KL_RECORD_LICENSE,
	KL_RECORD_SUMMARY,
	KL_RECORD_NEED,    /* struct kleak_where, in order */
	KL_RECORD_OBJECT,  /* struct kleak_object */
	KL_RECORD_ROOT,    /* struct kl_plugin_root */
	KL_RECORD_OPINION, /* uint32_t: number of the suspect; text */
	KL_RECORD_WORDS,   /* text: what the holder is; empty: no idea */
	KL_RECORD_VIEW,    /* text: whose rows are wanted */
	KL_RECORD_OUTPUT,  /* bytes of a report */
	KL_RECORD_FREED,   /* uint64_t */
	KL_RECORD_FREEING, /* uint64_t: page */
	KL_RECORD_DAMAGE,  /* uint64_t: address; text */
};

/* Records for the child, by kind. */
enum kl_wire_record {
	KL_WIRE_HOLDER,  /* a holder to name */
	KL_WIRE_COLUMNS, /* names, each with its NUL */
	KL_WIRE_ROW,     /* values */
	KL_WIRE_END,     /* of the view */
	KL_WIRE_NO_VIEW, /* there is none of that name */
};

/** kl_wire_put_holder() - append @holder to @sb; kl_wire_get_holder() - the other way round; strings of @ret lie in
 * @record. False when it is no holder. */
void kl_wire_put_holder(struct kl_strbuf *sb, const struct kleak_holder *holder);
bool kl_wire_get_holder(const struct kl_strbuf *record, struct kleak_holder *ret);

struct kl_wire_names {
	KL_VEC(const char *) list;
};

struct kl_wire_values {
	KL_VEC(struct kleak_value) list;
};

/** kl_wire_get_names() - the strings of @record, each with its NUL. False when out of memory. */
bool kl_wire_get_names(const struct kl_strbuf *record, struct kl_wire_names *ret);

/** kl_wire_put_value() - append @value; kl_wire_get_values() - all that @record consists of; their texts lie in it.
 * False when they are none, or out of memory. */
void kl_wire_put_value(struct kl_strbuf *sb, const struct kleak_value *value);
bool kl_wire_get_values(const struct kl_strbuf *record, struct kl_wire_values *ret);

#endif

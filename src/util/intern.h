/* SPDX-License-Identifier: GPL-2.0-or-later */
/* intern.h: byte strings stored once and named by small numbers.
 *
 * Identifier 0 is always the empty string. Identifiers are dense and ascending in order of first use.
 */
#ifndef KL_UTIL_INTERN_H
#define KL_UTIL_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct kl_intern;

struct kl_error *kl_intern_create(struct kl_intern **ret);
void kl_intern_destroy(struct kl_intern *in);
KL_DEFINE_CLEANUP(struct kl_intern *, kl_intern_destroy)

/** kl_intern_add() - the identifier of the @length bytes at @bytes (any bytes, NUL included). */
struct kl_error *kl_intern_add(struct kl_intern *in, const void *bytes, size_t length, uint32_t *ret);

/** kl_intern_get() - the bytes of @id, NUL-terminated, with their length in @length (may be NULL). NULL for unknown
 * ids. Valid until the next kl_intern_add(). */
const char *kl_intern_get(const struct kl_intern *in, uint32_t id, size_t *length);

/** kl_intern_count() - how many identifiers there are, the empty string included. */
uint32_t kl_intern_count(const struct kl_intern *in);

#endif

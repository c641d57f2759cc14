/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate.h: pages of a kdump-compressed file, decompressed with a context that is used again.
 *
 * libkdumpfile (0.5.1 to 0.5.5) makes a context per page: a zstd page takes 17 us there and 7 here, a zlib page 8.2 and
 * 6.9, of which its allocations are the difference. Its API takes no context. What is not known here it still reads.
 */
#ifndef KL_IMAGE_INFLATE_H
#define KL_IMAGE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/kdump.h"

struct kl_inflate;

/** kl_inflate_create() - with all the memory that it will need. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_inflate_create(struct kl_inflate **ret);

/** kl_inflate_knows() - whether kl_inflate_page() can undo what the KL_KDUMP_ flags of a page say (one, or none). */
bool kl_inflate_knows(uint32_t flags);

/** kl_inflate_page() - read the page at @place, which has to have exactly @size bytes. One thread at a time. */
enum kl_page_state kl_inflate_page(struct kl_inflate *i, const struct kl_kdump_place *place, uint8_t *ret, size_t size);
void kl_inflate_destroy(struct kl_inflate *i);

#endif

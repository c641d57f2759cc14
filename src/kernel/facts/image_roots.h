/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image_roots.h: of the image's data sections, the pages that are the image's still.
 *
 * The kernel gives parts of its sections away once it has booted: on x86-64 what is left of .bss..decrypted goes to the
 * page allocator when memory is not encrypted, and slabs were there in every dump of Debian's 6.12. Such pages are
 * whatever they became, and no roots. Pages of the image are reserved (PG_reserved), others are not.
 */
#ifndef KL_KERNEL_FACTS_IMAGE_ROOTS_H
#define KL_KERNEL_FACTS_IMAGE_ROOTS_H

#include "heap/root.h"
#include "kernel/kernel.h"

/** kl_image_roots_trim() - cut pages that were given away out of the roots of kind KL_ROOT_DATA. Pages of which nothing
 * is known stay. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_image_roots_trim(struct kl_kernel *k, struct kl_roots *roots);

#endif

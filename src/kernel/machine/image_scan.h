/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image_scan.h: the kernel's image searched for bytes, before anything is known about it. */
#ifndef KL_KERNEL_MACHINE_IMAGE_SCAN_H
#define KL_KERNEL_MACHINE_IMAGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct kl_kernel;

/* Behind the first address; the images of distributions have 60 MiB. */
#define KL_IMAGE_SCAN_MAX (UINT64_C(256) << 20)
#define KL_IMAGE_PATTERN_MAX 64

/** kl_image_scan() - call @visit with the address of each place, from @start on, where the @length bytes of @pattern
 * stand, until it returns true. What is missing or not mapped is passed over; 16 MiB of it are the end.
 * Errors: KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_image_scan(struct kl_kernel *k, uint64_t start, const void *pattern, size_t length,
			       bool (*visit)(void *context, uint64_t address), void *context);

#endif

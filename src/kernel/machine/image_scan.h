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

/** kl_image_windows() - call @visit with one window after the other of the image from @start on, until it returns true.
 * Windows overlap by @overlap bytes, at most KL_IMAGE_PATTERN_MAX. What is missing or not mapped is zero, or passed
 * over where all of a window is; 16 MiB of that are the end. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_image_windows(struct kl_kernel *k, uint64_t start, size_t overlap,
				  bool (*visit)(void *context, uint64_t address, const uint8_t *bytes, size_t length),
				  void *context);

/** kl_image_scan() - call @visit with the address of each place, from @start on, where the @length bytes of @pattern
 * stand, until it returns true. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_image_scan(struct kl_kernel *k, uint64_t start, const void *pattern, size_t length,
			       bool (*visit)(void *context, uint64_t address), void *context);

#endif

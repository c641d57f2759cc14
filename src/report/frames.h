/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frames.h: stacks and colors in text for people. */
#ifndef KL_REPORT_FRAMES_H
#define KL_REPORT_FRAMES_H

#include <stdbool.h>
#include <stdio.h>

#include "store/rows.h"
#include "util/error.h"

#define KL_COLOR_BOLD "\033[1m"
#define KL_COLOR_RED "\033[1;31m"
#define KL_COLOR_GREEN "\033[32m"
#define KL_COLOR_YELLOW "\033[33m"
#define KL_COLOR_DIM "\033[2m"
#define KL_COLOR_NORMAL "\033[0m"

/** kl_print_frames() - one line per frame, innermost first, with file:line where it is known; '>' marks the first one
 * that is not the allocator's, of whose frames the inlined ones are left out. */
struct kl_error *kl_print_frames(FILE *out, bool color, const struct kl_store_frame *frames, size_t n);

/** kl_top_frame() - index of the first frame that is not the allocator's; @n must not be 0. */
struct kl_error *kl_top_frame(const struct kl_store_frame *frames, size_t n, size_t *ret);

/** kl_outer_frame() - index of the function that frame @top was inlined in, or @top itself: whose symbol has a module.
 */
size_t kl_outer_frame(const struct kl_store_frame *frames, size_t n, size_t top);

#endif

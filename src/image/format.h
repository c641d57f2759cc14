/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format.h: what kind of file something is, by its first bytes. */
#ifndef KL_IMAGE_FORMAT_H
#define KL_IMAGE_FORMAT_H

#include <stdint.h>

#include "util/error.h"

enum kl_format {
	KL_FORMAT_ELF,
	KL_FORMAT_KDUMP,     /* kdump-compressed */
	KL_FORMAT_FLATTENED, /* either of the two as a stream (makedumpfile -F, QEMU to a pipe) */
	KL_FORMAT_OTHER,     /* left to libkdumpfile: LKCD, old diskdump, ... */
};

/** kl_format_recognize() - the format of the regular file @fd.
 * Errors: KL_ERROR_FORMAT (empty, text, compressed, another hypervisor's format, ... the message says what),
 * KL_ERROR_IO; messages do not name the file.
 */
struct kl_error *kl_format_recognize(int fd, enum kl_format *ret);

#endif

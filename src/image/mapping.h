/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mapping.h: a dump file in memory, which cannot end the process.
 *
 * Reading a page of an ELF dump where it lies takes a fifth of what pread(2) and a copy take. But a file that became
 * shorter, or a disk that fails, answers an access to a mapping with SIGBUS. Here that signal puts a page of zeroes in
 * the place of the one that cannot be read, and notes where. Whoever asks for bytes gets them after they were touched:
 * NULL tells him to read the file, which fails in the ordinary way, and names what is missing. A file that breaks
 * between that moment and the use of the bytes makes the whole run fail (kl_mapping_broken()): nothing is concluded
 * from zeroes that are not in the dump.
 *
 * The handler is installed with the first mapping, and passes other SIGBUSes on to whoever had it before.
 */
#ifndef KL_IMAGE_MAPPING_H
#define KL_IMAGE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kl_mapping;

/** kl_mapping_create() - map the first @size bytes of the regular file @fd, which may be closed afterwards.
 * NULL when it cannot or should not be: where the address space is limited (ulimit -v), a quarter of it may be a dump.
 */
struct kl_mapping *kl_mapping_create(int fd, uint64_t size);
void kl_mapping_destroy(struct kl_mapping *m);

/** kl_mapping_bytes() - [@offset, @offset + @length) of the file, not aligned; valid until the mapping is destroyed.
 * NULL where the file ends before or cannot be read, and from then on everywhere. @m may be NULL. */
const uint8_t *kl_mapping_bytes(struct kl_mapping *m, uint64_t offset, size_t length);

/** kl_mapping_broken() - whether bytes given out before may have become zeroes since; @offset: where in the file. */
bool kl_mapping_broken(struct kl_mapping *m, uint64_t *offset);

#endif

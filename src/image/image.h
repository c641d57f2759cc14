/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image.h: one crash dump (or the running kernel's /proc/kcore), read by kernel virtual or physical address.
 *
 * A thin layer above libkdumpfile that adds what it lacks for bulk work on doubtful files: formats named in errors,
 * presence decided from the dump's own tables before the library is asked, a page cache indexed by page frame, kernel
 * page tables walked here (translate.h), flattened streams put in order (flatten.h), split sets and truncated files.
 *
 * Missing pages never abort a run: every read that meets one says so (KL_ERROR_MISSING, or zeroes for
 * kl_image_read_partial()) and the page is counted once in kl_image_missing(). A missing page is never confused with a
 * page of zeroes: makedumpfile's kdump format keeps zero pages as references to one shared page also with -d 1, and ELF
 * segments whose memory size is larger than their file size count as missing past the latter.
 *
 * All integers are little-endian; other machines are refused. A `struct kl_image` belongs to one thread; a second
 * thread opens its own, which costs milliseconds and shares nothing.
 */
#ifndef KL_IMAGE_IMAGE_H
#define KL_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/arch.h"
#include "image/info.h"
#include "image/registers.h"
#include "util/cleanup.h"
#include "util/error.h"

struct kl_image;

/** kl_image_open() - open a dump.
 * @options: copied where needed; nothing in it has to outlive the call.
 *
 * A dump whose kernel addresses cannot be translated still opens (info.translation is NULL), since physical reads work.
 * Errors: KL_ERROR_FORMAT (not a dump; the message says what the file is instead), KL_ERROR_UNSUPPORTED (other
 * architecture, other dump format, a compression that libkdumpfile was built without), KL_ERROR_CORRUPT,
 * KL_ERROR_IO, KL_ERROR_USAGE (no path), KL_ERROR_INTERRUPTED.
 */
struct kl_error *kl_image_open(const struct kl_image_options *options, struct kl_image **ret);

void kl_image_destroy(struct kl_image *img);
KL_DEFINE_CLEANUP(struct kl_image *, kl_image_destroy)
#define _cleanup_image_ _cleanup_(kl_image_destroyp)

const struct kl_image_info *kl_image_info(const struct kl_image *img);

/** kl_image_read() - exactly @length bytes at kernel virtual address @kva.
 *
 * Errors: KL_ERROR_MISSING (names the first missing address and its page frame), KL_ERROR_CORRUPT (the page is there
 * and cannot be decompressed), KL_ERROR_NOT_FOUND (the kernel had nothing mapped there), KL_ERROR_UNSUPPORTED (this
 * dump's addresses cannot be translated at all). @buffer is undefined after an error.
 */
struct kl_error *kl_image_read(struct kl_image *img, uint64_t kva, void *buffer, size_t length);

struct kl_error *kl_image_read_u64(struct kl_image *img, uint64_t kva, uint64_t *ret);

/** kl_image_read_string() - the string at @kva up to its NUL, or its first @max bytes when there is none within them.
 * @ret: malloc'ed, NUL-terminated; holds whatever bytes the dump has.
 * Errors: as kl_image_read(), also when a page is missing before the end of the string.
 */
struct kl_error *kl_image_read_string(struct kl_image *img, uint64_t kva, size_t max, char **ret);

/** kl_image_read_partial() - like kl_image_read(), but what is missing, damaged or unmapped becomes zeroes.
 * Returns the number of bytes that were there. Makes no error objects: the marker calls it for every range it scans.
 */
size_t kl_image_read_partial(struct kl_image *img, uint64_t kva, void *buffer, size_t length);

/** kl_image_read_physical() - exactly @length bytes at physical address @pa; errors as kl_image_read(). */
struct kl_error *kl_image_read_physical(struct kl_image *img, uint64_t pa, void *buffer, size_t length);

/** kl_image_peek() - the page that holds @kva, in the cache or where it lies in the file (hence not aligned), without
 * copying.
 * @length: bytes from the returned pointer to the end of the page.
 * NULL when the page is missing, damaged or unmapped. Valid until the next call on @img.
 */
const uint8_t *kl_image_peek(struct kl_image *img, uint64_t kva, size_t *length);

/** kl_image_peek_physical() - the same by physical address. */
const uint8_t *kl_image_peek_physical(struct kl_image *img, uint64_t pa, size_t *length);

/** kl_image_check() - whether all that was peeked at and read so far was in the dump when it was used.
 * To be asked before anything is concluded. Errors: KL_ERROR_IO (the file became shorter meanwhile, or its disk failed;
 * the message has the offset in the file). */
struct kl_error *kl_image_check(struct kl_image *img);

/** kl_image_translate() - the physical address of @kva. Errors: KL_ERROR_NOT_FOUND (not mapped), KL_ERROR_MISSING or
 * KL_ERROR_CORRUPT (a page table page is), KL_ERROR_UNSUPPORTED. */
struct kl_error *kl_image_translate(struct kl_image *img, uint64_t kva, uint64_t *ret);

/** kl_image_has() - whether @kva is mapped to a page that is in the dump. For addresses that may be none: unlike a read
 * it does not count what is missing, and makes no error objects. */
bool kl_image_has(struct kl_image *img, uint64_t kva);

/** kl_image_page_present() - whether the contents of page frame @pfn are in the file(s). Reads nothing. */
bool kl_image_page_present(struct kl_image *img, uint64_t pfn);

#define KL_IMAGE_MISSING_SHOWN 8

/* Pages that were asked for and could not be had, each counted once. */
struct kl_image_missing {
	uint64_t missing;                       /* not in the dump: filtered, truncated or never written */
	uint64_t corrupt;                       /* in the dump, but damaged */
	uint64_t first[KL_IMAGE_MISSING_SHOWN]; /* the first page frames of both kinds, in order of being met */
	size_t n_first;
};

const struct kl_image_missing *kl_image_missing(const struct kl_image *img);

/* VMCOREINFO: the text that the kernel left about itself, "KEY=value" lines. The lookups return false when the dump has
 * no VMCOREINFO, the key is absent, or its value is not a number. The first of equal keys counts. */

/** kl_image_vmcoreinfo() - the text, cut at the first byte that is no text; NULL when there is none. Owned by @img. */
const char *kl_image_vmcoreinfo(const struct kl_image *img);

/** kl_image_vmcoreinfo_string() - the value of "@key=..."; owned by @img. */
bool kl_image_vmcoreinfo_string(const struct kl_image *img, const char *key, const char **ret);

/** kl_image_vmcoreinfo_hex() - of "@key=<hex without 0x>", such as KERNELOFFSET. */
bool kl_image_vmcoreinfo_hex(const struct kl_image *img, const char *key, uint64_t *ret);

/** kl_image_vmcoreinfo_symbol() - of "SYMBOL(@name)=<hex without 0x>". */
bool kl_image_vmcoreinfo_symbol(const struct kl_image *img, const char *name, uint64_t *ret);

/** kl_image_vmcoreinfo_number() - of "NUMBER(@name)=<decimal or 0x hex>"; a hex value above INT64_MAX wraps. */
bool kl_image_vmcoreinfo_number(const struct kl_image *img, const char *name, int64_t *ret);

/** kl_image_vmcoreinfo_value() - of "@kind(@name)=<number>" for OFFSET, SIZE and LENGTH. */
bool kl_image_vmcoreinfo_value(const struct kl_image *img, const char *kind, const char *name, int64_t *ret);

/** kl_image_cpus() - how many CPUs have saved registers. They are numbered in the dump's order, which is the kernel's
 * unless a CPU without registers (offline, or it did not answer) stands before. */
size_t kl_image_cpus(const struct kl_image *img);

/** kl_image_registers() - the registers of CPU @cpu. Errors: KL_ERROR_NOT_FOUND. */
struct kl_error *kl_image_registers(struct kl_image *img, size_t cpu, struct kl_registers *ret);

#define KL_IMAGE_COMPRESSIONS_MAX 4

/** kl_image_compressions() - the kdump compressions that the installed libkdumpfile can undo, as found by trying.
 * Returns how many names were put into @ret. */
size_t kl_image_compressions(const char *ret[KL_IMAGE_COMPRESSIONS_MAX]);

/** kl_image_library_version() - the libkdumpfile that this program was built with, such as "0.5.1". */
const char *kl_image_library_version(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* library.h: what has to be found out about the installed libkdumpfile, and worked around. */
#ifndef KL_IMAGE_LIBRARY_H
#define KL_IMAGE_LIBRARY_H

#include <libkdumpfile/kdumpfile.h>
#include <stdbool.h>
#include <stdint.h>

/** kl_library_compression_name() - "zlib", "lzo", "snappy", "zstd", or "uncompressed"; @flag as in kdump_format.h. */
const char *kl_library_compression_name(uint32_t flag);

/** kl_library_compressions() - the page compressions (flags of kdump_format.h) that the library can undo.
 *
 * They are options of its build, no call tells them, and a dump opens without them: then every single page fails to
 * read, which would look like a dump without memory. So the library is given a dump in memory whose pages are nonsense,
 * and answers "not implemented" or "corrupt".
 */
uint32_t kl_library_compressions(void);

/** kl_library_free() - release @ctx (may be NULL).
 * @kdump: it has opened a kdump-compressed (or diskdump) file. Releasing such a context, libkdumpfile before 0.5.2
 * reads and writes attributes that it has just freed (upstream 97c716a), so there it is kept until the program ends.
 */
void kl_library_free(kdump_ctx_t *ctx, bool kdump);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug.h: a file with debug information (vmlinux, a separate debug file, a module), and what its DWARF says.
 *
 * DWARF is walked narrowly: units are found by name, only units that are asked for are indexed, and only the DIEs
 * of the requested types are read. dwz's partial units are followed. A `struct kl_debug` is used by one thread at a
 * time. The file is untrusted: every walk is bounded, damage ends in an error or in an absent answer.
 */
#ifndef KL_DEBUG_DEBUG_H
#define KL_DEBUG_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/bounds.h"
#include "debug/request.h"
#include "util/cleanup.h"
#include "util/error.h"

struct kl_debug;

/** kl_debug_open() - kl_debug_open_within() the usual bounds. */
struct kl_error *kl_debug_open(const char *path, struct kl_debug **ret);

/** kl_debug_open_within() - open the ELF file @path: an executable (vmlinux), a separate debug file of one, a module.
 *
 * The file may be compressed with xz, zstd or gzip (recognized by content; unpacked into memory), and so may its
 * debug sections (zlib, zstd). A file without DWARF opens: it still has symbols and a build-id.
 * Sections of a relocatable file (a module, ET_REL) get addresses of their own, one section after the other; all
 * addresses this module speaks of are then of that layout (kl_debug_section() tells it).
 * @bounds: NULL for the usual ones; must outlive @ret, as sections are unpacked when they are needed.
 * Errors: KL_ERROR_IO, KL_ERROR_FORMAT (not ELF, damaged), KL_ERROR_UNSUPPORTED (not 64-bit little-endian, or larger
 * than @bounds allow), KL_ERROR_INTERRUPTED.
 */
struct kl_error *kl_debug_open_within(const char *path, const struct kl_debug_bounds *bounds, struct kl_debug **ret);
void kl_debug_close(struct kl_debug *dbg);
KL_DEFINE_CLEANUP(struct kl_debug *, kl_debug_close)

/** kl_debug_path() - the path it was opened by. */
const char *kl_debug_path(const struct kl_debug *dbg);

/** kl_debug_build_id() - the GNU build-id in lower-case hex, NULL when the file has none. */
const char *kl_debug_build_id(const struct kl_debug *dbg);

/** kl_debug_has_dwarf() - whether there is type information at all. */
bool kl_debug_has_dwarf(const struct kl_debug *dbg);

/** kl_debug_is_relocatable() - whether this is a module (ET_REL), whose addresses are of our own making. */
bool kl_debug_is_relocatable(const struct kl_debug *dbg);

/** kl_debug_section() - address and size in bytes of the allocated section @name (".text"); false when there is none.
 */
bool kl_debug_section(const struct kl_debug *dbg, const char *name, uint64_t *address, uint64_t *size);

/** kl_debug_vermagic() - for which kernel a module was built: "6.12.107 SMP preempt mod_unload "; NULL when the file
 * does not say (a vmlinux, a separate debug file). Owned by @dbg. */
const char *kl_debug_vermagic(struct kl_debug *dbg);

/** kl_debug_resolve() - answer the @n requests of the table @requests into the structure @result.
 *
 * Targets are overwritten; what is absent becomes all zero. Variables have the address that DWARF gives in the unit
 * asked for, so file-static ones of the same name are told apart; a mere declaration is completed from .symtab.
 * Errors: KL_ERROR_NOT_FOUND for the first missing required one, naming it, its unit and the file;
 * KL_ERROR_UNSUPPORTED without DWARF (when any request needs it); KL_ERROR_CORRUPT for damaged DWARF; KL_ERROR_NOMEM.
 * Cost: listing the units once (15 ms for the 13 000 of a kernel that went through dwz), then a ms per distinct unit:
 * the 438 requests of layouts.def take 35 ms, and next to no memory besides the mapped file. A name that no unit has
 * costs a look at all of them, 0.1 s.
 */
struct kl_error *kl_debug_resolve(struct kl_debug *dbg, const struct kl_request *requests, size_t n, void *result);

#endif

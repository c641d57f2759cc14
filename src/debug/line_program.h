/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line_program.h: the rows of one unit's line program, and the files that they name, read by libdwarf.
 *
 * Private to src/debug, and its only use of libdwarf: line programs and the file tables in front of them have changed
 * with each version of DWARF, a stack trace asks for a handful of units, and libdwarf reads them all. DIEs are ours
 * (dwarf.h says why).
 */
#ifndef KL_DEBUG_LINE_PROGRAM_H
#define KL_DEBUG_LINE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "debug/dwarf.h"

struct kl_line_row {
	uint64_t address;
	uint32_t line;
	bool end;         /* the first address past a sequence */
	uint64_t number;  /* of the file, in the unit's table */
	bool same_path;   /* as the row before */
	const char *path; /* NULL = none; stays until the visitor returns */
};

/** kl_line_program_read() - call @visit with every row of the unit at @header, in the order of the program.
 * Ends with the first error that @visit returns. Otherwise KL_ERROR_CORRUPT or KL_ERROR_NOMEM; a unit without a line
 * program has no rows.
 */
struct kl_error *kl_line_program_read(struct kl_dwarf *dw, const struct kl_unit_header *header,
				      struct kl_error *(*visit)(const struct kl_line_row *row, void *context),
				      void *context);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h: rows of text with aligned columns.
 *
 * The first rows are kept until the widths are known; after TABLE_SAMPLE of them everything is printed as it comes, so
 * that a million rows need no memory. Cells are escaped for the terminal.
 */
#ifndef KL_REPORT_TABLE_H
#define KL_REPORT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/error.h"

struct kl_table;

struct kl_error *kl_table_create(FILE *out, size_t columns, struct kl_table **ret);
void kl_table_destroy(struct kl_table *t);
KL_DEFINE_CLEANUP(struct kl_table *, kl_table_destroy)

/** kl_table_cell() - the next cell, from left to right; the first row is the heading.
 * @length: bytes of @text.
 * @right:  align it to the right, as numbers are.
 */
void kl_table_cell(struct kl_table *t, const char *text, size_t length, bool right);

/** kl_table_text() - a cell with @text, "?" for NULL; kl_table_number() - one with a number. */
void kl_table_text(struct kl_table *t, const char *text);
void kl_table_number(struct kl_table *t, uint64_t number);

/** kl_table_end() - print what is still kept. Errors: out of memory. */
struct kl_error *kl_table_end(struct kl_table *t);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print_sweep.h: the tables of --sweep and --explain-policy. */
#ifndef KL_CLI_PRINT_SWEEP_H
#define KL_CLI_PRINT_SWEEP_H

#include <stdio.h>

#include "store/rows.h"

struct kl_error *kl_print_sweep(const struct kl_store_sweep *sweep, FILE *out);
struct kl_error *kl_print_refinements(const struct kl_store_refinement_row *rows, size_t n, FILE *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wrap.h: text that fits the terminal. */
#ifndef KL_CLI_WRAP_H
#define KL_CLI_WRAP_H

#include <stdio.h>

/** kl_cli_wrap_open() - a stream whose lines arrive at @out no wider than @width columns, where they have blanks to be
 * broken at: what follows stands four columns further right than the line begins. Colors take no room. Words are never
 * broken: addresses and names are there to be copied. NULL when out of memory; closing it leaves @out open. */
FILE *kl_cli_wrap_open(FILE *out, size_t width);

#endif

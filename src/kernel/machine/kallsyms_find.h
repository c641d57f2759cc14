/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kallsyms_find.h: where the tables of kallsyms lie in a kernel that does not say so.
 *
 * VMCOREINFO has told since 6.0. Before, and where VMCOREINFO was made by hand, the tables are found by what they look
 * like: all of them stand side by side in .rodata, in one of two orders (scripts/kallsyms.c):
 *
 *	.. 6.3   addresses, or offsets and relative_base; num_syms, names, markers, token_table, token_index
 *	6.4 ..   num_syms, names, markers, token_table, token_index; addresses, or offsets and relative_base
 *
 * The token table begins the search: the tokens of the digits are the digits, and token_index repeats where each token
 * begins. Markers, names and their number are then tied together: the name number 256 * i begins at marker i.
 */
#ifndef KL_KERNEL_MACHINE_KALLSYMS_FIND_H
#define KL_KERNEL_MACHINE_KALLSYMS_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/machine/kallsyms_names.h"
#include "util/error.h"

struct kl_kernel;

/* Run-time addresses; 0 = there is none. */
struct kl_kallsyms_places {
	uint64_t num_syms, names, token_table, token_index;
	uint64_t offsets, relative_base, addresses;
};

/* The ways to read the addresses that fit; whoever reads them knows which proves right. */
#define KL_KALLSYMS_GUESSES 6

/** kl_kallsyms_find() - look for the tables from @start, the address of _stext, on.
 * @found: how many of @ret are filled; 0 when there is nothing like it.
 * Errors: KL_ERROR_NOMEM. Cost: reading what of 256 MiB behind @start is mapped, 0.1 s. */
struct kl_error *kl_kallsyms_find(struct kl_kernel *k, uint64_t start,
				  struct kl_kallsyms_places ret[KL_KALLSYMS_GUESSES], size_t *found);

#endif

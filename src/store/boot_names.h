/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot_names.h: what one dump of a boot could name, all of them can. Private to the writer.
 *
 * When a module is unloaded between two dumps, the frames that stacks have in it lose their symbols, and its call sites
 * their names. So that the same stack is the same one in both runs, whichever was stored first, the hash and the top
 * frame of a stack are those of its namesake with the same addresses, in a run of the same boot, that has fewer frames
 * without a symbol. The frames themselves stay as each dump has them.
 */
#ifndef KL_STORE_BOOT_NAMES_H
#define KL_STORE_BOOT_NAMES_H

#include "util/error.h"

struct kl_writer;

/** kl_writer_share_names() - share names between the run and the others of its boot, and derive the groups of all that
 * changed. Those of the run itself are the caller's. Cost: nothing for the first run of a boot. */
struct kl_error *kl_writer_share_names(struct kl_writer *w);

#endif

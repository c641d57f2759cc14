/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_freed.h: what plugins say waits to be freed. */
#ifndef KL_ANALYSIS_PLUGIN_FREED_H
#define KL_ANALYSIS_PLUGIN_FREED_H

#include "analysis/opened.h"

/** kl_plugin_freed_read() - append what plugins say to kl_machine_waiting(), before any source is read. The policy
 * `kernel` has no use for it. Errors: out of memory, KL_ERROR_INTERRUPTED. */
struct kl_error *kl_plugin_freed_read(struct kl_opened *o);

#endif

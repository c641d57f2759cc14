/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin_needs.h: what plugins have to know of structs and symbols, found out. */
#ifndef KL_ANALYSIS_PLUGIN_NEEDS_H
#define KL_ANALYSIS_PLUGIN_NEEDS_H

#include "analysis/opened.h"
#include "kleak/plugin.h"
#include "util/strbuf.h"

/** kl_plugin_need_resolve() - the answer to @need: from the layouts that every run has, from the file with the debug
 * information of the kernel or module that it is about, from their BTF, and where symbols are concerned from the dump's
 * own tables.
 * @why: why there is none is appended. Called in a child: what is opened for it is closed with the child. */
struct kleak_where kl_plugin_need_resolve(struct kl_opened *o, const struct kleak_need *need, struct kl_strbuf *why);

#endif

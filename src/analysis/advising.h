/* SPDX-License-Identifier: GPL-2.0-or-later */
/* advising.h: what plugins tell a marking: roots before it, and opinions on what it left white. (Objects that they add
 * are a source: plugin_source.h. What they say waits to be freed is told before: plugin_freed.h.)
 *
 * A plugin that failed may have owed more than it said. What it said of objects is dropped then, what it said of roots
 * is kept, and after either the run is incomplete: nothing is accused for want of what it did not say.
 */
#ifndef KL_ANALYSIS_ADVISING_H
#define KL_ANALYSIS_ADVISING_H

#include "analysis/opened.h"
#include "analysis/snapshot.h"
#include "heap/facts.h"
#include "plugin/plugins.h"

/** kl_advising_roots() - append what plugins say holds references to @roots. Errors: out of memory,
 * KL_ERROR_INTERRUPTED. */
struct kl_error *kl_advising_roots(struct kl_opened *o, const struct kl_snapshot *s, struct kl_roots *roots);

/** kl_advising_classify() - ask plugins about the rows for which @wanted has a 1.
 * @reasons: interned words; an identifier in there is stored in @ret for each row that one of them explains.
 * Errors: likewise. */
struct kl_error *kl_advising_classify(struct kl_opened *o, const struct kl_snapshot *s, const struct kl_facts *facts,
				      const uint8_t *wanted, struct kl_intern *reasons, uint64_t *ret);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crosscheck.h: what single variables say, held against what else is known.
 *
 * A marking rests on a few words: one that is wrong can take thousands of references away without any list being
 * damaged. Where a word contradicts what many others prove, the run says so, and goes on with the value that accuses
 * nobody. (What can be checked where it is read is checked there: CPU masks, per-CPU offsets, rings of lists.)
 */
#ifndef KL_ANALYSIS_CROSSCHECK_H
#define KL_ANALYSIS_CROSSCHECK_H

#include "analysis/snapshot.h"

/** kl_crosscheck() - look for pages that are not what they were (kernel/facts/suspects.h); check the clock, the ages,
 * the memory map and the bounds of low memory against the objects of @s, and correct what is proved wrong.
 * Contradictions leave anomalies. Errors: out of memory. */
struct kl_error *kl_crosscheck(struct kl_opened *o, struct kl_snapshot *s);

#endif

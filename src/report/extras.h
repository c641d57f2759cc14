/* SPDX-License-Identifier: GPL-2.0-or-later */
/* extras.h: what one `analyze` was asked besides the run itself: answers that need the dump, so nobody can have them
 * from the database later. In text they follow the report; in JSON they are members of the same object.
 */
#ifndef KL_REPORT_EXTRAS_H
#define KL_REPORT_EXTRAS_H

#include <stdio.h>

#include "report/emitter.h"
#include "store/reader.h"

/* NULL: nobody asked. */
struct kl_extras {
	const struct kl_store_disagreements *disagreements;
	const struct kl_store_refinements *refinements;
	const struct kl_store_sweep *sweep;
};

/** kl_print_extras() - for people. Also says how far a replay agrees with the kernel's last scan, and, with the
 * refinements, how far types are known: both are counters of run @run_id, read from @reader. */
struct kl_error *kl_print_extras(const struct kl_extras *extras, struct kl_reader *reader, int64_t run_id, FILE *out);

/** kl_emit_extras() - the arrays "disagreements", "refinements" and "sweep", those that somebody asked for. */
void kl_emit_extras(const struct kl_extras *extras, struct kl_emitter *e);

#endif

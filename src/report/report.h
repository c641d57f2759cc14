/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h: a stored run, printed.
 *
 * There is one pass over a run; a format is a set of functions that the pass calls with what it reads. So no format
 * knows more than another, and the text and the JSON of a run cannot disagree. A comparison of two runs (diff.h) is
 * made before it is printed; what a format makes of one is a single function.
 */
#ifndef KL_REPORT_REPORT_H
#define KL_REPORT_REPORT_H

#include "report/diff_print.h"
#include "report/emitter.h"
#include "report/extras.h"
#include "report/select.h"
#include "report/tally.h"
#include "store/reader.h"

/* A report being written; formats find in it what they need. */
struct kl_report {
	FILE *out;
	struct kl_reader *reader;
	struct kl_store_run run;
	bool color;                     /* use colors */
	bool terminal;                  /* someone looks at it: bytes from the dump are escaped in every format */
	bool verbose;                   /* name every finding and every anomaly where a format could do without */
	struct kl_selection select;     /* which groups, and whose findings */
	bool summary;                   /* no groups and no findings at all */
	enum kl_tallied_by by;          /* sums instead of groups and findings, unless they are by stack */
	bool weigh_objects;             /* in a format with one weight: objects, not bytes */
	const struct kl_extras *extras; /* to print with the run; NULL when the database is all there is */
	struct kl_emitter emitter;
	void *state; /* a format's own, from begin() to deinit() */
	/* What the selected findings add up to, known before the first group. */
	int64_t groups, leaking_groups, objects, bytes, leaked_objects, leaked_bytes, anomalies;
	struct {
		int64_t rules, used, objects, bytes;
	} suppressed;        /* by rules of the user's, and how many of these were used */
	bool partial;        /* the run is: still set after kl_report_write() */
	bool hinted;         /* that a module's file would name lines was said */
	bool borrowed_names; /* the stack at hand has names that only another dump of its boot knew */
	int64_t row;         /* number of the row at hand within its kind, from 0 */
};

/* Functions that a format does not have are NULL, and what only they would get is not read. Called in this order. */
struct kl_report_format {
	struct kl_error *(*begin)(struct kl_report *report);
	struct kl_error *(*anomaly)(struct kl_report *report, const struct kl_store_anomaly *anomaly);
	struct kl_error *(*advice)(struct kl_report *report, const struct kl_store_advice *advice);
	/* @frames: of the representative's stack */
	struct kl_error *(*group)(struct kl_report *report, const struct kl_store_group *group,
				  const struct kl_store_frame *frames, size_t n);
	struct kl_error *(*finding)(struct kl_report *report, const struct kl_store_finding *finding);
	struct kl_error *(*listing)(struct kl_report *report, const struct kl_store_listing *entry,
				    const struct kl_store_frame *frames, size_t n);
	struct kl_error *(*allocation)(struct kl_report *report, const struct kl_store_allocation *allocation);
	/* Instead of groups, findings and allocations. A format that has no such function takes no --by. */
	struct kl_error *(*tally)(struct kl_report *report, const struct kl_tally *tally);
	struct kl_error *(*end)(struct kl_report *report);
	void (*deinit)(struct kl_report *report); /* also after an error */
	kl_diff_print_fn *diff;                   /* a comparison of two runs instead; NULL: only runs can be shown */
	bool whole;                               /* half of it is worth nothing: print all or nothing */
	bool json;                                /* it is JSON: errors are, too */
	bool findings_on_demand;                  /* findings are only wanted when the report asks to name them */
	/* Around the rows of one kind, also when there are none: @name is "anomalies", "advice", "groups", "findings",
	 * "allocations", "tallies". */
	void (*section_begin)(struct kl_report *report, const char *name);
	void (*section_end)(struct kl_report *report);
};

#define KL_FORMAT(name, summary) extern const struct kl_report_format kl_format_##name;
#include "report/formats.def"
#undef KL_FORMAT

/** kl_report_format_find() - NULL when there is no such format. */
const struct kl_report_format *kl_report_format_find(const char *name);

/** kl_report_weight() - what @group weighs where a format shows one number: bytes or objects, of its leaks, or of all
 * its findings when verdicts were selected. */
int64_t kl_report_weight(const struct kl_report *report, const struct kl_store_group *group, bool objects);

/** kl_report_write() - print run @run_id (0: the newest).
 * @report: out, reader, color, terminal, verbose, select, summary, by, weigh_objects, extras are set by the caller.
 * With @report->by, the selection's `top` is of sums. Errors: KL_ERROR_USAGE when @format has none.
 */
struct kl_error *kl_report_write(struct kl_report *report, const struct kl_report_format *format, int64_t run_id);

#endif

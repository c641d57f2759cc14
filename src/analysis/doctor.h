/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor.h: what a dump has for which answer, what is missing, and how to get it. Nothing is analyzed or stored. */
#ifndef KL_ANALYSIS_DOCTOR_H
#define KL_ANALYSIS_DOCTOR_H

#include "analysis/options.h"
#include "util/error.h"
#include "util/vec.h"

enum kl_doctor_state {
	KL_DOCTOR_FOUND,
	KL_DOCTOR_ABSENT, /* some answers are not to be had, and others are */
	KL_DOCTOR_NEEDED, /* nothing can be analyzed without it */
};

/* One thing that was looked for. Texts may hold bytes of the dump. */
struct kl_doctor_line {
	const char *topic; /* "dump", "vmlinux", "BTF", ...; static */
	enum kl_doctor_state state;
	char *text;    /* what was found, or what it is missing for */
	char *command; /* that would get it; NULL = none */
};

struct kl_doctor {
	KL_VEC(struct kl_doctor_line) lines;
	bool usable; /* `analyze` with the same options can open the kernel */
};

/** kl_doctor_examine() - look through the dump of @options, and for files that belong to it.
 * @ret: zeroed; destroyed by the caller with kl_doctor_deinit(), after an error too.
 * Errors: those of opening the dump, KL_ERROR_NOMEM, KL_ERROR_INTERRUPTED. What else goes wrong is a line. */
struct kl_error *kl_doctor_examine(const struct kl_analysis_options *options, struct kl_doctor *ret);
void kl_doctor_deinit(struct kl_doctor *doctor);

#endif

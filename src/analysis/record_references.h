/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record_references.h: who refers to what, what it is made of, and which leak leads to which, written into the
 * database. Private to record. */
#ifndef KL_ANALYSIS_RECORD_REFERENCES_H
#define KL_ANALYSIS_RECORD_REFERENCES_H

#include "analysis/inquiry.h"
#include "store/writer.h"
#include "verdict/retained.h"

/* Zeroed before; freed with kl_reference_recorder_deinit(), after an error too. */
struct kl_reference_recorder {
	struct kl_inquiry inquiry;
	struct kl_retained retained;
	uint32_t *heads; /* per row */
};

/** kl_references_prepare() - ask who retains what. @a must outlive @r. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_references_prepare(struct kl_analysis *a, struct kl_reference_recorder *r);
void kl_reference_recorder_deinit(struct kl_reference_recorder *r);

/** kl_references_describe() - fill the columns of a finding's row that are about references. Its strings are valid
 * until the next call. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_references_describe(struct kl_reference_recorder *r, uint32_t row, struct kl_store_finding *ret);

/** kl_references_store() - write the references that the options ask for. Errors: as the writer's. */
struct kl_error *kl_references_store(struct kl_reference_recorder *r, struct kl_writer *w);

/** kl_stored_edges_name() - "findings", "all"; NULL where none are, or none were kept. */
const char *kl_stored_edges_name(const struct kl_analysis *a);

#endif

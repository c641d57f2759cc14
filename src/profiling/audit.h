/* SPDX-License-Identifier: GPL-2.0-or-later */
/* audit.h: the kernel's counters per call site, compared with what really refers to the call site.
 *
 * Every slab object, page allocation and per-CPU allocation that was charged to a tag refers to it until it is freed,
 * so a census of the references gives the same sums as the counters, or the counters cannot be believed.
 */
#ifndef KL_PROFILING_AUDIT_H
#define KL_PROFILING_AUDIT_H

#include "profiling/census.h"

/* What a per-CPU allocation of so many bytes is charged with: differs between kernels, told by which one fits. */
enum kl_percpu_charge {
	KL_PERCPU_CHARGE_UNKNOWN,  /* nothing to tell it by */
	KL_PERCPU_CHARGE_ONE,      /* its size (6.10) */
	KL_PERCPU_CHARGE_ALL,      /* its size on every possible CPU (6.12.y, 7.3.y) */
	KL_PERCPU_CHARGE_ALL_MEMCG /* and the array of control groups (pcpu_obj_full_size() with CONFIG_MEMCG) */
};

struct kl_audit_row {
	uint32_t tag;
	enum kl_audit_cause cause;
	int64_t claimed_bytes, claimed_calls; /* the counters */
	int64_t counted_bytes, counted_calls; /* the census */
	size_t counters_of; /* which row has the sums: its own, or that of the first tag with the same counters */
};

struct kl_audit {
	KL_VEC(struct kl_audit_row)
	rows; /* one per tag, in order of the tags; shared counters are in their first row */
	enum kl_percpu_charge charge;
	int64_t claimed;   /* sum of positive claims, bytes */
	int64_t accounted; /* of these, what was found */
	size_t differences;
	int64_t slab_pages_bytes; /* charged to their own call site, and once more object by object */
};

/** kl_audit_make() - compare @census with the counters in @p.
 * @ret: destroyed by the caller with kl_audit_deinit(). Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_audit_make(const struct kl_profiling *p, const struct kl_census *census, struct kl_audit *ret);
void kl_audit_deinit(struct kl_audit *a);
#define _cleanup_audit_ _cleanup_(kl_audit_deinit)

/** kl_audit_counted_bytes() - what @count comes to under @charge. */
int64_t kl_audit_counted_bytes(const struct kl_kernel *k, const struct kl_tag_count *count,
			       enum kl_percpu_charge charge);

#endif

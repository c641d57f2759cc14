/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_alloc_run.h: the references and the audit of a fake kernel, read for a test and freed again. */
#ifndef KL_TESTS_TEST_ALLOC_RUN_H
#define KL_TESTS_TEST_ALLOC_RUN_H

#include "test_alloc_world.h"

#define SLAB_FRAME (SLAB / FAKE_PAGE)

struct done {
	struct kl_profiling profiling;
	struct kl_census census;
	struct kl_audit audit;
};

static inline void run(struct kl_kernel *k, struct done *d)
{
	k->arch = KL_ARCH_X86_64;
	CHECK_OK(kl_profiling_read(k, &d->profiling));
	CHECK_OK(kl_census_take(&d->profiling, NULL, &d->census));
	CHECK_OK(kl_audit_make(&d->profiling, &d->census, &d->audit));
}

static inline void finish(struct kl_kernel *k, struct done *d)
{
	kl_audit_deinit(&d->audit);
	kl_census_deinit(&d->census);
	kl_profiling_deinit(&d->profiling);
	fake_destroy(k);
}

static inline void put_slab_word(struct kl_kernel *k, unsigned field, uint64_t value)
{
	put_u64(k, PAGES + SLAB_FRAME * PAGE_STRUCT + field, value);
}

#endif

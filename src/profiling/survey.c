/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/survey.h"

#include "profiling/tag_deduce.h"

struct kl_error *kl_profiling_survey_read(struct kl_kernel *k, const struct kl_progress *progress, struct kl_heap *heap,
					  struct kl_profiling_survey *ret)
{
	struct kl_error *err = kl_profiling_read(k, &ret->profiling);

	if (err || ret->profiling.tags.info.status == KL_PROFILING_ABSENT)
		return err;
	err = kl_profiling_tag_objects(&ret->profiling, progress, heap, &ret->places);
	if (!err)
		err = kl_tags_deduce(k, &ret->profiling.tags, heap, &ret->deduced);
	if (!err)
		err = kl_census_take(&ret->profiling, progress, &ret->census);
	if (!err)
		err = kl_audit_make(&ret->profiling, &ret->census, &ret->audit);
	return err;
}

void kl_profiling_survey_deinit(struct kl_profiling_survey *s)
{
	kl_audit_deinit(&s->audit);
	kl_census_deinit(&s->census);
	kl_profiling_deinit(&s->profiling);
}

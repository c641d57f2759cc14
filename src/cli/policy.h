/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy.h: an analysis marked under one of the two policies. */
#ifndef KL_CLI_POLICY_H
#define KL_CLI_POLICY_H

#include "cli/analysis.h"

/** kl_policy_mark() - fill roots, mark and edges of @a as its options say; its heap is read already. */
struct kl_error *kl_policy_mark(struct kl_analysis *a);

/** kl_policy_name() - "kernel" or "precise". */
const char *kl_policy_name(enum kl_policy policy);

#endif

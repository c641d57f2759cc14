/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/sheaves.h"

#include "kernel/machine/machine.h"

struct kl_error *kl_sheaves_read(struct kl_kernel *k, struct kl_facts *ret)
{
	const struct kl_sheaves *sheaves;
	struct kl_error *err = kl_machine_sheaves(k, &sheaves);
	const struct kl_sheaf *sheaf;

	if (err)
		return err;
	kl_vec_for_each (sheaf, &sheaves->list) {
		struct kl_mask mask = {.start = sheaf->slots + UINT64_C(8) * sheaf->size,
				       .end = sheaf->slots + UINT64_C(8) * sheaf->capacity,
				       .traits = KL_TRAIT_SHEAF};

		if (mask.start < mask.end && !kl_vec_push(&ret->masks, mask))
			return kl_error_nomem();
	}
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMCOREINFO text, from a note of a dump or from a user's file. */
#include "fuzz.h"

#include "image/vmcoreinfo.h"

static void fuzz_one(const uint8_t *data, size_t size)
{
	struct kl_vmcoreinfo v = {};
	uint64_t number;
	int64_t value;
	size_t i;

	kl_error_destroy(kl_vmcoreinfo_parse(data, size, &v));
	for (i = 0; i < v.lines.count; i++) {
		kl_vmcoreinfo_string(&v, v.lines.data[i].key);
		kl_vmcoreinfo_hex(&v, v.lines.data[i].key, &number);
	}
	kl_vmcoreinfo_symbol(&v, "_stext", &number);
	kl_vmcoreinfo_value(&v, "NUMBER", "phys_base", &value);
	kl_vmcoreinfo_deinit(&v);
}

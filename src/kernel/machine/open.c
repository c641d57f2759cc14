/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/open.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "debug/btf.h"
#include "debug/debug.h"
#include "kernel/machine/dump_types.h"
#include "kernel/machine/identity.h"
#include "kernel/machine/inferred.h"
#include "kernel/machine/kallsyms.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/percpu.h"

static struct kl_error *read_image(void *context, uint64_t address, void *buffer, size_t length)
{
	const struct kl_kernel *k = context;

	return kl_image_read(k->image, kl_untag(k, address), buffer, length);
}

static size_t read_image_partial(void *context, uint64_t address, void *buffer, size_t length)
{
	const struct kl_kernel *k = context;

	return kl_image_read_partial(k->image, kl_untag(k, address), buffer, length);
}

/* The layouts of the dump's own kernel, or of @debug when that is another one and the user insists. */
static struct kl_error *load_layouts(struct kl_kernel *k, const char *cache_dir, bool force)
{
	const char *dump_id = NULL, *debug_id = k->debug ? kl_debug_build_id(k->debug) : NULL;

	if (kl_image_vmcoreinfo_string(k->image, "BUILD-ID", &dump_id)) {
		k->build_id = strdup(dump_id);
		if (!k->build_id)
			return kl_error_nomem();
	}
	if (dump_id && debug_id && strcmp(dump_id, debug_id) != 0) {
		if (!force)
			return kl_error_create(KL_ERROR_MISMATCH, "%s has build-id %s, the dump's kernel has %s",
					       kl_debug_path(k->debug), debug_id, dump_id);
		k->forced = true;
		return kl_layouts_load(k->debug, debug_id, cache_dir, &k->layouts);
	}
	return kl_layouts_load(k->debug, dump_id ? dump_id : debug_id, cache_dir, &k->layouts);
}

/* KERNELOFFSET is what KASLR added. _stext, in every VMCOREINFO, tells the same: both are compared where
 * both are there. */
static struct kl_error *find_shift(struct kl_kernel *k, bool force)
{
	uint64_t stext, offset, by_stext = 0;
	bool has_stext, has_offset;

	has_stext = kl_image_vmcoreinfo_symbol(k->image, "_stext", &stext);
	has_offset = kl_image_vmcoreinfo_hex(k->image, "KERNELOFFSET", &offset);
	if (has_stext)
		by_stext = stext - k->layouts.symbols._stext.address;
	k->shift = has_offset ? offset : by_stext;
	if (!has_stext || !has_offset || offset == by_stext)
		return NULL;
	if (!force)
		return kl_error_create(KL_ERROR_MISMATCH,
				       "vmlinux does not belong to the dump: _stext would be %#" PRIx64
				       ", but is %#" PRIx64,
				       k->layouts.symbols._stext.address + offset, stext);
	k->forced = true;
	return NULL;
}

static void init_memory(struct kl_kernel *k, struct kl_image *image)
{
	const struct kl_image_info *info = kl_image_info(image);

	k->image = image;
	k->memory = (struct kl_kernel_access){read_image, read_image_partial, k};
	k->arch = info->arch;
	k->page_shift = info->page_shift;
}

/* With the layouts known: where the kernel lies, which one it is, and what its CPUs are. */
static struct kl_error *init_kernel(struct kl_kernel *k, bool force)
{
	struct kl_error *err = find_shift(k, force);

	if (!err)
		err = kl_identity_check(k, force);
	if (!err)
		err = kl_identity_read(k);
	if (!err)
		err = kl_percpu_init(k);
	return err;
}

struct kl_error *kl_kernel_open(struct kl_image *image, struct kl_debug *debug, const char *cache_dir, bool force,
				struct kl_kernel **ret)
{
	_cleanup_(kl_kernel_destroyp) struct kl_kernel *k = calloc(1, sizeof(*k));
	struct kl_error *err;

	if (!k)
		return kl_error_nomem();
	init_memory(k, image);
	k->debug = debug;
	err = load_layouts(k, cache_dir, force);
	if (!err)
		err = init_kernel(k, force);
	if (err)
		return err;
	*ret = kl_take(k);
	return NULL;
}

struct kl_error *kl_kernel_open_alone(struct kl_image *image, const char *btf, const struct kl_debug_bounds *bounds,
				      bool force, struct kl_kernel **ret)
{
	_cleanup_(kl_kernel_destroyp) struct kl_kernel *k = calloc(1, sizeof(*k));
	const char *build_id;
	struct kl_error *err;

	if (!k)
		return kl_error_nomem();
	init_memory(k, image);
	k->types = btf ? KL_TYPES_BTF : KL_TYPES_DUMP;
	if (kl_image_vmcoreinfo_string(image, "BUILD-ID", &build_id)) {
		k->build_id = strdup(build_id);
		if (!k->build_id)
			return kl_error_nomem();
	}
	err = kl_dump_types_load(k, btf, bounds, force);
	if (!err)
		err = init_kernel(k, force);
	if (!err && !kl_kallsyms_all(k->kallsyms))
		err = kl_infer_variables(k);
	if (err)
		return err;
	*ret = kl_take(k);
	return NULL;
}

void kl_kernel_destroy(struct kl_kernel *k)
{
	struct kl_anomaly *a;

	if (!k)
		return;
	kl_machine_destroy(k->machine);
	kl_kallsyms_destroy(k->kallsyms);
	kl_btf_destroy(k->btf);
	kl_percpu_deinit(&k->percpu);
	kl_vec_for_each (a, &k->anomalies)
		free(a->message);
	kl_vec_deinit(&k->anomalies);
	kl_map_deinit(&k->anomalies_known);
	free(k->build_id);
	free(k->release);
	free(k->banner);
	free(k->nodename);
	free(k->boot_id);
	free(k);
}

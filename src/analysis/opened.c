/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/opened.h"

#include <stdlib.h>

#include "debug/find.h"
#include "kernel/machine/open.h"

struct kl_error *kl_opened_dump(struct kl_opened *o)
{
	struct kl_image_options options = {
		.paths = o->options->dumps,
		.n_paths = o->options->n_dumps,
		.vmcoreinfo_path = o->options->vmcoreinfo,
		.progress = o->options->progress,
	};
	struct kl_error *err;

	o->bounds =
		(struct kl_debug_bounds){.unpack_limit = o->options->unpack_limit, .progress = o->options->progress};
	err = kl_image_open(&options, &o->image);
	if (!err && kl_image_info(o->image)->live && o->options->give_up)
		err = o->options->give_up();
	return err;
}

static struct kl_error *open_with_vmlinux(struct kl_opened *o)
{
	struct kl_debug_search search = {
		.vmlinux = o->options->vmlinux, .dump_path = o->options->dumps[0], .bounds = &o->bounds};
	const char *text;
	struct kl_error *err;

	if (kl_image_vmcoreinfo_string(o->image, "BUILD-ID", &text))
		search.build_id = text;
	if (kl_image_vmcoreinfo_string(o->image, "OSRELEASE", &text))
		search.release = text;
	err = kl_debug_find(&search, &o->vmlinux);
	if (!err)
		err = kl_debug_open_within(o->vmlinux, &o->bounds, &o->debug);
	if (!err)
		err = kl_kernel_open(o->image, o->debug, NULL, o->options->force, &o->kernel);
	return err;
}

static struct kl_error *open_without_vmlinux(struct kl_opened *o)
{
	return kl_kernel_open_alone(o->image, o->options->btf, &o->bounds, o->options->force, &o->kernel);
}

/* No vmlinux was found or could be read, as @missing says, which is taken: the dump may do without. */
static struct kl_error *do_without_vmlinux(struct kl_opened *o, struct kl_error *missing)
{
	_cleanup_error_ struct kl_error *err = NULL, *both = NULL;

	if (o->options->vmlinux || o->options->lines || o->options->types_from == KL_TYPES_FROM_VMLINUX ||
	    kl_error_code(missing) == KL_ERROR_NOMEM || kl_error_code(missing) == KL_ERROR_INTERRUPTED)
		return missing;
	err = open_without_vmlinux(o);
	if (!err) {
		kl_error_destroy(missing);
		return NULL;
	}
	both = kl_error_create(kl_error_code(missing), "%s; and without one: %s", kl_error_message(missing),
			       kl_error_message(err));
	kl_error_destroy(missing);
	return kl_take(both);
}

/* A kernel seen before needs no vmlinux: the cache has its layouts, the dump its symbols. */
static struct kl_error *open_kernel(struct kl_opened *o)
{
	struct kl_error *missing;

	if (o->options->types_from == KL_TYPES_FROM_BTF)
		return open_without_vmlinux(o);
	if (!o->options->vmlinux && !o->options->lines) {
		struct kl_error *err = kl_kernel_open(o->image, NULL, NULL, o->options->force, &o->kernel);

		if (!err || kl_error_code(err) != KL_ERROR_NOT_FOUND)
			return err;
		kl_error_destroy(err);
	}
	missing = open_with_vmlinux(o);
	return missing && !o->debug ? do_without_vmlinux(o, missing) : missing;
}

static struct kl_source_lines_options module_options(const struct kl_opened *o)
{
	return (struct kl_source_lines_options){
		.kernel = o->kernel,
		.modules = o->options->modules,
		.n_modules = o->options->n_modules,
		.modules_dir = o->options->modules_dir,
		.bounds = &o->bounds,
		.strip_prefix = o->options->strip_prefix,
	};
}

struct kl_error *kl_opened_kernel(struct kl_opened *o)
{
	struct kl_source_lines_options options;
	struct kl_error *err = open_kernel(o);

	if (err || !o->options->lines)
		return err;
	options = module_options(o);
	options.vmlinux = o->debug;
	return kl_source_lines_create(&options, &o->lines);
}

void kl_opened_deinit(struct kl_opened *o)
{
	kl_source_lines_destroy(o->lines);
	kl_source_lines_destroy(o->module_files);
	kl_kernel_destroy(o->kernel);
	kl_debug_close(o->debug);
	kl_image_destroy(o->image);
	free(o->vmlinux);
	*o = (struct kl_opened){.options = o->options};
}

/* ---- files that types come from ---- */

/* A kernel known from the cache of layouts was opened without its vmlinux: only now it is looked for. */
static struct kl_debug *open_vmlinux_for_types(void *context)
{
	struct kl_opened *o = context;
	struct kl_debug_search search = {
		.dump_path = o->options->dumps[0], .build_id = o->kernel->build_id, .bounds = &o->bounds};
	struct kl_error *err;
	const char *text;

	if (o->debug || !search.build_id || o->options->types_from == KL_TYPES_FROM_BTF)
		return o->debug;
	if (kl_image_vmcoreinfo_string(o->image, "OSRELEASE", &text))
		search.release = text;
	free(o->vmlinux);
	o->vmlinux = NULL;
	err = kl_debug_find(&search, &o->vmlinux);
	if (!err)
		err = kl_debug_open_within(o->vmlinux, &o->bounds, &o->debug);
	kl_error_destroy(err); /* then some types stay unknown, which the run records */
	return o->debug;
}

static struct kl_debug *open_module_for_types(void *context, const char *name)
{
	struct kl_opened *o = context;

	if (o->lines)
		return kl_source_lines_module(o->lines, name);
	if (!o->module_files) {
		struct kl_source_lines_options options = module_options(o);
		struct kl_error *err = kl_source_lines_create(&options, &o->module_files);

		if (err)
			kl_kernel_anomaly_error(o->kernel, "types", 0, err);
	}
	return o->module_files ? kl_source_lines_module(o->module_files, name) : NULL;
}

struct kl_type_files kl_opened_type_files(struct kl_opened *o)
{
	return (struct kl_type_files){.vmlinux = open_vmlinux_for_types, .module = open_module_for_types, .context = o};
}

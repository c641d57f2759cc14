/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/repeat.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One path per line in @paths, which is cut up. */
static struct kl_error *split_paths(struct kl_repeat *r)
{
	char *rest = r->paths, *path;

	while ((path = strsep(&rest, "\n"))) {
		if (*path && !kl_vec_push(&r->dumps, path))
			return kl_error_nomem();
	}
	return NULL;
}

/* The file, or files, that the run was made from must still be what they were. */
static struct kl_error *check_unchanged(const struct kl_store_run *run, const struct kl_repeat *r)
{
	int64_t size = 0, newest = 0;
	const char **path;

	kl_vec_for_each (path, &r->dumps) {
		struct stat st;

		if (stat(*path, &st) < 0)
			return errno == ENOENT ? kl_error_create(KL_ERROR_NOT_FOUND, "%s: the dump is gone", *path)
					       : kl_error_from_errno(errno, "%s", *path);
		size += st.st_size;
		newest = st.st_mtim.tv_sec > newest ? st.st_mtim.tv_sec : newest;
	}
	if ((run->dump_size != KL_UNKNOWN && run->dump_size != size) ||
	    (run->dump_mtime_ns != KL_UNKNOWN && run->dump_mtime_ns / 1000000000 != newest))
		return kl_error_create(KL_ERROR_MISMATCH,
				       "%s: the dump changed since it was analyzed; analyze it again",
				       r->dumps.data[0]);
	return NULL;
}

static struct kl_error *analyze_again(const struct kl_repeat_options *options, struct kl_repeat *r)
{
	r->options = (struct kl_analysis_options){
		.settings = &r->settings,
		.dumps = r->dumps.data,
		.n_dumps = r->dumps.count,
		.vmlinux = r->vmlinux,
		.modules = options->modules,
		.n_modules = options->n_modules,
		.modules_dir = options->modules_dir,
		.lines = options->n_modules || options->modules_dir,
		.vmcoreinfo = options->vmcoreinfo,
		.types_from = options->by_btf && !r->vmlinux ? KL_TYPES_FROM_BTF : KL_TYPES_FROM_ANY,
		.btf = options->btf,
		.force = options->force,
		.unpack_limit = options->unpack_limit,
		.plugins = options->plugins,
		.give_up = options->give_up,
		.source = r->source,
		.progress = options->progress,
	};
	return kl_analysis_run(&r->options, &r->analysis);
}

static struct kl_error *copy_vmlinux(const char *path, struct kl_repeat *r)
{
	r->vmlinux = path ? strdup(path) : NULL;
	return path && !r->vmlinux ? kl_error_nomem() : NULL;
}

struct kl_error *kl_repeat_run(const struct kl_store_run *run, const char *settings,
			       const struct kl_repeat_options *options, struct kl_repeat *ret)
{
	const char *paths = options->dump ? options->dump : options->dumps ? options->dumps : run->dump;
	const char *vmlinux = options->vmlinux;
	struct kl_error *err;

	/* One that was moved since may be found by its build-id, or its layouts be known by now. */
	if (!vmlinux && run->vmlinux && !access(run->vmlinux, R_OK))
		vmlinux = run->vmlinux;
	ret->source = kl_store_run_by_allocators(run) ? KL_SOURCE_ALLOCATORS : KL_SOURCE_KMEMLEAK;
	kl_settings_init(&ret->settings);
	ret->paths = strdup(paths);
	err = ret->paths ? copy_vmlinux(vmlinux, ret) : kl_error_nomem();
	if (!err)
		err = split_paths(ret);
	if (!err)
		err = check_unchanged(run, ret);
	if (!err && !strcmp(run->policy, kl_policy_name(KL_POLICY_PRECISE)))
		err = kl_settings_restore(&ret->settings, settings);
	return err ? err : analyze_again(options, ret);
}

struct kl_error *kl_repeat_dump(const struct kl_repeat_options *options, struct kl_repeat *ret)
{
	struct kl_error *err = copy_vmlinux(options->vmlinux, ret);

	kl_settings_init(&ret->settings);
	if (!err && !kl_vec_push(&ret->dumps, options->dump))
		err = kl_error_nomem();
	return err ? err : analyze_again(options, ret);
}

void kl_repeat_deinit(struct kl_repeat *r)
{
	kl_analysis_destroy(r->analysis);
	kl_vec_deinit(&r->dumps);
	free(r->paths);
	free(r->vmlinux);
	kl_settings_deinit(&r->settings);
}

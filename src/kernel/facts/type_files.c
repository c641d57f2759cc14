/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/type_files.h"

const char *kl_type_file_build_id(const struct kl_kernel *k, const struct kl_module *module)
{
	if (module)
		return *module->build_id ? module->build_id : NULL;
	return k->forced ? NULL : k->build_id;
}

struct kl_debug *kl_type_file_open(const struct kl_type_files *files, const struct kl_module *module)
{
	if (module)
		return files->module ? files->module(files->context, module->name) : NULL;
	return files->vmlinux ? files->vmlinux(files->context) : NULL;
}

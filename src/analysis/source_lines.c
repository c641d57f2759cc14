/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/source_lines.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "debug/symbols.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "util/stack_name.h"

/* A directory deeper or larger than any module tree is not walked to its end. */
#define MAX_FILES_WALKED 100000

struct module_file {
	char name[KL_MODULE_NAME_MAX]; /* as the kernel spells it */
	struct kl_debug *debug;        /* NULL: looked for in vain, or refused */
};

struct kl_source_lines {
	struct kl_source_lines_options options;
	KL_VEC(struct module_file) modules;
	bool shift_known; /* without a kernel at hand: how far it lay from where the vmlinux has it */
	uint64_t shift;
};

/* "drivers/net/kmemleak-test.ko.xz" -> "kmemleak_test"; empty when @path does not look like a module. */
static void module_name(const char *path, char ret[KL_MODULE_NAME_MAX])
{
	const char *base = strrchr(path, '/'), *end;
	size_t i, length;

	base = base ? base + 1 : path;
	end = strstr(base, ".ko");
	length = end ? (size_t)(end - base) : 0;
	if (length >= KL_MODULE_NAME_MAX)
		length = 0;
	for (i = 0; i < length; i++)
		ret[i] = base[i] == '-' ? '_' : base[i];
	ret[length] = '\0';
}

/* The build-id that the kernel remembers of module @name; "" when it keeps none or the module is not loaded. */
static const char *loaded_build_id(struct kl_source_lines *lines, const char *name)
{
	struct kl_modules *modules;
	const struct kl_module *m;
	struct kl_error *err;

	if (!lines->options.kernel)
		return "";
	err = kl_machine_modules(lines->options.kernel, &modules);
	if (err) {
		kl_error_destroy(err);
		return "";
	}
	kl_vec_for_each (m, &modules->list) {
		if (!strcmp(m->name, name))
			return m->build_id;
	}
	return "";
}

/* The kernel itself refuses a module whose vermagic does not begin with its release. */
static bool is_built_for(const char *vermagic, const char *release)
{
	size_t length = strlen(release);

	return !strcmp(release, "unknown") ||
	       (!strncmp(vermagic, release, length) && (vermagic[length] == ' ' || !vermagic[length]));
}

/* Types of another build have their members elsewhere, its functions other lines. */
static struct kl_error *check_build(struct kl_source_lines *lines, const char *path, const char *name,
				    struct kl_debug *debug)
{
	const char *loaded = loaded_build_id(lines, name), *own = kl_debug_build_id(debug);
	const char *vermagic = kl_debug_vermagic(debug), *release = lines->options.release;

	if (loaded[0] && own && strcmp(loaded, own) != 0)
		return kl_error_create(KL_ERROR_MISMATCH, "%s: build-id %s, but the loaded module has %s", path, own,
				       loaded);
	/* Kernels before 5.14 do not remember build-ids of modules, nor do those without STACKTRACE_BUILD_ID. */
	if (vermagic && !is_built_for(vermagic, release))
		return kl_error_create(KL_ERROR_MISMATCH, "%s: vermagic \"%s\", but the dump's kernel is %s", path,
				       vermagic, release);
	return NULL;
}

static struct kl_error *open_module(struct kl_source_lines *lines, const char *path)
{
	_cleanup_(kl_debug_closep) struct kl_debug *debug = NULL;
	struct module_file file = {};
	struct kl_error *err = kl_debug_open_within(path, lines->options.bounds, &debug);

	if (err)
		return err;
	module_name(path, file.name);
	if (!file.name[0])
		return kl_error_create(KL_ERROR_FORMAT, "%s: the name is none of a module (NAME.ko)", path);
	err = check_build(lines, path, file.name, debug);
	if (err)
		return err;
	file.debug = debug;
	if (!kl_vec_push(&lines->modules, file))
		return kl_error_nomem();
	debug = NULL;
	return NULL;
}

struct kl_error *kl_source_lines_create(const struct kl_source_lines_options *options, struct kl_source_lines **ret)
{
	_cleanup_(kl_source_lines_destroyp) struct kl_source_lines *lines = calloc(1, sizeof(*lines));
	size_t i;

	if (!lines)
		return kl_error_nomem();
	lines->options = *options;
	if (options->kernel)
		lines->options.release = options->kernel->release;
	else if (!options->release)
		lines->options.release = "unknown";
	for (i = 0; i < options->n_modules; i++) {
		struct kl_error *err = open_module(lines, options->modules[i]);

		if (err)
			return kl_error_prepend(err, "module");
	}
	*ret = kl_take(lines);
	return NULL;
}

void kl_source_lines_destroy(struct kl_source_lines *lines)
{
	struct module_file *file;

	if (!lines)
		return;
	kl_vec_for_each (file, &lines->modules)
		kl_debug_close(file->debug);
	kl_vec_deinit(&lines->modules);
	free(lines);
}

/* nftw() has no context argument: one search at a time. */
static struct {
	const char *name;
	char *path;
	size_t walked;
} search;

static int match_file(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	char name[KL_MODULE_NAME_MAX];

	(void)status;
	(void)ftw;
	if (search.walked++ > MAX_FILES_WALKED)
		return 1;
	if (type != FTW_F)
		return 0;
	module_name(path, name);
	if (strcmp(name, search.name))
		return 0;
	search.path = strdup(path);
	return 1;
}

/* Looks @name up in the directory, once; a file that cannot be used is remembered as absent. */
static struct module_file *search_module(struct kl_source_lines *lines, const char *name)
{
	/* The folder may be a link; those inside of it are not followed. */
	_cleanup_free_ char *dir = lines->options.modules_dir ? realpath(lines->options.modules_dir, NULL) : NULL;
	struct module_file missing = {};
	size_t before = lines->modules.count;

	search.name = name;
	search.path = NULL;
	search.walked = 0;
	if (dir)
		nftw(dir, match_file, 16, FTW_PHYS);
	if (search.path)
		kl_error_destroy(open_module(lines, search.path));
	free(search.path);
	if (lines->modules.count == before) {
		snprintf(missing.name, sizeof(missing.name), "%s", name);
		if (!kl_vec_push(&lines->modules, missing))
			return NULL;
	}
	return &lines->modules.data[lines->modules.count - 1];
}

struct kl_debug *kl_source_lines_module(struct kl_source_lines *lines, const char *name)
{
	struct module_file *file;

	kl_vec_for_each (file, &lines->modules) {
		if (!strcmp(file->name, name))
			return file->debug;
	}
	file = search_module(lines, name);
	return file ? file->debug : NULL;
}

/* The address of @name+@offset in a file that is not where the kernel had it. */
static bool address_in_file(struct kl_debug *debug, const char *name, uint64_t offset, uint64_t *ret)
{
	struct kl_symbol symbol;
	struct kl_error *err = kl_symbols_by_name(debug, name, &symbol);

	kl_error_destroy(err);
	if (err || (symbol.size && offset > symbol.size))
		return false;
	*ret = symbol.address + offset;
	return true;
}

/* @file without the prefix that the user does not want to see, if that ends where a name ends. */
static const char *strip_prefix(const char *file, const char *prefix)
{
	size_t length = prefix ? strlen(prefix) : 0;

	while (length && prefix[length - 1] == '/')
		length--;
	if (!length || strncmp(file, prefix, length) != 0 || file[length] != '/')
		return file;
	return file + length + strspn(file + length, "/");
}

/* What @debug says of the call that returns to @linked, an address of its own. */
static bool find_places(struct kl_source_lines *lines, struct kl_debug *debug, uint64_t linked,
			struct kl_source_place ret[KL_PLACES_MAX], size_t *n)
{
	/* a module has no unit that tells where its kernel's was */
	const char *root = lines->options.vmlinux ? kl_debug_source_root(lines->options.vmlinux) : NULL;
	/* the return address stands behind the call */
	struct kl_error *err = kl_debug_places(debug, linked - 1, ret, n);
	size_t i;

	if (err)
		*n = 0;
	kl_error_destroy(err);
	for (i = 0; i < *n; i++)
		ret[i].file = strip_prefix(strip_prefix(ret[i].file, root), lines->options.strip_prefix);
	return *n > 0;
}

bool kl_source_lines_find(struct kl_source_lines *lines, uint64_t address, struct kl_source_place ret[KL_PLACES_MAX],
			  size_t *n)
{
	struct kl_debug *debug = lines->options.vmlinux;
	struct kl_symbol_place place;
	uint64_t linked = address - lines->options.kernel->shift;
	bool found = false;
	struct kl_error *err = kl_symbol_find(lines->options.kernel, address, &place, &found);

	*n = 0;
	if (!err && found && place.module[0]) {
		debug = kl_source_lines_module(lines, place.module);
		found = debug && address_in_file(debug, place.symbol.name, place.offset, &linked);
	}
	found = found && !err && debug;
	kl_error_destroy(err);
	return found && find_places(lines, debug, linked, ret, n);
}

/* Where the kernel put what the vmlinux has at @linked is the same for all of it: told by one function whose name is
 * its own, it tells file-local ones of one name apart. */
static bool address_in_vmlinux(struct kl_source_lines *lines, const char *name, uint64_t offset, uint64_t address,
			       uint64_t *ret)
{
	struct kl_symbol symbol;
	struct kl_error *err;

	if (address_in_file(lines->options.vmlinux, name, offset, ret)) {
		lines->shift = address - *ret;
		lines->shift_known = true;
		return true;
	}
	if (!lines->shift_known)
		return false;
	*ret = address - lines->shift;
	err = kl_symbols_by_address(lines->options.vmlinux, *ret, &symbol);
	kl_error_destroy(err);
	return !err && !strcmp(symbol.name, name) && *ret - symbol.address == offset;
}

bool kl_source_lines_find_symbol(struct kl_source_lines *lines, const char *symbol, uint64_t address,
				 struct kl_source_place ret[KL_PLACES_MAX], size_t *n)
{
	struct kl_symbol_text text = kl_symbol_text_parse(symbol);
	_cleanup_free_ char *name = text.function ? strndup(text.function, text.function_length) : NULL;
	char module[KL_MODULE_NAME_MAX];
	struct kl_debug *debug = lines->options.vmlinux;
	uint64_t offset, linked;

	*n = 0;
	if (!name || text.function[text.function_length] != '+' ||
	    (text.module && text.module_length >= sizeof(module)))
		return false;
	offset = strtoull(text.function + text.function_length + 1, NULL, 16);
	if (!text.module)
		return debug && address_in_vmlinux(lines, name, offset, address, &linked) &&
		       find_places(lines, debug, linked, ret, n);
	snprintf(module, sizeof(module), "%.*s", (int)text.module_length, text.module);
	debug = kl_source_lines_module(lines, module);
	return debug && address_in_file(debug, name, offset, &linked) && find_places(lines, debug, linked, ret, n);
}

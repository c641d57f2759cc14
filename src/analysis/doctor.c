/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/opened.h"
#include "debug/btf.h"
#include "debug/find.h"
#include "kernel/machine/kallsyms.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/open.h"
#include "kernel/sources/kmemleak_info.h"

struct visit {
	struct kl_opened opened;
	struct kl_doctor *ret;
	bool failed; /* out of memory */
};

__attribute__((format(printf, 4, 5))) static struct kl_doctor_line *
tell(struct visit *v, const char *topic, enum kl_doctor_state state, const char *format, ...)
{
	struct kl_doctor_line *line = kl_vec_add(&v->ret->lines);
	va_list ap;

	if (!line) {
		v->failed = true;
		return NULL;
	}
	line->topic = topic;
	line->state = state;
	va_start(ap, format);
	if (vasprintf(&line->text, format, ap) < 0)
		line->text = NULL;
	va_end(ap);
	v->failed |= !line->text;
	return line;
}

__attribute__((format(printf, 3, 4))) static void advise(struct visit *v, struct kl_doctor_line *line,
							 const char *format, ...)
{
	va_list ap;

	if (!line)
		return;
	va_start(ap, format);
	if (vasprintf(&line->command, format, ap) < 0)
		line->command = NULL;
	va_end(ap);
	v->failed |= !line->command;
}

static bool is_hex(const char *text)
{
	return *text && strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

/* ---- the dump ---------------------------------------------------------------------------------------------------- */

static void examine_dump(struct visit *v)
{
	const struct kl_image_info *info = kl_image_info(v->opened.image);
	const char *release = NULL, *build_id = NULL;
	struct kl_doctor_line *line;
	char level[32] = "";

	if (info->dump_level)
		snprintf(level, sizeof(level), ", makedumpfile -d %" PRIu32, info->dump_level);
	tell(v, "dump", info->truncated ? KL_DOCTOR_ABSENT : KL_DOCTOR_FOUND,
	     "%s, %s%s; %" PRIu64 " of %" PRIu64 " pages%s", info->format, kl_arch_name(info->arch), level,
	     info->pages_present, info->pages_total, info->truncated ? "; the file ends too early" : "");
	if (kl_image_vmcoreinfo(v->opened.image)) {
		kl_image_vmcoreinfo_string(v->opened.image, "OSRELEASE", &release);
		kl_image_vmcoreinfo_string(v->opened.image, "BUILD-ID", &build_id);
		tell(v, "VMCOREINFO", KL_DOCTOR_FOUND, "Linux %s, build-id %s",
		     release ? release : "of unknown release", build_id ? build_id : "unknown (before 5.9)");
	} else {
		line = tell(v, "VMCOREINFO", KL_DOCTOR_NEEDED, "the dump has none: nothing tells which kernel it is");
		advise(v, line, "--vmcoreinfo FILE");
	}
	if (info->translation)
		tell(v, "addresses", KL_DOCTOR_FOUND, "are translated by %s", info->translation);
	else
		tell(v, "addresses", KL_DOCTOR_NEEDED,
		     "cannot be translated: VMCOREINFO does not say where the page tables are, or they are missing");
}

/* ---- types and addresses ----------------------------------------------------------------------------------------- */

static void examine_vmlinux(struct visit *v)
{
	struct kl_debug_search search = {.vmlinux = v->opened.options->vmlinux,
					 .dump_path = v->opened.options->dumps[0],
					 .bounds = &v->opened.bounds};
	_cleanup_error_ struct kl_error *err = NULL;
	_cleanup_free_ char *path = NULL;
	struct kl_doctor_line *line;

	kl_image_vmcoreinfo_string(v->opened.image, "BUILD-ID", &search.build_id);
	kl_image_vmcoreinfo_string(v->opened.image, "OSRELEASE", &search.release);
	err = kl_debug_find(&search, &path);
	if (!err) {
		tell(v, "vmlinux", KL_DOCTOR_FOUND, "%s", path);
		return;
	}
	line = tell(v, "vmlinux", KL_DOCTOR_ABSENT,
		    "none at hand: no source lines (--lines), no types of what kmalloc() returned");
	if (search.build_id && is_hex(search.build_id))
		advise(v, line, "debuginfod-find debuginfo %s", search.build_id);
}

static void examine_btf(struct visit *v, struct kl_kernel *k, const struct kl_error *why_not)
{
	if (k && k->btf)
		tell(v, "BTF", KL_DOCTOR_FOUND, "in the dump, %zu types", kl_btf_count(k->btf));
	else
		tell(v, "BTF", KL_DOCTOR_ABSENT, "%s: types come from a vmlinux",
		     why_not ? kl_error_message(why_not) : "none");
}

static void examine_kallsyms(struct visit *v, struct kl_kernel *k)
{
	struct kl_symbol_tables *tables;
	struct kl_error *err = kl_machine_symbol_tables(k, &tables);

	if (err) {
		kl_error_destroy(err);
		v->failed = true;
	} else if (!tables->kallsyms) {
		tell(v, "kallsyms", KL_DOCTOR_ABSENT, "none in the dump: symbols come from the vmlinux");
	} else {
		tell(v, "kallsyms", KL_DOCTOR_FOUND, "%zu symbols, %s", kl_kallsyms_count(tables->kallsyms),
		     kl_kallsyms_all(tables->kallsyms)
			     ? "variables included"
			     : "functions only (no CONFIG_KALLSYMS_ALL): without a vmlinux variables are "
			       "found by exports and by what they hold");
	}
}

/* ---- modules ----------------------------------------------------------------------------------------------------- */

static bool has_installed_file(const struct visit *v, const char *build_id)
{
	struct kl_debug_search search = {.build_id = build_id, .bounds = &v->opened.bounds};
	_cleanup_free_ char *path = NULL;
	struct kl_error *err = kl_debug_find(&search, &path);

	kl_error_destroy(err);
	return !err;
}

static void examine_modules(struct visit *v, struct kl_kernel *k)
{
	struct kl_modules *modules;
	struct kl_error *err = kl_machine_modules(k, &modules);
	const struct kl_module *m;
	struct kl_doctor_line *line;

	if (err) {
		kl_error_destroy(err);
		v->failed = true;
		return;
	}
	tell(v, "modules", KL_DOCTOR_FOUND, "%zu loaded; --modules DIR names the files of those without",
	     modules->list.count);
	kl_vec_for_each (m, &modules->list) {
		if (*m->build_id && has_installed_file(v, m->build_id)) {
			tell(v, "module", KL_DOCTOR_FOUND, "%s", m->name);
			continue;
		}
		line = tell(v, "module", KL_DOCTOR_ABSENT, "%s: no file with its debug information", m->name);
		if (*m->build_id && is_hex(m->build_id))
			advise(v, line, "debuginfod-find debuginfo %s", m->build_id);
	}
}

/* ---- who allocated what ------------------------------------------------------------------------------------------ */

static void examine_kmemleak(struct visit *v, struct kl_kernel *k)
{
	struct kl_kmemleak_info info;

	if (!k->layouts.variables.object_list.present) {
		tell(v, "kmemleak", KL_DOCTOR_ABSENT,
		     "%s: objects are what the allocators say is in use, their age is unknown",
		     k->layouts.kmemleak_object.type.present ? "its list is not known without symbols of variables"
							     : "not in this kernel");
		return;
	}
	kl_kmemleak_read_info(k, &info);
	tell(v, "kmemleak", info.state == KL_KMEMLEAK_ON ? KL_DOCTOR_FOUND : KL_DOCTOR_ABSENT, "%s",
	     kl_kmemleak_words(&info));
}

static void examine_profiling(struct visit *v, struct kl_kernel *k)
{
	const struct kl_variable *key = &k->layouts.variables.mem_alloc_profiling_key;
	uint64_t enabled = 0;
	struct kl_doctor_line *line;

	if (key->present) {
		struct kl_error *err = kl_kernel_read_value(k, key, 4, &enabled);

		kl_error_destroy(err);
		if (!err && enabled) {
			tell(v, "profiling", KL_DOCTOR_FOUND, "on: every object has the source line that allocated it");
			return;
		}
		line = tell(v, "profiling", KL_DOCTOR_ABSENT, "was off: no call sites");
		advise(v, line, "boot with sysctl.vm.mem_profiling=1");
		return;
	}
	tell(v, "profiling", KL_DOCTOR_ABSENT, "not in this kernel (6.10, CONFIG_MEM_ALLOC_PROFILING): no call sites");
}

static void examine_slab_debug(struct visit *v, struct kl_kernel *k)
{
	const struct kl_slab_caches *caches;
	struct kl_error *err = kl_machine_slab_caches(k, &caches);
	const struct kl_slab_cache *cache;
	struct kl_doctor_line *line;
	size_t tracking = 0;

	if (err) {
		kl_error_destroy(err);
		v->failed = true;
		return;
	}
	kl_vec_for_each (cache, &caches->list)
		tracking += cache->track_offset != 0;
	if (tracking) {
		tell(v, "slab_debug", KL_DOCTOR_FOUND, "%zu of %zu caches know who allocated their objects", tracking,
		     caches->list.count);
		return;
	}
	line = tell(v, "slab_debug", KL_DOCTOR_ABSENT, "%zu caches, none of which knows who allocated its objects",
		    caches->list.count);
	advise(v, line, "boot with slab_debug=U");
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void examine_kernel(struct visit *v)
{
	_cleanup_(kl_kernel_destroyp) struct kl_kernel *by_btf = NULL;
	_cleanup_error_ struct kl_error *no_btf = NULL, *err = NULL;
	struct kl_kernel *k;

	no_btf = kl_kernel_open_alone(v->opened.image, v->opened.options->btf, &v->opened.bounds,
				      v->opened.options->force, &by_btf);
	examine_btf(v, by_btf, no_btf);
	k = by_btf;
	if (!k) {
		err = kl_opened_kernel(&v->opened);
		k = v->opened.kernel;
	}
	if (err || !k) {
		tell(v, "kernel", KL_DOCTOR_NEEDED, "%s", err ? kl_error_message(err) : "cannot be opened");
		return;
	}
	if (!by_btf && !v->opened.vmlinux)
		tell(v, "layouts", KL_DOCTOR_FOUND, "known from an earlier run: no vmlinux is needed");
	v->ret->usable = true;
	examine_kallsyms(v, k);
	examine_modules(v, k);
	examine_kmemleak(v, k);
	examine_profiling(v, k);
	examine_slab_debug(v, k);
}

struct kl_error *kl_doctor_examine(const struct kl_analysis_options *options, struct kl_doctor *ret)
{
	struct visit v = {.opened = {.options = options}, .ret = ret};
	struct kl_error *err = kl_opened_dump(&v.opened);

	if (!err) {
		examine_dump(&v);
		examine_vmlinux(&v);
		if (kl_image_info(v.opened.image)->translation)
			examine_kernel(&v);
	}
	kl_opened_deinit(&v.opened);
	return !err && v.failed ? kl_error_nomem() : err;
}

void kl_doctor_deinit(struct kl_doctor *doctor)
{
	struct kl_doctor_line *line;

	kl_vec_for_each (line, &doctor->lines) {
		free(line->text);
		free(line->command);
	}
	kl_vec_deinit(&doctor->lines);
}

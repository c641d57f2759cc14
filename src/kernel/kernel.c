/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "debug/debug.h"
#include "kernel/identity.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/stackdepot.h"
#include "kernel/machine/symbolize.h"
#include "util/bytes.h"

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

/* ---- opening ---------------------------------------------------------------------------------------------------- */

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

/* KERNELOFFSET is what KASLR added. _stext, in every VMCOREINFO, tells the same: both are held against each other where
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

static struct kl_error *init_kernel(struct kl_kernel *k, const char *cache_dir, bool force)
{
	const struct kl_image_info *info = kl_image_info(k->image);
	struct kl_error *err;

	k->memory = (struct kl_kernel_access){read_image, read_image_partial, k};
	k->arch = info->arch;
	k->page_shift = info->page_shift;
	err = load_layouts(k, cache_dir, force);
	if (!err)
		err = find_shift(k, force);
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
	k->image = image;
	k->debug = debug;
	err = init_kernel(k, cache_dir, force);
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
	kl_symbolizer_destroy(k->symbolizer);
	kl_stackdepot_destroy(k->stackdepot);
	kl_percpu_deinit(&k->percpu);
	kl_vec_for_each (a, &k->anomalies)
		free(a->message);
	kl_vec_deinit(&k->anomalies);
	free(k->build_id);
	free(k->release);
	free(k->banner);
	free(k->nodename);
	free(k->boot_id);
	free(k);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

struct kl_error *kl_kernel_read_u32(struct kl_kernel *k, uint64_t address, uint32_t *ret)
{
	uint8_t raw[4];
	struct kl_error *err = kl_kernel_read(k, address, raw, sizeof(raw));

	if (!err)
		*ret = kl_get_u32(raw);
	return err;
}

struct kl_error *kl_kernel_read_u64(struct kl_kernel *k, uint64_t address, uint64_t *ret)
{
	uint8_t raw[8];
	struct kl_error *err = kl_kernel_read(k, address, raw, sizeof(raw));

	if (!err)
		*ret = kl_get_u64(raw);
	return err;
}

struct kl_error *kl_kernel_read_string(struct kl_kernel *k, uint64_t address, char *buffer, size_t size)
{
	size_t page = (size_t)1 << k->page_shift, done = 0, part;
	struct kl_error *err;

	/* Page by page: what follows the string may be missing. */
	while (done + 1 < size) {
		part = page - ((address + done) & (page - 1));
		if (part > size - 1 - done)
			part = size - 1 - done;
		err = kl_kernel_read(k, address + done, buffer + done, part);
		if (err)
			return err;
		if (memchr(buffer + done, '\0', part))
			return NULL;
		done += part;
	}
	buffer[done] = '\0';
	return NULL;
}

static bool is_integer_size(uint64_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

struct kl_error *kl_kernel_read_value(struct kl_kernel *k, const struct kl_variable *v, size_t symbol_size,
				      uint64_t *ret)
{
	uint64_t size = v->is_array ? v->element_size : v->size ? v->size : symbol_size;
	uint8_t raw[8];
	struct kl_error *err;

	if (!v->present)
		return kl_error_create(KL_ERROR_NOT_FOUND, "this kernel has no such variable");
	if (!is_integer_size(size))
		size = 4;
	err = kl_kernel_read(k, kl_kernel_variable(k, v), raw, size);
	if (!err)
		*ret = kl_get_uint(raw, size);
	return err;
}

struct kl_error *kl_kernel_read_struct(struct kl_kernel *k, uint64_t address, const struct kl_type *type, void *buffer,
				       size_t size)
{
	if (!type->present || type->size > size)
		return kl_error_create(KL_ERROR_UNSUPPORTED,
				       "a struct of %" PRIu64 " bytes, where at most %zu are read",
				       type->present ? type->size : 0, size);
	return kl_kernel_read(k, address, buffer, type->size);
}

struct kl_error *kl_kernel_read_member(struct kl_kernel *k, uint64_t address, const struct kl_member *m, uint64_t *ret)
{
	struct kl_member at_zero = *m;
	uint8_t raw[16];
	struct kl_error *err;

	if (!m->present || m->size > sizeof(raw) || (!m->bit_size && !is_integer_size(m->size)))
		return kl_error_create(KL_ERROR_UNSUPPORTED, "a member that is absent or no integer");
	err = kl_kernel_read(k, address + m->offset, raw, m->size);
	if (err)
		return err;
	at_zero.offset = 0;
	*ret = kl_member_get(&at_zero, raw);
	return NULL;
}

/* ---- anomalies --------------------------------------------------------------------------------------------------- */

void kl_kernel_anomaly(struct kl_kernel *k, const char *kind, uint64_t address, const char *format, ...)
{
	struct kl_anomaly *a, *last = NULL;
	unsigned kept = 0;
	va_list ap;

	k->anomaly_count++;
	kl_vec_for_each (a, &k->anomalies) {
		if (!strcmp(a->kind, kind)) {
			kept++;
			last = a;
		}
	}
	if (kept >= KL_ANOMALIES_PER_KIND) {
		last->repeated++;
		return;
	}
	a = kl_vec_add(&k->anomalies);
	if (!a)
		return;
	a->kind = kind;
	a->address = address;
	va_start(ap, format);
	if (vasprintf(&a->message, format, ap) < 0)
		a->message = NULL;
	va_end(ap);
	if (!a->message)
		k->anomalies.count--;
}

void kl_kernel_anomaly_error(struct kl_kernel *k, const char *kind, uint64_t address, struct kl_error *err)
{
	if (err)
		kl_kernel_anomaly(k, kind, address, "%s", kl_error_message(err));
	kl_error_destroy(err);
}

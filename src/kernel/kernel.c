/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/bytes.h"

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

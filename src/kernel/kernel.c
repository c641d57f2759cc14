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

bool kl_kernel_read_guess(struct kl_kernel *k, uint64_t address, uint64_t *ret)
{
	uint8_t raw[8];

	if ((address & 7) || (k->image && !kl_image_has(k->image, kl_untag(k, address))) ||
	    kl_kernel_read_partial(k, address, raw, sizeof(raw)) < sizeof(raw))
		return false;
	*ret = kl_untag(k, kl_get_u64(raw));
	return true;
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

const char *kl_types_source_name(enum kl_types_source source)
{
	static const char *const names[] = {
		[KL_TYPES_VMLINUX] = "vmlinux",
		[KL_TYPES_DUMP] = "dump",
		[KL_TYPES_BTF] = "btf",
	};

	return names[source];
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

/* The last one of @kind, and how many there are. */
static struct kl_anomaly *last_anomaly_of(struct kl_kernel *k, const char *kind, unsigned *count)
{
	struct kl_anomaly *a, *last = NULL;

	*count = 0;
	kl_vec_for_each (a, &k->anomalies) {
		if (strcmp(a->kind, kind) != 0)
			continue;
		(*count)++;
		last = a;
	}
	return last;
}

/* Keeps an anomaly that was not met before, whose message it takes over; returns its index, SIZE_MAX when there are
 * enough of its kind. */
static size_t keep_anomaly(struct kl_kernel *k, const char *kind, uint64_t address, char *message)
{
	unsigned count;
	struct kl_anomaly *last = last_anomaly_of(k, kind, &count), *a;

	if (count >= KL_ANOMALIES_PER_KIND) {
		last->others++;
		free(message);
		return SIZE_MAX;
	}
	a = kl_vec_add(&k->anomalies);
	if (!a) {
		free(message);
		return SIZE_MAX;
	}
	*a = (struct kl_anomaly){.kind = kind, .address = address, .times = 1, .message = message};
	return k->anomalies.count - 1;
}

void kl_kernel_anomaly(struct kl_kernel *k, const char *kind, uint64_t address, const char *format, ...)
{
	uint64_t hash, index;
	char *message;
	va_list ap;

	if (k->muted)
		return;
	k->anomalies_met++;
	va_start(ap, format);
	if (vasprintf(&message, format, ap) < 0)
		message = NULL;
	va_end(ap);
	if (!message) {
		k->anomaly_count++;
		return;
	}
	hash = kl_hash_bytes(kl_hash_bytes(KL_HASH_SEED, kind, strlen(kind) + 1), message, strlen(message));
	if (kl_map_get(&k->anomalies_known, hash, &index)) {
		if (index != SIZE_MAX)
			k->anomalies.data[index].times++;
		free(message);
		return;
	}
	k->anomaly_count++;
	/* Without memory for it, it counts once more when it is met again. */
	kl_map_put(&k->anomalies_known, hash, keep_anomaly(k, kind, address, message));
}

void kl_kernel_incomplete(struct kl_kernel *k, const char *part)
{
	size_t i;

	for (i = 0; i < k->incomplete_count; i++) {
		if (strcmp(k->incomplete[i], part) == 0)
			return;
	}
	if (k->incomplete_count < KL_INCOMPLETE_MAX)
		k->incomplete[k->incomplete_count++] = part;
}

void kl_anomaly_text(const struct kl_anomaly *a, struct kl_strbuf *ret)
{
	kl_strbuf_puts(ret, a->message);
	if (a->times > 1)
		kl_strbuf_printf(ret, " (%" PRIu64 " times)", a->times);
	if (a->others)
		kl_strbuf_printf(ret, " (and %" PRIu64 " other anomalies of this kind)", a->others);
}

void kl_kernel_anomaly_error(struct kl_kernel *k, const char *kind, uint64_t address, struct kl_error *err)
{
	if (err)
		kl_kernel_anomaly(k, kind, address, "%s", kl_error_message(err));
	kl_error_destroy(err);
}

struct kl_error *kl_kernel_go_on(struct kl_kernel *k, const char *kind, uint64_t address, struct kl_error *err)
{
	if (!err || kl_error_code(err) == KL_ERROR_NOMEM)
		return err;
	kl_kernel_anomaly_error(k, kind, address, err);
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/percpu.h"

#include <inttypes.h>

#include "util/bytes.h"

/* NR_CPUS is at most 8192 (x86-64, MAXSMP) and 4096 (aarch64). */
#define MAX_CPUS 8192

/* How many CPU numbers there can be: nr_cpu_ids, a macro without SMP, and never more than the mask has bits. */
static unsigned cpu_number_limit(struct kl_kernel *k)
{
	const struct kl_variable *mask = &k->layouts.symbols.cpu_possible_mask;
	uint64_t limit = mask->size ? mask->size * 8 : 64, ids;
	struct kl_error *err;

	if (k->layouts.symbols.nr_cpu_ids.present) {
		err = kl_kernel_read_value(k, &k->layouts.symbols.nr_cpu_ids, 4, &ids);
		if (err)
			kl_kernel_anomaly_error(k, "per-CPU", 0, kl_error_prepend(err, "nr_cpu_ids"));
		else if (ids && ids < limit)
			limit = ids;
	}
	return limit < MAX_CPUS ? (unsigned)limit : MAX_CPUS;
}

static struct kl_error *read_possible_cpus(struct kl_kernel *k, unsigned limit)
{
	uint8_t mask[MAX_CPUS / 8] = {0};
	struct kl_error *err;

	err = kl_kernel_read(k, kl_kernel_variable(k, &k->layouts.symbols.cpu_possible_mask), mask,
			     ((size_t)limit + 63) / 64 * 8);
	if (err)
		kl_kernel_anomaly_error(k, "per-CPU", 0, kl_error_prepend(err, "cpu_possible_mask"));
	for (unsigned cpu = 0; cpu < limit; cpu++) {
		if (mask[cpu / 8] >> (cpu % 8) & 1 && !kl_vec_push(&k->percpu.cpus, cpu))
			return kl_error_nomem();
	}
	/* The boot CPU is always possible. */
	if (!k->percpu.cpus.count && !kl_vec_push(&k->percpu.cpus, 0))
		return kl_error_nomem();
	return NULL;
}

/* @count words of the dump into @buffer, which has room for them. */
static struct kl_error *read_words(struct kl_kernel *k, uint64_t address, size_t count, uint64_t *buffer)
{
	struct kl_error *err = kl_kernel_read(k, address, buffer, count * sizeof(*buffer));

	if (err)
		return err;
	for (size_t i = 0; i < count; i++)
		buffer[i] = kl_get_u64(&buffer[i]);
	return NULL;
}

static struct kl_error *read_unit_offsets(struct kl_kernel *k, size_t count)
{
	struct kl_percpu *p = &k->percpu;
	uint64_t address;
	struct kl_error *err;

	if (!k->layouts.variables.pcpu_unit_offsets.present)
		return NULL;
	if (!kl_vec_reserve(&p->unit_offsets, count))
		return kl_error_nomem();
	err = kl_kernel_read_value(k, &k->layouts.variables.pcpu_unit_offsets, 8, &address);
	if (!err)
		err = read_words(k, address, count, p->unit_offsets.data);
	if (err)
		kl_kernel_anomaly_error(k, "per-CPU", 0, kl_error_prepend(err, "pcpu_unit_offsets"));
	else
		p->unit_offsets.count = count;
	return NULL;
}

/* A wild __per_cpu_offset[] would turn every cookie into nonsense: it is dropped, and the CPU with it. One whose
 * memory is only missing from the dump stays: its roots are lost, and the marking has to know that they were there. */
static void drop_unreadable_cpus(struct kl_kernel *k)
{
	struct kl_percpu *p = &k->percpu;
	size_t kept = 0;
	uint8_t byte;

	for (size_t i = 0; i < p->cpus.count; i++) {
		unsigned cpu = p->cpus.data[i];
		struct kl_error *err = kl_kernel_read(k, p->start + p->offsets.data[cpu], &byte, 1);

		if (err && kl_error_code(err) == KL_ERROR_NOT_FOUND) {
			kl_kernel_anomaly_error(k, "per-CPU", p->offsets.data[cpu],
						kl_error_prepend(err, "CPU %u is possible, but has no memory", cpu));
			continue;
		}
		kl_error_destroy(err);
		p->cpus.data[kept++] = cpu;
	}
	p->cpus.count = kept;
}

struct kl_error *kl_percpu_init(struct kl_kernel *k)
{
	struct kl_percpu *p = &k->percpu;
	struct kl_error *err;
	size_t count;

	p->smp = k->layouts.symbols.__per_cpu_offset.present;
	p->start = kl_kernel_variable(k, &k->layouts.symbols.__per_cpu_start);
	p->end = kl_kernel_variable(k, &k->layouts.symbols.__per_cpu_end);
	if (k->layouts.symbols.pcpu_base_addr.present) {
		err = kl_kernel_read_value(k, &k->layouts.symbols.pcpu_base_addr, 8, &p->base_address);
		if (err)
			kl_kernel_anomaly_error(k, "per-CPU", 0, kl_error_prepend(err, "pcpu_base_addr"));
	}
	if (!p->smp)
		return kl_vec_push(&p->cpus, 0) && kl_vec_push(&p->offsets, 0) ? NULL : kl_error_nomem();

	err = read_possible_cpus(k, cpu_number_limit(k));
	if (err)
		return err;
	count = p->cpus.data[p->cpus.count - 1] + 1;
	if (!kl_vec_reserve(&p->offsets, count))
		return kl_error_nomem();
	err = read_words(k, kl_kernel_variable(k, &k->layouts.symbols.__per_cpu_offset), count, p->offsets.data);
	if (err) {
		kl_kernel_anomaly_error(k, "per-CPU", 0, kl_error_prepend(err, "__per_cpu_offset"));
		p->cpus.count = 0;
		return NULL;
	}
	p->offsets.count = count;
	drop_unreadable_cpus(k);
	return read_unit_offsets(k, count);
}

void kl_percpu_deinit(struct kl_percpu *p)
{
	kl_vec_deinit(&p->cpus);
	kl_vec_deinit(&p->offsets);
	kl_vec_deinit(&p->unit_offsets);
}

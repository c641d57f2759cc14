/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/percpu.h"

#include <inttypes.h>

#include "util/bytes.h"

/* NR_CPUS is at most 8192 (x86-64, MAXSMP) and 4096 (aarch64). */
#define MAX_CPUS 8192

/* How many CPU numbers there can be: nr_cpu_ids, a macro without SMP, and never more than the mask has bits, which who
 * has no more than symbols does not know. */
static unsigned cpu_number_limit(struct kl_kernel *k)
{
	const struct kl_variable *mask = &k->layouts.symbols.cpu_possible_mask;
	uint64_t limit = mask->size ? mask->size * 8 : MAX_CPUS, ids;
	struct kl_error *err;

	if (k->layouts.symbols.nr_cpu_ids.present) {
		err = kl_kernel_read_value(k, &k->layouts.symbols.nr_cpu_ids, 4, &ids);
		if (err)
			kl_kernel_anomaly_error(k, "per-CPU", 0, kl_error_prepend(err, "nr_cpu_ids"));
		else if (ids && ids < limit)
			limit = ids;
	} else if (!mask->size) {
		limit = 64;
	}
	return limit < MAX_CPUS ? (unsigned)limit : MAX_CPUS;
}

static struct kl_error *read_cpu_mask(struct kl_kernel *k, const struct kl_variable *v, unsigned limit, uint8_t *mask)
{
	if (!v->present)
		return NULL;
	return kl_kernel_read(k, kl_kernel_variable(k, v), mask, ((size_t)limit + 63) / 64 * 8);
}

static bool has_cpu(const uint8_t *mask, unsigned cpu)
{
	return mask[cpu / 8] >> (cpu % 8) & 1;
}

/* A CPU that is online is possible, whatever the other mask says: its per-CPU memory holds references. */
static struct kl_error *read_possible_cpus(struct kl_kernel *k, unsigned limit)
{
	uint8_t possible[MAX_CPUS / 8] = {0}, online[MAX_CPUS / 8] = {0};
	struct kl_error *err;
	unsigned cpu, lost = 0;

	err = read_cpu_mask(k, &k->layouts.symbols.cpu_possible_mask, limit, possible);
	if (err)
		kl_kernel_anomaly_error(k, "per-CPU", 0, kl_error_prepend(err, "cpu_possible_mask"));
	err = read_cpu_mask(k, &k->layouts.symbols.cpu_online_mask, limit, online);
	kl_error_destroy(err);
	for (cpu = 0; cpu < limit; cpu++) {
		lost += has_cpu(online, cpu) && !has_cpu(possible, cpu);
		if ((has_cpu(possible, cpu) || has_cpu(online, cpu)) && !kl_vec_push(&k->percpu.cpus, cpu))
			return kl_error_nomem();
	}
	if (lost) {
		kl_kernel_anomaly(k, "per-CPU", kl_kernel_variable(k, &k->layouts.symbols.cpu_possible_mask),
				  "%u CPUs are online, but not possible", lost);
		kl_kernel_incomplete(k, "the mask of possible CPUs");
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

/* Where per-CPU memory of @cpu really is, by the allocator's own table, in which units lie one behind the other. */
static bool offset_by_unit(const struct kl_percpu *p, unsigned cpu, uint64_t *ret)
{
	if (!p->base_address || cpu >= p->unit_offsets.count)
		return false;
	*ret = p->base_address - p->start + p->unit_offsets.data[cpu];
	return true;
}

/* Whether there is memory, even if the dump lacks it. */
static bool is_mapped(struct kl_kernel *k, uint64_t address)
{
	uint8_t byte;
	struct kl_error *err = kl_kernel_read(k, address, &byte, 1);
	bool mapped = !err || kl_error_code(err) != KL_ERROR_NOT_FOUND;

	kl_error_destroy(err);
	return mapped;
}

/* setup_per_cpu_areas() derives __per_cpu_offset[] from the units: where the two differ, one is damaged, and the one
 * that leads to memory is right. */
static void check_offset(struct kl_kernel *k, unsigned cpu)
{
	struct kl_percpu *p = &k->percpu;
	uint64_t derived;

	if (!offset_by_unit(p, cpu, &derived) || derived == p->offsets.data[cpu])
		return;
	kl_kernel_anomaly(k, "per-CPU", kl_kernel_variable(k, &k->layouts.symbols.__per_cpu_offset) + 8 * (uint64_t)cpu,
			  "memory of CPU %u begins at %#" PRIx64 " by __per_cpu_offset, at %#" PRIx64
			  " by pcpu_unit_offsets",
			  cpu, p->offsets.data[cpu], derived);
	kl_kernel_incomplete(k, "the table of per-CPU memory");
	if (is_mapped(k, p->start + derived) && !is_mapped(k, p->start + p->offsets.data[cpu]))
		p->offsets.data[cpu] = derived;
}

/* A wild __per_cpu_offset[] would turn every cookie into nonsense: it is dropped, and the CPU with it. One whose
 * memory is only missing from the dump stays: its roots are lost, and the marking has to know that they were there. */
static void drop_unreadable_cpus(struct kl_kernel *k)
{
	struct kl_percpu *p = &k->percpu;
	size_t kept = 0;

	for (size_t i = 0; i < p->cpus.count; i++) {
		unsigned cpu = p->cpus.data[i];

		check_offset(k, cpu);
		if (is_mapped(k, p->start + p->offsets.data[cpu])) {
			p->cpus.data[kept++] = cpu;
			continue;
		}
		kl_kernel_anomaly(k, "per-CPU", p->offsets.data[cpu], "CPU %u is possible, but has no memory", cpu);
		kl_kernel_incomplete(k, "the table of per-CPU memory");
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
		kl_kernel_incomplete(k, "the table of per-CPU memory");
		p->cpus.count = 0;
		return NULL;
	}
	p->offsets.count = count;
	err = read_unit_offsets(k, count);
	if (!err)
		drop_unreadable_cpus(k);
	return err;
}

struct kl_error *kl_percpu_online(struct kl_kernel *k, unsigned cpu, bool *ret)
{
	const struct kl_variable *mask = &k->layouts.symbols.cpu_online_mask;
	uint64_t word;
	struct kl_error *err;

	*ret = true;
	if (!mask->present)
		return NULL;
	err = kl_kernel_read_u64(k, kl_kernel_variable(k, mask) + cpu / 64 * 8, &word);
	if (!err)
		*ret = word >> cpu % 64 & 1;
	return err;
}

void kl_percpu_deinit(struct kl_percpu *p)
{
	kl_vec_deinit(&p->cpus);
	kl_vec_deinit(&p->offsets);
	kl_vec_deinit(&p->unit_offsets);
}

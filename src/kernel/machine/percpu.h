/* SPDX-License-Identifier: GPL-2.0-or-later */
/* percpu.h: per-CPU pointers ("cookies") and where their copies lie.
 *
 * per_cpu_ptr(cookie, cpu) = cookie + __per_cpu_offset[cpu]. Before 6.15 x86-64 linked the section at zero, so cookies
 * of static and first-chunk memory are small integers there; elsewhere they look like addresses of the image and move
 * with KASLR (kernel-layouts 2.6). Without SMP a cookie is the address.
 */
#ifndef KL_KERNEL_MACHINE_PERCPU_H
#define KL_KERNEL_MACHINE_PERCPU_H

#include "kernel/kernel.h"

/** kl_percpu_init() - read the possible CPUs and their offsets into @k. Called by kl_kernel_open().
 * What cannot be read leaves an anomaly and, at worst, a single CPU. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_percpu_init(struct kl_kernel *k);

/** kl_percpu_address() - the address of @cookie's copy on @cpu; false when @cpu is not possible. */
static inline bool kl_percpu_address(const struct kl_kernel *k, uint64_t cookie, unsigned cpu, uint64_t *ret)
{
	if (!k->percpu.smp) {
		*ret = cookie;
		return cpu == 0;
	}
	if (cpu >= k->percpu.offsets.count)
		return false;
	*ret = cookie + k->percpu.offsets.data[cpu];
	return true;
}

/** kl_percpu_online() - whether @cpu was online; true where the kernel does not say. Errors: kl_kernel_read(). */
struct kl_error *kl_percpu_online(struct kl_kernel *k, unsigned cpu, bool *ret);

/** kl_percpu_is_zero_based() - whether cookies of the first chunk are small integers. */
static inline bool kl_percpu_is_zero_based(const struct kl_kernel *k)
{
	return k->percpu.smp && k->percpu.start == 0;
}

void kl_percpu_deinit(struct kl_percpu *p);

#endif

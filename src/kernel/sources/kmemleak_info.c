/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sources/kmemleak_info.h"

#define ANOMALY "kmemleak state"

/* The value of @v, or @otherwise when this kernel has no such variable (or it cannot be read). */
static uint64_t value(struct kl_kernel *k, const struct kl_variable *v, uint64_t otherwise)
{
	struct kl_error *err;
	uint64_t result;

	if (!v->present)
		return otherwise;
	err = kl_kernel_read_value(k, v, 8, &result);
	if (!err)
		return result;
	kl_kernel_anomaly_error(k, ANOMALY, kl_kernel_variable(k, v), err);
	return otherwise;
}

/* Only a list whose first node points back to its head is one that holds something: through the layouts of another
 * kernel (--force) the head is any word. */
static bool list_is_empty(struct kl_kernel *k, const struct kl_variable *head)
{
	uint64_t address = kl_kernel_variable(k, head), next, back;
	struct kl_error *err;

	if (!address)
		return true;
	err = kl_kernel_read_u64(k, address, &next);
	if (!err && next == address)
		return true;
	if (!err)
		err = kl_kernel_read_u64(k, next + 8, &back);
	if (!err && back == address)
		return false;
	if (!err)
		err = kl_error_create(KL_ERROR_CORRUPT, "a list head whose first node does not point back");
	kl_kernel_anomaly_error(k, ANOMALY, address, err);
	return true;
}

/* A task is in kernel memory, which begins in the upper half of all addresses. */
static bool is_mutex_owner(uint64_t word)
{
	return (int64_t)word < 0 && (word & ~UINT64_C(7)) != ~UINT64_C(7);
}

/* Waiters are subtracted from the counter; there were never more tasks than this. */
static bool is_counter_held(int32_t count)
{
	return count < 1 && count > -(1 << 22);
}

/* Held: an owner besides the flag bits (4.10), a counter below one before. */
static bool scan_mutex_is_held(struct kl_kernel *k)
{
	const struct kl_layout_mutex *l = &k->layouts.mutex;
	uint64_t address = kl_kernel_variable(k, &k->layouts.variables.scan_mutex), word = 0;
	bool by_count = l->count.present;
	struct kl_error *err;

	if (!address || !(by_count || l->owner.present))
		return false;
	err = kl_kernel_read_member(k, address, by_count ? &l->count : &l->owner, &word);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, address, err);
		return false;
	}
	return by_count ? is_counter_held((int32_t)word) : is_mutex_owner(word);
}

static enum kl_kmemleak_state read_kmemleak_state(struct kl_kernel *k)
{
	const struct kl_layouts *l = &k->layouts;
	uint64_t enabled, error;

	if (!l->kmemleak_object.type.present || !l->variables.object_list.present)
		return KL_KMEMLEAK_ABSENT;
	/* Switches are 0 or 1 in every kernel. Another value stands for a page that the dump lacks, or is no switch. */
	enabled = value(k, &l->variables.kmemleak_enabled, UINT64_MAX);
	error = value(k, &l->variables.kmemleak_error, UINT64_MAX);
	if (enabled > 1 || error > 1)
		return KL_KMEMLEAK_UNKNOWN;
	if (enabled && !error)
		return KL_KMEMLEAK_ON;
	/* Zeroes stand everywhere: that it was off is not to be told from a vmlinux of another kernel. */
	if (k->forced)
		return KL_KMEMLEAK_UNKNOWN;
	if (!error)
		return KL_KMEMLEAK_OFF;
	/* The pool (5.4) is what is left when the slab allocator gives nothing; both empty stop kmemleak for good. */
	if (l->variables.mem_pool_free_count.present && !value(k, &l->variables.mem_pool_free_count, 1) &&
	    list_is_empty(k, &l->variables.mem_pool_free_list))
		return KL_KMEMLEAK_POOL_EXHAUSTED;
	return KL_KMEMLEAK_ERRORED;
}

static uint64_t symbol_value(struct kl_kernel *k, const struct kl_variable *v, uint64_t otherwise)
{
	struct kl_error *err;
	uint64_t result;

	if (!v->present)
		return otherwise;
	err = kl_kernel_read_u64(k, kl_kernel_variable(k, v), &result);
	if (!err)
		return result;
	kl_kernel_anomaly_error(k, ANOMALY, kl_kernel_variable(k, v), err);
	return otherwise;
}

bool kl_kmemleak_tracks_objects(struct kl_kernel *k)
{
	return !list_is_empty(k, &k->layouts.variables.object_list);
}

void kl_kmemleak_read_info(struct kl_kernel *k, struct kl_kmemleak_info *ret)
{
	const struct kl_layouts *l = &k->layouts;

	*ret = (struct kl_kmemleak_info){.state = read_kmemleak_state(k)};
	if (ret->state == KL_KMEMLEAK_ABSENT)
		return;
	ret->free_enabled = value(k, &l->variables.kmemleak_free_enabled, ret->state == KL_KMEMLEAK_ON) != 0;
	ret->scan_in_progress = !k->forced && (!list_is_empty(k, &l->variables.gray_list) || scan_mutex_is_held(k));
	ret->found_leaks = value(k, &l->variables.kmemleak_found_leaks, 0) != 0;
	ret->stack_scan = value(k, &l->variables.kmemleak_stack_scan, 1) != 0;
	ret->min_address = value(k, &l->variables.min_addr, 0);
	ret->max_address = value(k, &l->variables.max_addr, UINT64_MAX);
	ret->has_percpu_range = l->variables.min_percpu_addr.present && l->variables.max_percpu_addr.present;
	ret->min_percpu = value(k, &l->variables.min_percpu_addr, UINT64_MAX);
	ret->max_percpu = value(k, &l->variables.max_percpu_addr, 0);
	ret->min_age = value(k, &l->variables.jiffies_min_age, UINT64_C(5) * k->hz);
	ret->has_last_scan = l->variables.jiffies_last_scan.present;
	ret->last_scan = value(k, &l->variables.jiffies_last_scan, k->jiffies);
	ret->confirms = l->kmemleak_object.unref_scans.present && l->variables.nr_suspects.present;
	ret->min_unref_scans = (uint32_t)value(k, &l->variables.min_unref_scans, 1);
	ret->suspects = value(k, &l->variables.nr_suspects, 0);
	ret->lowmem_filter = l->variables.object_phys_tree_root.present;
	ret->min_low_pfn = symbol_value(k, &l->symbols.min_low_pfn, 0);
	ret->max_low_pfn = symbol_value(k, &l->symbols.max_low_pfn, UINT64_MAX);
	ret->has_checksums = l->kmemleak_object.checksum.present;
}

const char *kl_kmemleak_words(const struct kl_kmemleak_info *info)
{
	if (info->state == KL_KMEMLEAK_ON && info->scan_in_progress)
		return "kmemleak was on, in the middle of a scan";
	if (info->state == KL_KMEMLEAK_ERRORED && info->free_enabled)
		return "kmemleak stopped after an error: allocations since then are unknown";
	return kl_kmemleak_state_words(info->state);
}

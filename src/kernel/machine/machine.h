/* SPDX-License-Identifier: GPL-2.0-or-later */
/* machine.h: the model of the machine: what several readers have to know of it, read once and lent to all of them.
 *
 * Each part is read when it is first asked for, belongs to the kernel, and lives until kl_kernel_destroy(). What is
 * damaged leaves its anomalies then, once, however many readers meet it; `damaged` of a part says that it did.
 *
 * Errors of all: KL_ERROR_NOMEM, nothing else.
 */
#ifndef KL_KERNEL_MACHINE_MACHINE_H
#define KL_KERNEL_MACHINE_MACHINE_H

#include "kernel/machine/depot_pools.h"
#include "kernel/machine/kfence.h"
#include "kernel/machine/memmap.h"
#include "kernel/machine/module.h"
#include "kernel/machine/percpu_chunk.h"
#include "kernel/machine/sheaf.h"
#include "kernel/machine/slab.h"
#include "kernel/machine/symbol_tables.h"
#include "kernel/machine/vmap.h"
#include "kernel/machine/waiting.h"

/** kl_machine_memmap() - the memory model. */
struct kl_error *kl_machine_memmap(struct kl_kernel *k, const struct kl_memmap **ret);

/** kl_machine_kfence() - KFENCE's pool. */
struct kl_error *kl_machine_kfence(struct kl_kernel *k, const struct kl_kfence **ret);

/** kl_machine_slab_caches() - the slab caches. */
struct kl_error *kl_machine_slab_caches(struct kl_kernel *k, const struct kl_slab_caches **ret);

/** kl_machine_sheaves() - the sheaves of the slab caches. */
struct kl_error *kl_machine_sheaves(struct kl_kernel *k, const struct kl_sheaves **ret);

/** kl_machine_waiting() - what waits to be freed. Not const, and not read from the dump: it is empty until somebody who
 * knows adds to it, before the first source is read. */
struct kl_error *kl_machine_waiting(struct kl_kernel *k, struct kl_waiting **ret);

/** kl_machine_percpu_chunks() - the chunks of per-CPU memory. */
struct kl_error *kl_machine_percpu_chunks(struct kl_kernel *k, const struct kl_percpu_chunks **ret);

/** kl_machine_vmap_areas() - the areas of vmalloc space. */
struct kl_error *kl_machine_vmap_areas(struct kl_kernel *k, const struct kl_vmap_areas **ret);

/** kl_machine_modules() - the loaded modules. Not const: each reads its symbols when it is first asked for one. */
struct kl_error *kl_machine_modules(struct kl_kernel *k, struct kl_modules **ret);

/** kl_machine_symbol_tables() - the other tables of symbols. Not const: they remember answers. */
struct kl_error *kl_machine_symbol_tables(struct kl_kernel *k, struct kl_symbol_tables **ret);

/** kl_machine_depot_pools() - the pools of the stack depot. */
struct kl_error *kl_machine_depot_pools(struct kl_kernel *k, const struct kl_depot_pools **ret);

/** kl_machine_destroy() - for kl_kernel_destroy(). */
void kl_machine_destroy(struct kl_machine *m);

#endif

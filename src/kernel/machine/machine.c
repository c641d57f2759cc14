/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/machine.h"

#include <stdlib.h>

enum part {
	MEMMAP,
	KFENCE,
	SLAB_CACHES,
	SHEAVES,
	PERCPU_CHUNKS,
	VMAP_AREAS,
	MODULES,
	SYMBOL_TABLES,
	DEPOT_POOLS,
	N_PARTS,
};

struct kl_machine {
	bool was_read[N_PARTS];
	struct kl_memmap memmap;
	struct kl_kfence kfence;
	struct kl_slab_caches slab_caches; /* borrows memmap and kfence */
	struct kl_sheaves sheaves;         /* borrows slab_caches */
	struct kl_waiting waiting;
	struct kl_percpu_chunks percpu_chunks;
	struct kl_vmap_areas vmap_areas;
	struct kl_modules modules;
	struct kl_symbol_tables symbol_tables;
	struct kl_depot_pools depot_pools;
};

/* Parts that hold objects, or say where what holds them is: losing something of them loses references. */
static const char *const holding_parts[N_PARTS] = {
	[MEMMAP] = "the memory map",
	[PERCPU_CHUNKS] = "the list of per-CPU chunks",
	[VMAP_AREAS] = "the lists of vmalloc areas",
	[MODULES] = "the list of modules",
};

static struct kl_error *read_slab_caches(struct kl_kernel *k, struct kl_machine *m)
{
	const struct kl_memmap *memmap;
	const struct kl_kfence *kfence;
	struct kl_error *err = kl_machine_memmap(k, &memmap);

	if (!err)
		err = kl_machine_kfence(k, &kfence);
	return err ? err : kl_slab_caches_read(k, memmap, kfence, &m->slab_caches);
}

static struct kl_error *read_sheaves(struct kl_kernel *k, struct kl_machine *m)
{
	const struct kl_slab_caches *caches;
	struct kl_error *err = kl_machine_slab_caches(k, &caches);

	return err ? err : kl_sheaves_list(k, caches, &m->sheaves);
}

static struct kl_error *read_part(struct kl_kernel *k, struct kl_machine *m, enum part part)
{
	switch (part) {
	case MEMMAP:
		return kl_memmap_read(k, &m->memmap);
	case KFENCE:
		return kl_kfence_read(k, &m->kfence);
	case SLAB_CACHES:
		return read_slab_caches(k, m);
	case SHEAVES:
		return read_sheaves(k, m);
	case PERCPU_CHUNKS:
		return kl_percpu_chunks_read(k, &m->percpu_chunks);
	case VMAP_AREAS:
		return kl_vmap_areas_read(k, &m->vmap_areas);
	case MODULES:
		return kl_modules_read(k, &m->modules);
	case SYMBOL_TABLES:
		return kl_symbol_tables_read(k, &m->symbol_tables);
	default:
		return kl_depot_pools_read(k, &m->depot_pools);
	}
}

static void note_damage(struct kl_kernel *k, struct kl_machine *m, enum part part)
{
	m->memmap.damaged |= part == MEMMAP;
	m->slab_caches.damaged |= part == SLAB_CACHES;
	m->percpu_chunks.damaged |= part == PERCPU_CHUNKS;
	m->vmap_areas.damaged |= part == VMAP_AREAS;
	m->modules.damaged |= part == MODULES;
	if (holding_parts[part])
		kl_kernel_incomplete(k, holding_parts[part]);
}

static struct kl_error *need_machine(struct kl_kernel *k)
{
	if (!k->machine)
		k->machine = calloc(1, sizeof(*k->machine));
	return k->machine ? NULL : kl_error_nomem();
}

/* Makes sure that @part was read. */
static struct kl_error *need_part(struct kl_kernel *k, enum part part)
{
	uint64_t anomalies = k->anomalies_met;
	struct kl_error *err = need_machine(k);

	if (err)
		return err;
	if (!k->machine->was_read[part])
		err = read_part(k, k->machine, part);
	k->machine->was_read[part] |= !err;
	if (k->anomalies_met != anomalies)
		note_damage(k, k->machine, part);
	return err;
}

struct kl_error *kl_machine_memmap(struct kl_kernel *k, const struct kl_memmap **ret)
{
	struct kl_error *err = need_part(k, MEMMAP);

	if (!err)
		*ret = &k->machine->memmap;
	return err;
}

struct kl_error *kl_machine_kfence(struct kl_kernel *k, const struct kl_kfence **ret)
{
	struct kl_error *err = need_part(k, KFENCE);

	if (!err)
		*ret = &k->machine->kfence;
	return err;
}

struct kl_error *kl_machine_slab_caches(struct kl_kernel *k, const struct kl_slab_caches **ret)
{
	struct kl_error *err = need_part(k, SLAB_CACHES);

	if (!err)
		*ret = &k->machine->slab_caches;
	return err;
}

struct kl_error *kl_machine_sheaves(struct kl_kernel *k, const struct kl_sheaves **ret)
{
	struct kl_error *err = need_part(k, SHEAVES);

	if (!err)
		*ret = &k->machine->sheaves;
	return err;
}

struct kl_error *kl_machine_waiting(struct kl_kernel *k, struct kl_waiting **ret)
{
	struct kl_error *err = need_machine(k);

	if (!err)
		*ret = &k->machine->waiting;
	return err;
}

struct kl_error *kl_machine_percpu_chunks(struct kl_kernel *k, const struct kl_percpu_chunks **ret)
{
	struct kl_error *err = need_part(k, PERCPU_CHUNKS);

	if (!err)
		*ret = &k->machine->percpu_chunks;
	return err;
}

struct kl_error *kl_machine_vmap_areas(struct kl_kernel *k, const struct kl_vmap_areas **ret)
{
	struct kl_error *err = need_part(k, VMAP_AREAS);

	if (!err)
		*ret = &k->machine->vmap_areas;
	return err;
}

struct kl_error *kl_machine_modules(struct kl_kernel *k, struct kl_modules **ret)
{
	struct kl_error *err = need_part(k, MODULES);

	if (!err)
		*ret = &k->machine->modules;
	return err;
}

struct kl_error *kl_machine_symbol_tables(struct kl_kernel *k, struct kl_symbol_tables **ret)
{
	struct kl_error *err = need_part(k, SYMBOL_TABLES);

	if (!err)
		*ret = &k->machine->symbol_tables;
	return err;
}

struct kl_error *kl_machine_depot_pools(struct kl_kernel *k, const struct kl_depot_pools **ret)
{
	struct kl_error *err = need_part(k, DEPOT_POOLS);

	if (!err)
		*ret = &k->machine->depot_pools;
	return err;
}

void kl_machine_destroy(struct kl_machine *m)
{
	if (!m)
		return;
	kl_depot_pools_deinit(&m->depot_pools);
	kl_symbol_tables_deinit(&m->symbol_tables);
	kl_modules_deinit(&m->modules);
	kl_vmap_areas_deinit(&m->vmap_areas);
	kl_percpu_chunks_deinit(&m->percpu_chunks);
	kl_vec_deinit(&m->waiting.freed);
	kl_vec_deinit(&m->waiting.pages);
	kl_sheaves_deinit(&m->sheaves);
	kl_slab_caches_deinit(&m->slab_caches);
	kl_kfence_deinit(&m->kfence);
	kl_memmap_deinit(&m->memmap);
	free(m);
}

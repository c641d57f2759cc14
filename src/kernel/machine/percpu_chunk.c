/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/percpu_chunk.h"

#include <inttypes.h>

#include "kernel/machine/list.h"
#include "util/bytes.h"
#include "util/search.h"

#define ANOMALY "per-CPU chunk"
#define SLOTS_MAX 1024
#define CHUNKS_MAX (1 << 20)
#define PAGES_MAX (1 << 16)

static bool bit_set(const uint64_t *map, uint32_t bit)
{
	return map[bit / 64] >> bit % 64 & 1;
}

/* The first bit from @bit on, below @end, that has the value @value; @end when there is none. */
static uint32_t find_bit(const uint64_t *map, uint32_t bit, uint32_t end, bool value)
{
	while (bit < end) {
		uint64_t word = (value ? map[bit / 64] : ~map[bit / 64]) >> bit % 64;

		if (word) {
			bit += (uint32_t)__builtin_ctzll(word);
			return bit < end ? bit : end;
		}
		bit = (bit / 64 + 1) * 64;
	}
	return end;
}

/* ---- reading ---- */

static struct kl_error *read_map(struct kl_kernel *k, uint64_t address, uint32_t bits, uint64_t **ret)
{
	size_t words = (bits + 63) / 64;
	uint64_t *map = malloc(words * sizeof(*map));
	struct kl_error *err;

	if (!map)
		return kl_error_nomem();
	*ret = map;
	err = kl_kernel_read(k, address, map, words * sizeof(*map));
	for (size_t i = 0; i < words && !err; i++)
		map[i] = kl_get_u64(&map[i]);
	return err;
}

/* How many bytes of the chunk itself its map says are free. */
static uint64_t count_free_bytes(const struct kl_percpu_chunk *chunk)
{
	uint32_t bit = chunk->first_bit, start;
	uint64_t free_bits = 0;

	while ((start = find_bit(chunk->alloc_map, bit, chunk->last_bit, false)) < chunk->last_bit) {
		bit = find_bit(chunk->alloc_map, start, chunk->last_bit, true);
		free_bits += bit - start;
	}
	return free_bits * KL_PERCPU_UNIT;
}

static struct kl_error *read_maps(struct kl_kernel *k, const uint8_t *raw, struct kl_percpu_chunk *chunk)
{
	const struct kl_layout_pcpu_chunk *l = &k->layouts.pcpu_chunk;
	struct kl_error *err = read_map(k, kl_member_get(&l->alloc_map, raw), chunk->bits, &chunk->alloc_map);
	uint64_t counted;

	if (!err)
		err = read_map(k, kl_member_get(&l->bound_map, raw), chunk->bits, &chunk->bound_map);
	if (err || !l->free_bytes.present)
		return err;
	/* both change under one lock; what else a map could be does not add up */
	counted = count_free_bytes(chunk);
	if (counted != kl_member_get(&l->free_bytes, raw))
		err = kl_error_create(KL_ERROR_CORRUPT,
				      "its map has %" PRIu64 " bytes free, and it says that it has %" PRIu64, counted,
				      kl_member_get(&l->free_bytes, raw));
	return err;
}

static struct kl_error *decode_chunk(struct kl_kernel *k, const uint8_t *raw, struct kl_percpu_chunk *chunk)
{
	const struct kl_layout_pcpu_chunk *l = &k->layouts.pcpu_chunk;
	uint64_t pages = kl_member_get(&l->nr_pages, raw), base = kl_untag(k, kl_member_get(&l->base_addr, raw));
	uint64_t start = kl_member_get(&l->start_offset, raw), end = kl_member_get(&l->end_offset, raw);
	uint64_t bytes = pages << k->page_shift;

	if (!pages || pages > PAGES_MAX || start > bytes || end > bytes - start)
		return kl_error_create(KL_ERROR_CORRUPT,
				       "%" PRIu64 " pages, of which %" PRIu64 " and %" PRIu64 " bytes are another's",
				       pages, start, end);
	/* addr = cookie - __per_cpu_start + pcpu_base_addr (__addr_to_pcpu_ptr()); without SMP both are the same */
	chunk->base = k->percpu.smp ? base - k->percpu.base_address + k->percpu.start : base;
	chunk->bits = (uint32_t)(bytes / KL_PERCPU_UNIT);
	chunk->first_bit = (uint32_t)(start / KL_PERCPU_UNIT);
	chunk->last_bit = chunk->bits - (uint32_t)(end / KL_PERCPU_UNIT);
	chunk->extensions = l->obj_exts.present ? kl_member_get(&l->obj_exts, raw) : 0;
	return read_maps(k, raw, chunk);
}

static struct kl_error *add_chunk(struct kl_kernel *k, uint64_t address, struct kl_percpu_chunks *chunks)
{
	size_t size = kl_layouts_span(&k->layouts, &k->layouts.pcpu_chunk.type);
	_cleanup_free_ uint8_t *raw = malloc(size);
	struct kl_percpu_chunk chunk = {.address = address};
	struct kl_error *err;

	if (!raw)
		return kl_error_nomem();
	err = kl_kernel_read(k, address, raw, size);
	if (!err)
		err = decode_chunk(k, raw, &chunk);
	if (!err && kl_vec_push(&chunks->list, chunk))
		return NULL;
	free(chunk.alloc_map);
	free(chunk.bound_map);
	if (!err || kl_error_code(err) == KL_ERROR_NOMEM)
		return err ? err : kl_error_nomem();
	kl_kernel_anomaly_error(k, ANOMALY, address, err);
	return NULL;
}

static struct kl_error *add_list(struct kl_kernel *k, uint64_t head, struct kl_percpu_chunks *chunks)
{
	struct kl_list_walk walk;
	struct kl_error *err = NULL;
	uint64_t node;

	kl_list_begin(&walk, k, "pcpu_chunk_lists", head);
	walk.max = CHUNKS_MAX;
	while (!err && kl_list_next(&walk, &node))
		err = add_chunk(k, node - k->layouts.pcpu_chunk.list.offset, chunks);
	return err;
}

/* The chunk that module memory comes from on x86-64 is on no list. */
static struct kl_error *add_reserved(struct kl_kernel *k, struct kl_percpu_chunks *chunks)
{
	uint64_t address = 0;
	struct kl_error *err;

	if (!k->layouts.variables.pcpu_reserved_chunk.present)
		return NULL;
	err = kl_kernel_read_value(k, &k->layouts.variables.pcpu_reserved_chunk, 8, &address);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, 0, kl_error_prepend(err, "pcpu_reserved_chunk"));
		return NULL;
	}
	return address ? add_chunk(k, address, chunks) : NULL;
}

static int compare_chunks(const void *a, const void *b)
{
	const struct kl_percpu_chunk *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

/* As many as are heads of lists: where no symbol leads to their number (inferred.h). */
static uint64_t count_slots(struct kl_kernel *k, uint64_t lists)
{
	uint64_t count = 0;

	while (count < SLOTS_MAX && kl_list_is_sound(k, lists + count * k->layouts.list_head.type.size))
		count++;
	return count;
}

static struct kl_error *read_chunks(struct kl_kernel *k, struct kl_percpu_chunks *ret)
{
	const struct kl_layouts *l = &k->layouts;
	uint64_t lists, slots, i;
	struct kl_error *err;

	err = kl_kernel_read_value(k, &l->variables.pcpu_chunk_lists, 8, &lists);
	if (!err && !l->variables.pcpu_nr_slots.present)
		slots = count_slots(k, lists);
	else if (!err)
		err = kl_kernel_read_value(k, &l->variables.pcpu_nr_slots, 4, &slots);
	if (!err && slots > SLOTS_MAX)
		err = kl_error_create(KL_ERROR_CORRUPT, "pcpu_nr_slots is %" PRIu64, slots);
	if (err) {
		kl_kernel_anomaly_error(k, ANOMALY, 0, err);
		return NULL;
	}
	for (i = 0; i < slots && !err; i++)
		err = add_list(k, lists + i * l->list_head.type.size, ret);
	return err ? err : add_reserved(k, ret);
}

struct kl_error *kl_percpu_chunks_read(struct kl_kernel *k, struct kl_percpu_chunks *ret)
{
	const struct kl_layouts *l = &k->layouts;
	struct kl_error *err;

	*ret = (struct kl_percpu_chunks){};
	if (!l->variables.pcpu_chunk_lists.present || !l->pcpu_chunk.alloc_map.present ||
	    !l->pcpu_chunk.bound_map.present || !l->pcpu_chunk.nr_pages.present)
		return NULL;
	err = read_chunks(k, ret);
	if (err) {
		kl_percpu_chunks_deinit(ret);
		return err;
	}
	if (ret->list.count)
		qsort(ret->list.data, ret->list.count, sizeof(*ret->list.data), compare_chunks);
	return NULL;
}

void kl_percpu_chunks_deinit(struct kl_percpu_chunks *chunks)
{
	struct kl_percpu_chunk *chunk;

	kl_vec_for_each (chunk, &chunks->list) {
		free(chunk->alloc_map);
		free(chunk->bound_map);
	}
	kl_vec_deinit(&chunks->list);
	*chunks = (struct kl_percpu_chunks){};
}

/* ---- allocations ---- */

bool kl_percpu_next_allocation(const struct kl_percpu_chunk *chunk, uint32_t *bit, struct kl_percpu_allocation *ret)
{
	uint32_t start = *bit > chunk->first_bit ? *bit : chunk->first_bit, end;

	start = find_bit(chunk->alloc_map, start, chunk->last_bit, true);
	if (start >= chunk->last_bit)
		return false;
	end = find_bit(chunk->bound_map, start + 1, chunk->last_bit, true);
	*bit = end;
	*ret = (struct kl_percpu_allocation){
		.chunk = chunk,
		.cookie = chunk->base + (uint64_t)start * KL_PERCPU_UNIT,
		.bit = start,
		.size = (end - start) * KL_PERCPU_UNIT,
	};
	return true;
}

static const struct kl_percpu_chunk *chunk_at(const struct kl_percpu_chunks *chunks, uint64_t cookie)
{
	size_t n = kl_search_prefix(chunks->list.data, chunks->list.count, chunk, chunk->base <= cookie);

	/* The last chunk that begins at or before @cookie; the first chunk and the reserved one may lie in each other,
	 * so the one before is asked, too. */
	for (size_t back = 0; back < 2 && n > back; back++) {
		const struct kl_percpu_chunk *chunk = &chunks->list.data[n - 1 - back];
		uint64_t bit = (cookie - chunk->base) / KL_PERCPU_UNIT;

		if (bit >= chunk->first_bit && bit < chunk->last_bit)
			return chunk;
	}
	return NULL;
}

bool kl_percpu_is_free(const struct kl_percpu_chunks *chunks, uint64_t cookie)
{
	const struct kl_percpu_chunk *chunk = chunk_at(chunks, cookie);

	return chunk && !bit_set(chunk->alloc_map, (uint32_t)((cookie - chunk->base) / KL_PERCPU_UNIT));
}

bool kl_percpu_allocation_at(const struct kl_percpu_chunks *chunks, uint64_t cookie, struct kl_percpu_allocation *ret)
{
	const struct kl_percpu_chunk *chunk = chunk_at(chunks, cookie);
	uint32_t bit;

	if (!chunk)
		return false;
	bit = (uint32_t)((cookie - chunk->base) / KL_PERCPU_UNIT);
	if (!bit_set(chunk->alloc_map, bit))
		return false;
	/* Back to its beginning: every allocation sets the bit of its own start in bound_map. */
	while (bit > chunk->first_bit && !bit_set(chunk->bound_map, bit))
		bit--;
	return kl_percpu_next_allocation(chunk, &bit, ret);
}

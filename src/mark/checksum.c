/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/checksum.h"

#include <zlib.h>

#include "util/map.h"

uint32_t kl_kernel_crc32(uint32_t seed, const void *bytes, size_t length)
{
	return ~(uint32_t)crc32_z(~seed, bytes, length);
}

/* Continues @crc over [start, start + length); false when a byte is missing. */
static bool checksum_range(const struct kl_mark_memory *memory, uint64_t start, uint64_t length, uint32_t *crc)
{
	uint8_t buffer[4096];

	while (length) {
		size_t piece = length < sizeof(buffer) ? (size_t)length : sizeof(buffer);

		if (memory->read(memory->context, start, buffer, piece) != piece)
			return false;
		*crc = kl_kernel_crc32(*crc, buffer, piece);
		start += piece;
		length -= piece;
	}
	return true;
}

static bool checksum_percpu(const struct kl_mark_input *in, uint32_t row, uint32_t *ret)
{
	bool chained = in->rules->percpu_crc == KL_PERCPU_CRC_CHAINED;
	uint32_t result = 0;
	size_t cpu;

	for (cpu = 0; cpu < in->space->percpu_count; cpu++) {
		uint32_t crc = chained ? result : 0;

		if (!checksum_range(&in->memory, in->heap->address[row] + in->space->percpu_offsets[cpu],
				    in->heap->size[row], &crc))
			return false;
		result = chained ? crc : result ^ crc;
	}
	*ret = result;
	return true;
}

bool kl_checksum_object(const struct kl_mark_input *in, uint32_t row, uint32_t *ret)
{
	switch ((enum kleak_class)in->heap->class_[row]) {
	case KLEAK_CLASS_PERCPU:
		return checksum_percpu(in, row, ret);
	case KLEAK_CLASS_VIRTUAL:
		*ret = 0;
		return checksum_range(&in->memory, in->heap->address[row], in->heap->size[row], ret);
	default:
		return false;
	}
}

/* Continues *@hash over [start, start + length); false when a byte is missing. */
static bool hash_range(const struct kl_mark_memory *memory, uint64_t start, uint64_t length, uint64_t *hash)
{
	uint8_t buffer[4096];

	while (length) {
		size_t piece = length < sizeof(buffer) ? (size_t)length : sizeof(buffer);

		if (memory->read(memory->context, start, buffer, piece) != piece)
			return false;
		*hash = kl_hash_bytes(*hash, buffer, piece);
		start += piece;
		length -= piece;
	}
	return true;
}

bool kl_content_hash(const struct kl_mark_input *in, uint32_t row, uint64_t *ret)
{
	uint64_t size = in->heap->size[row];
	size_t cpu;

	*ret = KL_HASH_SEED;
	if (in->heap->class_[row] != KLEAK_CLASS_PERCPU)
		return hash_range(&in->memory, kl_object_start(in->heap, in->space, row), size, ret);
	for (cpu = 0; cpu < in->space->percpu_count; cpu++) {
		if (!hash_range(&in->memory, in->heap->address[row] + in->space->percpu_offsets[cpu], size, ret))
			return false;
	}
	return in->space->percpu_count > 0;
}

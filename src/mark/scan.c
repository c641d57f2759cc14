/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark/scan.h"

#include "util/bytes.h"

#define WORD 8

static void scan_words(struct kl_scan *scan, const uint8_t *bytes, uint64_t address, size_t length, uint32_t scanned)
{
	const struct kl_address_space *space = scan->in->space;
	size_t i;

	for (i = 0; i + WORD <= length; i += WORD) {
		uint64_t word = kl_get_u64(bytes + i);

		if (space->reset_tags)
			word = kl_reset_tag(word);
		if (!kl_may_be_virtual(space, word) && !kl_may_be_percpu(space, word))
			continue;
		scan->candidates++;
		scan->candidate(scan->context, scanned, address + i, word);
	}
}

/* Page by page, without a copy; returns how many bytes were there. Words do not reach over the end of a page. */
static size_t scan_in_place(struct kl_scan *scan, uint64_t address, size_t length, uint32_t scanned)
{
	const struct kl_mark_memory *memory = &scan->in->memory;
	size_t present = 0;

	while (length) {
		size_t now = 0;
		const uint8_t *bytes = memory->peek(memory->context, address, &now);

		if (now > length)
			now = length;
		if (bytes) {
			scan_words(scan, bytes, address, now, scanned);
			present += now;
		}
		address += now;
		length -= now;
	}
	return present;
}

static size_t scan_copied(struct kl_scan *scan, uint64_t address, size_t length, uint32_t scanned)
{
	size_t present = scan->in->memory.read(scan->in->memory.context, address, scan->buffer, length);

	if (present)
		scan_words(scan, scan->buffer, address, length, scanned);
	return present;
}

void kl_scan_block(struct kl_scan *scan, uint64_t start, uint64_t length, uint32_t scanned)
{
	uint64_t end, at = (start + WORD - 1) & ~(uint64_t)(WORD - 1);

	if (__builtin_add_overflow(start, length, &end))
		return;
	end &= ~(uint64_t)(WORD - 1);
	while (at < end && at >= start) {
		size_t piece = end - at < sizeof(scan->buffer) ? (size_t)(end - at) : sizeof(scan->buffer), present;

		if (scan->in->memory.peek)
			present = scan_in_place(scan, at, piece, scanned);
		else
			present = scan_copied(scan, at, piece, scanned);
		scan->bytes += piece;
		scan->missing += piece - present;
		scan->words += present ? piece / WORD : 0;
		at += piece;
	}
}

static void scan_percpu_copies(struct kl_scan *scan, uint32_t row)
{
	const struct kl_address_space *space = scan->in->space;
	size_t cpu;

	for (cpu = 0; cpu < space->percpu_count; cpu++)
		kl_scan_block(scan, scan->in->heap->address[row] + space->percpu_offsets[cpu],
			      scan->in->heap->size[row], row);
}

static void scan_in_chunks(struct kl_scan *scan, uint32_t row)
{
	uint64_t start = kl_object_start(scan->in->heap, scan->in->space, row);
	uint64_t left = scan->in->heap->size[row];

	while (left) {
		uint64_t chunk = left < KL_SCAN_CHUNK ? left : KL_SCAN_CHUNK;

		kl_scan_block(scan, start, chunk, row);
		start += chunk;
		left -= chunk;
	}
}

void kl_scan_object(struct kl_scan *scan, uint32_t row)
{
	const struct kl_heap *heap = scan->in->heap;
	uint8_t flags = heap->flags[row];
	uint32_t i;

	if ((flags & KL_OBJECT_NO_SCAN) || !(flags & KL_OBJECT_ALLOCATED))
		return;
	if (heap->class_[row] == KLEAK_CLASS_PERCPU) {
		scan_percpu_copies(scan, row);
	} else if (!heap->area_count[row] || (flags & KL_OBJECT_FULL_SCAN)) {
		scan_in_chunks(scan, row);
	} else {
		for (i = 0; i < heap->area_count[row]; i++) {
			const struct kl_scan_area *area = &heap->areas.data[heap->first_area[row] + i];

			kl_scan_block(scan, area->start, area->length, row);
		}
	}
}

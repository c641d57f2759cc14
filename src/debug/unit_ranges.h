/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit_ranges.h: which unit, or function of one, an address of code belongs to. Private to src/debug. */
#ifndef KL_DEBUG_UNIT_RANGES_H
#define KL_DEBUG_UNIT_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "debug/unit.h"

struct kl_unit_range {
	uint64_t start, end; /* [start, end) */
	uint32_t unit;       /* or whatever number kl_unit_ranges_add() was given */
};

struct kl_unit_ranges {
	KL_VEC(struct kl_unit_range) all; /* sorted by start */
};

/** kl_unit_ranges_from_aranges() - read .debug_aranges; empty when there is none (Clang writes none). */
struct kl_error *kl_unit_ranges_from_aranges(struct kl_units *units, struct kl_unit_ranges *ret);

/** kl_unit_ranges_from_units() - read the ranges that the units' root DIEs give: slower, but always there. */
struct kl_error *kl_unit_ranges_from_units(struct kl_units *units, struct kl_unit_ranges *ret);

/** kl_unit_ranges_add() - add the ranges of @die, which lies in the unit of @root, under @number; none is fine.
 * Returns false when out of memory; damage is recorded (dwarf.h). */
bool kl_unit_ranges_add(struct kl_units *units, const struct kl_die *root, const struct kl_die *die, size_t number,
			struct kl_unit_ranges *ranges);

/** kl_unit_ranges_end() - sort what was added, @complete as kl_unit_ranges_add() said; empty after an error. */
struct kl_error *kl_unit_ranges_end(struct kl_units *units, struct kl_unit_ranges *ret, bool complete);

/** kl_unit_ranges_find() - index of the unit that has @address, SIZE_MAX when none does. */
size_t kl_unit_ranges_find(const struct kl_unit_ranges *ranges, uint64_t address);

void kl_unit_ranges_deinit(struct kl_unit_ranges *ranges);

#endif

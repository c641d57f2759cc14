/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/scopes.h"

#include "debug/call_arguments.h"

/* Steps from an inlined function to the DIE that has its name. */
#define CHAIN_MAX 32
/* Scopes inside one another, DIEs beside one another: a damaged file may have them without end. */
#define DEPTH_MAX 256
#define SIBLINGS_MAX (1 << 20)

void kl_function_scopes_deinit(struct kl_function_scopes *scopes)
{
	kl_unit_ranges_deinit(&scopes->ranges);
	kl_vec_deinit(&scopes->functions);
}

struct kl_error *kl_function_scopes_load(struct kl_units *units, size_t index, struct kl_function_scopes *ret)
{
	struct kl_die root, die;
	struct kl_error *err;
	bool more, complete = true;

	*ret = (struct kl_function_scopes){};
	more = kl_unit_root(units, index, &root) && kl_die_child(units->dw, &root, &die);
	for (; more && complete && ret->functions.count < SIBLINGS_MAX; more = kl_die_next(units->dw, &die)) {
		if (die.tag != DW_TAG_subprogram || !(die.has & KL_DIE_HAS_CHILDREN))
			continue;
		complete = kl_unit_ranges_add(units, &root, &die, ret->functions.count, &ret->ranges) &&
			   kl_vec_push(&ret->functions, die.offset);
	}
	err = kl_unit_ranges_end(units, &ret->ranges, complete);
	if (err)
		kl_function_scopes_deinit(ret);
	return err;
}

struct scope_search {
	struct kl_units *units;
	struct kl_die root;
	uint64_t address;
	struct kl_unit_ranges ranges; /* of the scope at hand */
	bool complete;
};

static bool scope_contains_address(struct scope_search *s, const struct kl_die *die)
{
	const struct kl_unit_range *range;

	s->ranges.all.count = 0;
	s->complete = kl_unit_ranges_add(s->units, &s->root, die, 0, &s->ranges);
	kl_vec_for_each (range, &s->ranges.all) {
		if (s->address >= range->start && s->address < range->end)
			return true;
	}
	return false;
}

/* From @die to the scope inside of it that has the address. */
static bool enter_scope(struct scope_search *s, struct kl_die *die)
{
	struct kl_die child;
	bool more;
	int i = 0;

	for (more = kl_die_child(s->units->dw, die, &child); more && s->complete && i < SIBLINGS_MAX; i++) {
		if ((child.tag == DW_TAG_inlined_subroutine || child.tag == DW_TAG_lexical_block) &&
		    scope_contains_address(s, &child)) {
			*die = child;
			return true;
		}
		more = kl_die_next(s->units->dw, &child);
	}
	return false;
}

static uint64_t constant_of(struct kl_dwarf *dw, const struct kl_die *die, unsigned name)
{
	int64_t value;

	return kl_die_constant(dw, die, name, &value) && value > 0 ? (uint64_t)value : 0;
}

static struct kl_inlined describe_inlined(struct kl_dwarf *dw, const struct kl_die *die)
{
	struct kl_die origin = *die;
	int step;

	for (step = 0; step < CHAIN_MAX && !origin.name; step++)
		if (!kl_die_origin(dw, &origin, &origin))
			break;
	return (struct kl_inlined){origin.name, constant_of(dw, die, DW_AT_call_file),
				   constant_of(dw, die, DW_AT_call_line)};
}

struct kl_error *kl_function_scopes_inlined(struct kl_units *units, size_t index,
					    const struct kl_function_scopes *scopes, uint64_t address,
					    struct kl_inlined *ret, size_t *n)
{
	struct scope_search s = {.units = units, .address = address, .complete = true};
	size_t function = kl_unit_ranges_find(&scopes->ranges, address);
	struct kl_die die;
	int depth;

	*n = 0;
	if (function == SIZE_MAX || !kl_unit_root(units, index, &s.root) ||
	    !kl_die_read(units->dw, s.root.unit, scopes->functions.data[function], &die))
		return kl_dwarf_failure(units->dw);
	for (depth = 0; depth < DEPTH_MAX && *n < KL_INLINED_MAX && enter_scope(&s, &die); depth++) {
		if (die.tag == DW_TAG_inlined_subroutine)
			ret[(*n)++] = describe_inlined(units->dw, &die);
	}
	kl_unit_ranges_deinit(&s.ranges);
	return s.complete ? kl_dwarf_failure(units->dw) : kl_error_nomem();
}

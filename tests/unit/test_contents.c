/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the memory of objects held at first, and what of it was asked for: in real dumps, whose calls and settings say
 * what the tests want them to say.
 */
#define SCENE "test_contents"
#include "test_types_scene.h"

#include "kernel/machine/machine.h"

/* The object in @row was allocated by the scene's call. */
static bool is_of_scene(const struct scene *s, uint32_t row)
{
	return s->w.heap.size[row] == s->object && s->w.heap.stack[row] == s->stack;
}

static size_t count_erased(const struct scene *s, bool of_scene)
{
	size_t n = 0;
	uint32_t row;

	for (row = 0; row < s->w.heap.rows; row++)
		n += s->w.facts.zeroed[row] && is_of_scene(s, row) == of_scene;
	return n;
}

static size_t count_of_scene(const struct scene *s)
{
	size_t n = 0;
	uint32_t row;

	for (row = 0; row < s->w.heap.rows; row++)
		n += is_of_scene(s, row);
	return n;
}

/* Slack masks, all of which must reach from behind @size bytes of one of the scene's objects to its end. */
static size_t count_slack(const struct scene *s, uint64_t size)
{
	const struct kl_mask *mask;
	size_t n = 0;

	kl_vec_for_each (mask, &s->w.facts.masks) {
		uint32_t row = kl_index_find(&s->w.heap.index[KLEAK_CLASS_VIRTUAL], mask->start);

		if (!(mask->traits & KL_TRAIT_SLACK))
			continue;
		n++;
		if (row == KL_NO_OBJECT || mask->start != s->w.heap.address[row] + (size + 7) / 8 * 8 ||
		    mask->end != s->w.heap.address[row] + s->w.heap.size[row])
			FAIL_("slack from %#lx to %#lx", (unsigned long)mask->start, (unsigned long)mask->end);
	}
	return n;
}

static void check_flag(struct scene *s)
{
	CHECK(s->w.facts.erasure.flag_known);
	CHECK_INT(count_erased(s, true), count_of_scene(s));
	read_with_call(s, (struct kl_alloc_call){.flags = 0xcc0}, NULL);
	CHECK_INT(count_erased(s, true), 0);
	read_with_call(s, (struct kl_alloc_call){.zeroes = true}, NULL);
	CHECK_INT(count_erased(s, true), count_of_scene(s));
}

/* An enumerator says which flag it is. */
static void test_erased_by_call(void)
{
	struct scene s;

	if (!open_scene(&s))
		SKIP(skip_reason);
	read_with_call(&s, (struct kl_alloc_call){.flags = 0x100}, NULL);
	check_flag(&s);
	close_world(&s.w);
}

/* Without one, the kernel's table of names does. */
static void test_flag_by_name(void)
{
	struct scene s;

	if (!open_scene(&s))
		SKIP(skip_reason);
	s.w.k->layouts.enumerators.___GFP_ZERO_BIT.present = false;
	read_with_call(&s, (struct kl_alloc_call){.flags = 0x100}, NULL);
	check_flag(&s);
	s.w.k->layouts.variables.gfpflag_names.present = false;
	read_with_call(&s, (struct kl_alloc_call){.flags = 0x100}, NULL);
	CHECK(!s.w.facts.erasure.flag_known);
	CHECK_INT(count_erased(&s, true), 0);
	close_world(&s.w);
}

static void test_slack_of_a_call(void)
{
	struct kl_alloc_call call = {.flags = 0xcc0};
	struct scene s;

	if (!open_scene(&s))
		SKIP(skip_reason);
	call.size = s.size - 3;
	read_with_call(&s, call, NULL);
	CHECK(s.objects > 0);
	CHECK_INT(count_slack(&s, call.size), s.objects);
	call.flags = 0x1c0; /* erased: whatever is there was put there */
	read_with_call(&s, call, NULL);
	CHECK_INT(count_slack(&s, call.size), 0);
	call.flags = 0xcc0;
	call.growth = KL_GROWTH_ROUNDS;
	read_with_call(&s, call, NULL);
	CHECK_INT(count_slack(&s, call.size), 0);
	call.growth = KL_GROWTH_RESIZES;
	read_with_call(&s, call, NULL);
	CHECK_INT(count_slack(&s, call.size), 0);
	call = (struct kl_alloc_call){.size = s.object + 8}; /* cannot be in that bucket */
	read_with_call(&s, call, NULL);
	CHECK_INT(count_slack(&s, call.size), 0);
	close_world(&s.w);
}

/* ---- the machine's settings ---- */

static uint64_t key; /* reads as 1 */
static struct kl_kernel_access machine;

static struct kl_error *read_patched(void *context, uint64_t address, void *buffer, size_t length)
{
	struct kl_error *err = machine.read(context, address, buffer, length);

	if (!err && key >= address && key + 4 <= address + length)
		((uint8_t *)buffer)[key - address] = 1;
	return err;
}

/* The share of objects that are erased, in percent, where the static key @symbol is on. */
static int erased_share(struct scene *s, const struct kl_variable *symbol)
{
	machine = s->w.k->memory;
	key = kl_kernel_variable(s->w.k, symbol);
	CHECK(key);
	s->w.k->memory.read = read_patched;
	read_with_call(s, (struct kl_alloc_call){}, NULL);
	s->w.k->memory = machine;
	return (int)((count_erased(s, true) + count_erased(s, false)) * 100 / s->w.heap.rows);
}

static bool is_erased_of_cache(const struct scene *s, const struct kl_slab_caches *slabs, const char *name, bool *found)
{
	struct kl_slab slab = {};
	bool erased = false;
	uint32_t row;

	*found = false;
	for (row = 0; row < s->w.heap.rows; row++) {
		if (s->w.heap.class_[row] != KLEAK_CLASS_VIRTUAL || !kl_slab_at(slabs, s->w.heap.address[row], &slab) ||
		    strcmp(slab.cache->name, name) || s->w.heap.size[row] != slab.cache->object_size)
			continue;
		*found = true;
		erased |= s->w.facts.zeroed[row];
	}
	return erased;
}

static void test_settings_of_the_machine(void)
{
	const struct kl_slab_caches *slabs;
	struct scene s;
	bool found;

	if (!open_scene(&s))
		SKIP(skip_reason);
	CHECK_OK(kl_machine_slab_caches(s.w.k, &slabs));
	read_with_call(&s, (struct kl_alloc_call){}, NULL);
	CHECK(s.w.facts.erasure.known && !s.w.facts.erasure.on_alloc && !s.w.facts.erasure.on_free);
	CHECK(!is_erased_of_cache(&s, slabs, "kernfs_node_cache", &found) && found);
	CHECK(erased_share(&s, &s.w.k->layouts.symbols.init_on_alloc) > 50);
	CHECK(s.w.facts.erasure.on_alloc && s.w.facts.erasure.by_setting);
	CHECK(is_erased_of_cache(&s, slabs, "kernfs_node_cache", &found) && found);
	/* with a constructor; RCU readers may still look at it */
	CHECK(!is_erased_of_cache(&s, slabs, "inode_cache", &found) && found);
	CHECK(!is_erased_of_cache(&s, slabs, "sighand_cache", &found) && found);
	CHECK(erased_share(&s, &s.w.k->layouts.symbols.init_on_free) > 50);
	CHECK(s.w.facts.erasure.on_free);
	close_world(&s.w);
}

int main(void)
{
	RUN(test_erased_by_call);
	RUN(test_flag_by_name);
	RUN(test_slack_of_a_call);
	RUN(test_settings_of_the_machine);
	return DONE();
}

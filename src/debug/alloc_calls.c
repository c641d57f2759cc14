/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/alloc_calls.h"

#include <elf.h>
#include <string.h>

#include "debug/call_arguments.h"
#include "debug/debug_private.h"
#include "debug/location.h"
#include "debug/returned.h"
#include "debug/symbols.h"
#include "debug/type.h"
#include "util/search.h"

/* Scopes inside one another in a function, steps from a DIE to the one that completes it. */
#define SCOPES_MAX 256
#define CHAIN_MAX 32
/* Work on one file, in units of 16 bytes of DIEs or one entry of a location list. The lab's kernels need half a
 * million. */
#define STEPS_MAX (1 << 26)

struct kl_error *kl_alloc_calls_init(struct kl_alloc_calls *calls)
{
	*calls = (struct kl_alloc_calls){};
	return kl_intern_create(&calls->names);
}

void kl_alloc_calls_deinit(struct kl_alloc_calls *calls)
{
	kl_vec_deinit(&calls->list);
	kl_intern_destroy(calls->names);
	calls->names = NULL;
}

const struct kl_alloc_call *kl_alloc_calls_at(const struct kl_alloc_calls *calls, uint64_t address)
{
	size_t i = kl_search_prefix(calls->list.data, calls->list.count, known, known->address < address);

	return i < calls->list.count && calls->list.data[i].address == address ? &calls->list.data[i] : NULL;
}

const struct kl_alloc_call *kl_alloc_calls_in(const struct kl_alloc_calls *calls, const char *symbol, uint64_t offset)
{
	const struct kl_alloc_call *known, *found = NULL;

	kl_vec_for_each (known, &calls->list) {
		if (!known->symbol || known->offset != offset ||
		    strcmp(kl_intern_get(calls->names, known->symbol, NULL), symbol))
			continue;
		if (found)
			return NULL;
		found = known;
	}
	return found;
}

struct search {
	struct kl_debug *dbg;
	struct kl_dwarf *dw;
	struct kl_locations locations;
	struct kl_alloc_calls *ret;
	uint64_t steps;
	enum kl_growth growth; /* what the unit being searched does */
};

/* False, for good, when @n steps more are too many: no compiler made this. */
static bool spend_steps(struct search *s, uint64_t n)
{
	s->steps += n;
	if (s->steps > STEPS_MAX)
		kl_dwarf_damaged(s->dw, "calls and scopes without end");
	return s->steps <= STEPS_MAX;
}

static bool find_last_member(struct search *s, const struct kl_die *owner, struct kl_die *ret)
{
	bool more, found = false;
	struct kl_die die;

	for (more = kl_die_child(s->dw, owner, &die); more && spend_steps(s, 1); more = kl_die_next(s->dw, &die)) {
		if (die.tag != DW_TAG_member)
			continue;
		*ret = die;
		found = true;
	}
	return found;
}

/* Whether memory past the struct may belong to it: its last member is an array without elements. */
static bool is_open_ended(struct search *s, struct kl_die type)
{
	struct kl_type_shape shape;
	struct kl_die member;
	int i;

	for (i = 0; i < CHAIN_MAX && kl_tag_is_compound(type.tag) && find_last_member(s, &type, &member); i++) {
		if (!kl_type_shape(s->dw, member.type, NULL, &shape))
			return false;
		if (shape.is_array)
			return !shape.count;
		type = shape.die;
	}
	return false;
}

/* The struct that a variable of type @type points to. */
static bool find_pointed_struct(struct search *s, uint64_t type, struct kl_die *ret)
{
	struct kl_type_shape shape;

	if (!kl_type_shape(s->dw, type, NULL, &shape) || shape.is_array || shape.die.tag != DW_TAG_pointer_type ||
	    !kl_type_shape(s->dw, shape.die.type, NULL, &shape) || shape.is_array)
		return false;
	*ret = shape.die;
	return kl_tag_is_compound(ret->tag) && ret->name && (ret->has & KL_DIE_HAS_SIZE) &&
	       !(ret->has & KL_DIE_IS_DECLARATION);
}

struct call {
	const struct kl_unit_header *unit;
	uint64_t pc;                       /* where it returns to */
	const struct allocator *allocator; /* what it calls */
	struct kl_call_arguments constants;
	const uint64_t *scopes; /* offsets of the DIEs around it, outermost first */
	size_t n_scopes;
	struct kl_returned_step steps[KL_RETURNED_STEPS];
	size_t n_steps;
	struct kl_die type; /* the answer so far; without a name: none */
	bool ambiguous;
};

/* The functions that allocate, 5.17 .. 7.3, by the beginning of their names; the first that fits. Inlined ones are
 * DIEs of their own. */
static const struct allocator {
	const char *prefix;
	bool sized;  /* of the kmalloc() family: what is asked for is one object, not one of a cache or whole pages */
	bool zeroes; /* whatever its flags say */
} allocators[] = {
	{"kmem_cache_alloc_trace", true, false},
	{"kmem_cache_alloc_node_trace", true, false},
	{"kmem_cache_alloc", false, false},
	{"kmem_cache_zalloc", false, true},
	{"kmalloc", true, false},
	{"__kmalloc", true, false},
	{"kzalloc", true, true},
	{"kcalloc", false, true},
	{"kvmalloc", false, false},
	{"__kvmalloc", false, false},
	{"kvzalloc", false, true},
	{"kvcalloc", false, true},
	{"vmalloc_user", false, true},
	{"vmalloc_32_user", false, true},
	{"vmalloc", false, false},
	{"__vmalloc", false, false},
	{"vzalloc", false, true},
	{"vcalloc", false, true},
	{"devm_kmalloc", false, false},
	{"devm_kzalloc", false, true},
	{"devm_kcalloc", false, true},
};

/* Functions by which a caller of kmalloc() comes to own more than it asked for, without another record of it. */
static const struct {
	const char *prefix;
	enum kl_growth growth;
} enlargers[] = {
	{"krealloc", KL_GROWTH_RESIZES},
	{"__krealloc", KL_GROWTH_RESIZES},
	{"kvrealloc", KL_GROWTH_RESIZES},
	{"devm_krealloc", KL_GROWTH_RESIZES},
	{"ksize", KL_GROWTH_RESIZES},
	{"__ksize", KL_GROWTH_RESIZES},
	{"kmalloc_size_roundup", KL_GROWTH_ROUNDS},
};

static bool begins_with(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static const struct allocator *find_allocator(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(allocators) / sizeof(*allocators); i++)
		if (begins_with(name, allocators[i].prefix))
			return &allocators[i];
	return NULL;
}

static enum kl_growth growth_by(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(enlargers) / sizeof(*enlargers); i++)
		if (begins_with(name, enlargers[i].prefix))
			return enlargers[i].growth;
	return KL_GROWTH_NONE;
}

/* More than one argument of that value: one of them are flags or a node, and nobody knows which. */
static bool is_size_argument(const struct call *call, uint64_t size)
{
	size_t i, found = 0;

	for (i = 0; i < call->constants.count; i++)
		found += call->constants.list[i].value == size;
	return found == 1;
}

/* A separate debug file has no code: kl_returned_follow() then knows the return address only. */
static bool read_code_section(const void *context, uint64_t address, const uint8_t **ret, size_t *length)
{
	const struct kl_elf_file *file = context;
	size_t i;

	for (i = 1; i < file->section_count; i++) {
		const struct kl_elf_section *section = &file->sections[i];
		Elf_Data *data;

		if (!(section->flags & SHF_EXECINSTR) || address < section->address ||
		    address - section->address >= section->size)
			continue;
		data = elf_rawdata(section->scn, NULL); /* unrelocated: what relocations change is never looked at */
		if (!data || !data->d_buf || data->d_size < section->size)
			return false;
		*ret = (const uint8_t *)data->d_buf + (address - section->address);
		*length = section->size - (address - section->address);
		return true;
	}
	return false;
}

static void follow_result(struct search *s, struct call *call)
{
	const struct kl_code code = {read_code_section, s->dbg->file, s->dbg->file->machine};

	call->n_steps = kl_returned_follow(&code, call->pc, call->steps);
}

/* Whether the variable is in @l while the register it names holds the result. */
static bool holds_result(const struct call *call, const struct kl_location *l)
{
	unsigned reg;
	size_t i;

	if (!kl_expression_register(l->expression, l->length, &reg))
		return false;
	for (i = 0; i < call->n_steps; i++)
		if (call->steps[i].address >= l->start && call->steps[i].address < l->end &&
		    call->steps[i].holders >> reg & 1)
			return true;
	return false;
}

static bool is_result_of_call(struct search *s, const struct call *call, const struct kl_die *variable)
{
	struct kl_attribute_value v;
	struct kl_location_walk walk;
	struct kl_location l;

	if (!kl_die_attribute(s->dw, variable, DW_AT_location, &v) ||
	    !kl_location_begin(&s->locations, call->unit, &v, &walk))
		return false;
	while (spend_steps(s, 1) && kl_location_next(&walk, &l))
		if (holds_result(call, &l))
			return true;
	return false;
}

static uint64_t variable_type(struct search *s, struct kl_die variable)
{
	int step;

	for (step = 0; step < CHAIN_MAX && !variable.type; step++)
		if (!kl_die_origin(s->dw, &variable, &variable))
			return 0;
	return variable.type;
}

static void try_variable(struct search *s, struct call *call, const struct kl_die *variable)
{
	struct kl_die type;

	if (!find_pointed_struct(s, variable_type(s, *variable), &type) || !is_size_argument(call, type.size) ||
	    is_open_ended(s, type) || !is_result_of_call(s, call, variable))
		return;
	call->ambiguous |= call->type.name && strcmp(call->type.name, type.name);
	call->type = type;
}

static void try_variables_of_scope(struct search *s, struct call *call, uint64_t scope)
{
	struct kl_die die, parent;
	uint64_t last = scope;
	bool more;

	if (!kl_die_read(s->dw, call->unit, scope, &parent))
		return;
	for (more = kl_die_child(s->dw, &parent, &die); more && spend_steps(s, 1 + (die.offset - last) / 16);
	     more = kl_die_next(s->dw, &die)) {
		last = die.offset;
		if (die.tag == DW_TAG_variable || die.tag == DW_TAG_formal_parameter)
			try_variable(s, call, &die);
	}
}

static bool is_size_type(const char *name)
{
	return !strcmp(name, "size_t");
}

static bool is_flags_type(const char *name)
{
	return !strcmp(name, "gfp_t");
}

/* What the call itself says, whatever becomes of its result. */
static void read_arguments(struct search *s, const struct kl_die *site, const struct call *call,
			   struct kl_alloc_call *ret)
{
	uint16_t machine = s->dbg->file->machine;

	ret->zeroes = call->allocator->zeroes;
	kl_call_parameter(s->dw, site, machine, is_flags_type, &call->constants, &ret->flags);
	if (call->allocator->sized)
		kl_call_parameter(s->dw, site, machine, is_size_type, &call->constants, &ret->size);
}

static struct kl_error *add_alloc_call(struct search *s, struct kl_alloc_call *site, const char *type)
{
	struct kl_error *err = NULL;
	struct kl_symbol symbol;

	if (type)
		err = kl_intern_add(s->ret->names, type, strlen(type), &site->type);
	if (err)
		return err;
	/* the return address may be the first byte of the next function */
	err = kl_symbols_by_address(s->dbg, site->address - 1, &symbol);
	if (!err) {
		site->offset = site->address - symbol.address;
		err = kl_intern_add(s->ret->names, symbol.name, strlen(symbol.name), &site->symbol);
	}
	if (err && kl_error_code(err) == KL_ERROR_NOMEM)
		return err;
	kl_error_destroy(err);
	return kl_vec_push(&s->ret->list, *site) ? NULL : kl_error_nomem();
}

/* The struct that @call allocates; NULL when nothing tells. */
static const char *find_struct(struct search *s, struct call *call)
{
	size_t i;

	if (call->allocator->sized && call->constants.count)
		follow_result(s, call);
	for (i = 0; i < call->n_scopes && call->n_steps; i++)
		try_variables_of_scope(s, call, call->scopes[i]);
	return call->ambiguous ? NULL : call->type.name;
}

static struct kl_error *answer_call(struct search *s, struct call *call, const struct kl_die *site)
{
	struct kl_alloc_call ret = {};
	struct kl_attribute_value pc;
	struct kl_die function;
	const char *type;

	if (!kl_die_either_attribute(s->dw, site, DW_AT_call_return_pc, DW_AT_low_pc, &pc) ||
	    !kl_die_address(s->dw, call->unit, &pc, &call->pc) || !kl_call_function(s->dw, site, &function))
		return NULL;
	if (growth_by(function.name) > s->growth)
		s->growth = growth_by(function.name);
	call->allocator = find_allocator(function.name);
	if (!call->allocator)
		return NULL;
	kl_call_constants(s->dw, site, &call->constants);
	type = find_struct(s, call);
	ret.address = call->pc;
	read_arguments(s, site, call, &ret);
	if (type)
		ret.size = call->type.size;
	return type || ret.size || ret.flags || ret.zeroes ? add_alloc_call(s, &ret, type) : NULL;
}

/* Every DIE inside @function, which is one whole function. */
static struct kl_error *search_function_for_calls(struct search *s, const struct kl_die *function)
{
	uint64_t scopes[SCOPES_MAX] = {function->offset}, offset = function->next;
	struct kl_error *err = NULL;
	struct kl_die die;
	size_t depth = 1;

	while (depth && !err && kl_die_read(s->dw, function->unit, offset, &die)) {
		offset = die.next;
		if (!die.tag) {
			depth--;
			continue;
		}
		if (kl_tag_is_call_site(die.tag)) {
			struct call call = {.unit = function->unit, .scopes = scopes, .n_scopes = depth};

			err = answer_call(s, &call, &die);
		}
		if (!(die.has & KL_DIE_HAS_CHILDREN))
			continue;
		if (depth == SCOPES_MAX)
			break;
		scopes[depth++] = die.offset;
	}
	return err;
}

static void note_growth(struct kl_alloc_calls *calls, size_t from, enum kl_growth growth)
{
	for (; from < calls->list.count; from++)
		calls->list.data[from].growth = growth;
}

static struct kl_error *search_unit_for_calls(struct search *s, const struct kl_unit_header *unit)
{
	size_t before = s->ret->list.count;
	struct kl_error *err = NULL;
	struct kl_die root, die;
	bool more;

	if (!kl_die_read(s->dw, unit, unit->root, &root) || root.tag != DW_TAG_compile_unit)
		return NULL;
	s->growth = KL_GROWTH_NONE;
	for (more = kl_die_child(s->dw, &root, &die); more && !err; more = kl_die_next(s->dw, &die))
		if (die.tag == DW_TAG_subprogram && (die.has & KL_DIE_HAS_CHILDREN))
			err = search_function_for_calls(s, &die);
	note_growth(s->ret, before, s->growth);
	return err;
}

static int compare_call_addresses(const void *a, const void *b)
{
	const struct kl_alloc_call *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static struct kl_error *search_units_for_calls(struct search *s)
{
	const struct kl_unit_header *unit;
	struct kl_error *err = NULL;
	size_t done = 0;

	kl_vec_for_each (unit, &s->dw->headers) {
		if (!err)
			err = kl_progress_tick(kl_debug_progress(s->dbg), "reading calls from debug information",
					       done++, s->dw->headers.count);
		if (!err)
			err = search_unit_for_calls(s, unit);
	}
	kl_dwarf_fail(s->dw, err);
	if (s->ret->list.count)
		qsort(s->ret->list.data, s->ret->list.count, sizeof(*s->ret->list.data), compare_call_addresses);
	return kl_dwarf_failure(s->dw);
}

struct kl_error *kl_alloc_calls_find(struct kl_debug *dbg, struct kl_alloc_calls *ret)
{
	struct search s = {.dbg = dbg, .dw = dbg->dwarf, .ret = ret};
	struct kl_error *err = kl_debug_units(dbg);

	if (err)
		return err;
	kl_locations_open(s.dw, &s.locations);
	return kl_error_prepend(search_units_for_calls(&s), "%s", kl_debug_path(dbg));
}

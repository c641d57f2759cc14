/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/call_arguments.h"

#include <elf.h>

#include "debug/cursor.h"
#include "debug/type.h"

/* Steps from a function to the DIE that has its name. */
#define CHAIN_MAX 32

bool kl_die_origin(struct kl_dwarf *dw, const struct kl_die *die, struct kl_die *ret)
{
	struct kl_attribute_value v;

	return kl_die_either_attribute(dw, die, DW_AT_abstract_origin, DW_AT_specification, &v) &&
	       kl_die_at(dw, v.number, ret);
}

/* The DIE that the call names, which may be a copy of a function without a name. */
static bool find_callee(struct kl_dwarf *dw, const struct kl_die *site, struct kl_die *ret)
{
	struct kl_attribute_value origin;

	return kl_die_either_attribute(dw, site, DW_AT_call_origin, DW_AT_abstract_origin, &origin) &&
	       kl_die_at(dw, origin.number, ret);
}

bool kl_call_function(struct kl_dwarf *dw, const struct kl_die *site, struct kl_die *ret)
{
	int step;

	if (!find_callee(dw, site, ret))
		return false;
	for (step = 0; step < CHAIN_MAX && !ret->name; step++)
		if (!kl_die_origin(dw, ret, ret))
			return false;
	return ret->name != NULL;
}

bool kl_expression_register(const uint8_t *expression, uint64_t length, unsigned *ret)
{
	if (!expression || length != 1 || *expression < DW_OP_reg0 || *expression > DW_OP_reg31)
		return false;
	*ret = *expression - DW_OP_reg0;
	return true;
}

/* ---- constants ---- */

static bool is_parameter(uint16_t tag)
{
	return tag == DW_TAG_call_site_parameter || tag == DW_TAG_GNU_call_site_parameter;
}

/* An expression that is one constant. */
static bool constant_expression(const struct kl_attribute_value *v, uint64_t *ret)
{
	struct kl_cursor c = {v->block, v->block + v->length, !v->block};
	uint64_t op = kl_cursor_uint(&c, 1);

	switch (op) {
	case DW_OP_const1u:
		*ret = kl_cursor_uint(&c, 1);
		break;
	case DW_OP_const2u:
		*ret = kl_cursor_uint(&c, 2);
		break;
	case DW_OP_const4u:
		*ret = kl_cursor_uint(&c, 4);
		break;
	case DW_OP_const8u:
		*ret = kl_cursor_uint(&c, 8);
		break;
	case DW_OP_constu:
		*ret = kl_cursor_uleb(&c);
		break;
	default:
		*ret = op - DW_OP_lit0;
		if (op < DW_OP_lit0 || op > DW_OP_lit31)
			return false;
	}
	return !c.failed && c.at == c.end;
}

void kl_call_constants(struct kl_dwarf *dw, const struct kl_die *site, struct kl_call_arguments *ret)
{
	struct kl_attribute_value where, value;
	struct kl_call_argument argument;
	struct kl_die die;
	bool more;

	ret->count = 0;
	for (more = kl_die_child(dw, site, &die); more; more = kl_die_next(dw, &die)) {
		if (is_parameter(die.tag) && ret->count < KL_CALL_ARGUMENTS &&
		    kl_die_attribute(dw, &die, DW_AT_location, &where) &&
		    kl_expression_register(where.block, where.length, &argument.reg) &&
		    kl_die_either_attribute(dw, &die, DW_AT_call_value, DW_AT_GNU_call_site_value, &value) &&
		    constant_expression(&value, &argument.value))
			ret->list[ret->count++] = argument;
	}
}

/* ---- which parameter a register is ---- */

/* The register of integer argument number @index. */
static bool argument_register(uint16_t machine, unsigned index, unsigned *ret)
{
	static const uint8_t x86_registers[] = {5, 4, 1, 2, 8, 9}; /* rdi rsi rdx rcx r8 r9 */

	if (machine == EM_AARCH64 && index < 8)
		*ret = index;
	else if (machine == EM_X86_64 && index < sizeof(x86_registers))
		*ret = x86_registers[index];
	else
		return false;
	return true;
}

/* Whether a parameter of that shape takes one register, as integers, pointers and the kernel's small structs of them
 * do. The kernel passes no floating-point numbers. */
static bool takes_one_register(const struct kl_type_shape *shape)
{
	return kl_tag_is_pointer(shape->die.tag) || (shape->has_size && shape->size && shape->size <= 8);
}

/* Compilers keep to the calling convention where others call a function, too. Of one that is the file's own they may
 * drop parameters: GCC in a copy without a name, Clang in the function itself. */
static bool keeps_convention(struct kl_dwarf *dw, const struct kl_die *function)
{
	struct kl_attribute_value v;

	return function->name && kl_die_attribute(dw, function, DW_AT_external, &v);
}

static bool parameter_register(struct kl_dwarf *dw, const struct kl_die *site, uint16_t machine,
			       bool (*is_type)(const char *name), unsigned *ret)
{
	struct kl_type_shape shape;
	struct kl_die callee, die;
	unsigned index = 0;
	bool more;

	if (!find_callee(dw, site, &callee) || !keeps_convention(dw, &callee))
		return false;
	for (more = kl_die_child(dw, &callee, &die); more; more = kl_die_next(dw, &die)) {
		if (die.tag != DW_TAG_formal_parameter)
			continue;
		if (!kl_type_shape(dw, die.type, is_type, &shape) || !takes_one_register(&shape))
			return false;
		if (shape.matched)
			return argument_register(machine, index, ret);
		index++;
	}
	return false;
}

bool kl_call_parameter(struct kl_dwarf *dw, const struct kl_die *site, uint16_t machine,
		       bool (*is_type)(const char *name), const struct kl_call_arguments *constants, uint64_t *ret)
{
	unsigned reg;
	size_t i;

	if (!constants->count || !parameter_register(dw, site, machine, is_type, &reg))
		return false;
	for (i = 0; i < constants->count; i++) {
		if (constants->list[i].reg != reg)
			continue;
		*ret = constants->list[i].value;
		return true;
	}
	return false;
}

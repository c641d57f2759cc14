/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call_arguments.h: what DWARF says of a call: which function it calls, and which of its arguments are constants.
 *
 * Private to src/debug. An argument is described by the register that it is passed in. Which of the function's
 * parameters that is follows from the types of the parameters before it, which a declaration has too.
 * Source: DWARF 5 (call_site) and GCC's extension to DWARF 4 (GNU_call_site); System V psABI, AAPCS64.
 */
#ifndef KL_DEBUG_CALL_ARGUMENTS_H
#define KL_DEBUG_CALL_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/die.h"

/* Arguments that both machines pass in registers, at most. */
#define KL_CALL_ARGUMENTS 8

struct kl_call_argument {
	unsigned reg; /* DWARF's number of the register */
	uint64_t value;
};

struct kl_call_arguments {
	struct kl_call_argument list[KL_CALL_ARGUMENTS];
	size_t count;
};

static inline bool kl_tag_is_call_site(uint16_t tag)
{
	return tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site;
}

/** kl_die_either_attribute() - attribute @name, or @gnu_name, its number before DWARF 5 adopted GCC's extension. */
static inline bool kl_die_either_attribute(struct kl_dwarf *dw, const struct kl_die *die, unsigned name,
					   unsigned gnu_name, struct kl_attribute_value *ret)
{
	return kl_die_attribute(dw, die, name, ret) || kl_die_attribute(dw, die, gnu_name, ret);
}

/** kl_die_origin() - the DIE that gives @die what it lacks: the abstract instance of an inlined one, or the
 * declaration. @ret may be @die. */
bool kl_die_origin(struct kl_dwarf *dw, const struct kl_die *die, struct kl_die *ret);

/** kl_expression_register() - whether a location is nothing but one register. */
bool kl_expression_register(const uint8_t *expression, uint64_t length, unsigned *ret);

/** kl_call_function() - the function that call site @site calls, with its name; false when DWARF does not say. Copies
 * that the compiler made bear the name of the original. */
bool kl_call_function(struct kl_dwarf *dw, const struct kl_die *site, struct kl_die *ret);

/** kl_call_constants() - the arguments of @site that are constants. */
void kl_call_constants(struct kl_dwarf *dw, const struct kl_die *site, struct kl_call_arguments *ret);

/** kl_call_parameter() - the value of the constant in @constants that is passed to the first parameter whose type has
 * a name that @is_type knows; false when there is no such parameter, or it is none of these.
 * @machine: EM_X86_64, EM_AARCH64; no other one is known.
 *
 * Nothing is said of calls of static functions, and of copies that the compiler made: they may do without some of the
 * parameters. */
bool kl_call_parameter(struct kl_dwarf *dw, const struct kl_die *site, uint16_t machine,
		       bool (*is_type)(const char *name), const struct kl_call_arguments *constants, uint64_t *ret);

#endif

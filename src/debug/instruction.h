/* SPDX-License-Identifier: GPL-2.0-or-later */
/* instruction.h: how long a machine instruction is, and what it does to registers.
 *
 * Private to src/debug. This is no disassembler: it knows the instructions that compilers put around calls and at the
 * beginning of functions, and says so where it meets another one. Source: the instruction sets x86-64 and A64.
 */
#ifndef KL_DEBUG_INSTRUCTION_H
#define KL_DEBUG_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "debug/cursor.h"

/* Registers by the numbers of the instruction set, as bits. */
struct kl_effect {
	uint32_t written;
	int from, to;  /* it copies a whole register; -1 = it does not */
	int64_t jump;  /* where it goes on, in bytes from its end; 0 = it does not jump */
	int pushed;    /* x86-64: the register that it pushes, and does nothing else; -1 = none */
	bool branches; /* it may jump, or not */
};

/** kl_instruction_x86(), kl_instruction_a64() - take one instruction from @c; false when it is not known. */
bool kl_instruction_x86(struct kl_cursor *c, struct kl_effect *ret);
bool kl_instruction_a64(struct kl_cursor *c, struct kl_effect *ret);

#endif

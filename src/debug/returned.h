/* SPDX-License-Identifier: GPL-2.0-or-later */
/* returned.h: which registers hold what a call returned, some instructions later.
 *
 * Private to src/debug. A compiler moves the value out of the result register as soon as it can, and often only then
 * does a location list say which variable it is; DWARF does not describe the moves. So they are followed in the machine
 * code from the return address on, along unconditional jumps and past conditional branches as if not taken. This is no
 * disassembler: it knows the length and the registers written of the instructions that compilers put there, and any
 * other one ends the walk. A walk that ends early only costs an answer; one that went wrong would invent one.
 * Source: the instruction sets x86-64 and A64; registers are numbered as DWARF does (System V psABI, AADWARF64).
 */
#ifndef KL_DEBUG_RETURNED_H
#define KL_DEBUG_RETURNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instructions followed. With allocation profiling there are about ten before the variable has its value. */
#define KL_RETURNED_STEPS 32

struct kl_returned_step {
	uint64_t address; /* before the instruction there */
	uint32_t holders; /* bit N: register N holds the value */
};

/* The machine code of a file. */
struct kl_code {
	/* The bytes from @address to the end of its section; false where the file has none. */
	bool (*read)(const void *context, uint64_t address, const uint8_t **ret, size_t *length);
	const void *context;
	uint16_t machine; /* EM_X86_64, EM_AARCH64; any other cannot be followed */
};

/** kl_returned_follow() - from the return address @pc on; the number of @steps filled. The first is @pc itself, known
 * without any code. Each of the others is certain. */
size_t kl_returned_follow(const struct kl_code *code, uint64_t pc, struct kl_returned_step steps[KL_RETURNED_STEPS]);

#endif

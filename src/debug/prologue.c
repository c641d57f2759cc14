/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/prologue.h"

#include <elf.h>

#include "debug/instruction.h"

/* rbx, rbp, r12 to r15 */
#define X86_CALLEE_SAVED (1U << 3 | 1U << 5 | 0xfU << 12)
#define X86_STACK_POINTER (1U << 4)
/* x19 to x28 */
#define A64_CALLEE_SAVED (0x3ffU << 19)
/* Or the zero register: then what follows is not worth a difference. */
#define A64_STACK_POINTER (1U << 31)

/* What stands before the prologue proper: a landing pad of indirect calls, and the call or nop of ftrace. */
static void skip_x86_entry(struct kl_cursor *c)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	struct kl_cursor at = *c;

	if (kl_cursor_uint(&at, sizeof(endbr64)) == kl_get_uint(endbr64, sizeof(endbr64)) && !at.failed)
		*c = at;
	at = *c;
	if (kl_cursor_uint(&at, 1) == 0xe8) {
		kl_cursor_uint(&at, 4);
		if (!at.failed)
			*c = at;
	}
}

/* A stack grows by pushes until room is made for what is not a register. */
static size_t find_pushes(struct kl_cursor c, int32_t ret[KL_PROLOGUE_REGISTERS])
{
	uint32_t written = 0;
	struct kl_effect e;
	size_t n = 0;

	skip_x86_entry(&c);
	while (n < KL_PROLOGUE_REGISTERS && kl_instruction_x86(&c, &e) && !e.branches && !e.jump) {
		uint32_t pushed = e.pushed < 0 ? 0 : 1U << e.pushed;

		written |= e.written;
		if (written & X86_STACK_POINTER || (pushed && (!(pushed & X86_CALLEE_SAVED) || pushed & written)))
			break;
		if (pushed) {
			n++;
			ret[n - 1] = -8 * (int32_t)n;
			written |= pushed; /* once */
		}
	}
	return n;
}

/* Of stp and str relative to the stack pointer, the offset in bytes and the registers; 0 when it is neither. */
static uint32_t find_stored(uint32_t w, int32_t *offset)
{
	if ((w & 0xffc003e0) == 0xa90003e0) { /* stp xN, xM, [sp, #imm7 * 8] */
		*offset = ((int32_t)(w << 10) >> 25) * 8;
		return 1U << (w & 31) | 1U << (w >> 10 & 31);
	}
	if ((w & 0xffc003e0) == 0xf90003e0) { /* str xN, [sp, #imm12 * 8] */
		*offset = (int32_t)(w >> 10 & 0xfff) * 8;
		return 1U << (w & 31);
	}
	return 0;
}

/* Does @w put the frame record, x29 and x30, where @offset from the new stack pointer tells? */
static bool stores_record(uint32_t w, int32_t *offset)
{
	if ((w & 0xffc07fff) == 0xa9807bfd) { /* stp x29, x30, [sp, #-n]! */
		*offset = 0;
		return true;
	}
	return (w & 0xffc07fff) == 0xa9007bfd && find_stored(w, offset);
}

/* Stores relative to the stack pointer behind the one that makes the frame; the pointer does not change again. */
static size_t find_stores(struct kl_cursor c, int32_t ret[KL_PROLOGUE_REGISTERS])
{
	uint32_t written = 0;
	bool framed = false;
	int32_t record = 0;
	size_t n = 0;

	while (n + 2 <= KL_PROLOGUE_REGISTERS) {
		uint32_t w = (uint32_t)kl_cursor_uint(&c, 4), stored;
		struct kl_cursor again = {c.at - 4, c.end, c.failed};
		struct kl_effect e;
		int32_t offset;

		if (c.failed)
			break;
		if (!framed && stores_record(w, &record)) {
			framed = true;
			continue;
		}
		if (!framed && (w & 0xfc000000) == 0x94000000) /* ftrace */
			continue;
		stored = framed ? find_stored(w, &offset) : 0;
		if (stored && !(stored & ~A64_CALLEE_SAVED) && !(stored & written)) {
			ret[n++] = offset - record - 8;
			if (stored & (stored - 1))
				ret[n++] = offset - record;
			written |= stored;
			continue;
		}
		if (!kl_instruction_a64(&again, &e) || e.branches || e.jump ||
		    (framed && e.written & A64_STACK_POINTER))
			break;
		written |= e.written;
	}
	return n;
}

size_t kl_prologue_saved(uint16_t machine, const uint8_t *code, size_t length, int32_t ret[KL_PROLOGUE_REGISTERS])
{
	struct kl_cursor c = {code, code + length, false};

	return machine == EM_X86_64 ? find_pushes(c, ret) : machine == EM_AARCH64 ? find_stores(c, ret) : 0;
}

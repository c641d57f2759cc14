/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/returned.h"

#include <elf.h>

#include "debug/instruction.h"

/* A64's xzr, or the stack pointer. */
#define ZERO_REGISTER 31

/* The registers of @holders by DWARF's numbers. */
static uint32_t register_by_dwarf(uint16_t machine, uint32_t holders)
{
	static const uint8_t x86_numbers[] = {0, 2, 1, 3, 6, 7, 5, 4};
	uint32_t ret = holders & ~UINT32_C(0xff);
	unsigned i;

	if (machine != EM_X86_64)
		return holders;
	for (i = 0; i < sizeof(x86_numbers); i++)
		ret |= (holders >> x86_numbers[i] & 1) << i;
	return ret;
}

/* One instruction at *address; false when it is not known. */
static bool decode_step(const struct kl_code *code, uint64_t *address, uint32_t *holders)
{
	struct kl_effect e;
	const uint8_t *bytes;
	struct kl_cursor c;
	size_t length;
	bool copied;

	if (!code->read(code->context, *address, &bytes, &length))
		return false;
	c = (struct kl_cursor){bytes, bytes + length, false};
	if (!(code->machine == EM_X86_64 ? kl_instruction_x86(&c, &e) : kl_instruction_a64(&c, &e)))
		return false;
	copied = e.from >= 0 && *holders >> e.from & 1;
	*holders &= ~e.written;
	if (copied)
		*holders |= UINT32_C(1) << e.to;
	*holders &= ~(UINT32_C(1) << ZERO_REGISTER);
	*address += (uint64_t)(c.at - bytes) + (uint64_t)e.jump;
	return *holders;
}

size_t kl_returned_follow(const struct kl_code *code, uint64_t pc, struct kl_returned_step steps[KL_RETURNED_STEPS])
{
	uint32_t holders = 1; /* rax, x0: number 0 in both worlds */
	size_t n = 0;

	if (code->machine != EM_X86_64 && code->machine != EM_AARCH64)
		return 0;
	do {
		steps[n++] = (struct kl_returned_step){pc, register_by_dwarf(code->machine, holders)};
	} while (n < KL_RETURNED_STEPS && decode_step(code, &pc, &holders));
	return n;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "debug/instruction.h"

static const struct kl_effect no_effect = {.from = -1, .to = -1, .pushed = -1};

static void write_register(struct kl_effect *e, unsigned reg)
{
	e->written |= UINT32_C(1) << (reg & 31);
}

static void copy_register(struct kl_effect *e, unsigned from, unsigned to)
{
	write_register(e, to);
	e->from = (int)from;
	e->to = (int)to;
}

struct x86 {
	struct kl_cursor at;
	uint8_t rex;
	unsigned reg, rm; /* of the ModRM byte, extended by REX */
	bool direct;      /* rm is a register, not memory */
	struct kl_effect effect;
};

#define RSP 4

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

static void skip_bytes(struct x86 *x, size_t n)
{
	kl_cursor_uint(&x->at, n);
}

static unsigned take_modrm(struct x86 *x)
{
	unsigned byte = (unsigned)kl_cursor_uint(&x->at, 1), mode = byte >> 6, rm = byte & 7;
	unsigned base = rm == 4 && mode != 3 ? (unsigned)kl_cursor_uint(&x->at, 1) & 7 : rm;

	x->reg = (byte >> 3 & 7) | (x->rex & REX_R ? 8 : 0);
	x->rm = rm | (x->rex & REX_B ? 8 : 0);
	x->direct = mode == 3;
	if (mode == 1)
		skip_bytes(x, 1);
	else if (mode == 2 || (mode == 0 && base == 5))
		skip_bytes(x, 4);
	return byte >> 3 & 7;
}

static void write_rm(struct x86 *x)
{
	if (x->direct)
		write_register(&x->effect, x->rm);
}

static void track_move(struct x86 *x, unsigned from, unsigned to)
{
	if (x->direct && (x->rex & REX_W))
		copy_register(&x->effect, from, to);
	else
		write_register(&x->effect, to);
}

/* Opcodes after 0x0f. */
static bool take_two_bytes(struct x86 *x)
{
	unsigned op = (unsigned)kl_cursor_uint(&x->at, 1);

	if (op >= 0x80 && op <= 0x8f) { /* jcc */
		skip_bytes(x, 4);
		x->effect.branches = true;
		return true;
	}
	take_modrm(x);
	if (op == 0x1f) /* nop */
		return true;
	if ((op >= 0x40 && op <= 0x4f) || op == 0xaf || op == 0xb6 || op == 0xb7 || op == 0xbe || op == 0xbf) {
		write_register(&x->effect, x->reg); /* cmov, imul, movzx, movsx */
		return true;
	}
	if (op >= 0x90 && op <= 0x9f && (x->rex || x->rm < 4)) { /* setcc; without REX 4 .. 7 are ah .. bh */
		write_rm(x);
		return true;
	}
	return false;
}

/* Opcodes with a ModRM byte and an immediate. */
static bool take_group(struct x86 *x, unsigned op)
{
	unsigned which = take_modrm(x);
	bool byte_sized = op == 0x80 || op == 0xc6 || op == 0xf6;
	bool compares = (op >= 0x80 && op <= 0x83 && which == 7) || ((op == 0xf6 || op == 0xf7) && which == 0);

	if ((op == 0xc6 || op == 0xc7 || op == 0xf6 || op == 0xf7) && which)
		return false;
	if (byte_sized && !compares && x->direct)
		return false; /* ah .. bh again */
	skip_bytes(x, byte_sized || op == 0x83 || op == 0xc1 ? 1 : 4);
	if (!compares)
		write_rm(x);
	return true;
}

static bool take_modrm_opcode(struct x86 *x, unsigned op)
{
	switch (op) {
	case 0x38:
	case 0x39:
	case 0x3a:
	case 0x3b:
	case 0x84:
	case 0x85: /* cmp, test */
		take_modrm(x);
		return true;
	case 0x01:
	case 0x09:
	case 0x21:
	case 0x29:
	case 0x31:
	case 0xd1:
	case 0xd3: /* add or and sub xor, shifts */
		take_modrm(x);
		write_rm(x);
		return true;
	case 0x03:
	case 0x0b:
	case 0x23:
	case 0x2b:
	case 0x33:
	case 0x63:
	case 0x8d: /* the same, movsxd, lea */
		take_modrm(x);
		write_register(&x->effect, x->reg);
		return true;
	case 0x88: /* mov of a byte */
		take_modrm(x);
		return !x->direct;
	case 0x89:
		take_modrm(x);
		if (x->direct)
			track_move(x, x->reg, x->rm);
		return true;
	case 0x8b:
		take_modrm(x);
		track_move(x, x->rm, x->reg);
		return true;
	case 0x80:
	case 0x81:
	case 0x83:
	case 0xc1:
	case 0xc6:
	case 0xc7:
	case 0xf6:
	case 0xf7:
		return take_group(x, op);
	case 0xff: /* inc, dec, push */
		op = take_modrm(x);
		if (op < 2)
			write_rm(x);
		else
			write_register(&x->effect, RSP);
		return op < 2 || op == 6;
	default:
		return false;
	}
}

static bool take_jump(struct x86 *x, size_t size)
{
	uint64_t distance = kl_cursor_uint(&x->at, size);

	x->effect.jump = size == 1 ? (int8_t)distance : (int32_t)distance;
	return x->effect.jump != 0;
}

static bool take_opcode(struct x86 *x)
{
	unsigned op = (unsigned)kl_cursor_uint(&x->at, 1), low = (op & 7) | (x->rex & REX_B ? 8 : 0);

	if (op == 0x0f)
		return take_two_bytes(x);
	if (op == 0xeb || op == 0xe9) /* jmp; 0 stands where a relocation belongs */
		return take_jump(x, op == 0xeb ? 1 : 4);
	if (op == 0x90 && !x->rex)
		return true;       /* nop */
	if ((op & 0xf8) == 0x50) { /* push */
		x->effect.pushed = (int)low;
		return true;
	}
	if ((op & 0xf8) == 0x58 || (op & 0xf8) == 0xb8) { /* pop; mov of an immediate */
		skip_bytes(x, op < 0xb8 ? 0 : x->rex & REX_W ? 8 : 4);
		write_register(&x->effect, low);
		if (op < 0xb8)
			write_register(&x->effect, RSP);
		return true;
	}
	if ((op & 0xf0) == 0x70) { /* jcc */
		skip_bytes(x, 1);
		x->effect.branches = true;
		return true;
	}
	return take_modrm_opcode(x, op);
}

bool kl_instruction_x86(struct kl_cursor *c, struct kl_effect *ret)
{
	struct x86 x = {.at = *c, .effect = no_effect};
	uint8_t byte = (uint8_t)kl_cursor_uint(&x.at, 1);
	bool ok;

	if (byte == 0x65) /* %gs: */
		byte = (uint8_t)kl_cursor_uint(&x.at, 1);
	if ((byte & 0xf0) == 0x40)
		x.rex = byte;
	else
		x.at.at -= !x.at.failed;
	ok = take_opcode(&x) && !x.at.failed;
	c->at = x.at.at;
	*ret = x.effect;
	return ok;
}

/* Loads and stores with a plain address. Any other may write whatever it names. */
static void take_memory(uint32_t w, struct kl_effect *ret)
{
	unsigned rt = w & 31, rn = w >> 5 & 31, rt2 = w >> 10 & 31, rs = w >> 16 & 31;
	bool offset = (w & 0x3b000000) == 0x39000000, unscaled = (w & 0x3b200c00) == 0x38000000;
	bool indexed = (w & 0x3b200c00) == 0x38200800, pair = (w & 0x3b800000) == 0x29000000;
	bool vector = w & 0x04000000;

	if (pair && w & 0x00400000 && !vector) {
		write_register(ret, rt);
		write_register(ret, rt2);
	} else if (offset || unscaled || indexed) {
		if (w & 0x00c00000 && !vector) /* opc 0 stores */
			write_register(ret, rt);
	} else if (!pair) {
		write_register(ret, rt);
		write_register(ret, rn);
		write_register(ret, rt2);
		write_register(ret, rs);
	}
}

static bool is_conditional_branch(uint32_t w)
{
	return (w & 0xff000010) == 0x54000000 || (w & 0x7e000000) == 0x34000000 || (w & 0x7e000000) == 0x36000000;
}

bool kl_instruction_a64(struct kl_cursor *c, struct kl_effect *ret)
{
	uint32_t w = (uint32_t)kl_cursor_uint(c, 4);

	*ret = no_effect;
	if (c->failed)
		return false;
	if ((w & 0xfc000000) == 0x14000000) { /* b; 26 bits, signed, counted from the instruction itself */
		ret->jump = ((int64_t)((uint64_t)w << 38) >> 36) - 4;
		return w != 0x14000000;
	}
	ret->branches = is_conditional_branch(w);
	if (ret->branches || (w & 0xfffff01f) == 0xd503201f) /* or a hint */
		return true;
	if ((w & 0xffe0ffe0) == 0xaa0003e0) /* mov */
		copy_register(ret, w >> 16 & 31, w & 31);
	else if ((w & 0x0a000000) == 0x08000000)
		take_memory(w, ret);
	else if ((w & 0x1c000000) == 0x10000000 || (w & 0x0e000000) == 0x0a000000 || (w & 0xfff00000) == 0xd5300000)
		write_register(ret, w & 31); /* data processing; mrs. Flags only: register 31 */
	else
		return false;
	return true;
}

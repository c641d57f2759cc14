/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a function saves its caller's registers, by its machine code; code that says nothing. */
#include "test.h"

#include <elf.h>

#include "debug/prologue.h"

/* The distances from the return address as one number, nearest first, four bits for each of them in words: -8, -16 is
 * 0x12. Above it 16 for those that are no such distance. */
static uint64_t saved(uint16_t machine, const void *code, size_t length)
{
	int32_t offsets[KL_PROLOGUE_REGISTERS];
	size_t i, n = kl_prologue_saved(machine, code, length, offsets);
	uint64_t ret = 0;

	for (i = 0; i < n; i++) {
		int32_t word = machine == EM_X86_64 ? -offsets[i] / 8 : offsets[i] / 8;

		ret = ret << 4 | (word > 0 && word < 16 ? (uint64_t)word : UINT64_C(1) << 60);
	}
	return ret;
}

#define X86(...) saved(EM_X86_64, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define A64(...) saved(EM_AARCH64, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}))

static void test_pushes(void)
{
	/* push %r15; mov %rdi,%r15; push %r14; push %rbp; push %rbx; sub $8,%rsp; push %r12 */
	CHECK_INT(X86(0x41, 0x57, 0x49, 0x89, 0xff, 0x41, 0x56, 0x55, 0x53, 0x48, 0x83, 0xec, 0x08, 0x41, 0x54),
		  0x1234);
	/* endbr64; call ftrace; push %rbp; mov %rsp,%rbp; push %rbx; ret */
	CHECK_INT(X86(0xf3, 0x0f, 0x1e, 0xfa, 0xe8, 1, 2, 3, 4, 0x55, 0x48, 0x89, 0xe5, 0x53, 0xc3), 0x12);
	/* nopl 0(%rax,%rax,1); push %rbx */
	CHECK_INT(X86(0x0f, 0x1f, 0x44, 0, 0, 0x53), 0x1);
}

static void test_pushes_that_save_nothing(void)
{
	CHECK_INT(X86(0x53, 0x50, 0x55), 0x1);                   /* push %rbx; push %rax; push %rbp */
	CHECK_INT(X86(0xbb, 1, 0, 0, 0, 0x53, 0x55), 0);         /* mov $1,%ebx; push %rbx */
	CHECK_INT(X86(0x53, 0x74, 0x00, 0x55), 0x1);             /* push %rbx; je; push %rbp */
	CHECK_INT(X86(0x53, 0xeb, 0x01, 0x90, 0x55), 0x1);       /* push %rbx; jmp; push %rbp */
	CHECK_INT(X86(0x53, 0x5b, 0x55, 0x53), 0x1);             /* push %rbx; pop %rbx; push %rbp */
	CHECK_INT(X86(0x53, 0xe8, 0, 0, 0, 0, 0x55), 0x1);       /* push %rbx; call; push %rbp */
	CHECK_INT(X86(0x53, 0x48, 0x83, 0xe4, 0xf0, 0x55), 0x1); /* push %rbx; and $-16,%rsp; push %rbp */
	CHECK_INT(X86(0x41), 0);                                 /* cut off */
	CHECK_INT(saved(EM_X86_64, "", 0), 0);
}

static void test_stores(void)
{
	/* paciasp; stp x29,x30,[sp,#-64]!; mov x29,sp; stp x19,x20,[sp,#16]; mov x19,x0; str x21,[sp,#32] */
	CHECK_INT(A64(0xd503233f, 0xa9bc7bfd, 0x910003fd, 0xa90153f3, 0xaa0003f3, 0xf90013f5), 0x123);
	/* mov x9,x30; bl ftrace; sub sp,sp,#96; stp x29,x30,[sp,#48]; add x29,sp,#48; stp x19,x20,[sp,#64] */
	CHECK_INT(A64(0xaa1e03e9, 0x94000010, 0xd10183ff, 0xa9037bfd, 0x9100c3fd, 0xa90453f3), 0x12);
}

static void test_stores_that_save_nothing(void)
{
	CHECK_INT(A64(0xa9bc7bfd, 0xaa0003f3, 0xa90153f3), 0); /* mov x19,x0; stp x19,x20,[sp,#16] */
	CHECK_INT(A64(0xa9bc7bfd, 0xa90107e0), 0);             /* stp x0,x1,[sp,#16] */
	CHECK_INT(A64(0xa90153f3), 0);                         /* no frame */
	CHECK_INT(A64(0xa9bc7bfd, 0xb4000040, 0xa90153f3), 0); /* cbz x0; stp x19,x20,[sp,#16] */
	CHECK_INT(A64(0xa9bc7bfd, 0xd10083ff, 0xa90153f3), 0); /* sub sp,sp,#32; stp x19,x20,[sp,#16] */
	CHECK_INT(A64(0xa9bc7bfd, 0x94000010, 0xa90153f3), 0); /* bl; stp x19,x20,[sp,#16] */
	CHECK_INT(saved(EM_AARCH64, "\x7b", 1), 0);            /* cut off */
	CHECK_INT(saved(EM_S390, "\x53\x53\x53\x53\x53\x53", 6), 0);
}

int main(void)
{
	RUN(test_pushes);
	RUN(test_pushes_that_save_nothing);
	RUN(test_stores);
	RUN(test_stores_that_save_nothing);
	return DONE();
}

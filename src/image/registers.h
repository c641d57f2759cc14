/* SPDX-License-Identifier: GPL-2.0-or-later */
/* registers.h: the registers of one CPU as the dump saved them (NT_PRSTATUS notes). */
#ifndef KL_IMAGE_REGISTERS_H
#define KL_IMAGE_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

#include "image/arch.h"
#include "util/error.h"

struct _kdump_ctx; /* libkdumpfile's kdump_ctx_t, without making every reader of image.h include it */

#define KL_REGISTERS_MAX 31

struct kl_registers {
	uint64_t gpr[KL_REGISTERS_MAX]; /* in the order of kl_register_name(); stack pointer and pc are apart */
	unsigned int count;             /* valid entries of gpr: 15 on x86-64, 31 on aarch64 */
	uint64_t sp;
	uint64_t pc;
	uint64_t flags; /* rflags or pstate */
	int32_t pid;    /* as noted; QEMU writes the CPU number plus one here, not a pid */
};

/** kl_register_name() - the name of gpr[@index], NULL past the last. */
const char *kl_register_name(enum kl_arch arch, unsigned int index);

/** kl_registers_cpus() - how many CPUs have registers in @ctx. */
size_t kl_registers_cpus(struct _kdump_ctx *ctx);

/** kl_registers_read() - fill @ret from libkdumpfile's attributes. Errors: KL_ERROR_NOT_FOUND. */
struct kl_error *kl_registers_read(struct _kdump_ctx *ctx, enum kl_arch arch, size_t cpu, struct kl_registers *ret);

#endif

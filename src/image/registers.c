/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/registers.h"

#include <libkdumpfile/kdumpfile.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* libkdumpfile's names, in the order of struct pt_regs from the callee-saved ones up, or of x0 .. x30. */
static const char *const x86_64_names[] = {"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10",
					   "r9",  "r8",  "rax", "rcx", "rdx", "rsi", "rdi"};
static const char *const aarch64_names[] = {"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
					    "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
					    "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "lr"};

static const struct register_set {
	const char *const *names;
	unsigned int count;
	const char *sp, *pc, *flags;
} register_sets[] = {
	[KL_ARCH_X86_64] = {x86_64_names, sizeof(x86_64_names) / sizeof(*x86_64_names), "rsp", "rip", "rflags"},
	[KL_ARCH_AARCH64] = {aarch64_names, sizeof(aarch64_names) / sizeof(*aarch64_names), "sp", "pc", "pstate"},
};

const char *kl_register_name(enum kl_arch arch, unsigned int index)
{
	const struct register_set *set = &register_sets[arch];

	return index < set->count ? set->names[index] : NULL;
}

size_t kl_registers_cpus(kdump_ctx_t *ctx)
{
	kdump_num_t n;

	return kdump_get_number_attr(ctx, KDUMP_ATTR_NUM_CPUS, &n) == KDUMP_OK ? n : 0;
}

static bool get_register_attribute(kdump_ctx_t *ctx, size_t cpu, const char *name, uint64_t *ret)
{
	char key[48];
	kdump_num_t value;

	snprintf(key, sizeof(key), "cpu.%zu.%s%s", cpu, strcmp(name, "pid") ? "reg." : "", name);
	if (kdump_get_number_attr(ctx, key, &value) != KDUMP_OK)
		return false;
	*ret = value;
	return true;
}

struct kl_error *kl_registers_read(kdump_ctx_t *ctx, enum kl_arch arch, size_t cpu, struct kl_registers *ret)
{
	const struct register_set *set = &register_sets[arch];
	uint64_t pid = 0;
	bool found;

	memset(ret, 0, sizeof(*ret));
	ret->count = set->count;
	found = get_register_attribute(ctx, cpu, set->sp, &ret->sp) &&
		get_register_attribute(ctx, cpu, set->pc, &ret->pc) &&
		get_register_attribute(ctx, cpu, set->flags, &ret->flags);
	for (unsigned int i = 0; found && i < set->count; i++)
		found = get_register_attribute(ctx, cpu, set->names[i], &ret->gpr[i]);
	if (!found)
		return kl_error_create(KL_ERROR_NOT_FOUND, "no registers of CPU %zu in the dump", cpu);
	if (get_register_attribute(ctx, cpu, "pid", &pid))
		ret->pid = (int32_t)pid;
	return NULL;
}

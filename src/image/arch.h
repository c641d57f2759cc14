/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arch.h: the machines whose dumps can be read. */
#ifndef KL_IMAGE_ARCH_H
#define KL_IMAGE_ARCH_H

enum kl_arch {
	KL_ARCH_X86_64,
	KL_ARCH_AARCH64,
};

/** kl_arch_name() - "x86_64" or "aarch64", as uname(2) and libkdumpfile call them. */
static inline const char *kl_arch_name(enum kl_arch arch)
{
	return arch == KL_ARCH_AARCH64 ? "aarch64" : "x86_64";
}

#endif

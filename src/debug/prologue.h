/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prologue.h: where a function saves registers that belong to its caller, by its machine code.
 *
 * A function that needs such a register saves it first and restores it last, so the word on the stack is what the
 * caller had in that register, from the function's first instructions to its last ones. Only what is saved before the
 * first branch is told, and nothing behind an instruction that is not known. So the list may be too short; it is never
 * wrong.
 * Source: System V psABI for x86-64, AAPCS64.
 */
#ifndef KL_DEBUG_PROLOGUE_H
#define KL_DEBUG_PROLOGUE_H

#include <stddef.h>
#include <stdint.h>

/* Registers that belong to the caller: 6 of x86-64, 10 of aarch64 without its frame pointer. */
#define KL_PROLOGUE_REGISTERS 10
/* Bytes of code that are worth looking at. */
#define KL_PROLOGUE_CODE 128

/** kl_prologue_saved() - of the function that begins with the @length bytes at @code.
 * @machine: EM_X86_64 or EM_AARCH64; of others nothing is known.
 * @ret:     where each register is, in bytes from the word that holds the function's return address.
 * Returns how many there are. */
size_t kl_prologue_saved(uint16_t machine, const uint8_t *code, size_t length, int32_t ret[KL_PROLOGUE_REGISTERS]);

#endif

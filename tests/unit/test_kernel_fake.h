/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_kernel_fake.h: a kernel without an image, whose memory is what a test writes into it. */
#ifndef KL_TESTS_TEST_KERNEL_FAKE_H
#define KL_TESTS_TEST_KERNEL_FAKE_H

#include <stdlib.h>
#include <string.h>

#include "kernel/machine/open.h"

#define FAKE_BASE UINT64_C(0xffff888000000000)
#define FAKE_SIZE (1u << 20)
#define FAKE_PAGE 4096u

/* One MiB of memory at FAKE_BASE; pages can be taken away. */
struct fake {
	uint8_t bytes[FAKE_SIZE];
	bool gone[FAKE_SIZE / FAKE_PAGE];
};

static size_t fake_partial(void *context, uint64_t address, void *buffer, size_t length)
{
	const struct fake *f = context;
	size_t present = 0;

	for (size_t i = 0; i < length; i++) {
		uint64_t at = address + i - FAKE_BASE;
		bool there = at < FAKE_SIZE && !f->gone[at / FAKE_PAGE];

		((uint8_t *)buffer)[i] = there ? f->bytes[at] : 0;
		present += there;
	}
	return present;
}

static struct kl_error *fake_read(void *context, uint64_t address, void *buffer, size_t length)
{
	if (address - FAKE_BASE >= FAKE_SIZE || length > FAKE_SIZE - (address - FAKE_BASE))
		return kl_error_create(KL_ERROR_NOT_FOUND, "nothing is mapped at %#llx", (unsigned long long)address);
	if (fake_partial(context, address, buffer, length) < length)
		return kl_error_create(KL_ERROR_MISSING, "%#llx is missing", (unsigned long long)address);
	return NULL;
}

static struct kl_kernel *fake_kernel(void)
{
	struct kl_kernel *k = calloc(1, sizeof(*k));
	struct fake *f = calloc(1, sizeof(*f));

	k->memory = (struct kl_kernel_access){fake_read, fake_partial, f};
	k->page_shift = 12;
	return k;
}

static inline struct fake *fake_of(struct kl_kernel *k)
{
	return k->memory.context;
}

static void fake_destroy(struct kl_kernel *k)
{
	free(k->memory.context);
	kl_kernel_destroy(k);
}

/* Writes at offset @at from FAKE_BASE. */
static inline void put(struct kl_kernel *k, size_t at, const void *bytes, size_t length)
{
	memcpy(fake_of(k)->bytes + at, bytes, length);
}

static inline void put_u16(struct kl_kernel *k, size_t at, uint16_t value)
{
	value = htole16(value);
	put(k, at, &value, sizeof(value));
}

static inline void put_u32(struct kl_kernel *k, size_t at, uint32_t value)
{
	value = htole32(value);
	put(k, at, &value, sizeof(value));
}

static inline void put_u64(struct kl_kernel *k, size_t at, uint64_t value)
{
	value = htole64(value);
	put(k, at, &value, sizeof(value));
}

static inline uint64_t at(size_t offset)
{
	return FAKE_BASE + offset;
}

/* A variable or symbol at offset @offset of the fake memory. */
static inline struct kl_variable variable(size_t offset, uint64_t size)
{
	return (struct kl_variable){.present = true, .address = at(offset), .size = size};
}

static inline struct kl_member member(uint32_t offset, uint32_t size)
{
	return (struct kl_member){.present = true, .offset = offset, .size = size};
}

static inline struct kl_member bits(uint32_t offset, uint32_t size, uint8_t bit_offset, uint8_t bit_size)
{
	return (struct kl_member){
		.present = true, .offset = offset, .size = size, .bit_offset = bit_offset, .bit_size = bit_size};
}

#endif

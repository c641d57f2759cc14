/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/mapping.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/cleanup.h"

#define MAPPINGS_MAX 16  /* at a time; further dumps are read */
#define ADDRESS_SHARE 4  /* of a limited address space, one part of so many is for dumps */
#define TOUCH_EVERY 4096 /* bytes; no machine has smaller pages */
#define NOT_FAILED UINT64_MAX

struct kl_mapping {
	const uint8_t *bytes;
	uint64_t size;
	uint64_t failed_at; /* NOT_FAILED, or offset of the first page that could not be read; set by the handler */
	bool broken;
	bool given_up; /* nothing is given out any more */
};

/* What the handler looks through. Slots are filled and emptied whole. */
static struct kl_mapping *mappings[MAPPINGS_MAX];
static struct sigaction action_before;
static uintptr_t page_size;

static struct kl_mapping *mapping_at(uintptr_t address)
{
	for (size_t i = 0; i < MAPPINGS_MAX; i++) {
		struct kl_mapping *m = __atomic_load_n(&mappings[i], __ATOMIC_ACQUIRE);

		if (m && address - (uintptr_t)m->bytes < m->size)
			return m;
	}
	return NULL;
}

/* mmap(2) is a bare system call, and so may be called here. */
static void put_zeroes_in_place(int number, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~(page_size - 1);
	struct kl_mapping *m = mapping_at(page);
	uint64_t none = NOT_FAILED;
	int saved = errno;

	(void)context;
	if (m &&
	    mmap((void *)page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
		__atomic_compare_exchange_n(&m->failed_at, &none, page - (uintptr_t)m->bytes, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	} else {
		/* not ours: the access that failed is made again, and meets whoever had the signal before */
		sigaction(number, &action_before, NULL);
	}
	errno = saved;
}

static void install_handler(void)
{
	struct sigaction action = {.sa_sigaction = put_zeroes_in_place, .sa_flags = SA_SIGINFO};
	static bool installed;

	if (__atomic_exchange_n(&installed, true, __ATOMIC_ACQ_REL))
		return;
	page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	sigaction(SIGBUS, &action, &action_before);
}

static bool fits_address_space(uint64_t size)
{
	struct rlimit limit;

	return size && size <= SIZE_MAX && !getrlimit(RLIMIT_AS, &limit) &&
	       (limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur / ADDRESS_SHARE);
}

static bool register_mapping(struct kl_mapping *m)
{
	for (size_t i = 0; i < MAPPINGS_MAX; i++) {
		struct kl_mapping *none = NULL;

		if (__atomic_compare_exchange_n(&mappings[i], &none, m, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

struct kl_mapping *kl_mapping_create(int fd, uint64_t size)
{
	_cleanup_free_ struct kl_mapping *m = calloc(1, sizeof(*m));
	void *bytes;

	if (!m || !fits_address_space(size))
		return NULL;
	bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return NULL;
	*m = (struct kl_mapping){.bytes = bytes, .size = size, .failed_at = NOT_FAILED};
	install_handler();
	if (!register_mapping(m)) {
		munmap(bytes, (size_t)size);
		return NULL;
	}
	return kl_take(m);
}

void kl_mapping_destroy(struct kl_mapping *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < MAPPINGS_MAX; i++) {
		struct kl_mapping *expected = m;

		__atomic_compare_exchange_n(&mappings[i], &expected, NULL, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
	munmap((void *)(uintptr_t)m->bytes, (size_t)m->size);
	free(m);
}

static bool has_failed(const struct kl_mapping *m)
{
	return __atomic_load_n(&m->failed_at, __ATOMIC_RELAXED) != NOT_FAILED;
}

const uint8_t *kl_mapping_bytes(struct kl_mapping *m, uint64_t offset, size_t length)
{
	const volatile uint8_t *at;
	size_t i;

	if (!m || m->given_up || !length || offset > m->size || length > m->size - offset)
		return NULL;
	/* failed since the last bytes were given out, hence in these */
	m->broken |= has_failed(m);
	at = m->bytes + offset;
	for (i = 0; i < length; i += TOUCH_EVERY)
		(void)at[i];
	(void)at[length - 1];
	m->given_up = has_failed(m);
	return m->given_up ? NULL : m->bytes + offset;
}

bool kl_mapping_broken(struct kl_mapping *m, uint64_t *offset)
{
	if (!m)
		return false;
	if (!m->given_up)
		m->broken |= has_failed(m);
	if (m->broken)
		*offset = __atomic_load_n(&m->failed_at, __ATOMIC_RELAXED);
	return m->broken;
}

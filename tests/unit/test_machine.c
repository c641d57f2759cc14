/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of the machine: each part is read once, and lent to everyone. */
#include "test.h"

#include "kernel/machine/machine.h"
#include "kernel/machine/symbolize.h"
#include "test_alloc_world.h"

static struct kl_kernel *machine_world(void)
{
	struct kl_kernel *k = world();

	k->arch = KL_ARCH_X86_64;
	return k;
}

static void test_parts_are_lent(void)
{
	struct kl_kernel *k = machine_world();
	const struct kl_memmap *memmap, *memmap_again;
	const struct kl_slab_caches *caches, *caches_again;
	const struct kl_percpu_chunks *chunks, *chunks_again;

	CHECK_OK(kl_machine_slab_caches(k, &caches));
	CHECK_OK(kl_machine_memmap(k, &memmap));
	CHECK_OK(kl_machine_percpu_chunks(k, &chunks));
	CHECK(caches->memory == memmap);
	CHECK_INT(caches->list.count, 1);
	CHECK_INT(chunks->list.count, 1);
	CHECK(!memmap->damaged && !caches->damaged && !chunks->damaged);
	/* what changes from now on is not seen any more */
	memset(fake_of(k)->bytes, 0, FAKE_SIZE);
	CHECK_OK(kl_machine_memmap(k, &memmap_again));
	CHECK_OK(kl_machine_slab_caches(k, &caches_again));
	CHECK_OK(kl_machine_percpu_chunks(k, &chunks_again));
	CHECK(memmap_again == memmap && caches_again == caches && chunks_again == chunks);
	CHECK_INT(k->anomaly_count, 0);
	fake_destroy(k);
}

static void test_damage_is_told_once(void)
{
	struct kl_kernel *k = machine_world();
	const struct kl_slab_caches *caches;
	const struct kl_memmap *memmap;

	put_u64(k, CACHE + 24, at(CACHE + 24)); /* a cycle in slab_caches */
	CHECK_OK(kl_machine_memmap(k, &memmap));
	CHECK_OK(kl_machine_slab_caches(k, &caches));
	CHECK(!memmap->damaged);
	CHECK(caches->damaged);
	CHECK_OK(kl_machine_slab_caches(k, &caches));
	CHECK(caches->damaged);
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
}

/* Without nodes there is no memory model; the rest of the machine is read all the same. */
static void test_a_part_that_cannot_be_read_is_empty(void)
{
	struct kl_kernel *k = machine_world();
	const struct kl_slab_caches *caches;
	const struct kl_memmap *memmap;

	k->layouts.symbols.contig_page_data.present = false;
	CHECK_OK(kl_machine_memmap(k, &memmap));
	CHECK(memmap->damaged);
	CHECK_INT(memmap->ranges.count, 0);
	CHECK_OK(kl_machine_slab_caches(k, &caches));
	CHECK_INT(caches->list.count, 1);
	CHECK(!caches->damaged);
	CHECK_INT(k->anomaly_count, 1);
	fake_destroy(k);
}

/* Whatever the size of struct page is, it is the layout that says it. */
static void test_large_struct_pages(void)
{
	struct kl_kernel *k = machine_world();
	const struct kl_memmap *memmap;

	k->layouts.page.type.size = 1024;
	CHECK_OK(kl_machine_memmap(k, &memmap));
	CHECK_INT(memmap->page_size, 1024);
	CHECK(memmap->ranges.count && !memmap->damaged);
	fake_destroy(k);
	k = machine_world();
	k->layouts.page.type.size = 8192; /* no kernel has more descriptions of pages than pages */
	CHECK_OK(kl_machine_memmap(k, &memmap));
	CHECK(!memmap->ranges.count && memmap->damaged);
	fake_destroy(k);
}

int main(void)
{
	RUN(test_parts_are_lent);
	RUN(test_damage_is_told_once);
	RUN(test_a_part_that_cannot_be_read_is_empty);
	RUN(test_large_struct_pages);
	return DONE();
}

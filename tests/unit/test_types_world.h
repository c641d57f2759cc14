/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_types_world.h: a dump of the corpus and what is known of the types of its objects. */
#ifndef KL_TESTS_TYPES_WORLD_H
#define KL_TESTS_TYPES_WORLD_H

#include "corpus.h"
#include "test.h"

#include <stdlib.h>

#include "debug/debug.h"
#include "image/image.h"
#include "kernel/machine/open.h"
#include "kernel/sources/kmemleak.h"
#include "kernel/facts/object_types.h"

struct world {
	struct kl_image *image;
	struct kl_debug *debug;
	struct kl_kernel *k;
	struct kl_heap heap;
	struct kl_kmemleak kmemleak;
	struct kl_facts facts;
	struct kl_type_files files;
};

static struct kl_debug *give_vmlinux(void *context)
{
	return ((struct world *)context)->debug;
}

static bool open_world(struct world *w, const char *name)
{
	char folder[4096], vmcore[4200], vmlinux[4200];
	const char *path = vmcore;
	struct kl_image_options options = {.paths = &path, .n_paths = 1};

	*w = (struct world){};
	if (!find_folder(name, folder, sizeof(folder)))
		return false;
	snprintf(vmcore, sizeof(vmcore), "%s/B.vmcore", folder);
	snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", folder);
	CHECK_OK(kl_heap_init(&w->heap));
	CHECK_OK(kl_image_open(&options, &w->image));
	CHECK_OK(kl_debug_open(vmlinux, &w->debug));
	if (w->image && w->debug)
		CHECK_OK(kl_kernel_open(w->image, w->debug, NULL, false, &w->k));
	if (w->k)
		CHECK_OK(kl_kmemleak_read(w->k, NULL, &w->heap, &w->kmemleak));
	/* no directory: every case reads DWARF */
	w->files = (struct kl_type_files){.cache_dir = "/dev/null", .vmlinux = give_vmlinux, .context = w};
	return true;
}

static void close_world(struct world *w)
{
	kl_facts_deinit(&w->facts);
	kl_heap_deinit(&w->heap);
	kl_kernel_destroy(w->k);
	kl_debug_close(w->debug);
	kl_image_destroy(w->image);
}

static void read_types(struct world *w)
{
	kl_facts_deinit(&w->facts);
	w->facts = (struct kl_facts){};
	if (w->k)
		CHECK_OK(kl_object_types_read(w->k, &w->heap, &w->files, &w->facts));
}

/* How many objects are of the struct @name; its type in @ret. */
static inline size_t count(const struct world *w, const char *name, const struct kl_object_type **ret)
{
	const struct kl_facts *k = &w->facts;
	size_t row, n = 0;

	*ret = NULL;
	for (row = 0; k->type_of && row < w->heap.rows; row++) {
		const struct kl_object_type *type = &k->types.data[k->type_of[row]];

		if (!k->type_of[row] || strcmp(kl_intern_get(k->names, type->name, NULL), name))
			continue;
		CHECK(w->heap.size[row] == type->size);
		*ret = type;
		n++;
	}
	return n;
}

#endif

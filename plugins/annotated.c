/* SPDX-License-Identifier: GPL-2.0-or-later */
/* annotated: objects of which the kernel tells kmemleak that they are no leaks, although nothing that it looks at
 * refers to them. Where kmemleak was on, it knew; what the allocators tell of does not know, and this table does.
 *
 * Source: the callers of kmemleak_not_leak(), kmemleak_ignore() and kmemleak_transient_leak() in Linux 6.12 and 7.3.
 */
#include <string.h>

#include "kleak/plugin.h"

#define FRAMES 8 /* in which the function is looked for: it allocates the object itself */

enum { HEADER, HEADER_ROOT, SYSCTL_ROOT };

static const struct kleak_need needs[] = {
	[HEADER] = {.type = "ctl_table_header", .optional = 1},
	[HEADER_ROOT] = {.type = "ctl_table_header", .name = "root", .optional = 1},
	[SYSCTL_ROOT] = {.name = "sysctl_table_root", .optional = 1},
};

static const struct {
	const char *function; /* of the stack */
	const char *cache;    /* or the slab cache */
	const char *why;
} table[] = {
	{"__register_sysctl_init", NULL, "a sysctl table that stays for good: kmemleak_not_leak()"},
	{"user_namespace_sysctl_init", NULL, "a sysctl table that stays for good: kmemleak_ignore()"},
	{"init_fs_stat_sysctls", NULL, "a sysctl table that stays for good: kmemleak_not_leak()"},
	{"bpf_ringbuf_area_alloc", NULL, "held by the ring itself, which is mapped: kmemleak_not_leak()"},
	{"futex_init", NULL, "its address is part of the code: kmemleak_not_leak()"},
	{"nfs_readdir_copy_name", NULL, "its address is in a page of the page cache: kmemleak_not_leak()"},
	{"efivarfs_create", NULL, "kmemleak_ignore() in efivarfs_create()"},
	{"iova_depot_pop", NULL, "moved from list to list just now: kmemleak_transient_leak()"},
	{"optee_shm_register", NULL, "held by the secure world: kmemleak_not_leak()"},
	{NULL, "Acpi-Operand", "counted references in the ACPI namespace: kmemleak_not_leak()"},
	{NULL, "z3fold_handle", "held from pages: kmemleak_not_leak()"},
};

/* Whether @function is one of the first lines of @frames. */
static int is_called_in(const char *frames, const char *function)
{
	size_t length = strlen(function), line;

	for (line = 0; *frames && line < FRAMES; line++) {
		size_t n = strcspn(frames, "\n");

		if (n >= length && !memcmp(frames, function, length) && (n == length || frames[length] == ' '))
			return 1;
		frames += n + (frames[n] == '\n');
	}
	return 0;
}

static int read_word(const struct kleak_host *host, uint64_t address, uint64_t *ret)
{
	return host->read(host, address, ret, sizeof(*ret)) == sizeof(*ret);
}

/* Whether a struct ctl_table_header at @address is one of the root's. */
static int is_of_sysctl_root(const struct kleak_host *host, uint64_t address)
{
	uint64_t root;

	return read_word(host, address + host->where(host, HEADER_ROOT)->value, &root) &&
	       root == host->where(host, SYSCTL_ROOT)->value;
}

static int is_sysctl_table(const struct kleak_host *host, const struct kleak_object *object)
{
	uint64_t size = host->where(host, HEADER)->size, first;

	if (!host->where(host, HEADER_ROOT)->present || !host->where(host, SYSCTL_ROOT)->present || !size ||
	    object->class_ != KLEAK_OBJECT_VIRTUAL || object->size < size)
		return 0;
	if (is_of_sysctl_root(host, object->address))
		return 1;
	/* .. 6.4: of nested tables a header that is followed by the addresses of others */
	return object->size >= size + 8 && read_word(host, object->address + size, &first) && first &&
	       is_of_sysctl_root(host, first);
}

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	size_t i;

	if (is_sysctl_table(host, &suspect->object))
		return host->explain(host, "the header of a sysctl table that stays for good: kmemleak_not_leak()");
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if ((table[i].function && is_called_in(suspect->frames, table[i].function)) ||
		    (table[i].cache && suspect->cache && !strcmp(suspect->cache, table[i].cache)))
			return host->explain(host, table[i].why);
	}
	return 0;
}

const struct kleak_plugin kleak_plugin = {
	.size = sizeof(kleak_plugin),
	.major = KLEAK_PLUGIN_MAJOR,
	.minor = KLEAK_PLUGIN_MINOR,
	.capabilities = KLEAK_CAN_CLASSIFY,
	.name = "annotated",
	.version = "1",
	.license = "GPL-2.0-or-later",
	.summary = "what the kernel annotates for kmemleak",
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.classify = classify,
};

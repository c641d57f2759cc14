/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Explains a leak that others hang on, by what it knows of structs, symbols, memory and objects. */
#include <stdio.h>
#include <string.h>

#include "test_plugin.h"

static const struct kleak_need needs[] = {
	{.name = "jiffies_64"},
	{.type = "page", .name = "flags", .optional = 1},
	{.type = "no_such_struct", .optional = 1},
};

static int is_right(const struct kleak_host *host, const struct kleak_object *object)
{
	struct kleak_object found;
	uint64_t jiffies = 0, word;
	char name[64];

	return host->where(host, 0)->present && !host->where(host, 2)->present && !host->where(host, 99)->present &&
	       host->read(host, host->where(host, 0)->value, &jiffies, sizeof(jiffies)) == sizeof(jiffies) && jiffies &&
	       host->read(host, object->address, &word, sizeof(word)) == sizeof(word) &&
	       host->object_at(host, object->address + 8, &found) == 1 && found.address == object->address &&
	       host->object_at(host, 4096, &found) == 0 &&
	       host->symbol_at(host, host->where(host, 0)->value, name, sizeof(name)) >= 1 && host->possible_cpus &&
	       host->page_shift == 12 && !strncmp(host->release, "7.3.0", 5);
}

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	if (strncmp(suspect->frames, "vaultfs_init_fs_context\n", 24) != 0)
		return 0;
	return is_right(host, &suspect->object) ? host->explain(host, "held by a test") : 5;
}

TEST_PLUGIN("head", KLEAK_CAN_CLASSIFY, .needs = needs, .n_needs = 3, .classify = classify);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names the holders that one function allocated, by what it knows and reads of them. */
#include <stdio.h>
#include <string.h>

#include "test_plugin.h"

static const struct kleak_need needs[] = {{.name = "jiffies_64"}};

static int name_holder(const struct kleak_host *host, const struct kleak_holder *holder)
{
	struct kleak_object object;
	unsigned long long word;
	char words[64];

	if (holder->size_of_this < sizeof(*holder) || !holder->kind || !host->where(host, 0)->present)
		return 5;
	if (!holder->allocator || strncmp(holder->allocator, "vaultfs_init_fs_context+", 24) != 0)
		return 0;
	if (strcmp(holder->kind, "object") != 0 || !host->object_at(host, holder->address, &object) ||
	    host->read(host, holder->address + holder->offset, &word, sizeof(word)) != sizeof(word) || !word)
		return 6;
	snprintf(words, sizeof(words), "option %d of %u bytes", (int)holder->offset / 8, (unsigned)object.size);
	if (host->name(host, words) || !host->name(host, "another name") || host->explain(host, "never") == 0 ||
	    host->write(host, "never", 5) == 0)
		return 7;
	return 0;
}

TEST_PLUGIN("namer", KLEAK_CAN_NAME_HOLDERS, .needs = needs, .n_needs = 1, .name_holder = name_holder);

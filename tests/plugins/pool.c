/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of an allocator of its own: two that nobody tracks and nobody holds, one in memory that kmemleak tracks; and
 * a root, which holds one of the leaks. */
#include "test_plugin.h"

static const struct kleak_need needs[] = {{.name = "_sdata"}};

static int objects(const struct kleak_host *host)
{
	const struct kleak_object list[] = {
		{.address = UINT64_C(0xffff888041380000), .size = 128},
		{.address = UINT64_C(0xffff888041380100), .size = 128},
		{.address = UINT64_C(0xffff888041302210), .size = 16},
	};
	int i, status = 0;

	for (i = 0; i < 3 && !status; i++)
		status = host->add_object(host, &list[i]);
	return status;
}

TEST_PLUGIN("pool", KLEAK_CAN_ADD_OBJECTS, .needs = needs, .n_needs = 1, .objects = objects);

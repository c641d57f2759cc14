/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_plugin.h"

static int objects(const struct kleak_host *host)
{
	const struct kleak_object a = {.address = UINT64_C(0xffff888041312000), .size = 64};
	const struct kleak_object b = {.address = UINT64_C(0xffff888041312020), .size = 64};

	return host->add_object(host, &a) || host->add_object(host, &b);
}

TEST_PLUGIN("overlap", KLEAK_CAN_ADD_OBJECTS, .objects = objects);

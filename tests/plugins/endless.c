/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_plugin.h"

static int objects(const struct kleak_host *host)
{
	struct kleak_object o = {.address = UINT64_C(0xffff900000000000), .size = 16};

	while (!host->add_object(host, &o))
		o.address += 16;
	return 0;
}

TEST_PLUGIN("endless", KLEAK_CAN_ADD_OBJECTS, .objects = objects);

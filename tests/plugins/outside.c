/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_plugin.h"

static int objects(const struct kleak_host *host)
{
	const struct kleak_object o = {.address = UINT64_MAX - 8, .size = 64};

	return host->add_object(host, &o);
}

TEST_PLUGIN("outside", KLEAK_CAN_ADD_OBJECTS, .objects = objects);

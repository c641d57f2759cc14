/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "test_plugin.h"

static int objects(const struct kleak_host *host)
{
	puts("a plugin that prints");
	exit(host ? 0 : 1);
}

TEST_PLUGIN("leave", KLEAK_CAN_ADD_OBJECTS, .objects = objects);

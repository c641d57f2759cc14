/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_plugin.h"

static int objects(const struct kleak_host *host)
{
	return host ? 42 : 0;
}

static int roots(const struct kleak_host *host)
{
	return host ? 43 : 0;
}

TEST_PLUGIN("errors", KLEAK_CAN_ADD_OBJECTS | KLEAK_CAN_ADD_ROOTS, .objects = objects, .roots = roots);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_plugin.h"

static int roots(const struct kleak_host *host)
{
	return !host;
}

TEST_PLUGIN("head", KLEAK_CAN_ADD_ROOTS, .roots = roots);

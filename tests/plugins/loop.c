/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_plugin.h"

static int roots(const struct kleak_host *host)
{
	volatile int run = 1;

	while (run)
		;
	return !host;
}

TEST_PLUGIN("loop", KLEAK_CAN_ADD_ROOTS, .roots = roots);

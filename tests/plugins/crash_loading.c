/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "test_plugin.h"

static void __attribute__((constructor)) crash(void)
{
	abort();
}

static int roots(const struct kleak_host *host)
{
	return !host;
}

TEST_PLUGIN("crash_loading", KLEAK_CAN_ADD_ROOTS, .roots = roots);

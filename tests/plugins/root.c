/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hangs on a leak is held, says this plugin, as the leak itself is used by somebody. */
#include "test_plugin.h"

static int roots(const struct kleak_host *host)
{
	return host->add_root(host, UINT64_C(0xffff88804130ee00), 192); /* options_0 of the demo */
}

TEST_PLUGIN("root", KLEAK_CAN_ADD_ROOTS, .roots = roots);

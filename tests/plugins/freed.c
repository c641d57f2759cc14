/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A leak that only waits to be freed, says this plugin; and that something is wrong beside it. Its calls are those of
 * `freed` only. */
#include "test_plugin.h"

static int freed(const struct kleak_host *host)
{
	if (!host->add_root(host, UINT64_C(0xffff88804130ee00), 192))
		return 1;
	host->damaged(host, UINT64_C(0xffff88804130ee08), "the list does not end");
	return host->add_freed(host, UINT64_C(0xffff88804130ee10)); /* in options_0 of the demo */
}

TEST_PLUGIN("freed", KLEAK_CAN_ADD_FREED, .freed = freed);

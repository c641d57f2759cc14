/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plugin of the first version of the interface, built against that header: tests/plugins/abi-1.0 never changes. */
#include <string.h>

#include "test_plugin.h"

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	if (host->size < sizeof(*host) || suspect->size_of_this < sizeof(*suspect))
		return 7;
	return strstr(suspect->frames, "nft_flowstat_init\n") ? host->explain(host, "counted by somebody else") : 0;
}

TEST_PLUGIN("abi_1_0", KLEAK_CAN_CLASSIFY, .classify = classify);

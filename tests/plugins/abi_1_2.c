/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plugin of version 1.2 of the interface, built against that header: tests/plugins/abi-1.2 never changes. */
#include <string.h>

#include "test_plugin.h"

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	struct kleak_range range = {};

	if (host->size < sizeof(*host) || host->ranges(host, suspect->object.address, &range, 1) != SIZE_MAX)
		return 7;
	return strstr(suspect->frames, "nft_flowstat_init\n") ? host->explain(host, "as in 1.2") : 0;
}

TEST_PLUGIN("abi_1_2", KLEAK_CAN_CLASSIFY, .classify = classify);

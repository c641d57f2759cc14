/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plugin of version 1.3 of the interface, built against that header: tests/plugins/abi-1.3 never changes. */
#include <string.h>

#include "test_plugin.h"

static const struct kleak_need needs[] = {{.name = "drivers/*", .kind = KLEAK_NEED_CALL_SITE, .optional = 1}};

static int freed(const struct kleak_host *host)
{
	return host->where(host, 0)->present ? 7 : host->add_freed(host, 0xffff888000000000);
}

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	return strstr(suspect->frames, "nft_flowstat_init\n") ? host->explain(host, "as in 1.3") : 0;
}

TEST_PLUGIN("abi_1_3", KLEAK_CAN_CLASSIFY | KLEAK_CAN_ADD_FREED, .classify = classify, .freed = freed, .needs = needs,
	    .n_needs = 1);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_plugin.h"

static const struct kleak_need needs[] = {{.type = "no_such_struct", .name = "no_such_member"}};

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	(void)suspect;
	return host->explain(host, "never");
}

TEST_PLUGIN("needy", KLEAK_CAN_CLASSIFY, .needs = needs, .n_needs = 1, .classify = classify);

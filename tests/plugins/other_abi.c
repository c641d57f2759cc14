/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kleak/plugin.h"

static int roots(const struct kleak_host *host)
{
	return !host;
}

const struct kleak_plugin kleak_plugin = {
	.size = sizeof(kleak_plugin),
	.major = KLEAK_PLUGIN_MAJOR + 1,
	.capabilities = KLEAK_CAN_ADD_ROOTS,
	.name = "other_abi",
	.version = "0",
	.license = "GPL-2.0-or-later",
	.summary = "of the future",
	.roots = roots,
};

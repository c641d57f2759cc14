/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kleak/plugin.h"

static int roots(const struct kleak_host *host)
{
	return !host;
}

const struct kleak_plugin kleak_plugin = {
	.size = sizeof(kleak_plugin) + 8,
	.major = KLEAK_PLUGIN_MAJOR,
	.minor = KLEAK_PLUGIN_MINOR + 1,
	.capabilities = KLEAK_CAN_ADD_ROOTS,
	.name = "newer",
	.version = "0",
	.license = "GPL-2.0-or-later",
	.summary = "of the near future",
	.roots = roots,
};

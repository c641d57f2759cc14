/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_plugin.h: the descriptor of a plugin for tests/cli/plugins.sh. */
#ifndef TEST_PLUGIN_H
#define TEST_PLUGIN_H

#include "kleak/plugin.h"

#define TEST_PLUGIN(its_name, its_capabilities, ...)                                \
	const struct kleak_plugin kleak_plugin = {.size = sizeof(kleak_plugin),     \
						  .major = KLEAK_PLUGIN_MAJOR,      \
						  .minor = KLEAK_PLUGIN_MINOR,      \
						  .capabilities = its_capabilities, \
						  .name = its_name,                 \
						  .version = "0",                   \
						  .license = "GPL-2.0-or-later",    \
						  .summary = "a test",              \
						  __VA_ARGS__}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plugin of version 1.1 of the interface, built against that header: tests/plugins/abi-1.1 never changes. */
#include <string.h>

#include "test_plugin.h"

static int name_holder(const struct kleak_host *host, const struct kleak_holder *holder)
{
	if (host->size < sizeof(*host) || holder->size_of_this < sizeof(*holder))
		return 7;
	return holder->allocator ? host->name(host, "as in 1.1") : 0;
}

static int write_finding(const struct kleak_host *host, const struct kleak_row *row, void *context)
{
	const struct kleak_value *verdict = host->value(host, row, "verdict");

	(void)context;
	if (row->size_of_this < sizeof(*row))
		return 7;
	return host->write(host, verdict->text, verdict->length) || host->write(host, "\n", 1);
}

static int format(const struct kleak_host *host)
{
	return host->each_row(host, "findings", write_finding, NULL);
}

TEST_PLUGIN("abi_1_1", KLEAK_CAN_NAME_HOLDERS | KLEAK_CAN_FORMAT | KLEAK_CAN_SINK, .name_holder = name_holder,
	    .format = format, .sink = format);

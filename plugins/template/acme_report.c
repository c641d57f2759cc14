/* SPDX-License-Identifier: CC0-1.0 */
/* acme-report: a form of report, `report --format acme-report`: leaks by function, for a spreadsheet. */
#include <stdio.h>

#include "kleak/plugin.h"

/* Called for every row of the view `groups` (docs/schema.md has the columns). */
static int print_group(const struct kleak_host *host, const struct kleak_row *row, void *context)
{
	const struct kleak_value *function = host->value(host, row, "top_frame");
	char numbers[64];
	int n;

	(void)context;
	if (!host->value(host, row, "leaked_objects")->integer)
		return 0;
	n = snprintf(numbers, sizeof(numbers), ",%lld,%lld\n",
		     (long long)host->value(host, row, "leaked_objects")->integer,
		     (long long)host->value(host, row, "leaked_bytes")->integer);
	return host->write(host, function->text, function->length) || host->write(host, numbers, (size_t)n);
}

static int format(const struct kleak_host *host)
{
	static const char heading[] = "function,objects,bytes\n";

	return host->write(host, heading, sizeof(heading) - 1) || host->each_row(host, "groups", print_group, NULL);
}

const struct kleak_plugin kleak_plugin = {
	.size = sizeof(kleak_plugin),
	.major = KLEAK_PLUGIN_MAJOR,
	.minor = KLEAK_PLUGIN_MINOR,
	.capabilities = KLEAK_CAN_FORMAT | KLEAK_CAN_SINK, /* the same may go to a file beside the report */
	.name = "acme-report",
	.version = "1",
	.license = "CC0-1.0",
	.summary = "leaks by function, as CSV",
	.format = format,
	.sink = format,
};

/* SPDX-License-Identifier: CC0-1.0 */
/* acme: what is known about the memory of one driver. Rename it, keep what you need (docs/plugins.md).
 *
 * It only classifies. What else there is, each a bit of `capabilities` and a function of that name: `objects` and
 * `roots`, `name_holder` (words for memory that refers to objects), `format` and `sink` (acme_report.c).
 */
#include <string.h>

#include "kleak/plugin.h"

/* What has to be there, by number. Without one that is not optional the plugin is left alone. */
enum { JIFFIES };

static const struct kleak_need needs[] = {
	[JIFFIES] = {.name = "jiffies_64", .optional = 1},
};

/* Called for every object to which nothing was found to refer. */
static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	if (strstr(suspect->frames, "acme_ring_alloc"))
		return host->explain(host, "held by the firmware");
	return 0; /* no opinion */
}

const struct kleak_plugin kleak_plugin = {
	.size = sizeof(kleak_plugin),
	.major = KLEAK_PLUGIN_MAJOR,
	.minor = KLEAK_PLUGIN_MINOR,
	.capabilities = KLEAK_CAN_CLASSIFY,
	.name = "acme",
	.version = "1",
	.license = "CC0-1.0",
	.summary = "rings of the acme driver",
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.classify = classify,
};

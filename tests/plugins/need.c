/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Needs what the variables NEED_TYPE and NEED_NAME, or NEED_SITE, say, and tells the answer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_plugin.h"

static struct kleak_need needs[1];

static void __attribute__((constructor)) choose(void)
{
	needs[0].type = getenv("NEED_TYPE");
	needs[0].name = getenv("NEED_NAME");
	if (getenv("NEED_SITE"))
		needs[0] = (struct kleak_need){.name = getenv("NEED_SITE"), .kind = KLEAK_NEED_CALL_SITE};
}

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	const struct kleak_where *where = host->where(host, 0);
	char words[128], symbol[64] = "";

	if (!needs[0].type && !needs[0].kind)
		host->symbol_at(host, where->value, symbol, sizeof(symbol));
	snprintf(words, sizeof(words), "%s%" PRIu64 " of %" PRIu64 "%s", symbol, *symbol ? 0 : where->value,
		 where->size, suspect->object.size ? "" : "?");
	return host->explain(host, words);
}

TEST_PLUGIN("need", KLEAK_CAN_CLASSIFY, .needs = needs, .n_needs = 1, .classify = classify);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>

#include "test_plugin.h"

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	(void)host;
	(void)suspect;
	raise(SIGSEGV);
	return 0;
}

TEST_PLUGIN("crash", KLEAK_CAN_CLASSIFY, .classify = classify);

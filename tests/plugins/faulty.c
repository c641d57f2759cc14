/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does wrong, in whatever it is asked, what the variable FAULT says. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "test_plugin.h"

static int write_without_end(const struct kleak_host *host)
{
	static char bytes[1 << 16];

	while (!host->write(host, bytes, sizeof(bytes)))
		;
	return 0;
}

static int do_wrong(const struct kleak_host *host)
{
	const char *fault = getenv("FAULT");
	volatile int run = 1;

	if (!fault)
		return 0;
	if (!strcmp(fault, "crash"))
		raise(SIGSEGV);
	while (!strcmp(fault, "loop") && run)
		;
	if (!strcmp(fault, "leave"))
		exit(0);
	if (!strcmp(fault, "endless"))
		return write_without_end(host);
	return strcmp(fault, "error") ? 0 : 42;
}

static int name_holder(const struct kleak_host *host, const struct kleak_holder *holder)
{
	static int asked;
	static char words[8192];

	if (holder->kind && ++asked == 3)
		return do_wrong(host);
	memset(words, 'x', sizeof(words) - 1); /* cut by the host */
	return host->name(host, words);
}

static int use_row(const struct kleak_host *host, const struct kleak_row *row, void *context)
{
	(void)context;
	return row->count ? do_wrong(host) : 0;
}

static int use_run(const struct kleak_host *host)
{
	if (host->write(host, "half", 4))
		return 1;
	return host->each_row(host, "findings", use_row, NULL);
}

TEST_PLUGIN("faulty", KLEAK_CAN_NAME_HOLDERS | KLEAK_CAN_FORMAT | KLEAK_CAN_SINK, .name_holder = name_holder,
	    .format = use_run, .sink = use_run);

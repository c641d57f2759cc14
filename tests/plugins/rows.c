/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A format and a sink: what a run has in its views. As a format it counts rows, as a sink it writes out findings. */
#include <stdio.h>
#include <string.h>

#include "test_plugin.h"

static int write_text(const struct kleak_host *host, const char *text)
{
	return host->write(host, text, strlen(text));
}

static int count_row(const struct kleak_host *host, const struct kleak_row *row, void *context)
{
	(void)host;
	if (row->size_of_this < sizeof(*row) || !row->count || !row->columns[0] || !row->values[0].text)
		return 3;
	++*(int *)context;
	return 0;
}

static int stop(const struct kleak_host *host, const struct kleak_row *row, void *context)
{
	(void)row;
	++*(int *)context;
	return host->each_row(host, "runs", count_row, context) == -1 ? 77 : 78;
}

static int count_view(const struct kleak_host *host, const char *view)
{
	char line[64];
	int n = 0, status = host->each_row(host, view, count_row, &n);

	if (status)
		return status;
	snprintf(line, sizeof(line), "%s %d\n", view, n);
	return write_text(host, line);
}

static int print_run(const struct kleak_host *host, const struct kleak_row *row, void *context)
{
	char line[256];

	(void)context;
	snprintf(line, sizeof(line), "run %lld of %s on %s, partial %s, coverage %.1f\n",
		 (long long)host->value(host, row, "run_id")->integer, host->release, host->machine,
		 host->value(host, row, "partial")->text, host->value(host, row, "coverage")->real);
	return write_text(host, line);
}

static int format(const struct kleak_host *host)
{
	static const char *const views[] = {"findings",     "groups",  "refs",        "stacks",
					    "frames",       "totals",  "allocations", "anomalies",
					    "suppressions", "plugins", "measurements"};
	int n = 0, status = host->each_row(host, "runs", print_run, NULL);
	struct kleak_object object;
	uint64_t word = 1;
	size_t i;

	for (i = 0; i < sizeof(views) / sizeof(*views) && !status; i++)
		status = count_view(host, views[i]);
	if (status)
		return status;
	/* what there is not, and what it does not get */
	if (host->each_row(host, "t_finding", count_row, &n) != -1 ||
	    host->each_row(host, "findings", stop, &n) != 77 || n != 1 ||
	    host->read(host, UINT64_C(0xffff888041300040), &word, sizeof(word)) || word ||
	    host->object_at(host, UINT64_C(0xffff888041300040), &object) || host->where(host, 0)->present ||
	    host->percpu(host, 0, 0) || host->symbol_at(host, 0, NULL, 0) || host->page_shift ||
	    !host->explain(host, "never") || !host->name(host, "never") ||
	    host->ranges(host, UINT64_C(0xffff888041300040), NULL, 0) != SIZE_MAX)
		return 9;
	return write_text(host, "\033[31mred\tand\001\n");
}

static int print_finding(const struct kleak_host *host, const struct kleak_row *row, void *context)
{
	const struct kleak_value *pid = host->value(host, row, "pid"), *none = host->value(host, row, "no such column");
	char line[256];

	(void)context;
	if (none->kind != KLEAK_NULL || *none->text || pid->kind != KLEAK_INTEGER ||
	    strlen(host->value(host, row, "verdict")->text) != host->value(host, row, "verdict")->length)
		return 4;
	snprintf(line, sizeof(line), "%s,%s,%d\n", host->value(host, row, "address")->text,
		 host->value(host, row, "verdict")->text, (int)pid->integer);
	return write_text(host, line);
}

static int sink(const struct kleak_host *host)
{
	return host->each_row(host, "findings", print_finding, NULL);
}

TEST_PLUGIN("rows", KLEAK_CAN_FORMAT | KLEAK_CAN_SINK, .format = format, .sink = sink);

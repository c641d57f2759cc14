/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/human.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "util/escape.h"

void kl_human_bytes(struct kl_strbuf *sb, int64_t bytes)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		kl_strbuf_printf(sb, "%" PRId64 " B", bytes);
		return;
	}
	/* 1023.5 KiB and more would be printed with four digits. */
	while (value >= 1023.5) {
		value /= 1024;
		unit++;
	}
	kl_strbuf_printf(sb,
			 value < 9.995   ? "%.2f %ciB"
			 : value < 99.95 ? "%.1f %ciB"
					 : "%.0f %ciB",
			 value, units[unit]);
}

void kl_human_age(struct kl_strbuf *sb, int64_t milliseconds)
{
	int64_t s = milliseconds / 1000;

	if (milliseconds == KL_UNKNOWN)
		kl_strbuf_puts(sb, "?");
	else if (milliseconds < 10000)
		kl_strbuf_printf(sb, "%.1f s", (double)milliseconds / 1000);
	else if (s < 60)
		kl_strbuf_printf(sb, "%" PRId64 " s", s);
	else if (s < 3600)
		kl_strbuf_printf(sb, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
	else if (s < 86400)
		kl_strbuf_printf(sb, "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
	else
		kl_strbuf_printf(sb, "%" PRId64 " d %" PRId64 " h", s / 86400, s % 86400 / 3600);
}

void kl_human_time(struct kl_strbuf *sb, int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[40];
	struct tm tm;

	if (seconds == KL_UNKNOWN || !gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		kl_strbuf_puts(sb, "?");
	else
		kl_strbuf_puts(sb, text);
}

/* No machine that kleak-dump is for was built before: a clock that is not set counts from 1970. */
static bool is_clock_set(int64_t seconds)
{
	return seconds >= INT64_C(365) * 24 * 3600;
}

void kl_human_date(struct kl_strbuf *sb, int64_t seconds)
{
	if (seconds != KL_UNKNOWN && !is_clock_set(seconds))
		kl_strbuf_puts(sb, "in 1970: the clock was not set");
	else
		kl_human_time(sb, seconds);
}

void kl_human_since(struct kl_strbuf *sb, const struct kl_store_run *run, int64_t age_ms)
{
	if (run->crash_time == KL_UNKNOWN || age_ms == KL_UNKNOWN || !is_clock_set(run->crash_time - age_ms / 1000))
		return;
	kl_strbuf_puts(sb, ", since ");
	kl_human_time(sb, run->crash_time - age_ms / 1000);
}

void kl_human_count(struct kl_strbuf *sb, int64_t n, const char *noun)
{
	kl_strbuf_printf(sb, "%" PRId64 " %s%s", n, noun, n == 1 ? "" : "s");
}

void kl_human_text(struct kl_strbuf *sb, const char *text)
{
	if (text)
		kl_escape_terminal(sb, text, strlen(text));
}

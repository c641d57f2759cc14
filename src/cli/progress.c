/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line on the terminal that says how far the work is, and the signals that ask it to stop. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

static volatile sig_atomic_t stop_signal;

/* State of the line; there is one terminal. */
static struct {
	const char *phase;
	uint64_t begun_ms, shown_ms;
	bool visible;
} line;

/* Seconds that a command gets to end in good order once it was asked to. */
#define GRACE 1

static volatile sig_atomic_t nothing_to_lose;

static void note_signal(int number)
{
	stop_signal = number;
	if (nothing_to_lose)
		alarm(GRACE);
}

/* The first alarm is the timeout. The next finds a command that did not react: a function of SQLite, or the formatting
 * of one large value, asks nobody. */
static void end_at_alarm(int number)
{
	static const char timeout[] = "kleak-dump: timeout\n", interrupted[] = "kleak-dump: interrupted\n";
	ssize_t ignored;

	if (!stop_signal) {
		stop_signal = number;
		alarm(GRACE);
		return;
	}
	ignored = stop_signal == SIGALRM ? write(STDERR_FILENO, timeout, sizeof(timeout) - 1)
					 : write(STDERR_FILENO, interrupted, sizeof(interrupted) - 1);
	(void)ignored;
	_exit(stop_signal == SIGALRM ? KLEAK_EXIT_FAILED : KLEAK_EXIT_SIGNAL + stop_signal);
}

void kl_cli_only_reads(void)
{
	nothing_to_lose = 1;
}

void kl_cli_set_timeout(unsigned seconds)
{
	kl_cli_only_reads();
	alarm(seconds);
}

int kl_cli_signal(void)
{
	return stop_signal;
}

static uint64_t monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void kl_cli_progress_clear(void)
{
	if (line.visible)
		fputs("\r\033[K", stderr);
	line.visible = false;
}

/* A phase shorter than half a second is not worth a flicker, and ten times a second is enough for the eye. */
static void update_line(void *context, const char *phase, uint64_t done, uint64_t total)
{
	const struct kl_cli *cli = context;
	uint64_t now, elapsed;

	if (cli->verbosity < 0)
		return;
	now = monotonic_ms();
	if (!line.phase || strcmp(line.phase, phase) != 0) {
		line.phase = phase;
		line.begun_ms = now;
	}
	elapsed = now - line.begun_ms;
	if (elapsed < 500 || now - line.shown_ms < 100)
		return;
	line.shown_ms = now;
	line.visible = true;
	fprintf(stderr, "\r\033[K%s", phase);
	if (total && done <= total)
		fprintf(stderr, " %.0f%%", 100.0 * (double)done / (double)total);
	if (total && done && done <= total)
		fprintf(stderr, ", %.0f s left", (double)elapsed / 1000.0 * (double)(total - done) / (double)done);
	if (done >= elapsed)
		fprintf(stderr, ", %.0f thousand a second", (double)done / (double)elapsed);
	fflush(stderr);
}

void kl_cli_progress_init(struct kl_cli *cli)
{
	/* The second signal finds the default action: a program that does not react can still be ended. */
	struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	action = (struct sigaction){.sa_handler = end_at_alarm, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &action, NULL);
	cli->progress.stop = &stop_signal;
	cli->progress.context = cli;
	if (isatty(STDERR_FILENO))
		cli->progress.update = update_line;
}

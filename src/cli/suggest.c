/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/suggest.h"

#include <string.h>

/* Names that are longer are not ours. */
#define LONGEST 40

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Damerau's distance, restricted: rows of the usual matrix, of which the last three are kept. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t rows[3][LONGEST + 1], i, j;

	for (j = 0; j <= m; j++)
		rows[0][j] = j;
	for (i = 1; i <= n; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (j = 1; j <= m; j++) {
			row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

void kl_suggest(struct kl_suggestion *s, const char *name)
{
	size_t length = strlen(name), distance;

	if (s->length > LONGEST || length > LONGEST)
		return;
	distance = edit_distance(s->wrong, s->length, name, length);
	if (distance > (s->length + 2) / 3 || (s->name && distance >= s->distance))
		return;
	s->name = name;
	s->distance = distance;
}

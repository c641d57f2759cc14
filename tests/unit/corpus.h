/* SPDX-License-Identifier: GPL-2.0-or-later */
/* corpus.h: where the corpus of real dumps is unpacked. */
#ifndef KL_TESTS_CORPUS_H
#define KL_TESTS_CORPUS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Why find_folder() said no, for SKIP(). */
static char skip_reason[4096];

/* The folder that tests/corpus.sh unpacks @name into; false, with the reason, when the corpus is not there. */
static bool find_folder(const char *name, char *folder, size_t size)
{
	const char *tests = getenv("KLEAK_TESTS");
	char command[4096];
	bool found;
	FILE *f;

	snprintf(command, sizeof(command), "'%s'/corpus.sh %s 2>&1", tests ? tests : "tests", name);
	f = popen(command, "r");
	if (!f || !fgets(folder, (int)size, f))
		snprintf(folder, size, "tests/corpus.sh does not run");
	folder[strcspn(folder, "\n")] = '\0';
	found = f && pclose(f) == 0;
	if (!found)
		snprintf(skip_reason, sizeof(skip_reason), "%s", folder);
	return found;
}

#endif

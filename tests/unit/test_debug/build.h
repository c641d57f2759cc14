/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build.h: what the tests of src/debug share: small programs compiled at test time. */
#ifndef KL_TESTS_DEBUG_BUILD_H
#define KL_TESTS_DEBUG_BUILD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs a shell command in the folder of this test's files; false when it fails. */
static inline bool __attribute__((format(printf, 1, 2))) sh(const char *format, ...)
{
	char command[4096];
	va_list args;
	int n;

	n = snprintf(command, sizeof(command), "cd '%s' && exec 2>>commands.log && ", getenv("DEBUG_TEST_DIR"));
	va_start(args, format);
	n += vsnprintf(command + n, sizeof(command) - (size_t)n, format, args);
	va_end(args);
	return n < (int)sizeof(command) && !system(command);
}

/* A path inside that folder; in one of a few buffers that are used in turn. */
static inline const char *in_dir(const char *name)
{
	static char paths[8][1024];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", getenv("DEBUG_TEST_DIR"), name);
	return path;
}

/* An empty folder for the files of the test @name, with links to the sources. */
static inline void make_dir(const char *name)
{
	const char *build = getenv("KLEAK_BUILD"), *tests = getenv("KLEAK_TESTS");
	char directory[1024], command[4096];

	snprintf(directory, sizeof(directory), "%s/%s.files", build ? build : "/tmp", name);
	snprintf(command, sizeof(command), "rm -rf '%s' && mkdir -p '%s' && cp -r '%s/unit/test_debug' '%s/src'",
		 directory, directory, tests ? tests : "tests", directory);
	if (system(command))
		printf("# cannot prepare %s\n", directory);
	setenv("DEBUG_TEST_DIR", directory, 1);
}

static inline bool have(const char *tool)
{
	return sh("command -v %s >/dev/null", tool);
}

/* Compiles the three sources with @compiler (and its flags) into NAME.mm.o, NAME.lib.o and NAME.fs.o. */
static inline bool compile_sources(const char *compiler, const char *name)
{
	return sh("for u in mm/alpha lib/alpha fs/gamma; do "
		  "%s -O1 -ffreestanding -c src/$u.c -o %s.${u%%%%/*}.o || exit 1; done",
		  compiler, name);
}

/* Links them into the executable @name, with a fixed build-id. */
static inline bool build_program(const char *compiler, const char *name)
{
	char position_dependent[256];

	snprintf(position_dependent, sizeof(position_dependent), "%s -fno-pic -fno-pie", compiler);
	return compile_sources(position_dependent, name) &&
	       sh("ld -e 0 -Ttext=0x401000 --sort-section=name --build-id=0xaabbccddeeff00112233445566778899aabbccdd "
		  "--defsym linker_made=0x401003 -o %s %s.mm.o %s.lib.o %s.fs.o",
		  name, name, name, name);
}

#endif

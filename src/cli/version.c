/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elfutils/version.h>
#include <libdwarf/libdwarf.h>
#include <libkdumpfile/kdumpfile.h>
#include <lzma.h>
#include <sqlite3.h>
#include <zlib.h>
#include <zstd.h>

#include "cli/cli.h"
#include "report/emitter.h"

struct library {
	const char *name;
	const char *version;
};

void kl_cli_print_version(struct kl_cli *cli)
{
	char libelf[16];
	const struct library libraries[] = {
		{"libkdumpfile", KDUMPFILE_VERSION_STRING},
		{"libdwarf", dwarf_package_version()},
		{"libelf", libelf},
		{"SQLite", sqlite3_libversion()},
		{"zlib", zlibVersion()},
		{"liblzma", lzma_version_string()},
		{"libzstd", ZSTD_versionString()},
	};
	struct kl_emitter e = {.out = stdout};
	size_t i;

	/* libelf has no function that tells its version; this is the one it was built with. */
	snprintf(libelf, sizeof(libelf), "%d.%d", _ELFUTILS_VERSION / 1000, _ELFUTILS_VERSION % 1000);
	if (!cli->json) {
		printf("kleak-dump %s\n", KL_VERSION);
		for (i = 0; i < sizeof(libraries) / sizeof(*libraries); i++)
			printf("%s %s\n", libraries[i].name, libraries[i].version);
		return;
	}
	kl_emit_object(&e, NULL);
	kl_emit_string(&e, "version", KL_VERSION);
	kl_emit_object(&e, "libraries");
	for (i = 0; i < sizeof(libraries) / sizeof(*libraries); i++)
		kl_emit_string(&e, libraries[i].name, libraries[i].version);
	kl_emit_end(&e);
	kl_emit_end(&e);
}

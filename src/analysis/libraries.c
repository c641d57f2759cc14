/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/libraries.h"

#include <elfutils/version.h>
#include <libdwarf/libdwarf.h>
#include <libkdumpfile/kdumpfile.h>
#include <lzma.h>
#include <sqlite3.h>
#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

#include "image/image.h"

const struct kl_library *kl_libraries(void)
{
	static char libelf[16];
	static struct kl_library libraries[8];

	if (libraries[0].name)
		return libraries;
	/* libelf has no function that tells its version; this is the one it was built with. */
	snprintf(libelf, sizeof(libelf), "%d.%d", _ELFUTILS_VERSION / 1000, _ELFUTILS_VERSION % 1000);
	libraries[0] = (struct kl_library){"libkdumpfile", KDUMPFILE_VERSION_STRING};
	libraries[1] = (struct kl_library){"libdwarf", dwarf_package_version()};
	libraries[2] = (struct kl_library){"libelf", libelf};
	libraries[3] = (struct kl_library){"SQLite", sqlite3_libversion()};
	libraries[4] = (struct kl_library){"zlib", zlibVersion()};
	libraries[5] = (struct kl_library){"liblzma", lzma_version_string()};
	libraries[6] = (struct kl_library){"libzstd", ZSTD_versionString()};
	return libraries;
}

const char *const *kl_libraries_compressions(void)
{
	static const char *compressions[KL_IMAGE_COMPRESSIONS_MAX + 1];

	if (!compressions[0])
		compressions[kl_image_compressions(compressions)] = NULL;
	return compressions;
}

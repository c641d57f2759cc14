/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/format.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "image/file.h"

static const struct {
	const char *magic;
	size_t length;
	enum kl_format format;
} dumps[] = {
	{"\x7f"
	 "ELF",
	 4, KL_FORMAT_ELF},
	{"KDUMP   ", 8, KL_FORMAT_KDUMP},
	{"makedumpfile\0\0\0\0", 16, KL_FORMAT_FLATTENED},
};

/* Files that people hand in by mistake or habit, and what to do about them. */
static const struct {
	const char *magic;
	size_t length;
	const char *what;
} strangers[] = {
	{"\x1f\x8b", 2, "compressed with gzip; decompress it first"},
	{"\xfd"
	 "7zXZ",
	 5, "compressed with xz; decompress it first"},
	{"\x28\xb5\x2f\xfd", 4, "compressed with zstd; decompress it first"},
	{"BZh", 3, "compressed with bzip2; decompress it first"},
	{"\x04\x22\x4d\x18", 4, "compressed with lz4; decompress it first"},
	{"PK\x03\x04", 4, "a zip archive; unpack it first"},
	{"SQLite format 3", 15, "an SQLite database, not a dump"},
	{"LibvirtQemudSave", 16, "a saved libvirt guest; dump the guest with 'virsh dump --memory-only' instead"},
	{"QEVM", 4, "a QEMU migration stream; dump the guest with 'dump-guest-memory' instead"},
	{"\xd2\xbe\xd2\xbe", 4, "a VMware snapshot; convert it with 'vmss2core' first"},
	{"\xd1\xba\xd1\xba", 4, "a VMware snapshot; convert it with 'vmss2core' first"},
	{"\xd3\xbe\xd3\xbe", 4, "a VMware snapshot; convert it with 'vmss2core' first"},
	{"PAGEDU64", 8, "a Windows dump, not one of a Linux kernel"},
};

static bool looks_like_text(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] < 0x20 && !isspace(bytes[i]))
			return false;
	return true;
}

struct kl_error *kl_format_recognize(int fd, enum kl_format *ret)
{
	unsigned char head[512];
	ssize_t n = kl_file_read(fd, head, sizeof(head), 0);

	if (n < 0)
		return kl_error_from_errno(errno, "reading its beginning");
	if (n == 0)
		return kl_error_create(KL_ERROR_FORMAT, "an empty file, not a dump");
	for (size_t i = 0; i < sizeof(dumps) / sizeof(*dumps); i++)
		if ((size_t)n >= dumps[i].length && !memcmp(head, dumps[i].magic, dumps[i].length)) {
			*ret = dumps[i].format;
			return NULL;
		}
	for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++)
		if ((size_t)n >= strangers[i].length && !memcmp(head, strangers[i].magic, strangers[i].length))
			return kl_error_create(KL_ERROR_FORMAT, "%s", strangers[i].what);
	if (looks_like_text(head, (size_t)n))
		return kl_error_create(KL_ERROR_FORMAT, "a text file, not a dump");

	*ret = KL_FORMAT_OTHER;
	return NULL;
}

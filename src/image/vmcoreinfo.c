/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/vmcoreinfo.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "util/cleanup.h"

static size_t text_length(const unsigned char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length && i < KL_VMCOREINFO_MAX; i++)
		if (bytes[i] != '\n' && bytes[i] != '\t' && (bytes[i] < 0x20 || bytes[i] > 0x7e))
			break;
	return i;
}

static struct kl_error *split_lines(struct kl_vmcoreinfo *v)
{
	char *line, *next, *equals;

	for (line = v->lines_text; *line; line = next) {
		struct kl_vmcoreinfo_line *entry;

		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		equals = strchr(line, '=');
		if (!equals || equals == line)
			continue;
		*equals = '\0';
		entry = kl_vec_add(&v->lines);
		if (!entry)
			return kl_error_nomem();
		entry->key = line;
		entry->value = equals + 1;
	}
	return NULL;
}

struct kl_error *kl_vmcoreinfo_parse(const void *bytes, size_t length, struct kl_vmcoreinfo *ret)
{
	struct kl_error *err;

	memset(ret, 0, sizeof(*ret));
	length = text_length(bytes, length);
	ret->text = strndup(bytes, length);
	ret->lines_text = strndup(bytes, length);
	err = ret->text && ret->lines_text ? split_lines(ret) : kl_error_nomem();
	if (err)
		kl_vmcoreinfo_deinit(ret);
	return err;
}

struct kl_error *kl_vmcoreinfo_read_file(const char *path, struct kl_vmcoreinfo *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *bytes = NULL;
	struct kl_error *err;
	size_t length = 0;

	if (fd < 0)
		return kl_error_from_errno(errno, "%s", path);
	bytes = malloc(KL_VMCOREINFO_MAX);
	if (!bytes)
		return kl_error_nomem();
	while (length < KL_VMCOREINFO_MAX) {
		ssize_t n = read(fd, bytes + length, KL_VMCOREINFO_MAX - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kl_error_from_errno(errno, "%s", path);
		if (n == 0)
			break;
		length += (size_t)n;
	}
	err = kl_vmcoreinfo_parse(bytes, length, ret);
	if (err)
		return err;
	/* Every kernel since 2.6.24 writes this line first. */
	if (!kl_vmcoreinfo_string(ret, "OSRELEASE")) {
		kl_vmcoreinfo_deinit(ret);
		return kl_error_create(KL_ERROR_FORMAT, "%s: not VMCOREINFO text (no OSRELEASE= line)", path);
	}
	return NULL;
}

void kl_vmcoreinfo_deinit(struct kl_vmcoreinfo *v)
{
	free(v->text);
	free(v->lines_text);
	kl_vec_deinit(&v->lines);
	v->text = v->lines_text = NULL;
}

const char *kl_vmcoreinfo_string(const struct kl_vmcoreinfo *v, const char *key)
{
	const struct kl_vmcoreinfo_line *line;

	kl_vec_for_each (line, &v->lines)
		if (!strcmp(line->key, key))
			return line->value;
	return NULL;
}

/* strtoull() alone would take blanks, signs and trailing rubbish. */
static bool parse_unsigned(const char *text, int base, uint64_t *ret)
{
	char *end;

	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret = strtoull(text, &end, base);
	return !errno && !*end;
}

bool kl_vmcoreinfo_hex(const struct kl_vmcoreinfo *v, const char *key, uint64_t *ret)
{
	const char *text = kl_vmcoreinfo_string(v, key);

	return text && parse_unsigned(text, 16, ret);
}

static const char *find_value_of_key(const struct kl_vmcoreinfo *v, const char *kind, const char *name)
{
	char key[256];
	int length = snprintf(key, sizeof(key), "%s(%s)", kind, name);

	return length > 0 && (size_t)length < sizeof(key) ? kl_vmcoreinfo_string(v, key) : NULL;
}

bool kl_vmcoreinfo_value(const struct kl_vmcoreinfo *v, const char *kind, const char *name, int64_t *ret)
{
	const char *text = find_value_of_key(v, kind, name);
	uint64_t magnitude;
	bool negative;

	if (!text)
		return false;
	negative = *text == '-';
	if (!parse_unsigned(text + negative, !strncmp(text, "0x", 2) ? 16 : 10, &magnitude))
		return false;
	*ret = (int64_t)(negative ? 0 - magnitude : magnitude);
	return true;
}

bool kl_vmcoreinfo_symbol(const struct kl_vmcoreinfo *v, const char *name, uint64_t *ret)
{
	const char *text = find_value_of_key(v, "SYMBOL", name);

	return text && parse_unsigned(text, 16, ret);
}

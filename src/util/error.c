/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "util/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct kl_error {
	enum kl_error_code code;
	char *message;
};

static struct kl_error nomem = {KL_ERROR_NOMEM, (char *)"out of memory"};

static bool nomem_met;

bool kl_nomem_met(void)
{
	return nomem_met;
}

void kl_nomem_note(void)
{
	nomem_met = true;
}

struct kl_error *kl_error_nomem(void)
{
	nomem_met = true;
	return &nomem;
}

/* Takes ownership of @message. */
static struct kl_error *error_with_message(enum kl_error_code code, char *message)
{
	struct kl_error *err = malloc(sizeof(*err));

	if (!err) {
		free(message);
		return kl_error_nomem();
	}
	err->code = code;
	err->message = message;
	return err;
}

struct kl_error *kl_error_create(enum kl_error_code code, const char *format, ...)
{
	char *message;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&message, format, args);
	va_end(args);
	return n < 0 ? kl_error_nomem() : error_with_message(code, message);
}

struct kl_error *kl_error_from_errno(int errnum, const char *format, ...)
{
	_cleanup_free_ char *context = NULL;
	char *message;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&context, format, args);
	va_end(args);
	if (n < 0) {
		context = NULL;
		return kl_error_nomem();
	}
	if (asprintf(&message, "%s: %s", context, strerror(errnum)) < 0)
		return kl_error_nomem();
	return error_with_message(errnum == ENOMEM ? KL_ERROR_NOMEM : KL_ERROR_IO, message);
}

struct kl_error *kl_error_prepend(struct kl_error *err, const char *format, ...)
{
	_cleanup_free_ char *context = NULL;
	char *message;
	va_list args;
	int n;

	if (!err || err == &nomem)
		return err;
	va_start(args, format);
	n = vasprintf(&context, format, args);
	va_end(args);
	if (n < 0) {
		context = NULL;
		return err;
	}
	/* Without memory for the context the bare message is still worth more than none. */
	if (asprintf(&message, "%s: %s", context, err->message) < 0)
		return err;
	free(err->message);
	err->message = message;
	return err;
}

enum kl_error_code kl_error_code(const struct kl_error *err)
{
	return err->code;
}

const char *kl_error_message(const struct kl_error *err)
{
	return err->message;
}

void kl_error_destroy(struct kl_error *err)
{
	if (!err || err == &nomem)
		return;
	free(err->message);
	free(err);
}

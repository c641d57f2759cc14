/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where results go: straight to stdout, or, for JSON, into memory until the document is whole. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "cli/cli.h"
#include "cli/wrap.h"

/* A document that is larger is no answer to anyone; a hostile database can make one without end. */
#define DOCUMENT_MAX (1L << 30)

static struct kl_error *begin_document(FILE **ret)
{
	_cleanup_close_ int fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	/* Pages that are never written take no memory. */
	if (fd < 0 || ftruncate(fd, DOCUMENT_MAX) || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW))
		return kl_error_from_errno(errno, "memory for the document");
	*ret = fdopen(fd, "w+");
	if (!*ret)
		return kl_error_nomem();
	fd = -1;
	return NULL;
}

FILE *kl_cli_stdout(struct kl_cli *cli)
{
	if (cli->width && !cli->wrapped)
		cli->wrapped = kl_cli_wrap_open(stdout, cli->width);
	return cli->wrapped ? cli->wrapped : stdout;
}

/* The document goes to a terminal as lines that fit, unless a program reads it. */
static FILE *document_target(struct kl_cli *cli)
{
	return cli->json || !cli->terminal ? stdout : kl_cli_stdout(cli);
}

struct kl_error *kl_cli_output(struct kl_cli *cli, FILE **ret)
{
	struct kl_error *err = NULL;

	bool whole = cli->json || cli->whole;

	if (whole && !cli->document)
		err = begin_document(&cli->document);
	*ret = whole ? cli->document : kl_cli_stdout(cli);
	return err;
}

struct kl_error *kl_cli_output_end(struct kl_cli *cli)
{
	FILE *document = cli->document;
	char buffer[16384];
	FILE *target;
	size_t n, more;
	long length;

	if (!document)
		return NULL;
	if (kl_nomem_met()) /* something may be left out of it */
		return kl_error_nomem();
	length = ftell(document);
	if (length < 0 || fflush(document) || ferror(document) || fseek(document, 0, SEEK_SET))
		return kl_error_create(KL_ERROR_UNSUPPORTED, "the document is larger than %ld MiB", DOCUMENT_MAX >> 20);
	target = document_target(cli);
	if (cli->array)
		fputs(cli->documents++ ? "," : "[", target);
	for (n = (size_t)length; n; n -= more) {
		more = fread(buffer, 1, n < sizeof(buffer) ? n : sizeof(buffer), document);
		if (!more)
			return kl_error_from_errno(errno, "memory of the document");
		fwrite(buffer, 1, more, target);
	}
	kl_cli_output_drop(cli);
	return NULL;
}

void kl_cli_output_drop(struct kl_cli *cli)
{
	if (cli->document)
		fclose(cli->document);
	cli->document = NULL;
}

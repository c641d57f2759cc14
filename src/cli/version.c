/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"
#include "analysis/libraries.h"
#include "image/image.h"
#include "report/emitter.h"

static void print_text(const char *const *compressions, size_t n)
{
	const struct kl_library *library;
	size_t i;

	printf("kleak-dump %s\n", KL_VERSION);
	for (library = kl_cli_libraries(); library->name; library++)
		printf("%s %s\n", library->name, library->version);
	printf("dump compressions:");
	for (i = 0; i < n; i++)
		printf(" %s", compressions[i]);
	printf("%s\n", n ? "" : " none");
}

static void print_json(const char *const *compressions, size_t n)
{
	struct kl_emitter e = {.out = stdout};
	const struct kl_library *library;
	size_t i;

	kl_emit_object(&e, NULL);
	kl_emit_string(&e, "version", KL_VERSION);
	kl_emit_int(&e, "schema_version", KLEAK_VIEW_VERSION);
	kl_emit_object(&e, "libraries");
	for (library = kl_cli_libraries(); library->name; library++)
		kl_emit_string(&e, library->name, library->version);
	kl_emit_end(&e);
	kl_emit_array(&e, "compressions");
	for (i = 0; i < n; i++)
		kl_emit_string(&e, NULL, compressions[i]);
	kl_emit_end(&e);
	kl_emit_end(&e);
}

void kl_cli_print_version(struct kl_cli *cli)
{
	const char *compressions[KL_IMAGE_COMPRESSIONS_MAX];
	size_t n = kl_image_compressions(compressions);

	if (cli->json)
		print_json(compressions, n);
	else
		print_text(compressions, n);
}

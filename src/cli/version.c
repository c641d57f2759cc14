/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cli.h"
#include "cli/libraries.h"
#include "report/emitter.h"

void kl_cli_print_version(struct kl_cli *cli)
{
	const struct kl_library *library = kl_cli_libraries();
	struct kl_emitter e = {.out = stdout};

	if (!cli->json) {
		printf("kleak-dump %s\n", KL_VERSION);
		for (; library->name; library++)
			printf("%s %s\n", library->name, library->version);
		return;
	}
	kl_emit_object(&e, NULL);
	kl_emit_string(&e, "version", KL_VERSION);
	kl_emit_object(&e, "libraries");
	for (; library->name; library++)
		kl_emit_string(&e, library->name, library->version);
	kl_emit_end(&e);
	kl_emit_end(&e);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/libraries.h"
#include "cli/cli.h"
#include "report/emitter.h"
#include "sandbox/sandbox.h"

static void print_version_text(void)
{
	struct kl_sandbox_features features = kl_sandbox_features();
	const char *const *compression = kl_libraries_compressions();
	const struct kl_library *library;

	printf("kleak-dump %s\n", KL_VERSION);
	for (library = kl_libraries(); library->name; library++)
		printf("%s %s\n", library->name, library->version);
	printf("dump compressions:%s", *compression ? "" : " none");
	for (; *compression; compression++)
		printf(" %s", *compression);
	putchar('\n');
	printf("sandbox: no new privileges");
	if (features.system_calls)
		printf(", no programs and sockets (seccomp)");
	if (features.landlock)
		printf(", no writing but into the database and the cache (Landlock %d)", features.landlock);
	putchar('\n');
}

static void print_version_json(void)
{
	const char *const *compression = kl_libraries_compressions();
	struct kl_sandbox_features features = kl_sandbox_features();
	struct kl_emitter e = {.out = stdout};
	const struct kl_library *library;

	kl_emit_object(&e, NULL);
	kl_emit_string(&e, "version", KL_VERSION);
	kl_emit_int(&e, "schema_version", KLEAK_VIEW_VERSION);
	kl_emit_object(&e, "libraries");
	for (library = kl_libraries(); library->name; library++)
		kl_emit_string(&e, library->name, library->version);
	kl_emit_end(&e);
	kl_emit_array(&e, "compressions");
	for (; *compression; compression++)
		kl_emit_string(&e, NULL, *compression);
	kl_emit_end(&e);
	kl_emit_object(&e, "sandbox");
	kl_emit_bool(&e, "no_new_privs", true);
	kl_emit_bool(&e, "seccomp", features.system_calls);
	kl_emit_int(&e, "landlock", features.landlock);
	kl_emit_end(&e);
	kl_emit_end(&e);
}

void kl_cli_print_version(struct kl_cli *cli)
{
	if (cli->json)
		print_version_json();
	else
		print_version_text();
}

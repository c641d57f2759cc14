/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/redact.h"

#include "store/sql.h"

/* The part of a path behind its last '/'. */
#define BASE_NAME(column) "replace(" column ", rtrim(" column ", replace(" column ", '/', '')), '')"

/* Sentences are ours, but may name a task: one that has the name of any task in it goes. A name of two letters would be
 * found in every sentence. */
#define NAMES_A_TASK(column)                                                                       \
	"EXISTS (SELECT 1 FROM (SELECT comm FROM t_finding UNION SELECT comm FROM t_group "        \
	"UNION SELECT CAST(comm AS TEXT) FROM t_listing) AS task WHERE length(task.comm) > 2 AND " \
	"instr(" column ", task.comm))"

static const char *const statements[] = {
	"UPDATE t_finding SET reason = '(redacted)' WHERE " NAMES_A_TASK("reason"),
	"UPDATE t_group SET reason = '(redacted)' WHERE " NAMES_A_TASK("reason"),
	"UPDATE t_group SET explained = '(redacted)' WHERE " NAMES_A_TASK("explained"),
	"UPDATE t_anomaly SET message = '(redacted)' WHERE message GLOB '*/*' OR " NAMES_A_TASK("message"),
	"UPDATE t_run SET partial_why = '(redacted)' WHERE partial_why GLOB '*/*' OR " NAMES_A_TASK("partial_why"),
	"UPDATE t_text SET text = 'stack of a task' WHERE text GLOB 'stack of *'",
	"UPDATE t_finding SET comm = NULL, pid = NULL, content = NULL",
	"DELETE FROM t_alone",
	"UPDATE t_group SET comm = NULL, pid = NULL",
	"UPDATE t_listing SET comm = x'', pid = 0, content = NULL, checksum = 0",
	/* linux_banner names who compiled the kernel, and where */
	"UPDATE t_run SET dump = '(redacted)', dump_files = NULL, vmlinux = NULL, banner = NULL",
	/* the user's own files, and the comments in them */
	"UPDATE t_advice SET origin = " BASE_NAME("origin") ", note = NULL",
	"DELETE FROM t_value WHERE kind = 'option' AND value GLOB '*/*'",
	"UPDATE t_frame SET file = " BASE_NAME("file") " WHERE file GLOB '/*'",
	"UPDATE t_site SET file = " BASE_NAME("file") " WHERE file GLOB '/*'",
	"UPDATE t_run SET host = NULL, command = NULL, label = NULL, origin = NULL",
	"PRAGMA query_only = ON",
};

struct kl_error *kl_store_redact(struct kl_store *store)
{
	struct kl_error *err = kl_store_copy_to_memory(store);
	size_t i;

	for (i = 0; i < sizeof(statements) / sizeof(*statements) && !err; i++)
		err = kl_sql_exec(store, statements[i]);
	return err;
}

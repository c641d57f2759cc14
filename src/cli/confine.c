/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command may still do once it reads what came from others. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "sandbox/sandbox.h"
#include "util/cache_dir.h"
#include "util/strbuf.h"

/* Makes the cache directory, for a rule needs what it is about; without one nothing is cached. SQLite keeps there what
 * it sorts and cannot hold in memory. */
static struct kl_error *prepare_cache(struct kl_strbuf *ret)
{
	struct kl_error *err;

	if (!kl_cache_dir(NULL, ret))
		return NULL;
	if (ret->failed)
		return kl_error_nomem();
	err = kl_make_directories(kl_strbuf_string(ret));
	if (err && kl_error_code(err) == KL_ERROR_NOMEM)
		return err;
	kl_error_destroy(err);
	return setenv("SQLITE_TMPDIR", kl_strbuf_string(ret), 1) ? kl_error_nomem() : NULL;
}

struct kl_error *kl_cli_confine(struct kl_cli *cli, enum kl_store_mode mode)
{
	_cleanup_strbuf_ struct kl_strbuf cache = {}, database = {};
	const char *slash = strrchr(cli->db, '/');
	const char *writable[2];
	struct kl_error *err;
	size_t n = 0;

	if (cli->confined || cli->no_sandbox)
		return NULL;
	err = prepare_cache(&cache);
	if (err)
		return err;
	kl_strbuf_append(&database, slash ? cli->db : ".", slash ? (size_t)(slash - cli->db) + 1 : 1);
	if (database.failed)
		return kl_error_nomem();
	if (cache.length)
		writable[n++] = kl_strbuf_string(&cache);
	if (mode == KL_STORE_WRITE)
		writable[n++] = kl_strbuf_string(&database);
	cli->confined = true;
	return kl_sandbox_enter(writable, n);
}

kl_give_up_fn *kl_cli_give_up(const struct kl_cli *cli)
{
	return cli->no_sandbox ? NULL : kl_sandbox_give_up_root;
}

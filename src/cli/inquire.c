/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/inquire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct kl_error *kl_inquire_option(struct kl_inquire *q, int option)
{
	struct kl_error *err;

	if (kl_cli_plugin_option(&q->plugin_options, option, optarg, &err))
		return err;
	switch (option) {
	case KL_OPTION_RUN:
		return kl_cli_number(optarg, "--run", &q->run_id);
	case KL_OPTION_DUMP:
		q->options.dump = optarg;
		break;
	case KL_OPTION_INQUIRE_VMLINUX:
		q->options.vmlinux = optarg;
		break;
	case KL_OPTION_INQUIRE_MODULES:
		q->options.modules_dir = optarg;
		break;
	case KL_OPTION_INQUIRE_UNPACK_LIMIT:
		return kl_cli_size(optarg, "--unpack-limit", &q->options.unpack_limit);
	default:
		if (!kl_vec_push(&q->modules, (const char *)optarg))
			return kl_error_nomem();
	}
	q->options.modules = q->modules.data;
	q->options.n_modules = q->modules.count;
	return NULL;
}

struct kl_error *kl_inquire_address(const char *text, uint64_t *ret)
{
	char *end = NULL;

	errno = 0;
	if (*text && strchr("0123456789abcdefABCDEF", *text))
		*ret = strtoull(text, &end, 16);
	if (!end || *end || errno)
		return kl_error_create(KL_ERROR_USAGE, "'%s' is not an address (hexadecimal)", text);
	return NULL;
}

struct kl_error *kl_inquire_parse(struct kl_cli *cli, int argc, char **argv, const char *command,
				  const struct option *options, bool *own, struct kl_inquire *q, uint64_t *ret)
{
	struct kl_error *err;
	int option;

	while (kl_cli_option(cli, argc, argv, options, &option, &err)) {
		if (option == KL_OPTION_INQUIRE_END && own)
			*own = true;
		else
			err = kl_inquire_option(q, option);
		if (err)
			return err;
	}
	if (err || cli->help)
		return err;
	if (argc - optind != 1)
		return kl_error_create(KL_ERROR_USAGE, "%s takes one address", command);
	return kl_inquire_address(argv[optind], ret);
}

struct kl_error *kl_inquire_open(struct kl_cli *cli, struct kl_inquire *q)
{
	struct kl_error *err;

	q->cli = cli;
	q->options.progress = &cli->progress;
	q->options.give_up = kl_cli_give_up(cli);
	if (q->options.dump && !q->run_id) {
		err = kl_cli_confine(cli, KL_STORE_READ);
		return err ? err : kl_inquire_dump(q);
	}
	err = kl_cli_open(cli, KL_STORE_READ, &q->store);
	if (!err)
		err = kl_reader_create(q->store, &q->reader);
	return err ? err : kl_reader_run(q->reader, q->run_id, &q->run);
}

/* What the run was made with, as far as the user does not say otherwise. */
static struct kl_error *use_options_of_run(struct kl_inquire *q)
{
	_cleanup_strbuf_ struct kl_strbuf force = {}, types = {};
	struct kl_error *err = kl_reader_option(q->reader, q->run.id, "settings", &q->settings);

	if (!err)
		err = kl_reader_option(q->reader, q->run.id, "vmcoreinfo", &q->vmcoreinfo);
	if (!err)
		err = kl_reader_option(q->reader, q->run.id, "modules", &q->modules_dir);
	if (!err)
		err = kl_reader_option(q->reader, q->run.id, "dumps", &q->dumps);
	if (!err)
		err = kl_reader_option(q->reader, q->run.id, "force", &force);
	if (!err)
		err = kl_reader_option(q->reader, q->run.id, "btf", &q->btf);
	if (!err)
		err = kl_reader_option(q->reader, q->run.id, KL_OPTION_TYPES, &types);
	q->options.by_btf = !strcmp(kl_strbuf_string(&types), "dump") || !strcmp(kl_strbuf_string(&types), "btf");
	if (q->btf.length)
		q->options.btf = kl_strbuf_string(&q->btf);
	if (q->dumps.length)
		q->options.dumps = kl_strbuf_string(&q->dumps);
	if (q->vmcoreinfo.length)
		q->options.vmcoreinfo = kl_strbuf_string(&q->vmcoreinfo);
	if (q->modules_dir.length && !q->options.modules_dir && !q->options.n_modules)
		q->options.modules_dir = kl_strbuf_string(&q->modules_dir);
	q->options.force = !strcmp(kl_strbuf_string(&force), "yes");
	return err;
}

struct kl_error *kl_inquire_dump(struct kl_inquire *q)
{
	struct kl_error *err = NULL;

	if (q->has_dump)
		return NULL;
	q->has_dump = true;
	if (q->reader)
		err = use_options_of_run(q);
	if (!err)
		err = kl_cli_plugins(q->cli, &q->plugin_options, &q->plugins);
	q->options.plugins = &q->plugins;
	if (!err)
		err = q->reader ? kl_repeat_run(&q->run, kl_strbuf_string(&q->settings), &q->options, &q->repeat)
				: kl_repeat_dump(&q->options, &q->repeat);
	if (!err)
		err = kl_inquiry_begin(q->repeat.analysis, &q->inquiry);
	kl_cli_progress_clear();
	return err;
}

void kl_inquire_deinit(struct kl_inquire *q)
{
	kl_naming_end(&q->inquiry.naming);
	kl_cli_plugins_tell(&q->plugins);
	kl_inquiry_deinit(&q->inquiry);
	kl_vec_deinit(&q->plugin_options.paths);
	kl_repeat_deinit(&q->repeat);
	kl_plugins_deinit(&q->plugins);
	kl_store_run_deinit(&q->run);
	kl_reader_destroy(q->reader);
	kl_store_close(q->store);
	kl_vec_deinit(&q->modules);
	kl_strbuf_deinit(&q->settings);
	kl_strbuf_deinit(&q->vmcoreinfo);
	kl_strbuf_deinit(&q->modules_dir);
	kl_strbuf_deinit(&q->btf);
	kl_strbuf_deinit(&q->dumps);
}

/* What stands at an address where no object is. */
static struct kl_error *describe_no_object(struct kl_inquire *q, uint64_t address)
{
	struct kl_kernel *k = q->repeat.analysis->opened.kernel;
	struct kl_error *err = kl_owners_map(&q->inquiry.owners);
	struct kl_owner owner;
	uint64_t physical;

	if (err)
		return err;
	if (!(address >> 63))
		return kl_error_create(KL_ERROR_NOT_FOUND, "%#" PRIx64 ": not a kernel address, and no tracked object",
				       address);
	err = kl_image_translate(k->image, address, &physical);
	if (err)
		return kl_error_prepend(err, "%#" PRIx64 ": no tracked object is there", address);
	kl_owner_of(&q->inquiry.owners, physical, &owner);
	return kl_error_create(KL_ERROR_NOT_FOUND,
			       "%#" PRIx64 ": no tracked object is there; it is %s (`kleak-dump show` says more)",
			       address, kl_owner_why(owner.kind));
}

struct kl_error *kl_inquire_object(struct kl_inquire *q, uint64_t address, uint32_t *ret)
{
	*ret = kl_inquiry_find(&q->inquiry, address);
	return *ret == KL_NO_OBJECT ? describe_no_object(q, address) : NULL;
}

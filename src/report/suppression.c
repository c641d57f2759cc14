/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/suppression.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "suppress/rules.h"
#include "util/stack_name.h"

/* Which findings rules are wanted for. */
struct wish {
	enum { EVERY_LEAK, ONE_GROUP, ONE_ADDRESS } kind;
	uint64_t number;
};

struct rule_printer {
	FILE *out;
	struct kl_reader *reader;
	int64_t run_id;
	struct wish wish;
	uint64_t printed;
};

static bool parse_hex(const char *digits, uint64_t *ret)
{
	char *end;

	if (!isxdigit((unsigned char)*digits) || strlen(digits) > 16)
		return false;
	*ret = strtoull(digits, &end, 16);
	return !*end;
}

static struct kl_error *parse_wish(const char *what, struct wish *ret)
{
	if (!strcmp(what, "all")) {
		ret->kind = EVERY_LEAK;
		return NULL;
	}
	if (what[0] == '0' && (what[1] == 'x' || what[1] == 'X') && parse_hex(what + 2, &ret->number)) {
		ret->kind = ONE_ADDRESS;
		return NULL;
	}
	if (strlen(what) == 16 && parse_hex(what, &ret->number)) {
		ret->kind = ONE_GROUP;
		return NULL;
	}
	return kl_error_create(KL_ERROR_USAGE,
			       "--suppression: '%s' is no address, no group (16 digits) and not \"all\"", what);
}

static struct kl_error *print_rule(struct rule_printer *p, int64_t stack_id, const char *name, const char *site)
{
	_cleanup_strbuf_ struct kl_strbuf frames = {}, rule = {};
	const struct kl_store_frame *stack;
	_cleanup_free_ const char **symbols = NULL;
	struct kl_error *err;
	size_t n, count = 0, i;

	err = kl_reader_stack(p->reader, stack_id, &stack, &n);
	if (err)
		return err;
	symbols = calloc(n + 1, sizeof(*symbols));
	if (!symbols)
		return kl_error_nomem();
	/* inlined functions are known only where there was debug information */
	for (i = 0; i < n; i++) {
		if (!stack[i].inlined)
			symbols[count++] = stack[i].symbol;
	}
	err = kl_stack_normalize(symbols, count, &frames);
	if (err)
		return err;
	kl_rule_write(&rule, name ? name : "?", kl_strbuf_string(&frames), site, NULL);
	if (frames.failed || rule.failed)
		return kl_error_nomem();
	fprintf(p->out, "%s%s", p->printed ? "\n" : "", kl_strbuf_string(&rule));
	p->printed++;
	return NULL;
}

static struct kl_error *print_group_rule(void *context, const struct kl_store_group *g)
{
	struct rule_printer *p = context;
	bool wanted = p->wish.kind == ONE_GROUP ? g->stack_hash == p->wish.number : g->leaked_objects > 0;

	return wanted ? print_rule(p, g->stack_id, g->top_frame, g->site) : NULL;
}

static struct kl_error *print_finding_rule(void *context, const struct kl_store_finding *f)
{
	struct rule_printer *p = context;

	return f->address == p->wish.number ? print_rule(p, f->stack_id, f->top_frame, f->site) : NULL;
}

struct kl_error *kl_suppression_print(FILE *out, struct kl_reader *reader, int64_t run_id, const char *what)
{
	struct rule_printer p = {.out = out, .reader = reader};
	struct kl_store_run run;
	struct kl_error *err = parse_wish(what, &p.wish);

	if (!err)
		err = kl_reader_run(reader, run_id, &run);
	if (err)
		return err;
	p.run_id = run.id;
	kl_store_run_deinit(&run);
	err = p.wish.kind == ONE_ADDRESS ? kl_reader_findings(reader, p.run_id, print_finding_rule, &p)
					 : kl_reader_groups(reader, p.run_id, print_group_rule, &p);
	if (!err && !p.printed)
		err = kl_error_create(KL_ERROR_NOT_FOUND, "run %" PRId64 " has no finding %s", p.run_id,
				      p.wish.kind == EVERY_LEAK ? "that leaks" : what);
	return err;
}

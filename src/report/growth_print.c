/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/growth_print.h"

#include <inttypes.h>

#include "report/human.h"
#include "report/run_json.h"
#include "util/sum.h"

struct growth_text {
	const struct kl_diff_print *p;
	size_t printed;
};

static struct kl_error *print_growth(void *context, const struct kl_store_growth *g)
{
	struct growth_text *text = context;
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	if (!text->printed++) {
		kl_strbuf_puts(&sb, "\ngrowing, though something leads to it (by ");
		kl_human_bytes(&sb, text->p->min_growth);
		kl_strbuf_puts(&sb, " or more)\n");
	}
	kl_strbuf_puts(&sb, g->is_site ? "  site   +" : "  stack  +");
	kl_human_bytes(&sb, kl_difference(g->bytes_b, g->bytes_a));
	kl_strbuf_printf(&sb, ", %" PRId64 " -> ", g->objects_a);
	kl_human_count(&sb, g->objects_b, g->is_site ? "allocation" : "object");
	kl_strbuf_puts(&sb, ": ");
	kl_human_text(&sb, g->name ? g->name : "?");
	if (g->is_site && g->function) {
		kl_strbuf_putc(&sb, ' ');
		kl_human_text(&sb, g->function);
	}
	if (g->is_site && g->module && *g->module) {
		kl_strbuf_puts(&sb, " [");
		kl_human_text(&sb, g->module);
		kl_strbuf_puts(&sb, "]");
	}
	fprintf(text->p->out, "%s\n", kl_strbuf_string(&sb));
	return sb.failed ? kl_error_nomem() : NULL;
}

struct kl_error *kl_growth_print_text(const struct kl_diff_print *p, const struct kl_diff *diff)
{
	struct growth_text text = {.p = p};
	struct kl_error *err;

	if (!p->min_growth)
		return NULL;
	err = kl_reader_growth(p->reader, diff->a.id, diff->b.id, p->min_growth, print_growth, &text);
	if (!err && !text.printed) {
		_cleanup_strbuf_ struct kl_strbuf sb = {};

		kl_human_bytes(&sb, p->min_growth);
		fprintf(p->out, "nothing that is reachable grew by %s\n", kl_strbuf_string(&sb));
	}
	return err;
}

static struct kl_error *emit_growth(void *context, const struct kl_store_growth *g)
{
	struct kl_emitter *e = context;

	kl_emit_object(e, NULL);
	kl_emit_string(e, "kind", g->is_site ? "site" : "stack");
	if (!g->is_site)
		kl_emit_hash(e, "stack_hash", g->stack_hash);
	kl_emit_string(e, g->is_site ? "site" : "top_frame", g->name);
	if (g->is_site) {
		kl_emit_string(e, "function", g->function);
		kl_emit_string(e, "module", g->module);
	}
	kl_emit_int(e, "objects_a", g->objects_a);
	kl_emit_int(e, "objects_b", g->objects_b);
	kl_emit_int(e, "bytes_a", g->bytes_a);
	kl_emit_int(e, "bytes_b", g->bytes_b);
	kl_emit_end(e);
	return NULL;
}

struct kl_error *kl_growth_print_json(struct kl_emitter *e, const struct kl_diff_print *p, const struct kl_diff *diff)
{
	struct kl_error *err;

	if (!p->min_growth)
		return NULL;
	kl_emit_array(e, "growing");
	err = kl_reader_growth(p->reader, diff->a.id, diff->b.id, p->min_growth, emit_growth, e);
	kl_emit_end(e);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees of leaked objects, printed. */
#include <inttypes.h>

#include "report/emitter.h"
#include "report/human.h"
#include "report/tree.h"
#include "report/word_json.h"
#include "report/word_text.h"

#define OBJECTS_SHOWN 100
#define INDENT_MAX 20 /* levels; a leaked list may be thousands deep */

static void emit_node(struct kl_emitter *e, const struct kl_tree_node *node)
{
	kl_emit_object(e, NULL);
	kl_emit_address(e, "address", node->address);
	if (node->has_parent)
		kl_emit_address(e, "parent", node->parent);
	else
		kl_emit_null(e, "parent");
	kl_emit_int(e, "depth", (int64_t)node->depth);
	kl_emit_string(e, "verdict", kl_store_verdict_name(node->verdict));
	kl_emit_int(e, "size", (int64_t)node->size);
	kl_emit_int(e, "retained_objects", node->objects);
	kl_emit_int(e, "retained_bytes", node->bytes);
	if (node->cache)
		kl_emit_string(e, "cache", node->cache);
	if (node->type)
		kl_emit_string(e, "type", node->type);
	if (node->top_frame)
		kl_emit_string(e, "top_frame", node->top_frame);
	kl_emit_end(e);
}

static void print_tree_json(const struct kl_tree_print *p, const struct kl_tree *tree)
{
	struct kl_emitter e = {.out = p->out};
	const size_t *at;

	kl_emit_answer_begin(&e, p->run_id);
	kl_emit_array(&e, "objects");
	kl_vec_for_each (at, &tree->order)
		emit_node(&e, &tree->nodes.data[*at]);
	kl_emit_end(&e);
	kl_emit_end(&e);
}

static struct kl_error *print_node(const struct kl_tree_print *p, const struct kl_tree_node *node)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};
	size_t indent = node->depth < INDENT_MAX ? node->depth : INDENT_MAX;

	kl_strbuf_printf(&sb, "%*s", (int)(2 * indent), "");
	if (node->depth > INDENT_MAX)
		kl_strbuf_printf(&sb, "[%zu] ", node->depth);
	kl_strbuf_printf(&sb, "0x%016" PRIx64 "  ", node->address);
	kl_human_bytes(&sb, (int64_t)node->size);
	if (node->objects > 1) {
		kl_strbuf_puts(&sb, ", retains ");
		kl_human_bytes(&sb, node->bytes);
		kl_strbuf_printf(&sb, " in %" PRId64 " objects", node->objects);
	}
	kl_text_labeled(&sb, "  struct ", node->type);
	kl_text_labeled(&sb, node->type ? " in " : "  ", node->cache);
	kl_text_labeled(&sb, "  ", node->top_frame);
	if (sb.failed)
		return kl_error_nomem();
	fprintf(p->out, "%s\n", kl_strbuf_string(&sb));
	return NULL;
}

struct kl_error *kl_tree_print(const struct kl_tree_print *p, const struct kl_tree *tree)
{
	struct kl_error *err = NULL;
	size_t i;

	if (p->json) {
		print_tree_json(p, tree);
		return NULL;
	}
	for (i = 0; i < tree->order.count && !err; i++) {
		if (i == OBJECTS_SHOWN && !p->all) {
			fprintf(p->out, "and %zu more (-v names them)\n", tree->order.count - i);
			break;
		}
		err = print_node(p, &tree->nodes.data[tree->order.data[i]]);
	}
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/types.h"

#include <inttypes.h>
#include <string.h>

#include "debug/find.h"
#include "mark/scan.h"

/* Kinds of holders that are named; the rest is counted. */
#define NAMED 4
#define KINDS 64

/* ---- files ---- */

/* A kernel known from the cache of layouts was opened without its vmlinux: only now it is looked for. */
static struct kl_debug *open_vmlinux(void *context)
{
	struct kl_analysis *a = context;
	struct kl_debug_search search = {.dump_path = a->options->dumps[0], .build_id = a->kernel->build_id};
	struct kl_error *err;
	const char *text;

	if (a->debug || !search.build_id)
		return a->debug;
	if (kl_image_vmcoreinfo_string(a->image, "OSRELEASE", &text))
		search.release = text;
	free(a->vmlinux);
	a->vmlinux = NULL;
	err = kl_debug_find(&search, &a->vmlinux);
	if (!err)
		err = kl_debug_open(a->vmlinux, &a->debug);
	kl_error_destroy(err); /* then some types stay unknown, which the run records */
	return a->debug;
}

static struct kl_debug *open_module(void *context, const char *name)
{
	struct kl_analysis *a = context;
	struct kl_source_lines_options options = {
		.kernel = a->kernel,
		.modules = a->options->modules,
		.n_modules = a->options->n_modules,
		.modules_dir = a->options->modules_dir,
	};

	if (a->lines)
		return kl_source_lines_module(a->lines, name);
	if (!a->module_files) {
		struct kl_error *err = kl_source_lines_create(&options, &a->module_files);

		if (err)
			kl_kernel_anomaly_error(a->kernel, "types", 0, err);
	}
	return a->module_files ? kl_source_lines_module(a->module_files, name) : NULL;
}

static size_t frames_of(void *context, uint32_t stack, uint64_t frames[KL_TYPE_FRAMES])
{
	const struct kl_analysis *a = context;

	_Static_assert(KL_STACK_MAX <= KL_TYPE_FRAMES, "a stack must fit");
	return kl_kmemleak_frames(&a->kmemleak, stack, frames);
}

struct kl_type_files kl_types_files(struct kl_analysis *a)
{
	return (struct kl_type_files){
		.vmlinux = open_vmlinux, .module = open_module, .frames = frames_of, .context = a};
}

/* ---- collecting holders ---- */

static int by_row(const void *a, const void *b)
{
	const struct kl_holder *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static bool is_weak(const struct kl_mark *mark, size_t objects, size_t node)
{
	return node < objects && mark->weak[node];
}

/* White objects hold nothing. */
static bool holds(const struct kl_mark *mark, size_t objects, size_t node)
{
	return node >= objects || mark->colour[node] == KL_GREY || mark->weak[node];
}

static bool collect_node(struct kl_holders *h, const struct kl_mark *mark, const struct kl_precise_settings *settings,
			 size_t node)
{
	const struct kl_references *refs = &h->a->references;
	size_t i;

	for (i = refs->first[node]; i < refs->first[node + 1]; i++) {
		const struct kl_reference *ref = &refs->list.data[i];
		struct kl_holder holder = {.to = ref->to, .node = (uint32_t)node, .at = ref->at};

		holder.strong = !(ref->traits & KL_TRAIT_INTEGER);
		if (!mark->weak[ref->to] || (ref->traits & settings->disregard) ||
		    (holder.strong && !is_weak(mark, refs->objects, node)))
			continue;
		if (!kl_vec_push(&h->list, holder))
			return false;
	}
	return true;
}

struct kl_error *kl_holders_collect(const struct kl_analysis *a, const struct kl_mark *mark,
				    const struct kl_precise_settings *settings, struct kl_holders *ret)
{
	size_t node, objects = a->references.objects;

	*ret = (struct kl_holders){.a = a};
	if (!memchr(mark->weak, 1, objects))
		return NULL;
	for (node = 0; node < a->references.nodes; node++) {
		if (holds(mark, objects, node) && !collect_node(ret, mark, settings, node)) {
			kl_vec_deinit(&ret->list);
			return kl_error_nomem();
		}
	}
	if (ret->list.count)
		qsort(ret->list.data, ret->list.count, sizeof(*ret->list.data), by_row);
	return NULL;
}

/* ---- naming them ---- */

static const struct kl_named_data *find_data(const struct kl_facts *k, uint64_t address)
{
	size_t low = 0, high = k->named.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (k->named.data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < k->named.data[low - 1].end ? &k->named.data[low - 1] : NULL;
}

static void name_member(const struct kl_analysis *a, const struct kl_holder *h, struct kl_strbuf *sb)
{
	const struct kl_facts *k = &a->facts;
	const struct kl_object_type *type = &k->types.data[k->type_of[h->node]];
	uint64_t offset = h->at - kl_object_start(&a->kmemleak.heap, &a->params, h->node);
	uint32_t member = type->members && offset < type->size ? type->members[offset / 8] : 0;

	kl_strbuf_puts(sb, kl_intern_get(k->names, type->name, NULL));
	if (member)
		kl_strbuf_printf(sb, ".%s", kl_intern_get(k->names, member, NULL));
	else
		kl_strbuf_printf(sb, " (padding at %" PRIu64 ")", offset);
}

/* What kind of holder this is; equal ones are counted together. */
static void name_holder(const struct kl_analysis *a, const struct kl_holder *h, struct kl_strbuf *sb)
{
	const struct kl_named_data *data;
	bool object = h->node < a->references.objects;

	if (h->strong) {
		kl_strbuf_printf(sb, "the weakly referenced object at %#" PRIx64, a->kmemleak.heap.address[h->node]);
		return;
	}
	if (object && a->facts.type_of && a->facts.type_of[h->node]) {
		name_member(a, h, sb);
		return;
	}
	data = find_data(&a->facts, h->at);
	if (data)
		kl_strbuf_printf(sb, "variable %s", kl_intern_get(a->facts.names, data->name, NULL));
	else
		kl_strbuf_printf(sb, "%#" PRIx64, h->at);
}

/* Labels of one row and how often each occurs. */
struct kinds {
	struct {
		char *label;
		size_t count;
	} list[KINDS];
	size_t count, others;
};

static void count_kind(struct kinds *kinds, const char *label)
{
	size_t i;

	for (i = 0; i < kinds->count; i++) {
		if (!strcmp(kinds->list[i].label, label)) {
			kinds->list[i].count++;
			return;
		}
	}
	if (i < KINDS)
		kinds->list[i].label = strdup(label);
	if (i < KINDS && kinds->list[i].label)
		kinds->list[kinds->count++].count = 1;
	else
		kinds->others++;
}

/* The label that occurs most often; SIZE_MAX when all are used up. */
static size_t most_frequent(const struct kinds *kinds)
{
	size_t i, best = SIZE_MAX;

	for (i = 0; i < kinds->count; i++) {
		if (kinds->list[i].count && (best == SIZE_MAX || kinds->list[i].count > kinds->list[best].count))
			best = i;
	}
	return best;
}

static void print_kinds(struct kinds *kinds, struct kl_strbuf *sb)
{
	size_t i, best, more = kinds->others;
	const char *separator = ": ";

	for (i = 0; i < NAMED && (best = most_frequent(kinds)) != SIZE_MAX; i++) {
		kl_strbuf_printf(sb, "%s%s", separator, kinds->list[best].label);
		if (kinds->list[best].count > 1)
			kl_strbuf_printf(sb, " of %zu objects", kinds->list[best].count);
		kinds->list[best].count = 0;
		separator = ", ";
	}
	for (i = 0; i < kinds->count; i++) {
		more += kinds->list[i].count;
		free(kinds->list[i].label);
	}
	if (more)
		kl_strbuf_printf(sb, " and %zu more", more);
}

void kl_holders_describe(void *context, uint32_t row, struct kl_strbuf *sb)
{
	const struct kl_holders *holders = context;
	_cleanup_strbuf_ struct kl_strbuf label = {};
	struct kinds kinds = {.count = 0};
	size_t low = 0, high = holders->list.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holders->list.data[middle].to < row)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < holders->list.count && holders->list.data[low].to == row; low++) {
		kl_strbuf_reset(&label);
		name_holder(holders->a, &holders->list.data[low], &label);
		count_kind(&kinds, kl_strbuf_string(&label));
	}
	print_kinds(&kinds, sb);
}

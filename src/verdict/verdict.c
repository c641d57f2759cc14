/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict/verdict.h"

#include <inttypes.h>
#include <string.h>

#include "util/strbuf.h"
#include "verdict/heads.h"

uint32_t kl_age_ms(uint64_t now, uint64_t jiffies, unsigned hz)
{
	/* jiffies_to_msecs() returns unsigned int: 32 bits, wrapping after 49 days. */
	return (uint32_t)((now - jiffies) * 1000 / hz);
}

static bool is_young(const struct kl_heap *heap, const struct kl_verdict_params *p, uint32_t row)
{
	int64_t age;

	/* What nobody knows the age of is not excused by it. */
	return kl_heap_age(heap, row, p->now, &age) && age - (int64_t)p->min_age < 0;
}

/* A page that holds the address explains an object that only integers lead to: its owner may be alive. What explained
 * objects lead to is explained, too, unless integers lead to it besides: these are named. */
static bool is_explained(const struct kl_mark *mark, uint32_t row)
{
	return mark->explained[row] == KL_EXPLAINED_UNTRACKED || mark->explained[row] == KL_EXPLAINED_PLUGIN ||
	       (mark->explained[row] && mark->weak[row] != KL_WEAK_INTEGER);
}

/* What nothing readable holds may be held by what could not be read. */
static bool misses_references(const struct kl_mark *mark, const struct kl_verdict_params *p)
{
	return mark->stats.missing_bytes || p->incomplete_count;
}

static void say_what_is_missing(const struct kl_mark *mark, const struct kl_verdict_params *p, struct kl_strbuf *sb)
{
	size_t i;

	if (mark->stats.missing_bytes)
		kl_strbuf_printf(sb, "%" PRIu64 " bytes that had to be scanned are missing from the dump",
				 mark->stats.missing_bytes);
	for (i = 0; i < p->incomplete_count; i++)
		kl_strbuf_printf(sb, "%s%s", i ? ", " : mark->stats.missing_bytes ? ", and " : "", p->incomplete[i]);
	if (p->incomplete_count)
		kl_strbuf_printf(sb, " %s damaged", p->incomplete_count > 1 ? "are" : "is");
}

/* Verdicts that need no look at other objects; KLEAK_VERDICT_LEAK means "leaked, head or not". */
static enum kleak_verdict verdict_alone(const struct kl_heap *heap, const struct kl_mark *mark,
					const struct kl_verdict_params *p, uint32_t row)
{
	bool never_looked_at = p->has_initial_crc && heap->checksum[row] == p->initial_crc;

	if (is_young(heap, p, row))
		return KLEAK_VERDICT_YOUNG;
	if (is_explained(mark, row))
		return KLEAK_VERDICT_EXPLAINED;
	if (mark->weak[row])
		return misses_references(mark, p) ? KLEAK_VERDICT_UNCONFIRMED : KLEAK_VERDICT_WEAK;
	if (mark->checksum_state[row] == KL_CHECKSUM_MODIFIED && !never_looked_at)
		return KLEAK_VERDICT_MODIFIED;
	if (mark->checksum_state[row] == KL_CHECKSUM_MODIFIED && p->needs_look)
		return KLEAK_VERDICT_UNCONFIRMED;
	if (!mark->confirmed[row])
		return KLEAK_VERDICT_UNCONFIRMED;
	if (p->vanished && p->vanished[row])
		return KLEAK_VERDICT_UNCONFIRMED;
	return misses_references(mark, p) ? KLEAK_VERDICT_UNCONFIRMED : KLEAK_VERDICT_LEAK;
}

static void describe_page_of(const struct kl_verdict_params *p, uint64_t word, struct kl_strbuf *sb)
{
	kl_strbuf_puts(sb, "a page straight from the page allocator");
	if (p->describe_page)
		p->describe_page(p->page_context, word, sb);
}

static void reason_of_weak(const struct kl_mark *mark, const struct kl_verdict_params *p, uint32_t row,
			   struct kl_strbuf *sb)
{
	static const char siblings[] =
		"its address is only in memory that nobody is known to have initialized, and its siblings from the "
		"same stack are lost";
	static const char *const reasons[] = {
		[KL_WEAK_NOT] = "",
		[KL_WEAK_INTEGER] = "its address is only in fields that are not pointers",
		[KL_WEAK_SIBLINGS] = siblings,
		[KL_WEAK_THROUGH] = "its address is only in objects that are weak themselves",
	};

	kl_strbuf_puts(sb, reasons[mark->weak[row]]);
	if (p->describe_holders)
		p->describe_holders(p->context, row, sb);
	if (mark->weak[row] == KL_WEAK_SIBLINGS && mark->explained_by[row]) {
		kl_strbuf_printf(sb, "; one of them stands at %#" PRIx64 " in ", mark->explained_by[row]);
		describe_page_of(p, mark->explained_by[row], sb);
	}
}

static void reason_of_unconfirmed(const struct kl_mark *mark, const struct kl_verdict_params *p, uint32_t row,
				  struct kl_strbuf *sb)
{
	if (mark->weak[row]) {
		reason_of_weak(mark, p, row, sb);
		kl_strbuf_puts(sb, "; but ");
		say_what_is_missing(mark, p, sb);
	} else if (mark->checksum_state[row] == KL_CHECKSUM_MODIFIED && p->needs_look)
		kl_strbuf_puts(sb, "unreferenced, but the kernel has not looked at its content before");
	else if (!mark->confirmed[row])
		kl_strbuf_printf(sb, "unreferenced in %" PRIu32 " of the %" PRIu32 " scans needed",
				 mark->unref_scans[row], p->min_unref_scans);
	else if (p->vanished && p->vanished[row])
		kl_strbuf_puts(sb,
			       "unreferenced, but the kernel's last scan found it referenced: lost since then, or its "
			       "holder is damaged in the dump");
	else {
		kl_strbuf_puts(sb, "unreferenced in readable memory, but ");
		say_what_is_missing(mark, p, sb);
	}
}

static void reason_of_leak(const struct kl_heap *heap, const struct kl_mark *mark, const struct kl_verdict_params *p,
			   uint32_t row, struct kl_strbuf *sb)
{
	kl_strbuf_printf(sb, "%" PRId32 " of the %" PRId32 " references it needs were found", mark->count[row],
			 mark->min_count[row]);
	if (heap->class_[row] == KLEAK_CLASS_PERCPU && p->cpus)
		kl_strbuf_printf(sb, ", to its cookie or to one of its copies on %zu CPU%s", p->cpus,
				 p->cpus == 1 ? "" : "s");
	if (mark->count[row] > 0 && p->describe_holders)
		p->describe_holders(p->context, row, sb);
	if (mark->checksum_state[row] == KL_CHECKSUM_UNMODIFIED)
		kl_strbuf_puts(sb, ", content unmodified since the kernel's last look");
	else if (mark->checksum_state[row] == KL_CHECKSUM_UNREADABLE)
		kl_strbuf_puts(sb, ", content not readable");
	else if (mark->checksum_state[row] == KL_CHECKSUM_SILENT)
		kl_strbuf_puts(sb, heap->class_[row] == KLEAK_CLASS_PERCPU
					   ? ", content zero or alike on all CPUs, of which its checksum says nothing"
					   : ", content zero, of which its checksum says nothing");
	if (p->describe_kin)
		p->describe_kin(p->kin_context, row, sb);
}

static void reason_of_explained(const struct kl_mark *mark, const struct kl_verdict_params *p, uint32_t row,
				struct kl_strbuf *sb)
{
	uint64_t by = mark->explained_by[row];

	if (mark->explained[row] == KL_EXPLAINED_PLUGIN) {
		const char *words = p->plugin_words ? kl_intern_get(p->plugin_words, (uint32_t)by, NULL) : NULL;

		kl_strbuf_puts(sb, words ? words : "a plugin knows why");
		return;
	}
	if (mark->explained[row] == KL_EXPLAINED_CROWD) {
		kl_strbuf_printf(sb,
				 "so are %" PRIu64
				 " objects of its slab cache, nearly all there are: they are held in a way "
				 "that is not understood",
				 by);
		return;
	}
	if (mark->explained[row] == KL_EXPLAINED_PAGES) {
		kl_strbuf_printf(sb, "pages that no address leads to, but a struct page, or their number, at %#" PRIx64,
				 by);
		return;
	}
	if (mark->explained[row] != KL_EXPLAINED_UNTRACKED) {
		kl_strbuf_printf(sb, "reachable through the object at %#" PRIx64 ", which is explained itself", by);
		return;
	}
	describe_page_of(p, by, sb);
	kl_strbuf_printf(sb, ", which kmemleak does not scan, holds its address at %#" PRIx64, by);
}

static struct kl_error *give_reason(const struct kl_heap *heap, const struct kl_mark *mark,
				    const struct kl_verdict_params *p, struct kl_findings *findings,
				    struct kl_finding *f)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	switch (f->verdict) {
	case KLEAK_VERDICT_LEAK:
		reason_of_leak(heap, mark, p, f->row, &sb);
		break;
	case KLEAK_VERDICT_INDIRECT:
		kl_strbuf_printf(&sb, "only reachable through the leaked object at %#" PRIx64, heap->address[f->head]);
		break;
	case KLEAK_VERDICT_YOUNG:
		kl_strbuf_printf(&sb, "unreferenced, but allocated less than %" PRIu64 " ms before the dump",
				 p->min_age * 1000 / p->hz);
		break;
	case KLEAK_VERDICT_EXPLAINED:
		reason_of_explained(mark, p, f->row, &sb);
		break;
	case KLEAK_VERDICT_WEAK:
		reason_of_weak(mark, p, f->row, &sb);
		break;
	case KLEAK_VERDICT_MODIFIED:
		kl_strbuf_puts(&sb, "unreferenced, but its content changed since the kernel's last look");
		break;
	default:
		reason_of_unconfirmed(mark, p, f->row, &sb);
	}
	if (sb.failed)
		return kl_error_nomem();
	return kl_intern_add(findings->reasons, sb.data, sb.length, &f->reason);
}

static bool is_finding(const struct kl_heap *heap, const struct kl_mark *mark, uint32_t row)
{
	if (!(heap->flags[row] & KL_OBJECT_ALLOCATED))
		return false;
	return mark->colour[row] == KL_WHITE || mark->checksum_state[row] == KL_CHECKSUM_MODIFIED;
}

/* An object that would be a leak, but that the kernel's last scan found referenced. */
static bool has_only_vanished(const struct kl_heap *heap, const struct kl_mark *mark, const struct kl_verdict_params *p,
			      uint32_t row)
{
	struct kl_verdict_params without = *p;

	without.vanished = NULL;
	return p->vanished && p->vanished[row] && verdict_alone(heap, mark, &without, row) == KLEAK_VERDICT_LEAK;
}

static struct kl_error *collect_findings(const struct kl_heap *heap, const struct kl_mark *mark,
					 const struct kl_verdict_params *p, struct kl_findings *findings,
					 uint8_t *leaked, uint8_t *vanished)
{
	uint32_t row;

	for (row = 0; row < heap->rows; row++) {
		struct kl_finding *f;

		if (!is_finding(heap, mark, row))
			continue;
		f = kl_vec_add(&findings->list);
		if (!f)
			return kl_error_nomem();
		f->row = row;
		f->head = KL_NO_OBJECT;
		f->verdict = verdict_alone(heap, mark, p, row);
		leaked[row] = f->verdict == KLEAK_VERDICT_LEAK;
		vanished[row] = f->verdict == KLEAK_VERDICT_UNCONFIRMED && has_only_vanished(heap, mark, p, row);
	}
	return NULL;
}

static struct kl_error *make(const struct kl_heap *heap, const struct kl_mark *mark, const struct kl_edges *edges,
			     const struct kl_verdict_params *p, struct kl_findings *findings)
{
	_cleanup_free_ uint8_t *leaked = calloc(heap->rows + 1, 1);
	_cleanup_free_ uint8_t *vanished = calloc(heap->rows + 1, 1);
	_cleanup_free_ uint32_t *heads = NULL;
	struct kl_finding *f;
	struct kl_error *err;

	if (!leaked || !vanished)
		return kl_error_nomem();
	err = kl_intern_create(&findings->reasons);
	if (!err)
		err = collect_findings(heap, mark, p, findings, leaked, vanished);
	/* What a leak leads to is lost with it, whatever the kernel's last scan found: the leak itself, before it was
	 * one, or a word that was left over. */
	if (!err && p->vanished)
		err = kl_edges_reach(edges, heap->rows, vanished, leaked);
	if (!err)
		err = kl_heads_find(heap, edges, leaked, p->now, &heads);
	if (err)
		return err;
	kl_vec_for_each (f, &findings->list) {
		f->head = heads[f->row];
		if (leaked[f->row])
			f->verdict = f->head == f->row ? KLEAK_VERDICT_LEAK : KLEAK_VERDICT_INDIRECT;
		if (!p->no_reasons)
			err = give_reason(heap, mark, p, findings, f);
		if (err)
			return err;
	}
	return NULL;
}

struct kl_error *kl_findings_make(const struct kl_heap *heap, const struct kl_mark *mark, const struct kl_edges *edges,
				  const struct kl_verdict_params *params, struct kl_findings *ret)
{
	struct kl_error *err;

	memset(ret, 0, sizeof(*ret));
	err = make(heap, mark, edges, params, ret);
	if (err)
		kl_findings_deinit(ret);
	return err;
}

void kl_findings_deinit(struct kl_findings *findings)
{
	kl_vec_deinit(&findings->list);
	kl_intern_destroy(findings->reasons);
	memset(findings, 0, sizeof(*findings));
}

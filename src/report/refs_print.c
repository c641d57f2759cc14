/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/refs_print.h"

#include <inttypes.h>

#include "report/word_json.h"
#include "report/word_text.h"

void kl_refs_begin(struct kl_refs_print *p)
{
	if (!p->json)
		return;
	p->emitter.out = p->out;
	kl_emit_answer_begin(&p->emitter, p->run_id);
	kl_emit_address(&p->emitter, "address", p->address);
	kl_emit_bool(&p->emitter, "from", p->from);
	kl_emit_bool(&p->emitter, "stored", p->stored);
	kl_emit_array(&p->emitter, "references");
}

struct kl_error *kl_refs_word(struct kl_refs_print *p, const struct kl_store_word *word)
{
	p->count++;
	if (p->json) {
		kl_emit_word(&p->emitter, word);
		return NULL;
	}
	if (p->from)
		fprintf(p->out, "to 0x%016" PRIx64 ", ", word->target);
	fprintf(p->out, "%s%s%s\n", word->counts ? "counts" : word->class_, word->counts ? "" : ": ",
		word->counts ? "" : word->why);
	return kl_print_word(p->out, "  ", word);
}

void kl_refs_end(struct kl_refs_print *p)
{
	if (p->json) {
		kl_emit_end(&p->emitter);
		kl_emit_end(&p->emitter);
	} else if (!p->count) {
		fprintf(p->out,
			p->from ? "Nothing tracked is referred to by 0x%016" PRIx64 ".\n"
				: "Nothing that a scan looks at refers to 0x%016" PRIx64
				  "; `why` searches all memory.\n",
			p->address);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* writer_statements.h: the statements that write a run, and the columns they fill. Private to the writer. */
#ifndef KL_STORE_WRITER_STATEMENTS_H
#define KL_STORE_WRITER_STATEMENTS_H

#include "store/rows.h"
#include "store/sql.h"
#include "util/map.h"

/* The columns of each table: FIRST, then X(type, column, value). The INSERT is made from them and so is the binding, in
 * the function that adds the row and has what the values name; a column cannot get the value of its neighbor. */
#define KL_FRAME_COLUMNS(FIRST, X)                   \
	FIRST(u64, content, content)                 \
	X(u64, address, f->address)                  \
	X(text, symbol, f->symbol)                   \
	X(text, function, function)                  \
	X(text, module, module)                      \
	X(text, file, f->file)                       \
	X(int, line, f->file ? f->line : KL_UNKNOWN) \
	X(text, pointer, f->pointer)                 \
	X(int, inlined, f->inlined)

#define KL_STACK_COLUMNS(FIRST, X)       \
	FIRST(u64, content, content)     \
	X(u64, normal_hash, s->normal)   \
	X(u64, exact_hash, s->exact)     \
	X(u64, address_hash, s->address) \
	X(int, depth, s->depth)          \
	X(text, top_frame, s->top_frame) \
	X(text, frames, s->frames)

#define KL_SITE_COLUMNS(FIRST, X)     \
	FIRST(u64, content, content)  \
	X(text, file, site->file)     \
	X(int, line, site->line)      \
	X(text, module, site->module) \
	X(text, function, site->function)

#define KL_FINDING_COLUMNS(FIRST, X)                                    \
	FIRST(int, run_id, w->run_id)                                   \
	X(int, seq, ++w->findings)                                      \
	X(u64, address, f->address)                                     \
	X(size, size, f->size)                                          \
	X(text, class, kl_store_class_name(f->class_))                  \
	X(int, verdict, f->verdict)                                     \
	X(text, reason, f->reason)                                      \
	X(u64_or_null, head, f->has_head ? &f->head : NULL)             \
	X(text, comm, f->comm)                                          \
	X(int, pid, f->pid)                                             \
	X(int, jiffies, f->jiffies)                                     \
	X(int, age_ms, f->age_ms)                                       \
	X(int, stack_id, stack_id)                                      \
	X(text, checksum_state, f->checksum_state)                      \
	X(int, site_id, f->site_id ? f->site_id : KL_UNKNOWN)           \
	X(int, site_deduced, f->site_id ? f->site_deduced : KL_UNKNOWN) \
	X(int, cache, cache)                                            \
	X(int, type, type)                                              \
	X(int, found, f->found)                                         \
	X(int, needed, f->needed)                                       \
	X(u64_or_null, parent, f->has_parent ? &f->parent : NULL)       \
	X(int, retained_objects, f->retained_objects)                   \
	X(int, retained_bytes, f->retained_bytes)                       \
	X(int, unref_scans, f->unref_scans)                             \
	X(u64_or_null, content, f->has_content ? &f->content : NULL)    \
	X(int, dumps, is_unreferenced(w, f->verdict))

#define KL_ALLOCATION_COLUMNS(FIRST, X)           \
	FIRST(int, run_id, w->run_id)             \
	X(int, seq, ++w->allocations)             \
	X(int, site_id, a->site_id)               \
	X(u64, tag, a->tag)                       \
	X(int, listed, a->listed)                 \
	X(int, unloaded, a->unloaded)             \
	X(int, inaccurate, a->inaccurate)         \
	X(int, bytes, a->bytes)                   \
	X(int, calls, a->calls)                   \
	X(int, slab_bytes, a->slab_bytes)         \
	X(int, slab_objects, a->slab_objects)     \
	X(int, page_bytes, a->page_bytes)         \
	X(int, page_calls, a->page_calls)         \
	X(int, percpu_bytes, a->percpu_bytes)     \
	X(int, percpu_calls, a->percpu_calls)     \
	X(int, stale_pages, a->stale_pages)       \
	X(text, cause, a->cause)                  \
	X(int, objects, a->objects)               \
	X(int, object_bytes, a->object_bytes)     \
	X(int, leaked_objects, a->leaked_objects) \
	X(int, leaked_bytes, a->leaked_bytes)     \
	X(int, counters_of, a->shared ? a->counters_of + 1 : KL_UNKNOWN)

#define KL_TOTAL_COLUMNS(FIRST, X)                     \
	FIRST(int, run_id, w->run_id)                  \
	X(int, stack_id, stack_id)                     \
	X(text, class, kl_store_class_name(t->class_)) \
	X(int, objects, t->objects)                    \
	X(int, bytes, t->bytes)

#define KL_LISTING_COLUMNS(FIRST, X)                                       \
	FIRST(int, run_id, w->run_id)                                      \
	X(int, seq, ++w->listings)                                         \
	X(u64, address, l->address)                                        \
	X(size, size, l->size)                                             \
	X(text, class, kl_store_class_name(l->class_))                     \
	X(blob, comm, l->comm_length ? l->comm : "", l->comm_length)       \
	X(int, pid, l->pid)                                                \
	X(u64, jiffies, l->jiffies)                                        \
	X(int, age_ms, l->age_ms)                                          \
	X(int, checksum, l->checksum)                                      \
	X(blob, content, l->content, l->content_length)                    \
	X(int, cpu, l->class_ == KLEAK_CLASS_PERCPU ? l->cpu : KL_UNKNOWN) \
	X(int, stack_id, stack_id)

#define KL_TEXT_COLUMNS(FIRST, X)    \
	FIRST(u64, content, content) \
	X(text, text, text)

#define KL_REFERENCE_COLUMNS(FIRST, X)                              \
	FIRST(int, run_id, w->run_id)                               \
	X(u64, target, word->target)                                \
	X(int, seq, ++w->references)                                \
	X(u64_or_null, at, word->in_memory ? &word->at : NULL)      \
	X(int, kind, kind)                                          \
	X(u64_or_null, holder, h->has_address ? &h->address : NULL) \
	X(int, name, name)                                          \
	X(int, cache, cache)                                        \
	X(int, type, type)                                          \
	X(int, member, member)                                      \
	X(int, allocator, allocator)                                \
	X(int, class, class_)                                       \
	X(int, why, why)                                            \
	X(int, traits, traits)                                      \
	X(int, grade, grade)                                        \
	X(int, counts, word->counts)

#define KL_ANOMALY_COLUMNS(FIRST, X)     \
	FIRST(int, run_id, w->run_id)    \
	X(int, seq, ++w->anomalies)      \
	X(text, kind, kind)              \
	X(u64_or_null, address, address) \
	X(text, message, message)

#define KL_ADVICE_COLUMNS(FIRST, X)   \
	FIRST(int, run_id, w->run_id) \
	X(int, seq, ++w->advice)      \
	X(text, kind, a->kind)        \
	X(text, name, a->name)        \
	X(text, version, a->version)  \
	X(text, origin, a->origin)    \
	X(text, state, a->state)      \
	X(text, note, a->note)        \
	X(int, objects, a->objects)   \
	X(int, bytes, a->bytes)

#define KL_BIND_COLUMN(type, column, ...) kl_bind_##type(&b, __VA_ARGS__);

enum kl_statement {
	KL_FIND_FRAME,
	KL_ADD_FRAME,
	KL_FIND_STACK,
	KL_ADD_STACK,
	KL_FIND_SITE,
	KL_ADD_SITE,
	KL_FIND_TEXT,
	KL_ADD_TEXT,
	KL_KNOWN_SITE,
	KL_ADD_FINDING,
	KL_ADD_REFERENCE,
	KL_ADD_ALLOCATION,
	KL_ADD_TOTAL,
	KL_ADD_LISTING,
	KL_ADD_ANOMALY,
	KL_ADD_ADVICE,
	KL_ADD_VALUE,
	KL_STATEMENT_COUNT,
};

struct kl_writer {
	struct kl_store *store;
	int64_t run_id;
	bool committed;
	sqlite3_stmt *statements[KL_STATEMENT_COUNT];
	struct kl_map frames; /* content hash -> identifier */
	struct kl_map stacks;
	struct kl_map sites;
	struct kl_map texts;
	int64_t empty_stack; /* 0 until needed */
	int64_t findings, listings, anomalies, allocations, references, advice;
	bool finished_given;
	bool partial;    /* the run */
	bool mostly_new; /* frames, stacks, ... are inserted before they are looked for */
	bool first;      /* the file held no stack and no call site before this run: what is not in the maps is new */
};

/** kl_writer_bind() - begin to bind @statement, which is prepared when it is first needed. */
struct kl_error *kl_writer_bind(struct kl_writer *w, enum kl_statement statement, struct kl_binder *ret);

/** kl_writer_text() - the identifier of @text in t_text; KL_UNKNOWN for NULL. */
struct kl_error *kl_writer_text(struct kl_writer *w, const char *text, int64_t *ret);

/** kl_writer_run() - run what was bound. Errors: also those of binding. */
struct kl_error *kl_writer_run(struct kl_writer *w, const struct kl_binder *b);

/** kl_frame_content() - what identifies a frame in every file; kl_stack_content() - and a stack: from KL_HASH_SEED,
 * over its frames. */
uint64_t kl_frame_content(const struct kl_store_frame *frame);
uint64_t kl_stack_content(uint64_t before, uint64_t frame);

/** kl_writer_add_frame() - the identifier of a frame; the same one always gets the same. */
struct kl_error *kl_writer_add_frame(struct kl_writer *w, const struct kl_store_frame *frame, int64_t *ret);

/* A stack that is known to another file. */
struct kl_stack_row {
	uint64_t normal, exact, address; /* hashes */
	int64_t depth;
	const char *top_frame; /* may be NULL */
	const char *frames;    /* JSON array of identifiers in this file */
};

/** kl_writer_add_stack_row() - the identifier of a stack with @content, which becomes @row when it is new. */
struct kl_error *kl_writer_add_stack_row(struct kl_writer *w, uint64_t content, const struct kl_stack_row *row,
					 int64_t *ret);

/** kl_writer_derive_groups() - make the groups of the run from its findings. */
struct kl_error *kl_writer_derive_groups(struct kl_writer *w);

/** kl_writer_deinit() - free what @w holds; the transaction goes on. */
void kl_writer_deinit(struct kl_writer *w);

#endif

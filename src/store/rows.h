/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rows.h: what the database holds, row by row, as the writer takes it and the reader gives it.
 *
 * Strings given to the writer may be any bytes; what is not valid UTF-8 is stored as \xNN. Strings from the reader are
 * valid UTF-8 unless the database was tampered with: escape them before printing all the same.
 */
#ifndef KL_STORE_ROWS_H
#define KL_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kleak/kleak.h"
#include "util/kmemleak_state.h"
#include "util/report_text.h"
#include "util/vec.h"

/* The option of a run whose vmlinux was found not to belong to the dump, and was used all the same. */
#define KL_OPTION_MISMATCH "vmlinux_mismatch"
#define KL_OPTION_TYPES "types_from" /* where the layouts came from: kl_types_source_name() */

#define KL_OPTION_UNTYPED "modules_without_types" /* names, separated by ", "; only without a vmlinux */

/* An integer that is not known: NULL in SQL, absent in JSON. */
#define KL_UNKNOWN INT64_MIN

/* One row of `runs`. TEXT: NULL = unknown. NEED: text that must be there. INT: KL_UNKNOWN = unknown. FLAG: bool.
 * REAL: negative = unknown. CODE: an enum of util/report_text.h, KL_..S values. STATE: enum kl_kmemleak_state, by name.
 */
#define KL_STORE_RUN_FIELDS(NEED, TEXT, INT, REAL, FLAG, CODE, STATE)                                 \
	NEED(dump)             /* absolute path of the dump, of the first file of a split set */      \
	INT(dump_size)         /* bytes, of all files */                                              \
	INT(dump_mtime_ns)     /* Unix time of the last change, nanoseconds */                        \
	TEXT(dump_format)      /* in words */                                                         \
	TEXT(vmlinux)          /* path of the debug file used; NULL when the layout cache sufficed */ \
	TEXT(build_id)         /* of the kernel, hexadecimal */                                       \
	TEXT(release)          /* uname -r */                                                         \
	TEXT(banner)           /* linux_banner */                                                     \
	TEXT(arch)             /* "x86_64", "aarch64" */                                              \
	INT(crash_time)        /* Unix seconds */                                                     \
	TEXT(boot_id)          /* equal for two dumps of one boot, different for different boots */   \
	INT(jiffies)           /* at the time of the dump */                                          \
	INT(hz)                /* jiffies per second */                                               \
	INT(pages_total)       /* pages of RAM the dumped machine had */                              \
	INT(pages_present)     /* of them, in the dump */                                             \
	INT(pages_missing)     /* pages that were needed and not there */                             \
	REAL(coverage)         /* bytes found / bytes asked for while marking, 0 .. 1 */              \
	FLAG(live)             /* of a running machine: nothing stood still */                        \
	STATE(kmemleak_state)  /* an exhausted pool comes back as ERRORED, with the flag below */     \
	TEXT(kmemleak_words)   /* one sentence about the state for people */                          \
	FLAG(pool_exhausted)   /* kmemleak ran out of metadata */                                     \
	FLAG(scan_in_progress) /* the kernel was scanning: its stored colors mean nothing */          \
	NEED(policy)           /* "kernel", "precise" */                                              \
	FLAG(partial)          /* something was missing: exit code 4 */                               \
	TEXT(partial_why)      /* one line */                                                         \
	NEED(tool_version)                                                                            \
	INT(started_ms)  /* Unix time of the analysis, milliseconds */                                \
	INT(finished_ms) /* filled by kl_writer_commit() when KL_UNKNOWN */                           \
	CODE(text_header, kl_text_header, KL_TEXT_HEADERS)                                            \
	FLAG(text_age) /* " (age 12.345s)", 2.6.33 .. 6.7 */                                          \
	CODE(text_hexdump, kl_text_hexdump, KL_TEXT_HEXDUMPS)                                         \
	FLAG(text_crc) /* "backtrace (crc %x):", 6.8 */                                               \
	CODE(text_frame, kl_text_frame, KL_TEXT_FRAMES)                                               \
	TEXT(profiling_state)  /* kl_profiling_status_name(); NULL in runs of older programs */       \
	INT(profiling_file)    /* 1: the kernel had a /proc/allocinfo */                              \
	INT(allocinfo_version) /* of its format: 10 is "1.0", 20 is "2.0"; 0 = not known */           \
	TEXT(edges)            /* whose references are stored: "findings", "all"; NULL: nobody's */   \
	TEXT(source)           /* of its objects: "kmemleak", "allocators"; NULL: kmemleak */         \
	TEXT(origin)           /* database that `merge` took it from; NULL: made in this one */       \
	INT(origin_run)        /* its number there */                                                 \
	TEXT(host)             /* name of the machine, of its utsname */                              \
	INT(uptime_ms)         /* since it was booted */                                              \
	TEXT(command)          /* command line that made the run */                                   \
	TEXT(label)            /* given by the user */                                                \
	TEXT(request)          /* what was asked of the analysis: equal for two runs made in the same way */

/* As the number of a run that is written: it takes the place of the one that was made of the same dump in the same way,
 * if there is one. */
#define KL_RUN_REPLACES (-1)

struct kl_store_run {
	int64_t id; /* given by the database */
#define TEXT(name) const char *name;
#define INT(name) int64_t name;
#define REAL(name) double name;
#define FLAG(name) bool name;
#define CODE(name, type, count) enum type name;
#define STATE(name) enum kl_kmemleak_state name;
	KL_STORE_RUN_FIELDS(TEXT, TEXT, INT, REAL, FLAG, CODE, STATE)
#undef TEXT
#undef INT
#undef REAL
#undef FLAG
#undef CODE
#undef STATE
};

/** kl_store_run_by_allocators() - whether its objects come from the allocators, and so not from kmemleak. */
static inline bool kl_store_run_by_allocators(const struct kl_store_run *run)
{
	return run->source && !strcmp(run->source, "allocators");
}

/** kl_store_run_is_telling() - whether that nothing was found means that nothing leaks. */
static inline bool kl_store_run_is_telling(const struct kl_store_run *run)
{
	return run->kmemleak_state == KL_KMEMLEAK_ON || kl_store_run_by_allocators(run);
}

/* One frame of a stack, innermost first. What the compiler put into a function has frames of its own, in front of that
 * of the function: they have its address, and do not count in what names a stack. */
struct kl_store_frame {
	uint64_t address;
	const char *symbol;  /* as %pS prints it, of inlined code the function; never NULL */
	const char *file;    /* NULL = unknown */
	int64_t line;        /* KL_UNKNOWN with @file NULL */
	const char *pointer; /* as %p prints it, only for KL_TEXT_FRAME_POINTER; otherwise NULL */
	bool inlined;
};

/* One object that is a finding. */
struct kl_store_finding {
	uint64_t address;
	uint64_t size; /* bytes */
	enum kleak_class class_;
	enum kleak_verdict verdict;
	const char *reason; /* in words; may be NULL */
	bool has_head;
	uint64_t head; /* address of the leak this one hangs on */
	const char *comm;
	int64_t pid;
	int64_t jiffies;
	int64_t age_ms;             /* KL_UNKNOWN when not known */
	int64_t stack_id;           /* from kl_writer_add_stack(); 0 = no stack */
	const char *checksum_state; /* may be NULL */
	int64_t site_id;            /* from kl_writer_add_site(); 0 = no call site known */
	bool site_deduced;          /* the kernel kept none for it: told by another object's stack */
	const char *cache;          /* slab cache; may be NULL */
	const char *type;           /* its struct; may be NULL */
	int64_t found, needed;      /* references that count, and how many it needs */
	/* Of leaked objects (struct kl_retained); KL_UNKNOWN for others. */
	bool has_parent;
	uint64_t parent;                          /* the leaked object without which nothing would lead to this one */
	int64_t retained_objects, retained_bytes; /* what only this one leads to, with itself */
	int64_t unref_scans; /* of the kernel's own, in a row, that found it unreferenced; KL_UNKNOWN: not counted */
	bool has_content;
	uint64_t content; /* hash of its bytes (mark/checksum.h) */
	/* From the reader only: */
	int64_t dumps;         /* in a row of this boot that found it unreferenced, with this one (object_history.h) */
	uint64_t stack_hash;   /* of the normalized stack */
	uint64_t address_hash; /* of the stack's addresses */
	const char *top_frame; /* may be NULL */
	const char *site;      /* "mm/slub.c:42"; may be NULL */
};

/* Findings with one normalized stack; made by kl_writer_commit(). */
struct kl_store_group {
	uint64_t stack_hash;
	int64_t stack_id; /* of the representative: the oldest one of the most serious verdict */
	uint64_t address; /* of the representative */
	enum kleak_class class_;
	enum kleak_verdict verdict;
	const char *verdicts_json;  /* {"leak":1,"indirect":9}, valid JSON */
	const char *verdicts_words; /* "1 leak, 9 indirect" */
	int64_t objects, bytes;
	int64_t leaked_objects, leaked_bytes; /* verdicts leak and indirect */
	int64_t age_min_ms, age_max_ms;
	const char *comm; /* of the representative; may be NULL */
	int64_t pid;
	int64_t comms, pids;                  /* how many different ones */
	int64_t stacks;                       /* how many different ones were normalised to this one */
	const char *reason;                   /* for the representative's verdict; may be NULL */
	const char *explained;                /* reason of an explained one beside leaks; NULL = there is none */
	const char *site;                     /* call site of the representative, "mm/slub.c:42"; may be NULL */
	const char *top_frame;                /* may be NULL */
	int64_t direct_bytes, retained_bytes; /* of verdict leak, and retained by those; KL_UNKNOWN in older runs */
};

/* All live objects with one stack and class. */
struct kl_store_total {
	int64_t stack_id;
	enum kleak_class class_;
	int64_t objects, bytes;
};

/* What a stack or a call site holds in two runs, without what leaks. */
struct kl_store_growth {
	bool is_site;
	uint64_t stack_hash;  /* of a stack */
	const char *name;     /* its top frame, or "mm/slub.c:42"; may be NULL */
	const char *function; /* of a call site; may be NULL, as may */
	const char *module;
	int64_t objects_a, objects_b, bytes_a, bytes_b;
};

/* What a run has of a stack or call site. */
struct kl_store_history {
	int64_t run_id;
	const char *machine; /* its host name, or else its boot */
	int64_t crash_time;
	const char *dump;
	bool partial;
	int64_t objects, bytes, leaked_objects, leaked_bytes;
	const char *verdicts;  /* "1 leak, 9 indirect"; empty where it was not found */
	const char *top_frame; /* may be NULL */
};

/* A place in the source that allocates, as allocation profiling names it. */
struct kl_store_site {
	const char *file; /* NULL: gone with the module */
	int64_t line;
	const char *module;   /* NULL: the kernel itself; "": gone with the module */
	const char *function; /* NULL: gone with the module */
};

/* What one call site holds. Bytes and calls are as the kernel counts: of slab objects with their metadata, of pages
 * whole blocks. */
struct kl_store_allocation {
	int64_t site_id;                /* for the writer */
	const struct kl_store_site *at; /* from the reader */
	uint64_t tag;                   /* address of the kernel's record */
	bool listed;                    /* in /proc/allocinfo */
	bool unloaded;                  /* its module was unloaded, and memory of it is still allocated */
	bool inaccurate;                /* the kernel says so itself */
	int64_t bytes, calls;           /* the kernel's counters; KL_UNKNOWN when they are gone */
	bool shared;                    /* they are those of another one, number `counters_of` of those added, from 0 */
	int64_t counters_of;            /* for the writer */
	/* What was found to refer to it. */
	int64_t slab_bytes, slab_objects;
	int64_t page_bytes, page_calls;
	int64_t percpu_bytes, percpu_calls;
	int64_t stale_pages;           /* free pages that still refer to it */
	const char *cause;             /* kl_audit_cause_name(): why both differ */
	int64_t objects, object_bytes; /* tracked by kmemleak, known to come from here */
	int64_t leaked_objects, leaked_bytes;
};

/* One entry of the kernel's own listing, in its order. */
struct kl_store_listing {
	uint64_t address;
	uint64_t size;
	enum kleak_class class_;
	const void *comm; /* raw bytes */
	size_t comm_length;
	int64_t pid;
	uint64_t jiffies;
	uint32_t age_ms; /* modulo 2^32, as the kernel computes it */
	uint32_t checksum;
	const void *content;   /* the first bytes, at most 32; fewer than min(size, 32) when the dump lacks the rest */
	size_t content_length; /* 0 with @content NULL for physical objects */
	int64_t cpu;           /* whose copy @content is, for per-CPU objects */
	int64_t stack_id;
};

/* One named value of a run. */
struct kl_store_value {
	const char *kind; /* "counter", "duration_ms", "option", "library" */
	const char *name;
	enum { KL_VALUE_NULL, KL_VALUE_INT, KL_VALUE_REAL, KL_VALUE_TEXT } type;
	int64_t integer;
	double real;
	const char *text;
};

struct kl_store_anomaly {
	const char *kind;
	bool has_address;
	uint64_t address;
	const char *message;
};

/* What others than the dump told a run, and what became of it. */
struct kl_store_advice {
	const char *kind;       /* "suppression": a rule of the user's; "plugin" */
	const char *name;       /* of the rule or plugin */
	const char *version;    /* of a plugin; may be NULL */
	const char *origin;     /* "file:line" of a rule, path of a plugin */
	const char *state;      /* "used", "unused"; why it was not: "expired", "for other kernels", "failed" */
	const char *note;       /* comment of a rule; what a plugin did, or why not. May be NULL */
	int64_t objects, bytes; /* suppressed, explained, or added as objects */
};

/* What a word stands in: an object, a root, a register, or memory that no marking looks at. */
struct kl_store_holder {
	const char *kind;      /* "object", "stack", "percpu", "register", "freed-slot", ... (docs/schema.md) */
	bool has_address;      /* not: a register */
	uint64_t address;      /* of the holder's first byte */
	int64_t offset;        /* of the word from there; KL_UNKNOWN without address */
	const char *name;      /* "dentry.d_inode", "init_task+0x10", "rax of CPU 0"; may be NULL */
	const char *cache;     /* slab cache; may be NULL */
	const char *type;      /* its struct, "dentry"; may be NULL */
	const char *member;    /* of the type, at the offset; may be NULL */
	const char *allocator; /* who allocated the holder: the first frame that is not the allocator's; may be NULL */
};

/* One word that holds the address of an object, or one inside it. */
struct kl_store_word {
	uint64_t target;    /* address of the object */
	int64_t into;       /* where inside it the word points; KL_UNKNOWN where only a stored reference tells */
	bool in_memory;     /* not: a register, or something that is known without a word */
	uint64_t at;        /* address of the word; the number of a register */
	int64_t physical;   /* likewise, physical; KL_UNKNOWN where only a stored reference tells */
	bool counts;        /* it keeps the object from being a finding */
	const char *class_; /* "reference", "leaked", the name of a trait, the kind of a holder */
	const char *why;    /* the class in words */
	const char *traits; /* names, joined by commas; "" without any */
	const char *grade;  /* of evidence; NULL: not known */
	const char *doubt;  /* in a chain: why it may not be what holds its target; NULL: nothing says so */
	struct kl_store_holder holder;
};

/* An object that was asked about. */
struct kl_store_object {
	uint64_t address;
	uint64_t size; /* bytes */
	enum kleak_class class_;
	const char *verdict;   /* of a finding; otherwise "reachable", "never reported", "ignored" */
	bool is_finding;       /* the verdict is one of a finding */
	const char *reason;    /* of the verdict; may be NULL */
	int64_t count;         /* references counted, saturating; KL_UNKNOWN */
	int64_t needed;        /* that it needs; KL_UNKNOWN */
	const char *cache;     /* slab cache; may be NULL */
	const char *type;      /* its struct; may be NULL */
	const char *allocator; /* first frame of its stack that is not the allocator's; may be NULL */
};

/* Why it is, or is not, a finding. */
struct kl_store_answer {
	struct kl_store_object object;
	bool searched; /* all memory of the dump was; otherwise `words` are only what the marking knew */
	KL_VEC(struct kl_store_word) words; /* by physical address, then registers */
	KL_VEC(struct kl_store_word) chain; /* from a root to the object; empty when nothing leads there */
};

/* A word of memory that is shown. */
struct kl_store_shown_word {
	bool present;
	uint64_t value;
	const char *name; /* what it points to; NULL: nothing that is known */
};

/* What is at an address. */
struct kl_store_thing {
	uint64_t address; /* as it was asked for */
	bool has_physical;
	uint64_t physical;
	const char *kind;                    /* as of holders */
	const char *why;                     /* what that means for a word there, "in a free page" */
	struct kl_store_holder place;        /* the address as a place in it */
	int64_t slot_size;                   /* bytes from object to object in its slab; KL_UNKNOWN outside slabs */
	bool has_object;                     /* an object holds the address; of slack the one it belongs to */
	struct kl_store_object object;       /* then all below are about it, as far as they are known */
	KL_VEC(struct kl_store_frame) stack; /* of its allocation */
	const char *comm;
	int64_t pid;
	bool task_lives;      /* a task with that name and number is still there */
	int64_t age_ms;       /* at the time of the dump */
	int64_t allocated_at; /* Unix seconds */
	bool has_head;
	uint64_t head; /* the leak that it hangs on; itself for a leak */
	bool has_parent;
	uint64_t parent;
	int64_t retained_objects, retained_bytes;
	uint64_t shown_from; /* address of the first of: */
	KL_VEC(struct kl_store_shown_word) words;
};

const char *kl_store_verdict_name(enum kleak_verdict verdict); /* "unknown" for numbers that no verdict has */

/* For arrays with one element per verdict, in the order of KLEAK_VERDICTS. */
enum {
#define X(identifier, number, name, leaked, meaning) KL_STORE_VERDICT_INDEX_##identifier,
	KLEAK_VERDICTS(X)
#undef X
		KL_STORE_VERDICTS,
};

/** kl_store_verdict_index() - place of @verdict in such an array. */
size_t kl_store_verdict_index(enum kleak_verdict verdict);

const char *kl_store_class_name(enum kleak_class class_);

/* ---- answers to one `analyze`, printed and not stored ---- */

/* Most settings that one sweep varies. */
#define KL_STORE_SWEEP_SETTINGS 6

/* One marking of `analyze --sweep`. */
struct kl_store_sweep_row {
	const char *values[KL_STORE_SWEEP_SETTINGS]; /* of kl_store_sweep.names, as the user wrote them */
	uint64_t counts[KL_STORE_VERDICTS];          /* findings, by kl_store_verdict_index() */
	uint64_t leaked_bytes;
};

/* All of a sweep; strings are borrowed from the command line. */
struct kl_store_sweep {
	const char *names[KL_STORE_SWEEP_SETTINGS];
	size_t n_names;
	KL_VEC(struct kl_store_sweep_row) rows;
};

/* What one refinement of the precise policy changed (`analyze --explain-policy`). */
struct kl_store_refinement_row {
	const char *name;
	uint64_t found, found_bytes;   /* leaks and weakly referenced objects seen only with it */
	uint64_t spared, spared_bytes; /* seen only without it */
};

struct kl_store_refinements {
	KL_VEC(struct kl_store_refinement_row) rows;
};

/* An object whose color differs from the one that the kernel's last scan left (`analyze --explain-disagreements`). */
struct kl_store_disagreement_row {
	uint64_t address;
	uint64_t size;
	const char *stored; /* color left by the kernel, "grey" */
	const char *ours;   /* color after our replay */
	const char *reason; /* static text */
};

struct kl_store_disagreements {
	KL_VEC(struct kl_store_disagreement_row) rows;
};

#endif

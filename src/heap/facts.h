/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts.h: what a frozen machine knows beyond its heap: which words are dead, which are no pointers, which
 * registers point where. Filled by src/kernel, used by the policy `precise`.
 */
#ifndef KL_HEAP_FACTS_H
#define KL_HEAP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/page_states.h"
#include "heap/root.h"
#include "util/intern.h"
#include "util/vec.h"

/* What speaks against a reference: identifier, name of the refinement that honours it, why. */
#define KL_TRAITS(X)                                                                                           \
	X(STACK, "no-stacks", "on a task's stack")                                                             \
	X(DEAD_STACK, "live-stacks", "below the saved stack pointer, or on the stack of a task that is gone")  \
	X(STACK_TWICE, "stack-once", "on a stack that was scanned as a root already")                          \
	X(METADATA, "mask-metadata", "in kmemleak's or KFENCE's own records")                                  \
	X(SHEAF, "mask-sheaves", "in a slab sheaf, behind its last object")                                    \
	X(VMAP, "mask-vmap", "in a vmap_area that was freed already")                                          \
	X(UNLOADED, "mask-modules", "in data of a module that was unloaded, kept for its allocation tags")     \
	X(SLACK, "mask-slack", "behind the end that the owner of the memory asked for")                        \
	X(PERCPU_FREE, "mask-percpu", "in per-CPU memory that was freed")                                      \
	X(PERCPU_INEXACT, "percpu-exact", "an integer that merely lies in the range of small per-CPU cookies") \
	X(INTEGER, "types", "in a field that is not a pointer")                                                \
	X(REGISTER, "no-registers", "in a register")                                                           \
	X(STATE, "state-members", "in a member that means nothing in the state of its struct")                 \
	X(START, "start-frames", "where a kernel thread started, before what it names was allocated")          \
	X(STRUCT_PAGE, "struct-pages", "in a struct page, where it means nothing in that page's state")        \
	X(INTERIOR, "no-interior", "to the inside of an object, not to its start")

enum {
#define X(id, name, why) KL_TRAIT_BIT_##id,
	KL_TRAITS(X)
#undef X
		KL_TRAIT_COUNT,
};

enum kl_trait {
#define X(id, name, why) KL_TRAIT_##id = 1 << KL_TRAIT_BIT_##id,
	KL_TRAITS(X)
#undef X
};

/** kl_trait_name() - the refinement that honours trait number @bit; kl_trait_why() - what the trait means. */
const char *kl_trait_name(int bit);
const char *kl_trait_why(int bit);

/* How much a reference is worth as evidence that its object is in use, strongest first.
 *
 * On machines with history the memory of most objects was something else before, and what the kernel does not erase
 * still holds the addresses that stood there: nearly every leak that a conservative marking misses hides behind a thin
 * word, and so do some thousands of live objects. So thin words count, but are told apart (mark/siblings.h). Members
 * that nobody has written yet are no better: whoever allocates a slab cache's struct initializes it, but a kmalloc()ed
 * one may hold a scratch buffer, or a table with few entries. */
#define KL_GRADES(X)                                                                             \
	X(TYPED, "typed", "a member declared as a pointer")                                      \
	X(PLAIN, "plain", "untyped memory that was erased when allocated, or a known root")      \
	X(DECLARED, "declared", "a member declared as a pointer, that nobody need have written") \
	X(THIN, "thin", "untyped memory that nobody is known to have initialized")               \
	X(WEAK, "weak", "a field that is not a pointer")

enum kl_grade {
#define X(id, name, meaning) KL_GRADE_##id,
	KL_GRADES(X)
#undef X
};

const char *kl_grade_name(enum kl_grade grade);

/* References found in [start, end) have these traits. */
struct kl_mask {
	uint64_t start, end;
	uint16_t traits;
	uint16_t in_objects; /* those of them that hold only while scanning an object, not a root */
};

/* What a word of a struct may be. */
enum kl_word_may_be {
	KL_MAY_BE_NO_POINTER,
	KL_MAY_BE_POINTER,
	KL_MAY_BE_LATE, /* a pointer that nobody writes before the struct is on its way out */
};

/* Which words of a struct may be pointers. */
struct kl_object_type {
	uint32_t name;     /* identifier in kl_facts.names: "dentry" */
	uint32_t size;     /* bytes of one struct; what lies behind in the object is no pointer either */
	bool kmalloc;      /* kmalloc() made it, as its call tells: nobody but the caller initializes what it gets */
	uint8_t *words;    /* one byte per 8-byte word of the struct, the last one partial: enum kl_word_may_be */
	uint32_t *members; /* likewise: identifier in kl_facts.names of the path "d_time"; 0 = a hole. May be NULL */
};

/* Static data whose integers are masked: for naming what holds a weak reference. */
struct kl_named_data {
	uint64_t start, end;
	uint32_t name; /* identifier in kl_facts.names: "cpu_stamps" */
};

/* What became of the types, for the record of a run. */
struct kl_type_counts {
	uint64_t objects;   /* that have a type */
	uint64_t by_site;   /* of these, structs made by kmalloc() and known by the call */
	uint64_t strings;   /* of these, strings, known by the function that allocates them */
	uint64_t caches;    /* slab caches that have one */
	uint64_t merged;    /* left out: shared by several users */
	uint64_t resized;   /* left out: the struct of that name has another size */
	uint64_t unknown;   /* left out: no file at hand has a struct of that name */
	uint64_t variables; /* static ones whose integers are masked */
	bool incomplete;    /* there were names that nobody could be asked about: no DWARF at hand, or damaged */
};

/* Who erases memory on this machine, for the record of a run. */
struct kl_erasure {
	bool known;          /* the kernel has these settings */
	bool on_alloc;       /* init_on_alloc: whoever allocates gets zeroes */
	bool on_free;        /* init_on_free: what is free is zeroes, and so what is allocated */
	bool flag_known;     /* which gfp flag asks for zeroes */
	uint64_t by_call;    /* objects that were erased because the call said so */
	uint64_t by_setting; /* because of those settings */
};

struct kl_facts {
	struct kl_roots roots;        /* those of the kernel's scan and more: idle tasks, exception stacks in use */
	KL_VEC(uint64_t) live;        /* per root: references below this address are DEAD_STACK; 0 = none is */
	KL_VEC(uint64_t) words;       /* addresses that something not scanned is known to hold */
	KL_VEC(uint64_t) registers;   /* general registers of every CPU */
	KL_VEC(struct kl_mask) masks; /* ascending by start, not overlapping */
	KL_VEC(struct kl_object_type) types; /* [0] stands for "unknown" */
	uint16_t *type_of;                   /* per row of the heap: index into types; NULL = none known */
	uint8_t *zeroed;                     /* per row: 1 = erased when it was allocated; NULL = none known */
	/* per row: bytes that its owner asked for; 0 = unknown, or it may have grown since. NULL = none known */
	uint64_t *requested;
	KL_VEC(struct kl_named_data) named; /* ascending by start */
	struct kl_intern *names;            /* NULL without types */
	struct kl_type_counts type_counts;
	struct kl_page_states pages; /* which words of the memmap mean nothing */
	KL_VEC(uint64_t) data_pages; /* page frames that hold data, and no references that count */
	struct kl_erasure erasure;
};

void kl_facts_deinit(struct kl_facts *k);

/** kl_facts_sort_masks() - bring the masks into order and join the traits where they overlap; false when out of
 * memory. To be called once, after the last mask was added. */
bool kl_facts_sort_masks(struct kl_facts *k);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel.h: one dead kernel: its memory, its layouts, and what every reader needs to know of it.
 *
 * A kernel joins an image (the memory) and the layouts of its vmlinux, after checking that they belong together. All
 * readers of src/kernel take a `struct kl_kernel *`. Like the image, it is used by one thread at a time.
 *
 * Readers read through `memory`, so that tests can put any bytes behind them.
 */
#ifndef KL_KERNEL_KERNEL_H
#define KL_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "kernel/layouts.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/map.h"
#include "util/strbuf.h"
#include "util/vec.h"

struct kl_btf;
struct kl_debug;
struct kl_kallsyms;

/* Where the layouts come from. */
enum kl_types_source {
	KL_TYPES_VMLINUX, /* the DWARF of a file, now or in an earlier run */
	KL_TYPES_DUMP,    /* BTF and kallsyms in the dump */
	KL_TYPES_BTF,     /* a file with BTF, and kallsyms in the dump */
};

/* Memory by kernel virtual address. */
struct kl_kernel_access {
	/* Exactly @length bytes or an error (KL_ERROR_MISSING, KL_ERROR_NOT_FOUND, KL_ERROR_CORRUPT). */
	struct kl_error *(*read)(void *context, uint64_t address, void *buffer, size_t length);
	/* What is there; the rest is zeroed. Returns the number of bytes present. */
	size_t (*read_partial)(void *context, uint64_t address, void *buffer, size_t length);
	void *context;
};

/* Something in the dump that cannot be right, or that stopped a reader. Never fatal.
 *
 * One cause is one anomaly, however often it is met: a page that is missing is met by everyone who would read it, a
 * damaged list by everything that should have been on it. What is told in the same words is the same anomaly. */
struct kl_anomaly {
	const char *kind; /* a short static name: "list", "kallsyms", "stack depot", ... */
	uint64_t address; /* where in the dump it was met first, 0 when it has no address */
	uint64_t times;   /* how often it was met */
	uint64_t others;  /* how many other anomalies of this kind were not kept */
	char *message;    /* may hold bytes from the dump: escape it */
};

/* So many of one kind are kept; the rest is counted in `others` of the last one kept. */
#define KL_ANOMALIES_PER_KIND 8

#define KL_INCOMPLETE_MAX 12 /* more than there are parts */

/* Per-CPU addressing; see percpu.h. */
struct kl_percpu {
	bool smp;                      /* false: a per-CPU pointer is the address itself */
	KL_VEC(unsigned) cpus;         /* possible CPUs, ascending */
	KL_VEC(uint64_t) offsets;      /* __per_cpu_offset[] by CPU number, up to the highest possible CPU */
	KL_VEC(uint64_t) unit_offsets; /* pcpu_unit_offsets[] likewise; empty when unknown */
	uint64_t start, end;           /* the static section, run-time cookies: __per_cpu_start, __per_cpu_end */
	uint64_t base_address;         /* pcpu_base_addr, 0 when unknown */
};

struct kl_kernel {
	struct kl_image *image; /* borrowed; NULL in tests */
	struct kl_debug *debug; /* borrowed; NULL when the layouts came from the cache */
	struct kl_kernel_access memory;
	struct kl_layouts layouts;
	enum kl_types_source types;
	struct kl_btf *btf;           /* that the layouts come from; NULL otherwise */
	struct kl_kallsyms *kallsyms; /* read before the layouts were known; the table of symbols takes it over */

	enum kl_arch arch;
	unsigned page_shift;
	uint64_t shift;   /* run-time minus link-time address of everything that KASLR moves */
	bool forced;      /* vmlinux and dump were found not to belong together, and the user insisted */
	char *build_id;   /* of the dump: hex, NULL when unknown */
	char *release;    /* "6.12.107", never NULL */
	char *banner;     /* "Linux version ...", without newline, NULL when missing */
	char *nodename;   /* NULL when missing */
	char *boot_id;    /* names one boot: UUID-like text, see open.h; NULL when nothing tells boots apart */
	uint64_t jiffies; /* at the time of the dump */
	unsigned hz;      /* ticks per second, 0 when unknown */
	int64_t time;     /* seconds since 1970 at the time of the dump, as the kernel kept them; 0 when unknown */
	struct kl_percpu percpu;

	KL_VEC(struct kl_anomaly) anomalies;
	uint64_t anomaly_count; /* all, those not kept included */
	unsigned muted; /* not 0: nothing is recorded. Who names what was found reads again what others have read */
	uint64_t anomalies_met;        /* all, each as often as it was met; tells whether a step met any */
	struct kl_map anomalies_known; /* hash of kind and message -> index in anomalies; SIZE_MAX for those not kept */
	const char *incomplete[KL_INCOMPLETE_MAX]; /* parts, see kl_kernel_incomplete() */
	size_t incomplete_count;

	struct kl_machine
		*machine; /* what was read of it so far (kernel/machine/machine.h); NULL before anyone asked */
};

/** kl_types_source_name() - "vmlinux", "dump" or "btf", as it is stored. */
const char *kl_types_source_name(enum kl_types_source source);

/** kl_kernel_address() - the run-time address of something linked at @link_address.
 * Absolute symbols and a per-CPU section linked at zero (x86-64 before 6.15) are never moved: kernels are linked in
 * the upper half of the address space, so what lies in the lower half is one of those. */
static inline uint64_t kl_kernel_address(const struct kl_kernel *k, uint64_t link_address)
{
	return link_address >> 63 ? link_address + k->shift : link_address;
}

/** kl_kernel_variable() - the run-time address of a variable or symbol, 0 when it is absent. */
static inline uint64_t kl_kernel_variable(const struct kl_kernel *k, const struct kl_variable *v)
{
	return v->present ? kl_kernel_address(k, v->address) : 0;
}

/** kl_kernel_read() - exactly @length bytes at @address. Errors as kl_image_read(). */
static inline struct kl_error *kl_kernel_read(struct kl_kernel *k, uint64_t address, void *buffer, size_t length)
{
	return k->memory.read(k->memory.context, address, buffer, length);
}

/** kl_kernel_read_partial() - what is there of @length bytes, zeroes elsewhere; returns how many bytes were there. */
static inline size_t kl_kernel_read_partial(struct kl_kernel *k, uint64_t address, void *buffer, size_t length)
{
	return k->memory.read_partial(k->memory.context, address, buffer, length);
}

/** kl_kernel_read_guess() - the word at @address, which may be none, without its tag. False when it is not there:
 * nobody needed it then, and the run is not the poorer for it. */
bool kl_kernel_read_guess(struct kl_kernel *k, uint64_t address, uint64_t *ret);

struct kl_error *kl_kernel_read_u32(struct kl_kernel *k, uint64_t address, uint32_t *ret);
struct kl_error *kl_kernel_read_u64(struct kl_kernel *k, uint64_t address, uint64_t *ret);

/** kl_kernel_read_string() - at most @size - 1 bytes up to a NUL, into @buffer, always terminated.
 * Errors: as kl_kernel_read() when the bytes before the NUL are not all there. */
struct kl_error *kl_kernel_read_string(struct kl_kernel *k, uint64_t address, char *buffer, size_t size);

/** kl_kernel_read_value() - a variable's value as an unsigned integer of its own size (1, 2, 4 or 8 bytes). A
 * struct that only wraps an integer (atomic_t, static keys) reads as its first four bytes, a symbol without a size as
 * @symbol_size bytes. Errors: KL_ERROR_NOT_FOUND when @v is absent. */
struct kl_error *kl_kernel_read_value(struct kl_kernel *k, const struct kl_variable *v, size_t symbol_size,
				      uint64_t *ret);

/** kl_kernel_read_member() - the value of one member of the struct at @address, zero-extended.
 * Reads the member alone. Errors: KL_ERROR_UNSUPPORTED when the member is absent or no integer. */
struct kl_error *kl_kernel_read_member(struct kl_kernel *k, uint64_t address, const struct kl_member *m, uint64_t *ret);

/** kl_kernel_anomaly() - record that something at @address is wrong. @kind is a static string.
 * Met again in the same words, it is only counted: who meets many things that have one cause says what the cause is,
 * and leaves out of the message what tells them apart. Never fails: out of memory only counts it. */
void kl_kernel_anomaly(struct kl_kernel *k, const char *kind, uint64_t address, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/** kl_kernel_incomplete() - record that what was read of @part may lack things that hold objects.
 * What nothing else holds is no leak then, but unconfirmed. An anomaly says what is wrong with it.
 * @part: "the list of modules"; static.
 */
void kl_kernel_incomplete(struct kl_kernel *k, const char *part);

/** kl_anomaly_text() - append what is to be told of @a: its message, how often it was met, what was not kept. */
void kl_anomaly_text(const struct kl_anomaly *a, struct kl_strbuf *ret);

/** kl_kernel_anomaly_error() - record @err as an anomaly and destroy it; for errors that end a chain, not the run. */
void kl_kernel_anomaly_error(struct kl_kernel *k, const char *kind, uint64_t address, struct kl_error *err);

/** kl_kernel_go_on() - the same where memory may have run out: that error is returned, any other becomes an anomaly and
 * NULL. @err may be NULL. */
struct kl_error *kl_kernel_go_on(struct kl_kernel *k, const char *kind, uint64_t address, struct kl_error *err);

/** kl_untag() - a kernel address without the tag that KASAN keeps in its top byte (aarch64): bits 63..56 become ones.
 * Other values, and those of other architectures, stay as they are. */
static inline uint64_t kl_untag(const struct kl_kernel *k, uint64_t address)
{
	return k->arch == KL_ARCH_AARCH64 && (address >> 55 & 1) ? address | 0xff00000000000000ULL : address;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module.h: the modules that were loaded, where they lay, and their symbols.
 *
 * Regions per generation: mem[] (6.4, ac3b43283923), core_layout/data_layout/init_layout (4.5 .. 6.3),
 * module_core/module_init (before). Symbols: mod->kallsyms (4.5, 8244062ef1e5), before in struct module itself.
 * Rules of kernel/module/kallsyms.c.
 */
#ifndef KL_KERNEL_MACHINE_MODULE_H
#define KL_KERNEL_MACHINE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"
#include "kernel/machine/kallsyms.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/vec.h"

#define KL_MODULE_NAME_MAX 64
#define KL_MODULE_REGIONS 8

enum kl_module_state {
	KL_MODULE_LIVE,
	KL_MODULE_COMING,
	KL_MODULE_GOING,
	KL_MODULE_UNFORMED,
};

struct kl_module_region {
	uint64_t base, size; /* run-time, bytes; freed regions have size 0 and are left out */
	uint64_t text_size;  /* of the old layouts: where symbols end; equals size since 6.4 */
	bool text;           /* holds code */
	bool init;           /* freed after the module's initialisation */
};

struct kl_module_symbol {
	uint64_t value;
	uint32_t index; /* in the module's table: among equal values the lowest wins */
	uint32_t name;  /* offset in strings */
};

struct kl_module {
	uint64_t address; /* of struct module */
	char name[KL_MODULE_NAME_MAX];
	char build_id[41]; /* hex, empty when the kernel keeps none */
	enum kl_module_state state;
	struct kl_module_region regions[KL_MODULE_REGIONS];
	size_t n_regions;
	uint64_t percpu; /* cookie of the module's static per-CPU memory, 0 = none */
	uint64_t percpu_size;
	struct kl_btf *btf;           /* as the kernel keeps it, read at first use (dump_types.h); NULL = none */
	bool btf_read, btf_file_read; /* both were looked for */
	/* Symbols, read at first use. */
	bool symbols_read;
	KL_VEC(struct kl_module_symbol) symbols; /* by value, then index */
	char *strings;
	size_t strings_length;
};

struct kl_modules {
	KL_VEC(struct kl_module) list; /* in the kernel's order: newest first */
	bool damaged;                  /* an anomaly says what is not in here */
};

/** kl_modules_read() - read the list of modules; without CONFIG_MODULES it is empty.
 * Damaged entries end the walk with an anomaly. Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_modules_read(struct kl_kernel *k, struct kl_modules *ret);
void kl_modules_deinit(struct kl_modules *m);

/** kl_modules_at() - the module whose memory holds @address; NULL when none does.
 * As the kernel: one that is not formed yet, or being taken apart, is not found. */
struct kl_module *kl_modules_at(struct kl_modules *m, uint64_t address);

/** kl_modules_hold() - whether a loaded module, in whatever state, owns @address. */
bool kl_modules_hold(const struct kl_modules *m, uint64_t address);

/** kl_modules_space() - the addresses that modules are loaded at: [*start, *end). False when they are not known.
 * VMCOREINFO tells on aarch64; on x86-64 it is what follows the kernel's image. */
bool kl_modules_space(struct kl_kernel *k, uint64_t *start, uint64_t *end);

/** kl_module_lookup() - the symbol that the kernel would name for @address inside @m (find_kallsyms_symbol()).
 * @all: CONFIG_KALLSYMS_ALL; without it, data regions have no symbols since 6.4.
 * False when it has none there, or its tables are missing (an anomaly, once). */
bool kl_module_lookup(struct kl_kernel *k, struct kl_module *m, uint64_t address, bool all, struct kl_ksym *ret);

/** kl_module_symbol_find() - the run-time address of the only symbol @name that the dead kernel kept of @m; false when
 * there is none, or more than one, or its tables are missing (an anomaly, once). */
bool kl_module_symbol_find(struct kl_kernel *k, struct kl_module *m, const char *name, uint64_t *ret);

#endif

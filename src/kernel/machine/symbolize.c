/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/symbolize.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "debug/symbols.h"
#include "kernel/machine/list.h"
#include "util/intern.h"
#include "util/map.h"
#include "util/siphash.h"

#define MAX_BPF_SYMBOLS 65536

struct bpf_symbol {
	uint64_t start, end;
	uint64_t name; /* address of the name in the dump */
};

struct kl_symbolizer {
	struct kl_kallsyms *kallsyms; /* NULL: fall back on the vmlinux */
	struct kl_modules modules;
	KL_VEC(struct bpf_symbol) bpf;
	struct kl_map seen; /* address -> identifier in texts */
	struct kl_intern *texts;
};

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static struct kl_error *load_kallsyms(struct kl_kernel *k, struct kl_symbolizer *s)
{
	struct kl_error *err = kl_kallsyms_load(k, &s->kallsyms);

	if (!err || kl_error_code(err) == KL_ERROR_NOMEM)
		return err;
	kl_kernel_anomaly_error(k, "kallsyms", 0, err);
	return NULL;
}

/* Trampolines, dispatchers and programs, each with its name inline (struct bpf_ksym, since 5.7). */
static struct kl_error *load_bpf(struct kl_kernel *k, struct kl_symbolizer *s)
{
	const struct kl_layout_bpf_ksym *l = &k->layouts.bpf_ksym;
	uint64_t head = kl_kernel_variable(k, &k->layouts.variables.bpf_kallsyms), node;
	struct kl_list_walk walk;

	if (!head || !l->type.present)
		return NULL;
	kl_list_begin(&walk, k, "bpf_kallsyms", head);
	walk.max = MAX_BPF_SYMBOLS;
	while (kl_list_next(&walk, &node)) {
		struct bpf_symbol b = {.name = node - l->lnode.offset + l->name.offset};
		struct kl_error *err = kl_kernel_read_member(k, node - l->lnode.offset, &l->start, &b.start);

		if (!err)
			err = kl_kernel_read_member(k, node - l->lnode.offset, &l->end, &b.end);
		if (err)
			kl_kernel_anomaly_error(k, "bpf", node, err);
		else if (!kl_vec_push(&s->bpf, b))
			return kl_error_nomem();
	}
	return NULL;
}

void kl_symbolizer_destroy(struct kl_symbolizer *s)
{
	if (!s)
		return;
	kl_kallsyms_destroy(s->kallsyms);
	kl_modules_deinit(&s->modules);
	kl_vec_deinit(&s->bpf);
	kl_map_deinit(&s->seen);
	kl_intern_destroy(s->texts);
	free(s);
}
KL_DEFINE_CLEANUP(struct kl_symbolizer *, kl_symbolizer_destroy)

static struct kl_error *symbolizer(struct kl_kernel *k)
{
	_cleanup_(kl_symbolizer_destroyp) struct kl_symbolizer *s = NULL;
	struct kl_error *err;

	if (k->symbolizer)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return kl_error_nomem();
	err = kl_intern_create(&s->texts);
	if (!err)
		err = load_kallsyms(k, s);
	if (!err)
		err = kl_modules_load(k, &s->modules);
	if (!err)
		err = load_bpf(k, s);
	if (!err)
		k->symbolizer = kl_take(s);
	return err;
}

struct kl_error *kl_symbols_source(struct kl_kernel *k, enum kl_symbol_source *ret)
{
	struct kl_error *err = symbolizer(k);

	if (!err)
		*ret = k->symbolizer->kallsyms ? KL_SYMBOLS_DUMP : k->debug ? KL_SYMBOLS_VMLINUX : KL_SYMBOLS_NONE;
	return err;
}

struct kl_error *kl_symbols_modules(struct kl_kernel *k, struct kl_modules **ret)
{
	struct kl_error *err = symbolizer(k);

	if (!err)
		*ret = &k->symbolizer->modules;
	return err;
}

/* ---- lookup ------------------------------------------------------------------------------------------------------ */

/* Without tables in the dump: the vmlinux's, as if the kernel had CONFIG_KALLSYMS_ALL. */
static bool find_in_vmlinux(struct kl_kernel *k, uint64_t address, struct kl_ksym *ret)
{
	struct kl_symbol symbol;
	struct kl_error *err;

	if (!k->debug || address < kl_kernel_variable(k, &k->layouts.symbols._stext) ||
	    address >= kl_kernel_variable(k, &k->layouts.symbols._end))
		return false;
	err = kl_symbols_by_address(k->debug, address - k->shift, &symbol);
	if (err) {
		kl_error_destroy(err);
		return false;
	}
	ret->start = symbol.address + k->shift;
	ret->size = symbol.size;
	snprintf(ret->name, sizeof(ret->name), "%s", symbol.name);
	return true;
}

static bool find_in_bpf(struct kl_kernel *k, uint64_t address, struct kl_ksym *ret)
{
	const struct bpf_symbol *b;

	kl_vec_for_each (b, &k->symbolizer->bpf) {
		struct kl_error *err;

		if (address < b->start || address >= b->end)
			continue;
		err = kl_kernel_read_string(k, b->name, ret->name, sizeof(ret->name));
		if (err) {
			kl_kernel_anomaly_error(k, "bpf", b->name, err);
			return false;
		}
		ret->start = b->start;
		ret->size = b->end - b->start;
		return true;
	}
	return false;
}

struct kl_error *kl_symbol_find(struct kl_kernel *k, uint64_t address, struct kl_symbol_place *place, bool *ret)
{
	struct kl_error *err = symbolizer(k);
	struct kl_symbolizer *s = k->symbolizer;
	struct kl_module *m;

	if (err)
		return err;
	place->module[0] = '\0';
	*ret = s->kallsyms ? kl_kallsyms_lookup(s->kallsyms, address, &place->symbol)
			   : find_in_vmlinux(k, address, &place->symbol);
	if (!*ret) {
		m = kl_modules_at(&s->modules, address);
		if (m) {
			bool all = !s->kallsyms || kl_kallsyms_all(s->kallsyms);

			*ret = kl_module_lookup(k, m, address, all, &place->symbol);
			if (*ret)
				memcpy(place->module, m->name, sizeof(place->module));
		}
	}
	if (!*ret) {
		*ret = find_in_bpf(k, address, &place->symbol);
		if (*ret)
			snprintf(place->module, sizeof(place->module), "bpf");
	}
	place->offset = *ret ? address - place->symbol.start : 0;
	return NULL;
}

static struct kl_error *describe(struct kl_kernel *k, uint64_t address, uint32_t *ret)
{
	_cleanup_strbuf_ struct kl_strbuf sb = {0};
	struct kl_symbol_place place;
	struct kl_error *err;
	bool found;

	err = kl_symbol_find(k, address, &place, &found);
	if (err)
		return err;
	/* the kernel's %#lx prints zero as "0x0" (number() in lib/vsprintf.c), that of libc as "0" */
	if (!found)
		kl_strbuf_printf(&sb, "0x%" PRIx64, address);
	else
		kl_strbuf_printf(&sb, "%s+0x%" PRIx64 "/0x%" PRIx64, place.symbol.name, place.offset,
				 place.symbol.size);
	if (found && *place.module)
		kl_strbuf_printf(&sb, " [%s]", place.module);
	if (sb.failed)
		return kl_error_nomem();
	return kl_intern_add(k->symbolizer->texts, sb.data, sb.length, ret);
}

struct kl_error *kl_symbolize(struct kl_kernel *k, uint64_t address, struct kl_strbuf *sb)
{
	struct kl_error *err = symbolizer(k);
	const char *text;
	uint64_t known;
	uint32_t id = 0;
	size_t length;

	if (err)
		return err;
	if (kl_map_get(&k->symbolizer->seen, address, &known)) {
		id = (uint32_t)known;
	} else {
		err = describe(k, address, &id);
		if (err)
			return err;
		if (!kl_map_put(&k->symbolizer->seen, address, id))
			return kl_error_nomem();
	}
	text = kl_intern_get(k->symbolizer->texts, id, &length);
	kl_strbuf_append(sb, text, length);
	return NULL;
}

/* ---- pointers ---------------------------------------------------------------------------------------------------- */

static uint64_t value_of(struct kl_kernel *k, const struct kl_variable *v, size_t size)
{
	uint64_t value = 0;

	if (v->present) {
		struct kl_error *err = kl_kernel_read_value(k, v, size, &value);

		if (err)
			kl_kernel_anomaly_error(k, "pointer format", kl_kernel_variable(k, v), err);
	}
	return value;
}

/* filled_random_ptr_key is a bool (4.15 .. 4.18 and again since 5.19); between, a static key that is on until the key
 * is filled. */
static bool key_is_filled(struct kl_kernel *k)
{
	if (k->layouts.variables.filled_random_ptr_key.present)
		return value_of(k, &k->layouts.variables.filled_random_ptr_key, 1) & 0xff;
	if (k->layouts.variables.not_filled_ptr_key.present)
		return (value_of(k, &k->layouts.variables.not_filled_ptr_key, 4) & 0xffffffff) == 0;
	return true;
}

static void format_hashed(struct kl_kernel *k, uint64_t pointer, struct kl_strbuf *sb)
{
	uint64_t address = kl_kernel_variable(k, &k->layouts.variables.ptr_key), key[2];
	struct kl_error *err = NULL;

	if (key_is_filled(k)) {
		err = kl_kernel_read_u64(k, address, &key[0]);
		if (!err)
			err = kl_kernel_read_u64(k, address + 8, &key[1]);
		if (!err) {
			kl_strbuf_printf(sb, "%016" PRIx64, kl_siphash_u64(pointer, key) & 0xffffffff);
			return;
		}
		kl_kernel_anomaly_error(k, "pointer format", address, kl_error_prepend(err, "ptr_key"));
	}
	kl_strbuf_puts(sb, "(____ptrval____)");
}

void kl_format_pointer(struct kl_kernel *k, uint64_t pointer, struct kl_strbuf *sb)
{
	bool is_err_or_null = !pointer || pointer >= (uint64_t)-4095;

	if (!k->layouts.variables.ptr_key.present || is_err_or_null ||
	    value_of(k, &k->layouts.symbols.no_hash_pointers, 1) & 0xff)
		kl_strbuf_printf(sb, "%016" PRIx64, pointer);
	else
		format_hashed(k, pointer, sb);
}

void kl_format_restricted_pointer(struct kl_kernel *k, uint64_t pointer, struct kl_strbuf *sb)
{
	uint64_t restrict_mode = value_of(k, &k->layouts.symbols.kptr_restrict, 4) & 0xffffffff;

	if (restrict_mode == 0)
		kl_format_pointer(k, pointer, sb);
	else
		kl_strbuf_printf(sb, "%016" PRIx64, restrict_mode == 1 ? pointer : 0);
}

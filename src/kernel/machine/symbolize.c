/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/symbolize.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "debug/symbols.h"
#include "kernel/machine/machine.h"
#include "util/siphash.h"

struct kl_error *kl_symbols_source(struct kl_kernel *k, enum kl_symbol_source *ret)
{
	struct kl_symbol_tables *tables;
	struct kl_modules *modules;
	struct kl_error *err = kl_machine_symbol_tables(k, &tables);

	if (!err)
		err = kl_machine_modules(k, &modules);
	if (!err)
		*ret = tables->kallsyms ? KL_SYMBOLS_DUMP : k->debug ? KL_SYMBOLS_VMLINUX : KL_SYMBOLS_NONE;
	return err;
}

bool kl_symbol_address(struct kl_kernel *k, const char *name, uint64_t *ret)
{
	struct kl_symbol_tables *tables = NULL;
	struct kl_ksym symbol;
	size_t i, found = 0;
	char type;

	kl_error_destroy(kl_machine_symbol_tables(k, &tables));
	if (!tables || !tables->kallsyms)
		return false;
	for (i = 0; kl_kallsyms_get(tables->kallsyms, i, &type, &symbol); i++) {
		if (strcmp(symbol.name, name) != 0)
			continue;
		*ret = symbol.start;
		found++;
	}
	return found == 1;
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

static bool find_in_modules(struct kl_kernel *k, const struct kl_symbol_tables *tables, struct kl_modules *modules,
			    uint64_t address, struct kl_symbol_place *place)
{
	/* Without tables of its own the kernel counts as one with CONFIG_KALLSYMS_ALL. */
	bool all = !tables->kallsyms || kl_kallsyms_all(tables->kallsyms);
	struct kl_module *m = kl_modules_at(modules, address);

	if (!m || !kl_module_lookup(k, m, address, all, &place->symbol))
		return false;
	memcpy(place->module, m->name, sizeof(place->module));
	return true;
}

struct kl_error *kl_symbol_find(struct kl_kernel *k, uint64_t address, struct kl_symbol_place *place, bool *ret)
{
	struct kl_symbol_tables *tables;
	struct kl_modules *modules;
	struct kl_error *err = kl_machine_symbol_tables(k, &tables);

	if (!err)
		err = kl_machine_modules(k, &modules);
	if (err)
		return err;
	place->module[0] = '\0';
	*ret = tables->kallsyms ? kl_kallsyms_lookup(tables->kallsyms, address, &place->symbol)
				: find_in_vmlinux(k, address, &place->symbol);
	if (!*ret)
		*ret = find_in_modules(k, tables, modules, address, place);
	if (!*ret) {
		*ret = kl_bpf_symbol_find(k, tables, address, &place->symbol);
		if (*ret)
			snprintf(place->module, sizeof(place->module), "bpf");
	}
	place->offset = *ret ? address - place->symbol.start : 0;
	return NULL;
}

/* What %pS prints, as an identifier in the texts of @tables. */
static struct kl_error *describe_address(struct kl_kernel *k, struct kl_symbol_tables *tables, uint64_t address,
					 uint32_t *ret)
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
	return kl_intern_add(tables->texts, sb.data, sb.length, ret);
}

struct kl_error *kl_symbolize(struct kl_kernel *k, uint64_t address, struct kl_strbuf *sb)
{
	struct kl_symbol_tables *tables;
	struct kl_error *err = kl_machine_symbol_tables(k, &tables);
	const char *text;
	uint64_t known;
	uint32_t id = 0;
	size_t length;

	if (err)
		return err;
	if (kl_map_get(&tables->answers, address, &known)) {
		id = (uint32_t)known;
	} else {
		err = describe_address(k, tables, address, &id);
		if (err)
			return err;
		if (!kl_map_put(&tables->answers, address, id))
			return kl_error_nomem();
	}
	text = kl_intern_get(tables->texts, id, &length);
	kl_strbuf_append(sb, text, length);
	return NULL;
}

static struct kl_error *describe_sign(struct kl_kernel *k, uint64_t address, struct kl_strbuf *sb)
{
	struct kl_symbol_place place;
	bool found;
	struct kl_error *err = kl_symbol_find(k, address, &place, &found);

	if (err)
		return err;
	kl_strbuf_printf(sb, "holds %s", found ? place.symbol.name : "a symbol");
	if (found && *place.module)
		kl_strbuf_printf(sb, " [%s]", place.module);
	return NULL;
}

struct kl_error *kl_symbolize_frame(struct kl_kernel *k, const uint64_t *frames, size_t i, struct kl_strbuf *sb)
{
	const struct kl_slab_caches *caches;
	struct kl_error *err = kl_machine_slab_caches(k, &caches);
	uint64_t index;

	if (err)
		return err;
	if (!kl_map_get(&caches->by_address, frames[0], &index))
		return kl_symbolize(k, frames[i], sb);
	if (i)
		return describe_sign(k, frames[i], sb);
	kl_strbuf_printf(sb, "cache %s", caches->list.data[index].name);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/dump_types.h"

#include <inttypes.h>
#include <string.h>

#include "debug/btf.h"
#include "kernel/machine/image_scan.h"
#include "kernel/machine/list.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/module.h"
#include "kernel/machine/own_symbols.h"

/* Far more than any kernel or module has: Debian's 7.2 has 5.2 MB. */
#define BTF_MAX (UINT64_C(256) << 20)

/* ---- the BTF of the dump ----------------------------------------------------------------------------------------- */

static struct kl_error *read_btf_bytes(struct kl_kernel *k, uint64_t address, uint64_t size, uint8_t **ret)
{
	struct kl_error *err;

	if (!size || size > BTF_MAX)
		return kl_error_create(KL_ERROR_CORRUPT, "BTF of %" PRIu64 " bytes at %#" PRIx64, size, address);
	*ret = malloc(size);
	if (!*ret)
		return kl_error_nomem();
	err = kl_kernel_read(k, address, *ret, size);
	if (err) {
		free(*ret);
		*ret = NULL;
	}
	return err;
}

/* What begins like the BTF of a kernel; one of a few bytes is another's. */
struct btf_search {
	struct kl_kernel *k;
	uint64_t address, size;
};

static bool visit_btf_magic(void *context, uint64_t address)
{
	struct btf_search *s = context;
	uint8_t header[KL_BTF_HEADER];
	uint64_t size;

	if (kl_kernel_read_partial(s->k, address, header, sizeof(header)) < sizeof(header))
		return false;
	size = kl_btf_size(header);
	if (size > s->size && size <= BTF_MAX) {
		s->address = address;
		s->size = size;
	}
	return false;
}

/* Where no symbol says where it is: without CONFIG_KALLSYMS_ALL before 6.9. Of all places that look like it, the one
 * that is longest; in Debian's 6.12 there is one. */
static struct kl_error *search_btf(struct kl_kernel *k, uint64_t from, uint64_t *address, uint64_t *size)
{
	static const uint8_t magic[] = {0x9f, 0xeb, 1, 0, KL_BTF_HEADER, 0, 0, 0, 0, 0, 0, 0},
			     magic_with_layout[] = {0x9f, 0xeb, 1, 0, 32, 0, 0, 0, 0, 0, 0, 0};
	struct btf_search s = {.k = k};
	struct kl_error *err = kl_image_scan(k, from, magic, sizeof(magic), visit_btf_magic, &s);

	if (!err && !s.size)
		err = kl_image_scan(k, from, magic_with_layout, sizeof(magic_with_layout), visit_btf_magic, &s);
	*address = s.address;
	*size = s.size;
	return err;
}

/* The bytes of the kernel's own BTF; *ret stays NULL when it was built without. */
static struct kl_error *read_own_btf(struct kl_kernel *k, const struct kl_own_symbols *symbols, uint8_t **ret,
				     size_t *size)
{
	uint64_t start, stop, room;
	struct kl_error *err;

	*ret = NULL;
	if (kl_own_symbols_find(symbols, "__start_BTF", false, &start, &room) &&
	    kl_own_symbols_find(symbols, "__stop_BTF", false, &stop, &room)) {
		start = kl_kernel_address(k, start);
		*size = kl_kernel_address(k, stop) - start;
	} else if (kl_kallsyms_all(k->kallsyms)) {
		return NULL;
	} else {
		err = search_btf(k, symbols->text_start, &start, size);
		if (err || !*size)
			return err;
	}
	return kl_error_prepend(read_btf_bytes(k, start, *size, ret), "the kernel's BTF");
}

/* ---- does it belong to this kernel? ------------------------------------------------------------------------------ */

struct checked_layouts {
	struct kl_type types[4];
	struct kl_member members[6];
};

#define CHECK_TYPE(i, name)                                                                          \
	{                                                                                            \
		KL_REQUEST_TYPE, NULL, NULL, name, false, offsetof(struct checked_layouts, types[i]) \
	}
#define CHECK_MEMBER(i, owner, name)                                                                      \
	{                                                                                                 \
		KL_REQUEST_MEMBER, NULL, owner, name, false, offsetof(struct checked_layouts, members[i]) \
	}

/* What the kernel tells makedumpfile about itself: types first. Source: kernel/vmcore_info.c, 2.6.24 .. 7.3. */
static const struct kl_request checks[] = {
	CHECK_TYPE(0, "page"),
	CHECK_TYPE(1, "pglist_data"),
	CHECK_TYPE(2, "zone"),
	CHECK_TYPE(3, "list_head"),
	CHECK_MEMBER(0, "page", "flags"),
	CHECK_MEMBER(1, "page", "lru"),
	CHECK_MEMBER(2, "page", "mapping"),
	CHECK_MEMBER(3, "pglist_data", "node_zones"),
	CHECK_MEMBER(4, "zone", "free_area"),
	CHECK_MEMBER(5, "zone", "spanned_pages"),
};

/* Whether VMCOREINFO tells something else than @answers about the @i-th check. */
static bool contradicts(const struct kl_kernel *k, const struct checked_layouts *answers, size_t i, int64_t *told,
			int64_t *found, char *name, size_t size)
{
	const struct kl_request *r = &checks[i];
	const void *target = (const char *)answers + r->target;
	bool is_type = r->kind == KL_REQUEST_TYPE;

	snprintf(name, size, "%s%s%s", is_type ? "" : r->owner, is_type ? "" : ".", r->path);
	if (!kl_image_vmcoreinfo_value(k->image, is_type ? "SIZE" : "OFFSET", name, told))
		return false;
	*found = is_type ? (int64_t)((const struct kl_type *)target)->size
			 : (int64_t)((const struct kl_member *)target)->offset;
	return *told != *found;
}

static bool has_any_unit(const void *context, const char *unit)
{
	(void)context;
	(void)unit;
	return true;
}

static struct kl_error *check_against_vmcoreinfo(struct kl_kernel *k, const struct kl_btf *btf,
						 const struct kl_own_symbols *symbols)
{
	const struct kl_btf_symbols source = {kl_own_symbols_find, has_any_unit, symbols};
	struct checked_layouts answers = {};
	int64_t told, found;
	char name[64];
	size_t i;
	struct kl_error *err = kl_btf_resolve(btf, &source, checks, sizeof(checks) / sizeof(checks[0]), &answers);

	for (i = 0; !err && i < sizeof(checks) / sizeof(checks[0]); i++)
		if (contradicts(k, &answers, i, &told, &found, name, sizeof(name)))
			err = kl_error_create(KL_ERROR_MISMATCH,
					      "the BTF is not that of the dump's kernel: VMCOREINFO has %" PRId64
					      " for %s, the BTF %" PRId64,
					      told, name, found);
	return err;
}

/* A file is compared with what the dump has, if it has any. */
static struct kl_error *check_against_own(struct kl_kernel *k, const struct kl_own_symbols *symbols,
					  const struct kl_btf *btf, const char *path)
{
	uint8_t *own = NULL;
	size_t size = 0;
	struct kl_error *err = read_own_btf(k, symbols, &own, &size);

	if (!err && own && !kl_btf_is(btf, own, size))
		err = kl_error_create(KL_ERROR_MISMATCH, "%s is not the BTF that the dump's kernel has in memory",
				      path);
	else if (err && kl_error_code(err) != KL_ERROR_NOMEM)
		kl_kernel_anomaly_error(k, "types", 0, kl_take(err)); /* a page is missing: VMCOREINFO decides */
	free(own);
	return err;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

static struct kl_error *load_own_btf(struct kl_kernel *k, const struct kl_own_symbols *symbols)
{
	uint8_t *data = NULL;
	size_t size = 0;
	struct kl_error *err = read_own_btf(k, symbols, &data, &size);

	if (err)
		return err;
	if (!data)
		return kl_error_create(KL_ERROR_NOT_FOUND, "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)");
	return kl_error_prepend(kl_btf_parse(data, size, NULL, &k->btf), "the kernel's BTF");
}

static struct kl_error *accept_forced(struct kl_kernel *k, bool force, struct kl_error *err)
{
	if (!err || !force || kl_error_code(err) != KL_ERROR_MISMATCH)
		return err;
	k->forced = true;
	kl_kernel_anomaly_error(k, "identity", 0, err);
	return NULL;
}

static bool find_export(const void *context, const char *name, uint64_t *address)
{
	return kl_exports_find(context, name, address);
}

/* BTF knows where in its section each per-CPU variable is, and exports tell where some of them are. */
static void find_percpu_section(const struct kl_btf *btf, struct kl_own_symbols *symbols)
{
	uint64_t start, end;

	if (!kl_btf_percpu_bounds(btf, find_export, &symbols->exports, &start, &end))
		return;
	kl_own_symbols_tell(symbols, "__per_cpu_start", start);
	kl_own_symbols_tell(symbols, "__per_cpu_end", end);
}

static struct kl_error *load_by_symbols(struct kl_kernel *k, struct kl_own_symbols *symbols, const char *path,
					const struct kl_debug_bounds *bounds, bool force)
{
	const struct kl_btf_symbols source = {kl_own_symbols_find, kl_own_symbols_has_unit, symbols};
	struct kl_error *err = path ? kl_btf_open(path, bounds, &k->btf) : load_own_btf(k, symbols);

	if (!err && path)
		err = accept_forced(k, force, check_against_own(k, symbols, k->btf, path));
	if (!err)
		err = accept_forced(k, force, check_against_vmcoreinfo(k, k->btf, symbols));
	if (err)
		return err;
	find_percpu_section(k->btf, symbols);
	return kl_layouts_from_btf(k->btf, &source, &k->layouts);
}

struct kl_error *kl_dump_types_load(struct kl_kernel *k, const char *path, const struct kl_debug_bounds *bounds,
				    bool force)
{
	_cleanup_(kl_own_symbols_deinit) struct kl_own_symbols symbols = {};
	struct kl_error *err = kl_kallsyms_load(k, &k->kallsyms);

	if (err)
		return err;
	kl_image_vmcoreinfo_hex(k->image, "KERNELOFFSET", &k->shift);
	err = kl_own_symbols_read(k, &symbols);
	if (!err)
		err = load_by_symbols(k, &symbols, path, bounds, force);
	if (err) {
		kl_btf_destroy(k->btf);
		k->btf = NULL;
	}
	return err;
}

/* ---- words of structs -------------------------------------------------------------------------------------------- */

/* The layouts are known by now: of symbols, the words of variables need only where per-CPU ones begin. */
static bool find_percpu_start(const void *context, const char *name, bool is_variable, uint64_t *address,
			      uint64_t *room)
{
	const struct kl_kernel *k = context;

	(void)is_variable;
	if (strcmp(name, "__per_cpu_start") || !k->layouts.symbols.__per_cpu_start.present)
		return false;
	*address = k->layouts.symbols.__per_cpu_start.address;
	*room = 0;
	return true;
}

/* Reads the BTF of @m out of its struct btf at @address. */
static struct kl_error *read_module_btf(struct kl_kernel *k, uint64_t address, struct kl_module *m)
{
	uint64_t data = 0, size = 0;
	uint8_t *bytes = NULL;
	struct kl_error *err = kl_kernel_read_member(k, address, &k->layouts.btf.data, &data);

	if (!err)
		err = kl_kernel_read_member(k, address, &k->layouts.btf.data_size, &size);
	if (!err)
		err = read_btf_bytes(k, data, size, &bytes);
	if (!err)
		err = kl_btf_parse(bytes, size, k->btf, &m->btf);
	return kl_error_prepend(err, "the BTF of module %s", m->name);
}

static struct kl_error *find_module_btf(struct kl_kernel *k, struct kl_module *m)
{
	const struct kl_layout_btf_module *l = &k->layouts.btf_module;
	uint64_t head = kl_kernel_variable(k, &k->layouts.variables.btf_modules), node, of, btf;
	struct kl_error *err = NULL;
	struct kl_list_walk walk;

	if (m->btf_read || !head || !l->type.present || !k->layouts.btf.type.present)
		return NULL;
	m->btf_read = true;
	kl_list_begin(&walk, k, "btf_modules", head);
	while (!err && kl_list_next(&walk, &node)) {
		err = kl_kernel_read_member(k, node - l->list.offset, &l->module, &of);
		if (err || of != m->address)
			continue;
		err = kl_kernel_read_member(k, node - l->list.offset, &l->btf, &btf);
		return kl_kernel_go_on(k, "types", node, err ? err : read_module_btf(k, btf, m));
	}
	return kl_kernel_go_on(k, "types", head, err);
}

struct kl_error *kl_dump_types_words(struct kl_kernel *k, struct kl_module *module,
				     const struct kl_pointer_words_query *query, struct kl_pointer_word_list *ret,
				     bool *found)
{
	const struct kl_btf_symbols symbols = {find_percpu_start, has_any_unit, k};
	struct kl_pointer_words_query structs = *query;
	struct kl_error *err = NULL;

	*found = false;
	if (module && k->btf)
		err = find_module_btf(k, module);
	if (err || !(module ? module->btf : k->btf))
		return err;
	*found = true;
	if (module) /* of a module's variables BTF knows nothing */
		structs.start = structs.end = 0;
	return kl_btf_pointer_words(module ? module->btf : k->btf, &symbols, &structs, ret);
}

/* Types only: what has an address is asked elsewhere. */
static bool find_nothing(const void *context, const char *name, bool is_variable, uint64_t *address, uint64_t *room)
{
	(void)context, (void)name, (void)is_variable, (void)address, (void)room;
	return false;
}

struct kl_error *kl_dump_types_resolve(struct kl_kernel *k, struct kl_module *module, const struct kl_request *requests,
				       size_t n, void *result, bool *found)
{
	const struct kl_btf_symbols symbols = {find_nothing, has_any_unit, k};
	const struct kl_btf *btf;
	struct kl_error *err = module && k->btf ? find_module_btf(k, module) : NULL;

	btf = module ? module->btf : k->btf;
	*found = !err && btf;
	return *found ? kl_btf_resolve(btf, &symbols, requests, n, result) : err;
}

struct kl_error *kl_dump_types_open_module(struct kl_kernel *k, struct kl_module *module, const char *path)
{
	struct kl_error *err;

	if (!k->btf || module->btf || module->btf_file_read)
		return NULL;
	module->btf_file_read = true;
	err = kl_btf_open_module(path, NULL, k->btf, &module->btf);
	if (err && kl_error_code(err) == KL_ERROR_FORMAT) { /* built without */
		kl_error_destroy(err);
		err = NULL;
	}
	return kl_kernel_go_on(k, "types", 0, err);
}

struct kl_error *kl_dump_types_untyped(struct kl_kernel *k, struct kl_strbuf *ret)
{
	struct kl_modules *modules;
	struct kl_error *err = kl_machine_modules(k, &modules);
	const struct kl_module *m;

	if (err)
		return err;
	kl_vec_for_each (m, &modules->list)
		if (m->btf_read && !m->btf)
			kl_strbuf_printf(ret, "%s%s", ret->length ? ", " : "", m->name);
	return NULL;
}

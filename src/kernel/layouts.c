/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/layouts.h"

#include <string.h>

#include "debug/btf.h"
#include "debug/debug.h"
#include "debug/layout_cache.h"

enum need { KL_OPTIONAL, KL_REQUIRED };

/* Unit and tag of each struct, for the requests of its members. */
#define KL_STRUCT(ident, unit, tag, need)        \
	static const char ident##_unit[] = unit; \
	static const char ident##_tag[] = tag;   \
	enum { ident##_need = need };
#include "kernel/layouts.def"

/* A required member of an optional struct must not fail the resolution when the struct itself is absent: such members
 * are optional here and looked at afterwards, by check_members(). */
static const struct kl_request requests[] = {
#define KL_STRUCT(ident, unit, tag, need)              \
	{KL_REQUEST_TYPE, ident##_unit,          NULL, \
	 ident##_tag,     (need) == KL_REQUIRED, offsetof(struct kl_layouts, ident.type)},
#define KL_MEMBER(ident, member, path, need)                             \
	{KL_REQUEST_MEMBER,                                              \
	 ident##_unit,                                                   \
	 ident##_tag,                                                    \
	 path,                                                           \
	 (int)ident##_need == (int)KL_REQUIRED && (need) == KL_REQUIRED, \
	 offsetof(struct kl_layouts, ident.member)},
#define KL_ENUMERATOR(ident, unit, name, need) \
	{KL_REQUEST_ENUMERATOR,                \
	 unit,                                 \
	 NULL,                                 \
	 name,                                 \
	 (need) == KL_REQUIRED,                \
	 offsetof(struct kl_layouts, enumerators.ident)},
#define KL_VARIABLE(ident, unit, name, type, need)     \
	{KL_REQUEST_VARIABLE,                          \
	 unit,                                         \
	 NULL,                                         \
	 name,                                         \
	 (need) == KL_REQUIRED,                        \
	 offsetof(struct kl_layouts, variables.ident), \
	 type},
#define KL_SYMBOL(ident, name, need) \
	{KL_REQUEST_SYMBOL, NULL, NULL, name, (need) == KL_REQUIRED, offsetof(struct kl_layouts, symbols.ident)},
#include "kernel/layouts.def"
};

/* The members of each struct; `path` is set for those that must be there when their struct is. */
static const struct {
	const char *unit, *tag, *path;
	size_t type, member;
} struct_members[] = {
#define KL_MEMBER(ident, member, path, need)                                                                        \
	{ident##_unit, ident##_tag, (need) == KL_REQUIRED ? (path) : NULL, offsetof(struct kl_layouts, ident.type), \
	 offsetof(struct kl_layouts, ident.member)},
#include "kernel/layouts.def"
};

static const struct kl_type *type_at(const struct kl_layouts *l, size_t offset)
{
	return (const void *)((const char *)l + offset);
}

static const struct kl_member *member_at(const struct kl_layouts *l, size_t offset)
{
	return (const void *)((const char *)l + offset);
}

size_t kl_layouts_span(const struct kl_layouts *l, const struct kl_type *type)
{
	size_t offset = (size_t)((const char *)type - (const char *)l), span = 0, i;

	for (i = 0; i < sizeof(struct_members) / sizeof(struct_members[0]); i++) {
		const struct kl_member *m = member_at(l, struct_members[i].member);
		size_t end = (size_t)m->offset + m->size;

		if (struct_members[i].type == offset && m->present && end > span)
			span = end;
	}
	return span;
}

const struct kl_request *kl_layouts_requests(size_t *count)
{
	*count = sizeof(requests) / sizeof(requests[0]);
	return requests;
}

const char *kl_layouts_unit_proof(const char *unit)
{
	static const struct {
		const char *unit, *proof;
	} units[] = {
#define KL_UNIT(unit, name) {unit, name},
#include "kernel/layouts.def"
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(units[i].unit, unit))
			return units[i].proof;
	return NULL;
}

/* Members end inside their struct, and array elements inside their member, so that whoever reads kl_layouts_span()
 * bytes may use kl_member_get() without a check. */
static bool member_is_inside(const struct kl_member *m, const struct kl_type *type)
{
	return !m->present || ((uint64_t)m->offset + m->size <= type->size &&
			       (!m->count || (uint64_t)m->count * m->element_size <= m->size));
}

static struct kl_error *check_members(const struct kl_layouts *l, const char *path)
{
	for (size_t i = 0; i < sizeof(struct_members) / sizeof(struct_members[0]); i++) {
		const struct kl_type *type = type_at(l, struct_members[i].type);
		const struct kl_member *m = member_at(l, struct_members[i].member);

		if (!type->present)
			continue;
		if (struct_members[i].path && !m->present)
			return kl_error_create(KL_ERROR_NOT_FOUND, "%s: struct %s (%s) has no member %s", path,
					       struct_members[i].tag, struct_members[i].unit, struct_members[i].path);
		if (!member_is_inside(m, type))
			return kl_error_create(KL_ERROR_CORRUPT, "%s: a member of struct %s (%s) ends behind it", path,
					       struct_members[i].tag, struct_members[i].unit);
	}
	return NULL;
}

struct kl_error *kl_layouts_load(struct kl_debug *debug, const char *build_id, const char *cache_dir,
				 struct kl_layouts *ret)
{
	const size_t n = sizeof(requests) / sizeof(requests[0]);
	struct kl_error *err;
	bool hit = false;

	memset(ret, 0, sizeof(*ret));
	if (build_id) {
		err = kl_layout_cache_load(cache_dir, build_id, requests, n, ret, &hit);
		if (err)
			return err;
		if (hit) {
			err = check_members(ret, "layout cache");
			if (!err)
				return NULL;
			/* A cache that breaks the rules is as good as none. */
			kl_error_destroy(err);
		}
	}
	if (!debug)
		return kl_error_create(KL_ERROR_NOT_FOUND, "no vmlinux given and no layouts cached for build-id %s",
				       build_id ? build_id : "(unknown)");
	err = kl_debug_resolve(debug, requests, n, ret);
	if (err)
		return err;
	err = check_members(ret, kl_debug_path(debug));
	if (err)
		return err;
	if (build_id)
		kl_error_destroy(kl_layout_cache_store(cache_dir, build_id, requests, n, ret));
	return NULL;
}

struct kl_error *kl_layouts_from_btf(const struct kl_btf *btf, const struct kl_btf_symbols *symbols,
				     struct kl_layouts *ret)
{
	struct kl_error *err;

	memset(ret, 0, sizeof(*ret));
	err = kl_btf_resolve(btf, symbols, requests, sizeof(requests) / sizeof(requests[0]), ret);
	return err ? err : check_members(ret, "BTF");
}

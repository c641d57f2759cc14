/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libdwarf_compat.h: one face for the libdwarf of Debian 12 (20210528) and of Debian 13 (0.11.1).
 *
 * Everything that differs between the two is here and nowhere else. The version macro came with 0.2.0; its absence
 * marks the old one. Only libdwarf's headers may be included in src/debug: elfutils' dwarf.h clashes with them.
 */
#ifndef KL_DEBUG_LIBDWARF_COMPAT_H
#define KL_DEBUG_LIBDWARF_COMPAT_H

#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#include <stddef.h>
#include <stdint.h>

#ifdef DW_LIBDWARF_VERSION_MAJOR
#define KL_LIBDWARF_NEW 1
#else
#define KL_LIBDWARF_NEW 0
#endif

/* One section as libdwarf is given it: plain bytes that stay where they are until kl_libdwarf_finish(). The libraries'
 * own file readers would copy every section (210 MB of .debug_info on a distribution's kernel), and 20210528 cannot
 * unpack zstd. Entry 0 of the array is the empty section that ELF has there. */
struct kl_libdwarf_section {
	const char *name;
	const uint8_t *data;
	size_t size;
};

struct kl_libdwarf_object {
	const struct kl_libdwarf_section *sections;
	size_t count;
	size_t file_size;
};

#if KL_LIBDWARF_NEW
typedef Dwarf_Unsigned kl_libdwarf_index;
typedef Dwarf_Obj_Access_Section_a kl_libdwarf_section_info;
typedef Dwarf_Obj_Access_Interface_a kl_libdwarf_interface;
#else
typedef Dwarf_Half kl_libdwarf_index;
typedef Dwarf_Obj_Access_Section kl_libdwarf_section_info;
typedef Dwarf_Obj_Access_Interface kl_libdwarf_interface;
#endif

static inline int kl_libdwarf_section_info_(void *object, kl_libdwarf_index index, kl_libdwarf_section_info *ret,
					    int *error)
{
	const struct kl_libdwarf_object *o = object;

	(void)error;
	if (index >= o->count)
		return DW_DLV_NO_ENTRY;
	*ret = (kl_libdwarf_section_info)
	{
#if KL_LIBDWARF_NEW
		.as_name = o->sections[index].name, .as_size = o->sections[index].size,
#else
		.name = o->sections[index].name, .size = o->sections[index].size,
#endif
	};
	return DW_DLV_OK;
}

static inline int kl_libdwarf_load_section_(void *object, kl_libdwarf_index index, Dwarf_Small **ret, int *error)
{
	const struct kl_libdwarf_object *o = object;

	(void)error;
	if (index >= o->count || !o->sections[index].data)
		return DW_DLV_NO_ENTRY;
	*ret = (Dwarf_Small *)o->sections[index].data; /* never written to: there is no relocation callback */
	return DW_DLV_OK;
}

static inline Dwarf_Unsigned kl_libdwarf_section_count_(void *object)
{
	return ((const struct kl_libdwarf_object *)object)->count;
}

static inline Dwarf_Small kl_libdwarf_eight_(void *object)
{
	(void)object;
	return 8;
}

#if KL_LIBDWARF_NEW
static inline Dwarf_Small kl_libdwarf_byte_order_(void *object)
{
	(void)object;
	return DW_END_little;
}

static inline Dwarf_Unsigned kl_libdwarf_file_size_(void *object)
{
	return ((const struct kl_libdwarf_object *)object)->file_size;
}

static const Dwarf_Obj_Access_Methods_a kl_libdwarf_methods_ = {
	.om_get_section_info = kl_libdwarf_section_info_,
	.om_get_byte_order = kl_libdwarf_byte_order_,
	.om_get_length_size = kl_libdwarf_eight_,
	.om_get_pointer_size = kl_libdwarf_eight_,
	.om_get_filesize = kl_libdwarf_file_size_,
	.om_get_section_count = kl_libdwarf_section_count_,
	.om_load_section = kl_libdwarf_load_section_,
};
#else
static inline Dwarf_Endianness kl_libdwarf_byte_order_(void *object)
{
	(void)object;
	return DW_OBJECT_LSB;
}

static const Dwarf_Obj_Access_Methods kl_libdwarf_methods_ = {
	.get_section_info = kl_libdwarf_section_info_,
	.get_byte_order = kl_libdwarf_byte_order_,
	.get_length_size = kl_libdwarf_eight_,
	.get_pointer_size = kl_libdwarf_eight_,
	.get_section_count = kl_libdwarf_section_count_,
	.load_section = kl_libdwarf_load_section_,
};
#endif

/* Fills @interface, which must live as long as the Dwarf_Debug does. */
static inline int kl_libdwarf_init(const struct kl_libdwarf_object *object, kl_libdwarf_interface *interface,
				   Dwarf_Debug *ret, Dwarf_Error *error)
{
#if KL_LIBDWARF_NEW
	interface->ai_object = (void *)object;
	interface->ai_methods = &kl_libdwarf_methods_;
#else
	interface->object = (void *)object;
	interface->methods = &kl_libdwarf_methods_;
#endif
	return dwarf_object_init_b(interface, NULL, NULL, DW_GROUPNUMBER_ANY, ret, error);
}

static inline void kl_libdwarf_finish(Dwarf_Debug dwarf)
{
#if KL_LIBDWARF_NEW
	dwarf_object_finish(dwarf);
#else
	Dwarf_Error error = NULL;

	dwarf_object_finish(dwarf, &error);
#endif
}

/* The root DIE of the next unit of .debug_info; DW_DLV_NO_ENTRY after the last. */
static inline int kl_libdwarf_next_unit(Dwarf_Debug dwarf, Dwarf_Die *ret, Dwarf_Error *error)
{
	Dwarf_Unsigned length, type_offset, next;
	Dwarf_Half version, address_size, length_size, extension_size, kind;
	Dwarf_Off abbrev;
	Dwarf_Sig8 signature;

#if KL_LIBDWARF_NEW
	return dwarf_next_cu_header_e(dwarf, 1, ret, &length, &version, &abbrev, &address_size, &length_size,
				      &extension_size, &signature, &type_offset, &next, &kind, error);
#else
	int r = dwarf_next_cu_header_d(dwarf, 1, &length, &version, &abbrev, &address_size, &length_size,
				       &extension_size, &signature, &type_offset, &next, &kind, error);

	return r == DW_DLV_OK ? dwarf_siblingof_b(dwarf, NULL, 1, ret, error) : r;
#endif
}

#endif

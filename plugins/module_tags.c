/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module_tags: the per-CPU counters of the allocation tags of modules. Only the tags point to them, in memory that
 * kmemleak never scans: Linux 6.15 and 6.16 report them as leaks, later kernels tell kmemleak to ignore them, and the
 * allocators never hear of that.
 *
 * Tags of modules lie in an area that all share; the maple tree mod_area_mt says which part of it is whose, by bytes
 * from its start. What is on no range any more is left over: its counters were freed, and may be somebody else's.
 * Source: alloc_tag_load_module() and release_module_tags() in lib/alloc_tag.c, since 7.1 mm/alloc_tag.c.
 */
#include <inttypes.h>
#include <stdio.h>

#include "kleak/plugin.h"

#define AREA_MAX ((uint64_t)1 << 24) /* bytes: far more than any kernel has tags */
#define RANGES_MAX 4096              /* modules, and gaps between them */
#define TAGS_MAX ((size_t)1 << 16)
#define TAG_SIZE_MAX 256
#define NAME_MAX_BYTES 256

enum {
	COUNTERS,
	TAG,
	TAG_COUNTERS,
	TAG_CODE,
	CODE_LINE,
	CODE_FILE,
	CODE_FUNCTION,
	CODE_MODULE,
	AREA,
	AREA_START,
	AREA_SIZE,
	TREE,
	PADDING,
	UNLOADED,
};

/* Not before 6.13. All optional: that a kernel has none of it is nothing to tell about a run. */
static const struct kleak_need needs[] = {
	[COUNTERS] = {.type = "alloc_tag_counters", .optional = 1},
	[TAG] = {.type = "alloc_tag", .optional = 1},
	[TAG_COUNTERS] = {.type = "alloc_tag", .name = "counters", .optional = 1},
	[TAG_CODE] = {.type = "alloc_tag", .name = "ct", .optional = 1},
	[CODE_LINE] = {.type = "codetag", .name = "lineno", .optional = 1},
	[CODE_FILE] = {.type = "codetag", .name = "filename", .optional = 1},
	[CODE_FUNCTION] = {.type = "codetag", .name = "function", .optional = 1},
	[CODE_MODULE] = {.type = "codetag", .name = "modname", .optional = 1},
	[AREA] = {.name = "module_tags", .optional = 1},
	[AREA_START] = {.type = "alloc_tag_module_section", .name = "start_addr", .optional = 1},
	[AREA_SIZE] = {.type = "alloc_tag_module_section", .name = "size", .optional = 1},
	[TREE] = {.name = "mod_area_mt", .optional = 1},
	[PADDING] = {.name = "prepend_mod", .optional = 1},
	[UNLOADED] = {.name = "unloaded_mod", .optional = 1},
};

/* What became of its module. */
enum fate { LOADED, GONE, NOT_KNOWN };

struct tag {
	uint64_t counters; /* cookie */
	uint64_t file, module;
	uint32_t line;
	enum fate fate;
};

static struct tag tags[TAGS_MAX];
static size_t n_tags;
static int was_read;

/* A number of up to eight bytes, least significant first as on every machine that has per-CPU cookies like these. */
static uint64_t number(const unsigned char *bytes, uint64_t size)
{
	uint64_t value = 0, i;

	for (i = 0; i < size && i < 8; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

static uint64_t member_of(const struct kleak_host *host, const unsigned char *tag, uint64_t at, size_t need)
{
	const struct kleak_where *w = host->where(host, need);

	return w->size <= TAG_SIZE_MAX - 8 && at + w->value <= TAG_SIZE_MAX - 8 ? number(tag + at + w->value, w->size)
										: 0;
}

/* Keeps the tag at @address; returns whether it looks like one. */
static int keep_tag(const struct kleak_host *host, uint64_t address, enum fate fate)
{
	uint64_t size = host->where(host, TAG)->size, code = host->where(host, TAG_CODE)->value;
	unsigned char bytes[TAG_SIZE_MAX] = {0};
	struct tag *tag = &tags[n_tags];

	if (n_tags == TAGS_MAX || size > sizeof(bytes) || host->read(host, address, bytes, size) != size)
		return 0;
	tag->counters = member_of(host, bytes, 0, TAG_COUNTERS);
	tag->file = member_of(host, bytes, code, CODE_FILE);
	tag->module = member_of(host, bytes, code, CODE_MODULE);
	tag->line = (uint32_t)member_of(host, bytes, code, CODE_LINE);
	tag->fate = fate;
	if (!tag->counters || !tag->module || !tag->line || !(tag->file >> 63) ||
	    !(member_of(host, bytes, code, CODE_FUNCTION) >> 63))
		return 0;
	n_tags++;
	return 1;
}

static void keep_range(const struct kleak_host *host, uint64_t start, const struct kleak_range *range)
{
	uint64_t size = host->where(host, TAG)->size, unloaded = host->where(host, UNLOADED)->value, at;

	if (range->value == host->where(host, PADDING)->value || range->last >= AREA_MAX)
		return;
	for (at = range->first; at + size - 1 <= range->last; at += size)
		keep_tag(host, start + at, unloaded && range->value == unloaded ? GONE : LOADED);
}

/* Without the tree, whatever looks like a tag is one; whose, nobody knows. */
static void search_tags(const struct kleak_host *host, uint64_t start, uint64_t size)
{
	uint64_t step = host->where(host, TAG)->size, at = 0;

	while (at + step <= size)
		at += keep_tag(host, start + at, NOT_KNOWN) ? step : 8;
}

static uint64_t read_number(const struct kleak_host *host, uint64_t address, size_t need)
{
	unsigned char bytes[8] = {0};
	uint64_t size = host->where(host, need)->size;

	if (size > sizeof(bytes) || host->read(host, address + host->where(host, need)->value, bytes, size) != size)
		return 0;
	return number(bytes, size);
}

static void read_tags(const struct kleak_host *host)
{
	static struct kleak_range ranges[RANGES_MAX];
	uint64_t area = host->where(host, AREA)->value, tree = host->where(host, TREE)->value;
	uint64_t start = read_number(host, area, AREA_START), size = read_number(host, area, AREA_SIZE);
	size_t n, i;

	was_read = 1;
	if (!(start >> 63) || !size || size > AREA_MAX || host->where(host, TAG)->size < 8)
		return;
	n = tree ? host->ranges(host, tree, ranges, RANGES_MAX) : SIZE_MAX;
	for (i = 0; n <= RANGES_MAX && i < n; i++)
		keep_range(host, start, &ranges[i]);
	if (n > RANGES_MAX)
		search_tags(host, start, size);
}

/* Reads a string of the kernel's; "?" where it is none. */
static const char *read_name(const struct kleak_host *host, uint64_t address, char name[NAME_MAX_BYTES])
{
	size_t n = host->read(host, address, name, NAME_MAX_BYTES - 1);

	name[n < NAME_MAX_BYTES ? n : 0] = '\0';
	return *name ? name : "?";
}

static int explain(const struct kleak_host *host, const struct tag *tag)
{
	static const char why[] = "only its allocation tag points to them, where kmemleak does not look";
	char text[2 * NAME_MAX_BYTES + 200], file[NAME_MAX_BYTES], module[NAME_MAX_BYTES];

	if (tag->fate == LOADED)
		snprintf(text, sizeof(text), "counters of the call site %s:%" PRIu32 " of module %s: %s",
			 read_name(host, tag->file, file), tag->line, read_name(host, tag->module, module), why);
	else
		snprintf(text, sizeof(text), "counters of the call site in line %" PRIu32 " of a module%s: %s",
			 tag->line, tag->fate == GONE ? " that was unloaded" : "", why);
	return host->explain(host, text);
}

static int classify(const struct kleak_host *host, const struct kleak_suspect *suspect)
{
	const struct kleak_object *object = &suspect->object;
	size_t i;

	if (object->class_ != KLEAK_OBJECT_PERCPU || object->size != host->where(host, COUNTERS)->size)
		return 0;
	if (!was_read)
		read_tags(host);
	for (i = 0; i < n_tags; i++) {
		if (tags[i].counters == object->address)
			return explain(host, &tags[i]);
	}
	return 0;
}

const struct kleak_plugin kleak_plugin = {
	.size = sizeof(kleak_plugin),
	.major = KLEAK_PLUGIN_MAJOR,
	.minor = KLEAK_PLUGIN_MINOR,
	.capabilities = KLEAK_CAN_CLASSIFY,
	.name = "module_tags",
	.version = "1",
	.license = "GPL-2.0-or-later",
	.summary = "counters of the allocation tags of modules",
	.needs = needs,
	.n_needs = sizeof(needs) / sizeof(*needs),
	.classify = classify,
};

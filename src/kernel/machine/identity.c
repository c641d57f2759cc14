/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "debug/debug.h"
#include "util/bytes.h"
#include "util/map.h"

#define BANNER_MAX 512
#define NOTES_MAX 65536
#define NT_GNU_BUILD_ID 3
#define UTS_LENGTH 65 /* __NEW_UTS_LEN + 1 */

static struct kl_error *refuse_mismatch(struct kl_kernel *k, bool force, struct kl_error *err)
{
	if (!force)
		return err;
	k->forced = true;
	kl_kernel_anomaly_error(k, "identity", 0, err);
	return NULL;
}

/* ---- build-id in the dump's .notes ------------------------------------------------------------------------------- */

static char *hex_of_bytes(const uint8_t *bytes, size_t n)
{
	char *text = malloc(n * 2 + 1);

	for (size_t i = 0; text && i < n; i++)
		snprintf(text + i * 2, 3, "%02x", bytes[i]);
	return text;
}

/* The build-id among ELF notes, as hex; NULL when there is none. */
static char *build_id_of_notes(const uint8_t *notes, size_t length)
{
	size_t at = 0;

	while (length - at >= 12) {
		uint64_t name = kl_get_u32(notes + at), desc = kl_get_u32(notes + at + 4);
		uint64_t name_end = at + 12 + ((name + 3) & ~UINT64_C(3)), end = name_end + ((desc + 3) & ~UINT64_C(3));

		if (end > length)
			return NULL;
		if (kl_get_u32(notes + at + 8) == NT_GNU_BUILD_ID && name == 4 && !memcmp(notes + at + 12, "GNU", 4) &&
		    desc)
			return hex_of_bytes(notes + name_end, desc);
		at = end;
	}
	return NULL;
}

static struct kl_error *check_notes(struct kl_kernel *k, bool force)
{
	uint64_t start = kl_kernel_variable(k, &k->layouts.symbols.__start_notes);
	uint64_t stop = kl_kernel_variable(k, &k->layouts.symbols.__stop_notes);
	const char *debug_id = k->debug ? kl_debug_build_id(k->debug) : NULL;
	_cleanup_free_ uint8_t *notes = NULL;
	struct kl_error *err;

	if (k->build_id || !start || stop <= start || stop - start > NOTES_MAX)
		return NULL;
	notes = malloc(stop - start);
	if (!notes)
		return kl_error_nomem();
	err = kl_kernel_read(k, start, notes, stop - start);
	if (err) {
		kl_kernel_anomaly_error(k, "identity", start, kl_error_prepend(err, "notes of the kernel"));
		return NULL;
	}
	k->build_id = build_id_of_notes(notes, stop - start);
	if (!k->build_id || !debug_id || !strcmp(k->build_id, debug_id))
		return NULL;
	return refuse_mismatch(k, force,
			       kl_error_create(KL_ERROR_MISMATCH, "%s has build-id %s, the dump's kernel has %s",
					       kl_debug_path(k->debug), debug_id, k->build_id));
}

/* ---- linux_banner ------------------------------------------------------------------------------------------------ */

static bool text_begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* "Linux version 6.12.107 (builder@host) ..." proves the address, and with it the whole vmlinux and KASLR offset. */
static struct kl_error *check_banner(struct kl_kernel *k, bool force)
{
	uint64_t address = kl_kernel_variable(k, &k->layouts.symbols.linux_banner);
	static const char start[] = "Linux version ";
	const char *release = k->release;
	char banner[BANNER_MAX];
	struct kl_error *err;

	if (!address)
		return NULL;
	err = kl_kernel_read_string(k, address, banner, sizeof(banner));
	/* Nothing at all can be translated: there is no kernel to read. */
	if (err && kl_error_code(err) == KL_ERROR_UNSUPPORTED)
		return err;
	if (err && kl_error_code(err) != KL_ERROR_NOT_FOUND) {
		kl_kernel_anomaly_error(k, "identity", address, kl_error_prepend(err, "linux_banner"));
		return NULL;
	}
	if (err || !text_begins_with(banner, start) ||
	    (release && !text_begins_with(banner + strlen(start), release))) {
		kl_error_destroy(err);
		return refuse_mismatch(
			k, force,
			kl_error_create(KL_ERROR_MISMATCH,
					"vmlinux does not belong to the dump: no \"%s%s\" at linux_banner (%#" PRIx64
					")",
					start, release ? release : "", address));
	}
	banner[strcspn(banner, "\n")] = '\0';
	k->banner = strdup(banner);
	return k->banner ? NULL : kl_error_nomem();
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* A member of init_uts_ns as a string; NULL when it is missing or empty. */
static char *uts_string(struct kl_kernel *k, const struct kl_member *m)
{
	uint64_t ns = kl_kernel_variable(k, &k->layouts.symbols.init_uts_ns);
	char text[UTS_LENGTH];
	struct kl_error *err;

	if (!ns || !m->present)
		return NULL;
	err = kl_kernel_read_string(k, ns + m->offset, text, sizeof(text));
	if (err) {
		kl_kernel_anomaly_error(k, "identity", ns, kl_error_prepend(err, "init_uts_ns"));
		return NULL;
	}
	return *text ? strdup(text) : NULL;
}

struct kl_error *kl_identity_check(struct kl_kernel *k, bool force)
{
	const char *release = NULL;
	struct kl_error *err = check_notes(k, force);

	if (err)
		return err;
	if (k->image && kl_image_vmcoreinfo_string(k->image, "OSRELEASE", &release)) {
		k->release = strdup(release);
		if (!k->release)
			return kl_error_nomem();
	}
	err = check_banner(k, force);
	if (err)
		return err;
	if (!k->release)
		k->release = uts_string(k, &k->layouts.uts_namespace.release);
	if (!k->release)
		k->release = strdup("unknown");
	return k->release ? NULL : kl_error_nomem();
}

/* ---- time and boot ----------------------------------------------------------------------------------------------- */

static uint64_t value_or_zero(struct kl_kernel *k, const struct kl_variable *v, const char *name)
{
	uint64_t value = 0;

	if (v->present) {
		struct kl_error *err = kl_kernel_read_value(k, v, 8, &value);

		if (err)
			kl_kernel_anomaly_error(k, "identity", kl_kernel_variable(k, v),
						kl_error_prepend(err, "%s", name));
	}
	return value;
}

/* jiffies_min_age is msecs_to_jiffies(5000) in every kmemleak; tick_nsec is the length of a tick, rounded: it decides
 * where the other one is no such number. */
static unsigned read_hz(struct kl_kernel *k)
{
	uint64_t min_age = value_or_zero(k, &k->layouts.variables.jiffies_min_age, "jiffies_min_age");
	uint64_t tick = value_or_zero(k, &k->layouts.symbols.tick_nsec, "tick_nsec");
	unsigned by_age = min_age % 5 == 0 && min_age / 5 <= 10000 ? (unsigned)(min_age / 5) : 0, by_tick = 0;

	if (tick >= 100000 && tick <= 1000000000)
		by_tick = (unsigned)((1000000000 + tick / 2) / tick);
	if (by_tick && by_age && by_tick != by_age)
		kl_kernel_anomaly(k, "identity", kl_kernel_variable(k, &k->layouts.variables.jiffies_min_age),
				  "%u ticks per second by jiffies_min_age, but %u by tick_nsec", by_age, by_tick);
	return by_tick ? by_tick : by_age;
}

/* struct timekeeper stands alone (to 3.16), last in an anonymous struct (to 6.12), or in the first struct tk_data. */
static int64_t read_time(struct kl_kernel *k)
{
	const struct kl_variable *core = &k->layouts.variables.tk_core;
	const struct kl_layout_timekeeper *tk = &k->layouts.timekeeper;
	uint64_t address = kl_kernel_variable(k, core), seconds;
	struct kl_error *err;

	if (!address || !tk->xtime_sec.present)
		return 0;
	if (k->layouts.tk_data.timekeeper.present)
		address += k->layouts.tk_data.timekeeper.offset;
	else if (core->size >= tk->type.size)
		address += core->size - tk->type.size;
	err = kl_kernel_read_member(k, address, &tk->xtime_sec, &seconds);
	if (err) {
		kl_kernel_anomaly_error(k, "identity", address, kl_error_prepend(err, "timekeeper"));
		return 0;
	}
	/* From 1970 to 2242, for a clock that was never set and one far ahead: anything else is no time. */
	return seconds < (UINT64_C(1) << 33) ? (int64_t)seconds : 0;
}

static struct kl_error *read_boot_id(struct kl_kernel *k)
{
	const struct kl_member *canary = &k->layouts.task_struct.stack_canary;
	uint64_t random[6] = {
		k->shift,
		value_or_zero(k, &k->layouts.symbols.page_offset_base, "page_offset_base"),
		value_or_zero(k, &k->layouts.symbols.vmalloc_base, "vmalloc_base"),
		value_or_zero(k, &k->layouts.symbols.vmemmap_base, "vmemmap_base"),
		value_or_zero(k, &k->layouts.symbols.memstart_addr, "memstart_addr"),
	};
	uint64_t task = kl_kernel_variable(k, &k->layouts.symbols.init_task);

	if (task && canary->present) {
		struct kl_error *err = kl_kernel_read_member(k, task, canary, &random[5]);

		if (err)
			kl_kernel_anomaly_error(k, "identity", task, kl_error_prepend(err, "init_task"));
	}
	if (!random[0] && !random[5])
		return NULL;
	if (asprintf(&k->boot_id, "%016" PRIx64, kl_hash_bytes(KL_HASH_SEED, random, sizeof(random))) < 0) {
		k->boot_id = NULL;
		return kl_error_nomem();
	}
	return NULL;
}

struct kl_error *kl_identity_read(struct kl_kernel *k)
{
	k->nodename = uts_string(k, &k->layouts.uts_namespace.nodename);
	k->jiffies = value_or_zero(k, &k->layouts.symbols.jiffies, "jiffies");
	k->hz = read_hz(k);
	k->time = read_time(k);
	return read_boot_id(k);
}

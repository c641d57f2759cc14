/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The base of the kernel readers on real dumps, held against what those kernels printed themselves. */
#include "corpus.h"
#include "test.h"

#include <stdlib.h>

#include "debug/debug.h"
#include "debug/symbols.h"
#include "kernel/machine/list.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/open.h"
#include "kernel/machine/stackdepot.h"
#include "kernel/machine/symbolize.h"
#include "kernel/sources/debugfs_text.h"
#include "util/map.h"

#define FRAMES_MAX 64

/* One dump of the corpus, opened. */
struct dump {
	char folder[4096];
	struct kl_image *image;
	struct kl_debug *debug;
	struct kl_kernel *k;
	struct kl_kmemleak_text text;
};

static struct kl_error *open_files(struct dump *d, const char *vmcore, const char *vmlinux)
{
	struct kl_image_options options = {.paths = &vmcore, .n_paths = 1};
	struct kl_error *err = kl_image_open(&options, &d->image);

	return err ? err : vmlinux ? kl_debug_open(vmlinux, &d->debug) : NULL;
}

/* Opens dump @letter of kernel @name; without its vmlinux when only the cache shall answer. */
static bool open_dump(struct dump *d, const char *name, char letter, bool with_vmlinux)
{
	char vmcore[sizeof(d->folder) + 16], vmlinux[sizeof(d->folder) + 16];

	memset(d, 0, sizeof(*d));
	if (!find_folder(name, d->folder, sizeof(d->folder)))
		return false;
	snprintf(vmcore, sizeof(vmcore), "%s/%c.vmcore", d->folder, letter);
	snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", d->folder);
	CHECK_OK(open_files(d, vmcore, with_vmlinux ? vmlinux : NULL));
	CHECK_OK(kl_kernel_open(d->image, d->debug, NULL, false, &d->k));
	if (d->k)
		CHECK_OK(kl_debugfs_text_detect(d->k, &d->text));
	return d->k != NULL;
}

static void close_dump(struct dump *d)
{
	kl_kernel_destroy(d->k);
	if (d->debug)
		kl_debug_close(d->debug);
	if (d->image)
		kl_image_destroy(d->image);
}

/* The frames of one object as its kernel would print them. */
static void print_frames(struct dump *d, uint32_t handle, struct kl_strbuf *sb)
{
	uint64_t frames[KL_STACKDEPOT_FRAMES];
	enum kl_stackdepot_result result;
	size_t n;

	result = kl_stackdepot_fetch(d->k, handle, frames, &n);
	if (result != KL_STACKDEPOT_FOUND && result != KL_STACKDEPOT_NONE)
		FAIL_("handle %#x: %s", handle, kl_stackdepot_result_text(result));
	kl_strbuf_reset(sb);
	for (size_t i = 0; i < n; i++) {
		kl_strbuf_puts(sb, "    ");
		if (d->text.frame == KL_TEXT_FRAME_POINTER) {
			kl_strbuf_puts(sb, "[<");
			kl_format_pointer(d->k, frames[i], sb);
			kl_strbuf_puts(sb, ">] ");
		}
		CHECK_OK(kl_symbolize(d->k, frames[i], sb));
		kl_strbuf_putc(sb, '\n');
	}
}

/* Reads address and frames of the next entry of the kernel's own text. */
static bool next_entry(FILE *f, uint64_t *address, struct kl_strbuf *frames)
{
	char line[1024];
	bool in_trace = false;
	long before = ftell(f);

	kl_strbuf_reset(frames);
	*address = 0;
	while (fgets(line, sizeof(line), f)) {
		const char *number = strstr(line, "0x");

		if (!strncmp(line, "unreferenced object", 19)) {
			if (*address)
				break;
			*address = number ? strtoull(number, NULL, 16) : 0;
		} else if (!strncmp(line, "  backtrace", 11)) {
			in_trace = true;
		} else if (in_trace) {
			kl_strbuf_puts(frames, line);
		}
		before = ftell(f);
	}
	fseek(f, before, SEEK_SET);
	return *address != 0;
}

/* Walks object_list and remembers the trace handle of every object by its address. */
static size_t collect_handles(struct dump *d, struct kl_map *handles)
{
	const struct kl_layout_kmemleak_object *l = &d->k->layouts.kmemleak_object;
	struct kl_list_walk walk;
	uint8_t raw[1024];
	uint64_t node;

	kl_list_begin(&walk, d->k, "object_list", kl_kernel_variable(d->k, &d->k->layouts.variables.object_list));
	while (kl_list_next(&walk, &node)) {
		CHECK_OK(kl_kernel_read(d->k, node - l->object_list.offset, raw, l->type.size));
		CHECK(kl_map_put(handles, kl_member_get(&l->pointer, raw), kl_member_get(&l->trace_handle, raw)));
	}
	CHECK(!walk.broken);
	return walk.count;
}

/* Every entry of the kernel's text is found, with the same frames to the byte; every other handle resolves as well. */
static void check_against_text(struct dump *d, char letter)
{
	_cleanup_strbuf_ struct kl_strbuf expected = {0}, got = {0};
	_cleanup_map_ struct kl_map handles = {0};
	char path[sizeof(d->folder) + 16];
	_cleanup_fclose_ FILE *f = NULL;
	uint64_t address, handle;
	size_t entries = 0;

	snprintf(path, sizeof(path), "%s/%c.kmemleak", d->folder, letter);
	f = fopen(path, "r");
	CHECK(f);
	CHECK(collect_handles(d, &handles) > 10000);
	while (f && next_entry(f, &address, &expected)) {
		entries++;
		CHECK(kl_map_get(&handles, address, &handle));
		print_frames(d, (uint32_t)handle, &got);
		CHECK_STR(kl_strbuf_string(&got), kl_strbuf_string(&expected));
	}
	CHECK(entries > 5);
	CHECK_INT(d->k->anomaly_count, 0);
}

/* The vmlinux alone must come close: names for dumps whose kallsyms pages are missing. */
static void check_fallback(struct dump *d)
{
	_cleanup_(kl_kallsyms_destroyp) struct kl_kallsyms *ks = NULL;
	struct kl_symbol symbol = {0};
	size_t text = 0, same = 0;
	struct kl_ksym ksym;
	char type;

	CHECK_OK(kl_kallsyms_load(d->k, &ks));
	for (size_t i = 0; ks && kl_kallsyms_get(ks, i, &type, &ksym); i++) {
		if ((type != 't' && type != 'T') || !kl_kallsyms_lookup(ks, ksym.start, &ksym))
			continue;
		CHECK_OK(kl_symbols_by_address(d->debug, ksym.start - d->k->shift, &symbol));
		text++;
		same += !strcmp(ksym.name, symbol.name) && ksym.size == symbol.size;
	}
	CHECK(text > 5000);
	if (same < text - text / 100)
		FAIL_("only %zu of %zu functions are the same in vmlinux", same, text);
}

static void check_identity(const struct kl_kernel *k, const char *release, const char *build_id)
{
	char banner[64];

	snprintf(banner, sizeof(banner), "Linux version %s (root@vm)", release);
	CHECK_STR(k->release, release);
	CHECK_STR(k->build_id, build_id);
	CHECK(k->banner && !strncmp(k->banner, banner, strlen(banner)));
	CHECK(k->boot_id);
	CHECK_INT(k->hz, 250);
	CHECK_INT(k->percpu.cpus.count, 2);
	CHECK(k->jiffies > 4294892000 && k->jiffies < 4294910000);
}

static void check_dump(const char *name, char letter, const char *release, const char *build_id)
{
	struct dump d;

	if (!open_dump(&d, name, letter, true)) {
		close_dump(&d);
		SKIP(skip_reason);
	}
	check_identity(d.k, release, build_id);
	check_against_text(&d, letter);
	check_fallback(&d);
	CHECK(!d.text.guessed);
	close_dump(&d);
}

#define ID_6_1 "1806561ba80770ee979fb24ff4dba908cfbf20f4"
#define ID_6_12 "397bd23239ab0dfdfba2e4eb7598cec47e8ec6dc"
#define ID_7_3 "73287aa54e870400081177046ad88fe210b77c8b"
#define ID_7_3_ARM "57ece25ee8c0699054323a69df2c9418ab7f00f2"

static void test_6_1(void)
{
	check_dump("x86_64-6.1", 'B', "6.1.192", ID_6_1);
}

static void test_6_12_a(void)
{
	check_dump("x86_64-6.12", 'A', "6.12.107", ID_6_12);
}

static void test_6_12_b(void)
{
	check_dump("x86_64-6.12", 'B', "6.12.107", ID_6_12);
}

static void test_7_3_a(void)
{
	check_dump("x86_64-7.3", 'A', "7.3.4", ID_7_3);
}

static void test_7_3_b(void)
{
	check_dump("x86_64-7.3", 'B', "7.3.4", ID_7_3);
}

static void test_7_3_aarch64(void)
{
	check_dump("aarch64-7.3", 'B', "7.3.4", ID_7_3_ARM);
}

/* After the tests before, the cache knows 7.3: no vmlinux is needed, and A and B tell that they are one boot. */
static void test_two_dumps_of_one_boot_without_vmlinux(void)
{
	struct dump a, b;
	bool has_a = open_dump(&a, "x86_64-7.3", 'A', false);
	bool has_b = open_dump(&b, "x86_64-7.3", 'B', false);
	bool both = has_a && has_b;

	if (both) {
		CHECK_STR(a.k->boot_id, b.k->boot_id);
		CHECK_INT(b.k->time - a.k->time, 14);
		check_against_text(&b, 'B');
	}
	close_dump(&a);
	close_dump(&b);
	if (!both && !case_failed_)
		SKIP(skip_reason);
}

static void test_boots_differ(void)
{
	struct dump a, b;
	bool has_a = open_dump(&a, "x86_64-7.3", 'A', false);
	bool has_b = open_dump(&b, "x86_64-6.12", 'A', false);
	bool both = has_a && has_b;

	if (both)
		CHECK(strcmp(a.k->boot_id, b.k->boot_id));
	close_dump(&a);
	close_dump(&b);
	if (!both && !case_failed_)
		SKIP(skip_reason);
}

/* "kmemleak_test 12288 0 - Live 0xffffffffc0800000" */
static void test_modules(void)
{
	struct kl_modules *modules = NULL;
	unsigned long size = 0, base = 0;
	uint64_t total = 0;
	char path[sizeof(((struct dump *)0)->folder) + 16], name[64] = "";
	_cleanup_fclose_ FILE *f = NULL;
	struct dump d;

	if (!open_dump(&d, "x86_64-7.3", 'A', false)) {
		close_dump(&d);
		SKIP(skip_reason);
	}
	snprintf(path, sizeof(path), "%s/A.modules", d.folder);
	f = fopen(path, "r");
	CHECK(f && fscanf(f, "%63s %lu %*s %*s %*s %lx", name, &size, &base) == 3);
	CHECK_OK(kl_machine_modules(d.k, &modules));
	CHECK_INT(modules->list.count, 1);
	CHECK_STR(modules->list.data[0].name, name);
	CHECK_INT(modules->list.data[0].state, KL_MODULE_LIVE);
	CHECK_INT(modules->list.data[0].regions[0].base, base);
	for (size_t i = 0; i < modules->list.data[0].n_regions; i++)
		total += modules->list.data[0].regions[i].size;
	CHECK_INT(total, size);
	close_dump(&d);
}

static void check_words(const char *name, enum kl_text_header header, enum kl_text_hexdump hexdump,
			enum kl_text_frame frame, bool crc, unsigned allocinfo)
{
	struct dump d;

	if (open_dump(&d, name, 'B', false)) {
		CHECK_INT(d.text.header, header);
		CHECK_INT(d.text.hexdump, hexdump);
		CHECK_INT(d.text.frame, frame);
		CHECK(d.text.crc == crc && !d.text.age && !d.text.restricted);
		CHECK_INT(d.text.allocinfo_version, allocinfo);
	}
	close_dump(&d);
}

static void test_words_of_each_kernel(void)
{
	char folder[4096];

	if (!find_folder("x86_64-6.1", folder, sizeof(folder)))
		SKIP(skip_reason);
	check_words("x86_64-6.1", KL_TEXT_HEADER_PLAIN, KL_TEXT_HEXDUMP_PLAIN, KL_TEXT_FRAME_POINTER, false, 0);
	check_words("x86_64-6.12", KL_TEXT_HEADER_PLAIN, KL_TEXT_HEXDUMP_PERCPU, KL_TEXT_FRAME_SYMBOL, true, 10);
	check_words("x86_64-7.3", KL_TEXT_HEADER_CLASS, KL_TEXT_HEXDUMP_PERCPU, KL_TEXT_FRAME_SYMBOL, true, 20);
	check_words("aarch64-7.3", KL_TEXT_HEADER_CLASS, KL_TEXT_HEXDUMP_PERCPU, KL_TEXT_FRAME_SYMBOL, true, 20);
}

static void test_the_wrong_vmlinux_is_refused(void)
{
	char folder[2][4096], vmcore[4200], vmlinux[4200];
	struct kl_error *err;
	struct dump d = {0};

	if (!find_folder("x86_64-7.3", folder[0], sizeof(folder[0])) ||
	    !find_folder("x86_64-6.12", folder[1], sizeof(folder[1])))
		SKIP(skip_reason);
	snprintf(vmcore, sizeof(vmcore), "%s/B.vmcore", folder[0]);
	snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", folder[1]);
	CHECK_OK(open_files(&d, vmcore, vmlinux));
	err = kl_kernel_open(d.image, d.debug, NULL, false, &d.k);
	CHECK(err && kl_error_code(err) == KL_ERROR_MISMATCH);
	CHECK(err && strstr(kl_error_message(err), ID_6_12) && strstr(kl_error_message(err), ID_7_3));
	kl_error_destroy(err);
	CHECK_OK(kl_kernel_open(d.image, d.debug, NULL, true, &d.k));
	CHECK(d.k && d.k->forced && d.k->anomaly_count > 0);
	close_dump(&d);
}

int main(void)
{
	RUN(test_6_1);
	RUN(test_6_12_a);
	RUN(test_6_12_b);
	RUN(test_7_3_a);
	RUN(test_7_3_b);
	RUN(test_7_3_aarch64);
	RUN(test_two_dumps_of_one_boot_without_vmlinux);
	RUN(test_boots_differ);
	RUN(test_modules);
	RUN(test_words_of_each_kernel);
	RUN(test_the_wrong_vmlinux_is_refused);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's text in every generation: by hand for those of kernel-layouts 2.7, and for the corpus by taking the
 * kernel's own text apart and printing it again. */
#include "test.h"

#include <stdlib.h>

#include "report/kmemleak_text.h"
#include "util/vec.h"

#define BYTES "\x40\x67\x03\x00\x6c\x2a\xb4\xff\x00\x93\x03\x00 ~\x7f\xff\x41\x42\x43"

static const struct kl_store_frame two_frames[] = {
	{.symbol = "kmalloc_trace+0x11/0x20", .pointer = "00000000deadbeef"},
	{.symbol = "0xffffffffc018102d", .pointer = "(____ptrval____)"},
};

static struct kl_store_listing an_entry(void)
{
	return (struct kl_store_listing){
		.address = 0xff2bfa75809a0a00,
		.size = 19,
		.comm = "insmod",
		.comm_length = 6,
		.pid = 440,
		.jiffies = 4294892740,
		.age_ms = 12007,
		.checksum = 0xfd9e2,
		.content = BYTES,
		.content_length = 19,
		.cpu = KL_UNKNOWN,
	};
}

static const char *rendered(const struct kl_store_run *run, const struct kl_store_listing *entry, bool escape)
{
	static struct kl_strbuf sb;

	kl_strbuf_reset(&sb);
	kl_kmemleak_text(&sb, run, entry, two_frames, 2, escape);
	return kl_strbuf_string(&sb);
}

#define HEX                                                                       \
	"    40 67 03 00 6c 2a b4 ff 00 93 03 00 20 7e 7f ff  @g..l*...... ~..\n" \
	"    41 42 43                                         ABC\n"

static void test_first_commit(void)
{
	struct kl_store_run run = {.text_header = KL_TEXT_HEADER_PREFIXED, .text_hexdump = KL_TEXT_HEXDUMP_NONE};
	struct kl_store_listing entry = an_entry();

	CHECK_STR(rendered(&run, &entry, false), "kmemleak: unreferenced object 0xff2bfa75809a0a00 (size 19):\n"
						 "  comm \"insmod\", pid 440, jiffies 4294892740\n"
						 "  backtrace:\n"
						 "    [<00000000deadbeef>] kmalloc_trace+0x11/0x20\n"
						 "    [<(____ptrval____)>] 0xffffffffc018102d\n");
}

static void test_age_and_pointers_3_0_to_5_10(void)
{
	struct kl_store_run run = {
		.text_header = KL_TEXT_HEADER_PLAIN, .text_age = true, .text_hexdump = KL_TEXT_HEXDUMP_PLAIN};
	struct kl_store_listing entry = an_entry();

	CHECK_STR(rendered(&run, &entry, false), "unreferenced object 0xff2bfa75809a0a00 (size 19):\n"
						 "  comm \"insmod\", pid 440, jiffies 4294892740 (age 12.007s)\n"
						 "  hex dump (first 19 bytes):\n" HEX "  backtrace:\n"
						 "    [<00000000deadbeef>] kmalloc_trace+0x11/0x20\n"
						 "    [<(____ptrval____)>] 0xffffffffc018102d\n");
}

static void test_age_without_pointers_6_6(void)
{
	struct kl_store_run run = {.text_header = KL_TEXT_HEADER_PLAIN,
				   .text_age = true,
				   .text_hexdump = KL_TEXT_HEXDUMP_PLAIN,
				   .text_frame = KL_TEXT_FRAME_SYMBOL};
	struct kl_store_listing entry = an_entry();

	CHECK_STR(rendered(&run, &entry, false), "unreferenced object 0xff2bfa75809a0a00 (size 19):\n"
						 "  comm \"insmod\", pid 440, jiffies 4294892740 (age 12.007s)\n"
						 "  hex dump (first 19 bytes):\n" HEX "  backtrace:\n"
						 "    kmalloc_trace+0x11/0x20\n"
						 "    0xffffffffc018102d\n");
}

static void test_crc_6_12(void)
{
	struct kl_store_run run = {.text_header = KL_TEXT_HEADER_PLAIN,
				   .text_hexdump = KL_TEXT_HEXDUMP_PERCPU,
				   .text_crc = true,
				   .text_frame = KL_TEXT_FRAME_SYMBOL};
	struct kl_store_listing entry = an_entry();

	CHECK_STR(rendered(&run, &entry, false), "unreferenced object 0xff2bfa75809a0a00 (size 19):\n"
						 "  comm \"insmod\", pid 440, jiffies 4294892740\n"
						 "  hex dump (first 19 bytes):\n" HEX "  backtrace (crc fd9e2):\n"
						 "    kmalloc_trace+0x11/0x20\n"
						 "    0xffffffffc018102d\n");
}

static void test_classes_7_3(void)
{
	struct kl_store_run run = {.text_header = KL_TEXT_HEADER_CLASS,
				   .text_hexdump = KL_TEXT_HEXDUMP_PERCPU,
				   .text_crc = true,
				   .text_frame = KL_TEXT_FRAME_SYMBOL};
	struct kl_store_listing entry = an_entry();

	entry.class_ = KLEAK_CLASS_PERCPU;
	entry.address = 0x610; /* %08lx pads */
	entry.cpu = 3;
	entry.checksum = 0;
	CHECK_STR(rendered(&run, &entry, false), "unreferenced object (percpu) 0x00000610 (size 19):\n"
						 "  comm \"insmod\", pid 440, jiffies 4294892740\n"
						 "  hex dump (first 19 bytes on cpu 3):\n" HEX "  backtrace (crc 0):\n"
						 "    kmalloc_trace+0x11/0x20\n"
						 "    0xffffffffc018102d\n");
	entry.class_ = KLEAK_CLASS_PHYSICAL;
	entry.content = NULL;
	entry.content_length = 0;
	CHECK_STR(rendered(&run, &entry, false), "unreferenced object (phys) 0x00000610 (size 19):\n"
						 "  comm \"insmod\", pid 440, jiffies 4294892740\n"
						 "  backtrace (crc 0):\n"
						 "    kmalloc_trace+0x11/0x20\n"
						 "    0xffffffffc018102d\n");
}

/* What the dump lacks is neither guessed nor zero. */
static void test_missing_bytes(void)
{
	struct kl_store_run run = {.text_header = KL_TEXT_HEADER_PLAIN, .text_hexdump = KL_TEXT_HEXDUMP_PLAIN};
	struct kl_store_listing entry = an_entry();

	entry.content_length = 14;
	CHECK(strstr(rendered(&run, &entry, false),
		     "  hex dump (first 19 bytes):\n"
		     "    40 67 03 00 6c 2a b4 ff 00 93 03 00 20 7e ?? ??  @g..l*...... ~??\n"
		     "    ?? ?? ??                                         ???\n"
		     "  backtrace:\n"));
	entry.content = NULL;
	entry.content_length = 0;
	entry.size = 1;
	CHECK(strstr(rendered(&run, &entry, false),
		     "    ??                                               ?\n  backtrace:\n"));
	entry.size = 0;
	CHECK(strstr(rendered(&run, &entry, false), "(first 0 bytes):\n  backtrace:\n"));
}

static void test_task_names_are_bytes(void)
{
	struct kl_store_run run = {.text_header = KL_TEXT_HEADER_PLAIN, .text_hexdump = KL_TEXT_HEXDUMP_NONE};
	struct kl_store_listing entry = an_entry();

	entry.comm = "a\033[2J\xff";
	entry.comm_length = 6;
	CHECK(strstr(rendered(&run, &entry, false), "  comm \"a\033[2J\xff\", pid"));
	CHECK(strstr(rendered(&run, &entry, true), "  comm \"a\\x1b[2J\\xff\", pid"));
}

/* --- The corpus: the kernel's text, taken apart and printed again. --- */

struct parsed {
	struct kl_store_run run;
	struct kl_store_listing entry;
	char comm[64];
	uint8_t content[32];
	KL_VEC(struct kl_store_frame) frames;
	KL_VEC(char *) strings;
};

static void forget_stack(struct parsed *p)
{
	char **s;

	kl_vec_for_each (s, &p->strings)
		free(*s);
	p->strings.count = p->frames.count = 0;
}

static void print_parsed(struct parsed *p, struct kl_strbuf *out)
{
	kl_kmemleak_text(out, &p->run, &p->entry, p->frames.data, p->frames.count, false);
	forget_stack(p);
	p->entry = (struct kl_store_listing){.cpu = KL_UNKNOWN};
}

static void parse_frame(struct parsed *p, const char *line)
{
	struct kl_store_frame frame = {};
	char *copy = strdup(line), *end;

	kl_vec_push(&p->strings, copy);
	copy[strcspn(copy, "\n")] = '\0';
	frame.symbol = copy + 4;
	if (!strncmp(frame.symbol, "[<", 2)) {
		end = strstr(copy, ">] ");
		*end = '\0';
		frame.pointer = copy + 6;
		frame.symbol = end + 3;
		p->run.text_frame = KL_TEXT_FRAME_POINTER;
	}
	kl_vec_push(&p->frames, frame);
}

/* Reads a line into @p; false when it is of no known form. */
static bool parse_line(struct parsed *p, const char *line, bool *in_trace)
{
	unsigned long long number, size;
	unsigned checksum;
	char class_[16];
	size_t count;
	int pid, cpu;

	if (sscanf(line, "unreferenced object (%15[a-z]) 0x%llx (size %llu):", class_, &number, &size) == 3) {
		p->entry.class_ = strcmp(class_, "phys") ? KLEAK_CLASS_PERCPU : KLEAK_CLASS_PHYSICAL;
	} else if (sscanf(line, "unreferenced object 0x%llx (size %llu):", &number, &size) != 2) {
		if (sscanf(line, "  comm \"%63[^\"]\", pid %d, jiffies %llu", p->comm, &pid, &number) == 3) {
			p->entry.comm = p->comm;
			p->entry.comm_length = strlen(p->comm);
			p->entry.pid = pid;
			p->entry.jiffies = number;
		} else if (sscanf(line, "  hex dump (first %zu bytes on cpu %d):", &count, &cpu) == 2) {
			p->entry.cpu = cpu;
			p->entry.class_ = KLEAK_CLASS_PERCPU; /* 6.12 does not say so in the header */
		} else if (sscanf(line, "  backtrace (crc %x):", &checksum) == 1) {
			p->entry.checksum = checksum;
			p->run.text_crc = *in_trace = true;
		} else if (!strcmp(line, "  backtrace:\n")) {
			*in_trace = true;
		} else if (!strncmp(line, "    ", 4) && *in_trace) {
			parse_frame(p, line);
		} else if (!strncmp(line, "    ", 4)) {
			for (count = 0; count < 16 && line[4 + 3 * count] != ' '; count++)
				p->content[p->entry.content_length++] =
					(uint8_t)strtoul(line + 4 + 3 * count, NULL, 16);
			p->entry.content = p->content;
		} else {
			return sscanf(line, "  hex dump (first %zu bytes):", &count) == 1;
		}
		return true;
	}
	p->entry.address = number;
	p->entry.size = size;
	*in_trace = false;
	return true;
}

static void check_text(const char *name, enum kl_text_header header)
{
	struct parsed p = {.run = {.text_header = header,
				   .text_hexdump = KL_TEXT_HEXDUMP_PERCPU,
				   .text_frame = KL_TEXT_FRAME_SYMBOL}};
	_cleanup_strbuf_ struct kl_strbuf out = {}, in = {};
	const char *corpus = getenv("KLEAK_CORPUS");
	_cleanup_fclose_ FILE *f = NULL;
	bool in_trace = false, begun = false;
	char path[512], line[512];
	size_t i;

	snprintf(path, sizeof(path), "%s/%s", corpus ? corpus : "../shared/corpus", name);
	f = fopen(path, "r");
	if (!f)
		SKIP("no corpus: set KLEAK_CORPUS");
	while (fgets(line, sizeof(line), f)) {
		kl_strbuf_puts(&in, line);
		if (*line != ' ' && begun)
			print_parsed(&p, &out);
		begun = true;
		if (!parse_line(&p, line, &in_trace))
			FAIL_("%s: not understood: %s", name, line);
	}
	print_parsed(&p, &out);
	CHECK_INT(out.length, in.length);
	for (i = 0; i < in.length && i < out.length && in.data[i] == out.data[i];)
		i++;
	if (i < in.length || i < out.length)
		FAIL_("%s: differs from byte %zu on: %.60s", name, i, i < out.length ? out.data + i : "");
	kl_vec_deinit(&p.frames);
	kl_vec_deinit(&p.strings);
}

static void test_corpus_6_1(void)
{
	check_text("x86_64-6.1/B.kmemleak", KL_TEXT_HEADER_PLAIN);
}

static void test_corpus_6_12_a(void)
{
	check_text("x86_64-6.12/A.kmemleak", KL_TEXT_HEADER_PLAIN);
}

static void test_corpus_6_12_b(void)
{
	check_text("x86_64-6.12/B.kmemleak", KL_TEXT_HEADER_PLAIN);
}

static void test_corpus_7_3_a(void)
{
	check_text("x86_64-7.3/A.kmemleak", KL_TEXT_HEADER_CLASS);
}

static void test_corpus_7_3_b(void)
{
	check_text("x86_64-7.3/B.kmemleak", KL_TEXT_HEADER_CLASS);
}

static void test_corpus_aarch64(void)
{
	check_text("aarch64-7.3/B.kmemleak", KL_TEXT_HEADER_CLASS);
}

int main(void)
{
	RUN(test_first_commit);
	RUN(test_age_and_pointers_3_0_to_5_10);
	RUN(test_age_without_pointers_6_6);
	RUN(test_crc_6_12);
	RUN(test_classes_7_3);
	RUN(test_missing_bytes);
	RUN(test_task_names_are_bytes);
	RUN(test_corpus_6_1);
	RUN(test_corpus_6_12_a);
	RUN(test_corpus_6_12_b);
	RUN(test_corpus_7_3_a);
	RUN(test_corpus_7_3_b);
	RUN(test_corpus_aarch64);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "report/emitter.h"
#include "report/human.h"
#include "store/rows.h"

/* A file in memory and the emitter that writes to it. */
struct output {
	char *text;
	size_t length;
	struct kl_emitter e;
};

static void begin(struct output *o)
{
	*o = (struct output){};
	o->e.out = open_memstream(&o->text, &o->length);
}

static void check_output(struct output *o, const char *expected)
{
	fclose(o->e.out);
	CHECK_STR(o->text, expected);
	free(o->text);
}

static void test_empty_containers(void)
{
	struct output o;

	begin(&o);
	kl_emit_array(&o.e, NULL);
	kl_emit_end(&o.e);
	check_output(&o, "[]\n");
	begin(&o);
	kl_emit_object(&o.e, NULL);
	kl_emit_array(&o.e, "a");
	kl_emit_end(&o.e);
	kl_emit_end(&o.e);
	check_output(&o, "{\n\t\"a\": []\n}\n");
}

static void test_nesting_and_commas(void)
{
	struct output o;

	begin(&o);
	kl_emit_object(&o.e, NULL);
	kl_emit_int(&o.e, "a", -5);
	kl_emit_array(&o.e, "b");
	kl_emit_int(&o.e, NULL, INT64_MAX);
	kl_emit_object(&o.e, NULL);
	kl_emit_bool(&o.e, "x", true);
	kl_emit_null(&o.e, "y");
	kl_emit_end(&o.e);
	kl_emit_end(&o.e);
	kl_emit_json(&o.e, "c", "{\"leak\":1}");
	kl_emit_end(&o.e);
	check_output(&o, "{\n\t\"a\": -5,\n\t\"b\": [\n\t\t9223372036854775807,\n\t\t{\"x\": true, \"y\": null}\n\t],\n"
			 "\t\"c\": {\"leak\":1}\n}\n");
}

static void test_strings_are_escaped(void)
{
	struct output o;

	begin(&o);
	kl_emit_object(&o.e, NULL);
	kl_emit_string(&o.e, "k\"\n", "v\033\xff");
	kl_emit_string(&o.e, "null", NULL);
	kl_emit_bytes(&o.e, "nul", "a\0b", 3);
	kl_emit_end(&o.e);
	check_output(&o, "{\n\t\"k\\\"\\n\": \"v\\u001b\\ufffd\",\n\t\"null\": null,\n\t\"nul\": \"a\\u0000b\"\n}\n");
}

static void test_numbers(void)
{
	struct output o;

	begin(&o);
	kl_emit_array(&o.e, NULL);
	kl_emit_real(&o.e, NULL, 0.5);
	kl_emit_real(&o.e, NULL, 0.1 + 0.2);
	kl_emit_real(&o.e, NULL, INFINITY);
	kl_emit_real(&o.e, NULL, NAN);
	kl_emit_address(&o.e, NULL, 0xffff888000001000);
	kl_emit_hash(&o.e, NULL, 0x12);
	kl_emit_end(&o.e);
	check_output(&o, "[\n\t0.5,\n\t0.30000000000000004,\n\tnull,\n\tnull,\n\t\"0xffff888000001000\",\n"
			 "\t\"0000000000000012\"\n]\n");
}

static const char *words(void (*write)(struct kl_strbuf *, int64_t), int64_t value)
{
	static struct kl_strbuf sb;

	kl_strbuf_reset(&sb);
	write(&sb, value);
	return kl_strbuf_string(&sb);
}

static void test_words(void)
{
	CHECK_STR(words(kl_human_bytes, 0), "0 B");
	CHECK_STR(words(kl_human_bytes, 1023), "1023 B");
	CHECK_STR(words(kl_human_bytes, 1024), "1.00 KiB");
	CHECK_STR(words(kl_human_bytes, 1536), "1.50 KiB");
	CHECK_STR(words(kl_human_bytes, 102349), "100 KiB");
	CHECK_STR(words(kl_human_bytes, 1048575), "1.00 MiB");
	CHECK_STR(words(kl_human_bytes, INT64_MAX), "8.00 EiB");
	CHECK_STR(words(kl_human_age, 999), "1.0 s");
	CHECK_STR(words(kl_human_age, 12345), "12 s");
	CHECK_STR(words(kl_human_age, 185000), "3 min 5 s");
	CHECK_STR(words(kl_human_age, 8040000), "2 h 14 min");
	CHECK_STR(words(kl_human_age, 273600000), "3 d 4 h");
	CHECK_STR(words(kl_human_age, KL_UNKNOWN), "?");
	CHECK_STR(words(kl_human_time, 0), "1970-01-01 00:00:00 UTC");
	CHECK_STR(words(kl_human_time, INT64_MAX), "?");
}

int main(void)
{
	RUN(test_empty_containers);
	RUN(test_nesting_and_commas);
	RUN(test_strings_are_escaped);
	RUN(test_numbers);
	RUN(test_words);
	return DONE();
}

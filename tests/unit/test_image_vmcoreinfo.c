/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMCOREINFO parser: what the kernel writes, and what nobody should. */
#include "image/vmcoreinfo.h"

#include "test_image_build.h"

static const char text[] = "OSRELEASE=6.1.0\n"
			   "PAGESIZE=4096\n"
			   "SYMBOL(_stext)=ffffffffa8200000\n"
			   "OFFSET(list_head.next)=8\n"
			   "NUMBER(phys_base)=-576716800\n"
			   "NUMBER(kimage_voffset)=0xffffcd307ce00000\n"
			   "KERNELOFFSET=27200000\n"
			   "CRASHTIME=1700000000\n"
			   "EMPTY=\n"
			   "TWICE=first\n"
			   "TWICE=second\n";

static void test_reads_what_kernels_write(void)
{
	struct kl_vmcoreinfo v;
	uint64_t u = 0;
	int64_t i = 0;

	CHECK_OK(kl_vmcoreinfo_parse(text, sizeof(text) - 1, &v));
	CHECK_STR(v.text, text);
	CHECK_STR(kl_vmcoreinfo_string(&v, "OSRELEASE"), "6.1.0");
	CHECK_STR(kl_vmcoreinfo_string(&v, "EMPTY"), "");
	CHECK_STR(kl_vmcoreinfo_string(&v, "TWICE"), "first");
	CHECK(kl_vmcoreinfo_symbol(&v, "_stext", &u) && u == 0xffffffffa8200000);
	CHECK(kl_vmcoreinfo_hex(&v, "KERNELOFFSET", &u) && u == 0x27200000);
	CHECK(kl_vmcoreinfo_value(&v, "NUMBER", "phys_base", &i) && i == -576716800);
	CHECK(kl_vmcoreinfo_value(&v, "NUMBER", "kimage_voffset", &i) && (uint64_t)i == 0xffffcd307ce00000);
	CHECK(kl_vmcoreinfo_value(&v, "OFFSET", "list_head.next", &i) && i == 8);
	kl_vmcoreinfo_deinit(&v);
}

static void test_absent_keys(void)
{
	struct kl_vmcoreinfo v;
	char name[600];
	uint64_t u;
	int64_t i;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK_OK(kl_vmcoreinfo_parse(text, sizeof(text) - 1, &v));
	CHECK(!kl_vmcoreinfo_string(&v, "RELEASE")); /* the end of a key is not the key */
	CHECK(!kl_vmcoreinfo_string(&v, "OSREL"));
	CHECK(!kl_vmcoreinfo_symbol(&v, "stext", &u));
	CHECK(!kl_vmcoreinfo_value(&v, "SIZE", "list_head.next", &i));
	CHECK(!kl_vmcoreinfo_symbol(&v, name, &u)); /* longer than any key */
	kl_vmcoreinfo_deinit(&v);
}

static void test_refuses_numbers_that_are_none(void)
{
	static const char *const bad[] = {"", " 1", "1 ", "0x", "1z", "--1", "-", "+1", "0x-1", "99999999999999999999"};
	struct kl_vmcoreinfo v;
	char line[64];
	int64_t i;

	for (size_t n = 0; n < sizeof(bad) / sizeof(*bad); n++) {
		snprintf(line, sizeof(line), "NUMBER(x)=%s\n", bad[n]);
		CHECK_OK(kl_vmcoreinfo_parse(line, strlen(line), &v));
		if (kl_vmcoreinfo_value(&v, "NUMBER", "x", &i))
			FAIL_("'%s' was taken for the number %" PRId64, bad[n], i);
		kl_vmcoreinfo_deinit(&v);
	}
}

static void test_ends_at_rubbish(void)
{
	static const char rubbish[] = "A=1\nB=2\n\xc3\x28garbage=3\nC=4\n";
	struct kl_vmcoreinfo v;

	CHECK_OK(kl_vmcoreinfo_parse(rubbish, sizeof(rubbish) - 1, &v));
	CHECK_STR(v.text, "A=1\nB=2\n");
	CHECK_STR(kl_vmcoreinfo_string(&v, "B"), "2");
	CHECK(!kl_vmcoreinfo_string(&v, "C"));
	kl_vmcoreinfo_deinit(&v);

	CHECK_OK(kl_vmcoreinfo_parse("A=1\0B=2\n", 8, &v));
	CHECK_INT(v.lines.count, 1);
	kl_vmcoreinfo_deinit(&v);
}

static void test_odd_shapes(void)
{
	static const char *const shapes[] = {
		"", "\n\n\n", "=\n", "=x\n", "no equals sign\n", "A", "A=1 without newline"};
	struct kl_vmcoreinfo v;

	for (size_t n = 0; n < sizeof(shapes) / sizeof(*shapes); n++) {
		/* in memory of exactly that size, so that the sanitizer sees a byte too much */
		char *exact =
			strlen(shapes[n]) ? memcpy(malloc(strlen(shapes[n])), shapes[n], strlen(shapes[n])) : NULL;

		CHECK_OK(kl_vmcoreinfo_parse(exact ? exact : "", exact ? strlen(shapes[n]) : 0, &v));
		CHECK_INT(v.lines.count, strchr(shapes[n], '1') ? 1 : 0);
		kl_vmcoreinfo_deinit(&v);
		free(exact);
	}
}

static void test_files(void)
{
	struct blob b = {};
	struct kl_vmcoreinfo v;

	blob_put(&b, 0, text, sizeof(text) - 1);
	CHECK_OK(kl_vmcoreinfo_read_file(save(&b, "good"), &v));
	CHECK_STR(kl_vmcoreinfo_string(&v, "CRASHTIME"), "1700000000");
	kl_vmcoreinfo_deinit(&v);
	blob_free(&b);

	blob_put(&b, 0, "Dear Sir,\n", 10);
	CHECK_ERROR(kl_vmcoreinfo_read_file(save(&b, "letter"), &v), KL_ERROR_FORMAT);
	CHECK_ERROR(kl_vmcoreinfo_read_file(scratch_path("absent"), &v), KL_ERROR_IO);
	blob_free(&b);

	/* larger than any: read no further than the limit */
	blob_put(&b, 0, "OSRELEASE=6\n", 12);
	blob_fill(&b, 12, 'x', 2 * KL_VMCOREINFO_MAX);
	CHECK_OK(kl_vmcoreinfo_read_file(save(&b, "huge"), &v));
	CHECK_INT(strlen(v.text), KL_VMCOREINFO_MAX);
	kl_vmcoreinfo_deinit(&v);
	blob_free(&b);
}

int main(void)
{
	RUN(test_reads_what_kernels_write);
	RUN(test_absent_keys);
	RUN(test_refuses_numbers_that_are_none);
	RUN(test_ends_at_rubbish);
	RUN(test_odd_shapes);
	RUN(test_files);
	remove_scratch();
	return DONE();
}

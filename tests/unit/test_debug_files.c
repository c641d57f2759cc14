/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are not what they should be: each a clear error, none a crash. */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debug/debug.h"
#include "debug/line.h"
#include "debug/symbols.h"
#include "test_debug/build.h"

struct answers {
	struct kl_type type;
	struct kl_member member, deep;
	struct kl_variable variable, symbol;
	struct kl_enumerator enumerator;
};

static const struct kl_request requests[] = {
	{KL_REQUEST_TYPE, "mm/alpha.c", NULL, "shape", false, offsetof(struct answers, type)},
	{KL_REQUEST_MEMBER, "mm/alpha.c", "shape", "named.deep.innermost", false, offsetof(struct answers, deep)},
	{KL_REQUEST_MEMBER, NULL, "packed_bits", "nothing", false, offsetof(struct answers, member)},
	{KL_REQUEST_VARIABLE, "lib/alpha.c", NULL, "counter", false, offsetof(struct answers, variable)},
	{KL_REQUEST_ENUMERATOR, "mm/alpha.c", "colour", "WIDE", false, offsetof(struct answers, enumerator)},
	{KL_REQUEST_SYMBOL, NULL, NULL, "alpha", false, offsetof(struct answers, symbol)},
};
#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static void check_refused(const char *name, enum kl_error_code code, const char *words)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	_cleanup_error_ struct kl_error *err = kl_debug_open(in_dir(name), &dbg);

	if (!err) {
		FAIL_("%s opens", name);
		return;
	}
	if (kl_error_code(err) != code || !strstr(kl_error_message(err), words) || !strstr(kl_error_message(err), name))
		FAIL_("%s: code %d: %s", name, kl_error_code(err), kl_error_message(err));
}

static void test_not_elf(void)
{
	CHECK(sh("echo 'just some text, long enough to look at' > text && : > empty && mkdir -p directory"));
	check_refused("text", KL_ERROR_FORMAT, "not an ELF file");
	check_refused("empty", KL_ERROR_FORMAT, "not an ELF file");
	check_refused("directory", KL_ERROR_FORMAT, "not a regular file");
	check_refused("missing", KL_ERROR_IO, "No such file");
}

static enum kl_error_code open_code(const char *name, const struct kl_debug_bounds *bounds)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	_cleanup_error_ struct kl_error *err = kl_debug_open_within(in_dir(name), bounds, &dbg);

	return err ? kl_error_code(err) : 0;
}

/* Some kilobytes that unpack to very much more. */
static void test_bombs(void)
{
	volatile sig_atomic_t stop = 1;
	struct kl_progress progress = {.stop = &stop};
	struct kl_debug_bounds generous = {.unpack_limit = 100 << 20}, impatient = {.progress = &progress};

	CHECK(sh("head -c 80M /dev/zero >zeros && for k in xz gzip; do $k -c zeros >bomb.$k; done"));
	CHECK(sh("zstd -qc zeros >declared.zst && zstd -qc <zeros >undeclared.zst && rm zeros"));
	check_refused("bomb.xz", KL_ERROR_UNSUPPORTED, "unpack to more than 64 MiB");
	check_refused("bomb.gzip", KL_ERROR_UNSUPPORTED, "unpack to more than 64 MiB");
	check_refused("declared.zst", KL_ERROR_UNSUPPORTED, "unpack to more than 64 MiB");
	check_refused("undeclared.zst", KL_ERROR_UNSUPPORTED, "unpack to more than 64 MiB");
	CHECK_INT(open_code("bomb.xz", &generous), KL_ERROR_FORMAT); /* zeros are no ELF file */
	CHECK_INT(open_code("declared.zst", &generous), KL_ERROR_FORMAT);
	CHECK_INT(open_code("bomb.gzip", &impatient), KL_ERROR_INTERRUPTED);
}

static void test_damaged_compression(void)
{
	CHECK(sh("xz -c plain > whole.xz && gzip -c plain > whole.gz && zstd -qc plain > whole.zst"));
	CHECK(sh("for k in xz gz zst; do head -c 3000 whole.$k > cut.$k; done"));
	check_refused("cut.xz", KL_ERROR_CORRUPT, "the xz data is damaged");
	check_refused("cut.gz", KL_ERROR_CORRUPT, "the gzip data is damaged");
	check_refused("cut.zst", KL_ERROR_CORRUPT, "the zstd data is damaged");
	CHECK(sh("for k in xz gz zst; do (head -c 2000 whole.$k; head -c 64 /dev/zero; tail -c +2065 whole.$k) > "
		 "bad.$k; done"));
	check_refused("bad.xz", KL_ERROR_CORRUPT, "damaged");
	check_refused("bad.gz", KL_ERROR_CORRUPT, "damaged");
	CHECK(sh("echo text | xz > text.xz"));
	check_refused("text.xz", KL_ERROR_FORMAT, "not an ELF file");
}

static void test_other_elf(void)
{
	/* class 32 bit, byte order big, type core */
	CHECK(sh("cp plain elf32 && printf '\\001' | dd of=elf32 bs=1 seek=4 conv=notrunc"));
	CHECK(sh("cp plain big && printf '\\002' | dd of=big bs=1 seek=5 conv=notrunc"));
	CHECK(sh("cp plain core && printf '\\004' | dd of=core bs=1 seek=16 conv=notrunc"));
	check_refused("elf32", KL_ERROR_UNSUPPORTED, "64-bit little-endian");
	check_refused("big", KL_ERROR_UNSUPPORTED, "64-bit little-endian");
	check_refused("core", KL_ERROR_FORMAT, "core dump");
}

/* Opens (symbols and build-id are there), but cannot say anything about types. */
static void check_no_dwarf(const char *name)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	_cleanup_error_ struct kl_error *err = NULL;
	const char *file;
	struct answers a;
	unsigned int line;

	CHECK_OK(kl_debug_open(in_dir(name), &dbg));
	if (!dbg)
		return;
	CHECK(!kl_debug_has_dwarf(dbg));
	CHECK_STR(kl_debug_build_id(dbg), "aabbccddeeff00112233445566778899aabbccdd");
	CHECK_OK(kl_debug_resolve(dbg, &requests[REQUESTS - 1], 1, &a));
	CHECK(a.symbol.present);
	err = kl_debug_resolve(dbg, requests, REQUESTS, &a);
	CHECK(err && kl_error_code(err) == KL_ERROR_UNSUPPORTED);
	CHECK(err && strstr(kl_error_message(err), "no DWARF"));
	CHECK_ERROR(kl_debug_line(dbg, a.symbol.address, &file, &line), KL_ERROR_UNSUPPORTED);
}

static void test_no_dwarf(void)
{
	CHECK(sh("strip -g -o stripped plain"));
	check_no_dwarf("stripped");
}

/* `objcopy --only-keep-debug` turned around: the section is there by name only. */
static void test_debug_info_without_contents(void)
{
	CHECK(sh("objcopy --set-section-flags .debug_info=alloc plain hollow.1 && objcopy -O elf64-x86-64 "
		 "--only-keep-debug hollow.1 hollow"));
	if (!sh("readelf -SW hollow | grep -q 'debug_info  *NOBITS'"))
		SKIP("this objcopy cannot make such a file");
	check_no_dwarf("hollow");
}

static void test_no_symbols_and_no_build_id(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct kl_symbol symbol;
	struct answers a;

	CHECK(sh("objcopy --strip-all --keep-section='.debug_*' -R .note.gnu.build-id plain bare"));
	CHECK_OK(kl_debug_open(in_dir("bare"), &dbg));
	CHECK(dbg && !kl_debug_build_id(dbg));
	CHECK_ERROR(kl_symbols_by_name(dbg, "alpha", &symbol), KL_ERROR_NOT_FOUND);
	CHECK_ERROR(kl_symbols_by_address(dbg, 0x401000, &symbol), KL_ERROR_NOT_FOUND);
	CHECK_OK(kl_debug_resolve(dbg, requests, REQUESTS, &a));
	CHECK(a.type.present && a.variable.present && !a.symbol.present);
}

/* What dwz moved to a file of its own cannot be read; wrong answers are no choice. */
static void test_supplementary_file(void)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	_cleanup_error_ struct kl_error *err = NULL;
	struct answers a;

	if (!have("dwz"))
		SKIP("dwz is not installed");
	CHECK(sh("cp plain multi.1 && cp plain multi.2 && dwz -m multi.common multi.1 multi.2"));
	if (!sh("readelf -SW multi.1 | grep -q gnu_debugaltlink"))
		SKIP("this dwz found nothing to share");
	CHECK_OK(kl_debug_open(in_dir("multi.1"), &dbg));
	err = kl_debug_resolve(dbg, requests, REQUESTS, &a);
	CHECK(err && kl_error_code(err) == KL_ERROR_UNSUPPORTED && strstr(kl_error_message(err), "dwz -m"));
}

/* Everything one can ask; whether it can be answered is not the question here. */
static void ask_everything(const char *path)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	struct kl_symbol symbol;
	const char *file;
	unsigned int line;
	struct answers a;
	size_t i;

	kl_error_destroy(kl_debug_open(path, &dbg));
	if (!dbg)
		return;
	for (i = 0; i < REQUESTS; i++)
		kl_error_destroy(kl_debug_resolve(dbg, &requests[i], 1, &a));
	kl_error_destroy(kl_symbols_by_address(dbg, 0x401002, &symbol));
	for (i = 0; i < 64; i += 8)
		kl_error_destroy(kl_debug_line(dbg, 0x401000 + i, &file, &line));
}

/* Cut anywhere, a file is refused or answers; with its section headers at the end most cuts are refused. */
static void test_truncated(void)
{
	struct stat st;
	off_t size;

	CHECK(!stat(in_dir("plain"), &st));
	for (size = 1; size < st.st_size; size += 1 + st.st_size / 97) {
		CHECK(sh("head -c %ld plain > cut", (long)size));
		ask_everything(in_dir("cut"));
	}
	CHECK(sh("head -c 600 plain > cut"));
	check_refused("cut", KL_ERROR_FORMAT, "truncated");
}

/* libdwarf does not release everything when it refuses a unit; it is told not to keep track (line_program.c). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libdwarf\n";
}

static bool write_file(const char *path, const char *bytes, size_t size)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fwrite(bytes, 1, size, f) == size;

	return f && !fclose(f) && ok;
}

/* A few bytes changed anywhere: any answer will do, but one must come. The places are the same in every run. */
static void test_random_damage(void)
{
	static char good[1 << 17], bad[sizeof(good)];
	FILE *f = fopen(in_dir("plain"), "r");
	size_t size = f ? fread(good, 1, sizeof(good), f) : 0;
	uint64_t random = 1;
	int round, i;

	if (f)
		fclose(f);
	CHECK(size > 1000 && size < sizeof(good));
	for (round = 0; round < 300 && size; round++) {
		memcpy(bad, good, size);
		for (i = 0; i < 3; i++) {
			random = random * 6364136223846793005U + 1442695040888963407U;
			bad[(random >> 33) % size] = (char)(random >> 24);
		}
		CHECK(write_file(in_dir("bad"), bad, size));
		ask_everything(in_dir("bad"));
	}
}

/* What the sample of hostile DWARF answers to one request: KL_ERROR_CORRUPT, or 0 and the answer. */
static int ask_unit(const char *unit, enum kl_request_kind kind, const char *owner, const char *path,
		    struct answers *ret)
{
	static const size_t targets[] = {
		[KL_REQUEST_TYPE] = offsetof(struct answers, type),
		[KL_REQUEST_MEMBER] = offsetof(struct answers, member),
		[KL_REQUEST_VARIABLE] = offsetof(struct answers, variable),
	};
	struct kl_request request = {kind, unit, owner, path, false, targets[kind]};
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
	_cleanup_error_ struct kl_error *err = NULL;

	memset(ret, 0, sizeof(*ret));
	CHECK_OK(kl_debug_open(in_dir("hostile"), &dbg));
	err = kl_debug_resolve(dbg, &request, 1, ret);
	return err ? (int)kl_error_code(err) : 0;
}

static int ask_hostile(enum kl_request_kind kind, const char *owner, const char *path, struct answers *ret)
{
	return ask_unit("mm/hostile.c", kind, owner, path, ret);
}

static void test_hostile_types(void)
{
	struct answers a;

	CHECK_INT(ask_hostile(KL_REQUEST_TYPE, NULL, "number", &a), 0);
	CHECK_INT(a.type.size, 8);
	CHECK_INT(ask_hostile(KL_REQUEST_TYPE, NULL, "own_type", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_TYPE, NULL, "ping", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "own_type", "x", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "contains_itself", "nothing", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "contains_itself", "self.self.self", &a), 0);
	CHECK_INT(a.member.offset, 3);
	CHECK_INT(ask_unit("mm/loop.c", KL_REQUEST_TYPE, NULL, "nothing", &a), KL_ERROR_CORRUPT);
}

static void test_hostile_members(void)
{
	struct answers a;

	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "good", &a), 0);
	CHECK_INT(a.member.offset, 24);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "far", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "many", &a), 0);
	CHECK(!a.member.present);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "variable_bound", &a), 0);
	CHECK(a.member.present);
	CHECK_INT(a.member.count, 0);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "by_signature", &a), 0);
	CHECK(!a.member.present);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "wide", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "deep", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "computed", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "dereferenced", &a), KL_ERROR_CORRUPT);
	CHECK_INT(ask_hostile(KL_REQUEST_MEMBER, "absurd", "nowhere", &a), KL_ERROR_CORRUPT);
}

static void test_hostile_variables(void)
{
	struct answers a;

	CHECK_INT(ask_hostile(KL_REQUEST_VARIABLE, NULL, "short_location|register_location", &a), 0);
	CHECK(!a.variable.present);
	CHECK_INT(ask_hostile(KL_REQUEST_VARIABLE, NULL, "array_location", &a), 0);
	CHECK(a.variable.present);
	CHECK_INT(a.variable.address, 0x1234);
	CHECK_INT(a.variable.size, 0);
}

int main(void)
{
	make_dir("test_debug_files");
	if (!build_program("cc -gdwarf-5", "plain") ||
	    !sh("as -o hostile.o src/hostile.s && ld -e 0 -o hostile hostile.o"))
		printf("# cannot build the samples\n");
	RUN(test_not_elf);
	RUN(test_bombs);
	RUN(test_damaged_compression);
	RUN(test_other_elf);
	RUN(test_no_dwarf);
	RUN(test_debug_info_without_contents);
	RUN(test_no_symbols_and_no_build_id);
	RUN(test_supplementary_file);
	RUN(test_truncated);
	RUN(test_random_damage);
	RUN(test_hostile_types);
	RUN(test_hostile_members);
	RUN(test_hostile_variables);
	return DONE();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What calls of kmalloc() ask for, and which of them allocate one struct: programs of two compilers, two machines and
 * both versions of DWARF, the instructions that are followed, and the cache of answers.
 */
#include "test.h"

#include <elf.h>

#include "debug/alloc_calls.h"
#include "debug/alloc_calls_cache.h"
#include "debug/returned.h"
#include "test_debug/build.h"

#define LINK "ld -e 0 --unresolved-symbols=ignore-all --build-id=0xaabb -o calls calls.o"
#define ID "aabbccdd"

static bool find(const char *file, struct kl_alloc_calls *sites)
{
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;

	CHECK_OK(kl_alloc_calls_init(sites));
	CHECK_OK(kl_debug_open(in_dir(file), &dbg));
	if (!dbg)
		return false;
	CHECK_OK(kl_alloc_calls_find(dbg, sites));
	return true;
}

/* The struct that function @symbol allocates; NULL when there is no answer for it. */
static const char *told(const struct kl_alloc_calls *sites, const char *symbol)
{
	const struct kl_alloc_call *site;

	kl_vec_for_each (site, &sites->list)
		if (site->type && !strcmp(kl_intern_get(sites->names, site->symbol, NULL), symbol))
			return kl_intern_get(sites->names, site->type, NULL);
	return NULL;
}

static void check_told(const struct kl_alloc_calls *sites, const char *symbol, const char *type)
{
	const struct kl_alloc_call *site;

	CHECK_STR(told(sites, symbol), type);
	kl_vec_for_each (site, &sites->list) {
		if (strcmp(kl_intern_get(sites->names, site->symbol, NULL), symbol))
			continue;
		CHECK(kl_alloc_calls_at(sites, site->address) == site);
		CHECK(kl_alloc_calls_in(sites, symbol, site->offset) == site);
		CHECK(!kl_alloc_calls_at(sites, site->address - 1));
		CHECK(!kl_alloc_calls_in(sites, symbol, site->offset + 1));
	}
}

/* Whatever is told is right: functions are called like what they allocate. */
static void check_truth(const struct kl_alloc_calls *sites)
{
	const struct kl_alloc_call *site;

	kl_vec_for_each (site, &sites->list) {
		const char *symbol = kl_intern_get(sites->names, site->symbol, NULL);
		const char *type = kl_intern_get(sites->names, site->type, NULL);

		if (site->type && (strncmp(symbol, type, strlen(type)) || strcmp(symbol + strlen(type), "_told")))
			FAIL_("%s is said to allocate a %s", symbol, type);
	}
}

static size_t count_structs(const struct kl_alloc_calls *sites)
{
	const struct kl_alloc_call *site;
	size_t n = 0;

	kl_vec_for_each (site, &sites->list)
		n += site->type != 0;
	return n;
}

/* The only call in function @symbol; all zero when nothing is known of it. */
static struct kl_alloc_call call_in(const struct kl_alloc_calls *sites, const char *symbol)
{
	const struct kl_alloc_call *site, *found = &(const struct kl_alloc_call){};

	kl_vec_for_each (site, &sites->list)
		if (!strcmp(kl_intern_get(sites->names, site->symbol, NULL), symbol))
			found = site;
	return *found;
}

static void check_request(const struct kl_alloc_calls *sites, const char *symbol, uint64_t size, uint64_t flags,
			  bool zeroes)
{
	struct kl_alloc_call call = call_in(sites, symbol);

	if (call.size != size || call.flags != flags || call.zeroes != zeroes)
		FAIL_("%s asks for %u bytes, flags %#x, zeroes %d", symbol, (unsigned)call.size, (unsigned)call.flags,
		      call.zeroes);
	CHECK_INT(call.growth, KL_GROWTH_NONE);
}

/* What the arguments say: told rightly, or not at all. */
static void check_requests(const struct kl_alloc_calls *sites, bool all)
{
	const struct kl_alloc_call *site;

	check_request(sites, "size_alone", 40, 0, false);
	check_request(sites, "of_a_cache", 0, 0xcc0, false);
	check_request(sites, "always_zero", 0, 0, true);
	check_request(sites, "nothing_known", 0, 0, false);
	check_request(sites, "wide_argument", 0, 0, false);
	if (all) {
		check_request(sites, "size_and_flags", 24, 0xdc0, false);
		check_request(sites, "flags_alone", 0, 0xdc0, false);
	}
	kl_vec_for_each (site, &sites->list) {
		if (strcmp(kl_intern_get(sites->names, site->symbol, NULL), "of_a_copy"))
			continue;
		CHECK(!site->flags || site->flags == 0xdc0 || site->flags == 0xcc0);
		CHECK(!site->size || site->size == 56 || site->size == 64);
	}
}

/* @all: by GCC. Clang 14 does not describe calls of functions whose names begin with "__", later ones do. */
static void check_sites(const struct kl_alloc_calls *sites, bool all)
{
	check_told(sites, "plain_told", "plain");
	if (all) {
		check_told(sites, "qualified_told", "qualified");
		check_told(sites, "inlined_told", "inlined");
		check_told(sites, "profiled_told", "profiled");
		CHECK_INT(count_structs(sites), 4);
	}
	check_truth(sites);
	check_requests(sites, all);
}

static void check_compiler(const char *compiler, const char *flags, const char *linker)
{
	bool all = strcmp(compiler, "clang") != 0;
	_cleanup_alloc_calls_ struct kl_alloc_calls linked = {}, module = {};

	if (!have(compiler))
		SKIP("no such compiler");
	CHECK(sh("%s %s -O2 -ffreestanding -fno-pic -c src/calls.c -o calls.o && %s" LINK, compiler, flags, linker));
	if (find("calls", &linked))
		check_sites(&linked, all);
	if (find("calls.o", &module))
		check_sites(&module, all);
}

static void test_gcc_dwarf5(void)
{
	check_compiler("gcc", "-gdwarf-5", "");
}

static void test_gcc_dwarf4(void)
{
	check_compiler("gcc", "-gdwarf-4", "");
}

static void test_clang_dwarf5(void)
{
	check_compiler("clang", "-gdwarf-5", "");
}

static void test_clang_dwarf4(void)
{
	check_compiler("clang", "-gdwarf-4 -ggdb", "");
}

static void test_aarch64(void)
{
	check_compiler("aarch64-linux-gnu-gcc", "-g", "aarch64-linux-gnu-");
}

/* No locations, no calls, or no DWARF for them: nothing is told, nothing fails. */
static void test_poor_dwarf(void)
{
	static const char *const flags[] = {"-g -O0", "-g1 -O2", "-gdwarf-2 -gstrict-dwarf -O2"};
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		_cleanup_alloc_calls_ struct kl_alloc_calls sites = {};

		CHECK(sh("gcc %s -ffreestanding -fno-pic -c src/calls.c -o calls.o && " LINK, flags[i]));
		if (find("calls", &sites))
			CHECK_INT(sites.list.count, 0);
	}
}

/* Without the code only what DWARF alone tells is left: a variable in the register of results at the return address. */
static void test_separate_debug_file(void)
{
	_cleanup_alloc_calls_ struct kl_alloc_calls sites = {};

	CHECK(sh("gcc -g -O2 -ffreestanding -fno-pic -c src/calls.c -o calls.o && " LINK
		 " && objcopy --only-keep-debug calls calls.debug"));
	if (!find("calls.debug", &sites))
		return;
	CHECK(!told(&sites, "profiled_told"));
	check_truth(&sites);
}

/* Objects of a file that calls krealloc() may be larger than it asked for at first. */
static void test_file_that_enlarges(void)
{
	_cleanup_alloc_calls_ struct kl_alloc_calls sites = {};

	CHECK(sh("gcc -g -O2 -ffreestanding -fno-pic -c src/calls.c -o calls.o && "
		 "gcc -g -O2 -ffreestanding -fno-pic -c src/grows.c -o grows.o && " LINK " grows.o"));
	if (!find("calls", &sites))
		return;
	CHECK_INT(call_in(&sites, "ask_for_some").growth, KL_GROWTH_RESIZES);
	CHECK_INT(call_in(&sites, "ask_for_some").size, 24);
	CHECK(call_in(&sites, "size_alone").size && !call_in(&sites, "size_alone").growth);
}

/* ---- damage ---- */

static uint8_t *read_file(const char *name, long *size)
{
	FILE *f = fopen(in_dir(name), "rb");
	uint8_t *bytes = NULL;

	if (f && !fseek(f, 0, SEEK_END) && (*size = ftell(f)) > 0 && (bytes = malloc((size_t)*size))) {
		rewind(f);
		CHECK(fread(bytes, 1, (size_t)*size, f) == (size_t)*size);
	}
	if (f)
		fclose(f);
	return bytes;
}

static void write_damaged(const uint8_t *bytes, long size, unsigned *seed)
{
	FILE *f = fopen(in_dir("damaged"), "wb");
	int i;

	CHECK(f && fwrite(bytes, 1, (size_t)size, f) == (size_t)size);
	for (i = 0; f && i < 8; i++) {
		*seed = *seed * 1664525 + 1013904223;
		fseek(f, 0x1000 + (long)(*seed >> 8) % (size - 0x1800), SEEK_SET);
		fputc((int)(*seed & 0xff), f);
	}
	if (f)
		fclose(f);
}

/* Any damage ends in an error or in fewer answers, never outside the sections. */
static void damage(const char *flags)
{
	unsigned seed = 1, i;
	uint8_t *bytes;
	long size = 0;

	CHECK(sh("gcc %s -O2 -ffreestanding -fno-pic -c src/calls.c -o calls.o && " LINK, flags));
	bytes = read_file("calls", &size);
	for (i = 0; bytes && i < 200; i++) {
		_cleanup_alloc_calls_ struct kl_alloc_calls sites = {};
		_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;
		struct kl_error *err;

		write_damaged(bytes, size, &seed);
		CHECK_OK(kl_alloc_calls_init(&sites));
		err = kl_debug_open(in_dir("damaged"), &dbg);
		if (!err)
			err = kl_alloc_calls_find(dbg, &sites);
		kl_error_destroy(err);
	}
	free(bytes);
}

static void test_damaged_dwarf(void)
{
	damage("-gdwarf-5");
	damage("-gdwarf-4");
}

/* A list of locations that runs out of its section is said to be damage, whatever else was found. */
static void test_cut_list_is_an_error(void)
{
	_cleanup_alloc_calls_ struct kl_alloc_calls sites = {};
	_cleanup_(kl_debug_closep) struct kl_debug *dbg = NULL;

	CHECK(sh("gcc -gdwarf-5 -O2 -ffreestanding -fno-pic -c src/calls.c -o calls.o && " LINK
		 " && head -c 20 /dev/zero | tr '\\0' '\\10' >cut && objcopy --update-section .debug_loclists=cut "
		 "calls"));
	CHECK_OK(kl_alloc_calls_init(&sites));
	CHECK_OK(kl_debug_open(in_dir("calls"), &dbg));
	if (dbg)
		CHECK_ERROR(kl_alloc_calls_find(dbg, &sites), KL_ERROR_CORRUPT);
}

/* ---- instructions ---- */

struct bytes {
	const uint8_t *data;
	size_t length;
};

static bool read_bytes(const void *context, uint64_t address, const uint8_t **ret, size_t *length)
{
	const struct bytes *b = context;

	if (address >= b->length)
		return false;
	*ret = b->data + address;
	*length = b->length - address;
	return true;
}

/* Where register @reg holds the result, as a bit per address below 64. */
static uint64_t where(uint16_t machine, const uint8_t *data, size_t length, unsigned reg)
{
	const struct bytes bytes = {data, length};
	const struct kl_code code = {read_bytes, &bytes, machine};
	struct kl_returned_step steps[KL_RETURNED_STEPS];
	size_t i, n = kl_returned_follow(&code, 0, steps);
	uint64_t ret = 0;

	for (i = 0; i < n; i++)
		if (steps[i].address < 64 && steps[i].holders >> reg & 1)
			ret |= UINT64_C(1) << steps[i].address;
	return ret;
}

#define AT(address) (UINT64_C(1) << (address))
#define X86(reg, ...) where(EM_X86_64, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), reg)

enum { RAX = 0, RDX = 1, RCX = 2, RBX = 3, RSI = 4, RDI = 5, RBP = 6, R8 = 8, R13 = 13, R15 = 15 };

static void test_x86_copies(void)
{
	/* mov %rax,%rbx; test %rax,%rax; je +2; mov %rax,0x28(%rax) */
	CHECK_INT(X86(RBX, 0x48, 0x89, 0xc3, 0x48, 0x85, 0xc0, 0x74, 0x02, 0x48, 0x89, 0x40, 0x28),
		  AT(3) | AT(6) | AT(8) | AT(12));
	CHECK_INT(X86(RAX, 0x48, 0x89, 0xc3, 0x48, 0x85, 0xc0, 0x74, 0x02, 0x48, 0x89, 0x40, 0x28),
		  AT(0) | AT(3) | AT(6) | AT(8) | AT(12));
	CHECK_INT(X86(R15, 0x49, 0x89, 0xc7), AT(3)); /* mov %rax,%r15 */
	CHECK_INT(X86(R15, 0x4c, 0x8b, 0xf8), AT(3)); /* the same, encoded the other way */
	CHECK_INT(X86(RDX, 0x48, 0x89, 0xc2), AT(3)); /* number 2 of the instruction set is 1 of DWARF */
	CHECK_INT(X86(RSI, 0x48, 0x89, 0xc6), AT(3));
	CHECK_INT(X86(RBP, 0x48, 0x89, 0xc5), AT(3));
	CHECK_INT(X86(RBX, 0x89, 0xc3), 0);                            /* mov %eax,%ebx: half of it */
	CHECK_INT(X86(R8, 0x48, 0x89, 0xc3, 0x49, 0x89, 0xd8), AT(6)); /* by way of %rbx */
	CHECK_INT(X86(RCX, 0x48, 0x89, 0xd9), 0);                      /* mov %rbx,%rcx: something else */
}

static void test_x86_writes(void)
{
	CHECK_INT(X86(RAX, 0x48, 0x8b, 0x43, 0x08), AT(0));                   /* mov 8(%rbx),%rax */
	CHECK_INT(X86(RAX, 0x48, 0x8d, 0x40, 0x08), AT(0));                   /* lea 8(%rax),%rax */
	CHECK_INT(X86(RAX, 0x48, 0x83, 0xc0, 0x08), AT(0));                   /* add $8,%rax */
	CHECK_INT(X86(RAX, 0x48, 0x83, 0xf8, 0x08), AT(0) | AT(4));           /* cmp $8,%rax */
	CHECK_INT(X86(RAX, 0x31, 0xc0), AT(0));                               /* xor %eax,%eax */
	CHECK_INT(X86(RAX, 0x33, 0xc3), AT(0));                               /* xor %ebx,%eax */
	CHECK_INT(X86(RAX, 0xb8, 1, 0, 0, 0), AT(0));                         /* mov $1,%eax */
	CHECK_INT(X86(RAX, 0x58), AT(0));                                     /* pop %rax */
	CHECK_INT(X86(RAX, 0x0f, 0xb6, 0xc3), AT(0));                         /* movzbl %bl,%eax */
	CHECK_INT(X86(RAX, 0x0f, 0x94, 0xc0), AT(0));                         /* sete %al */
	CHECK_INT(X86(RAX, 0x48, 0xc7, 0xc0, 1, 0, 0, 0), AT(0));             /* mov $1,%rax */
	CHECK_INT(X86(RAX, 0x48, 0xff, 0xc0), AT(0));                         /* inc %rax */
	CHECK_INT(X86(RAX, 0xe8, 0, 0, 0, 0, 0x90), AT(0));                   /* call */
	CHECK_INT(X86(RAX, 0xf0, 0x48, 0x0f, 0xb1, 0x13, 0x90), AT(0));       /* lock cmpxchg */
	CHECK_INT(X86(RAX, 0xc6, 0xc4, 0x01, 0x90), AT(0));                   /* mov $1,%ah */
	CHECK_INT(X86(RBX, 0x48, 0x89, 0xc3, 0x48, 0x0f, 0x44, 0xda), AT(3)); /* cmove %rdx,%rbx */
}

static void test_x86_lengths(void)
{
	/* mov %gs:0x7efde7ae(%rip),%r8; mov %rax,%r15; cmpq $0x818ab220,0x38(%r8); jne; mov 8(%rsp),%rax */
	CHECK_INT(X86(R15, 0x65, 0x4c, 0x8b, 0x05, 0xae, 0xe7, 0xfd, 0x7e, 0x49, 0x89, 0xc7, 0x49, 0x81, 0x78, 0x38,
		      0x20, 0xb2, 0x8a, 0x81, 0x0f, 0x85, 0x0d, 0x02, 0x00, 0x00, 0x48, 0x8b, 0x44, 0x24, 0x08),
		  AT(11) | AT(19) | AT(25) | AT(30));
	/* movq $1,0x12345678(%rbx,%rcx,2); movl $1,(%r13) needs a byte; movb $1,(,%rcx,4) four */
	CHECK_INT(X86(RAX, 0x48, 0xc7, 0x84, 0x4b, 0x78, 0x56, 0x34, 0x12, 1, 0, 0, 0, 0x41, 0xc7, 0x45, 0x00, 1, 0, 0,
		      0, 0xc6, 0x04, 0x8d, 0, 0, 0, 0, 1, 0x90),
		  AT(0) | AT(12) | AT(20) | AT(28) | AT(29));
	/* movabs $..,%rdx; push %r12; nopl 0(%rax,%rax,1); testb $1,(%rbx) */
	CHECK_INT(X86(RAX, 0x48, 0xba, 1, 2, 3, 4, 5, 6, 7, 8, 0x41, 0x54, 0x0f, 0x1f, 0x44, 0, 0, 0xf6, 0x03, 1),
		  AT(0) | AT(10) | AT(12) | AT(17) | AT(20));
	CHECK_INT(X86(RBX, 0x48, 0x89), 0); /* cut off */
}

static void test_x86_jumps(void)
{
	CHECK_INT(X86(RBX, 0x48, 0x89, 0xc3, 0xeb, 0x01, 0xcc, 0x90), AT(3) | AT(6) | AT(7));
	CHECK_INT(X86(RBX, 0xeb, 0x03, 0x90, 0x90, 0x90, 0x48, 0x89, 0xc3), AT(8));
	CHECK_INT(X86(RAX, 0x90, 0xeb, 0xfd), AT(0) | AT(1)); /* for ever */
	/* jmp with four bytes; a relocation belongs into the second one */
	CHECK_INT(X86(RAX, 0xe9, 0x01, 0, 0, 0, 0xcc, 0x90), AT(0) | AT(6) | AT(7));
	CHECK_INT(X86(RAX, 0xe9, 0, 0, 0, 0, 0x90), AT(0));
}

static uint64_t a64(unsigned reg, const uint32_t *words, size_t n)
{
	return where(EM_AARCH64, (const uint8_t *)words, n * 4, reg);
}

#define A64(reg, ...) a64(reg, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void test_a64(void)
{
	CHECK_INT(A64(19, 0xaa0003f3, 0xb4000040), AT(4) | AT(8)); /* mov x19,x0; cbz x0 */
	CHECK_INT(A64(0, 0xaa0003f3, 0xb4000040), AT(0) | AT(4) | AT(8));
	CHECK_INT(A64(19, 0x2a0003f3), 0);                                /* mov w19,w0 */
	CHECK_INT(A64(1, 0xaa0003ff, 0xaa1f03e1), 0);                     /* by way of xzr */
	CHECK_INT(A64(0, 0xd5384101, 0xf9401c22), AT(0) | AT(4) | AT(8)); /* mrs x1,sp_el0; ldr x2,[x1,#56] */
	CHECK_INT(A64(0, 0xf9401c20), AT(0));                             /* ldr x0,[x1,#56] */
	CHECK_INT(A64(0, 0xf9000020), AT(0) | AT(4));                     /* str x0,[x1] */
	CHECK_INT(A64(0, 0xf9400001), AT(0) | AT(4));                     /* ldr x1,[x0] */
	CHECK_INT(A64(0, 0xf8408401), AT(0));                             /* ldr x1,[x0],#8 */
	CHECK_INT(A64(0, 0xa9000420), AT(0) | AT(4));                     /* stp x0,x1,[x1] */
	CHECK_INT(A64(0, 0xa9400022), AT(0));                             /* ldp x2,x0,[x1] */
	CHECK_INT(A64(0, 0xeb01001f), AT(0) | AT(4));                     /* cmp x0,x1 */
	CHECK_INT(A64(0, 0x91002000), AT(0));                             /* add x0,x0,#8 */
	CHECK_INT(A64(0, 0xc8017c40), AT(0));                             /* stxr w1,x0,[x2] */
	CHECK_INT(A64(0, 0x94000002, 0xd503201f), AT(0));                 /* bl */
	CHECK_INT(A64(19, 0xaa0003f3, 0x14000002, 0xd4210000, 0xd503201f), AT(4) | AT(12) | AT(16)); /* b over brk */
	CHECK_INT(A64(0, 0xd503201f, 0x17ffffff), AT(0) | AT(4)); /* b back, for ever */
	CHECK_INT(A64(0, 0x14000000, 0xd503201f), AT(0));         /* b with a relocation */
}

static void test_unknown_machine(void)
{
	CHECK_INT(where(EM_RISCV, (const uint8_t[]){0x90}, 1, 0), 0);
	CHECK_INT(where(EM_X86_64, NULL, 0, RAX), AT(0)); /* no code: only the return address itself */
}

/* ---- the cache ---- */

static void store(struct kl_alloc_calls *sites)
{
	CHECK(sh("rm -rf cache && gcc -g -O2 -ffreestanding -fno-pic -c src/calls.c -o calls.o && " LINK));
	if (find("calls", sites))
		CHECK_OK(kl_alloc_calls_store(in_dir("cache"), ID, sites));
}

static void test_cache_answers_the_same(void)
{
	_cleanup_alloc_calls_ struct kl_alloc_calls sites = {}, again = {};
	bool hit = false;
	size_t i;

	store(&sites);
	CHECK_OK(kl_alloc_calls_init(&again));
	CHECK_OK(kl_alloc_calls_load(in_dir("cache"), ID, &again, &hit));
	CHECK(hit);
	check_sites(&again, true);
	CHECK_INT(again.list.count, sites.list.count);
	for (i = 0; i < sites.list.count && i < again.list.count; i++) {
		CHECK_INT(again.list.data[i].size, sites.list.data[i].size);
		CHECK_INT(again.list.data[i].flags, sites.list.data[i].flags);
		CHECK_INT(again.list.data[i].zeroes, sites.list.data[i].zeroes);
	}
}

/* That a file has no answers is worth keeping, too. */
static void test_cache_of_no_answers(void)
{
	_cleanup_alloc_calls_ struct kl_alloc_calls none = {}, again = {};
	bool hit = false;

	CHECK_OK(kl_alloc_calls_init(&none));
	CHECK_OK(kl_alloc_calls_init(&again));
	CHECK_OK(kl_alloc_calls_store(in_dir("cache"), "0123", &none));
	CHECK_OK(kl_alloc_calls_load(in_dir("cache"), "0123", &again, &hit));
	CHECK(hit && !again.list.count);
}

static void check_miss(const char *id)
{
	_cleanup_alloc_calls_ struct kl_alloc_calls sites = {};
	bool hit = true;

	CHECK_OK(kl_alloc_calls_init(&sites));
	CHECK_OK(kl_alloc_calls_load(in_dir("cache"), id, &sites, &hit));
	CHECK(!hit);
	CHECK_INT(sites.list.count, 0);
}

static void test_cache_misses(void)
{
	_cleanup_alloc_calls_ struct kl_alloc_calls sites = {};

	store(&sites);
	check_miss("aabbccde");
	check_miss("../" ID);
	check_miss(NULL);
	CHECK(sh("cp cache/layouts/%s.alloc_calls whole && sed -i 's/plain/plein/' cache/layouts/%s.alloc_calls", ID,
		 ID));
	check_miss(ID);
	CHECK(sh("sed 's/alloc_calls 3/alloc_calls 2/' whole >cache/layouts/%s.alloc_calls", ID));
	check_miss(ID);
	CHECK(sh("head -c 60 whole >cache/layouts/%s.alloc_calls", ID));
	check_miss(ID);
	CHECK(sh(": >cache/layouts/%s.alloc_calls", ID));
	check_miss(ID);
}

int main(void)
{
	make_dir("test_call_sites");
	RUN(test_gcc_dwarf5);
	RUN(test_gcc_dwarf4);
	RUN(test_clang_dwarf5);
	RUN(test_clang_dwarf4);
	RUN(test_aarch64);
	RUN(test_poor_dwarf);
	RUN(test_separate_debug_file);
	RUN(test_file_that_enlarges);
	RUN(test_damaged_dwarf);
	RUN(test_cut_list_is_an_error);
	RUN(test_x86_copies);
	RUN(test_x86_writes);
	RUN(test_x86_lengths);
	RUN(test_x86_jumps);
	RUN(test_a64);
	RUN(test_unknown_machine);
	RUN(test_cache_answers_the_same);
	RUN(test_cache_of_no_answers);
	RUN(test_cache_misses);
	return DONE();
}

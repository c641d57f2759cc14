/* SPDX-License-Identifier: GPL-2.0-or-later */
/* torture: damages a copy of a dump, one place at a time, and looks whom the tool accuses then.
 *
 * What is a leak in the undamaged dump is the truth; a leak or indirect leak that is in no undamaged run is an
 * accusation, silent when the run ended with exit code 0.
 *
 * usage: torture [-n RUNS] [-s SEED] [-t TARGET] [-k KIND] [-v] KLEAK-DUMP VMLINUX MODULES DUMP SCRATCH
 *   RUNS random runs per target (the variables: each with each kind once). Runs that accuse silently are named.
 * Exit code: 1 when a run accused more than 10 objects silently, crashed or hung.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/opened.h"
#include "analysis/settings.h"
#include "heap/heap.h"
#include "kernel/layouts.h"
#include "kernel/machine/machine.h"
#include "kernel/machine/task.h"
#include "kernel/sources/kmemleak.h"
#include "util/search.h"

#define SILENT_MAX 10 /* accusations that a run may make without a word */
#define SECONDS_MAX 60
#define PAGE 4096

static const char *tool, *vmlinux, *modules, *scratch;
static unsigned runs = 20, seed = 1;
static const char *only_target, *only_kind;
static bool verbose;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "torture: %s: %s\n", what, strerror(errno));
	exit(3);
}

static void *must(void *allocated)
{
	if (!allocated)
		die("memory");
	return allocated;
}

/* xorshift64*: the same seed gives the same runs everywhere. */
static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * UINT64_C(2685821657736338717) % below;
}

/* ---- the copy of the dump ---- */

static struct {
	char path[4096];
	uint8_t *bytes;
	size_t length;
	const Elf64_Phdr *program;
	unsigned n_programs;
} copy;

static void copy_dump(const char *from)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	const Elf64_Ehdr *header;
	struct stat st;
	void *source;

	snprintf(copy.path, sizeof(copy.path), "%s/vmcore", scratch);
	out = open(copy.path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (in < 0 || out < 0 || fstat(in, &st) < 0 || ftruncate(out, st.st_size) < 0)
		die(from);
	copy.length = (size_t)st.st_size;
	source = mmap(NULL, copy.length, PROT_READ, MAP_PRIVATE, in, 0);
	copy.bytes = mmap(NULL, copy.length, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
	if (source == MAP_FAILED || copy.bytes == MAP_FAILED)
		die("mmap");
	memcpy(copy.bytes, source, copy.length);
	munmap(source, copy.length);
	close(in);
	close(out);
	header = (const Elf64_Ehdr *)copy.bytes;
	if (copy.length < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		die("only ELF dumps can be damaged in place");
	copy.program = (const Elf64_Phdr *)(copy.bytes + header->e_phoff);
	copy.n_programs = header->e_phnum;
}

/* The bytes of physical memory at @pa; NULL when @length of them are not in one piece in the file. */
static uint8_t *at_physical(uint64_t pa, size_t length)
{
	unsigned i;

	for (i = 0; i < copy.n_programs; i++) {
		const Elf64_Phdr *p = &copy.program[i];

		if (p->p_type == PT_LOAD && pa >= p->p_paddr && pa + length <= p->p_paddr + p->p_filesz)
			return copy.bytes + p->p_offset + (pa - p->p_paddr);
	}
	return NULL;
}

/* ---- one run of the tool ---- */

struct outcome {
	int exit_code;  /* 128 + signal when it crashed, -1 when it hung */
	size_t leaks;   /* leak and indirect */
	size_t accused; /* of these, not in the undamaged run */
	uint64_t first; /* address of one of those */
};

/* Addresses, ascending. */
struct addresses {
	uint64_t *list;
	size_t count;
};

static struct addresses baseline;

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool holds(const struct addresses *set, uint64_t address)
{
	return set->count && bsearch(&address, set->list, set->count, sizeof(address), by_value);
}

static void add(struct addresses *set, uint64_t address)
{
	if ((set->count & (set->count - 1)) == 0)
		set->list = must(realloc(set->list, (set->count ? 2 * set->count : 1) * sizeof(*set->list)));
	set->list[set->count++] = address;
}

static int run_tool(const char *database)
{
	unsigned tenths = 0;
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		if (!verbose)
			dup2(null, 2);
		execl(tool, tool, "analyze", "--vmlinux", vmlinux, "--modules", modules, "--db", database, copy.path,
		      (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (++tenths > SECONDS_MAX * 100) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		usleep(10000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void read_leaks(const char *database, struct addresses *ret)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;

	if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT address FROM findings WHERE verdict IN ('leak', 'indirect')", -1, &statement,
			       NULL) == SQLITE_OK) {
		while (sqlite3_step(statement) == SQLITE_ROW) {
			const char *text = (const char *)sqlite3_column_text(statement, 0);

			add(ret, text ? strtoull(text, NULL, 0) : 0);
		}
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	qsort(ret->list, ret->count, sizeof(*ret->list), by_value);
}

static struct outcome analyze(struct addresses *leaks)
{
	struct addresses own = {};
	struct outcome o = {};
	char database[4200];
	size_t i;

	snprintf(database, sizeof(database), "%s/torture.db", scratch);
	unlink(database);
	o.exit_code = run_tool(database);
	read_leaks(database, &own);
	o.leaks = own.count;
	for (i = own.count; i-- > 0;) {
		if (holds(&baseline, own.list[i]))
			continue;
		o.accused++;
		o.first = own.list[i];
	}
	if (leaks)
		*leaks = own;
	else
		free(own.list);
	return o;
}

/* ---- what is damaged ---- */

enum target {
	VARIABLE,
	PAGE_ANY,
	PAGE_METADATA, /* kmemleak's records */
	PAGE_OBJECT,   /* what tracked objects hold */
	PAGE_TABLE,
	PAGE_MEMMAP,
	PAGE_TASK,
	PAGE_STACK,
	PAGE_PERCPU,
	PAGE_DATA, /* of the kernel's image */
	TARGETS,
};

static const char *const target_names[] = {"variable", "any page", "records", "objects", "page tables",
					   "memmap",   "tasks",    "stacks",  "per-CPU", "data"};

enum kind {
	BIT,
	ZERO,
	ONES,
	SHIFTED,
	NOISE,
	EMPTY,
	WORD_KINDS,
	TORN_ZERO = WORD_KINDS,
	TORN_HALF,
	DUPLICATE,
	SWAPPED,
	BITS,
	KINDS
};

static const char *const kind_names[] = {"bit",    "zero",         "ones",       "shifted", "noise", "empty list",
					 "zeroed", "half-written", "duplicated", "swapped", "bits"};

struct place {
	uint64_t pa, address; /* address: virtual, 0 where nobody asked for it */
	char name[80];
};

static KL_VEC(struct place) places[TARGETS];

static void add_place(struct kl_image *img, enum target target, uint64_t address, bool page, const char *name)
{
	struct place place = {.address = address};
	uint64_t pa;
	struct kl_error *err = kl_image_translate(img, address, &pa);

	if (err) {
		kl_error_destroy(err);
		return;
	}
	place.pa = page ? pa & ~(uint64_t)(PAGE - 1) : pa;
	if (!at_physical(place.pa, page ? PAGE : 8))
		return;
	snprintf(place.name, sizeof(place.name), "%s", name);
	if (!kl_vec_push(&places[target], place))
		die("memory");
}

static void add_range(struct kl_image *img, enum target target, uint64_t start, uint64_t end)
{
	uint64_t at;

	for (at = start; start && at < end; at += PAGE)
		add_place(img, target, at, true, "");
}

/* Page tables: the top level, and what its present entries of the kernel's half lead to, two levels down. */
static void add_tables(uint64_t pa, unsigned depth)
{
	const uint8_t *table = at_physical(pa, PAGE);
	struct place place = {.pa = pa};
	unsigned i;

	if (!table || !kl_vec_push(&places[PAGE_TABLE], place) || depth == 0)
		return;
	for (i = depth == 3 ? 256 : 0; i < 512; i++) {
		uint64_t entry;

		memcpy(&entry, table + i * 8, 8);
		if ((entry & 1) && !(entry & 0x80))
			add_tables(entry & UINT64_C(0xffffffffff000), depth - 1);
	}
}

static void add_variables(struct kl_kernel *k)
{
	const struct kl_layouts *l = &k->layouts;

#define KL_VARIABLE(ident, unit, name, type, need) \
	if (l->variables.ident.present)            \
		add_place(k->image, VARIABLE, kl_kernel_variable(k, &l->variables.ident), false, #ident);
#include "kernel/layouts.def"
#define KL_SYMBOL(ident, name, need)  \
	if (l->symbols.ident.present) \
		add_place(k->image, VARIABLE, kl_kernel_variable(k, &l->symbols.ident), false, #ident);
#include "kernel/layouts.def"
}

static void add_tasks(struct kl_kernel *k)
{
	struct kl_tasks tasks = {};
	const struct kl_task *task;

	kl_error_destroy(kl_tasks_read(k, &tasks));
	kl_vec_for_each (task, &tasks.list) {
		add_range(k->image, PAGE_TASK, task->address, task->address + PAGE);
		add_range(k->image, PAGE_STACK, task->stack, task->stack + tasks.stack_size);
	}
	kl_tasks_deinit(&tasks);
}

static void add_heap(struct kl_kernel *k)
{
	struct kl_heap heap = {};
	struct kl_kmemleak km;
	size_t row;

	if (kl_heap_init(&heap) || kl_kmemleak_read(k, NULL, &heap, &km))
		die("the objects cannot be read");
	for (row = 0; row < heap.rows; row++) {
		add_range(k->image, PAGE_METADATA, heap.metadata[row], heap.metadata[row] + 1);
		if (heap.class_[row] == KLEAK_CLASS_VIRTUAL)
			add_range(k->image, PAGE_OBJECT, heap.address[row], heap.address[row] + 1);
	}
	kl_heap_deinit(&heap);
}

static void add_memory(struct kl_kernel *k)
{
	const struct kl_memmap *memmap;
	const unsigned *cpu;
	uint64_t pa;
	unsigned i;

	kl_vec_for_each (cpu, &k->percpu.cpus)
		add_range(k->image, PAGE_PERCPU, k->percpu.start + k->percpu.offsets.data[*cpu],
			  k->percpu.end + k->percpu.offsets.data[*cpu]);
	add_range(k->image, PAGE_DATA, kl_kernel_variable(k, &k->layouts.symbols._sdata),
		  kl_kernel_variable(k, &k->layouts.symbols.__bss_stop));
	for (i = 0; i < copy.n_programs; i++) {
		const Elf64_Phdr *p = &copy.program[i];
		struct place place = {};

		for (pa = p->p_paddr; p->p_type == PT_LOAD && pa + PAGE <= p->p_paddr + p->p_filesz; pa += PAGE) {
			place.pa = pa;
			if (pa % PAGE == 0 && !kl_vec_push(&places[PAGE_ANY], place))
				die("memory");
		}
	}
	if (kl_machine_memmap(k, &memmap))
		die("memory");
	for (i = 0; i < places[PAGE_ANY].count; i++) {
		uint64_t pfn = places[PAGE_ANY].data[i].pa / PAGE;
		const struct kl_page_range *range = kl_memmap_range(memmap, pfn);

		if (range && pfn % 64 == 0)
			add_range(k->image, PAGE_MEMMAP, kl_memmap_page(memmap, range, pfn),
				  kl_memmap_page(memmap, range, pfn) + 1);
	}
}

static void find_places(void)
{
	struct kl_settings settings = {};
	const char *dumps[] = {copy.path};
	struct kl_analysis_options options = {
		.settings = &settings, .dumps = dumps, .n_dumps = 1, .vmlinux = vmlinux, .modules_dir = modules};
	struct kl_opened o = {.options = &options};
	struct kl_error *err = kl_opened_dump(&o);
	uint64_t cr3;

	if (!err)
		err = kl_opened_kernel(&o);
	if (err) {
		fprintf(stderr, "torture: %s\n", kl_error_message(err));
		exit(3);
	}
	add_variables(o.kernel);
	add_tasks(o.kernel);
	add_heap(o.kernel);
	add_memory(o.kernel);
	if (kl_image_vmcoreinfo_symbol(o.image, "swapper_pg_dir", &cr3) ||
	    kl_image_vmcoreinfo_symbol(o.image, "init_top_pgt", &cr3)) {
		err = kl_image_translate(o.image, cr3, &cr3);
		if (!err)
			add_tables(cr3, 3);
		kl_error_destroy(err);
	}
	kl_opened_deinit(&o);
}

/* ---- damage, and its repair ---- */

static struct {
	uint8_t *at[2], saved[2][PAGE];
	size_t length;
	uint64_t from; /* the other page, where there is one */
} wound;

static void hurt(unsigned which, uint8_t *at, size_t length)
{
	wound.at[which] = at;
	wound.length = length;
	memcpy(wound.saved[which], at, length);
}

static void heal(void)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (wound.at[i])
			memcpy(wound.at[i], wound.saved[i], wound.length);
		wound.at[i] = NULL;
	}
}

static void damage_word(const struct place *place, enum kind kind)
{
	uint8_t *at = at_physical(place->pa, 8);
	uint64_t word;

	hurt(0, at, 8);
	memcpy(&word, at, 8);
	switch (kind) {
	case BIT:
		word ^= UINT64_C(1) << draw(64);
		break;
	case ZERO:
		word = 0;
		break;
	case ONES:
		word = UINT64_MAX;
		break;
	case SHIFTED:
		word += 8 * (1 + draw(16));
		break;
	case EMPTY:
		word = place->address;
		break;
	default:
		word = draw(UINT64_MAX);
	}
	memcpy(at, &word, 8);
}

static void damage_page(const struct place *place, enum kind kind)
{
	const struct place *other = &places[PAGE_ANY].data[draw(places[PAGE_ANY].count)];
	uint8_t *at = at_physical(place->pa, PAGE), *from = at_physical(other->pa, PAGE);
	unsigned i;

	hurt(0, at, PAGE);
	wound.from = other->pa;
	switch (kind) {
	case TORN_ZERO:
		memset(at, 0, PAGE);
		break;
	case TORN_HALF:
		memmove(at + PAGE / 2, from + PAGE / 2, PAGE / 2);
		break;
	case DUPLICATE:
		memmove(at, from, PAGE);
		break;
	case SWAPPED:
		hurt(1, from, PAGE);
		memcpy(at, wound.saved[1], PAGE);
		memcpy(from, wound.saved[0], PAGE);
		break;
	default:
		for (i = 0; i < 8; i++)
			at[draw(PAGE)] ^= (uint8_t)(1 << draw(8));
	}
}

/* ---- the campaign ---- */

static struct {
	unsigned runs, silent, warned, failed, broken;
	size_t worst;
} table[TARGETS][KINDS];

static bool bad;

static void one_run(enum target target, enum kind kind, const struct place *place)
{
	struct outcome o;

	if (target == VARIABLE)
		damage_word(place, kind);
	else
		damage_page(place, kind);
	o = analyze(NULL);
	heal();
	table[target][kind].runs++;
	table[target][kind].silent += o.exit_code == 0 && o.accused;
	table[target][kind].warned += o.exit_code == 4 && o.accused;
	table[target][kind].failed += o.exit_code == 3;
	if (o.exit_code < 0 || o.exit_code > 4)
		table[target][kind].broken++;
	if (o.exit_code == 0 && o.accused > table[target][kind].worst)
		table[target][kind].worst = o.accused;
	if (o.exit_code < 0 || o.exit_code > 4 || (o.exit_code == 0 && o.accused > SILENT_MAX))
		bad = true;
	if (o.accused || o.exit_code < 0 || o.exit_code > 4 || (verbose && o.exit_code))
		printf("%s %s %s at %#" PRIx64 " (%#" PRIx64 "): exit %d, %zu accused, %#" PRIx64
		       " first, %zu of %zu leaks\n",
		       target_names[target], kind_names[kind], place->name, place->pa, wound.from, o.exit_code,
		       o.accused, o.first, o.leaks, baseline.count);
	fflush(stdout);
}

static void campaign(enum target target)
{
	enum kind first = target == VARIABLE ? 0 : WORD_KINDS, last = target == VARIABLE ? WORD_KINDS : KINDS, kind;
	size_t n = target == VARIABLE ? places[target].count : runs, i;

	if (!places[target].count || (only_target && strcmp(only_target, target_names[target]) != 0))
		return;
	for (kind = first; kind < last; kind++) {
		if (only_kind && strcmp(only_kind, kind_names[kind]) != 0)
			continue;
		for (i = 0; i < n; i++)
			one_run(target, kind,
				&places[target].data[target == VARIABLE ? i : draw(places[target].count)]);
	}
}

static void print_table(void)
{
	unsigned target, kind;

	printf("\n%-12s %-13s %6s %7s %6s %7s %7s %7s\n", "target", "kind", "runs", "silent", "worst", "warned",
	       "refused", "broken");
	for (target = 0; target < TARGETS; target++) {
		for (kind = 0; kind < KINDS; kind++) {
			if (table[target][kind].runs)
				printf("%-12s %-13s %6u %7u %6zu %7u %7u %7u\n", target_names[target], kind_names[kind],
				       table[target][kind].runs, table[target][kind].silent, table[target][kind].worst,
				       table[target][kind].warned, table[target][kind].failed,
				       table[target][kind].broken);
		}
	}
}

static bool parse_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:s:t:k:v")) != -1) {
		switch (option) {
		case 'n':
			runs = (unsigned)atoi(optarg);
			break;
		case 's':
			seed = (unsigned)atoi(optarg);
			break;
		case 't':
			only_target = optarg;
			break;
		case 'k':
			only_kind = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return false;
		}
	}
	return argc - optind == 5;
}

int main(int argc, char **argv)
{
	unsigned target;

	if (!parse_options(argc, argv)) {
		fprintf(stderr, "usage: torture [-n RUNS] [-s SEED] [-t TARGET] [-k KIND] [-v] KLEAK-DUMP "
				"VMLINUX MODULES DUMP SCRATCH\n");
		return 2;
	}
	tool = argv[optind];
	vmlinux = argv[optind + 1];
	modules = argv[optind + 2];
	scratch = argv[optind + 4];
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	copy_dump(argv[optind + 3]);
	find_places();
	analyze(&baseline);
	for (target = 0; target < TARGETS; target++)
		campaign(target);
	print_table();
	return bad;
}

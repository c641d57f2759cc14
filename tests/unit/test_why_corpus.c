/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every answer to "who holds this?" held against a search of the dump that knows nothing but its ELF headers: of every
 * finding, and of some reachable objects, all words that hold its address must have been found, and each named once.
 * Chains must lead from a root to the object, word by word.
 *
 * With arguments (VMLINUX MODULES DUMP) it looks at that dump instead of the corpus.
 */
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "corpus.h"
#include "test.h"

#include "analysis/answer.h"
#include "util/bytes.h"

#define REACHABLE 200 /* that are asked about */
#define SEGMENTS 64

/* ---- the dump without any of our readers ---- */

static struct {
	uint8_t *bytes;
	size_t length;
	struct {
		uint64_t physical, offset, size;
	} segments[SEGMENTS];
	size_t n;
} raw;

static int by_address(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Segments by physical address; what two of them hold counts once. */
static void sort_segments(void)
{
	uint64_t end = 0;
	size_t i;

	qsort(raw.segments, raw.n, sizeof(raw.segments[0]), by_address);
	for (i = 0; i < raw.n; i++) {
		uint64_t again = end > raw.segments[i].physical ? end - raw.segments[i].physical : 0;

		if (again > raw.segments[i].size)
			again = raw.segments[i].size;
		raw.segments[i].physical += again;
		raw.segments[i].offset += again;
		raw.segments[i].size -= again;
		end = raw.segments[i].physical + raw.segments[i].size;
	}
}

static bool open_raw(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const Elf64_Ehdr *header;
	const Elf64_Phdr *program;
	struct stat st;
	size_t i;

	raw.n = 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	raw.length = (size_t)st.st_size;
	raw.bytes = mmap(NULL, raw.length, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (raw.bytes == MAP_FAILED)
		return false;
	header = (const Elf64_Ehdr *)raw.bytes;
	program = (const Elf64_Phdr *)(raw.bytes + header->e_phoff);
	for (i = 0; i < header->e_phnum && raw.n < SEGMENTS; i++) {
		if (program[i].p_type != PT_LOAD || !program[i].p_filesz)
			continue;
		raw.segments[raw.n].physical = program[i].p_paddr;
		raw.segments[raw.n].offset = program[i].p_offset;
		raw.segments[raw.n++].size = program[i].p_filesz;
	}
	sort_segments();
	return true;
}

/* The word at physical address @at; false where the dump has none. */
static bool read_raw(uint64_t at, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < raw.n; i++) {
		uint64_t offset = at - raw.segments[i].physical;

		if (at >= raw.segments[i].physical && offset + 8 <= raw.segments[i].size) {
			*ret = kl_get_u64(raw.bytes + raw.segments[i].offset + offset);
			return true;
		}
	}
	return false;
}

/* Addresses that name an object: of per-CPU memory the cookie and every copy. */
struct wanted {
	uint64_t start, end;
	uint64_t object; /* its address */
	uint64_t found;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Counts in one pass what every one of @wanted, ascending, is held by. */
static void search_raw(struct wanted *wanted, size_t n)
{
	size_t i;
	uint64_t at;

	for (i = 0; i < raw.n; i++) {
		for (at = 0; at + 8 <= raw.segments[i].size; at += 8) {
			uint64_t word = kl_get_u64(raw.bytes + raw.segments[i].offset + at);
			size_t low = 0, high = n;

			if (word < wanted[0].start || word >= wanted[n - 1].end)
				continue;
			while (low < high) {
				size_t middle = low + (high - low) / 2;

				if (wanted[middle].start <= word)
					low = middle + 1;
				else
					high = middle;
			}
			if (low && word < wanted[low - 1].end)
				wanted[low - 1].found++;
		}
	}
}

/* ---- what the answers say ---- */

static struct kl_inquiry inquiry;

static void add_wanted_address(struct wanted *wanted, size_t *n, const struct kl_store_object *object, uint64_t start,
			       uint64_t size)
{
	wanted[*n] = (struct wanted){.start = start, .end = start + size, .object = object->address};
	(*n)++;
}

static void add_wanted_object(struct wanted *wanted, size_t *n, const struct kl_store_object *object)
{
	const struct kl_address_space *space = &inquiry.a->marking.space;
	uint64_t size = object->size;
	size_t cpu;

	if (object->class_ == KLEAK_CLASS_PERCPU) {
		for (cpu = 0; cpu < space->percpu_count; cpu++)
			add_wanted_address(wanted, n, object, object->address + space->percpu_offsets[cpu], size);
		if (space->small_cookies) /* integers are no pointers to the middle */
			size = size < 4 ? size : 4;
	}
	add_wanted_address(wanted, n, object, object->address, size);
}

static void check_counts(const struct kl_answers *answers)
{
	struct wanted *wanted =
		calloc((answers->list.count + 1) * (inquiry.a->marking.space.percpu_count + 1), sizeof(*wanted));
	const struct kl_store_answer *answer;
	size_t n = 0, i;

	CHECK(wanted != NULL);
	kl_vec_for_each (answer, &answers->list)
		add_wanted_object(wanted, &n, &answer->object);
	if (n) {
		qsort(wanted, n, sizeof(*wanted), compare_wanted);
		search_raw(wanted, n);
	}
	kl_vec_for_each (answer, &answers->list) {
		const struct kl_store_word *word;
		uint64_t in_memory = 0, found = 0;

		for (i = 0; i < n; i++)
			found += wanted[i].object == answer->object.address ? wanted[i].found : 0;
		kl_vec_for_each (word, &answer->words)
			in_memory += word->physical != KL_UNKNOWN;
		if (in_memory != found)
			FAIL_("%#" PRIx64 " (%s): %" PRIu64 " words were named, %" PRIu64 " are there",
			      answer->object.address, answer->object.verdict, in_memory, found);
	}
	free(wanted);
}

static void check_words(const struct kl_store_answer *answer)
{
	const struct kl_store_word *word;
	int64_t counting = 0;

	kl_vec_for_each (word, &answer->words) {
		counting += word->counts;
		if (!strcmp(word->class_, kl_owner_name(KL_OWNER_NOBODY)))
			printf("# %#" PRIx64 ": not understood: %#" PRIx64 "\n", answer->object.address, word->at);
	}
	/* a finding has fewer than it needs, however it is modified or young */
	if (answer->object.is_finding)
		CHECK(counting < answer->object.needed || !strcmp(answer->object.verdict, "modified"));
}

/* Does the word stand in the dump, and hold an address inside the object at @row? */
static bool leads_to(const struct kl_store_word *word, uint32_t row)
{
	const struct kl_heap *heap = &inquiry.a->snapshot.heap;
	uint64_t physical, value;
	struct kl_error *err = kl_image_translate(inquiry.a->opened.kernel->image, word->at, &physical);

	if (err || !read_raw(physical, &value)) {
		kl_error_destroy(err);
		return false;
	}
	return value - heap->address[row] < heap->size[row];
}

/* Every word of a chain holds the next object, which the next word stands in. */
static void check_chain(const struct kl_store_answer *answer)
{
	const struct kl_heap *heap = &inquiry.a->snapshot.heap;
	size_t i;

	if (answer->object.is_finding || strcmp(answer->object.verdict, "reachable") != 0)
		return;
	if (!answer->chain.count) {
		FAIL_("%#" PRIx64 ": nothing leads to a reachable object", answer->object.address);
		return;
	}
	for (i = 0; i < answer->chain.count; i++) {
		const struct kl_store_word *word = &answer->chain.data[i];
		uint32_t row = kl_inquiry_find(&inquiry, word->target);

		CHECK(row != KL_NO_OBJECT);
		if (word->in_memory && heap->class_[row] == KLEAK_CLASS_VIRTUAL && !strcmp(word->why, "counts") &&
		    !leads_to(word, row))
			FAIL_("%#" PRIx64 " does not hold %#" PRIx64, word->at, word->target);
		/* the memory that copies of per-CPU objects lie in may be an object of its own */
		if (i && heap->class_[kl_inquiry_find(&inquiry, word[-1].target)] == KLEAK_CLASS_VIRTUAL)
			CHECK(kl_inquiry_find(&inquiry, word->at) == kl_inquiry_find(&inquiry, word[-1].target));
	}
	CHECK(answer->chain.data[i - 1].target == answer->object.address);
}

/* All findings, and reachable objects from everywhere in the heap. */
static size_t choose_rows(uint32_t *rows)
{
	const struct kl_heap *heap = &inquiry.a->snapshot.heap;
	const struct kl_mark *mark = &inquiry.a->marking.marked.mark;
	size_t step = heap->rows / REACHABLE + 1, n = 0, row;
	const struct kl_finding *finding;

	kl_vec_for_each (finding, &inquiry.a->judgement.findings.list)
		rows[n++] = finding->row;
	for (row = 0; row < heap->rows; row += step) {
		if (mark->colour[row] == KL_GREY && mark->min_count[row] > 0 && heap->size[row] < 65536)
			rows[n++] = (uint32_t)row;
	}
	return n;
}

static void check_dump(const char *vmlinux, const char *modules, const char *dump)
{
	struct kl_settings settings;
	const struct kl_analysis_options options = {
		.settings = &settings, .dumps = &dump, .n_dumps = 1, .vmlinux = vmlinux, .modules_dir = modules};
	const struct kl_answer_options all = {.search = true, .all = true};
	struct kl_answers answers = {};
	struct kl_analysis *a = NULL;
	const struct kl_store_answer *answer;
	uint32_t *rows;

	kl_settings_init(&settings);
	CHECK_OK(kl_analysis_run(&options, &a));
	if (!a || !open_raw(dump)) {
		FAIL_("%s: cannot be read", dump);
		return;
	}
	memset(&inquiry, 0, sizeof(inquiry));
	CHECK_OK(kl_inquiry_begin(a, &inquiry));
	rows = calloc(a->snapshot.heap.rows * 2 + 1, sizeof(*rows));
	CHECK_OK(kl_answers_make(&inquiry, rows, choose_rows(rows), &all, &answers));
	CHECK(answers.list.count > 0);
	check_counts(&answers);
	kl_vec_for_each (answer, &answers.list) {
		check_words(answer);
		check_chain(answer);
	}
	free(rows);
	kl_answers_deinit(&answers);
	kl_inquiry_deinit(&inquiry);
	kl_analysis_destroy(a);
	kl_settings_deinit(&settings);
	munmap(raw.bytes, raw.length);
}

static void check_corpus(const char *kernel, const char *name)
{
	char folder[4096], vmlinux[4200], dump[4200];

	if (!find_folder(kernel, folder, sizeof(folder)))
		SKIP(skip_reason);
	snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", folder);
	snprintf(dump, sizeof(dump), "%s/%s", folder, name);
	check_dump(vmlinux, folder, dump);
}

static void test_6_1(void)
{
	check_corpus("x86_64-6.1", "B.vmcore");
}

static void test_6_12(void)
{
	check_corpus("x86_64-6.12", "B.vmcore");
}

static void test_7_3(void)
{
	check_corpus("x86_64-7.3", "B.vmcore");
}

static void test_7_3_aarch64(void)
{
	check_corpus("aarch64-7.3", "B.vmcore");
}

static const char *const *arguments;

static void test_given_dump(void)
{
	check_dump(arguments[0], arguments[1], arguments[2]);
}

int main(int argc, char **argv)
{
	if (argc == 4) {
		arguments = (const char *const *)argv + 1;
		RUN(test_given_dump);
		return DONE();
	}
	RUN(test_6_1);
	RUN(test_6_12);
	RUN(test_7_3);
	RUN(test_7_3_aarch64);
	return DONE();
}

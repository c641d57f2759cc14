/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/suspects.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/facts/stacks.h"
#include "kernel/machine/percpu.h"
#include "kernel/machine/task.h"
#include "util/bytes.h"
#include "util/search.h"

#define ANOMALY "suspect page"
#define FEWEST_STACKS 8 /* that prove what stacks are like; of these, one in so many may be damaged */

/* ---- stacks ---- */

/* Stands at the end of each stack since 3.18, so that an overflow is noticed (include/uapi/linux/magic.h). */
#define STACK_END_MAGIC 0x57ac6e9d
/* Words at the saved stack pointer in which the switch keeps registers and where to go on: the sixth on x86-64, the
 * first on aarch64. */
#define SWITCH_WORDS 12

struct stack {
	const struct kl_task *task;
	uint64_t start, end;      /* members that kl_search_range() needs */
	uint32_t text;            /* bit n: word n at the saved stack pointer is an address of code */
	unsigned own, others;     /* words in use that point into this stack, and into that of another task */
	bool has_end, has_switch; /* the last word, and the part in use, could be read */
	bool marked;              /* the last word is what it should be */
};

struct stacks {
	KL_VEC(struct stack) list; /* ascending, none within another */
};

static bool is_code_of_kernel(const struct kl_kernel *k, uint64_t word)
{
	uint64_t start = kl_kernel_variable(k, &k->layouts.symbols._stext);

	return word >= start && word < kl_kernel_variable(k, &k->layouts.symbols._etext);
}

static int compare_stacks(const void *a, const void *b)
{
	const struct stack *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Tasks whose stacks overlap are damaged themselves; the first one is as good as any. */
static struct kl_error *collect_stacks(const struct kl_tasks *tasks, struct stacks *ret)
{
	const struct kl_task *task;
	size_t kept = 0, i;

	kl_vec_for_each (task, &tasks->list) {
		struct stack stack = {task, task->stack, task->stack + tasks->stack_size};

		if (task->has_stack && stack.end > stack.start && !kl_vec_push(&ret->list, stack))
			return kl_error_nomem();
	}
	if (ret->list.count)
		qsort(ret->list.data, ret->list.count, sizeof(*ret->list.data), compare_stacks);
	for (i = 0; i < ret->list.count; i++) {
		if (!kept || ret->list.data[i].start >= ret->list.data[kept - 1].end)
			ret->list.data[kept++] = ret->list.data[i];
	}
	ret->list.count = kept;
	return NULL;
}

/* The words from the saved stack pointer to the top of the stack. */
static void look_at_words(struct kl_kernel *k, const struct stacks *stacks, const uint8_t *words, size_t n,
			  struct stack *s)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint64_t word = kl_get_u64(words + 8 * i);
		const struct stack *in = kl_search_range(stacks->list.data, stacks->list.count, word);

		if (i < SWITCH_WORDS && is_code_of_kernel(k, word))
			s->text |= UINT32_C(1) << i;
		s->own += in == s;
		s->others += in && in != s;
	}
}

/* What is missing from the dump is no suspect: everybody knows that it is missing. */
static void look_at_stack(struct kl_kernel *k, const struct stacks *stacks, uint8_t *buffer, struct stack *s)
{
	const struct kl_task *task = s->task;
	uint8_t end[8];

	s->has_end = kl_kernel_read_partial(k, s->start, end, sizeof(end)) == sizeof(end);
	s->marked = s->has_end && kl_get_u64(end) == STACK_END_MAGIC;
	if (task->running || task->sp < s->start || task->sp >= s->end || task->sp % 8)
		return;
	s->has_switch = kl_kernel_read_partial(k, task->sp, buffer, s->end - task->sp) == s->end - task->sp;
	if (s->has_switch)
		look_at_words(k, stacks, buffer, (s->end - task->sp) / 8, s);
}

static bool is_rule(size_t true_of, size_t of)
{
	return of >= FEWEST_STACKS && (of - true_of) * FEWEST_STACKS <= of;
}

/* The word in which all that were switched out have an address of code; SWITCH_WORDS when there is none. */
static unsigned find_switch_word(const struct stacks *stacks)
{
	size_t true_of[SWITCH_WORDS] = {0}, of = 0;
	const struct stack *s;
	unsigned i, best = 0;

	kl_vec_for_each (s, &stacks->list) {
		of += s->has_switch;
		for (i = 0; i < SWITCH_WORDS; i++)
			true_of[i] += s->text >> i & 1;
	}
	for (i = 1; i < SWITCH_WORDS; i++)
		best = true_of[i] > true_of[best] ? i : best;
	return is_rule(true_of[best], of) ? best : SWITCH_WORDS;
}

static void suspect_stack(struct kl_kernel *k, const struct stack *s, const char *why)
{
	kl_kernel_anomaly(k, ANOMALY, s->start,
			  "the stack of task %" PRId32 " at %#" PRIx64 " %s: a page of it was lost, or is another one",
			  s->task->pid, s->start, why);
	kl_kernel_incomplete(k, "a task's stack");
}

static void judge_stacks(struct kl_kernel *k, const struct stacks *stacks)
{
	unsigned word = find_switch_word(stacks);
	size_t marked = 0, with_end = 0;
	const struct stack *s;
	bool have_mark;

	kl_vec_for_each (s, &stacks->list) {
		with_end += s->has_end;
		marked += s->marked;
	}
	have_mark = is_rule(marked, with_end);
	kl_vec_for_each (s, &stacks->list) {
		if (have_mark && s->has_end && !s->marked)
			suspect_stack(k, s, "lacks the mark at its end");
		else if (word < SWITCH_WORDS && s->has_switch && !(s->text >> word & 1))
			suspect_stack(k, s, "does not say where to go on");
		else if (s->has_switch && s->others && !s->own)
			suspect_stack(k, s, "points into those of others, and never into itself");
	}
}

static struct kl_error *check_stacks(struct kl_kernel *k)
{
	_cleanup_tasks_ struct kl_tasks tasks = {};
	_cleanup_free_ uint8_t *buffer = NULL;
	struct stacks stacks = {};
	struct kl_error *err;
	struct stack *s;

	k->muted++; /* whoever marks reads them again */
	err = kl_tasks_read(k, &tasks);
	if (!err)
		err = kl_tasks_add_idle(k, &tasks);
	k->muted--;
	buffer = malloc(tasks.stack_size + 1);
	if (!err && !buffer)
		err = kl_error_nomem();
	if (!err)
		err = collect_stacks(&tasks, &stacks);
	if (!err) {
		kl_vec_for_each (s, &stacks.list)
			look_at_stack(k, &stacks, buffer, s);
		judge_stacks(k, &stacks);
	}
	kl_vec_deinit(&stacks.list);
	return err;
}

/* ---- per-CPU memory ---- */

/* Half a page: what is written as two halves is torn in the middle. */
#define PIECE 2048
/* So many pointers in one copy, and not one of them in the other. Undamaged: 9 at most, outside of stacks. */
#define TELLING 16

/* What a word of static per-CPU memory tells, whichever CPU's copy it stands in: the cookie of what it points to in its
 * own copy (the head of an empty list), or static data of the kernel. 0: nothing. */
static uint64_t told_by(const struct kl_kernel *k, uint64_t word, uint64_t offset)
{
	const struct kl_percpu *p = &k->percpu;
	uint64_t data = kl_kernel_variable(k, &k->layouts.symbols._sdata);

	if (word - offset >= p->start && word - offset < p->end)
		return word - offset + 1;
	return word >= data && word < kl_kernel_variable(k, &k->layouts.symbols._end) ? word : 0;
}

/* Whether the pieces of two CPUs at @cookie have nothing in common, though one of them tells much. */
static bool pieces_contradict(struct kl_kernel *k, uint64_t cookie, size_t length, const uint64_t offsets[2])
{
	uint8_t pieces[2][PIECE];
	size_t told[2] = {0}, same = 0, i;

	for (i = 0; i < 2; i++) {
		if (kl_kernel_read_partial(k, cookie + offsets[i], pieces[i], length) < length)
			return false;
	}
	for (i = 0; i + 8 <= length; i += 8) {
		uint64_t a = told_by(k, kl_get_u64(pieces[0] + i), offsets[0]);
		uint64_t b = told_by(k, kl_get_u64(pieces[1] + i), offsets[1]);

		told[0] += a != 0;
		told[1] += b != 0;
		same += a && a == b;
	}
	return !same && (told[0] >= TELLING || told[1] >= TELLING);
}

static struct kl_error *check_copies(struct kl_kernel *k, unsigned first, unsigned cpu)
{
	const struct kl_percpu *p = &k->percpu;
	const uint64_t offsets[] = {p->offsets.data[first], p->offsets.data[cpu]};
	uint64_t cookie;

	for (cookie = p->start; cookie < p->end; cookie += PIECE) {
		size_t length = p->end - cookie < PIECE ? (size_t)(p->end - cookie) : PIECE;

		/* Interrupted code differs. */
		if (kl_stacks_reach(k, cookie, length) || !pieces_contradict(k, cookie, length, offsets))
			continue;
		kl_kernel_anomaly(k, ANOMALY, cookie + offsets[1],
				  "per-CPU memory at %#" PRIx64 " of CPU %u and at %#" PRIx64
				  " of CPU %u has nothing in common: a page of it was lost, or is another one",
				  cookie + offsets[0], first, cookie + offsets[1], cpu);
		kl_kernel_incomplete(k, "per-CPU memory");
	}
	return NULL;
}

/* A CPU that never came up has memory that was never initialized. */
static struct kl_error *check_percpu(struct kl_kernel *k)
{
	const struct kl_percpu *p = &k->percpu;
	struct kl_error *err = NULL;
	unsigned first = UINT_MAX;
	const unsigned *cpu;

	if (!p->smp)
		return NULL;
	kl_vec_for_each (cpu, &p->cpus) {
		bool online;

		err = kl_percpu_online(k, *cpu, &online);
		if (err)
			return kl_kernel_go_on(k, "per-CPU", 0, err);
		if (online && first == UINT_MAX)
			first = *cpu;
		else if (online)
			err = check_copies(k, first, *cpu);
		if (err)
			return err;
	}
	return NULL;
}

struct kl_error *kl_suspects_find(struct kl_kernel *k)
{
	struct kl_error *err = check_stacks(k);

	return err ? err : check_percpu(k);
}

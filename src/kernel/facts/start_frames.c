/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/start_frames.h"

#include <elf.h>

#include "debug/prologue.h"
#include "kernel/machine/symbolize.h"
#include "kernel/machine/task.h"

#define WORD 8
/* Words from the end of a stack in which the return address into kthread() is looked for: registers of user space (21
 * words on x86-64, 43 on aarch64) and two frames. */
#define OUTERMOST_WORDS 128

struct code_range {
	uint64_t start, end;
};

struct start_reader {
	struct kl_kernel *k;
	const struct kl_heap *heap;
	struct kl_facts *ret;
	struct code_range kthread;
};

/* A stack from its saved stack pointer up. */
struct live_stack {
	uint64_t start, end;
	uint64_t *words;
	size_t count;
};

static struct kl_error *find_code(struct kl_kernel *k, uint64_t function, struct code_range *ret, bool *found)
{
	struct kl_symbol_place place;
	struct kl_error *err = kl_symbol_find(k, function, &place, found);

	*ret = (struct code_range){};
	if (err || !*found)
		return err;
	*found = place.symbol.start == function && place.symbol.size;
	if (*found)
		*ret = (struct code_range){function, function + place.symbol.size};
	return NULL;
}

/* A return address is behind a call: it may be the end of a function that never returns. */
static bool returns_into(const struct code_range *code, uint64_t word)
{
	return word > code->start && word <= code->end;
}

/* Was @row allocated after @other? Rows are in that order, as long as the clock agrees. */
static bool is_younger(const struct kl_heap *heap, uint32_t row, uint32_t other)
{
	return heap->jiffies[row] != KL_UNKNOWN_JIFFIES && row > other && heap->jiffies[row] >= heap->jiffies[other];
}

/* A thread of the kernel. */
struct thread {
	uint64_t kthread, function;
	struct code_range code; /* of that function */
	uint32_t made;          /* the row of the younger one of the two objects that make it */
};

/* False when any of that is unknown. */
static bool find_thread(struct start_reader *r, const struct kl_task *task, struct thread *ret)
{
	const struct kl_index *index = &r->heap->index[KLEAK_CLASS_VIRTUAL];
	uint64_t kthread;
	uint32_t of_task = kl_index_find(index, task->address), of_kthread;
	struct kl_error *err =
		kl_kernel_read_member(r->k, task->address, &r->k->layouts.task_struct.worker_private, &kthread);

	if (!err) {
		ret->kthread = kthread = kl_untag(r->k, kthread);
		err = kl_kernel_read_member(r->k, kthread, &r->k->layouts.kthread.threadfn, &ret->function);
	}
	if (err) {
		kl_error_destroy(err); /* no struct kthread, so it is none of these threads */
		return false;
	}
	of_kthread = kl_index_find(index, kthread);
	if (of_task == KL_NO_OBJECT || of_kthread == KL_NO_OBJECT || r->heap->address[of_kthread] != kthread ||
	    r->heap->jiffies[of_task] == KL_UNKNOWN_JIFFIES || r->heap->jiffies[of_kthread] == KL_UNKNOWN_JIFFIES)
		return false;
	ret->made = is_younger(r->heap, of_task, of_kthread) ? of_task : of_kthread;
	return true;
}

/* The outermost word that returns into kthread(); SIZE_MAX when there is none. */
static size_t find_return_to_kthread(const struct start_reader *r, const struct live_stack *stack)
{
	size_t i;

	for (i = stack->count; i > 0 && stack->count - i < OUTERMOST_WORDS; i--) {
		if (returns_into(&r->kthread, stack->words[i - 1]))
			return i - 1;
	}
	return SIZE_MAX;
}

/* Where kthread()'s own frame begins. On x86-64 that is behind the return address into it. On aarch64 a frame record,
 * the caller's frame pointer and the return address, is the lowest part of a frame, and names the caller's. */
static size_t find_outer_frames(const struct start_reader *r, const struct live_stack *stack, size_t returns)
{
	uint64_t record;

	if (r->k->arch != KL_ARCH_AARCH64)
		return returns + 1;
	record = returns ? (stack->words[returns - 1] - stack->start) / WORD : 0;
	return record > returns && record < stack->count ? record : stack->count;
}

static bool is_running(const struct live_stack *stack, size_t end, const struct code_range *function)
{
	size_t i;

	for (i = 0; i < end; i++) {
		if (returns_into(function, stack->words[i]))
			return true;
	}
	return false;
}

static struct kl_error *mask_if_younger(struct start_reader *r, uint64_t at, uint64_t word, uint32_t made)
{
	uint32_t row = kl_index_find(&r->heap->index[KLEAK_CLASS_VIRTUAL], kl_untag(r->k, word));
	struct kl_mask mask = {.start = at, .end = at + WORD, .traits = KL_TRAIT_START};

	if (row == KL_NO_OBJECT || !is_younger(r->heap, row, made))
		return NULL;
	return kl_vec_push(&r->ret->masks, mask) ? NULL : kl_error_nomem();
}

/* @returns: where the thread's function returns to kthread(). */
static struct kl_error *mask_saved_registers(struct start_reader *r, const struct live_stack *stack, size_t returns,
					     const struct thread *thread)
{
	uint16_t machine = r->k->arch == KL_ARCH_AARCH64 ? EM_AARCH64 : EM_X86_64;
	uint8_t code[KL_PROLOGUE_CODE];
	int32_t saved[KL_PROLOGUE_REGISTERS];
	size_t i, n = kl_kernel_read_partial(r->k, thread->function, code, sizeof(code));
	struct kl_error *err = NULL;

	n = n == sizeof(code) ? kl_prologue_saved(machine, code, n, saved) : 0;
	for (i = 0; i < n && !err; i++) {
		int64_t word = (int64_t)returns + saved[i] / WORD;

		if (word >= 0 && word < (int64_t)stack->count)
			err = mask_if_younger(r, stack->start + WORD * (uint64_t)word, stack->words[word],
					      thread->made);
	}
	return err;
}

/* kthread() itself waits to be woken for the first time: it has been switched out once, and nothing on its stack has
 * been written since. */
static bool has_not_begun(struct start_reader *r, const struct kl_task *task)
{
	const struct kl_layout_task_struct *l = &r->k->layouts.task_struct;
	uint64_t voluntary = 0, forced = 0;
	struct kl_error *err = kl_kernel_read_member(r->k, task->address, &l->nvcsw, &voluntary);

	if (!err)
		err = kl_kernel_read_member(r->k, task->address, &l->nivcsw, &forced);
	if (!err)
		return voluntary == 1 && !forced;
	kl_error_destroy(err); /* a kernel that does not count, or a missing page, which is counted elsewhere */
	return false;
}

static struct kl_error *mask_start_frames(struct start_reader *r, const struct kl_task *task,
					  const struct thread *thread, const struct live_stack *stack)
{
	size_t returns = find_return_to_kthread(r, stack), i;
	struct kl_error *err = NULL;
	bool begun;

	if (returns == SIZE_MAX)
		return NULL;
	begun = is_running(stack, returns, &thread->code);
	if (!begun && !has_not_begun(r, task))
		return NULL;
	for (i = begun ? find_outer_frames(r, stack, returns) : 0; i < stack->count && !err; i++)
		err = mask_if_younger(r, stack->start + WORD * i, stack->words[i], thread->made);
	return err || !begun ? err : mask_saved_registers(r, stack, returns, thread);
}

/* What the thread's function was given, which nobody else ever writes. */
static struct kl_error *mask_argument(struct start_reader *r, const struct thread *thread)
{
	const struct kl_member *data = &r->k->layouts.kthread.data;
	struct kl_error *err;
	uint64_t word;

	if (!data->present)
		return NULL;
	err = kl_kernel_read_member(r->k, thread->kthread, data, &word);
	if (!err)
		return mask_if_younger(r, thread->kthread + data->offset, word, thread->made);
	kl_error_destroy(err); /* whoever scans it counts what is missing */
	return NULL;
}

static struct kl_error *read_sleeping_stack(struct start_reader *r, const struct kl_task *task, uint64_t stack_size,
					    const struct thread *thread)
{
	_cleanup_free_ uint64_t *words = NULL;
	struct live_stack stack = {.start = task->sp & ~(uint64_t)(WORD - 1), .end = task->stack + stack_size};
	size_t i;

	if (task->running || !task->has_stack || task->sp < task->stack || task->sp >= stack.end)
		return NULL;
	stack.count = (stack.end - stack.start) / WORD;
	stack.words = words = calloc(stack.count, WORD);
	if (!words)
		return kl_error_nomem();
	/* a missing page is zeroes: nothing is found there */
	kl_kernel_read_partial(r->k, stack.start, words, stack.count * WORD);
	for (i = 0; i < stack.count; i++)
		words[i] = le64toh(words[i]);
	return mask_start_frames(r, task, thread, &stack);
}

struct kl_error *kl_start_frames_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct start_reader r = {.k = k, .heap = heap, .ret = ret};
	_cleanup_tasks_ struct kl_tasks tasks = {};
	const struct kl_task *task;
	struct kl_error *err;
	bool found;

	if (!k->layouts.symbols.kthread.present || !k->layouts.kthread.threadfn.present ||
	    !k->layouts.task_struct.worker_private.present)
		return NULL;
	err = find_code(k, kl_kernel_variable(k, &k->layouts.symbols.kthread), &r.kthread, &found);
	if (err || !found)
		return err;
	err = kl_tasks_read(k, &tasks);
	if (err)
		return err;
	kl_vec_for_each (task, &tasks.list) {
		struct thread thread;

		if (!find_thread(&r, task, &thread))
			continue;
		/* other tasks keep other structs there, in which no function has its place */
		err = find_code(k, thread.function, &thread.code, &found);
		if (!err && !found)
			continue;
		if (!err)
			err = mask_argument(&r, &thread);
		if (!err)
			err = read_sleeping_stack(&r, task, tasks.stack_size, &thread);
		if (err)
			return err;
	}
	return NULL;
}

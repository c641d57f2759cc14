/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts/state_members.h"

#include <inttypes.h>
#include <string.h>

#include "kernel/machine/percpu.h"

#define ANOMALY "state"
/* Slots of a mempool or a pipe at most; far more than the kernel allows without privileges. */
#define SLOTS_MAX (1 << 20)

struct state_reader {
	struct kl_kernel *k;
	const struct kl_heap *heap;
	struct kl_facts *ret;
};

static struct kl_error *mask_state(struct state_reader *r, uint64_t start, uint64_t length)
{
	struct kl_mask mask = {.start = start, .end = start + length, .traits = KL_TRAIT_STATE};

	return !length || kl_vec_push(&r->ret->masks, mask) ? NULL : kl_error_nomem();
}

/* Whether a tracked object begins at @address and has room for @slots of @size bytes. */
static bool has_room(const struct state_reader *r, uint64_t address, uint64_t slots, uint64_t size)
{
	uint32_t row = kl_index_find(&r->heap->index[KLEAK_CLASS_VIRTUAL], address);

	return row != KL_NO_OBJECT && r->heap->address[row] == address && r->heap->size[row] / size >= slots;
}

/* ---- mempool ----------------------------------------------------------------------------------------------------- */

/* Elements that are nothing but memory: others (bios with their pages) are built once and stay so in the pool. */
static bool has_plain_elements(const struct kl_kernel *k, uint64_t alloc)
{
	return alloc && (alloc == kl_kernel_variable(k, &k->layouts.symbols.mempool_alloc_slab) ||
			 alloc == kl_kernel_variable(k, &k->layouts.symbols.mempool_kmalloc));
}

static struct kl_error *mask_idle_elements(struct state_reader *r, uint64_t elements, uint64_t count)
{
	struct kl_error *err = NULL;
	uint64_t i, element;

	for (i = 0; i < count && !err; i++) {
		uint32_t row;

		err = kl_kernel_read_u64(r->k, elements + 8 * i, &element);
		if (err)
			break;
		row = kl_index_find(&r->heap->index[KLEAK_CLASS_VIRTUAL], element);
		if (row != KL_NO_OBJECT && r->heap->address[row] == element)
			err = mask_state(r, element, r->heap->size[row]);
	}
	return err;
}

static struct kl_error *mask_mempool(struct state_reader *r, uint64_t pool)
{
	const struct kl_layout_mempool *l = &r->k->layouts.mempool;
	uint64_t slots = 0, count = 0, elements = 0, alloc = 0;
	struct kl_error *err = kl_kernel_read_member(r->k, pool, &l->min_nr, &slots);

	if (!err)
		err = kl_kernel_read_member(r->k, pool, &l->curr_nr, &count);
	if (!err)
		err = kl_kernel_read_member(r->k, pool, &l->elements, &elements);
	if (!err)
		err = kl_kernel_read_member(r->k, pool, &l->alloc, &alloc);
	if (err || !elements)
		return err;
	if (count > slots || slots > SLOTS_MAX || !has_room(r, elements, slots, 8))
		return kl_error_create(KL_ERROR_CORRUPT,
				       "mempool %#" PRIx64 " has %" PRIu64 " of %" PRIu64 " elements at %#" PRIx64,
				       pool, count, slots, elements);
	err = mask_state(r, elements + 8 * count, 8 * (slots - count));
	return err || !has_plain_elements(r->k, alloc) ? err : mask_idle_elements(r, elements, count);
}

/* ---- pipe -------------------------------------------------------------------------------------------------------- */

static struct kl_error *note_data_page(struct state_reader *r, uint64_t buffer)
{
	uint64_t page, frame;
	struct kl_error *err = kl_kernel_read_member(r->k, buffer, &r->k->layouts.pipe_buffer.page, &page);

	if (err || !kl_page_states_frame(&r->ret->pages, page, &frame))
		return err;
	return kl_vec_push(&r->ret->data_pages, frame) ? NULL : kl_error_nomem();
}

static struct kl_error *mask_buffers(struct state_reader *r, uint64_t bufs, uint64_t slots, uint32_t tail,
				     uint32_t used)
{
	uint64_t size = r->k->layouts.pipe_buffer.type.size, first = (tail + used) & (slots - 1);
	uint64_t unused = slots - used, before_end = unused < slots - first ? unused : slots - first;
	struct kl_error *err = mask_state(r, bufs + first * size, before_end * size);
	uint32_t i;

	if (!err)
		err = mask_state(r, bufs, (unused - before_end) * size);
	for (i = 0; i < used && !err; i++)
		err = note_data_page(r, bufs + ((tail + i) & (slots - 1)) * size);
	return err;
}

static struct kl_error *mask_pipe(struct state_reader *r, uint64_t pipe)
{
	const struct kl_layout_pipe_inode_info *l = &r->k->layouts.pipe_inode_info;
	uint64_t size = r->k->layouts.pipe_buffer.type.size, head = 0, tail = 0, slots = 0, bufs = 0;
	struct kl_error *err = kl_kernel_read_member(r->k, pipe, &l->head, &head);

	if (!err)
		err = kl_kernel_read_member(r->k, pipe, &l->tail, &tail);
	if (!err)
		err = kl_kernel_read_member(r->k, pipe, &l->ring_size, &slots);
	if (!err)
		err = kl_kernel_read_member(r->k, pipe, &l->bufs, &bufs);
	if (err || !bufs || !size)
		return err;
	if (!slots || slots & (slots - 1) || slots > SLOTS_MAX || (uint32_t)(head - tail) > slots ||
	    !has_room(r, bufs, slots, size))
		return kl_error_create(KL_ERROR_CORRUPT,
				       "pipe %#" PRIx64 " has buffers %" PRIu64 " .. %" PRIu64 " of %" PRIu64
				       " at %#" PRIx64,
				       pipe, tail, head, slots, bufs);
	return mask_buffers(r, bufs, slots, (uint32_t)tail, (uint32_t)(head - tail));
}

/* ---- kernfs_node ------------------------------------------------------------------------------------------------- */

/* A node that is being made looks like one that was removed, but was never activated. */
static struct kl_error *mask_kernfs_node(struct state_reader *r, uint64_t node)
{
	const struct kl_layout_kernfs_node *l = &r->k->layouts.kernfs_node;
	const struct kl_enumerator *activated = &r->k->layouts.enumerators.KERNFS_ACTIVATED;
	uint64_t active = 0, parent = 0, flags = 0;
	struct kl_error *err = kl_kernel_read_member(r->k, node, &l->active, &active);

	if (!err)
		err = kl_kernel_read_member(r->k, node, &l->rb, &parent);
	if (!err)
		err = kl_kernel_read_member(r->k, node, &l->flags, &flags);
	if (err || (int32_t)active >= 0 || parent != node + l->rb.offset || !activated->present ||
	    !(flags & (uint64_t)activated->value))
		return err;
	return mask_state(r, node + l->priv.offset, l->priv.size);
}

/* ---- task_struct ------------------------------------------------------------------------------------------------- */

/* Its place in a run queue's tree, which stays as it was when the task is taken from it. */
static struct kl_error *mask_run_node(struct state_reader *r, uint64_t task)
{
	const struct kl_layout_task_struct *l = &r->k->layouts.task_struct;
	uint64_t queued;
	struct kl_error *err;

	if (!l->run_node.present || !l->se_on_rq.present)
		return NULL;
	err = kl_kernel_read_member(r->k, task, &l->se_on_rq, &queued);
	return err || queued ? err : mask_state(r, task + l->run_node.offset, l->run_node.size);
}

/* A task that is gone gives its stack back long before its task_struct is freed. */
static struct kl_error *mask_task(struct state_reader *r, uint64_t task)
{
	const struct kl_layout_task_struct *l = &r->k->layouts.task_struct;
	uint64_t references = 1;
	struct kl_error *err = mask_run_node(r, task);

	if (!err && l->stack_refcount.present && l->thread_sp.present)
		err = kl_kernel_read_member(r->k, task, &l->stack_refcount, &references);
	return err || references ? err : mask_state(r, task + l->thread_sp.offset, l->thread_sp.size);
}

/* ---- network namespaces ------------------------------------------------------------------------------------------ */

/* All but the link of a namespace that cleanup_net() has taken apart. It is freed with the next one. */
static struct kl_error *mask_net(struct state_reader *r, uint64_t net)
{
	const struct kl_layout_net *l = &r->k->layouts.net;
	uint64_t users, link = l->defer_free_list.offset, behind = link + l->defer_free_list.size;
	struct kl_error *err = kl_kernel_read_member(r->k, net, &l->passive, &users);

	if (!err && (users || !has_room(r, net, 1, l->type.size)))
		err = kl_error_create(KL_ERROR_CORRUPT, "a net at %#" PRIx64 " with %" PRIu64 " users is to be freed",
				      net, users);
	if (!err)
		err = mask_state(r, net, link);
	return err ? err : mask_state(r, net + behind, l->type.size - behind);
}

/* The list has no back links; there are no more namespaces than objects. */
static struct kl_error *mask_freed_nets(struct state_reader *r)
{
	const struct kl_layout_net *l = &r->k->layouts.net;
	const struct kl_variable *list = &r->k->layouts.variables.defer_free_list;
	uint64_t node = kl_kernel_variable(r->k, list), steps;
	struct kl_error *err;

	if (!list->present || !l->passive.present || !l->defer_free_list.present)
		return NULL;
	err = kl_kernel_read_u64(r->k, node, &node);
	for (steps = 0; !err && node && steps < r->heap->rows; steps++) {
		node = kl_untag(r->k, node);
		err = mask_net(r, node - l->defer_free_list.offset);
		if (!err)
			err = kl_kernel_read_u64(r->k, node, &node);
	}
	if (!err && node)
		err = kl_error_create(KL_ERROR_CORRUPT, "the list of freed namespaces does not end");
	return err;
}

/* ---- cpu_stopper ------------------------------------------------------------------------------------------------- */

/* stop_cpus() lends each CPU its one stop_work. The thread copies what it says when it takes it off the list. */
static struct kl_error *mask_stopper(struct state_reader *r, uint64_t stopper)
{
	const struct kl_layout_cpu_stopper *l = &r->k->layouts.cpu_stopper;
	uint64_t head = stopper + l->works.offset, first;
	struct kl_error *err = kl_kernel_read_u64(r->k, head, &first);

	if (err || kl_untag(r->k, first) != head)
		return err;
	return mask_state(r, stopper + l->stop_work.offset, l->stop_work.size);
}

static struct kl_error *mask_idle_stoppers(struct state_reader *r)
{
	const struct kl_variable *v = &r->k->layouts.variables.cpu_stopper;
	struct kl_error *err = NULL;
	const unsigned *cpu;
	uint64_t address;

	if (!v->present || !r->k->layouts.cpu_stopper.works.present || !r->k->layouts.cpu_stopper.stop_work.present)
		return NULL;
	kl_vec_for_each (cpu, &r->k->percpu.cpus) {
		if (!err && kl_percpu_address(r->k, kl_kernel_variable(r->k, v), *cpu, &address))
			err = mask_stopper(r, address);
	}
	return err;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* What the types of objects are called, newest name first. */
static const struct state_rule {
	const char *type;
	struct kl_error *(*mask)(struct state_reader *r, uint64_t address);
} rules[] = {
	{"mempool", mask_mempool},      {"mempool_s", mask_mempool}, /* .. 6.17 */
	{"pipe_inode_info", mask_pipe}, {"kernfs_node", mask_kernfs_node}, {"task_struct", mask_task},
};

static bool is_described(const struct kl_layouts *l, const struct state_rule *rule)
{
	if (rule->mask == mask_mempool)
		return l->mempool.type.present;
	if (rule->mask == mask_pipe)
		return l->pipe_inode_info.head.present && l->pipe_buffer.type.present;
	if (rule->mask == mask_task)
		return true;
	return l->kernfs_node.rb.present;
}

static const struct state_rule *find_rule(const struct state_reader *r, size_t type)
{
	const char *name = kl_intern_get(r->ret->names, r->ret->types.data[type].name, NULL);
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (!strcmp(name, rules[i].type) && is_described(&r->k->layouts, &rules[i]))
			return &rules[i];
	}
	return NULL;
}

/* What is missing is counted by who scans it. */
static struct kl_error *go_on_masking(struct state_reader *r, uint64_t address, struct kl_error *err)
{
	if (!err || kl_error_code(err) != KL_ERROR_MISSING)
		return kl_kernel_go_on(r->k, ANOMALY, address, err);
	kl_error_destroy(err);
	return NULL;
}

static struct kl_error *mask_typed_objects(struct state_reader *r)
{
	_cleanup_free_ const struct state_rule **rule_of = calloc(r->ret->types.count + 1, sizeof(*rule_of));
	struct kl_error *err = NULL;
	uint32_t row;
	size_t type;

	if (!rule_of)
		return kl_error_nomem();
	for (type = 1; type < r->ret->types.count; type++)
		rule_of[type] = find_rule(r, type);
	for (row = 0; row < r->heap->rows && !err; row++) {
		const struct state_rule *rule = rule_of[r->ret->type_of[row]];

		if (rule)
			err = go_on_masking(r, r->heap->address[row], rule->mask(r, r->heap->address[row]));
	}
	return err;
}

struct kl_error *kl_state_members_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret)
{
	struct state_reader r = {.k = k, .heap = heap, .ret = ret};
	struct kl_error *err = go_on_masking(&r, 0, mask_freed_nets(&r));

	if (!err)
		err = go_on_masking(&r, 0, mask_idle_stoppers(&r));
	return err || !ret->type_of || !ret->names ? err : mask_typed_objects(&r);
}

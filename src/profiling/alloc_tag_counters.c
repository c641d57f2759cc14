/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profiling/alloc_tag_counters.h"

#include <inttypes.h>

#include "kernel/machine/percpu.h"
#include "util/bytes.h"

#define ANOMALY "alloc_tag"
/* Counters this near to each other are read at once, up to so many bytes: those of the kernel itself are neighbours. */
#define GAP_MAX 256
#define RUN_MAX (64 << 10)

struct wanted {
	uint64_t cookie;
	uint32_t tag;
};

struct sum {
	struct kl_kernel *k;
	struct kl_alloc_tags *tags;
	KL_VEC(struct wanted) wanted; /* by cookie */
	uint8_t *buffer;              /* RUN_MAX bytes */
	uint64_t size;                /* of struct alloc_tag_counters */
};

bool kl_tag_counters_are_own(const struct kl_alloc_tags *tags, const struct kl_alloc_tag *tag)
{
	struct kl_percpu_allocation a;

	/* two counters of 64 bits, 16 bytes in every generation */
	return tags->chunks && kl_percpu_allocation_at(tags->chunks, tag->counters, &a) && a.cookie == tag->counters &&
	       a.size == 16;
}

/* Whether per-CPU memory is there: the static section, or a live allocation that holds all of it. */
static bool is_percpu(const struct sum *s, uint64_t cookie)
{
	const struct kl_percpu *p = &s->k->percpu;
	struct kl_percpu_allocation a;

	if (!p->smp || !s->tags->chunks || !s->tags->chunks->list.count)
		return true; /* cannot be told */
	if (cookie >= p->start && cookie < p->end && p->end - cookie >= s->size)
		return true;
	return kl_percpu_allocation_at(s->tags->chunks, cookie, &a) && a.cookie + a.size - cookie >= s->size;
}

/* Before counters were allocated (6.15), those of a module went with its per-CPU memory, and what lies there now
 * belongs to somebody else: summed up, it would be a claim of any size that nothing accounts for. So the counters of an
 * unloaded module count only as an allocation of just their size. */
static bool has_counters(struct sum *s, struct kl_alloc_tag *tag)
{
	if (tag->flags & KL_TAG_UNLOADED)
		return tag->counters && kl_tag_counters_are_own(s->tags, tag);
	if (tag->counters && is_percpu(s, tag->counters))
		return true;
	kl_kernel_anomaly(s->k, ANOMALY, tag->address, "counters at %#" PRIx64 ", where no per-CPU memory is",
			  tag->counters);
	return false;
}

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->cookie != y->cookie)
		return x->cookie < y->cookie ? -1 : 1;
	return x->tag < y->tag ? -1 : x->tag > y->tag;
}

static struct kl_error *collect_wanted_counters(struct sum *s, size_t from)
{
	for (size_t i = from; i < s->tags->list.count; i++) {
		struct kl_alloc_tag *tag = &s->tags->list.data[i];
		struct wanted w = {.cookie = tag->counters, .tag = (uint32_t)i};

		if (!has_counters(s, tag))
			tag->flags |= KL_TAG_NO_COUNTERS;
		else if (!kl_vec_push(&s->wanted, w))
			return kl_error_nomem();
	}
	if (s->wanted.count)
		qsort(s->wanted.data, s->wanted.count, sizeof(*s->wanted.data), compare_wanted);
	return NULL;
}

/* _shared_alloc_tag: one set of counters for all tags of modules, where static per-CPU variables must be weak. */
static void flag_shared(struct sum *s)
{
	for (size_t i = 1; i < s->wanted.count; i++) {
		if (s->wanted.data[i].cookie != s->wanted.data[i - 1].cookie)
			continue;
		s->tags->list.data[s->wanted.data[i].tag].flags |= KL_TAG_SHARED;
		s->tags->list.data[s->wanted.data[i - 1].tag].flags |= KL_TAG_SHARED;
	}
}

static void add_counters(struct sum *s, struct kl_alloc_tag *tag, const uint8_t *raw)
{
	tag->bytes += kl_member_get(&s->k->layouts.alloc_tag_counters.bytes, raw);
	tag->calls += kl_member_get(&s->k->layouts.alloc_tag_counters.calls, raw);
}

static void add_singly(struct sum *s, unsigned cpu, const struct wanted *w)
{
	struct kl_alloc_tag *tag = &s->tags->list.data[w->tag];
	struct kl_error *err = NULL;
	uint64_t address;

	if (kl_percpu_address(s->k, w->cookie, cpu, &address))
		err = kl_kernel_read(s->k, address, s->buffer, s->size);
	if (!err) {
		add_counters(s, tag, s->buffer);
		return;
	}
	if (tag->flags & KL_TAG_NO_COUNTERS)
		kl_error_destroy(err);
	else
		kl_kernel_anomaly_error(s->k, ANOMALY, tag->address, kl_error_prepend(err, "counters on CPU %u", cpu));
	tag->flags |= KL_TAG_NO_COUNTERS;
}

/* The counters wanted[first .. first + count) of one CPU, which lie near to each other. */
static void add_run(struct sum *s, unsigned cpu, const struct wanted *first, size_t count)
{
	size_t length = (size_t)(first[count - 1].cookie - first->cookie + s->size), i;
	uint64_t address;

	if (!kl_percpu_address(s->k, first->cookie, cpu, &address) ||
	    kl_kernel_read_partial(s->k, address, s->buffer, length) < length) {
		for (i = 0; i < count; i++)
			add_singly(s, cpu, &first[i]);
		return;
	}
	for (i = 0; i < count; i++)
		add_counters(s, &s->tags->list.data[first[i].tag], s->buffer + (first[i].cookie - first->cookie));
}

static void add_cpu(struct sum *s, unsigned cpu)
{
	size_t first, next;

	for (first = 0; first < s->wanted.count; first = next) {
		const struct wanted *w = &s->wanted.data[first];

		next = first + 1;
		while (next < s->wanted.count &&
		       s->wanted.data[next].cookie - s->wanted.data[next - 1].cookie < GAP_MAX &&
		       s->wanted.data[next].cookie - w->cookie + s->size <= RUN_MAX)
			next++;
		add_run(s, cpu, w, next - first);
	}
}

/* A sum that lacks a CPU is worse than none. */
static void clear_partial(struct sum *s)
{
	const struct wanted *w;

	kl_vec_for_each (w, &s->wanted) {
		struct kl_alloc_tag *tag = &s->tags->list.data[w->tag];

		if (tag->flags & KL_TAG_NO_COUNTERS)
			tag->bytes = tag->calls = 0;
	}
}

struct kl_error *kl_tag_counters_read(struct kl_kernel *k, struct kl_alloc_tags *tags, size_t from)
{
	struct sum s = {.k = k, .tags = tags, .size = k->layouts.alloc_tag_counters.type.size};
	struct kl_error *err = NULL;
	const unsigned *cpu;

	s.buffer = malloc(RUN_MAX);
	if (!s.buffer)
		err = kl_error_nomem();
	else if (k->layouts.alloc_tag_counters.type.present && s.size <= RUN_MAX)
		err = collect_wanted_counters(&s, from);
	if (!err) {
		flag_shared(&s);
		kl_vec_for_each (cpu, &k->percpu.cpus)
			add_cpu(&s, *cpu);
		clear_partial(&s);
	}
	kl_vec_deinit(&s.wanted);
	free(s.buffer);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/diff.h"

#include <stdlib.h>
#include <string.h>

#include "util/map.h"

/* How a stack of one run is named in the comparison. */
struct stack_name {
	uint64_t key;
	int64_t stack_id;
};

struct differ {
	struct kl_reader *reader;
	struct kl_diff *diff;
	struct kl_map names;  /* stack_id -> index into known */
	struct kl_map groups; /* key -> index into diff->groups */
	struct kl_map old;    /* objects of A, by object_key() */
	struct kl_map named;  /* likewise, if A and B are of one moment: their stack_id */
	KL_VEC(struct stack_name) known;
};

/* Within one boot a stack may have a better name than its own. */
static struct kl_error *find_stack_name(struct differ *d, const struct kl_store_finding *f, struct stack_name *ret)
{
	*ret = (struct stack_name){.key = f->stack_hash, .stack_id = f->stack_id};
	if (!d->diff->same_boot)
		return NULL;
	return kl_reader_better_stack(d->reader, f->stack_id, d->diff->a.boot_id, &ret->stack_id, &ret->key);
}

static struct kl_error *stack_name_of(struct differ *d, const struct kl_store_finding *f, struct stack_name *ret)
{
	struct kl_error *err;
	uint64_t index;

	if (kl_map_get(&d->names, (uint64_t)f->stack_id, &index)) {
		*ret = d->known.data[index];
		return NULL;
	}
	err = find_stack_name(d, f, ret);
	if (err)
		return err;
	if (!kl_vec_push(&d->known, *ret) || !kl_map_put(&d->names, (uint64_t)f->stack_id, d->known.count - 1))
		return kl_error_nomem();
	return NULL;
}

/* The group of the stack that is called @name, made when it is the first. Valid until the next call. */
static struct kl_error *group_of_stack(struct differ *d, const struct stack_name *name, struct kl_diff_group **ret)
{
	uint64_t index;

	if (kl_map_get(&d->groups, name->key, &index)) {
		*ret = &d->diff->groups.data[index];
		return NULL;
	}
	*ret = kl_vec_add(&d->diff->groups);
	if (!*ret || !kl_map_put(&d->groups, name->key, d->diff->groups.count - 1))
		return kl_error_nomem();
	(*ret)->stack_hash = name->key;
	(*ret)->stack_id = name->stack_id;
	return NULL;
}

/* What makes an object the same one in two dumps of one boot, or twice in the same dump. */
static uint64_t object_key(const struct kl_diff *diff, const struct kl_store_finding *f)
{
	const uint64_t identity[] = {f->address, f->class_, (uint64_t)f->jiffies, f->address_hash};

	return kl_hash_bytes(KL_HASH_SEED, identity, diff->same_moment ? 2 * sizeof(*identity) : sizeof(identity));
}

static void add_bytes(int64_t *sum, uint64_t size)
{
	if (size > INT64_MAX || __builtin_add_overflow(*sum, (int64_t)size, sum))
		*sum = INT64_MAX;
}

static struct kl_error *group_of_finding(struct differ *d, const struct kl_store_finding *f, struct stack_name *name,
					 struct kl_diff_group **ret)
{
	struct kl_error *err = NULL;
	uint64_t stack, index;

	if (kl_map_get(&d->named, object_key(d->diff, f), &stack) && kl_map_get(&d->names, stack, &index))
		*name = d->known.data[index];
	else
		err = stack_name_of(d, f, name);
	return err ? err : group_of_stack(d, name, ret);
}

static struct kl_error *count_object_of_a(void *context, const struct kl_store_finding *f)
{
	bool leaked = kleak_verdict_is_leaked(f->verdict);
	struct differ *d = context;
	struct kl_diff_group *group = NULL;
	struct stack_name name;
	struct kl_error *err;

	if (d->diff->same_boot && !kl_map_put(&d->old, object_key(d->diff, f), f->verdict))
		return kl_error_nomem();
	err = d->diff->same_moment ? stack_name_of(d, f, &name) : NULL;
	if (err)
		return err;
	if (d->diff->same_moment && !kl_map_put(&d->named, object_key(d->diff, f), (uint64_t)f->stack_id))
		return kl_error_nomem();
	if (!leaked && d->diff->same_boot)
		return NULL;
	err = group_of_finding(d, f, &name, &group);
	if (err || !group)
		return err;
	if (leaked) {
		group->objects_a++;
		add_bytes(&group->bytes_a, f->size);
	} else {
		group->others[kl_store_verdict_index(f->verdict)]--;
	}
	return NULL;
}

static struct kl_error *add_verdicts(struct kl_diff_group *group, enum kleak_verdict from, enum kleak_verdict to,
				     int64_t objects, uint64_t bytes)
{
	struct kl_diff_verdicts *v;

	kl_vec_for_each (v, &group->verdicts) {
		if (v->from == from && v->to == to)
			break;
	}
	if (v == group->verdicts.data + group->verdicts.count) {
		v = kl_vec_add(&group->verdicts);
		if (!v)
			return kl_error_nomem();
		v->from = from;
		v->to = to;
	}
	v->objects += objects;
	add_bytes(&v->bytes, bytes);
	return NULL;
}

static struct kl_error *add_new_object(struct kl_diff_group *group, const struct kl_store_finding *f, int64_t stack_id)
{
	struct kl_diff_object *object = kl_vec_add(&group->new_objects);

	if (!object)
		return kl_error_nomem();
	object->address = f->address;
	object->size = f->size;
	object->pid = f->pid;
	object->age_ms = f->age_ms;
	object->stack_id = stack_id;
	if (f->comm)
		memccpy(object->comm, f->comm, '\0', sizeof(object->comm) - 1);
	if (group->new_objects.count == 1)
		group->stack_id = stack_id;
	return NULL;
}

/* Notes that B's groups have @hash where this one has another. */
static struct kl_error *add_hash_of_b(struct kl_diff_group *group, uint64_t hash)
{
	const uint64_t *known;

	if (hash == group->stack_hash)
		return NULL;
	kl_vec_for_each (known, &group->hashes_b) {
		if (*known == hash)
			return NULL;
	}
	return kl_vec_push(&group->hashes_b, hash) ? NULL : kl_error_nomem();
}

static struct kl_error *match_leak_of_b(struct differ *d, const struct kl_store_finding *f, bool known,
					enum kleak_verdict before)
{
	struct kl_diff_group *group = NULL;
	struct stack_name name;
	struct kl_error *err = group_of_finding(d, f, &name, &group);

	if (!err)
		err = add_hash_of_b(group, f->stack_hash);
	if (err)
		return err;
	group->objects_b++;
	add_bytes(&group->bytes_b, f->size);
	if (!known)
		return add_new_object(group, f, name.stack_id);
	return kleak_verdict_is_leaked(before) ? NULL : add_verdicts(group, before, f->verdict, 1, f->size);
}

/* What is no leak in B counts where it was one in A, or, between boots, may have been one. */
static struct kl_error *match_other_of_b(struct differ *d, const struct kl_store_finding *f, bool known,
					 enum kleak_verdict before)
{
	struct kl_diff_group *group = NULL;
	struct stack_name name;
	struct kl_error *err;

	if (d->diff->same_boot && !(known && kleak_verdict_is_leaked(before)))
		return NULL;
	err = group_of_finding(d, f, &name, &group);
	if (err || !group)
		return err;
	if (known)
		return add_verdicts(group, before, f->verdict, 1, f->size);
	group->others[kl_store_verdict_index(f->verdict)]++;
	return NULL;
}

static struct kl_error *match_object_of_b(void *context, const struct kl_store_finding *f)
{
	struct differ *d = context;
	uint64_t before = 0;
	bool known = d->diff->same_boot && kl_map_get(&d->old, object_key(d->diff, f), &before);

	return (kleak_verdict_is_leaked(f->verdict) ? match_leak_of_b : match_other_of_b)(d, f, known,
											  (enum kleak_verdict)before);
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Between boots, a leak less and another finding more are taken for one whose verdict changed. */
static struct kl_error *guess_verdicts(struct kl_diff_group *g)
{
	static const enum kleak_verdict verdicts[] = {
#define X(identifier, number, name, leaked, meaning) KLEAK_VERDICT_##identifier,
		KLEAK_VERDICTS(X)
#undef X
	};
	int64_t more = g->objects_b - g->objects_a, n;
	struct kl_error *err = NULL;
	size_t i;

	for (i = 0; i < KL_STORE_VERDICTS && !err; i++) {
		n = more < 0 ? smaller(-more, g->others[i]) : smaller(more, -g->others[i]);
		if (n <= 0)
			continue;
		if (more < 0)
			err = add_verdicts(g, KLEAK_VERDICT_LEAK, verdicts[i], n, 0);
		else
			err = add_verdicts(g, verdicts[i], KLEAK_VERDICT_LEAK, n, 0);
		more += more < 0 ? n : -n;
	}
	return err;
}

/* How many objects leak in B that were no findings at all in A; negative: fewer, and none of them has another verdict
 * now. */
static int64_t unexplained_growth(const struct kl_diff_group *g)
{
	int64_t growth = g->objects_b - g->objects_a;
	const struct kl_diff_verdicts *v;

	kl_vec_for_each (v, &g->verdicts)
		growth += kleak_verdict_is_leaked(v->to) ? -v->objects : v->objects;
	return growth;
}

/* False when nothing changed. */
static bool classify_change(const struct kl_diff *diff, struct kl_diff_group *g)
{
	int64_t growth = unexplained_growth(g);
	bool more = diff->same_boot ? g->new_objects.count > 0
				    : growth > 0 || (!growth && !g->verdicts.count && g->bytes_b > g->bytes_a);

	if (more)
		g->change = g->objects_a ? KL_CHANGE_GROWN : KL_CHANGE_NEW;
	else if (g->verdicts.count)
		g->change = KL_CHANGE_CHANGED;
	else if (g->objects_a && !g->objects_b)
		g->change = KL_CHANGE_GONE;
	/* One source knows what was asked for, the other one what was given. */
	else if (growth < 0 || (g->bytes_b < g->bytes_a && !diff->same_moment))
		g->change = KL_CHANGE_SHRUNK;
	else
		return false;
	return true;
}

static int64_t difference(const struct kl_diff_group *g)
{
	/* Neither is negative. */
	return g->bytes_b > g->bytes_a ? g->bytes_b - g->bytes_a : g->bytes_a - g->bytes_b;
}

static int compare_groups(const void *left, const void *right)
{
	const struct kl_diff_group *a = left, *b = right;

	if (a->change != b->change)
		return a->change < b->change ? -1 : 1;
	if (difference(a) != difference(b))
		return difference(a) > difference(b) ? -1 : 1;
	return a->stack_hash < b->stack_hash ? -1 : a->stack_hash > b->stack_hash;
}

static void diff_group_deinit(struct kl_diff_group *group)
{
	kl_vec_deinit(&group->new_objects);
	kl_vec_deinit(&group->hashes_b);
	kl_vec_deinit(&group->verdicts);
}

/* Whether somebody who waits for leaks wants to know. */
static bool is_alarming(const struct kl_diff_group *g)
{
	const struct kl_diff_verdicts *v;

	kl_vec_for_each (v, &g->verdicts) {
		if (kleak_verdict_is_leaked(v->to))
			return true;
	}
	return g->change == KL_CHANGE_NEW || g->change == KL_CHANGE_GROWN;
}

/* Drops what did not change and sorts the rest. */
static void drop_unchanged_and_sort(struct kl_diff *diff)
{
	size_t i, kept = 0;

	for (i = 0; i < diff->groups.count; i++) {
		struct kl_diff_group *g = &diff->groups.data[i];

		if (classify_change(diff, g)) {
			diff->per_change[g->change]++;
			diff->found |= is_alarming(g);
			diff->groups.data[kept++] = *g;
		} else {
			diff_group_deinit(g);
		}
	}
	diff->groups.count = kept;
	if (kept)
		qsort(diff->groups.data, kept, sizeof(*diff->groups.data), compare_groups);
}

/* Whether both runs were made in the same way. */
static struct kl_error *compare_settings(struct kl_reader *reader, const struct kl_store_run *a,
					 const struct kl_store_run *b, bool *ret)
{
	_cleanup_strbuf_ struct kl_strbuf of_a = {}, of_b = {};
	struct kl_error *err;

	err = kl_reader_option(reader, a->id, "settings", &of_a);
	if (!err)
		err = kl_reader_option(reader, b->id, "settings", &of_b);
	*ret = !strcmp(a->policy, b->policy) && !strcmp(kl_strbuf_string(&of_a), kl_strbuf_string(&of_b));
	return err;
}

static struct kl_error *guess_all_verdicts(struct kl_diff *diff)
{
	struct kl_error *err = NULL;
	struct kl_diff_group *group = NULL;

	kl_vec_for_each (group, &diff->groups) {
		if (!err && !diff->same_boot)
			err = guess_verdicts(group);
	}
	return err;
}

/* By the machine's own clock where both have it. */
static bool is_older(const struct kl_diff *diff)
{
	const struct kl_store_run *a = &diff->a, *b = &diff->b;

	if (diff->same_boot && a->jiffies != KL_UNKNOWN && b->jiffies != KL_UNKNOWN)
		return b->jiffies < a->jiffies;
	return a->crash_time != KL_UNKNOWN && b->crash_time != KL_UNKNOWN && b->crash_time < a->crash_time;
}

struct kl_error *kl_diff_make(struct kl_reader *reader, int64_t run_a, int64_t run_b, struct kl_diff *ret)
{
	struct differ d = {.reader = reader, .diff = ret};
	struct kl_error *err;

	memset(ret, 0, sizeof(*ret));
	err = kl_reader_run(reader, run_a, &ret->a);
	if (!err)
		err = kl_reader_run(reader, run_b, &ret->b);
	if (err)
		return err;
	ret->same_boot = ret->a.boot_id && ret->b.boot_id && !strcmp(ret->a.boot_id, ret->b.boot_id);
	ret->same_moment = ret->same_boot && ret->a.jiffies != KL_UNKNOWN && ret->a.jiffies == ret->b.jiffies &&
			   kl_store_run_by_allocators(&ret->a) != kl_store_run_by_allocators(&ret->b);
	ret->b_is_older = is_older(ret);
	err = compare_settings(reader, &ret->a, &ret->b, &ret->same_settings);
	if (!err)
		err = kl_reader_findings(reader, ret->a.id, count_object_of_a, &d);
	if (!err)
		err = kl_reader_findings(reader, ret->b.id, match_object_of_b, &d);
	if (!err)
		err = guess_all_verdicts(ret);
	if (!err)
		drop_unchanged_and_sort(ret);
	kl_map_deinit(&d.names);
	kl_map_deinit(&d.groups);
	kl_map_deinit(&d.old);
	kl_map_deinit(&d.named);
	kl_vec_deinit(&d.known);
	return err;
}

void kl_diff_deinit(struct kl_diff *diff)
{
	struct kl_diff_group *group = NULL;

	kl_vec_for_each (group, &diff->groups)
		diff_group_deinit(group);
	kl_vec_deinit(&diff->groups);
	kl_store_run_deinit(&diff->a);
	kl_store_run_deinit(&diff->b);
}

const char *kl_change_name(enum kl_change change)
{
	static const char *const names[] = {
#define X(identifier, name) name,
		KL_CHANGES(X)
#undef X
	};

	return names[change];
}

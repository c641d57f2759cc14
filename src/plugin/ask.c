/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/ask.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/child.h"
#include "plugin/describe.h"
#include "plugin/guest.h"

#define MAX_OBJECTS ((size_t)1 << 24)
#define MAX_ROOTS ((size_t)1 << 20)
#define MAX_FREED ((size_t)1 << 24)
#define MAX_DAMAGES 100
#define MAX_WHY 400 /* bytes of an opinion */

struct listener {
	struct kl_plugin_answer *answer;
	bool out_of_memory;
};

static bool take_object(struct listener *l, const struct kleak_object *o, struct kl_strbuf *why)
{
	uint64_t end;

	if (!o->size || __builtin_add_overflow(o->address, o->size, &end) || o->class_ > KLEAK_OBJECT_PERCPU) {
		kl_strbuf_printf(why, "it added an object of %llu bytes at %#llx, which cannot be",
				 (unsigned long long)o->size, (unsigned long long)o->address);
		return false;
	}
	if (l->answer->objects.count >= MAX_OBJECTS) {
		kl_strbuf_printf(why, "it added more than %zu objects", MAX_OBJECTS);
		return false;
	}
	l->out_of_memory |= !kl_vec_push(&l->answer->objects, *o);
	return !l->out_of_memory;
}

static bool take_root(struct listener *l, const struct kl_plugin_root *root, struct kl_strbuf *why)
{
	uint64_t end;

	if (!root->length || __builtin_add_overflow(root->address, root->length, &end) || !(root->address >> 63)) {
		kl_strbuf_printf(why, "it added a root of %llu bytes at %#llx, which cannot be",
				 (unsigned long long)root->length, (unsigned long long)root->address);
		return false;
	}
	if (l->answer->roots.count >= MAX_ROOTS) {
		kl_strbuf_printf(why, "it added more than %zu roots", MAX_ROOTS);
		return false;
	}
	l->out_of_memory |= !kl_vec_push(&l->answer->roots, *root);
	return !l->out_of_memory;
}

static bool take_opinion(struct listener *l, const unsigned char *bytes, size_t length)
{
	struct kl_plugin_opinion opinion;

	memcpy(&opinion.number, bytes, sizeof(opinion.number));
	length -= sizeof(opinion.number);
	opinion.why = strndup((const char *)bytes + sizeof(opinion.number), length < MAX_WHY ? length : MAX_WHY);
	if (!opinion.why || !kl_vec_push(&l->answer->opinions, opinion)) {
		free(opinion.why);
		l->out_of_memory = true;
	}
	return !l->out_of_memory;
}

static bool take_freed(struct listener *l, const unsigned char *bytes, bool is_page, struct kl_strbuf *why)
{
	uint64_t address;

	memcpy(&address, bytes, sizeof(address));
	if (!(address >> 63)) {
		kl_strbuf_printf(why, "it says that something at %#llx is freed, which cannot be",
				 (unsigned long long)address);
		return false;
	}
	if (l->answer->freed.count + l->answer->freeing_pages.count >= MAX_FREED) {
		kl_strbuf_printf(why, "it says that more than %zu objects are freed", MAX_FREED);
		return false;
	}
	l->out_of_memory |=
		is_page ? !kl_vec_push(&l->answer->freeing_pages, address) : !kl_vec_push(&l->answer->freed, address);
	return !l->out_of_memory;
}

/* The first ones are enough. */
static bool take_damage(struct listener *l, const unsigned char *bytes, size_t length)
{
	struct kl_plugin_damage damage;

	if (l->answer->damages.count == MAX_DAMAGES)
		return true;
	memcpy(&damage.address, bytes, sizeof(damage.address));
	length -= sizeof(damage.address);
	damage.what = strndup((const char *)bytes + sizeof(damage.address), length < MAX_WHY ? length : MAX_WHY);
	if (!damage.what || !kl_vec_push(&l->answer->damages, damage)) {
		free(damage.what);
		l->out_of_memory = true;
	}
	return !l->out_of_memory;
}

static enum kl_taken take_record_of_work(void *context, uint32_t kind, const unsigned char *bytes, size_t length,
					 struct kl_strbuf *why)
{
	struct listener *l = context;
	struct kleak_object object;
	struct kl_plugin_root root;

	switch (kind) {
	case KL_RECORD_ERROR:
		kl_strbuf_append(why, bytes, length);
		return KL_TAKEN_NONSENSE;
	case KL_RECORD_OBJECT:
		if (length != sizeof(object))
			break;
		memcpy(&object, bytes, sizeof(object));
		return kl_taken_if(take_object(l, &object, why));
	case KL_RECORD_ROOT:
		if (length != sizeof(root))
			break;
		memcpy(&root, bytes, sizeof(root));
		return kl_taken_if(take_root(l, &root, why));
	case KL_RECORD_OPINION:
		if (length < sizeof(uint32_t))
			break;
		return kl_taken_if(take_opinion(l, bytes, length));
	case KL_RECORD_FREED:
	case KL_RECORD_FREEING:
		if (length != sizeof(uint64_t))
			break;
		return kl_taken_if(take_freed(l, bytes, kind == KL_RECORD_FREEING, why));
	case KL_RECORD_DAMAGE:
		if (length < sizeof(uint64_t))
			break;
		return kl_taken_if(take_damage(l, bytes, length));
	default:
		break;
	}
	kl_strbuf_puts(why, "it sent what is no record");
	return KL_TAKEN_NONSENSE;
}

struct kl_error *kl_plugin_ask(struct kl_plugins *plugins, struct kl_plugin *p, uint32_t capability,
			       const struct kl_plugin_world *world, const struct kl_progress *progress,
			       struct kl_plugin_answer *ret)
{
	struct kl_guest guest = {.plugin = p, .world = world, .capability = capability};
	struct listener listener = {.answer = ret};
	struct kl_child child = {
		.run = kl_guest_run,
		.task = &guest,
		.take = take_record_of_work,
		.context = &listener,
		.seconds = plugins->seconds,
		.progress = progress,
	};
	_cleanup_strbuf_ struct kl_strbuf why = {};
	struct kl_error *err = kl_plugin_resolve(plugins, p, world, progress);

	if (err || !kl_plugin_can(p, capability))
		return err;
	err = kl_child_run(&child, &why);
	if (!err && listener.out_of_memory)
		err = kl_error_nomem();
	if (!err && why.length)
		kl_plugin_end(p, KL_PLUGIN_FAILED, kl_strbuf_string(&why));
	return err;
}

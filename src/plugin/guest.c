/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/guest.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "plugin/guest_talk.h"

#define MAX_NEEDS 1000
#define NO_SUSPECT UINT32_MAX

/* Behind kleak_host.context. */
struct session {
	const struct kl_guest *guest;
	struct kl_outbox *outbox;
	uint32_t suspect; /* number of the one at hand */
	uint32_t stage;   /* capability whose function runs */
	bool named;       /* the holder at hand is */
	bool in_view;     /* rows are being read */
};

static void put_error(struct kl_outbox *outbox, const char *text)
{
	kl_outbox_put(outbox, KL_RECORD_ERROR, text, strlen(text));
}

/* ---- the host, as a plugin sees it ---- */

static const struct kleak_where *host_where(const struct kleak_host *host, size_t need)
{
	static const struct kleak_where nowhere;
	const struct session *s = host->context;

	return need < s->guest->plugin->needs.count ? &s->guest->plugin->needs.data[need] : &nowhere;
}

static size_t host_read(const struct kleak_host *host, uint64_t address, void *buffer, size_t length)
{
	const struct session *s = host->context;

	if (!s->guest->world->read) {
		memset(buffer, 0, length);
		return 0;
	}
	return s->guest->world->read(s->guest->world->context, address, buffer, length);
}

static uint64_t host_percpu(const struct kleak_host *host, uint64_t cookie, uint32_t cpu)
{
	const struct session *s = host->context;

	return s->guest->world->percpu ? s->guest->world->percpu(s->guest->world->context, cookie, cpu) : 0;
}

static int host_object_at(const struct kleak_host *host, uint64_t address, struct kleak_object *ret)
{
	const struct session *s = host->context;

	if (s->stage == KLEAK_CAN_ADD_OBJECTS || !s->guest->world->object_at)
		return 0;
	return s->guest->world->object_at(s->guest->world->context, address, ret);
}

static size_t host_symbol_at(const struct kleak_host *host, uint64_t address, char *buffer, size_t size)
{
	const struct session *s = host->context;
	_cleanup_strbuf_ struct kl_strbuf text = {};

	if (s->guest->world->symbol_at)
		s->guest->world->symbol_at(s->guest->world->context, address, &text);
	if (size)
		snprintf(buffer, size, "%s", kl_strbuf_string(&text));
	return text.length;
}

static size_t host_ranges(const struct kleak_host *host, uint64_t tree, struct kleak_range *ret, size_t max)
{
	const struct session *s = host->context;

	return s->guest->world->ranges ? s->guest->world->ranges(s->guest->world->context, tree, ret, max) : SIZE_MAX;
}

static int host_add_object(const struct kleak_host *host, const struct kleak_object *object)
{
	struct session *s = host->context;

	if (s->stage != KLEAK_CAN_ADD_OBJECTS)
		return 1;
	kl_outbox_put(s->outbox, KL_RECORD_OBJECT, object, sizeof(*object));
	return 0;
}

static int host_add_root(const struct kleak_host *host, uint64_t address, uint64_t length)
{
	struct kl_plugin_root root = {.address = address, .length = length};
	struct session *s = host->context;

	if (s->stage != KLEAK_CAN_ADD_ROOTS)
		return 1;
	kl_outbox_put(s->outbox, KL_RECORD_ROOT, &root, sizeof(root));
	return 0;
}

/* An address or a number, and a text. */
static void put_numbered_text(struct kl_outbox *outbox, enum kl_plugin_record kind, const void *number, size_t size,
			      const char *text)
{
	char record[KL_RECORD_MAX];
	size_t length = strlen(text);

	if (length > sizeof(record) - size)
		length = sizeof(record) - size;
	memcpy(record, number, size);
	memcpy(record + size, text, length);
	kl_outbox_put(outbox, kind, record, size + length);
}

static int host_explain(const struct kleak_host *host, const char *why)
{
	struct session *s = host->context;

	if (s->stage != KLEAK_CAN_CLASSIFY || s->suspect == NO_SUSPECT)
		return 1;
	put_numbered_text(s->outbox, KL_RECORD_OPINION, &s->suspect, sizeof(s->suspect), why);
	s->suspect = NO_SUSPECT; /* one opinion is enough */
	return 0;
}

static int host_name(const struct kleak_host *host, const char *words)
{
	struct session *s = host->context;

	if (s->stage != KLEAK_CAN_NAME_HOLDERS || s->named || !*words)
		return 1;
	kl_outbox_put(s->outbox, KL_RECORD_WORDS, words, strlen(words));
	s->named = true;
	return 0;
}

static bool has_run(const struct session *s)
{
	return s->stage == KLEAK_CAN_FORMAT || s->stage == KLEAK_CAN_SINK;
}

static int host_each_row(const struct kleak_host *host, const char *view, kl_guest_row_fn *fn, void *context)
{
	struct session *s = host->context;
	int status;

	if (!has_run(s) || s->in_view)
		return -1;
	s->in_view = true;
	status = kl_guest_each_row(s->outbox, host, view, fn, context);
	s->in_view = false;
	return status;
}

static int host_write(const struct kleak_host *host, const void *bytes, size_t length)
{
	const struct session *s = host->context;
	size_t n;

	if (!has_run(s))
		return 1;
	for (; length; length -= n) {
		n = length < KL_RECORD_MAX ? length : KL_RECORD_MAX;
		kl_outbox_put(s->outbox, KL_RECORD_OUTPUT, bytes, n);
		bytes = (const char *)bytes + n;
	}
	return 0;
}

static int put_freed(struct session *s, enum kl_plugin_record kind, uint64_t address)
{
	if (s->stage != KLEAK_CAN_ADD_FREED)
		return 1;
	kl_outbox_put(s->outbox, kind, &address, sizeof(address));
	return 0;
}

static int host_add_freed(const struct kleak_host *host, uint64_t address)
{
	return put_freed(host->context, KL_RECORD_FREED, address);
}

static int host_add_freeing_page(const struct kleak_host *host, uint64_t address)
{
	return put_freed(host->context, KL_RECORD_FREEING, address & -(UINT64_C(1) << host->page_shift));
}

static int host_damaged(const struct kleak_host *host, uint64_t address, const char *what)
{
	struct session *s = host->context;

	if (!(s->stage & (KLEAK_CAN_ADD_OBJECTS | KLEAK_CAN_ADD_ROOTS | KLEAK_CAN_ADD_FREED)))
		return 1;
	put_numbered_text(s->outbox, KL_RECORD_DAMAGE, &address, sizeof(address), what);
	return 0;
}

/* ---- the plugin ---- */

/* How many bytes the descriptor of each minor version has, and which capabilities it knows. */
#define KNOWN_0 (KLEAK_CAN_ADD_OBJECTS | KLEAK_CAN_ADD_ROOTS | KLEAK_CAN_CLASSIFY)
#define KNOWN_1 (KNOWN_0 | KLEAK_CAN_NAME_HOLDERS | KLEAK_CAN_FORMAT | KLEAK_CAN_SINK)

static const struct {
	size_t size;
	uint32_t known;
} versions[] = {
	{offsetof(struct kleak_plugin, name_holder), KNOWN_0},
	{offsetof(struct kleak_plugin, freed), KNOWN_1},
	{offsetof(struct kleak_plugin, freed), KNOWN_1}, /* the host can more, a plugin is as before */
	{sizeof(struct kleak_plugin), KNOWN_1 | KLEAK_CAN_ADD_FREED},
};
_Static_assert(sizeof(versions) / sizeof(*versions) == KLEAK_PLUGIN_MINOR + 1, "every minor version has a line");

/* Whether a capability lacks its function. */
static bool lacks_function(const struct kleak_plugin *p)
{
	const struct {
		uint32_t capability;
		bool has_function;
	} functions[] = {
		{KLEAK_CAN_ADD_OBJECTS, p->objects},      {KLEAK_CAN_ADD_ROOTS, p->roots},
		{KLEAK_CAN_CLASSIFY, p->classify},        {KLEAK_CAN_FORMAT, p->format},
		{KLEAK_CAN_NAME_HOLDERS, p->name_holder}, {KLEAK_CAN_SINK, p->sink},
		{KLEAK_CAN_ADD_FREED, p->freed},
	};
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		if ((p->capabilities & functions[i].capability) && !functions[i].has_function)
			return true;
	}
	return false;
}

/* A descriptor of an older version, with nothing in the fields that it does not have; what is wrong
 * with it, or NULL. */
static const char *copy_descriptor(const struct kleak_plugin *p, struct kleak_plugin *ret)
{
	*ret = (struct kleak_plugin){};
	if (p->size < sizeof(p->size) + sizeof(p->major) + sizeof(p->minor) || p->major != KLEAK_PLUGIN_MAJOR)
		return "it was built for another version of the interface (kleak/plugin.h)";
	if (p->minor > KLEAK_PLUGIN_MINOR)
		return "it was built for a newer version of the interface (kleak/plugin.h)";
	if (p->size < versions[p->minor].size)
		return "its descriptor is smaller than that of its version";
	memcpy(ret, p, versions[p->minor].size);
	return NULL;
}

/* What is wrong with the descriptor; NULL when nothing is. */
static const char *find_fault(const struct kleak_plugin *p)
{
	if (!p->name || !p->version || !p->license || !p->summary)
		return "its descriptor lacks a name, version, license or summary";
	if (!*p->name || p->name[strspn(p->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
		return "its name has other characters than letters, digits, '_' and '-'";
	if (!p->capabilities || (p->capabilities & ~versions[p->minor].known))
		return "it has capabilities that this program does not know, or none";
	if (lacks_function(p))
		return "it lacks the function for one of its capabilities";
	if (p->n_needs > MAX_NEEDS || (p->n_needs && !p->needs))
		return "its needs are not a table";
	return NULL;
}

static void put_text(struct kl_outbox *outbox, enum kl_plugin_record kind, const char *text)
{
	kl_outbox_put(outbox, kind, text, strlen(text));
}

static void describe_plugin(const struct kleak_plugin *p, struct kl_outbox *outbox)
{
	uint32_t capabilities = p->capabilities;

	put_text(outbox, KL_RECORD_NAME, p->name);
	put_text(outbox, KL_RECORD_VERSION, p->version);
	put_text(outbox, KL_RECORD_LICENSE, p->license);
	put_text(outbox, KL_RECORD_SUMMARY, p->summary);
	kl_outbox_put(outbox, KL_RECORD_CAPABILITIES, &capabilities, sizeof(capabilities));
}

static void resolve_needs(const struct kleak_plugin *p, const struct kl_guest *guest, struct kl_outbox *outbox)
{
	size_t i;

	for (i = 0; i < p->n_needs; i++) {
		const struct kleak_need *need = &p->needs[i];
		_cleanup_strbuf_ struct kl_strbuf why = {};
		struct kleak_where where = {};

		if ((!need->type || need->kind) && !need->name) {
			put_error(outbox, "one of its needs names nothing");
			return;
		}
		if (need->kind > KLEAK_NEED_CALL_SITE) {
			put_error(outbox, "one of its needs is of a kind that this version does not know");
			return;
		}
		where = guest->world->resolve(guest->world->context, need, &why);
		if (!where.present && !need->optional) {
			put_error(outbox, kl_strbuf_string(&why));
			return;
		}
		kl_outbox_put(outbox, KL_RECORD_NEED, &where, sizeof(where));
	}
}

static int classify_all(const struct kleak_plugin *p, const struct kleak_host *host, struct session *s)
{
	const struct kl_plugin_world *world = s->guest->world;
	struct kleak_suspect suspect;
	int status = 0;

	while (!status && world->next_suspect(world->context, &suspect, &s->suspect)) {
		suspect.size_of_this = sizeof(suspect);
		status = p->classify(host, &suspect);
	}
	return status;
}

static int name_all(const struct kleak_plugin *p, const struct kleak_host *host, struct session *s)
{
	_cleanup_strbuf_ struct kl_strbuf record = {};
	struct kleak_holder holder;
	int status = 0;

	while (!status && kl_guest_next_holder(s->outbox, &record, &holder)) {
		s->named = false;
		status = p->name_holder(host, &holder);
		if (!status && !s->named)
			kl_outbox_put(s->outbox, KL_RECORD_WORDS, "", 0);
	}
	return status;
}

static int call_plugin(const struct kleak_plugin *p, const struct kleak_host *host, struct session *s)
{
	switch (s->stage) {
	case KLEAK_CAN_ADD_OBJECTS:
		return p->objects(host);
	case KLEAK_CAN_ADD_ROOTS:
		return p->roots(host);
	case KLEAK_CAN_ADD_FREED:
		return p->freed(host);
	case KLEAK_CAN_CLASSIFY:
		return classify_all(p, host, s);
	case KLEAK_CAN_NAME_HOLDERS:
		return name_all(p, host, s);
	case KLEAK_CAN_FORMAT:
		return p->format(host);
	default:
		return p->sink(host);
	}
}

static void serve_plugin(const struct kleak_plugin *p, const struct kl_guest *guest, struct kl_outbox *outbox)
{
	struct session session = {.guest = guest, .outbox = outbox, .suspect = NO_SUSPECT, .stage = guest->capability};
	const struct kleak_host host = {
		.size = sizeof(host),
		.minor = KLEAK_PLUGIN_MINOR,
		.context = &session,
		.release = guest->world->release,
		.machine = guest->world->machine,
		.page_shift = guest->world->page_shift,
		.possible_cpus = guest->world->possible_cpus,
		.where = host_where,
		.read = host_read,
		.percpu = host_percpu,
		.object_at = host_object_at,
		.symbol_at = host_symbol_at,
		.add_object = host_add_object,
		.add_root = host_add_root,
		.explain = host_explain,
		.name = host_name,
		.each_row = host_each_row,
		.value = kl_guest_value,
		.write = host_write,
		.ranges = host_ranges,
		.add_freed = host_add_freed,
		.add_freeing_page = host_add_freeing_page,
		.damaged = host_damaged,
	};
	int status = call_plugin(p, &host, &session);
	char text[64];

	if (!status)
		return;
	snprintf(text, sizeof(text), "it returned error %d", status);
	put_error(outbox, text);
}

static void run_plugin(const struct kleak_plugin *p, const struct kl_guest *guest, struct kl_outbox *outbox)
{
	if (!guest->world)
		describe_plugin(p, outbox);
	else if (!guest->capability)
		resolve_needs(p, guest, outbox);
	else
		serve_plugin(p, guest, outbox);
}

void kl_guest_run(const void *task, struct kl_outbox *outbox)
{
	const struct kl_guest *guest = task;
	void *library = dlopen(guest->plugin->path, RTLD_NOW | RTLD_LOCAL);
	const struct kleak_plugin *p = library ? dlsym(library, "kleak_plugin") : NULL;
	struct kleak_plugin copy;
	const char *fault;

	if (!library) {
		put_error(outbox, dlerror());
		return;
	}
	fault = p ? copy_descriptor(p, &copy) : "it exports no kleak_plugin";
	if (!fault)
		fault = find_fault(&copy);
	if (fault)
		put_error(outbox, fault);
	else
		run_plugin(&copy, guest, outbox);
}

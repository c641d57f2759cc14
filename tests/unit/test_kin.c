/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the kin of a lost object are held: twenty objects from one stack, in a machine without slabs. */
#include "test.h"
#include "test_kernel_fake.h"

#include "analysis/kin.h"
#include "kernel/machine/machine.h"

#define OBJECTS 20
#define HOLDER OBJECTS /* row of an object of another stack */
#define TABLE at(0x80000)

static struct kl_kernel *k;
static struct kl_heap heap;
static struct kl_marking m;
static uint32_t begins[OBJECTS + 2], ends[OBJECTS + 2];
static uint16_t type_of[OBJECTS + 1];
static uint8_t colours[OBJECTS + 1], explained[OBJECTS + 1], weak[OBJECTS + 1];
static int32_t min_counts[OBJECTS + 1];
static uint32_t members[8];

static uint32_t name(const char *text)
{
	uint32_t id;

	CHECK_OK(kl_intern_add(m.facts.names, text, strlen(text), &id));
	return id;
}

static void add_object(uint64_t address, uint64_t frame)
{
	struct kl_object object = {.address = address, .size = 64, .min_count = 1, .flags = KL_OBJECT_ALLOCATED};

	CHECK_OK(kl_heap_add_stack(&heap, &frame, 1, &object.stack));
	CHECK_OK(kl_heap_add(&heap, &object));
}

/* Node OBJECTS + 1 is a root. */
static void begin(void)
{
	unsigned i;

	memset(&m, 0, sizeof(m));
	memset(type_of, 0, sizeof(type_of));
	memset(explained, 0, sizeof(explained));
	k = fake_kernel();
	CHECK_OK(kl_heap_init(&heap));
	for (i = 0; i < OBJECTS; i++)
		add_object(at(0x1000 + 64 * i), 0x1111);
	add_object(at(0x8000), 0x2222);
	CHECK_OK(kl_heap_build_index(&heap, NULL, NULL));
	for (i = 0; i <= OBJECTS; i++) {
		colours[i] = KL_GREY;
		min_counts[i] = 1;
	}
	m.in = (struct kl_mark_input){.heap = &heap, .space = &m.space};
	m.references.objects = OBJECTS + 1;
	m.references.nodes = OBJECTS + 2;
	m.references.begin = begins;
	m.references.end = ends;
	memset(begins, 0, sizeof(begins));
	memset(ends, 0, sizeof(ends));
	m.marked.mark.colour = colours;
	m.marked.mark.explained = explained;
	m.marked.mark.weak = weak;
	m.marked.mark.min_count = min_counts;
	CHECK_OK(kl_intern_create(&m.facts.names));
}

static void end(void)
{
	kl_vec_deinit(&m.references.list);
	kl_vec_deinit(&m.facts.types);
	kl_vec_deinit(&m.facts.named);
	kl_intern_destroy(m.facts.names);
	kl_heap_deinit(&heap);
	fake_destroy(k);
}

/* Node @node refers to the first @n objects, by words @step bytes apart that begin at @where. */
static void hold(uint32_t node, unsigned n, uint64_t where, unsigned step)
{
	unsigned i;

	begins[node] = (uint32_t)m.references.list.count;
	for (i = 0; i < n; i++) {
		struct kl_reference reference = {.to = i, .at = where + step * i};

		CHECK(kl_vec_push(&m.references.list, reference));
	}
	ends[node] = (uint32_t)m.references.list.count;
}

static void lose(unsigned first)
{
	for (; first < OBJECTS; first++)
		colours[first] = KL_WHITE;
}

static const char *what_is_said(uint32_t row)
{
	static char text[256];
	_cleanup_kin_ struct kl_kin kin = {};
	_cleanup_strbuf_ struct kl_strbuf sb = {};

	CHECK_OK(kl_kin_find(k, &m, &kin));
	kl_kin_describe(&kin, row, &sb);
	snprintf(text, sizeof(text), "%s", kl_strbuf_string(&sb));
	return text;
}

static void hold_from_a_variable(unsigned n)
{
	struct kl_named_data table = {.start = TABLE, .end = TABLE + 0x1000, .name = name("sessions")};

	CHECK(kl_vec_push(&m.facts.named, table));
	hold(OBJECTS + 1, n, TABLE, 8);
}

static void test_all_but_a_few_are_held_by_a_variable(void)
{
	begin();
	hold_from_a_variable(18);
	lose(18);
	CHECK_STR(what_is_said(19),
		  "; all but 2 of 20 objects from this stack are held through variable sessions, this "
		  "one is not");
	CHECK_STR(what_is_said(HOLDER), "");
	end();
}

/* Each is held by the object before it, which is of a known type: through the same member. */
static void test_all_but_a_few_are_held_by_a_member(void)
{
	struct kl_object_type none = {}, session = {.size = 64, .members = members};
	unsigned i;

	begin();
	session.name = name("session");
	members[2] = name("link.next");
	CHECK(kl_vec_push(&m.facts.types, none) && kl_vec_push(&m.facts.types, session));
	m.facts.type_of = type_of;
	for (i = 0; i < 17; i++) {
		struct kl_reference reference = {.to = i + 1, .at = heap.address[i] + 16};

		type_of[i] = 1;
		begins[i] = (uint32_t)m.references.list.count;
		CHECK(kl_vec_push(&m.references.list, reference));
		ends[i] = (uint32_t)m.references.list.count;
	}
	lose(18);
	CHECK_STR(what_is_said(18),
		  "; all but 3 of 20 objects from this stack are held through session.link.next, this "
		  "one is not");
	end();
}

static void test_nothing_is_said(void)
{
	/* half of them are lost */
	begin();
	hold_from_a_variable(10);
	lose(10);
	CHECK_STR(what_is_said(19), "");
	end();
	/* the others are held, but not from one place */
	begin();
	hold_from_a_variable(10);
	lose(18);
	CHECK_STR(what_is_said(19), "");
	end();
	/* those that are excused are not lost */
	begin();
	hold_from_a_variable(18);
	lose(18);
	explained[18] = explained[19] = KL_EXPLAINED_PLUGIN;
	CHECK_STR(what_is_said(19), "");
	end();
	/* a stack that only names a cache makes no kin */
	begin();
	hold_from_a_variable(18);
	lose(18);
	for (unsigned i = 0; i < OBJECTS; i++)
		heap.flags[i] |= KL_OBJECT_NO_STACK;
	CHECK_STR(what_is_said(19), "");
	end();
}

int main(void)
{
	RUN(test_all_but_a_few_are_held_by_a_variable);
	RUN(test_all_but_a_few_are_held_by_a_member);
	RUN(test_nothing_is_said);
	return DONE();
}

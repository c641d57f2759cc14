/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin transient, with a host that has one object in memory. */
#include "test.h"

#include "../../plugins/transient.c"

#define OBJECT UINT64_C(0xffff888000001000)
#define NODE_SIZE 576
#define ARRAY_AT 24

static uint64_t object[NODE_SIZE / 8];
static struct kleak_where array;
static size_t readable;
static const char *explained;

static const struct kleak_where *fake_where(const struct kleak_host *host, size_t need)
{
	(void)host;
	CHECK_INT(need, XA_ARRAY);
	return &array;
}

static size_t fake_read(const struct kleak_host *host, uint64_t address, void *buffer, size_t length)
{
	(void)host;
	memset(buffer, 0, length);
	if (address - OBJECT + length > readable)
		return 0;
	memcpy(buffer, (const char *)object + (address - OBJECT), length);
	return length;
}

static int fake_explain(const struct kleak_host *host, const char *why)
{
	(void)host;
	explained = why;
	return 0;
}

static const struct kleak_host host = {
	.size = sizeof(host), .where = fake_where, .read = fake_read, .explain = fake_explain};

static void begin(void)
{
	memset(object, 0, sizeof(object));
	array = (struct kleak_where){.value = ARRAY_AT, .size = 8, .present = 1};
	readable = sizeof(object);
}

static const char *asked(const char *cache, uint64_t size, enum kleak_plugin_class class_)
{
	const struct kleak_suspect suspect = {.size_of_this = sizeof(suspect),
					      .object = {.address = OBJECT, .size = size, .class_ = class_},
					      .frames = "",
					      .cache = cache};

	explained = NULL;
	CHECK_INT(classify(&host, &suspect), 0);
	return explained;
}

static void test_dead_maple_node(void)
{
	begin();
	object[0] = OBJECT | 6; /* its own parent, of some type */
	CHECK(asked("maple_node", MAPLE_NODE_SIZE, KLEAK_OBJECT_VIRTUAL) != NULL);
	CHECK(!asked("kmalloc-256", MAPLE_NODE_SIZE, KLEAK_OBJECT_VIRTUAL));
	CHECK(!asked(NULL, MAPLE_NODE_SIZE, KLEAK_OBJECT_VIRTUAL));
	CHECK(!asked("maple_node", 512, KLEAK_OBJECT_VIRTUAL));
	CHECK(!asked("maple_node", MAPLE_NODE_SIZE, KLEAK_OBJECT_PHYSICAL));
	object[0] = (OBJECT + 0x400) | 6; /* one in use, whose parent is another */
	CHECK(!asked("maple_node", MAPLE_NODE_SIZE, KLEAK_OBJECT_VIRTUAL));
}

/* As page cache leaves it when the last folio of a node moves or goes. */
static void test_freed_node_of_an_xarray(void)
{
	begin();
	object[ARRAY_AT / 8] = XA_RCU_FREE;
	CHECK(asked("radix_tree_node", NODE_SIZE, KLEAK_OBJECT_VIRTUAL) != NULL);
	CHECK(!asked("maple_node", NODE_SIZE, KLEAK_OBJECT_VIRTUAL));
	CHECK(!asked("radix_tree_node", ARRAY_AT, KLEAK_OBJECT_VIRTUAL)); /* the member is not inside */
	object[ARRAY_AT / 8] = OBJECT + 0x800;                            /* it belongs to an array */
	CHECK(!asked("radix_tree_node", NODE_SIZE, KLEAK_OBJECT_VIRTUAL));
	object[ARRAY_AT / 8] = XA_RCU_FREE;
	array.present = 0; /* before 4.20 */
	CHECK(!asked("radix_tree_node", NODE_SIZE, KLEAK_OBJECT_VIRTUAL));
}

static void test_memory_that_is_missing(void)
{
	begin();
	object[0] = OBJECT;
	object[ARRAY_AT / 8] = XA_RCU_FREE;
	readable = 0;
	CHECK(!asked("maple_node", MAPLE_NODE_SIZE, KLEAK_OBJECT_VIRTUAL));
	CHECK(!asked("radix_tree_node", NODE_SIZE, KLEAK_OBJECT_VIRTUAL));
}

int main(void)
{
	RUN(test_dead_maple_node);
	RUN(test_freed_node_of_an_xarray);
	RUN(test_memory_that_is_missing);
	return DONE();
}

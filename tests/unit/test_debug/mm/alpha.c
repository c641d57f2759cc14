/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../types.h"

#define USED __attribute__((used))

/* file-static: lib/alpha.c has others of the same names */
static int counter USED = 1;
static struct link list USED = {&list, &list};
static int both USED; /* lib/alpha.c has a global one */

struct only_here {
	long value;
};

struct shape *shape_pointer USED;
struct outer outer_object USED;
struct bits bits_object USED;
struct packed_bits packed_object USED;
struct opaque *opaque_pointer USED;
numbers number USED;
enum big big_number USED;
nameless nameless_object USED = NAMELESS_SECOND;
struct only_here only USED;
extern const char declared_bytes[];
extern long defined_later;
long defined_later = 5;

int alpha(int x);
int alpha(int x)
{
	/* LINE_OF_ALPHA */
	return x * counter + declared_bytes[x];
}

int __attribute__((section(".init.text"))) alpha_init(int x);
int __attribute__((section(".init.text"))) alpha_init(int x)
{
	/* LINE_OF_INIT */
	return x * 3 + counter;
}

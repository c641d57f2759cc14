/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program whose debug information is the seed of fuzz_debug: one of everything that is asked for. */
enum colour { RED, GREEN };
struct shape {
	int width : 3;
	struct {
		long deep;
		char name[8];
	} named;
	union {
		void *pointer;
		enum colour colour;
	};
	struct shape *next;
};

struct shape list;
static int counter = 4;

int entry(struct shape *shape);
int entry(struct shape *shape)
{
	counter++;
	return shape->colour == RED ? counter : list.width;
}

#ifdef WITH_CALLS
/* What allocates: its name, the size and the flags say what of. */
void *kmalloc(unsigned long size, unsigned flags);
struct shape *make_shape(struct shape *next);
struct shape *make_shape(struct shape *next)
{
	struct shape *shape = kmalloc(sizeof(*shape), 0xcc0);

	shape->next = next;
	return shape;
}
#endif

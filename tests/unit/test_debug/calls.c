/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that allocate. Whatever follows the first underscore in a function's name says what can be told of it. */

#define noinline __attribute__((noinline))

typedef unsigned long size_t;
typedef unsigned gfp_t;

/* Two registers. */
struct wide {
	long low, high;
};

void *__kmalloc(size_t size, gfp_t flags);
void *__kmalloc_cache(void *cache, gfp_t flags, size_t size);
void *__kmalloc_wide(struct wide w, gfp_t flags, size_t size);
void *kmalloc_trace(void *cache, gfp_t flags, size_t size);
void *kmem_cache_alloc(void *cache, gfp_t flags);
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void use(void *p);
extern void *cache;

#define STRUCT(name, words)     \
	struct name {           \
		long n[words];  \
		struct name *p; \
	}

STRUCT(plain, 5);
STRUCT(inlined, 6);
STRUCT(inner, 7);
STRUCT(variable, 8);
STRUCT(smaller, 9);
STRUCT(stored, 10);
STRUCT(twice, 11);
STRUCT(foreign, 12);
STRUCT(profiled, 13);
STRUCT(loaded, 14);
STRUCT(kept, 14);
STRUCT(qualified, 15);

struct outer {
	struct inner inner;
};

struct flexible {
	long n;
	struct {
		long m;
		void *tail[];
	} last;
};

typedef struct {
	long n[20];
} nameless;

typedef const struct qualified *qualified_pointer;

int plain_told(void)
{
	struct plain *p = kmalloc_trace(cache, 0xcc0, sizeof(*p));

	if (!p)
		return 0;
	p->p = p;
	use(p);
	return p->n[0] == 0;
}

int qualified_told(void)
{
	qualified_pointer p = __kmalloc_cache(cache, 0xcc0, sizeof(*p));

	if (!p)
		return 0;
	use((void *)p);
	return p->n[0] == 0;
}

static inline void *kmalloc(size_t size, gfp_t flags)
{
	void *ret = __kmalloc_cache(cache, flags, size);

	return ret;
}

static inline struct inlined *make(long n)
{
	struct inlined *p = kmalloc(sizeof(*p), 0xcc0);

	if (p)
		p->n[0] = n;
	return p;
}

void inlined_told(void)
{
	use(make(3));
}

/* Two structs of one size at one address. */
void ambiguous_untold(void)
{
	struct outer *o = __kmalloc(sizeof(*o), 0xcc0);
	struct inner *i = &o->inner;

	i->n[1] = 1;
	use(i);
	o->inner.n[2] = 2;
}

void variable_untold(size_t n)
{
	struct variable *p = __kmalloc(n, 0xcc0);

	p->p = p;
	use(p);
	p->n[0] = 1;
}

void smaller_untold(void)
{
	struct smaller *p = __kmalloc(sizeof(*p) + 8, 0xcc0);

	p->p = p;
	use(p);
	p->n[0] = 1;
}

/* The variable is gone before the call; the result goes straight into memory. */
void stored_untold(struct stored **table)
{
	struct stored *p = table[0];

	use(p);
	table[1] = __kmalloc(sizeof(*p), 0xcc0);
}

/* Which argument is the size? */
void twice_untold(void)
{
	struct twice *p = __kmalloc(sizeof(*p), sizeof(*p));

	p->p = p;
	use(p);
	p->n[0] = 1;
}

void foreign_untold(void)
{
	struct foreign *p = vmalloc(sizeof(*p));

	p->p = p;
	use(p);
	p->n[0] = 1;
}

void flexible_untold(void)
{
	struct flexible *p = __kmalloc(sizeof(*p), 0xcc0);

	p->n = 1;
	use(p);
	p->n = 2;
}

void nameless_untold(void)
{
	nameless *p = __kmalloc(sizeof(*p), 0xcc0);

	p->n[0] = 1;
	use(p);
	p->n[0] = 2;
}

struct tagged {
	void *tag;
} * current_task;
static long tag;

/* As under allocation profiling: some instructions lie between the call and its variable. */
int profiled_told(void)
{
	struct tagged *task = *(struct tagged *volatile *)&current_task;
	struct profiled *p;
	void *old = task->tag;

	task->tag = &tag;
	p = __kmalloc_cache(cache, 0xcc0, sizeof(*p));
	task = *(struct tagged *volatile *)&current_task;
	if (task->tag == &tag)
		task->tag = old;
	if (!p)
		return 0;
	use(p);
	return p->n[0] == 0;
}

/* Another struct of that size comes into the register of results right behind the call. */
long loaded_untold(struct kept **kept, struct loaded *volatile *other)
{
	struct loaded *q;

	*kept = __kmalloc(sizeof(**kept), 0xcc0);
	q = *other;
	return q->n[0];
}

/* ---- what a call asks for, whatever it allocates ---- */

void size_and_flags(void)
{
	use(__kmalloc(24, 0xdc0));
}

void flags_alone(size_t size)
{
	use(__kmalloc_cache(cache, 0xdc0, size));
}

void size_alone(gfp_t flags)
{
	use(kmalloc_trace(cache, flags, 40));
}

void of_a_cache(void)
{
	use(kmem_cache_alloc(cache, 0xcc0));
}

void always_zero(size_t size)
{
	use(vzalloc(size));
}

void nothing_known(size_t size, gfp_t flags)
{
	use(__kmalloc(size, flags));
}

/* Which register has the flags, nobody says. */
void wide_argument(void)
{
	struct wide w = {1, 2};

	use(__kmalloc_wide(w, 0xdc0, 48));
}

/* A copy without the first parameter: the flags are not where those of the original are. */
static noinline void *kmalloc_copied(long unused, gfp_t flags, size_t size)
{
	return __kmalloc(size + (size_t)cache, flags | (gfp_t)size);
}

void of_a_copy(void)
{
	use(kmalloc_copied(3, 0xdc0, 56));
	use(kmalloc_copied(4, 0xcc0, 64));
}

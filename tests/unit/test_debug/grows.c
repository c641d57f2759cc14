/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that makes objects larger than it asked for. */

typedef unsigned long size_t;
typedef unsigned gfp_t;

void *__kmalloc(size_t size, gfp_t flags);
void *krealloc(const void *p, size_t size, gfp_t flags);
void keep(void *p);

void ask_for_some(void)
{
	keep(__kmalloc(24, 0xcc0));
}

void ask_for_more(void *p)
{
	keep(krealloc(p, 32, 0xcc0));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../types.h"

#define USED __attribute__((used))

static long counter[3] USED = {1, 2, 3};
static void *list USED;
static int only_in_lib USED;
long both[2] USED;

const char declared_bytes[24] USED = "bytes";
struct shape *other_shape USED;
struct outer other_outer USED;
struct bits other_bits USED;
numbers other_number USED;
enum big other_big USED;

int beta(int x);
int beta(int x)
{
	return x + (int)counter[1];
}

int __attribute__((weak)) _a_weak_alias(int x);
int __attribute__((weak)) _a_weak_alias(int x)
{
	return x;
}

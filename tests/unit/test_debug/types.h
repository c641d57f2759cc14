/* SPDX-License-Identifier: GPL-2.0-or-later */
/* types.h: every shape of a type that the layout reader must know. The sources beside it are compiled with debug
 * information by the tests; the tests include this header too, so the compiler itself says what is right.
 */
#ifndef KL_TESTS_DEBUG_TYPES_H
#define KL_TESTS_DEBUG_TYPES_H

typedef struct {
	int counter;
} atomic_like;
typedef const volatile atomic_like const_atomic;

enum colour { RED, GREEN = 7, BLUE = -3, WIDE = 200 };
typedef enum { NAMELESS_FIRST = 11, NAMELESS_SECOND } nameless;
typedef enum { TYPEDEF_ONE = 1, TYPEDEF_TWO } numbers;
enum big { BIG = 0x1234567890LL };

struct link {
	struct link *next, *prev;
};

struct bits {
	char before;
	unsigned int three : 3;
	int five : 5; /* signed */
	unsigned long forty : 40;
	unsigned char byte;
	unsigned int last : 1;
};

struct packed_bits {
	unsigned char skip : 5;
	unsigned long straddles : 62; /* nine bytes */
	unsigned char tail : 5;
} __attribute__((packed));

union word {
	unsigned long whole;
	struct {
		unsigned int low, high;
	};
};

struct shape {
	unsigned char flag;
	_Bool truth;
	short small; /* signed */
	union {
		unsigned long as_number;
		struct link *as_pointer;
		struct {
			unsigned int deep_low;
			union {
				int deeper;
				unsigned char deepest[4];
			};
		};
	};
	struct link node;
	const_atomic use_count;
	union word flags;
	char comm[16];
	unsigned long table[3][5];
	struct link links[2];
	struct {
		int inner;
		struct {
			char innermost;
		} deep;
	} named;
	void (*callback)(struct shape *shape);
	enum colour colour;
	struct {
		unsigned int in_anonymous : 4;
	};
	unsigned long flexible[];
};

struct outer {
	long first;
	struct shape_holder {
		long nested;
	} holder;
	int zero[0];
};

struct opaque;

#endif

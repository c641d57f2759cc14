/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which words of struct pages mean nothing, by kind of page, by what they point to, and by where they are scanned. */
#include "test.h"

#include "heap/page_states.h"

#define MAP 0x1000      /* struct pages of the frames 16 .. 31 */
#define COPY 0x8000     /* the memory behind those from 17 on, less their first 16 bytes */
#define DIRECT 0x100000 /* virtual address of physical address 0 */
#define ELSEWHERE 0x900000
#define SIZE 64

static struct kl_page_states s;

static void add_window(uint64_t start, uint64_t frames, uint64_t first, uint32_t skew, bool again)
{
	struct kl_page_window w = {.start = start,
				   .end = start + frames * SIZE - skew,
				   .frame = 16 + first,
				   .state = first,
				   .skew = skew,
				   .again = again};

	CHECK(kl_vec_push(&s.windows, w));
}

static void begin(void)
{
	s = (struct kl_page_states){.page_size = SIZE, .page_shift = 12, .direct_map = DIRECT};
	s.dead[KL_FRAME_FREE] = UINT64_MAX;
	s.dead[KL_FRAME_SLAB] = ~(UINT64_C(1) << 1);
	s.states = calloc(16, 1);
	add_window(COPY, 15, 1, 16, true);
	add_window(MAP, 16, 0, 0, false);
	kl_page_states_sort(&s);
}

static bool is_dead(uint64_t frame, unsigned word, uint64_t value)
{
	return kl_page_states_is_dead(&s, MAP + (frame - 16) * SIZE + 8 * word, value);
}

static bool copy_is_dead(uint64_t frame, unsigned word, uint64_t value)
{
	return kl_page_states_is_dead(&s, COPY + (frame - 17) * SIZE + 8 * word - 16, value);
}

static void test_kinds(void)
{
	begin();
	s.states[1] = kl_frame_state(KL_FRAME_FREE, false, 0);
	s.states[2] = kl_frame_state(KL_FRAME_SLAB, true, 0);
	CHECK(!is_dead(16, 3, ELSEWHERE));
	CHECK(is_dead(17, 0, ELSEWHERE) && is_dead(17, 7, ELSEWHERE));
	CHECK(is_dead(18, 0, ELSEWHERE) && !is_dead(18, 1, ELSEWHERE) && is_dead(18, 2, ELSEWHERE));
	CHECK(!kl_page_states_is_dead(&s, MAP - 8, ELSEWHERE));
	CHECK(!kl_page_states_is_dead(&s, MAP + 16 * SIZE, ELSEWHERE));
	kl_page_states_deinit(&s);
}

/* Into the page itself, or its compound page: here the frames 20 to 23. */
static void test_own_page(void)
{
	begin();
	for (unsigned i = 4; i < 8; i++)
		s.states[i] = kl_frame_state(KL_FRAME_UNKNOWN, true, 2);
	CHECK(is_dead(19, 4, DIRECT + 19 * 4096 + 4088));
	CHECK(!is_dead(19, 4, DIRECT + 20 * 4096));
	CHECK(is_dead(21, 4, DIRECT + 20 * 4096) && is_dead(21, 4, DIRECT + 24 * 4096 - 1));
	CHECK(!is_dead(21, 4, DIRECT + 20 * 4096 - 1) && !is_dead(21, 4, DIRECT + 24 * 4096));
	/* below the direct map */
	CHECK(!is_dead(21, 4, DIRECT - 4096));
	kl_page_states_deinit(&s);
}

/* What is a root was scanned already; a page without references (a slab since 7.0) was not. */
static void test_second_look(void)
{
	begin();
	s.states[2] = kl_frame_state(KL_FRAME_SLAB, true, 0);
	s.states[3] = kl_frame_state(KL_FRAME_SLAB, false, 0);
	CHECK(!is_dead(18, 1, ELSEWHERE) && copy_is_dead(18, 1, ELSEWHERE));
	CHECK(!is_dead(19, 1, ELSEWHERE) && !copy_is_dead(19, 1, ELSEWHERE));
	CHECK(copy_is_dead(19, 2, ELSEWHERE));
	CHECK(copy_is_dead(20, 5, DIRECT + 20 * 4096) && !copy_is_dead(20, 5, ELSEWHERE));
	/* it begins in the middle of a struct page */
	s.states[1] = kl_frame_state(KL_FRAME_SLAB, false, 0);
	CHECK(copy_is_dead(17, 2, ELSEWHERE));
	CHECK(!kl_page_states_is_dead(&s, COPY - 8, ELSEWHERE));
	kl_page_states_deinit(&s);
}

static void test_largest_order(void)
{
	CHECK(kl_frame_state_order(kl_frame_state(KL_FRAME_TAIL, true, 18)) == KL_FRAME_ORDER_MAX);
	CHECK(kl_frame_state_kind(kl_frame_state(KL_FRAME_TAIL, true, 18)) == KL_FRAME_TAIL);
	CHECK(kl_frame_state_is_root(kl_frame_state(KL_FRAME_TAIL, true, 18)));
}

static void test_nothing_known(void)
{
	struct kl_page_states none = {};

	CHECK(!kl_page_states_is_dead(&none, MAP, ELSEWHERE));
}

int main(void)
{
	RUN(test_kinds);
	RUN(test_own_page);
	RUN(test_second_look);
	RUN(test_largest_order);
	RUN(test_nothing_known);
	return DONE();
}

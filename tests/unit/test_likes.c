/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses in memory of unknown content are one of many alike. */
#include "test.h"

#include "mark/likes.h"

static struct kl_likes likes;

static struct kl_like word(uint64_t holder, uint64_t offset, uint64_t target, uint64_t target_kind)
{
	return (struct kl_like){
		.holder = holder,
		.holder_kind = holder / 100,
		.offset = offset,
		.target = target,
		.target_kind = target_kind,
	};
}

static void put(uint64_t holder, uint64_t offset, uint64_t target, uint64_t target_kind)
{
	struct kl_like like = word(holder, offset, target, target_kind);

	CHECK(kl_likes_add(&likes, &like));
}

static bool has(uint64_t holder, uint64_t offset, uint64_t target, uint64_t target_kind)
{
	struct kl_like like = word(holder, offset, target, target_kind);

	return kl_likes_has(&likes, &like);
}

/* Holders 100 to 199 are of one kind. */
static void test_members(void)
{
	kl_likes_reset(&likes);
	CHECK(!has(100, 8, 1, 7));
	put(100, 8, 1, 7);
	put(101, 8, 2, 7);
	CHECK(!has(100, 8, 1, 7));
	put(102, 16, 3, 7); /* elsewhere */
	put(200, 8, 4, 7);  /* another kind of holder */
	put(103, 8, 5, 6);  /* another kind of target */
	CHECK(!has(100, 8, 1, 7));
	put(104, 8, 1, 7); /* the same parent in three children is regular */
	CHECK(has(100, 8, 1, 7));
	CHECK(has(101, 8, 2, 7));
	CHECK(!has(102, 16, 3, 7));
	CHECK(!has(200, 8, 4, 7));
}

static void test_tables(void)
{
	uint64_t i;

	kl_likes_reset(&likes);
	put(100, 0, 1, 7);
	put(100, 80, 2, 7);
	put(100, 160, 2, 7); /* the same once more */
	CHECK(!has(100, 0, 1, 7));
	put(100, 240, 3, 7);
	CHECK(has(100, 0, 1, 7));
	CHECK(has(100, 160, 2, 7));
	for (i = 0; i < 9; i++)
		put(100, 320 + 8 * i, 10 + i, 20 + i);
	CHECK(has(100, 0, 1, 7)); /* three of twelve */
	put(100, 400, 30, 40);
	CHECK(!has(100, 0, 1, 7));
	put(100, 408, 4, 7); /* four of fourteen */
	CHECK(has(100, 0, 1, 7));
	CHECK(!has(101, 0, 1, 7));
}

int main(void)
{
	RUN(test_members);
	RUN(test_tables);
	kl_likes_reset(&likes);
	return DONE();
}

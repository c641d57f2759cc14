/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses in memory of unknown content are one of many alike. */
#include "test.h"

#include "mark/likes.h"

static struct kl_likes likes;
static struct {
	uint64_t holder;
	struct kl_like like;
} counted[64];
static size_t n_counted;

static void forget(void)
{
	kl_likes_reset(&likes);
	n_counted = 0;
}

static void put(uint64_t holder, uint64_t offset, uint64_t target, uint64_t target_kind)
{
	counted[n_counted].holder = holder;
	counted[n_counted].like = (struct kl_like){
		.holder_kind = holder / 100, .offset = offset, .target = target, .target_kind = target_kind};
	CHECK(kl_likes_add(&likes, &counted[n_counted++].like));
}

static bool has(uint64_t holder, uint64_t offset, uint64_t target, uint64_t target_kind)
{
	struct kl_like words[64];
	size_t n = 0, found = SIZE_MAX, i;
	bool answers[64];

	for (i = 0; i < n_counted; i++) {
		if (counted[i].holder != holder)
			continue;
		if (counted[i].like.offset == offset && counted[i].like.target == target &&
		    counted[i].like.target_kind == target_kind)
			found = n;
		words[n++] = counted[i].like;
	}
	CHECK(found != SIZE_MAX);
	CHECK(kl_likes_has(&likes, words, n, answers));
	return found != SIZE_MAX && answers[found];
}

/* Holders 100 to 199 are of one kind. */
static void test_members(void)
{
	forget();
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

	forget();
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
}

/* An object that is named twice, as another kind, is of the kind that it was named as first. */
static void test_a_name_counts_once(void)
{
	forget();
	put(100, 0, 1, 7);
	put(100, 80, 1, 8);
	put(100, 160, 2, 8);
	put(100, 240, 3, 8);
	CHECK(!has(100, 160, 2, 8));
	put(100, 320, 4, 8);
	CHECK(has(100, 160, 2, 8) && has(100, 80, 1, 8));
	CHECK(!has(100, 0, 1, 7));
}

/* The same address at the same place of holders that are of no known kind is one name. */
static void test_counted_once(void)
{
	uint64_t i;

	forget();
	for (i = 0; i < 4; i++)
		CHECK(kl_likes_add_once(&likes, &(struct kl_like){1, 8, 1, 7}));
	put(100, 8, 1, 7);
	counted[0].like.holder_kind = 1;
	CHECK(!has(100, 8, 1, 7));
	CHECK(kl_likes_add_once(&likes, &(struct kl_like){1, 8, 2, 7}));
	CHECK(kl_likes_add_once(&likes, &(struct kl_like){1, 8, 3, 7}));
	CHECK(has(100, 8, 1, 7));
}

int main(void)
{
	RUN(test_members);
	RUN(test_tables);
	RUN(test_a_name_counts_once);
	RUN(test_counted_once);
	kl_likes_reset(&likes);
	return DONE();
}

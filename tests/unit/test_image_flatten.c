/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flattened dumps: put in order once, used again, and never left half-written. */
#include "image/flatten.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "image/image.h"
#include "test_image_build.h"

static const char *cache_dir(void)
{
	return scratch_path("cache/deeper");
}

/* Files in the cache directory; their names are kept in @name when there is one. */
static int count_copies(char *name, size_t size)
{
	struct dirent *entry;
	DIR *dir = opendir(cache_dir());
	int n = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			n++;
			if (name)
				snprintf(name, size, "%s/%s", cache_dir(), entry->d_name);
		}
	closedir(dir);
	return n;
}

static void clear_cache(void)
{
	char name[8192];

	while (count_copies(name, sizeof(name)))
		if (unlink(name))
			abort();
}

static struct kl_error *flatten(const char *path, const struct kl_progress *progress, int *ret)
{
	int fd = open(path, O_RDONLY);
	struct kl_error *err = kl_flatten_open(fd, path, cache_dir(), progress, ret);

	close(fd);
	return err;
}

static void check_contents(int fd, const struct blob *wanted)
{
	uint8_t *bytes = calloc(1, wanted->size + 1);

	CHECK_INT(pread(fd, bytes, wanted->size + 1, 0), wanted->size);
	CHECK(!memcmp(bytes, wanted->data, wanted->size));
	free(bytes);
}

static void test_puts_records_in_order(void)
{
	struct blob flat = {}, wanted = {};
	const char *path;
	int fd;

	flat_begin(&flat);
	flat_record(&flat, 5000, "later", 5);
	flat_record(&flat, 0, "first", 5);
	flat_record(&flat, 5, "!", 1);
	flat_record(&flat, 0, "F", 1); /* the header is written again at the end */
	flat_end(&flat);
	flat_record(&flat, 100, "behind the end", 14);
	blob_put(&wanted, 0, "First!", 6);
	blob_put(&wanted, 5000, "later", 5);
	path = save(&flat, "flat");
	CHECK_OK(flatten(path, NULL, &fd));
	check_contents(fd, &wanted);
	close(fd);
	CHECK_INT(count_copies(NULL, 0), 1);
	clear_cache();
	blob_free(&flat);
	blob_free(&wanted);
}

static void test_uses_a_copy_again(void)
{
	struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct blob flat = {}, marked = {};
	char name[8192];
	const char *path;
	int fd;

	flat_begin(&flat);
	flat_record(&flat, 0, "abc", 3);
	flat_end(&flat);
	path = save(&flat, "again");
	CHECK_OK(flatten(path, NULL, &fd));
	close(fd);
	CHECK_INT(count_copies(name, sizeof(name)), 1);
	/* a mark in the copy shows which one is opened */
	fd = open(name, O_WRONLY);
	CHECK_INT(pwrite(fd, "xyz", 3, 0), 3);
	close(fd);
	blob_put(&marked, 0, "xyz", 3);
	CHECK_OK(flatten(path, NULL, &fd));
	check_contents(fd, &marked);
	close(fd);
	/* the stream changed: another copy */
	CHECK(!utimensat(AT_FDCWD, path, times, 0));
	CHECK_OK(flatten(path, NULL, &fd));
	blob_put(&marked, 0, "abc", 3);
	check_contents(fd, &marked);
	close(fd);
	CHECK_INT(count_copies(NULL, 0), 2);
	clear_cache();
	blob_free(&flat);
	blob_free(&marked);
}

static bool is_there(const char *name)
{
	char path[8192];

	snprintf(path, sizeof(path), "%s/%s", cache_dir(), name);
	return !access(path, F_OK);
}

static void plant(const char *name, time_t age)
{
	struct timespec times[2] = {{.tv_sec = time(NULL) - age}, {.tv_sec = time(NULL) - age}};
	char path[8192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", cache_dir(), name);
	f = fopen(path, "w");
	if (!f || fclose(f) || utimensat(AT_FDCWD, path, times, 0))
		abort();
}

static void test_drops_what_nobody_uses(void)
{
	const time_t day = 24 * 3600, month = 31 * day;
	struct blob flat = {};
	char used[8192];
	const char *path;
	int fd;

	flat_begin(&flat);
	flat_record(&flat, 0, "abc", 3);
	flat_end(&flat);
	path = save(&flat, "used");
	CHECK_OK(flatten(path, NULL, &fd));
	close(fd);
	CHECK_INT(count_copies(used, sizeof(used)), 1);
	plant(strrchr(used, '/') + 1, month);
	CHECK_OK(flatten(save(&flat, "first"), NULL, &fd)); /* nobody opened the copy of "used" for a month */
	close(fd);
	CHECK(access(used, F_OK));
	CHECK_OK(flatten(path, NULL, &fd));
	close(fd);
	plant("ordered-0123456789abcdef.dump.XyZ123", month);
	plant("ordered-0123456789abcdef.dump", 29 * day);
	plant("layouts-of-somebody-else", month);
	CHECK_OK(flatten(save(&flat, "second"), NULL, &fd));
	close(fd);
	CHECK(!is_there("ordered-0123456789abcdef.dump.XyZ123"));
	CHECK(is_there("ordered-0123456789abcdef.dump") && is_there("layouts-of-somebody-else"));
	CHECK(!access(used, F_OK));
	clear_cache();
	blob_free(&flat);
}

static void test_use_makes_a_copy_young(void)
{
	struct blob flat = {};
	char name[8192];
	const char *path;
	struct stat st;
	int fd;

	flat_begin(&flat);
	flat_record(&flat, 0, "abc", 3);
	flat_end(&flat);
	path = save(&flat, "young");
	CHECK_OK(flatten(path, NULL, &fd));
	close(fd);
	CHECK_INT(count_copies(name, sizeof(name)), 1);
	CHECK(!utimensat(AT_FDCWD, name, (struct timespec[]){{.tv_sec = 1000}, {.tv_sec = 1000}}, 0));
	CHECK_OK(flatten(path, NULL, &fd));
	CHECK(!fstat(fd, &st) && st.st_mtime > 1000);
	close(fd);
	clear_cache();
	blob_free(&flat);
}

static void refuses(struct blob *flat, enum kl_error_code code)
{
	int fd;

	CHECK_ERROR(flatten(save(flat, "hostile"), NULL, &fd), code);
	CHECK_INT(count_copies(NULL, 0), 0);
	blob_free(flat);
}

static void test_hostile_records(void)
{
	static const uint64_t headers[][2] = {{0, (uint64_t)1 << 63},
					      {(uint64_t)1 << 63, 16},
					      {UINT64_MAX - 1, 16},
					      {(uint64_t)1 << 46, 16},
					      {16, UINT64_MAX}};
	struct blob flat = {};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		flat_begin(&flat);
		flat_record(&flat, 0, "good", 4);
		flat_record_header(&flat, headers[i][0], headers[i][1]);
		blob_fill(&flat, flat.size, 'x', 64);
		refuses(&flat, KL_ERROR_CORRUPT);
	}
	flat_begin(&flat); /* nothing at all */
	refuses(&flat, KL_ERROR_CORRUPT);
	flat_begin(&flat);
	flat_end(&flat);
	refuses(&flat, KL_ERROR_CORRUPT);
}

static void test_cut_streams(void)
{
	struct blob flat = {}, wanted = {};
	int fd;

	flat_begin(&flat);
	flat_record(&flat, 0, "0123456789", 10);
	flat_record(&flat, 20, "abcdefghij", 10);
	blob_put(&wanted, 0, "0123456789", 10);
	/* in the middle of a record header, and of a record */
	CHECK_OK(flatten(save_part(&flat, "cut-header", 4096 + 26 + 7), NULL, &fd));
	check_contents(fd, &wanted);
	close(fd);
	blob_put(&wanted, 20, "abc", 3);
	CHECK_OK(flatten(save_part(&flat, "cut-record", 4096 + 26 + 16 + 3), NULL, &fd));
	check_contents(fd, &wanted);
	close(fd);
	clear_cache();
	blob_free(&flat);
	blob_free(&wanted);
}

static void test_interrupted(void)
{
	static const volatile sig_atomic_t stop = 1;
	const struct kl_progress progress = {.stop = &stop};
	struct blob flat = {};
	int fd;

	flat_begin(&flat);
	flat_record(&flat, 0, "abc", 3);
	flat_end(&flat);
	CHECK_ERROR(flatten(save(&flat, "interrupted"), &progress, &fd), KL_ERROR_INTERRUPTED);
	CHECK_INT(count_copies(NULL, 0), 0);
	blob_free(&flat);
}

/* A limit on file sizes stands in for a full disk: both fail in the middle of writing. */
static void test_no_room(void)
{
	static const char bytes[4096];
	struct rlimit old, small;
	struct blob flat = {};
	const char *path;
	int fd;

	flat_begin(&flat);
	for (int i = 0; i < 100; i++)
		flat_record(&flat, (uint64_t)i * 4096, bytes, sizeof(bytes));
	flat_end(&flat);
	path = save(&flat, "large");
	blob_free(&flat);
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){.rlim_cur = 100000, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK_ERROR(flatten(path, NULL, &fd), KL_ERROR_IO);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK_INT(count_copies(NULL, 0), 0);
}

static void test_no_place(void)
{
	struct blob flat = {};
	const char *path;
	int fd, ret;

	flat_begin(&flat);
	flat_record(&flat, 0, "abc", 3);
	path = save(&flat, "a-file");
	fd = open(path, O_RDONLY);
	/* a file where the directory should be */
	CHECK_ERROR(kl_flatten_open(fd, path, path, NULL, &ret), KL_ERROR_IO);
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	CHECK_ERROR(kl_flatten_open(fd, path, NULL, NULL, &ret), KL_ERROR_IO);
	close(fd);
	blob_free(&flat);
}

static struct kl_image *open_flat(struct blob *inner, const char *name)
{
	struct kl_image_options options = {.n_paths = 1, .cache_dir = cache_dir()};
	struct kl_image *img = NULL;
	struct blob flat = {};
	const char *path;

	flat_begin(&flat);
	for (size_t at = 0; at < inner->size; at += 3000) {
		/* the pieces from the last to the first */
		size_t from = (inner->size - 1) / 3000 * 3000 - at;

		flat_record(&flat, from, inner->data + from, inner->size - from < 3000 ? inner->size - from : 3000);
	}
	flat_end(&flat);
	path = save(&flat, name);
	options.paths = &path;
	CHECK_OK(kl_image_open(&options, &img));
	if (img)
		CHECK_INT(kl_image_info(img)->file_size, flat.size); /* the file the user gave */
	blob_free(&flat);
	blob_free(inner);
	clear_cache();
	return img;
}

static void test_flattened_elf(void)
{
	struct elf_builder e;
	struct kl_image *img;
	uint8_t byte = 0;

	elf_begin(&e, EM_X86_64);
	elf_load(&e, 0x42000, NULL, 4096, 4096);
	elf_finish(&e);
	img = open_flat(&e.file, "flat-elf");
	if (!img)
		return;
	CHECK_STR(kl_image_info(img)->format, "flattened ELF core dump");
	CHECK_OK(kl_image_read_physical(img, 0x42fff, &byte, 1));
	CHECK_INT(byte, 0x42);
	kl_image_destroy(img);
}

static void test_flattened_kdump(void)
{
	char page[4096] = {'k'};
	struct kdump_builder k;
	struct kl_image *img;
	char byte = 0;

	kdump_begin(&k, "x86_64", 64);
	kdump_page(&k, 9, page, sizeof(page), 0);
	img = open_flat(&k.file, "flat-kdump");
	if (!img)
		return;
	CHECK_STR(kl_image_info(img)->format, "flattened kdump-compressed (uncompressed)");
	CHECK_OK(kl_image_read_physical(img, 0x9000, &byte, 1));
	CHECK_INT(byte, 'k');
	kl_image_destroy(img);
}

static void test_flattened_nonsense(void)
{
	struct blob flat = {};
	struct kl_image *img;
	const char *path;
	struct kl_image_options options = {.paths = &path, .n_paths = 1, .cache_dir = cache_dir()};

	flat_begin(&flat);
	flat_record(&flat, 0, "makedumpfile\0\0\0\0", 16); /* a stream in the stream */
	flat_end(&flat);
	path = save(&flat, "nested");
	CHECK_ERROR(kl_image_open(&options, &img), KL_ERROR_FORMAT);
	clear_cache();
	blob_free(&flat);
}

int main(void)
{
	RUN(test_puts_records_in_order);
	RUN(test_uses_a_copy_again);
	RUN(test_drops_what_nobody_uses);
	RUN(test_use_makes_a_copy_young);
	RUN(test_hostile_records);
	RUN(test_cut_streams);
	RUN(test_interrupted);
	RUN(test_no_room);
	RUN(test_no_place);
	RUN(test_flattened_elf);
	RUN(test_flattened_kdump);
	RUN(test_flattened_nonsense);
	remove_scratch();
	return DONE();
}

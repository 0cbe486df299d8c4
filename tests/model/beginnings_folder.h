/*
 * Beginnings in FOLDER, which the program that includes this defines, written and
 * read as programs of their own would, over pages that say whether they are right.
 */
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "model/beginnings.h"
#include "support/test.h"
#include "text/digest.h"

/* Pages hold a digest of all tokens so far, one number a token, as in test_pages.c. */
enum { PAGE_BYTES = PAGE_TOKENS * sizeof(uint64_t), TOKENS = 400, PATIENCE = 20000 };

static const char folder[] = FOLDER;
static struct sys_calls real;
static int32_t tokens[TOKENS];
static struct beginnings_options options = { folder, .model = 42, .type = KV_F16, .limit = 1 << 20 };

static inline uint64_t after(uint64_t digest, int32_t token)
{
	return digest_fold(digest ^ (uint64_t)(uint32_t)token ^ DIGEST_A, DIGEST_B);
}

static inline uint64_t *slot_of(const struct sequence *s, size_t token)
{
	return (uint64_t *)sequence_pages(s)[token / PAGE_TOKENS] + token % PAGE_TOKENS;
}

static inline struct sequence *computed(struct page_pool *p, uint32_t world, const int32_t *list, size_t count)
{
	struct sequence *s = sequence_create(p, world);
	uint64_t digest = world;
	struct error err = {0};

	assert_ok(sequence_reserve(s, count, &err));
	for (size_t i = 0; i < count; i++)
		*slot_of(s, i) = digest = after(digest, list[i]);
	sequence_extend(s, list, count);
	return s;
}

static inline bool is_right(const struct sequence *s)
{
	uint64_t digest = sequence_world(s);

	for (size_t i = 0; i < sequence_length(s); i++) {
		digest = after(digest, sequence_tokens(s)[i]);
		if (*slot_of(s, i) != digest)
			return false;
	}
	return true;
}

static inline struct page_pool *new_pool(void)
{
	return page_pool_create(PAGE_BYTES, 200 * PAGE_BYTES);
}

/* Writes one beginning as a program of its own would. */
static inline void save_one(uint32_t world, const int32_t *list, size_t length)
{
	own_page_pool *p = new_pool();
	own_beginnings *b = beginnings_create(p, &options);
	own_sequence *s = computed(p, world, list, length);

	assert_true(beginnings_save(b, s, length));
	(void)beginnings_flush(b, PATIENCE);
}

/* What a later program finds of them, its content checked; an error is the caller's to look at. */
static inline size_t find_later(uint32_t world, const int32_t *list, size_t count, struct error *err)
{
	own_page_pool *p = new_pool();
	own_beginnings *b = beginnings_create(p, &options);
	own_sequence *s = sequence_create(p, world);
	size_t loaded = beginnings_load(b, world, list, count, err);

	assert_int_equal(sequence_begin(s, list, count), loaded);
	assert_true(is_right(s));
	return loaded;
}

/* ---- The folder ---- */

static inline size_t count_files(const char *end)
{
	DIR *d = opendir(folder);
	size_t count = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		count += e->d_name[0] != '.' && strlen(e->d_name) >= strlen(end) &&
			!strcmp(e->d_name + strlen(e->d_name) - strlen(end), end);
	if (d)
		closedir(d);
	return count;
}

static inline void empty_folder(void)
{
	DIR *d = opendir(folder);

	for (struct dirent *e; d && (e = readdir(d));) {
		own_mem char *path = path_join(folder, e->d_name);
		(void)unlink(path);
	}
	if (d)
		closedir(d);
	(void)rmdir(folder);
	(void)unlink(folder);
}

/* The path of the one file there. */
static inline char *only_file(void)
{
	DIR *d = opendir(folder);
	char *path = NULL;

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			path = path_join(folder, e->d_name);
	closedir(d);
	return path;
}

static inline int no_fsync(int fd)      /* thousands of them would take a minute */
{
	(void)fd;
	return 0;
}

static inline int set_up(void **state)
{
	(void)state;
	sys.fsync = no_fsync;
	real = sys;
	empty_folder();
	for (int32_t i = 0; i < TOKENS; i++)
		tokens[i] = i * 7 % 1000;
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	sys = real;
	empty_folder();
	return 0;
}

static inline void set_age(const char *path, time_t seconds)
{
	const struct timespec times[2] = { { time(NULL) - seconds, 0 }, { time(NULL) - seconds, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* What is younger becomes so old. */
static inline void age_all(time_t seconds)
{
	DIR *d = opendir(folder);

	for (struct dirent *e; (e = readdir(d));) {
		own_mem char *path = path_join(folder, e->d_name);
		struct stat status;
		if (e->d_name[0] != '.' && stat(path, &status) == 0 && status.st_mtime > time(NULL) - seconds)
			set_age(path, seconds);
	}
	closedir(d);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

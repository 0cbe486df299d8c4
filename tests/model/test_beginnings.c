#include "model/beginnings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "model/beginning_file.h"
#include "support/test.h"
#include "text/digest.h"

/* Pages hold a digest of all tokens so far, one number a token, as in test_pages.c. */
enum { PAGE_BYTES = PAGE_TOKENS * sizeof(uint64_t), TOKENS = 400, PATIENCE = 20000 };

static const char folder[] = "beginnings_test.tmp";
static struct sys_calls real;
static int32_t tokens[TOKENS];
static struct beginnings_options options = { folder, .model = 42, .type = KV_F16, .limit = 1 << 20 };

static uint64_t after(uint64_t digest, int32_t token)
{
	return digest_fold(digest ^ (uint64_t)(uint32_t)token ^ DIGEST_A, DIGEST_B);
}

static uint64_t *slot_of(const struct sequence *s, size_t token)
{
	return (uint64_t *)sequence_pages(s)[token / PAGE_TOKENS] + token % PAGE_TOKENS;
}

static struct sequence *computed(struct page_pool *p, uint32_t world, const int32_t *list, size_t count)
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

static bool is_right(const struct sequence *s)
{
	uint64_t digest = sequence_world(s);

	for (size_t i = 0; i < sequence_length(s); i++) {
		digest = after(digest, sequence_tokens(s)[i]);
		if (*slot_of(s, i) != digest)
			return false;
	}
	return true;
}

static struct page_pool *new_pool(void)
{
	return page_pool_create(PAGE_BYTES, 200 * PAGE_BYTES);
}

/* Writes one beginning as a program of its own would. */
static void save_one(uint32_t world, const int32_t *list, size_t length)
{
	own_page_pool *p = new_pool();
	own_beginnings *b = beginnings_create(p, &options);
	own_sequence *s = computed(p, world, list, length);

	assert_true(beginnings_save(b, s, length));
	(void)beginnings_flush(b, PATIENCE);
}

/* What a later program finds of them, its content checked; an error is the caller's to look at. */
static size_t find_later(uint32_t world, const int32_t *list, size_t count, struct error *err)
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

static size_t count_files(const char *end)
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

static void empty_folder(void)
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
static char *only_file(void)
{
	DIR *d = opendir(folder);
	char *path = NULL;

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			path = path_join(folder, e->d_name);
	closedir(d);
	return path;
}

static int no_fsync(int fd)      /* thousands of them would take a minute */
{
	(void)fd;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	sys.fsync = no_fsync;
	real = sys;
	empty_folder();
	for (int32_t i = 0; i < TOKENS; i++)
		tokens[i] = i * 7 % 1000;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sys = real;
	empty_folder();
	return 0;
}

/* ---- What is kept ---- */

TEST(a_saved_beginning_is_found_after_a_restart)
{
	struct error err = {0};
	struct stat status;

	save_one(0, tokens, 200);
	own_mem char *path = only_file();
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(stat(folder, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 192);      /* whole pages */
	assert_int_equal(find_later(0, tokens, 192, &err), 192);
	assert_int_equal(find_later(0, tokens, 191, &err), 160);
	assert_int_equal(err.kind, ERROR_NONE);
}

TEST(as_much_is_taken_as_fits_of_the_file_that_has_most)
{
	struct error err = {0};
	int32_t other[TOKENS];

	save_one(0, tokens, 128);
	save_one(0, tokens, 256);
	assert_int_equal(count_files(""), 2);
	assert_int_equal(find_later(0, tokens, 300, &err), 256);
	memcpy(other, tokens, sizeof other);
	other[200] = 999999;             /* today's date */
	assert_int_equal(find_later(0, other, 300, &err), 192);
	other[BEGINNING_LEAST - 1] = 999999;
	assert_int_equal(find_later(0, other, 300, &err), 0);
	assert_int_equal(find_later(0, tokens + 1, 300, &err), 0);
}

TEST(what_is_nearly_all_on_disk_is_not_written_again)
{
	int32_t other[TOKENS];

	save_one(0, tokens, 384);
	memcpy(other, tokens, sizeof other);
	other[370] = 999999;
	save_one(0, other, 384);
	save_one(0, tokens, 200);
	assert_int_equal(count_files(""), 1);
	other[300] = 999999;
	save_one(0, other, 384);
	assert_int_equal(count_files(""), 2);
}

TEST(who_never_asks_the_same_twice_does_not_wear_the_disk_out)
{
	own_page_pool *p = new_pool();
	own_beginnings *b = beginnings_create(p, &options);

	for (int32_t i = 0; i < 20; i++) {
		tokens[0] = 1000 + i;
		own_sequence *s = computed(p, 0, tokens, 128);
		assert_true(beginnings_save(b, s, 128));
		assert_true(beginnings_flush(b, PATIENCE));
	}
	assert_int_equal(count_files(""), 8);
}

TEST(what_the_pool_has_is_not_loaded_again)
{
	own_page_pool *p = new_pool();
	struct error err = {0};

	save_one(0, tokens, 192);
	own_beginnings *b = beginnings_create(p, &options);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 192);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
	page_pool_forget(p);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 192);
}

TEST(short_beginnings_are_not_worth_a_file)
{
	save_one(0, tokens, BEGINNING_LEAST - 1);
	assert_int_equal(count_files(""), 0);
}

TEST(worlds_models_and_kinds_of_numbers_keep_apart)
{
	const struct beginnings_options kept = options;
	struct error err = {0};

	save_one(3, tokens, 192);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 0);
	options.model = 43;
	assert_int_equal(find_later(3, tokens, TOKENS, &err), 0);
	options = kept;
	options.type = KV_I8;
	assert_int_equal(find_later(3, tokens, TOKENS, &err), 0);
	options = kept;
	own_page_pool *larger_pages = page_pool_create(2 * PAGE_BYTES, 200 * PAGE_BYTES);
	own_beginnings *b = beginnings_create(larger_pages, &options);
	assert_int_equal(beginnings_load(b, 3, tokens, TOKENS, &err), 0);
	assert_int_equal(find_later(3, tokens, TOKENS, &err), 192);
	assert_int_equal(err.kind, ERROR_NONE);
}

TEST(pages_are_held_until_they_are_written)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 8 * PAGE_BYTES);
	struct error err = {0};
	{
		own_beginnings *b = beginnings_create(p, &options);
		struct sequence *s = computed(p, 0, tokens, 192);
		assert_true(beginnings_save(b, s, 192));
		sequence_destroy(s);
		page_pool_forget(p);
		assert_int_equal(page_pool_usage(p).used, 6);
		own_sequence *other = sequence_create(p, 0);
		assert_false(sequence_reserve(other, 3 * PAGE_TOKENS, &err));
		assert_true(beginnings_flush(b, PATIENCE));
		assert_int_equal(beginnings_count(b), 1);
		assert_int_equal(page_pool_usage(p).used, 0);
		assert_true(sequence_reserve(other, 8 * PAGE_TOKENS, &err));
		sequence_truncate(other, 0);
	}
	err = (struct error){0};
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 192);
}

TEST(a_pool_too_small_for_a_beginning_goes_without)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 5 * PAGE_BYTES);
	struct error err = {0};

	save_one(0, tokens, 192);
	own_beginnings *b = beginnings_create(p, &options);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
	assert_int_equal(err.kind, ERROR_NONE);
	assert_int_equal(page_pool_usage(p).used, 0);
}

/* ---- The limit ---- */

static void set_age(const char *path, time_t seconds)
{
	const struct timespec times[2] = { { time(NULL) - seconds, 0 }, { time(NULL) - seconds, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* What is younger becomes so old. */
static void age_all(time_t seconds)
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

TEST(what_was_used_longest_ago_gives_way_to_the_limit)
{
	const struct beginnings_options kept = options;
	struct error err = {0};

	options.limit = 2 * (4096 + 128 / PAGE_TOKENS * PAGE_BYTES);
	save_one(0, tokens, 128);
	age_all(300);
	save_one(1, tokens, 128);
	age_all(200);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 128);      /* used now */
	save_one(2, tokens, 128);
	assert_int_equal(count_files(BEGINNING_SUFFIX), 2);
	assert_int_equal(find_later(1, tokens, TOKENS, &err), 0);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 128);
	assert_int_equal(find_later(2, tokens, TOKENS, &err), 128);
	options = kept;
}

/* ---- Damage ---- */

/* Whatever a file has become: it is used and right, or not used; err says what was removed. */
static void try_damaged(const char *path, struct str bytes)
{
	struct error err = {0};

	assert_ok(file_write(path, bytes, 0600, &err));
	if (find_later(0, tokens, TOKENS, &err) == 0 && err.kind == ERROR_INVALID)
		assert_int_equal(count_files(BEGINNING_SUFFIX), 0);
}

TEST(a_file_with_any_byte_changed_is_not_believed)
{
	struct error err = {0};
	size_t size, used = 0;

	save_one(0, tokens, 128);
	own_mem char *path = only_file(), *bytes = file_read(path, 1 << 20, &size, &err);
	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= 1 << i % 8;
		try_damaged(path, (struct str){ bytes, size });
		used += path_is_file(path);
		bytes[i] ^= 1 << i % 8;
	}
	/* Only in the padding does nothing depend on the bytes; another version or model's are left alone. */
	const size_t head = sizeof(struct beginning_head), padding = 4096 - head - 128 * sizeof(int32_t);
	assert_int_equal(used, padding + sizeof(uint32_t));
}

TEST(a_file_cut_anywhere_is_not_believed)
{
	struct error err = {0};
	size_t size;

	save_one(0, tokens, 128);
	own_mem char *path = only_file(), *bytes = file_read(path, 1 << 20, &size, &err);
	for (size_t i = 0; i < size; i += i < 200 ? 1 : 97) {
		try_damaged(path, (struct str){ bytes, i });
		assert_int_equal(find_later(0, tokens, TOKENS, &err), 0);
	}
}

TEST(a_damaged_file_is_removed_and_named)
{
	own_page_pool *p = new_pool();
	struct error err = {0};
	size_t size;

	save_one(0, tokens, 128);
	own_mem char *path = only_file(), *bytes = file_read(path, 1 << 20, &size, &err);
	bytes[size - 1] ^= 1;
	assert_ok(file_write(path, (struct str){ bytes, size }, 0600, &err));
	own_beginnings *b = beginnings_create(p, &options);
	assert_int_equal(beginnings_count(b), 1);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
	assert_non_null(strstr(err.text, path));
	assert_false(path_is_file(path));
	assert_int_equal(beginnings_count(b), 0);
	bytes[20] ^= 1;          /* in the head: seen at the start */
	assert_ok(file_write(path, (struct str){ bytes, size }, 0600, &err));
	own_beginnings *later = beginnings_create(p, &options);
	assert_int_equal(beginnings_count(later), 0);
	assert_true(beginnings_failed(later, &err));
	assert_false(beginnings_failed(later, &err));
	assert_false(path_is_file(path));
}

TEST(a_file_that_another_removed_is_forgotten)
{
	own_page_pool *p = new_pool();
	struct error err = {0};

	save_one(0, tokens, 128);
	own_beginnings *b = beginnings_create(p, &options);
	empty_folder();
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
	assert_int_equal(err.kind, ERROR_NONE);
	assert_int_equal(beginnings_count(b), 0);
}

/* ---- A disk that fails ---- */

static _Atomic int calls_until_fault;

static bool faulty(int error)
{
	if (calls_until_fault-- != 0)
		return false;
	errno = error;
	return true;
}

static ssize_t faulty_write(int fd, const void *src, size_t n) { return faulty(ENOSPC) ? -1 : write(fd, src, n); }
static int faulty_fsync(int fd) { return faulty(EIO) ? -1 : fsync(fd); }
static int faulty_rename(const char *from, const char *to) { return faulty(EACCES) ? -1 : rename(from, to); }
static int faulty_mkdir(const char *path, mode_t mode) { return faulty(EROFS) ? -1 : mkdir(path, mode); }

TEST(whichever_call_fails_nothing_half_written_is_left)
{
	struct error err = {0};

	for (int fault = 0; ; fault++) {
		own_page_pool *p = new_pool();
		empty_folder();
		sys.write = faulty_write;
		sys.fsync = faulty_fsync;
		sys.rename = faulty_rename;
		sys.mkdir = faulty_mkdir;
		calls_until_fault = fault;
		{
			own_beginnings *b = beginnings_create(p, &options);
			own_sequence *s = computed(p, 0, tokens, 128);
			assert_true(beginnings_save(b, s, 128));
			assert_true(beginnings_flush(b, PATIENCE));
			bool failed = beginnings_failed(b, &err);
			assert_int_equal(beginnings_count(b), !failed);
		}
		bool met = calls_until_fault < 0;
		sys = real;
		assert_int_equal(count_files(""), !met);
		if (!met) {
			assert_int_equal(fault, 11);     /* mkdir, 4 writes and a page each, fsync, rename */
			break;
		}
	}
}

TEST(a_folder_that_cannot_be_made_is_an_error_to_be_told)
{
	own_page_pool *p = new_pool();
	struct error err = {0};

	assert_ok(file_write(folder, str_of("in the way"), 0600, &err));
	own_beginnings *b = beginnings_create(p, &options);
	own_sequence *s = computed(p, 0, tokens, 128);
	assert_true(beginnings_save(b, s, 128));
	assert_true(beginnings_flush(b, PATIENCE));
	assert_true(beginnings_failed(b, &err));
	assert_non_null(strstr(err.text, folder));
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
}

static ssize_t deadly_write(int fd, const void *src, size_t n)
{
	if (calls_until_fault-- == 0)
		_exit(0);        /* as kill -9 would */
	return write(fd, src, n);
}

TEST(a_program_killed_while_writing_leaves_nothing_that_is_believed)
{
	struct error err = {0};

	for (int fault = 0; fault < 8; fault++) {
		pid_t child = fork();
		if (child == 0) {
			calls_until_fault = fault;
			sys.write = deadly_write;
			save_one(0, tokens, 128);
			_exit(1);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(find_later(0, tokens, TOKENS, &err), 0);
		assert_int_equal(count_files(""), 1);    /* the half: perhaps somebody still writes it */
		age_all(3600);
		assert_int_equal(find_later(0, tokens, TOKENS, &err), 0);
		assert_int_equal(count_files(""), 0);
	}
	assert_int_equal(err.kind, ERROR_NONE);
}

TEST(two_programs_use_one_folder)
{
	own_page_pool *p = new_pool(), *q = new_pool();
	struct error err = {0};
	{
		own_beginnings *a = beginnings_create(p, &options), *b = beginnings_create(q, &options);
		own_sequence *s = computed(p, 0, tokens, 256), *t = computed(q, 0, tokens, 256);
		for (size_t length = 128; length <= 256; length += 64) {
			while (!beginnings_save(a, s, length))
				assert_true(beginnings_flush(a, PATIENCE));
			while (!beginnings_save(b, t, length))
				assert_true(beginnings_flush(b, PATIENCE));
		}
		assert_true(beginnings_flush(a, PATIENCE) && beginnings_flush(b, PATIENCE));
		assert_false(beginnings_failed(a, &err));
		assert_false(beginnings_failed(b, &err));
	}
	assert_int_equal(count_files(""), 3);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 256);
}

static sem_t allowed;

static ssize_t patient_write(int fd, const void *src, size_t n)
{
	sem_wait(&allowed);
	sem_post(&allowed);
	return write(fd, src, n);
}

TEST(a_third_waits_while_two_are_written)
{
	own_page_pool *p = new_pool();

	sem_init(&allowed, 0, 0);
	sys.write = patient_write;
	own_beginnings *b = beginnings_create(p, &options);
	own_sequence *s = computed(p, 0, tokens, 256);
	assert_true(beginnings_save(b, s, 128));
	assert_true(beginnings_save(b, s, 128));         /* the same: nothing to do */
	assert_true(beginnings_save(b, s, 160));
	assert_false(beginnings_save(b, s, 192));
	assert_false(beginnings_flush(b, 1));
	sem_post(&allowed);
	assert_true(beginnings_flush(b, PATIENCE));
	assert_true(beginnings_save(b, s, 192));
	assert_true(beginnings_flush(b, PATIENCE));
	assert_int_equal(beginnings_count(b), 3);
}

static void *allow_soon(void *user)
{
	const struct timespec a_little = { 0, 50000000 };

	nanosleep(&a_little, NULL);
	sem_post(&allowed);
	return user;
}

TEST(an_answer_that_needs_the_pages_goes_before_the_disk)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 10 * PAGE_BYTES);
	struct error err = {0};
	pthread_t helper;

	sem_init(&allowed, 0, 0);
	sys.write = patient_write;
	own_beginnings *b = beginnings_create(p, &options);
	struct sequence *s = computed(p, 0, tokens, 256);
	assert_true(beginnings_save(b, s, 128));
	assert_true(beginnings_save(b, s, 256));
	sequence_destroy(s);
	assert_int_equal(page_pool_usage(p).used, 8);
	assert_int_equal(pthread_create(&helper, NULL, allow_soon, NULL), 0);
	assert_true(beginnings_yield(b));
	pthread_join(helper, NULL);
	assert_int_equal(page_pool_usage(p).used, 0);
	assert_false(beginnings_failed(b, &err));
	assert_int_equal(count_files(""), count_files(BEGINNING_SUFFIX));
	assert_false(beginnings_yield(b));
	own_sequence *again = computed(p, 0, tokens, 256);       /* and writing goes on later */
	assert_true(beginnings_save(b, again, 256));
	assert_true(beginnings_flush(b, PATIENCE));
	assert_true(beginnings_count(b) >= 1);
}

static sem_t reached;

static int patient_fsync(int fd)
{
	sem_post(&reached);
	sem_wait(&allowed);
	return fsync(fd);
}

TEST(a_disk_that_takes_long_holds_no_pages)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 10 * PAGE_BYTES);
	struct error err = {0};

	sem_init(&allowed, 0, 0);
	sem_init(&reached, 0, 0);
	sys.fsync = patient_fsync;
	own_beginnings *b = beginnings_create(p, &options);
	struct sequence *s = computed(p, 0, tokens, 256);
	assert_true(beginnings_save(b, s, 256));
	sequence_destroy(s);
	sem_wait(&reached);
	assert_int_equal(page_pool_usage(p).used, 8);
	assert_true(beginnings_yield(b));
	assert_int_equal(page_pool_usage(p).used, 0);
	assert_false(beginnings_yield(b));
	sem_post(&allowed);
	assert_true(beginnings_flush(b, PATIENCE));
	assert_false(beginnings_failed(b, &err));
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 256);      /* it was all written */
}

TEST(ending_in_the_middle_leaves_all_or_nothing)
{
	struct error err = {0};

	for (int i = 0; i < 50; i++) {
		own_page_pool *p = new_pool();
		own_sequence *s = computed(p, 0, tokens, 384);
		struct beginnings *b = beginnings_create(p, &options);
		assert_true(beginnings_save(b, s, 384));
		beginnings_destroy(b);
		assert_int_equal(count_files(""), count_files(BEGINNING_SUFFIX));
		size_t found = find_later(0, tokens, TOKENS, &err);
		assert_true(found == 0 || found == 384);
		empty_folder();
	}
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(a_saved_beginning_is_found_after_a_restart),
		in_folder(as_much_is_taken_as_fits_of_the_file_that_has_most),
		in_folder(what_is_nearly_all_on_disk_is_not_written_again),
		in_folder(who_never_asks_the_same_twice_does_not_wear_the_disk_out),
		in_folder(what_the_pool_has_is_not_loaded_again),
		in_folder(short_beginnings_are_not_worth_a_file),
		in_folder(worlds_models_and_kinds_of_numbers_keep_apart),
		in_folder(pages_are_held_until_they_are_written),
		in_folder(a_pool_too_small_for_a_beginning_goes_without),
		in_folder(what_was_used_longest_ago_gives_way_to_the_limit),
		in_folder(a_file_with_any_byte_changed_is_not_believed),
		in_folder(a_file_cut_anywhere_is_not_believed),
		in_folder(a_damaged_file_is_removed_and_named),
		in_folder(a_file_that_another_removed_is_forgotten),
		in_folder(whichever_call_fails_nothing_half_written_is_left),
		in_folder(a_folder_that_cannot_be_made_is_an_error_to_be_told),
		in_folder(a_program_killed_while_writing_leaves_nothing_that_is_believed),
		in_folder(two_programs_use_one_folder),
		in_folder(a_third_waits_while_two_are_written),
		in_folder(an_answer_that_needs_the_pages_goes_before_the_disk),
		in_folder(a_disk_that_takes_long_holds_no_pages),
		in_folder(ending_in_the_middle_leaves_all_or_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Disks that fail, programs that die, others that write at the same time, answers that need the pages. */
#define FOLDER "beginnings_disk_test.tmp"
#include "model/beginnings_folder.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>

#include "base/file.h"
#include "model/beginning_file.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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

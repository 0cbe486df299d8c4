/* The user's command for a key: what it may print, how long it may take, what it gets of us. */
#include "config/key_helper.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "support/test.h"

static char *run(const char *command, struct error *err)
{
	return key_helper_run(command, 10000, NULL, err);
}

static void expect_key(const char *command, const char *key)
{
	struct error err = {0};
	own_mem char *got = run(command, &err);

	if (!got)
		fail_msg("%s: %s", command, err.text);
	assert_string_equal(got, key);
}

static void expect_refused(const char *command, enum error_kind kind, const char *part)
{
	struct error err = {0};
	own_mem char *got = run(command, &err);

	assert_null(got);
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
}

TEST(what_it_prints_is_the_key)
{
	expect_key("printf sk-1", "sk-1");
	expect_key("echo ' sk-2 '; echo noise >&2", "sk-2");
	expect_key("head -c 16384 /dev/zero | tr '\\0' k | cut -c 1-3", "kkk");
}

TEST(what_can_be_no_key_is_refused)
{
	expect_refused("true", ERROR_DENIED, "printed no key");
	expect_refused("echo a b", ERROR_INVALID, "a space or what is no printable ASCII");
	expect_refused("printf 'a\\nb'", ERROR_INVALID, "a space or what is no printable ASCII");
	expect_refused("printf 'a\\303\\251'", ERROR_INVALID, "a space or what is no printable ASCII");
	expect_refused("head -c 16385 /dev/zero | tr '\\0' k", ERROR_INVALID, "more than 16384 bytes");
	expect_refused("yes | tr -d '\\n'", ERROR_INVALID, "more than 16384 bytes");
}

TEST(the_longest_key_arrives_whole)
{
	struct error err = {0};
	own_mem char *got = run("head -c 16384 /dev/zero | tr '\\0' k", &err);

	assert_non_null(got);
	assert_int_equal(strlen(got), 16384);
}

TEST(a_failure_says_status_and_words_but_nothing_that_may_be_a_key)
{
	expect_refused(
		"echo 'log in first' >&2; exit 3", ERROR_DENIED, "apiKeyHelper ended with status 3: log in first");
	expect_refused("kill -9 $$", ERROR_DENIED, "ended by signal 9");
	expect_refused("no-such-command-anywhere", ERROR_DENIED, "status 127");
	struct error err = {0};
	own_mem char *got = run(
		"echo sk-ant-printed; printf 'bad key sk-ant-api03-secret0123456789 \\033[31mred' >&2; exit 1", &err);
	assert_null(got);
	assert_null(strstr(err.text, "secret"));
	assert_null(strstr(err.text, "printed"));
	assert_null(strchr(err.text, '\033'));
	assert_non_null(strstr(err.text, "bad key ..."));
	assert_true(strlen(err.text) < 300);
	own_mem char *long_words = run("yes 'many words' >&2 | head -c 100; seq 1 100000 >&2; exit 1", &err);
	assert_null(long_words);
	assert_true(strlen(err.text) < 300);
}

TEST(one_that_takes_too_long_is_killed_with_all_it_started)
{
	struct error err = {0};
	char file[] = "/tmp/shammah_helper.XXXXXX";
	int fd = mkstemp(file);
	own_mem char *command = mem_printf("(sleep 1; echo late >> %s) & sleep 30", file);
	uint64_t began = clock_ms();
	own_mem char *got = key_helper_run(command, 200, NULL, &err);
	struct stat st;

	assert_null(got);
	assert_int_equal(err.kind, ERROR_TIMEOUT);
	assert_true(clock_ms() - began < 5000);
	clock_sleep_ms(1300);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	close(fd);
	unlink(file);
}

static void *fire_soon(void *cancel)
{
	clock_sleep_ms(100);
	cancel_fire(cancel);
	return NULL;
}

TEST(cancel_ends_it)
{
	struct error err = {0};
	struct cancel cancel;
	pthread_t thread;

	cancel_init(&cancel);
	assert_int_equal(pthread_create(&thread, NULL, fire_soon, &cancel), 0);
	own_mem char *got = key_helper_run("sleep 30", 20000, &cancel, &err);
	assert_null(got);
	assert_int_equal(err.kind, ERROR_CANCELLED);
	pthread_join(thread, NULL);
	own_mem char *again = key_helper_run("echo never", 20000, &cancel, &err);
	assert_null(again);
	cancel_done(&cancel);
}

/* A helper may leave an agent running that keeps its output open. */
TEST(what_it_leaves_behind_does_not_hold_us_up)
{
	uint64_t began = clock_ms();

	expect_key("sleep 3 & echo sk-1", "sk-1");
	assert_true(clock_ms() - began < 2500);
}

TEST(it_gets_no_descriptor_no_blocked_signal_and_no_key_of_ours)
{
	int leaked = dup2(STDERR_FILENO, 77);     /* not closed on exec */
	sigset_t blocked, before;

	assert_int_equal(leaked, 77);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	setenv("OPENAI_API_KEY", "sk-other", 1);
	setenv("HELPER_NEEDS", "this", 1);
	expect_key("[ -e /dev/fd/77 ] && echo leaked || echo none", "none");
	expect_key("cat; echo nothing-to-read", "nothing-to-read");
	expect_key("echo ${OPENAI_API_KEY:-unset}.$HELPER_NEEDS", "unset.this");
	expect_key("(sh -c 'kill -TERM $$'; echo $?)", "143");
	unsetenv("OPENAI_API_KEY");
	unsetenv("HELPER_NEEDS");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_prints_is_the_key),
		cmocka_unit_test(what_can_be_no_key_is_refused),
		cmocka_unit_test(the_longest_key_arrives_whole),
		cmocka_unit_test(a_failure_says_status_and_words_but_nothing_that_may_be_a_key),
		cmocka_unit_test(one_that_takes_too_long_is_killed_with_all_it_started),
		cmocka_unit_test(cancel_ends_it),
		cmocka_unit_test(what_it_leaves_behind_does_not_hold_us_up),
		cmocka_unit_test(it_gets_no_descriptor_no_blocked_signal_and_no_key_of_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

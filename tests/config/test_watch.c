/* Whether a configuration's files have changed; and system calls that fail while they are read. */
#include "config/watch.h"

#include <errno.h>

#include "base/clock.h"
#include "base/sys.h"
#include "config/world.h"

/* A file that was written just now is looked at once more; that is waited out. */
static void watch(struct config_watch *w)
{
	struct error err = {0};
	own_config c;

	clock_sleep_ms(60);
	(void)!config_load(&c, &places, &err);
	config_watch_take(w, &c);
}

static void expect_change(const char *file, const char *text)
{
	own_config_watch w = {0};

	watch(&w);
	assert_false(config_watch_changed(&w));
	assert_false(config_watch_changed(&w));
	given(file, text);
	assert_true(config_watch_changed(&w));
	watch(&w);
	assert_false(config_watch_changed(&w));
}

TEST(every_file_that_comes_or_changes_is_seen)
{
	static const char *const files[] = { TOML, USER, PROJECT, LOCAL, MANAGED, DROP_IN, "home/.shammah/model",
		"home/.anthropic/api_key" };

	for (size_t i = 0; i < countof(files); i++) {
		expect_change(files[i], "");
		expect_change(files[i], "{}");
		expect_change(files[i], "[]");     /* of the same size */
	}
}

TEST(a_file_that_goes_is_seen)
{
	own_config_watch w = {0};
	own_mem char *path = path_join(world, USER);

	given(USER, "{}");
	watch(&w);
	assert_false(config_watch_changed(&w));
	assert_int_equal(unlink(path), 0);
	assert_true(config_watch_changed(&w));
}

TEST(trust_that_is_given_is_seen)
{
	own_config_watch w = {0};

	given(LOCAL, "{\"apiKeyHelper\":\"x\"}");
	watch(&w);
	assert_false(config_watch_changed(&w));
	given_trust();
	assert_true(config_watch_changed(&w));
}

TEST(a_file_written_while_it_is_read_is_read_again)
{
	struct error err = {0};
	own_config_watch w = {0};
	own_config c;

	given(USER, "{}");
	assert_ok(config_load(&c, &places, &err));
	config_watch_take(&w, &c);
	assert_true(config_watch_changed(&w));
}

/* ---- The n-th system call fails ---- */

static struct sys_calls real;
static int countdown, failures;

static bool fails(void)
{
	if (countdown-- != 0)
		return false;
	failures++;
	errno = EIO;
	return true;
}

static int failing_open(const char *path, int flags, ...)
{
	return fails() ? -1 : real.open(path, flags);
}

static ssize_t failing_read(int fd, void *dst, size_t n)
{
	return fails() ? -1 : real.read(fd, dst, n);
}

static void given_all(void)
{
	given(MANAGED, "{\"permissions\":{\"deny\":[\"Bash\"]}}");
	given(DROP_IN, "{}");
	given(LOCAL, "{\"shammah\":{\"server\":{\"port\":9}}}");
	given(PROJECT, "{}");
	given(USER, "{\"model\":\"opus\"}");
	given(TOML, "[backend]\nthreads = 2\n");
	given("home/.shammah/model", "m\n");
	given("home/.anthropic/api_key", "sk-1");
	given_trust();
}

/* A policy or a setting that cannot be read is an error, never as if it were not there. */
TEST(no_file_that_cannot_be_read_is_passed_over)
{
	int n = 0;

	given_all();
	real = sys;
	for (bool more = true; more; n++) {
		struct error err = {0};
		own_config c;
		sys.open = failing_open;
		sys.read = failing_read;
		countdown = n;
		failures = 0;
		bool ok = config_load(&c, &places, &err);
		sys = real;
		more = failures > 0;
		bool warned = false;
		for (size_t i = 0; i < c.finding_count; i++)
			warned |= strstr(c.findings[i].text, "~/.claude.json") != NULL;
		assert_true(more ? !ok || warned : ok);
	}
	assert_true(n > 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(every_file_that_comes_or_changes_is_seen),
		WORLD_TEST(a_file_that_goes_is_seen),
		WORLD_TEST(trust_that_is_given_is_seen),
		WORLD_TEST(a_file_written_while_it_is_read_is_read_again),
		WORLD_TEST(no_file_that_cannot_be_read_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

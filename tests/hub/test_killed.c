/*
 * Processes that die in the middle of a download.  The child is forked before any
 * thread is started here and waits for the Hub's address.
 */
#include "downloads.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"

static int to_child[2];
static pid_t child;
static unsigned hang_from;

static bool hang(struct fake_hub *h, enum fake_ask ask, unsigned nth, struct str request, struct scripted_reply *reply,
	struct buf *storage)
{
	(void)h, (void)request, (void)storage;
	if (ask != FAKE_BYTES || nth < hang_from || nth >= hang_from + hub.connections)
		return false;
	reply->hang = true;
	return true;
}

static void be_child(void)
{
	char url[200];
	ssize_t n = read(to_child[0], url, sizeof url - 1);

	if (n <= 0)
		_exit(1);
	url[n] = '\0';
	free(hub.endpoint);
	hub.endpoint = mem_strdup(url);
	hub.answer_ms = hub.silence_ms = 60000;
	char *snapshot = hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, NULL, NULL, NULL, &err);
	_exit(snapshot ? 0 : 1);
}

static void start_child(unsigned connections, unsigned from)
{
	hub.connections = connections;
	hang_from = from;
	assert_int_equal(pipe(to_child), 0);
	child = fork();
	if (child == 0)
		be_child();
	serve();
	fake.fault = hang;
	assert_int_equal(write(to_child[1], hub.endpoint, strlen(hub.endpoint)), strlen(hub.endpoint));
	close(to_child[0]);
	close(to_child[1]);
}

static void wait_for_hang(void)
{
	uint64_t end = clock_ms() + 20000;

	while (fake.asked[FAKE_BYTES] < hang_from + hub.connections && clock_ms() < end)
		clock_sleep_ms(2);
	assert_int_equal(fake.asked[FAKE_BYTES], hang_from + hub.connections);
}

static void kill_child(void)
{
	int status;

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

TEST(a_killed_download_loses_only_what_was_under_way)
{
	for (unsigned connections = 1; connections <= 3; connections++) {
		start_child(connections, 4);
		wait_for_hang();
		kill_child();
		assert_int_equal(fake.bytes_sent, 4 * hub.span);
		fake.fault = NULL;
		assert_downloads();
		assert_int_equal(fake.bytes_sent, 600);
		begin_again();
		fake_hub_stop(&fake);
		fake = (struct fake_hub){ 0 };
	}
	serve();
}

static void kill_when_waiting(void *user, const struct hub_progress *p)
{
	see_progress(user, p);
	if (p->stage == HUB_WAITING && child) {
		kill_child();
		child = 0;
		fake.fault = NULL;
	}
}

TEST(when_the_first_of_two_dies_the_second_goes_on)
{
	struct seen_progress seen = { 0 };

	start_child(1, 3);
	wait_for_hang();
	own_mem char *snapshot =
		hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, kill_when_waiting, &seen, NULL, &err);
	if (!snapshot)
		fail_msg("%s", err.text);
	assert_true(seen.waiting > 0);
	assert_int_equal(child, 0);
	assert_int_equal(fake.bytes_sent, 600);
	assert_downloads();
}

TEST(of_two_processes_one_brings_and_both_have)
{
	int status;

	start_child(2, 1000);
	assert_downloads();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(fake.bytes_sent, 600);
}

static int start(void **state)
{
	fake = (struct fake_hub){ 0 };
	return cache_start(state);
}

#define WITH_CHILD(test) cmocka_unit_test_setup_teardown(test, start, download_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CHILD(a_killed_download_loses_only_what_was_under_way),
		WITH_CHILD(when_the_first_of_two_dies_the_second_goes_on),
		WITH_CHILD(of_two_processes_one_brings_and_both_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

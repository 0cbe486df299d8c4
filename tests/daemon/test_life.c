#include "daemon/life.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "support/test.h"

static char home[] = "life_test.XXXXXX";

static int make_home(void **state)
{
	(void)state;
	return mkdtemp(home) ? 0 : -1;
}

static int remove_home(void **state)
{
	own_mem char *pid = path_join(home, "daemon.pid"), *token = path_join(home, "daemon.token");

	(void)state;
	unlink(pid);
	unlink(token);
	return rmdir(home);
}

/*
 * POSIX locks do not show to the process that holds them, so the daemon is a
 * child here: it takes the lock, says so, and lives until its pipe closes.
 */
static pid_t start(int *hold, bool *ok)
{
	int ready[2], wait[2];
	char byte = 0;

	assert_int_equal(pipe(ready) | pipe(wait), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct life l;
		struct error err = {0};
		close(wait[1]);
		close(ready[0]);
		byte = life_begin(&l, home, &err) && life_publish(&l, 4321, &err) ? 'y' :
			err.kind == ERROR_UNAVAILABLE ? 'n' : '?';
		(void)!write(ready[1], &byte, 1);
		(void)!read(wait[0], &byte, 1);
		life_end(&l);
		_exit(0);
	}
	close(ready[1]);
	close(wait[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	assert_true(byte == 'y' || byte == 'n');
	*ok = byte == 'y';
	*hold = wait[1];
	return pid;
}

static void end(pid_t pid, int hold)
{
	close(hold);
	waitpid(pid, NULL, 0);
}

TEST(a_running_daemon_is_found_and_gone_when_it_ends)
{
	struct running running;
	struct error err = {0};
	bool ok;
	int hold;

	assert_ok(life_find(home, &running, &err));
	assert_int_equal(running.pid, 0);
	pid_t pid = start(&hold, &ok);
	assert_true(ok);
	assert_ok(life_find(home, &running, &err));
	assert_int_equal(running.pid, pid);
	assert_int_equal(running.port, 4321);
	end(pid, hold);
	assert_ok(life_find(home, &running, &err));
	assert_int_equal(running.pid, 0);
}

/* One that has locked the file and not yet written itself into it. */
TEST(the_port_that_a_killed_daemon_left_is_not_its_successors)
{
	own_mem char *path = path_join(home, "daemon.pid");
	struct flock exclusive = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct running running;
	struct error err = {0};
	int ready[2], wait[2];
	char byte = 0;

	assert_ok(file_write(path, str_of("1 4321\n"), 0600, &err));
	assert_int_equal(pipe(ready) | pipe(wait), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(wait[1]);
		byte = fcntl(open(path, O_RDWR), F_SETLK, &exclusive) == 0 ? 'y' : 'n';
		(void)!write(ready[1], &byte, 1);
		(void)!read(wait[0], &byte, 1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_ok(life_find(home, &running, &err));
	assert_int_equal(running.pid, pid);
	assert_int_equal(running.port, 0);
	end(pid, wait[1]);
	close(wait[0]);
	close(ready[0]);
	close(ready[1]);
}

TEST(of_two_only_one_gets_the_lock)
{
	bool first, second;
	int hold[2];
	pid_t a = start(&hold[0], &first), b = start(&hold[1], &second);

	assert_true(first);
	assert_false(second);
	end(b, hold[1]);
	end(a, hold[0]);
}

TEST(the_loser_leaves_the_winners_files_alone)
{
	struct running running;
	struct error err = {0};
	bool ok;
	int hold[2];
	char token[TOKEN_LENGTH + 1];
	pid_t a = start(&hold[0], &ok), b = start(&hold[1], &ok);

	end(b, hold[1]);
	assert_ok(life_find(home, &running, &err));
	assert_int_equal(running.pid, a);
	assert_ok(life_read_token(home, token, &err));
	end(a, hold[0]);
}

TEST(a_killed_daemon_leaves_a_stale_file_that_does_not_matter)
{
	struct running running;
	struct error err = {0};
	bool ok;
	int hold;
	pid_t pid = start(&hold, &ok);

	kill(pid, SIGKILL);
	end(pid, hold);
	assert_ok(life_find(home, &running, &err));
	assert_int_equal(running.pid, 0);
	pid = start(&hold, &ok);
	assert_true(ok);
	end(pid, hold);
}

TEST(the_token_is_secret_and_compared_whole)
{
	struct life l;
	struct error err = {0};
	struct stat st;
	char token[TOKEN_LENGTH + 1];
	own_mem char *path = path_join(home, "daemon.token");

	assert_ok(life_begin(&l, home, &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(life_read_token(home, token, &err));
	assert_true(life_token_is(&l, token));
	token[TOKEN_LENGTH - 1] ^= 1;
	assert_false(life_token_is(&l, token));
	assert_false(life_token_is(&l, ""));
	assert_false(life_token_is(&l, NULL));
	life_end(&l);
}

TEST(a_damaged_token_is_an_error)
{
	struct error err = {0};
	char token[TOKEN_LENGTH + 1];
	own_mem char *path = path_join(home, "daemon.token");

	assert_ok(file_write(path, str_of("short"), 0600, &err));
	assert_false(life_read_token(home, token, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(whoever_holds_a_port_is_named)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof address;
	own_fd fd = socket(AF_INET, SOCK_STREAM, 0);
	char name[64];

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address) | listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	if (!life_port_holder(ntohs(address.sin_port), name, sizeof name))
		skip_because("this system does not say who holds a port");
	assert_non_null(strstr(name, "test_daemon_lif"));
	assert_false(life_port_holder(1, name, sizeof name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_daemon_is_found_and_gone_when_it_ends),
		cmocka_unit_test(the_port_that_a_killed_daemon_left_is_not_its_successors),
		cmocka_unit_test(of_two_only_one_gets_the_lock),
		cmocka_unit_test(the_loser_leaves_the_winners_files_alone),
		cmocka_unit_test(a_killed_daemon_leaves_a_stale_file_that_does_not_matter),
		cmocka_unit_test(the_token_is_secret_and_compared_whole),
		cmocka_unit_test(a_damaged_token_is_an_error),
		cmocka_unit_test(whoever_holds_a_port_is_named),
	};
	return cmocka_run_group_tests(tests, make_home, remove_home);
}

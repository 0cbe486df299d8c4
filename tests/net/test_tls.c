/* Certificates are checked.  The server is openssl's own, where the program is installed. */
#include "net/http.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/test.h"

extern char **environ;

static bool run(char *const *argv)
{
	pid_t pid;
	int status = -1;
	posix_spawn_file_actions_t quiet;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	bool ok = posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) == 0 && waitpid(pid, &status, 0) == pid &&
		  status == 0;
	posix_spawn_file_actions_destroy(&quiet);
	return ok;
}

static bool make_certificate(void)
{
	char *const argv[] = { "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
		"test_tls.key.tmp", "-out", "test_tls.cert.tmp", "-days", "2", "-subj", "/CN=localhost", "-addext",
		"subjectAltName=IP:127.0.0.1", NULL };

	return run(argv);
}

/* Starts the server and reads its port. */
static pid_t serve(unsigned *port)
{
	char *const argv[] = { "openssl", "s_server", "-accept", "127.0.0.1:0", "-key", "test_tls.key.tmp", "-cert",
		"test_tls.cert.tmp", "-www", NULL };
	posix_spawn_file_actions_t actions;
	int out[2];
	pid_t pid;
	char line[256];

	assert_int_equal(pipe(out), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, out[0]);
	assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	FILE *lines = fdopen(out[0], "r");
	*port = 0;
	while (!*port && fgets(line, sizeof line, lines))
		(void)sscanf(line, "ACCEPT 127.0.0.1:%u", port);
	fclose(lines);
	return pid;
}

TEST(a_certificate_that_nobody_vouches_for_is_denied)
{
	struct error err = { 0 };
	own_http_client *client = http_client_create(&err);
	unsigned port;
	char url[64];

	if (!make_certificate())
		skip_because("no openssl program");
	pid_t server = serve(&port);
	snprintf(url, sizeof url, "https://127.0.0.1:%u/", port);
	assert_false(
		http_send(client, &(struct http_call){ .url = url, .connect_ms = 5000, .first_byte_ms = 5000 }, &err));
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	unlink("test_tls.key.tmp");
	unlink("test_tls.cert.tmp");
	assert_int_equal(err.kind, ERROR_DENIED);
	assert_non_null(strstr(err.text, "cannot be trusted"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_certificate_that_nobody_vouches_for_is_denied) };

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

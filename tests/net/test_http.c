#include "net/http.h"

#include <pthread.h>
#include <signal.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "support/scripted_server.h"
#include "support/test.h"

/* What a call brought. */
struct seen {
	struct buf body;
	int status, heads;
	char type[64], retry_after[64];
	size_t enough;         /* stop with HTTP_ENOUGH at so many bytes; 0: never */
	const char *refuse;    /* stop with this error at the first byte */
	struct cancel *fire;   /* fire this at the first byte */
	uint64_t fired;        /* when */
	struct error err;
	bool ok;
};

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

static bool on_head(void *user, const struct http_head *head, struct error *err)
{
	struct seen *seen = user;

	(void)err;
	seen->heads++;
	seen->status = http_head_status(head);
	copy(seen->type, sizeof seen->type, http_head_get(head, "content-type"));
	copy(seen->retry_after, sizeof seen->retry_after, http_head_get(head, "Retry-After"));
	return true;
}

static enum http_next on_body(void *user, struct str bytes, struct error *err)
{
	struct seen *seen = user;

	if (seen->refuse) {
		error_set(err, ERROR_DENIED, "%s", seen->refuse);
		return HTTP_FAIL;
	}
	if (!buf_add_str(&seen->body, bytes, err))
		return HTTP_FAIL;
	if (seen->fire) {
		seen->fired = clock_ms();
		cancel_fire(seen->fire);
	}
	return seen->enough && seen->body.len >= seen->enough ? HTTP_ENOUGH : HTTP_MORE;
}

static struct seen seen_nothing(void)
{
	return (struct seen){ .body = BUF_INIT(1 << 20) };
}

static void seen_done(struct seen *seen) { buf_done(&seen->body); }
#define own_seen owns(seen_done) struct seen

static void send_with(struct http_client *client, struct http_call call, struct seen *seen)
{
	call.on_head = on_head;
	call.on_body = on_body;
	call.user = seen;
	seen->ok = http_send(client, &call, &seen->err);
}

/* One call with a client of its own. */
static struct seen ask(struct http_call call)
{
	struct seen seen = seen_nothing();
	own_http_client *client = http_client_create(&seen.err);

	assert_non_null(client);
	send_with(client, call, &seen);
	return seen;
}

static void stop(struct scripted_server **server) { scripted_server_stop(*server); }
#define own_server owns(stop) struct scripted_server
#define SERVE(...) \
	static const struct scripted_reply script[] = { __VA_ARGS__ }; \
	own_server *server = scripted_server_start(script, countof(script))

static void assert_fails(const struct seen *seen, enum error_kind kind, const char *part)
{
	assert_false(seen->ok);
	if (seen->err.kind != kind || !strstr(seen->err.text, part))
		fail_msg("error %d: %s (expected %d, %s)", seen->err.kind, seen->err.text, kind, part);
}

TEST(an_answer_has_a_status_headers_and_a_body)
{
	SERVE({ .status = 429, .headers = "Content-Type: text/plain\r\nRetry-After: 7\r\n", .body = "later" });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/a?b") });

	assert_true(seen.ok);
	assert_int_equal(seen.status, 429);
	assert_string_equal(seen.type, "text/plain");
	assert_string_equal(seen.retry_after, "7");
	assert_string_equal(seen.body.data, "later");
	assert_non_null(strstr(scripted_server_request(server, 0), "GET /a?b HTTP/1.1\r\n"));
}

TEST(a_request_carries_method_headers_and_body)
{
	SERVE({ .expect = {
			"POST / HTTP/1.1\r\n", "\r\nX-Test: 1\r\n", "\r\nContent-Length: 5\r\n", "\r\n\r\nhello" } });
	own_seen seen = ask((struct http_call){
		.method = "POST", .url = scripted_server_url(server, "/"), .body = STR("hello"),
		.headers = (struct http_header[]){ { "X-Test", "1" } }, .header_count = 1 });

	assert_int_equal(seen.status, 200);
	assert_null(strstr(scripted_server_request(server, 0), "Expect"));
}

TEST(other_methods_are_sent_as_they_are)
{
	SERVE({ .expect = { "DELETE /x HTTP/1.1\r\n" } },
		{ .expect = { "HEAD /x HTTP/1.1\r\n" }, .body = "no answer to HEAD has a body" });
	own_seen deleted = ask((struct http_call){ .method = "DELETE", .url = scripted_server_url(server, "/x") });
	own_seen head = ask((struct http_call){ .method = "HEAD", .url = scripted_server_url(server, "/x") });

	assert_int_equal(deleted.status, 200);
	assert_int_equal(head.status, 200);
	assert_int_equal(head.body.len, 0);
}

TEST(a_large_request_arrives_whole)
{
	SERVE({ .body = "ok" });
	size_t n = 5 << 20;
	own_mem char *body = malloc(n + 1);

	memset(body, 'x', n);
	body[n] = '\0';
	own_seen seen = ask(
		(struct http_call){ .method = "POST", .url = scripted_server_url(server, "/"), .body = { body, n } });
	assert_string_equal(seen.body.data, "ok");
	assert_string_equal(strstr(scripted_server_request(server, 0), "\r\n\r\n") + 4, body);
}

TEST(chunks_and_slow_pieces_make_one_body)
{
	SERVE({ .body = "one two three", .chunked = true, .piece = 1 },
		{ .body = "one two three", .piece = 3, .pause_ms = 2 },
		{ .body = "HTTP/1.0 200 OK\r\n\r\none two three", .raw = true });

	for (size_t i = 0; i < countof(script); i++) {
		own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/") });
		assert_true(seen.ok);
		assert_string_equal(seen.body.data, "one two three");
	}
}

TEST(interim_answers_are_passed_over)
{
	SERVE({ .raw = true, .body = "HTTP/1.1 103 Early Hints\r\nContent-Type: text/early\r\n\r\n"
		"HTTP/1.1 200 OK\r\nContent-Type: text/late\r\nContent-Length: 2\r\n\r\nok" });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/") });

	assert_true(seen.ok);
	assert_int_equal(seen.heads, 1);
	assert_string_equal(seen.type, "text/late");
}

TEST(a_connection_is_used_again)
{
	SERVE({ .body = "1" }, { .body = "2", .chunked = true }, { .body = "3" });
	own_seen seen = seen_nothing();
	own_http_client *client = http_client_create(&seen.err);

	for (size_t i = 0; i < countof(script); i++)
		send_with(client, (struct http_call){ .url = scripted_server_url(server, "/") }, &seen);
	assert_string_equal(seen.body.data, "123");
	assert_int_equal(scripted_server_connections(server), 1);
}

TEST(a_kept_connection_that_has_died_is_replaced)
{
	SERVE({ .body = "1", .close = true }, { .body = "2" });
	own_seen seen = seen_nothing();
	own_http_client *client = http_client_create(&seen.err);

	send_with(client, (struct http_call){ .url = scripted_server_url(server, "/") }, &seen);
	send_with(client,
		(struct http_call){ .method = "POST", .body = STR("x"), .url = scripted_server_url(server, "/") },
		&seen);
	assert_true(seen.ok);
	assert_string_equal(seen.body.data, "12");
	assert_int_equal(scripted_server_connections(server), 2);
}

/* A port that nobody listens at: bound, so that no one else gets it, but not listening. */
TEST(a_refused_port_is_unavailable_and_named)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char url[64], name[64];

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	snprintf(name, sizeof name, "cannot connect to 127.0.0.1:%u: Connection refused", ntohs(address.sin_port));
	snprintf(url, sizeof url, "http://127.0.0.1:%u/secret-path", ntohs(address.sin_port));
	own_seen seen = ask((struct http_call){ .url = url });
	assert_fails(&seen, ERROR_UNAVAILABLE, name);
	assert_null(strstr(seen.err.text, "secret"));
	close(fd);
}

TEST(a_name_without_address_is_unavailable)
{
	/* A label of 64 characters exists nowhere, and no server needs to be asked about it. */
	own_seen seen = ask((struct http_call){
		.url = "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid/" });

	assert_fails(&seen, ERROR_UNAVAILABLE, "no address is known for");
}

TEST(an_address_that_is_none_is_refused)
{
	static const char *const urls[] = { "", "api.example.com/v1", "ftp://example.com/", "file:///etc/passwd",
		"http://", "http://a b/" };

	for (size_t i = 0; i < countof(urls); i++) {
		own_seen seen = ask((struct http_call){ .url = urls[i] });
		assert_fails(&seen, ERROR_INVALID, "this address is no URL");
	}
}

TEST(a_header_with_a_line_break_is_refused_and_not_shown)
{
	SERVE({ .body = "x" });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/"),
		.headers = (struct http_header[]){ { "x-api-key", "sk-1\r\nHost: evil", true } }, .header_count = 1 });

	assert_fails(&seen, ERROR_INVALID, "x-api-key");
	assert_null(strstr(seen.err.text, "sk-1"));
	assert_int_equal(scripted_server_requests(server), 0);
}

TEST(silence_before_the_answer_is_a_timeout)
{
	SERVE({ .hang = true });
	own_seen seen = ask((struct http_call){
		.url = scripted_server_url(server, "/"), .first_byte_ms = 50, .silence_ms = 60000 });

	assert_fails(&seen, ERROR_TIMEOUT, "within 0.05 s");
	assert_true(scripted_server_hung_up(server) > 0);
}

TEST(silence_in_the_middle_of_the_answer_is_a_timeout)
{
	SERVE({ .body = "half", .chunked = true, .hang = true });
	own_seen seen = ask((struct http_call){
		.url = scripted_server_url(server, "/"), .first_byte_ms = 60000, .silence_ms = 50 });

	assert_fails(&seen, ERROR_TIMEOUT, "fell silent for 0.05 s");
	assert_string_equal(seen.body.data, "half");
}

TEST(a_slow_answer_is_no_timeout_while_bytes_keep_coming)
{
	SERVE({ .body = "0123456789", .chunked = true, .piece = 1, .pause_ms = 60 });
	own_seen seen = ask(
		(struct http_call){ .url = scripted_server_url(server, "/"), .first_byte_ms = 400, .silence_ms = 400 });

	assert_true(seen.ok);
	assert_int_equal(seen.body.len, 10);
}

/* A listening port whose queue is full neither refuses nor accepts. */
TEST(a_connection_that_never_comes_is_a_timeout)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0), fill[4];
	char url[64];

	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	for (size_t i = 0; i < countof(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&address, size);
	}
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
	own_seen seen = ask((struct http_call){ .url = url, .connect_ms = 100, .first_byte_ms = 200 });
	assert_fails(&seen, ERROR_TIMEOUT, "no connection to 127.0.0.1");
	for (size_t i = 0; i < countof(fill); i++)
		close(fill[i]);
	close(listener);
}

TEST(an_answer_cut_at_any_byte_is_unavailable)
{
	static const char whole[] = "HTTP/1.1 200 Scripted\r\nContent-Length: 4\r\n\r\nbody";
	size_t cuts = 0;

	for (size_t cut = 1; cut < sizeof whole - 1; cut++) {
		struct scripted_reply script = { .body = whole, .raw = true, .cut = cut };
		own_server *server = scripted_server_start(&script, 1);
		own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/") });
		assert_false(seen.ok);
		assert_int_equal(seen.err.kind, ERROR_UNAVAILABLE);
		assert_non_null(strstr(seen.err.text, "127.0.0.1"));
		cuts++;
	}
	assert_int_equal(cuts, sizeof whole - 2);
}

TEST(a_chunked_answer_cut_short_is_unavailable)
{
	SERVE({ .body = "0123456789", .chunked = true, .cut = 70 });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/") });

	assert_fails(&seen, ERROR_UNAVAILABLE, "cut in the middle of the answer");
}

TEST(a_connection_closed_without_a_byte_is_unavailable)
{
	SERVE({ .raw = true });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/") });

	assert_fails(&seen, ERROR_UNAVAILABLE, "no answer from 127.0.0.1");
}

TEST(garbage_is_unavailable)
{
	static const char *const garbage[] = {
		"SSH-2.0-OpenSSH_9.2\r\n", "\x16\x03\x01\x02", "HTTP/1.1 two hundred\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	};

	for (size_t i = 0; i < countof(garbage); i++) {
		struct scripted_reply script = { .body = garbage[i], .raw = true };
		own_server *server = scripted_server_start(&script, 1);
		own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/") });
		assert_fails(&seen, ERROR_UNAVAILABLE, "127.0.0.1");
	}
}

TEST(a_head_over_the_ceiling_is_refused)
{
	SERVE({ .headers = "X-Long: 0123456789012345678901234567890123456789\r\n", .body = "x" });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/"), .head_max = 60 });

	assert_fails(&seen, ERROR_TOO_LARGE, "over 60 bytes");
	assert_int_equal(seen.heads, 0);
}

static void endless_head(
	void *user, size_t index, struct str request, struct scripted_reply *reply, struct buf *storage)
{
	const char *line = user;

	(void)index, (void)request;
	buf_put(storage, "HTTP/1.1 200 OK\r\n");
	while (storage->len < 1 << 20)
		buf_put(storage, line);
	*reply = (struct scripted_reply){ .raw = true, .body = storage->data };
}

TEST(an_endless_head_is_refused_by_line_and_without_lines)
{
	static char many[] = "X-Header: value\r\n", one[] = "X-Header-without-an-end: ";
	char *const lines[] = { many, one };

	for (size_t i = 0; i < countof(lines); i++) {
		own_server *server = scripted_server_start_with(0, endless_head, lines[i]);
		own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/") });
		assert_fails(&seen, ERROR_TOO_LARGE, "127.0.0.1");
	}
}

TEST(an_endless_body_meets_the_ceiling)
{
	SERVE({ .body = "0123456789", .endless = true });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/"), .body_max = 100000 });

	assert_fails(&seen, ERROR_TOO_LARGE, "over 100000 bytes");
	assert_true(seen.body.len <= 100000);
}

TEST(the_receiver_can_stop_with_its_own_error)
{
	SERVE({ .body = "text", .chunked = true, .hang = true });
	own_seen seen = seen_nothing();
	own_http_client *client = http_client_create(&seen.err);

	seen.refuse = "not for me";
	send_with(client, (struct http_call){ .url = scripted_server_url(server, "/") }, &seen);
	assert_fails(&seen, ERROR_DENIED, "not for me");
}

TEST(enough_of_an_answer_is_a_success_without_its_end)
{
	SERVE({ .body = "text", .chunked = true, .hang = true }, { .body = "0123456789", .endless = true });

	for (size_t i = 0; i < countof(script); i++) {
		own_seen seen = seen_nothing();
		own_http_client *client = http_client_create(&seen.err);
		seen.enough = 4;
		send_with(client, (struct http_call){ .url = scripted_server_url(server, "/") }, &seen);
		assert_true(seen.ok);
	}
}

TEST(enough_of_an_answer_that_ends_keeps_its_connection)
{
	SERVE({ .body = "text", .chunked = true }, { .body = "more" });
	own_seen seen = seen_nothing();
	own_http_client *client = http_client_create(&seen.err);

	seen.enough = 4;
	send_with(client, (struct http_call){ .url = scripted_server_url(server, "/") }, &seen);
	send_with(client, (struct http_call){ .url = scripted_server_url(server, "/") }, &seen);
	assert_true(seen.ok);
	assert_int_equal(scripted_server_connections(server), 1);
}

static void assert_hung_up_soon(struct scripted_server *server, uint64_t fired)
{
	uint64_t gone = scripted_server_hung_up(server);

	assert_true(gone >= fired);
	assert_true(gone - fired < 500);
}

struct later {
	struct cancel *cancel;
	struct scripted_server *server;
	uint64_t fired;
};

/* Fires when the request has reached the server, which says nothing, and libcurl has no timer left to wake it. */
static void *fire_later(void *user)
{
	struct later *later = user;

	while (scripted_server_requests(later->server) == 0)
		clock_sleep_ms(1);
	clock_sleep_ms(400);
	later->fired = clock_ms();
	cancel_fire(later->cancel);
	return NULL;
}

TEST(cancelling_closes_a_connection_that_waits_for_its_answer)
{
	SERVE({ .hang = true });
	struct cancel cancel;
	struct later later = { &cancel, server, 0 };
	pthread_t thread;

	cancel_init(&cancel);
	pthread_create(&thread, NULL, fire_later, &later);
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/"), .cancel = &cancel });
	pthread_join(thread, NULL);
	assert_fails(&seen, ERROR_CANCELLED, "cancelled");
	assert_hung_up_soon(server, later.fired);
	cancel_done(&cancel);
}

TEST(cancelling_in_mid_stream_closes_the_connection)
{
	SERVE({ .body = "half", .chunked = true, .hang = true });
	own_seen seen = seen_nothing();
	own_http_client *client = http_client_create(&seen.err);
	struct cancel cancel;

	cancel_init(&cancel);
	seen.fire = &cancel;
	send_with(client, (struct http_call){ .url = scripted_server_url(server, "/"), .cancel = &cancel }, &seen);
	assert_fails(&seen, ERROR_CANCELLED, "cancelled");
	assert_hung_up_soon(server, seen.fired);
	cancel_done(&cancel);
}

TEST(a_call_cancelled_before_it_begins_sends_nothing)
{
	SERVE({ .body = "x" });
	struct cancel cancel;

	cancel_init(&cancel);
	cancel_fire(&cancel);
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/"), .cancel = &cancel });
	assert_fails(&seen, ERROR_CANCELLED, "cancelled");
	assert_int_equal(scripted_server_connections(server), 0);
	cancel_done(&cancel);
}

TEST(a_client_serves_on_after_a_cancelled_call)
{
	SERVE({ .body = "half", .chunked = true, .hang = true }, { .body = "whole" });
	own_seen first = seen_nothing(), second = seen_nothing();
	own_http_client *client = http_client_create(&first.err);
	struct cancel cancel;

	cancel_init(&cancel);
	first.fire = &cancel;
	send_with(client, (struct http_call){ .url = scripted_server_url(server, "/"), .cancel = &cancel }, &first);
	send_with(client, (struct http_call){ .url = scripted_server_url(server, "/") }, &second);
	assert_true(second.ok);
	assert_string_equal(second.body.data, "whole");
	cancel_done(&cancel);
}

static void *fire_soon(void *user)
{
	clock_sleep_ms(20);
	cancel_fire(user);
	return NULL;
}

TEST(a_wait_ends_in_time_or_when_cancelled)
{
	struct error err = { 0 };
	own_http_client *client = http_client_create(&err);
	struct cancel cancel;
	pthread_t thread;
	uint64_t begin = clock_ms();

	assert_true(http_client_wait(client, 20, NULL));
	assert_true(clock_ms() - begin >= 20);
	cancel_init(&cancel);
	pthread_create(&thread, NULL, fire_soon, &cancel);
	assert_false(http_client_wait(client, 600000, &cancel));
	assert_false(http_client_wait(client, 600000, &cancel));
	pthread_join(thread, NULL);
	cancel_done(&cancel);
}

TEST(a_redirect_is_an_answer_unless_asked_for)
{
	SERVE({ .status = 302, .headers = "Location: /b\r\n", .body = "moved" });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/a") });

	assert_true(seen.ok);
	assert_int_equal(seen.status, 302);
	assert_string_equal(seen.body.data, "moved");
}

static const struct http_header key_and_accept[] = { { "x-api-key", "sk-test", true }, { "Accept", "text/x" } };

TEST(a_redirect_within_a_host_keeps_the_key)
{
	SERVE({ .status = 302, .headers = "Location: /b\r\n", .body = "moved" },
		{ .expect = { "GET /b ", "x-api-key: sk-test", "Accept: text/x" }, .body = "here" });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/a"), .redirects = 2,
		.headers = key_and_accept, .header_count = 2 });

	assert_string_equal(seen.body.data, "here");
	assert_int_equal(seen.heads, 1);
}

TEST(a_redirect_to_another_host_leaves_the_key_behind)
{
	static const struct scripted_reply target[] = { { .expect = { "GET /b ", "Accept: text/x" }, .body = "here" } };
	own_server *other = scripted_server_start(target, 1);
	own_mem char *location = NULL;
	assert_true(asprintf(&location, "Location: %s\r\n", scripted_server_url(other, "/b")) > 0);
	struct scripted_reply script = { .status = 307, .headers = location };
	own_server *server = scripted_server_start(&script, 1);
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/a"), .redirects = 1,
		.headers = key_and_accept, .header_count = 2 });

	assert_string_equal(seen.body.data, "here");
	assert_non_null(strstr(scripted_server_request(server, 0), "sk-test"));
	assert_null(strstr(scripted_server_request(other, 0), "sk-test"));
}

TEST(a_post_is_never_redirected)
{
	SERVE({ .status = 307, .headers = "Location: /b\r\n" });
	own_seen seen = ask((struct http_call){
		.method = "POST", .body = STR("x"), .url = scripted_server_url(server, "/a"), .redirects = 5 });

	assert_int_equal(seen.status, 307);
	assert_int_equal(scripted_server_requests(server), 1);
}

TEST(redirects_end_at_their_number_and_at_foreign_schemes)
{
	SERVE({ .status = 302, .headers = "Location: /b\r\n" }, { .status = 302, .headers = "Location: /c\r\n" },
		{ .status = 302, .headers = "Location: file:///etc/passwd\r\n" });
	own_seen many = ask((struct http_call){ .url = scripted_server_url(server, "/a"), .redirects = 1 });
	own_seen foreign = ask((struct http_call){ .url = scripted_server_url(server, "/a"), .redirects = 1 });

	assert_fails(&many, ERROR_UNAVAILABLE, "redirects more than 1 times");
	assert_fails(&foreign, ERROR_INVALID, "no http or https URL");
}

TEST(a_proxy_is_asked_for_other_hosts_but_never_for_this_machine)
{
	SERVE({ .expect = { "GET http://example.invalid/x HTTP/1.1" }, .body = "proxied" });
	static const struct scripted_reply here[] = { { .expect = { "GET /y " }, .body = "direct" } };
	own_server *direct = scripted_server_start(here, 1);

	setenv("http_proxy", scripted_server_url(server, ""), 1);
	own_seen far = ask((struct http_call){ .url = "http://example.invalid/x" });
	own_seen near = ask((struct http_call){ .url = scripted_server_url(direct, "/y") });
	unsetenv("http_proxy");
	assert_string_equal(far.body.data, "proxied");
	assert_string_equal(near.body.data, "direct");
}

TEST(a_proxy_that_does_not_connect_is_what_is_told)
{
	SERVE({ .expect = { "CONNECT example.invalid:443 " }, .status = 407 },
		{ .expect = { "CONNECT example.invalid:443 " }, .status = 503 });

	setenv("https_proxy", scripted_server_url(server, ""), 1);
	own_seen nameless = ask((struct http_call){ .url = "https://example.invalid/x" });
	own_seen closed = ask((struct http_call){ .url = "https://example.invalid/x" });
	unsetenv("https_proxy");
	assert_fails(&nameless, ERROR_DENIED, "the proxy to example.invalid wants a name and password (407)");
	assert_fails(&closed, ERROR_UNAVAILABLE, "the proxy to example.invalid does not connect (503)");
}

/* What has been asked about, and what is said of it. */
static char asked_about[200];

static const char *never(void *user, const struct sockaddr *address)
{
	(void)user;
	snprintf(asked_about, sizeof asked_about, "family %d", address->sa_family);
	return "it is a test";
}

static unsigned allowed_port;

static const char *only_one_port(void *user, const struct sockaddr *address)
{
	(void)user;
	return ntohs(((const struct sockaddr_in *)address)->sin_port) == allowed_port ? NULL : "it is another";
}

TEST(an_address_is_asked_about_before_anything_is_sent)
{
	SERVE({ .body = "x" });
	char by_name[64], expected[40];

	snprintf(by_name, sizeof by_name, "http://localhost:%u/", scripted_server_port(server));
	snprintf(expected, sizeof expected, "family %d", AF_INET);
	own_seen by_number = ask((struct http_call){ .url = scripted_server_url(server, "/"), .may_connect = never });
	assert_fails(&by_number, ERROR_DENIED, "not connected to 127.0.0.1");
	assert_string_equal(asked_about, expected);
	assert_non_null(strstr(by_number.err.text, "it is a test"));
	own_seen named = ask((struct http_call){ .url = by_name, .may_connect = never });
	assert_fails(&named, ERROR_DENIED, "not connected to localhost");
	assert_int_equal(scripted_server_connections(server), 0);
}

TEST(an_address_that_a_redirect_leads_to_is_asked_about_too)
{
	static const struct scripted_reply target[] = { { .body = "inside" } };
	own_server *other = scripted_server_start(target, 1);
	own_mem char *location = NULL;
	assert_true(asprintf(&location, "Location: %s\r\n", scripted_server_url(other, "/b")) > 0);
	struct scripted_reply script = { .status = 302, .headers = location };
	own_server *server = scripted_server_start(&script, 1);

	allowed_port = scripted_server_port(server);
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/a"), .redirects = 3,
		.may_connect = only_one_port });
	assert_fails(&seen, ERROR_DENIED, "it is another");
	assert_int_equal(scripted_server_requests(server), 1);
	assert_int_equal(scripted_server_connections(other), 0);
}

TEST(a_call_whose_addresses_are_asked_about_goes_through_no_proxy)
{
	SERVE({ .body = "proxied" });

	setenv("http_proxy", scripted_server_url(server, ""), 1);
	allowed_port = scripted_server_port(server);
	own_seen seen = ask((struct http_call){ .url = "http://example.invalid/x", .may_connect = only_one_port });
	unsetenv("http_proxy");
	assert_fails(&seen, ERROR_UNAVAILABLE, "no address is known for example.invalid");
	assert_int_equal(scripted_server_connections(server), 0);
}

TEST(a_call_has_an_end_although_bytes_keep_coming)
{
	SERVE({ .body = "0123456789", .chunked = true, .piece = 1, .pause_ms = 5, .endless = true });
	own_seen seen = ask((struct http_call){ .url = scripted_server_url(server, "/"), .total_ms = 60 });

	assert_fails(&seen, ERROR_TIMEOUT, "no whole answer from 127.0.0.1");
}

TEST(the_end_of_a_call_counts_its_redirects)
{
	SERVE({ .status = 302, .headers = "Location: /a\r\n", .delay_ms = 30 },
		{ .status = 302, .headers = "Location: /b\r\n", .delay_ms = 30 }, { .hang = true });
	own_seen seen = ask((struct http_call){
		.url = scripted_server_url(server, "/"), .redirects = 5, .total_ms = 50 });

	assert_fails(&seen, ERROR_TIMEOUT, "within 0.05 s");
	assert_true(scripted_server_requests(server) <= 2);
}

TEST(https_to_a_server_without_tls_is_unavailable)
{
	SERVE({ .raw = true, .body = "HTTP/1.1 400 Bad Request\r\n\r\n" });
	char url[64];

	snprintf(url, sizeof url, "https://127.0.0.1:%u/", scripted_server_port(server));
	own_seen seen = ask((struct http_call){ .url = url, .first_byte_ms = 1000, .connect_ms = 1000 });
	assert_false(seen.ok);
	assert_true(seen.err.kind == ERROR_UNAVAILABLE || seen.err.kind == ERROR_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_a_status_headers_and_a_body),
		cmocka_unit_test(a_request_carries_method_headers_and_body),
		cmocka_unit_test(other_methods_are_sent_as_they_are),
		cmocka_unit_test(a_large_request_arrives_whole),
		cmocka_unit_test(chunks_and_slow_pieces_make_one_body),
		cmocka_unit_test(interim_answers_are_passed_over),
		cmocka_unit_test(a_connection_is_used_again),
		cmocka_unit_test(a_kept_connection_that_has_died_is_replaced),
		cmocka_unit_test(a_refused_port_is_unavailable_and_named),
		cmocka_unit_test(a_name_without_address_is_unavailable),
		cmocka_unit_test(an_address_that_is_none_is_refused),
		cmocka_unit_test(a_header_with_a_line_break_is_refused_and_not_shown),
		cmocka_unit_test(silence_before_the_answer_is_a_timeout),
		cmocka_unit_test(silence_in_the_middle_of_the_answer_is_a_timeout),
		cmocka_unit_test(a_slow_answer_is_no_timeout_while_bytes_keep_coming),
		cmocka_unit_test(a_connection_that_never_comes_is_a_timeout),
		cmocka_unit_test(an_answer_cut_at_any_byte_is_unavailable),
		cmocka_unit_test(a_chunked_answer_cut_short_is_unavailable),
		cmocka_unit_test(a_connection_closed_without_a_byte_is_unavailable),
		cmocka_unit_test(garbage_is_unavailable),
		cmocka_unit_test(a_head_over_the_ceiling_is_refused),
		cmocka_unit_test(an_endless_head_is_refused_by_line_and_without_lines),
		cmocka_unit_test(an_endless_body_meets_the_ceiling),
		cmocka_unit_test(the_receiver_can_stop_with_its_own_error),
		cmocka_unit_test(enough_of_an_answer_is_a_success_without_its_end),
		cmocka_unit_test(enough_of_an_answer_that_ends_keeps_its_connection),
		cmocka_unit_test(cancelling_closes_a_connection_that_waits_for_its_answer),
		cmocka_unit_test(cancelling_in_mid_stream_closes_the_connection),
		cmocka_unit_test(a_call_cancelled_before_it_begins_sends_nothing),
		cmocka_unit_test(a_client_serves_on_after_a_cancelled_call),
		cmocka_unit_test(a_wait_ends_in_time_or_when_cancelled),
		cmocka_unit_test(a_redirect_is_an_answer_unless_asked_for),
		cmocka_unit_test(a_redirect_within_a_host_keeps_the_key),
		cmocka_unit_test(a_redirect_to_another_host_leaves_the_key_behind),
		cmocka_unit_test(a_post_is_never_redirected),
		cmocka_unit_test(redirects_end_at_their_number_and_at_foreign_schemes),
		cmocka_unit_test(a_proxy_is_asked_for_other_hosts_but_never_for_this_machine),
		cmocka_unit_test(a_proxy_that_does_not_connect_is_what_is_told),
		cmocka_unit_test(an_address_is_asked_about_before_anything_is_sent),
		cmocka_unit_test(an_address_that_a_redirect_leads_to_is_asked_about_too),
		cmocka_unit_test(a_call_whose_addresses_are_asked_about_goes_through_no_proxy),
		cmocka_unit_test(a_call_has_an_end_although_bytes_keep_coming),
		cmocka_unit_test(the_end_of_a_call_counts_its_redirects),
		cmocka_unit_test(https_to_a_server_without_tls_is_unavailable),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

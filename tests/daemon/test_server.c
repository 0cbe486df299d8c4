#include "daemon/server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "support/test.h"

/* --- routes to test with -------------------------------------------------------- */

static struct reply *kept;           /* what /kept left behind for the test to answer */
static _Atomic int answered;

static void say(void *user, const struct http_request_in *in, struct reply *r)
{
	own_buf body = BUF_INIT(1 << 20);
	struct error err = {0};

	(void)user;
	(void)!buf_addf(&body, &err, "tail=%.*s token=%s size=%zu", STR_ARGS(in->tail), in->token ? in->token : "",
		in->body.n);
	reply_whole(r, (struct reply_head){ .status = 200, .type = "text/plain" }, &body);
}

static void keep(void *user, const struct http_request_in *in, struct reply *r)
{
	(void)user;
	(void)in;
	__atomic_store_n(&kept, reply_ref(r), __ATOMIC_RELEASE);
}

static void count(void *user, unsigned status)
{
	(void)user;
	(void)status;
	answered++;
}

static const struct route test_routes[] = {
	{ "GET", "/say", say, "" },
	{ "POST", "/say", say, "" },
	{ "GET", "/below/", say, "" },
	{ "GET", "/kept", keep, "" },
};

static struct server *server;

static int start(void **state)
{
	struct server_options options = {
		.origins = "http://good.example", .routes = test_routes, .route_count = countof(test_routes),
		.on_answered = count,
	};
	struct error err = {0};

	(void)state;
	server = server_start(&options, &err);
	return server ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	server_stop(server);
	return 0;
}

/* --- a client of bare sockets ------------------------------------------------------ */

static int dial(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(server_port(server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void send_text(int fd, const char *text)
{
	struct error err = {0};

	assert_ok(file_write_fd(fd, str_of(text), &err));
}

/* Reads until `part` came, or the end; fails after five seconds. */
static void read_until(int fd, struct buf *out, const char *part)
{
	while (!part || !strstr(out->data, part)) {
		struct pollfd in = { .fd = fd, .events = POLLIN };
		char piece[4096];
		struct error err = {0};

		if (poll(&in, 1, 5000) <= 0)
			fail_msg("nothing more came after: %s", out->data);
		ssize_t n = read(fd, piece, sizeof piece);
		if (n <= 0)
			break;
		assert_ok(buf_add(out, piece, (size_t)n, &err));
	}
}

static void expect(const char *request, const char *status, const char *part)
{
	own_fd fd = dial();
	own_buf out = BUF_INIT(1 << 20);

	send_text(fd, request);
	read_until(fd, &out, NULL);
	if (strncmp(out.data + 9, status, 3) != 0 || !strstr(out.data, part))
		fail_msg("wanted %s and '%s', got: %s", status, part, out.data);
}

#define CLOSE "Host: localhost\r\nConnection: close\r\n"

static struct reply *take_kept(void)
{
	struct reply *r;

	for (int i = 0; !(r = __atomic_exchange_n(&kept, NULL, __ATOMIC_ACQ_REL)); i++) {
		assert_true(i < 5000);
		clock_sleep_ms(1);
	}
	return r;
}

static void push(struct reply *r, const char *text, enum push expected)
{
	own_buf chunk = BUF_INIT(1000);

	buf_put(&chunk, text);
	assert_int_equal(reply_push(r, &chunk), expected);
}

static void finish(struct reply *r, const char *text)
{
	own_buf chunk = BUF_INIT(1000);

	buf_put(&chunk, text);
	reply_finish(r, &chunk);
	reply_unref(r);
}

/* --- tests ---------------------------------------------------------------------------- */

TEST(a_route_answers)
{
	expect("GET /say HTTP/1.1\r\n" CLOSE "\r\n", "200", "tail= token= size=0");
	expect("GET /below/a/b HTTP/1.1\r\n" CLOSE "Authorization: Bearer abc\r\n\r\n", "200", "tail=a/b token=abc");
	expect("POST /say HTTP/1.1\r\n" CLOSE "Content-Length: 5\r\n\r\nhello", "200", "size=5");
}

TEST(unknown_paths_and_methods_are_refused)
{
	expect("GET /nothing HTTP/1.1\r\n" CLOSE "\r\n", "404", "\"code\":\"not_found\"");
	expect("GET /below/ HTTP/1.1\r\n" CLOSE "\r\n", "404", "not_found");
	expect("DELETE /say HTTP/1.1\r\n" CLOSE "\r\n", "405", "method_not_allowed");
}

TEST(a_foreign_host_is_refused)
{
	expect("GET /say HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "403", "host_not_allowed");
	expect("GET /say HTTP/1.0\r\n\r\n", "403", "host_not_allowed");
}

TEST(a_foreign_origin_is_refused_and_a_listed_one_allowed)
{
	expect("GET /say HTTP/1.1\r\n" CLOSE "Origin: http://evil.example\r\n\r\n", "403", "origin_not_allowed");
	expect("GET /say HTTP/1.1\r\n" CLOSE "Origin: http://good.example\r\n\r\n", "200",
		"Access-Control-Allow-Origin: http://good.example");
	expect("OPTIONS /say HTTP/1.1\r\n" CLOSE "Origin: http://good.example\r\n\r\n", "204",
		"Access-Control-Allow-Methods: GET, POST, OPTIONS");
	expect("OPTIONS /say HTTP/1.1\r\n" CLOSE "Origin: http://evil.example\r\n\r\n", "403", "origin_not_allowed");
}

TEST(a_body_over_the_ceiling_is_refused_before_it_comes)
{
	expect("POST /say HTTP/1.1\r\n" CLOSE "Content-Length: 104857600\r\n\r\n", "413", "request_too_large");
}

TEST(a_chunked_body_over_the_ceiling_is_refused_too)
{
	own_fd fd = dial();
	own_buf out = BUF_INIT(1 << 20);
	char *piece = calloc(1, 0x100000 + 1);

	memset(piece, 'x', 0x100000);
	send_text(fd, "POST /say HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 17; i++) {
		send_text(fd, "100000\r\n");
		send_text(fd, piece);
		send_text(fd, "\r\n");
	}
	send_text(fd, "0\r\n\r\n");
	read_until(fd, &out, NULL);
	assert_non_null(strstr(out.data, "413"));
	free(piece);
}

TEST(garbage_is_no_request)
{
	own_fd fd = dial();
	own_buf out = BUF_INIT(1 << 20);

	send_text(fd, "\x16\x03\x01garbage\r\n\r\n");
	read_until(fd, &out, NULL);                            /* closed, or told so */
	assert_true(out.len == 0 || strstr(out.data, " 400 "));
	expect("GET /say HTTP/1.1\r\n" CLOSE "\r\n", "200", "tail=");
}

TEST(a_stream_arrives_chunk_by_chunk)
{
	own_fd fd = dial();
	own_buf out = BUF_INIT(1 << 20);

	send_text(fd, "GET /kept HTTP/1.1\r\n" CLOSE "\r\n");
	struct reply *r = take_kept();
	push(r, "data: one\n\n", PUSH_OK);
	read_until(fd, &out, "data: one\n\n");
	assert_non_null(strstr(out.data, "Content-Type: text/event-stream"));
	push(r, "data: two\n\n", PUSH_OK);
	read_until(fd, &out, "data: two\n\n");
	finish(r, "data: end\n\n");
	read_until(fd, &out, NULL);
	assert_non_null(strstr(out.data, "data: end\n\n"));
}

TEST(an_answer_may_come_later_from_another_thread)
{
	own_fd fd = dial();
	own_buf out = BUF_INIT(1 << 20), body = BUF_INIT(100);

	send_text(fd, "GET /kept HTTP/1.1\r\n" CLOSE "\r\n");
	struct reply *r = take_kept();
	buf_put(&body, "late");
	reply_whole(r, (struct reply_head){ .status = 503, .type = "text/plain", .retry_after = 7 }, &body);
	finish(r, "ignored");
	read_until(fd, &out, NULL);
	assert_non_null(strstr(out.data, "503"));
	assert_non_null(strstr(out.data, "Retry-After: 7"));
	assert_non_null(strstr(out.data, "\r\n\r\nlate"));
	assert_null(strstr(out.data, "ignored"));
}

/* A reader that does not read: two chunks wait, the third is refused, nothing is lost. */
TEST(a_slow_reader_slows_the_producer)
{
	own_fd fd = dial();
	own_buf out = BUF_INIT((size_t)64 << 20);
	struct error err = {0};
	int pushed = 0;
	size_t piece = 1 << 20;

	send_text(fd, "GET /kept HTTP/1.1\r\n" CLOSE "\r\n");
	struct reply *r = take_kept();
	for (int tries = 0; tries < 200; tries++) {
		own_buf chunk = BUF_INIT(piece);
		char *bytes = malloc(piece);
		memset(bytes, 'x', piece);
		assert_ok(buf_add(&chunk, bytes, piece, &err));
		free(bytes);
		if (reply_push(r, &chunk) == PUSH_OK)
			pushed++;
		else
			clock_sleep_ms(1);
	}
	assert_in_range(pushed, 2, 40);         /* what the kernel's buffers take, and two */
	push(r, "too much", PUSH_FULL);
	finish(r, "the end");
	read_until(fd, &out, NULL);
	assert_non_null(strstr(out.data, "the end"));
	assert_true(out.len > (size_t)pushed * piece);
}

TEST(a_client_that_hangs_up_is_noticed)
{
	int fd = dial();

	send_text(fd, "GET /kept HTTP/1.1\r\n" CLOSE "\r\n");
	struct reply *r = take_kept();
	assert_false(reply_is_gone(r));
	close(fd);
	for (int i = 0; !reply_is_gone(r) && i < 1000; i++)
		clock_sleep_ms(1);
	assert_true(reply_is_gone(r));
	assert_true(cancel_fired(reply_cancel(r)));
	finish(r, "");
}

/* Nobody looks: the answer's producer sleeps, as a teacher's thread does while nothing comes. */
TEST(a_client_that_leaves_a_silent_answer_cancels_it)
{
	int fd = dial(), other = dial();
	struct cancel *cancel;

	send_text(fd, "GET /kept HTTP/1.1\r\n" CLOSE "\r\n");
	struct reply *r = take_kept();
	send_text(other, "GET /kept HTTP/1.1\r\n" CLOSE "\r\n");
	struct reply *stays = take_kept();
	cancel = reply_cancel(r);
	assert_false(cancel_fired(cancel));
	close(fd);
	for (int i = 0; !cancel_fired(cancel) && i < 1000; i++)
		clock_sleep_ms(5);
	assert_true(cancel_fired(cancel));
	assert_false(cancel_fired(reply_cancel(stays)));
	finish(r, "");
	finish(stays, "");
	close(other);
}

TEST(a_silent_stream_is_kept_alive)
{
	own_fd fd = dial();
	own_buf out = BUF_INIT(1 << 20);

	send_text(fd, "GET /kept HTTP/1.1\r\n" CLOSE "\r\n");
	struct reply *r = take_kept();
	reply_keep_alive(r, clock_ms() + 60000, 10000);       /* not known to be a stream yet */
	reply_expect_stream(r);
	reply_keep_alive(r, clock_ms(), 10000);               /* too early */
	reply_keep_alive(r, clock_ms() + 60000, 10000);
	read_until(fd, &out, ": keep-alive\n\n");
	reply_queued(r, 3);
	reply_keep_alive(r, clock_ms() + 60000, 10000);
	read_until(fd, &out, ": waiting, number 3 in the queue\n\n");
	reply_queued(r, 0);
	buf_clear(&out);
	reply_keep_alive(r, clock_ms() + 60000, 10000);
	read_until(fd, &out, ": keep-alive\n\n");
	finish(r, "data: x\n\n");
	read_until(fd, &out, NULL);
	assert_non_null(strstr(out.data, "data: x\n\n"));
}

TEST(every_request_is_counted_once)
{
	/* What came before is counted a moment after its client has it. */
	for (int i = 0; server_active(server) && i < 1000; i++)
		clock_sleep_ms(1);
	int before = answered;

	expect("GET /say HTTP/1.1\r\n" CLOSE "\r\n", "200", "tail");
	for (int i = 0; (answered == before || server_active(server)) && i < 1000; i++)
		clock_sleep_ms(1);
	assert_int_equal(answered, before + 1);
	assert_int_equal(server_active(server), 0);
}

TEST(a_taken_port_is_an_error)
{
	struct server_options options = { .port = server_port(server) };
	struct error err = {0};

	assert_null(server_start(&options, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "is taken"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_answers),
		cmocka_unit_test(unknown_paths_and_methods_are_refused),
		cmocka_unit_test(a_foreign_host_is_refused),
		cmocka_unit_test(a_foreign_origin_is_refused_and_a_listed_one_allowed),
		cmocka_unit_test(a_body_over_the_ceiling_is_refused_before_it_comes),
		cmocka_unit_test(a_chunked_body_over_the_ceiling_is_refused_too),
		cmocka_unit_test(garbage_is_no_request),
		cmocka_unit_test(a_stream_arrives_chunk_by_chunk),
		cmocka_unit_test(an_answer_may_come_later_from_another_thread),
		cmocka_unit_test(a_slow_reader_slows_the_producer),
		cmocka_unit_test(a_client_that_hangs_up_is_noticed),
		cmocka_unit_test(a_client_that_leaves_a_silent_answer_cancels_it),
		cmocka_unit_test(a_silent_stream_is_kept_alive),
		cmocka_unit_test(every_request_is_counted_once),
		cmocka_unit_test(a_taken_port_is_an_error),
	};
	return cmocka_run_group_tests(tests, start, stop);
}

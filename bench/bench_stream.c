/*
 * What a streamed token costs between the worker and the client: a thread in the
 * worker's place writes each token as the daemon does (OpenAI's event, reply_push)
 * with the time in it; a client on a bare socket notes when it has arrived.
 * Both share this machine's cores and clock.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/delivery.h"
#include "daemon/server.h"
#include "report.h"

#define TOKENS 4000
#define GAP_NS 200000u                 /* between two tokens, as a fast model's */

static struct metrics metrics;

static void *produce(void *user)
{
	struct delivery *d = user;
	struct error err = {0};
	char text[32];

	d->request.stream = true;
	delivery_begin(d, METRIC_LOCAL, "bench", &(struct openai_source){ "local", "bench", "measured" });
	for (int i = 0; i < TOKENS; i++) {
		uint64_t start = clock_ns();
		while (clock_ns() - start < GAP_NS)
			;
		snprintf(text, sizeof text, "@%llu@", (unsigned long long)clock_ns());
		struct delta delta = delta_text(str_of(text));
		if (!delivery_delta(d, &delta, &err))
			exit(1);
		while (!delivery_flush(d))
			;
	}
	struct delta end = delta_end(FINISH_STOP, (struct usage){0});
	(void)!delivery_delta(d, &end, &err);
	delivery_finish(d, NULL);
	return NULL;
}

static void begin(void *user, const struct http_request_in *in, struct reply *r)
{
	pthread_t thread;

	(void)user;
	(void)in;
	if (pthread_create(&thread, NULL, produce, delivery_create(r, &metrics)) != 0)
		exit(1);
	pthread_detach(thread);
}

static int dial(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	static const char request[] = "GET /stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 || write(fd, request, sizeof request - 1) < 0)
		exit(1);
	return fd;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Microseconds from writing to arrival of every token. */
static size_t receive(int fd, double *us)
{
	static char bytes[1 << 20];
	size_t n = 0, len = 0;
	ssize_t got;

	while (n < TOKENS && (got = read(fd, bytes + len, sizeof bytes - 1 - len)) > 0) {
		uint64_t now = clock_ns();
		len += (size_t)got;
		bytes[len] = '\0';
		char *at = bytes, *open, *close;
		while ((open = strchr(at, '@')) && (close = strchr(open + 1, '@'))) {
			us[n++] = (double)(now - strtoull(open + 1, NULL, 10)) / 1e3;
			at = close + 1;
		}
		len -= (size_t)(at - bytes);
		memmove(bytes, at, len);
	}
	return n;
}

int main(void)
{
	static const struct route routes[] = { { "GET", "/stream", begin, "" } };
	struct server_options options = { .routes = routes, .route_count = 1 };
	struct error err = {0};
	static double us[TOKENS];
	struct server *server = server_start(&options, &err);

	if (!server) {
		fprintf(stderr, "bench_stream: %s\n", err.text);
		return 1;
	}
	int fd = dial(server_port(server));
	size_t n = receive(fd, us);
	close(fd);
	qsort(us, n, sizeof *us, compare);
	report("a streamed token, worker to client", "50 us", "median %.0f us, 90 %% %.0f us", us[n / 2],
		us[n * 9 / 10]);
	while (server_active(server))
		clock_sleep_ms(1);
	server_stop(server);
	return 0;
}

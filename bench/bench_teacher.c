/*
 * What the daemon adds to a teacher's streamed answer: bench_teacher DAEMON_PORT
 * UPSTREAM_PORT DAEMON_PID.  The daemon has been told that its teacher, Claude,
 * is at UPSTREAM_PORT, where this program answers, each delta with the time in
 * it; its client asks there and the daemon in turns, and notes when each has
 * arrived.  All share this machine's cores and clock.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "report.h"
#include "support/scripted_server.h"

#define ROUNDS 120
#define WORDS 40               /* of an answer, 2 ms apart */
#define BURST 20000            /* of an answer that comes as fast as it can */
#define STREAMS 100
#define HANG_UPS 15
#define BODY "\"messages\":[{\"role\":\"user\",\"content\":\"say something long\"}],\"stream\":true}"

struct side {
	const char *path, *body;
	uint16_t port;
	int fd;
	double first[ROUNDS], word[ROUNDS * WORDS], burst[9];
	size_t rounds, words, bursts;
};

/* --- upstream -------------------------------------------------------------------- */

static bool stop_now;          /* guarded by the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stopped = PTHREAD_COND_INITIALIZER;

static bool write_event(struct scripted_peer *peer, const char *json)
{
	char text[512];
	int n = snprintf(text, sizeof text, "event: %.*s\ndata: %s\n\n", (int)strcspn(json + 9, "\""), json + 9, json);

	return scripted_write(peer, (struct str){ text, (size_t)n });
}

static bool write_word(struct scripted_peer *peer)
{
	char json[200];

	snprintf(json, sizeof json, "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
		"\"text\":\"@%llu@\"}}", (unsigned long long)clock_ns());
	return write_event(peer, json);
}

static void begin_answer(struct scripted_peer *peer)
{
	(void)write_event(peer, "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\","
		"\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"usage\":{\"input_tokens\":10}}}");
	(void)write_event(peer, "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
		"\"text\":\"\"}}");
}

static void end_answer(struct scripted_peer *peer)
{
	(void)write_event(peer, "{\"type\":\"content_block_stop\",\"index\":0}");
	(void)write_event(peer, "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
		"\"usage\":{\"output_tokens\":40}}");
	(void)write_event(peer, "{\"type\":\"message_stop\"}");
}

static void write_paced(void *user, struct scripted_peer *peer)
{
	(void)user;
	begin_answer(peer);
	for (int i = 0; i < WORDS && write_word(peer); i++)
		clock_sleep_ms(2);
	end_answer(peer);
}

static void write_burst(void *user, struct scripted_peer *peer)
{
	(void)user;
	begin_answer(peer);
	for (int i = 0; i < BURST && write_word(peer); i++)
		;
	end_answer(peer);
}

static void write_and_wait(void *user, struct scripted_peer *peer)
{
	(void)user;
	begin_answer(peer);
	(void)write_word(peer);
	pthread_mutex_lock(&lock);
	while (!stop_now)
		pthread_cond_wait(&stopped, &lock);
	pthread_mutex_unlock(&lock);
	end_answer(peer);
}

static scripted_body_fn *how = write_paced;    /* set while nobody asks; NULL: two words, then silence */

static void answer(void *user, size_t index, struct str request, struct scripted_reply *reply, struct buf *storage)
{
	(void)user, (void)index, (void)request;
	if (!how) {
		buf_put(storage, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
			"\"delta\":{\"type\":\"text_delta\",\"text\":\"@1@@1@\"}}\n\n");
		*reply = (struct scripted_reply){ .headers = "Content-Type: text/event-stream\r\n", .chunked = true,
			.body = storage->data, .hang = true };
		return;
	}
	*reply = (struct scripted_reply){ .headers = "Content-Type: text/event-stream\r\n", .chunked = true,
		.write_body = how };
}

/* --- client ---------------------------------------------------------------------------- */

static int dial(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		fprintf(stderr, "bench_teacher: nobody listens at port %u\n", port);
		exit(1);
	}
	return fd;
}

static void send_question(const struct side *s)
{
	char request[1024];
	int n = snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", s->path, strlen(s->body), s->body);

	if (write(s->fd, request, (size_t)n) != n)
		exit(1);
}

static ssize_t receive(int fd, struct buf *got)
{
	static char piece[1 << 16];
	ssize_t n = read(fd, piece, sizeof piece);
	struct error err;

	if (n <= 0 || !buf_add(got, piece, (size_t)n, &err)) {
		fprintf(stderr, "bench_teacher: an answer broke off\n");
		exit(1);
	}
	return n;
}

static bool ended(const struct buf *got)
{
	return got->len >= 5 && memcmp(got->data + got->len - 5, "0\r\n\r\n", 5) == 0;
}

/* Notes what arrived, and drops it. */
static size_t note_words(struct side *s, struct buf *got, uint64_t asked, size_t before)
{
	uint64_t now = clock_ns();
	char *at = got->data, *open, *close;

	while ((open = strchr(at, '@')) && (close = strchr(open + 1, '@'))) {
		if (before++ == 0)
			s->first[s->rounds++] = (double)(now - asked) / 1e3;
		else
			s->word[s->words++] = (double)(now - strtoull(open + 1, NULL, 10)) / 1e3;
		at = close + 1;
	}
	buf_consume(got, (size_t)(at - got->data));
	return before;
}

static void ask_paced(struct side *s)
{
	own_buf got = BUF_INIT(1 << 24);
	uint64_t asked = clock_ns();
	size_t words = 0;

	send_question(s);
	while (!ended(&got)) {
		(void)receive(s->fd, &got);
		words = note_words(s, &got, asked, words);
	}
	if (words != WORDS) {
		fprintf(stderr, "bench_teacher: %zu words instead of %d: %.300s\n", words, WORDS, got.data);
		exit(1);
	}
}

static void ask_burst(struct side *s)
{
	own_buf got = BUF_INIT(1 << 24);
	uint64_t asked = clock_ns();

	send_question(s);
	do {
		(void)receive(s->fd, &got);
	} while (!ended(&got));
	s->burst[s->bursts++] = (double)(clock_ns() - asked) / BURST / 1e3;
}

/* --- figures ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof *values, compare);
	return values[n / 2];
}

/* Kilobytes: proc(5). */
static long resident(const char *pid)
{
	char path[64], line[128];
	long kb = 0;

	snprintf(path, sizeof path, "/proc/%s/status", pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

static void measure_memory(struct side *daemon, const char *pid)
{
	int fds[STREAMS];
	long before = resident(pid);

	how = write_and_wait;
	for (int i = 0; i < STREAMS; i++) {
		own_buf got = BUF_INIT(1 << 20);
		struct side one = { .path = daemon->path, .body = daemon->body, .fd = dial(daemon->port) };
		send_question(&one);
		while (!strchr(got.data, '@'))
			(void)receive(one.fd, &got);
		fds[i] = one.fd;
	}
	long with = resident(pid);
	report("memory of a teacher's stream, 100 of them open", "256 KB", "%.0f KB (daemon %.1f MB, then %.1f MB)",
		(double)(with - before) / STREAMS, (double)before / 1024, (double)with / 1024);
	pthread_mutex_lock(&lock);
	stop_now = true;
	pthread_cond_broadcast(&stopped);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < STREAMS; i++)
		close(fds[i]);
}

/* From a client's hang-up until the teacher's connection is closed. */
static void measure_hang_ups(struct scripted_server *upstream, struct side *daemon)
{
	double ms[HANG_UPS];

	how = NULL;
	for (size_t i = 0; i < HANG_UPS; i++) {
		own_buf got = BUF_INIT(1 << 20);
		struct side one = { .path = daemon->path, .body = daemon->body, .fd = dial(daemon->port) };
		size_t before = scripted_server_hang_ups(upstream);
		send_question(&one);
		while (!strchr(got.data, '@'))
			(void)receive(one.fd, &got);
		clock_sleep_ms(1 + (unsigned)i * 37 % 100);
		uint64_t start = clock_ns();
		close(one.fd);
		while (scripted_server_hang_ups(upstream) == before)
			clock_sleep_ms(1);
		ms[i] = (double)(clock_ns() - start) / 1e6;
	}
	double middle = median(ms, HANG_UPS);
	report("a client's hang-up closes the teacher's connection", "50 ms", "median %.0f ms, worst %.0f ms", middle,
		ms[HANG_UPS - 1]);
}

static void measure(struct side *direct, struct side *daemon)
{
	struct side *sides[] = { direct, daemon };

	for (int i = 0; i < ROUNDS; i++)
		for (int k = 0; k < 2; k++)
			ask_paced(sides[(i + k) % 2]);
	double first[] = { median(direct->first, direct->rounds), median(daemon->first, daemon->rounds) };
	double word[] = { median(direct->word, direct->words), median(daemon->word, daemon->words) };
	report("first word of a teacher, more than directly", "1 ms", "median %.0f us (%.0f us against %.0f us)",
		first[1] - first[0], first[1], first[0]);
	report("each further word, more than directly", "0.1 ms", "median %.0f us (%.0f us against %.0f us)",
		word[1] - word[0], word[1], word[0]);
	how = write_burst;
	for (int i = 0; i < 9; i++)
		for (int k = 0; k < 2; k++)
			ask_burst(sides[(i + k) % 2]);
	double burst[] = { median(direct->burst, 9), median(daemon->burst, 9) };
	report("each word of a burst, more than directly", "", "median %.1f us (%.1f us against %.1f us)",
		burst[1] - burst[0], burst[1], burst[0]);
}

int main(int argc, char **argv)
{
	static struct side direct = { .path = "/v1/messages", .body = "{\"model\":\"bench\",\"max_tokens\":100," BODY };
	static struct side daemon = { .path = "/v1/chat/completions", .body = "{\"model\":\"teacher\"," BODY };

	if (argc != 4)
		return 2;
	daemon.port = (uint16_t)strtoul(argv[1], NULL, 10);
	direct.port = (uint16_t)strtoul(argv[2], NULL, 10);
	struct scripted_server *upstream = scripted_server_start_with(direct.port, answer, NULL);
	if (!upstream) {
		fprintf(stderr, "bench_teacher: port %u cannot be had\n", direct.port);
		return 1;
	}
	direct.fd = dial(direct.port);
	daemon.fd = dial(daemon.port);
	ask_paced(&daemon);        /* its connection is made, its libraries are loaded */
	daemon.rounds = daemon.words = 0;
	measure_memory(&daemon, argv[3]);
	how = write_paced;
	measure(&direct, &daemon);
	measure_hang_ups(upstream, &daemon);
	scripted_server_stop(upstream);
	return 0;
}

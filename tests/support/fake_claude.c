/*
 * Stands in for Anthropic's Messages API, for end-to-end tests and by hand.
 *
 * Prints the URL it listens at, then answers until it is killed or its standard
 * input ends (--until-eof).  Any POST to /v1/messages with the key "sk-test" is
 * answered by a stream that says "Claude heard: " and the last user's text, one
 * word a delta; with another key by 401.
 *
 *   --port N         listen there instead of at any free port
 *   --pause N        milliseconds between two deltas
 *   --status N       answer N and an error body ...
 *   --retry-after N  ... with this Retry-After
 *   --cut N          close the connection after N bytes of the answer
 *   --hang           say the words and never end
 *   --times K        misbehave in the first K requests only
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "support/scripted_server.h"

struct options {
	unsigned port, pause, status, retry_after, cut, times;
	bool hang, until_eof;
};

static bool has_key(struct str request)
{
	return memmem(request.p, request.n, "\r\nx-api-key: sk-test\r\n", 22) != NULL;
}

/* The text of the last user message, string or blocks; "" when there is none.  Borrowed from `body`. */
static const char *question(const json_t *body)
{
	const char *found = "";
	size_t i, k;
	json_t *message, *block;

	json_array_foreach(json_object_get(body, "messages"), i, message) {
		json_t *content = json_object_get(message, "content");
		const char *role = json_member_string(message, "role");
		if (!role || strcmp(role, "user") != 0)
			continue;
		if (json_is_string(content))
			found = json_string_value(content);
		json_array_foreach(content, k, block) {
			const char *text = json_member_string(block, "text");
			found = text ? text : found;
		}
	}
	return found;
}

static void add_delta(struct buf *out, struct str text)
{
	struct error err;

	buf_put(out, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
		"{\"type\":\"text_delta\",\"text\":");
	if (!json_write_string(out, text, &err))
		abort();
	buf_put(out, "}}\n\n");
}

static void add_words(struct buf *out, struct str text)
{
	while (text.n > 0) {
		size_t n = 1;
		while (n < text.n && text.p[n] != ' ')
			n++;
		add_delta(out, (struct str){ text.p, n });
		text = str_from(text, n);
	}
}

static void write_stream(struct buf *out, const char *asked)
{
	buf_put(out, "event: message_start\ndata: "
		     "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\","
		     "\"role\":\"assistant\",\"model\":\"fake\",\"content\":[],\"stop_reason\":null,"
		     "\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n"
		     "event: ping\ndata: {\"type\":\"ping\"}\n\n"
		     "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
		     "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
	add_words(out, str_of("Claude heard: "));
	add_words(out, str_of(asked));
	buf_put(out, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
		"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
		"\"stop_sequence\":null},\"usage\":{\"output_tokens\":7}}\n\n"
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}

static void refuse(struct scripted_reply *reply, struct buf *storage, int status, const char *type, const char *message)
{
	buf_putf(storage,
		"{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"},\"request_id\":\"req_1\"}", type,
		message);
	reply->status = status;
	reply->headers = "Content-Type: application/json\r\n";
	reply->body = storage->data;
}

static void misbehave(const struct options *o, struct scripted_reply *reply, struct buf *storage)
{
	if (o->status)
		buf_clear(storage);
	if (o->status && o->retry_after) {
		buf_putf(storage, "Content-Type: application/json\r\nRetry-After: %u\r\n", o->retry_after);
		*reply = (struct scripted_reply){ .status = (int)o->status, .headers = storage->data, .body = "{}" };
	} else if (o->status) {
		refuse(reply, storage, (int)o->status, "api_error", "fault mode");
	}
	reply->cut = o->cut;
	if (o->hang && !o->status) {
		char *end = strstr(reply->body, "event: content_block_stop");
		reply->hang = true;
		if (end)
			*end = '\0';
	}
}

static void answer(void *user, size_t index, struct str request, struct scripted_reply *reply, struct buf *storage)
{
	const struct options *o = user;
	const char *body = memmem(request.p, request.n, "\r\n\r\n", 4);
	struct error err;
	own_json *asked = json_parse(str_from(request, (size_t)(body + 4 - request.p)), "body", &err);

	if (!str_starts(request, (struct str)STR("POST /v1/messages")))
		return refuse(reply, storage, 404, "not_found_error", "only /v1/messages is here");
	if (!has_key(request))
		return refuse(reply, storage, 401, "authentication_error", "invalid x-api-key");
	if (!asked)
		return refuse(reply, storage, 400, "invalid_request_error", "the body is no JSON");
	write_stream(storage, question(asked));
	*reply = (struct scripted_reply){
		.headers = "Content-Type: text/event-stream\r\n", .body = storage->data, .chunked = true,
		.piece = o->pause ? 120 : 0, .pause_ms = o->pause,
	};
	if ((o->status || o->cut || o->hang) && (!o->times || index < o->times))
		misbehave(o, reply, storage);
}

static bool read_options(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{ "port", required_argument, NULL, 'p' }, { "pause", required_argument, NULL, 'w' },
		{ "status", required_argument, NULL, 's' }, { "retry-after", required_argument, NULL, 'r' },
		{ "cut", required_argument, NULL, 'c' }, { "times", required_argument, NULL, 't' },
		{ "hang", no_argument, NULL, 'h' }, { "until-eof", no_argument, NULL, 'e' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		unsigned number = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;
		switch (c) {
		case 'p': o->port = number; break;
		case 'w': o->pause = number; break;
		case 's': o->status = number; break;
		case 'r': o->retry_after = number; break;
		case 'c': o->cut = number; break;
		case 't': o->times = number; break;
		case 'h': o->hang = true; break;
		case 'e': o->until_eof = true; break;
		default: return false;
		}
	}
	return optind == argc && o->port <= UINT16_MAX;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	char byte;

	if (!read_options(argc, argv, &options))
		return 2;

	struct scripted_server *server = scripted_server_start_with((uint16_t)options.port, answer, &options);
	if (!server) {
		fprintf(stderr, "fake-claude: port %u cannot be had\n", options.port);
		return 1;
	}
	printf("%s\n", scripted_server_url(server, ""));
	fflush(stdout);
	if (!options.until_eof)
		for (;;)
			pause();
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	scripted_server_stop(server);
	return 0;
}

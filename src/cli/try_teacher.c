#include "cli/try_teacher.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/key_helper.h"

#define QUESTION "Say hello in one word."
#define TOKENS_MAX 16            /* the least that every vendor accepts */
#define CHAT_MAX ((size_t)64 << 10)
#define TEXT_MAX ((size_t)120)
#define WAIT_MS 20000
#define HEADERS_MAX 32

struct answer {
	struct buf text;
};

static bool on_delta(void *user, const struct delta *delta, struct error *err)
{
	struct answer *a = user;
	size_t room = a->text.max - a->text.len;
	struct str text = delta->text;

	if (delta->kind != DELTA_TEXT)
		return true;
	if (text.n > room)
		text.n = room;
	text.n -= utf8_incomplete_tail(text.p, text.n);
	return buf_add_str(&a->text, text, err);
}

/* "Name: value" apart; names and values are cut out of copies that `lines` keeps. */
static void split_headers(char **from, struct http_header headers[HEADERS_MAX + 1], char *lines[HEADERS_MAX + 1])
{
	size_t n = 0;

	for (; from && from[n] && n < HEADERS_MAX; n++) {
		lines[n] = mem_strdup(from[n]);
		char *colon = strchr(lines[n], ':');
		char *value = colon ? colon + 1 : lines[n] + strlen(lines[n]);
		if (colon)
			*colon = '\0';
		value += strspn(value, " \t");
		headers[n] = (struct http_header){ .name = lines[n], .value = value, .secret = true };
	}
	headers[n] = (struct http_header){0};
	lines[n] = NULL;
}

static bool ask(
	const struct teacher *teacher, struct cancel *cancel, struct answer *a, enum ask_end *end, struct error *err)
{
	own_http_client *client = http_client_create(err);
	own_request request = REQUEST_INIT(CHAT_MAX);
	struct ask_report report = { .end = ASK_UNFIT };
	struct ask ask = {
		.teacher = *teacher, .cancel = cancel, .on_delta = on_delta, .user = a,
		.patience = { .attempts = 1, .first_byte_ms = WAIT_MS, .silence_ms = WAIT_MS },
	};

	request.sampling.max_tokens = TOKENS_MAX;
	request.stream = true;
	bool ok = client && chat_add(&request.chat, ROLE_USER, str_of(QUESTION), err) &&
		ask_provider(client, &ask, &request, &report, err);
	*end = report.end;
	return ok;
}

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

bool try_teacher(const struct teacher_config *t, struct cancel *cancel, struct tried *tried, struct error *err)
{
	struct http_header headers[HEADERS_MAX + 1];
	char *lines[HEADERS_MAX + 1];
	struct answer a = { .text = BUF_INIT(TEXT_MAX) };
	uint64_t started = clock_ms();

	*tried = (struct tried){ .end = ASK_UNFIT };
	char *printed = t->helper && !t->key.text ? key_helper_run(t->helper, WAIT_MS, cancel, err) : NULL;
	if (t->helper && !t->key.text && !printed)
		return false;
	split_headers(t->headers, headers, lines);
	struct teacher teacher = {
		.provider = provider_find(t->provider), .base_url = t->base_url, .key = printed ? printed : t->key.text,
		.model = t->model, .bearer = t->bearer, .headers = headers,
	};
	bool ok = teacher.provider ? ask(&teacher, cancel, &a, &tried->end, err) :
		error_set(err, ERROR_INVALID, "there is no provider %s", t->provider);
	tried->ms = (unsigned)(clock_ms() - started);
	tried->text = a.text.len ? mem_strdup(a.text.data) : NULL;
	for (char **line = lines; *line; line++)
		forget(*line);
	forget(printed);
	buf_done(&a.text);
	return ok;
}

void tried_done(struct tried *tried)
{
	free(tried->text);
	*tried = (struct tried){0};
}

#include "cli/try_teacher.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "daemon/teacher_entry.h"

#define QUESTION "Say hello in one word."
#define TOKENS_MAX 16            /* the least that every vendor accepts */
#define CHAT_MAX ((size_t)64 << 10)
#define TEXT_MAX ((size_t)120)
#define WAIT_MS 20000

static bool on_delta(void *user, const struct delta *delta, struct error *err)
{
	struct buf *said = user;
	size_t room = said->max - said->len;
	struct str text = delta->text;

	if (delta->kind != DELTA_TEXT)
		return true;
	if (text.n > room)
		text.n = room;
	text.n -= utf8_incomplete_tail(text.p, text.n);
	return buf_add_str(said, text, err);
}

static bool ask(const struct teacher_entry *e, const char *key, struct cancel *cancel, struct buf *said,
	enum ask_end *end, struct error *err)
{
	own_http_client *client = http_client_create(err);
	own_request request = REQUEST_INIT(CHAT_MAX);
	struct ask_report report = { .end = ASK_UNFIT };
	struct ask ask = {
		.teacher = teacher_entry_asked(e, e->model), .cancel = cancel, .on_delta = on_delta, .user = said,
		.patience = { .attempts = 1, .first_byte_ms = WAIT_MS, .silence_ms = WAIT_MS },
	};

	ask.teacher.key = key;
	request.sampling.max_tokens = TOKENS_MAX;
	request.stream = true;
	bool ok = client && chat_add(&request.chat, ROLE_USER, str_of(QUESTION), err) &&
		ask_provider(client, &ask, &request, &report, err);
	*end = report.end;
	return ok;
}

bool try_teacher(const struct teacher_config *t, struct cancel *cancel, struct tried *tried, struct error *err)
{
	struct teacher_entry *e = teacher_entry_create(t, err);
	own_buf said = BUF_INIT(TEXT_MAX);
	uint64_t started = clock_ms();
	char *key = NULL;

	*tried = (struct tried){ .end = ASK_UNFIT };
	bool ok = e && teacher_key_get(&e->reach->key, NULL, cancel, &key, err) &&
		ask(e, key, cancel, &said, &tried->end, err);
	tried->ms = (unsigned)(clock_ms() - started);
	tried->text = said.len ? mem_strdup(said.data) : NULL;
	mem_forget(key);
	teacher_entry_unref(e);
	return ok;
}

void tried_done(struct tried *tried)
{
	free(tried->text);
	*tried = (struct tried){0};
}

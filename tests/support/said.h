/*
 * Conversations, and what a dialect reads from a stream, as text: a whole request or answer
 * compares as one string.  JSON is written with ' for ".
 */
#pragma once

#include "base/json.h"
#include "base/mem.h"
#include "provider/provider.h"
#include "support/test.h"

static inline char *with_quotes(const char *text)
{
	char *copy = mem_strdup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return copy;
}

/* ---- conversations ---- */

static inline struct message *say(struct request *r, enum chat_role role, const char *text)
{
	struct error err = { 0 };
	struct message *m = chat_add(&r->chat, role, str_of(text), &err);

	assert_non_null(m);
	return m;
}

static inline void add_call(struct request *r, struct message *m, const char *id, const char *name,
	const char *arguments, struct seal seal)
{
	own_mem char *object = with_quotes(arguments);
	struct error err = { 0 };
	struct tool_call call = { str_of(id), str_of(name), str_of(object), seal };

	assert_ok(chat_add_call(&r->chat, m, &call, &err));
}

static inline struct message *add_result(struct request *r, const char *id, const char *text)
{
	struct message *m = say(r, ROLE_TOOL, text);

	m->call_id = str_of(id);
	return m;
}

static inline void add_tool(struct request *r, const char *name, const char *description, const char *schema)
{
	own_mem char *object = with_quotes(schema);
	struct error err = { 0 };
	struct tool tool = { .name = str_of(name), .description = str_of(description), .schema = str_of(object) };

	assert_ok(chat_add_tool(&r->chat, &tool, &err));
}

static inline void add_picture(struct request *r, struct message *m, struct image image)
{
	struct error err = { 0 };

	assert_ok(chat_add_piece(&r->chat, m, &(struct piece){ .image = &image }, &err));
}

static inline void add_words(struct request *r, struct message *m, const char *text)
{
	struct error err = { 0 };

	assert_ok(chat_add_piece(&r->chat, m, &(struct piece){ .text = str_of(text) }, &err));
}

/* ---- answers: thoughts and text joined, then one line for everything else ---- */

struct said {
	struct buf thoughts, text, rest;
};

#define SAID_INIT { BUF_INIT(1 << 20), BUF_INIT(1 << 20), BUF_INIT(1 << 20) }

static inline void said_done(struct said *s)
{
	buf_done(&s->thoughts);
	buf_done(&s->text);
	buf_done(&s->rest);
}

static inline bool said_delta(void *user, const struct delta *d, struct error *err)
{
	struct said *s = user;

	switch (d->kind) {
	case DELTA_TEXT:
		return buf_add_str(&s->text, d->text, err);
	case DELTA_THOUGHT:
		return buf_add_str(&s->thoughts, d->text, err);
	case DELTA_SEAL:
		return buf_addf(&s->rest, err, "seal %s %zd %.*s%s%.*s\n", d->redacted ? "hidden" : "of",
			(ssize_t)d->call, STR_ARGS(d->vendor), d->id.n ? " " : "", STR_ARGS(d->id)) &&
			buf_addf(&s->rest, err, "  %.*s\n", STR_ARGS(d->text));
	case DELTA_CALL:
		return buf_addf(&s->rest, err, "call %zu %.*s %.*s\n", d->call, STR_ARGS(d->id), STR_ARGS(d->name));
	case DELTA_ARGUMENTS:
		return buf_addf(&s->rest, err, "arguments %zu %.*s\n", d->call, STR_ARGS(d->text));
	default:
		return buf_addf(&s->rest, err, "end %d in %zu cached %zu written %zu out %zu thought %zu\n", d->finish,
			d->usage.prompt_tokens, d->usage.cached_tokens, d->usage.written_tokens,
			d->usage.completion_tokens, d->usage.thought_tokens);
	}
}

/* Reads a stream in pieces of that size; `out` gets "thoughts|text\nrest". */
static inline bool read_said(const struct provider *provider, struct str stream, size_t piece, struct buf *out,
	struct error *err)
{
	struct said said = SAID_INIT;
	own_provider_stream *s = provider_stream_create(provider, said_delta, &said);
	bool ok = true;

	for (size_t at = 0; ok && at < stream.n; at += piece)
		ok = provider_stream_feed(s,
			(struct str){ stream.p + at, stream.n - at < piece ? stream.n - at : piece }, err);
	ok = ok && provider_stream_close(s, err);
	buf_putf(out, "%s|%s\n%s", said.thoughts.data, said.text.data, said.rest.data);
	said_done(&said);
	return ok;
}

/* In two pieces, cut at every byte, and in small pieces: cutting never changes the answer. */
static inline void expect_said(const struct provider *provider, const char *text, const char *answer)
{
	own_mem char *stream = with_quotes(text), *expected = with_quotes(answer);
	size_t n = strlen(stream);

	for (size_t piece = 1; piece <= n; piece++) {
		own_buf seen = BUF_INIT(1 << 20);
		struct error err = { 0 };
		assert_ok(read_said(provider, (struct str){ stream, n }, piece, &seen, &err));
		assert_string_equal(seen.data, expected);
	}
}

static inline void expect_unsaid(const struct provider *provider, const char *text, enum error_kind kind,
	const char *part)
{
	own_mem char *stream = with_quotes(text);
	own_buf seen = BUF_INIT(1 << 20);
	struct error err = { 0 };

	assert_false(read_said(provider, str_of(stream), 7, &seen, &err));
	if (err.kind != kind || !strstr(err.text, part))
		fail_msg("error %d: %s", err.kind, err.text);
}

static inline void expect_refusal(const struct provider *provider, int status, const char *body,
	enum error_kind kind, const char *text)
{
	own_mem char *answer = with_quotes(body);
	struct error err = { 0 };

	assert_false(provider->dialect->read_error(provider, status, str_of(answer), &err));
	assert_string_equal(err.text, text);
	assert_int_equal(err.kind, kind);
}

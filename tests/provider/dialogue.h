/*
 * What tests of dialects share: requests made of a few calls, and answers read
 * from strings and written down as one line.  JSON is written with ' for " in
 * what is fed and in what is expected.
 */
#pragma once

#include "base/json.h"
#include "base/mem.h"
#include "provider/provider.h"
#include "support/test.h"

static inline char *quoted(const char *text)
{
	char *copy = mem_strdup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return copy;
}

/* ---- requests ---- */

static inline struct message *add_message(struct request *r, enum chat_role role, const char *text)
{
	struct error err = { 0 };
	struct message *m = chat_add(&r->chat, role, str_of(text), &err);

	assert_non_null(m);
	return m;
}

static inline void add_call(struct request *r, struct message *m, const char *id, const char *arguments)
{
	own_mem char *object = quoted(arguments);
	struct error err = { 0 };

	struct tool_call call = { .id = str_of(id), .name = STR("Read"), .arguments = str_of(object) };
	assert_ok(chat_add_call(&r->chat, m, &call, &err));
}

static inline void add_result(struct request *r, const char *id, const char *text)
{
	add_message(r, ROLE_TOOL, text)->call_id = str_of(id);
}

static inline void add_thought(struct request *r, struct message *m, const char *vendor, const char *text,
	const char *seal)
{
	own_mem char *plain = quoted(seal);
	struct error err = { 0 };
	struct thought thought = { .text = str_of(text), .seal = { str_of(vendor), str_of(plain) },
		.redacted = !*text };

	assert_ok(chat_add_thought(&r->chat, m, &thought, &err));
}

static inline void add_picture(struct request *r, struct message *m, const char *text, const char *data)
{
	struct image image = { .type = STR("image/png"), .data = str_of(data) };
	struct error err = { 0 };

	assert_ok(chat_add_piece(&r->chat, m, &(struct piece){ .text = str_of(text) }, &err));
	assert_ok(chat_add_piece(&r->chat, m, &(struct piece){ .image = &image }, &err));
}

static inline void add_tool(struct request *r, const char *name, const char *schema, bool strict)
{
	own_mem char *plain = quoted(schema);
	struct tool tool = { .name = str_of(name), .description = STR("does it"), .schema = str_of(plain),
		.strict = strict };
	struct error err = { 0 };

	assert_ok(chat_add_tool(&r->chat, &tool, &err));
}

static inline bool write_for(const char *provider, const char *model, bool plain, const struct request *r,
	struct buf *body, struct error *err)
{
	const struct provider *p = provider_find(provider);
	struct target target = { .provider = p, .model = model ? model : p->default_model, .plain = plain };

	return provider_dialect(p, target.model)->write_body(&target, r, body, err);
}

/* The body, which is valid JSON, with ' for ". */
static inline char *body_for(const char *provider, const char *model, bool plain, const struct request *r)
{
	struct error err = { 0 };
	own_buf body = BUF_INIT(1 << 20);

	assert_ok(write_for(provider, model, plain, r, &body, &err));
	own_json *parsed = json_parse(buf_str(&body), "body", &err);
	assert_ok(parsed != NULL);
	for (size_t i = 0; i < body.len; i++)
		body.data[i] = body.data[i] == '"' ? '\'' : body.data[i];
	return mem_strdup(body.data);
}

static inline void expect_in_body(const char *provider, const char *model, const struct request *r, const char *piece)
{
	own_mem char *body = body_for(provider, model, false, r);

	if (!strstr(body, piece))
		fail_msg("%s: no %s in %s", provider, piece, body);
}

static inline void expect_not_in_body(const char *provider, const char *model, const struct request *r,
	const char *piece)
{
	own_mem char *body = body_for(provider, model, false, r);

	if (strstr(body, piece))
		fail_msg("%s: there is %s in %s", provider, piece, body);
}

/* ---- answers ---- */

/* Writes "text(…)", "thought(…)", "seal(vendor id …)", "call0(id name)", "arguments0(…)", "end(stop …)" into a line. */
static inline bool note_delta(void *user, const struct delta *d, struct error *err)
{
	static const char *const reasons[] = { "stop", "length", "tool_calls", "refused" };
	static const char *const kinds[] = { "text", "thought", "seal", "call", "arguments", "end" };
	struct buf *line = user;
	own_buf call = BUF_INIT(64);
	const struct usage *u = &d->usage;

	if ((d->kind == DELTA_CALL || d->kind == DELTA_ARGUMENTS || d->kind == DELTA_SEAL) && d->call != DELTA_NO_CALL)
		buf_putf(&call, "%zu", d->call);
	if (!buf_addf(line, err, "%s%s%s(", line->len ? " " : "", kinds[d->kind], call.data))
		return false;
	switch (d->kind) {
	case DELTA_CALL:
		return buf_addf(line, err, "%.*s %.*s)", STR_ARGS(d->id), STR_ARGS(d->name));
	case DELTA_SEAL:
		return buf_addf(line, err, "%.*s %.*s%s%.*s)", STR_ARGS(d->vendor), STR_ARGS(d->id),
			d->redacted ? " redacted " : " ", STR_ARGS(d->text));
	case DELTA_END:
		return buf_addf(line, err, "%s %zu+%zu cached %zu written %zu thought %zu)", reasons[d->finish],
			u->prompt_tokens, u->completion_tokens, u->cached_tokens, u->written_tokens, u->thought_tokens);
	default:
		return buf_add_str(line, d->text, err) && buf_adds(line, ")", err);
	}
}

struct heard {
	struct buf line;
	struct error err;
	bool ok;
};

static inline void heard_done(struct heard *h) { buf_done(&h->line); }
#define own_heard owns(heard_done) struct heard

/* Reads bytes in two pieces; `whole`: they are one JSON body. */
static inline struct heard hear_cut(const char *provider, const char *model, struct str bytes, size_t cut, bool whole)
{
	const struct provider *p = provider_find(provider);
	struct heard h = { .line = BUF_INIT(1 << 20) };
	own_provider_stream *s = provider_stream_create_in(p, provider_dialect(p, model ? model : p->default_model),
		note_delta, &h.line);

	if (whole)
		assert_true(provider_stream_expect_whole(s));
	h.ok = provider_stream_feed(s, (struct str){ bytes.p, cut }, &h.err) &&
		provider_stream_feed(s, str_from(bytes, cut), &h.err) && provider_stream_close(s, &h.err);
	for (size_t i = 0; i < h.line.len; i++)
		h.line.data[i] = h.line.data[i] == '"' ? '\'' : h.line.data[i];
	return h;
}

/* The events, each in a line of ours, as a stream: "data: …" and an empty line each. */
static inline char *stream_of(const char *lines)
{
	own_buf stream = BUF_INIT(1 << 20);
	own_mem char *plain = quoted(lines);
	struct str rest = str_of(plain), line;
	struct error err = { 0 };

	while (str_split(&rest, '\n', &line)) {
		bool bare = line.n && (line.p[0] == ':' || str_starts(line, (struct str)STR("event:")));
		if (line.n)
			assert_ok(buf_addf(&stream, &err, bare ? "%.*s\n" : "data: %.*s\n\n", STR_ARGS(line)));
	}
	return mem_strdup(stream.data);
}

/* What a stream means, wherever it is cut. */
static inline void expect_heard(const char *provider, const char *model, const char *lines, const char *expected)
{
	own_mem char *stream = stream_of(lines);
	struct str bytes = str_of(stream);

	for (size_t cut = 0; cut <= bytes.n; cut++) {
		own_heard h = hear_cut(provider, model, bytes, cut, false);
		if (!h.ok)
			fail_msg("cut at %zu: %s", cut, h.err.text);
		assert_string_equal(h.line.data, expected);
	}
}

static inline void expect_heard_whole(const char *provider, const char *model, const char *body, const char *expected)
{
	own_mem char *plain = quoted(body);
	own_heard h = hear_cut(provider, model, str_of(plain), strlen(plain) / 2, true);

	if (!h.ok)
		fail_msg("%s", h.err.text);
	assert_string_equal(h.line.data, expected);
}

/* A stream that ends in an error, after what is expected has come. */
static inline void expect_failure(const char *provider, const char *model, const char *lines, const char *expected,
	enum error_kind kind, const char *words)
{
	own_mem char *stream = stream_of(lines);
	own_heard h = hear_cut(provider, model, str_of(stream), 0, false);

	assert_false(h.ok);
	assert_string_equal(h.line.data, expected);
	assert_int_equal(h.err.kind, kind);
	if (!strstr(h.err.text, words))
		fail_msg("no \"%s\" in: %s", words, h.err.text);
}

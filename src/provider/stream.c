#include "provider/stream.h"

#include <stdalign.h>

#include "base/mem.h"
#include "provider/provider.h"

#define EVENT_MAX ((size_t)8 << 20)
#define BODY_MAX ((size_t)32 << 20)
#define TOKENS_MAX ((size_t)10000000)

struct provider_stream {
	const struct provider *provider;
	const struct dialect *dialect;
	struct sse_parser *events;
	struct buf body;       /* of an answer that is no stream of events */
	const struct tool_names *names;
	delta_fn *on_delta;
	void *user;
	size_t characters;     /* of text passed on */
	bool whole, spoken, refused, ended;
	alignas(max_align_t) char state[];
};

static bool on_event(void *user, const struct sse_event *event, struct error *err)
{
	struct provider_stream *s = user;

	return s->ended || s->dialect->read_event(s, event, err);
}

struct provider_stream *provider_stream_create(const struct provider *provider, delta_fn *on_delta, void *user)
{
	return provider_stream_create_in(provider, provider->dialect, on_delta, user);
}

struct provider_stream *provider_stream_create_in(
	const struct provider *provider, const struct dialect *dialect, delta_fn *on_delta, void *user)
{
	struct provider_stream *s = mem_zeroed(1, sizeof *s + dialect->state_size);

	s->provider = provider;
	s->dialect = dialect;
	s->body = (struct buf)BUF_INIT(BODY_MAX);
	s->events = sse_create(EVENT_MAX, on_event, s);
	s->on_delta = on_delta;
	s->user = user;
	return s;
}

void provider_stream_destroy(struct provider_stream *s)
{
	if (!s)
		return;
	if (s->dialect->forget)
		s->dialect->forget(s->state);
	sse_destroy(s->events);
	buf_done(&s->body);
	free(s);
}

void provider_stream_rename(struct provider_stream *s, const struct tool_names *names) { s->names = names; }

bool provider_stream_expect_whole(struct provider_stream *s)
{
	s->whole = s->dialect->read_whole != NULL;
	return s->whole;
}

bool provider_stream_feed(struct provider_stream *s, struct str bytes, struct error *err)
{
	if (s->whole)
		return buf_add_str(&s->body, bytes, err);
	return s->ended || sse_feed(s->events, bytes, err);
}

bool provider_stream_close(struct provider_stream *s, struct error *err)
{
	if (!s->ended && s->whole)
		return s->dialect->read_whole(s, buf_str(&s->body), err);
	if (!s->ended && s->dialect->read_end && !s->dialect->read_end(s, err))
		return false;
	if (s->ended)
		return true;
	error_set(err, ERROR_UNAVAILABLE, "the connection ended too early");
	return provider_stream_cut(s, err);
}

bool provider_stream_ended(const struct provider_stream *s) { return s->ended; }

bool provider_stream_spoken(const struct provider_stream *s) { return s->spoken; }

bool provider_stream_refused(const struct provider_stream *s) { return s->refused; }

bool provider_stream_cut(const struct provider_stream *s, struct error *err)
{
	return error_prefix(err, "%s's answer was cut after %zu characters", s->provider->display_name, s->characters);
}

const struct provider *provider_stream_provider(const struct provider_stream *s) { return s->provider; }

void *provider_stream_state(struct provider_stream *s) { return s->state; }

static size_t count_characters(struct str text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.n; i++)
		count += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return count;
}

/* What a server counts becomes money: no answer takes more, whatever it says. */
static struct delta with_ceiling(const struct delta *end)
{
	struct delta d = *end;
	size_t *const counts[] = { &d.usage.prompt_tokens, &d.usage.cached_tokens, &d.usage.written_tokens,
		&d.usage.lasting_tokens, &d.usage.completion_tokens, &d.usage.thought_tokens };

	for (size_t i = 0; i < countof(counts); i++)
		*counts[i] = *counts[i] < TOKENS_MAX ? *counts[i] : TOKENS_MAX;
	return d;
}

bool provider_emit(struct provider_stream *s, const struct delta *delta, struct error *err)
{
	struct delta changed;

	if (delta->kind == DELTA_END) {
		changed = with_ceiling(delta);
		delta = &changed;
	}
	if (delta->kind == DELTA_CALL && s->names) {
		changed = *delta;
		changed.name = tool_names_given(s->names, delta->name);
		delta = &changed;
	}
	s->spoken = true;
	s->ended = delta->kind == DELTA_END;
	if (delta->kind == DELTA_TEXT)
		s->characters += count_characters(delta->text);
	s->refused = !s->on_delta(s->user, delta, err);
	return !s->refused;
}

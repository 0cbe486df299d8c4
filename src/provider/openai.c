/*
 * Chat Completions, streaming: https://platform.openai.com/docs/api-reference/chat/streaming
 *
 * Every event is a chunk with a piece of the answer ("delta").  The answer has
 * ended when its reason and its usage have come, or with [DONE], or with the
 * bytes if the reason had come before.  Thoughts have no field in OpenAI's own
 * API; servers send them as `reasoning_content` or `reasoning`, OpenRouter as
 * `reasoning_details`, Mistral as parts of the content.
 */
#include "provider/openai.h"

#include "base/mem.h"
#include "provider/calls.h"
#include "provider/openai_details.h"
#include "provider/openai_logprobs.h"
#include "text/thoughts.h"

#define COST_MAX 10000                      /* dollars: no answer takes more, whatever a server says */
#define LOGPROBS_MAX ((size_t)32 << 20)    /* bytes, of one chunk's */

struct state {
	struct calls calls;
	struct details details;
	struct thoughts tagged;    /* of text that may hold thoughts, once some has come */
	bool tags;
	struct logprobs logprobs;  /* of the chunk that is read, beside a text of so many bytes */
	size_t beside;
	struct usage usage;
	enum finish finish;
	bool spoken;           /* some chunk held a piece of the answer */
	bool reasoned;         /* it was said why it ended */
	bool refused;
	bool thinking;         /* thoughts have been passed on, and not sealed */
};

static const struct openai_quirks *quirks_of(struct provider_stream *s)
{
	return provider_stream_provider(s)->openai;
}

/* ---- figures ---- */

static size_t figure(const json_t *object, const char *key, size_t otherwise)
{
	json_t *value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 ? (size_t)json_integer_value(value) : otherwise;
}

/*
 * OpenRouter's: what it takes itself, and what goes to the vendor where the user's own key of
 * that vendor is behind it (https://openrouter.ai/docs/use-cases/usage-accounting).
 */
static void read_cost(struct usage *u, const json_t *usage)
{
	const json_t *details = json_object_get(usage, "cost_details");
	double cost = json_number_value(json_object_get(usage, "cost"));

	if (!json_is_number(json_object_get(usage, "cost")))
		return;
	if (json_is_true(json_object_get(usage, "is_byok")))
		cost += json_number_value(json_object_get(details, "upstream_inference_cost"));
	if (!(cost >= 0 && cost <= COST_MAX))
		return;
	u->costed = true;
	u->cost = (uint64_t)(cost * 1e6 + 0.5);
}

/* Absent figures leave the old ones.  False when there are none at all. */
static bool read_usage(struct provider_stream *s, const json_t *usage)
{
	struct state *st = provider_stream_state(s);
	const json_t *prompt = json_object_get(usage, "prompt_tokens_details");
	const json_t *completion = json_object_get(usage, "completion_tokens_details");
	struct usage *u = &st->usage;

	if (!json_is_object(usage))
		return false;
	u->prompt_tokens = figure(usage, "prompt_tokens", u->prompt_tokens);
	u->completion_tokens = figure(usage, "completion_tokens", u->completion_tokens);
	u->cached_tokens = figure(prompt, "cached_tokens", figure(usage, "prompt_cache_hit_tokens", u->cached_tokens));
	u->written_tokens = figure(prompt, "cache_write_tokens", u->written_tokens);
	u->thought_tokens = figure(completion, "reasoning_tokens", u->thought_tokens);
	if (quirks_of(s)->costs)
		read_cost(u, usage);
	return true;
}

/* ---- thoughts ---- */

static bool emit(struct provider_stream *s, enum delta_kind kind, struct str text, struct error *err)
{
	return text.n == 0 || provider_emit(s, &(struct delta){ .kind = kind, .text = text }, err);
}

static bool think(struct provider_stream *s, struct str text, struct error *err)
{
	struct state *st = provider_stream_state(s);

	st->thinking |= text.n > 0;
	return emit(s, DELTA_THOUGHT, text, err);
}

/* Thoughts have ended: where they have to come back, a seal says so. */
static bool seal(struct provider_stream *s, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct delta delta = { .kind = DELTA_SEAL, .call = DELTA_NO_CALL, .text = STR(OPENAI_PLAIN_SEAL),
		.vendor = str_of(provider_stream_provider(s)->name) };
	bool wanted = st->thinking && quirks_of(s)->thoughts != THOUGHTS_NOT &&
		quirks_of(s)->thoughts != THOUGHTS_DETAILS;

	st->thinking = false;
	return details_close(s, &st->details, err) && (!wanted || provider_emit(s, &delta, err));
}

static bool on_thoughts(struct provider_stream *s, const json_t *delta, struct error *err)
{
	static const char *const members[] = { "reasoning_content", "reasoning" };
	struct state *st = provider_stream_state(s);
	const json_t *details = json_object_get(delta, "reasoning_details");

	if (details_hold_text(details))
		return details_add(s, &st->details, details, err);
	for (size_t i = 0; i < countof(members); i++) {
		struct str text = json_member_str(delta, members[i]);
		if (text.n)
			return think(s, text, err) && details_add(s, &st->details, details, err);
	}
	return details_add(s, &st->details, details, err);
}

/* ---- text ---- */

/* Log-probabilities go with the text that they came beside, if that is passed on as it came. */
static bool say(struct provider_stream *s, struct str text, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	struct delta delta = delta_text(text);

	if (text.n == st->beside) {
		delta.logprobs = st->logprobs.tokens;
		delta.logprob_count = st->logprobs.count;
	}
	return text.n == 0 || (seal(s, err) && provider_emit(s, &delta, err));
}

static bool on_tagged_thought(void *user, struct str text, struct error *err) { return think(user, text, err); }

static bool on_tagged_text(void *user, struct str text, struct error *err) { return say(user, text, err); }

/* Text in which a local server may have left the model's own tags. */
static bool say_tagged(struct provider_stream *s, struct str text, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct thoughts_sink sink = { on_tagged_thought, on_tagged_text, s };

	if (!quirks_of(s)->think_tags)
		return say(s, text, err);
	if (!st->tags)
		thoughts_init(&st->tagged, false, sink);
	st->tags = true;
	return thoughts_feed(&st->tagged, text, err);
}

/* What may yet have been part of a tag is none. */
static bool end_text(struct provider_stream *s, struct error *err)
{
	struct state *st = provider_stream_state(s);

	return !st->tags || thoughts_finish(&st->tagged, err);
}

static bool on_thinking_part(struct provider_stream *s, const json_t *part, struct error *err)
{
	const json_t *thinking = json_object_get(part, "thinking"), *piece;
	size_t i;

	if (json_is_string(thinking))
		return think(s, json_member_str(part, "thinking"), err);
	json_array_foreach(thinking, i, piece)
		if (!think(s, json_member_str(piece, "text"), err))
			return false;
	return true;
}

static bool on_content(struct provider_stream *s, const json_t *delta, struct error *err)
{
	const json_t *content = json_object_get(delta, "content"), *part;
	size_t i;

	if (json_is_string(content))
		return say_tagged(s, json_member_str(delta, "content"), err);
	json_array_foreach(content, i, part) {
		struct str type = json_member_str(part, "type");
		bool ok = str_is(type, "thinking") ? on_thinking_part(s, part, err) :
			say_tagged(s, json_member_str(part, "text"), err);
		if (!ok)
			return false;
	}
	return true;
}

static bool on_refusal(struct provider_stream *s, const json_t *delta, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct str refusal = json_member_str(delta, "refusal");

	st->refused |= refusal.n > 0;
	return say(s, refusal, err);
}

/* ---- calls ---- */

static bool add_call(struct provider_stream *s, const json_t *call, const json_t *function, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const json_t *index = json_object_get(call, "index"), *arguments = json_object_get(function, "arguments");
	const json_t *google = json_object_get(json_object_get(call, "extra_content"), "google");
	struct call_piece piece = {
		.index = json_is_integer(index) ? json_integer_value(index) : CALLS_NO_INDEX,
		.id = json_member_str(call, "id"), .name = json_member_str(function, "name"),
		.arguments = json_member_str(function, "arguments"),
		.seal = json_member_str(google, "thought_signature"),
	};
	own_buf text = BUF_INIT(CALLS_HELD_MAX);

	if (json_is_object(arguments)) {
		if (!json_write(&text, arguments, err))
			return false;
		piece.arguments = buf_str(&text);
	}
	return end_text(s, err) && seal(s, err) && calls_add(s, &st->calls, &piece, err);
}

static bool on_calls(struct provider_stream *s, const json_t *delta, struct error *err)
{
	const json_t *calls = json_object_get(delta, "tool_calls"), *call;
	const json_t *legacy = json_object_get(delta, "function_call");
	size_t i;

	json_array_foreach(calls, i, call)
		if (!add_call(s, call, json_object_get(call, "function"), err))
			return false;
	return !json_is_object(legacy) || add_call(s, NULL, legacy, err);
}

/* ---- the end ---- */

static bool finish(struct provider_stream *s, struct error *err)
{
	struct state *st = provider_stream_state(s);

	if (!end_text(s, err) || !seal(s, err) || !calls_finish(s, &st->calls, err))
		return false;
	if (st->calls.count && st->finish == FINISH_STOP)
		st->finish = FINISH_TOOL_CALLS;
	if (st->refused)
		st->finish = FINISH_REFUSED;
	struct delta end = delta_end(st->finish, st->usage);
	return provider_emit(s, &end, err);
}

static bool on_reason(struct provider_stream *s, struct str reason, struct error *err)
{
	static const struct {
		const char *reason;
		enum finish finish;
	} reasons[] = {
		{ "length", FINISH_LENGTH },
		{ "max_tokens", FINISH_LENGTH },
		{ "model_length", FINISH_LENGTH },
		{ "tool_calls", FINISH_TOOL_CALLS },
		{ "function_call", FINISH_TOOL_CALLS },
		{ "content_filter", FINISH_REFUSED },
		{ "refusal", FINISH_REFUSED },
	};
	struct state *st = provider_stream_state(s);

	if (str_is(reason, "error") || str_is(reason, "insufficient_system_resource"))
		return error_set(err, ERROR_UNAVAILABLE, "%s broke off the answer (%.40s)",
			provider_stream_provider(s)->display_name, reason.p);
	st->reasoned |= reason.n > 0 && !str_is(reason, "None") && !str_is(reason, "null");
	for (size_t i = 0; i < countof(reasons); i++)
		if (str_is(reason, reasons[i].reason))
			st->finish = reasons[i].finish;
	return true;
}

/* ---- chunks ---- */

static bool on_choice(struct provider_stream *s, const json_t *choice, const char *piece, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const json_t *delta = json_object_get(choice, piece);

	if (!json_is_object(choice) || json_integer_value(json_object_get(choice, "index")) != 0)
		return true;
	own_arena arena = ARENA_INIT(LOGPROBS_MAX);
	st->spoken = true;
	st->logprobs = openai_read_logprobs(&arena, choice);
	st->beside = json_member_str(delta, "content").n;
	bool ok = on_thoughts(s, delta, err) && on_content(s, delta, err);
	st->logprobs = (struct logprobs){ 0 };
	return ok && on_refusal(s, delta, err) && on_calls(s, delta, err) &&
		on_reason(s, json_member_str(choice, "finish_reason"), err);
}

static bool is_error(const json_t *chunk)
{
	json_t *error = json_object_get(chunk, "error");

	return (error && !json_is_null(error)) || str_is(json_member_str(chunk, "object"), "error");
}

/* *counted: it held what the answer cost. */
static bool on_chunk(
	struct provider_stream *s, const json_t *chunk, const char *piece, bool *counted, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const json_t *error = json_object_get(chunk, "error"), *groq = json_object_get(chunk, "x_groq");

	if (is_error(chunk))
		return openai_explain(provider_stream_provider(s), error ? error : chunk, err);
	if (is_error(groq))
		return openai_explain(provider_stream_provider(s), json_object_get(groq, "error"), err);
	calls_note_origin(&st->calls, json_member_str(chunk, "id"));
	*counted = read_usage(s, json_object_get(groq, "usage"));
	*counted |= read_usage(s, json_object_get(chunk, "usage"));
	return on_choice(s, json_array_get(json_object_get(chunk, "choices"), 0), piece, err);
}

static json_t *parse(struct str text, struct error *err)
{
	json_t *value = json_parse_nul(text, "the teacher's answer", err);

	if (!value)
		err->kind = ERROR_UNAVAILABLE;     /* theirs, not the user's */
	return value;
}

static bool nothing_said(struct provider_stream *s, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "%s sent an empty answer", provider_stream_provider(s)->display_name);
}

static bool read_event(struct provider_stream *s, const struct sse_event *event, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct str data = str_trim(event->data);
	bool counted;

	if (str_is(data, "[DONE]"))
		return st->spoken ? finish(s, err) : nothing_said(s, err);
	if (data.n == 0)
		return true;
	own_json *chunk = parse(data, err);
	if (!chunk)
		return false;
	if (strcmp(event->name, "error") == 0 && !is_error(chunk))
		return openai_explain(provider_stream_provider(s), chunk, err);
	if (!on_chunk(s, chunk, "delta", &counted, err))
		return false;
	/* Some count all the way; what comes with the reason, or after it, is the sum. */
	return !st->reasoned || !counted || finish(s, err);
}

/* Without [DONE] the answer is whole if it was said why it ended. */
static bool read_end(struct provider_stream *s, struct error *err)
{
	const struct state *st = provider_stream_state(s);

	return !st->reasoned || finish(s, err);
}

static bool read_whole(struct provider_stream *s, struct str body, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	own_json *answer = parse(body, err);
	bool counted;

	if (!answer || !on_chunk(s, answer, "message", &counted, err))
		return false;
	return st->spoken ? finish(s, err) : nothing_said(s, err);
}

static void forget(void *state)
{
	struct state *st = state;

	calls_done(&st->calls);
	details_done(&st->details);
	if (st->tags)
		thoughts_done(&st->tagged);
}

static bool write_path(const struct target *target, struct buf *url, struct error *err)
{
	return openai_write_path(target, "chat/completions", url, err);
}

const struct dialect dialect_openai = {
	.name = "openai",
	.headers = (const struct http_header[]){ { 0 } },
	.state_size = sizeof(struct state),
	.write_path = write_path,
	.write_body = openai_write_body,
	.read_event = read_event,
	.read_end = read_end,
	.read_whole = read_whole,
	.forget = forget,
	.read_error = openai_read_error,
};

/*
 * Google's Gemini API, streaming: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 *
 * Every event is a whole response of its own, with the next parts of the answer:
 * text, thoughts (text with "thought"), calls, each of them at once.  The reason to
 * stop and the usage come in the last ones, but older models name the reason in
 * every event, so that the answer ends with the bytes.  Only the first candidate
 * is read.
 */
#include "provider/gemini.h"

#include <ctype.h>
#include <stdio.h>

#include "base/sha.h"

#define WORD_MAX 40

struct state {
	struct usage usage;
	enum finish finish;
	bool finished;             /* a reason to stop has come */
	bool spoken;               /* some text, so that a notice begins a paragraph */
	size_t calls;
};

/* ---- usage ---- */

static void read_count(const json_t *usage, const char *key, size_t *count)
{
	const json_t *value = json_object_get(usage, key);

	if (json_is_integer(value) && json_integer_value(value) >= 0)
		*count = (size_t)json_integer_value(value);
}

/* Thoughts are not among the candidates' tokens here; ours count them all. */
static void read_usage(struct state *st, const json_t *usage)
{
	size_t prompt = 0, tools = 0, candidates = 0;

	if (!json_is_object(usage))
		return;
	st->usage = (struct usage){ 0 };
	read_count(usage, "promptTokenCount", &prompt);
	read_count(usage, "toolUsePromptTokenCount", &tools);
	read_count(usage, "candidatesTokenCount", &candidates);
	read_count(usage, "cachedContentTokenCount", &st->usage.cached_tokens);
	read_count(usage, "thoughtsTokenCount", &st->usage.thought_tokens);
	st->usage.prompt_tokens = prompt + tools;
	st->usage.completion_tokens = candidates + st->usage.thought_tokens;
}

/* ---- parts ---- */

static bool emit_seal(struct provider_stream *s, struct str signature, size_t call, const char *id, struct error *err)
{
	struct delta seal = { .kind = DELTA_SEAL, .call = call, .text = signature, .id = str_of(id),
		.vendor = STR(GEMINI_VENDOR) };

	return signature.n == 0 || provider_emit(s, &seal, err);
}

static bool read_text(struct provider_stream *s, const json_t *part, struct error *err)
{
	struct state *st = provider_stream_state(s);
	bool thought = json_is_true(json_object_get(part, "thought"));
	struct delta delta = delta_text(json_member_str(part, "text"));

	if (thought)
		delta.kind = DELTA_THOUGHT;
	else
		st->spoken = st->spoken || delta.text.n;
	if (delta.text.n && !provider_emit(s, &delta, err))
		return false;
	return emit_seal(s, json_member_str(part, "thoughtSignature"), DELTA_NO_CALL,
		thought ? "" : GEMINI_ANSWER_SEAL, err);
}

/* An id for a call that came without: unlike those of other answers, and the same however the stream is cut. */
static void make_id(struct str event, size_t call, char id[64])
{
	char hex[SHA_HEX_MAX + 1];
	struct sha digest;

	sha_init(&digest, SHA_256);
	sha_feed(&digest, event);
	sha_hex(&digest, hex);
	snprintf(id, 64, "call_%.16s_%zu", hex, call);
}

static bool read_call(struct provider_stream *s, const json_t *part, struct str event, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const json_t *call = json_object_get(part, "functionCall"), *args = json_object_get(call, "args");
	struct delta begin = { .kind = DELTA_CALL, .call = st->calls, .id = json_member_str(call, "id"),
		.name = json_member_str(call, "name") };
	own_buf json = BUF_INIT(SIZE_MAX / 2);
	char id[64];

	if (begin.name.n == 0)
		return error_set(err, ERROR_UNAVAILABLE, "Gemini sent a tool call without a name");
	if (begin.id.n == 0) {
		make_id(event, st->calls, id);
		begin.id = str_of(id);
	}
	st->calls++;
	if (!(json_is_object(args) ? json_write(&json, args, err) : buf_adds(&json, "{}", err)))
		return false;
	struct delta arguments = { .kind = DELTA_ARGUMENTS, .call = begin.call, .text = buf_str(&json) };
	return provider_emit(s, &begin, err) && provider_emit(s, &arguments, err) &&
		emit_seal(s, json_member_str(part, "thoughtSignature"), begin.call, "", err);
}

static bool read_parts(struct provider_stream *s, const json_t *parts, struct str event, struct error *err)
{
	const json_t *part;
	size_t i;

	json_array_foreach((json_t *)parts, i, part) {
		bool call = json_is_object(json_object_get(part, "functionCall"));
		if (!(call ? read_call(s, part, event, err) : read_text(s, part, err)))
			return false;
	}
	return true;
}

/* ---- the end ---- */

enum ending { ENDS, BLOCKED, BROKEN };

static const struct reason {
	const char *word;
	enum ending ending;
	enum finish finish;        /* of ENDS */
	const char *what;
} reasons[] = {
	{ "STOP", ENDS, FINISH_STOP, NULL },
	{ "MAX_TOKENS", ENDS, FINISH_LENGTH, NULL },
	{ "SAFETY", BLOCKED, 0, "by its safety filter" },
	{ "IMAGE_SAFETY", BLOCKED, 0, "by its safety filter for pictures" },
	{ "RECITATION", BLOCKED, 0, "because it recites a protected text" },
	{ "PROHIBITED_CONTENT", BLOCKED, 0, "as prohibited content" },
	{ "BLOCKLIST", BLOCKED, 0, "for a word on its list of terms" },
	{ "SPII", BLOCKED, 0, "because it may hold sensitive personal data" },
	{ "LANGUAGE", BLOCKED, 0, "because it does not support the language" },
	{ "MALFORMED_FUNCTION_CALL", BROKEN, 0, "wrote a tool call that cannot be read" },
	{ "MALFORMED_RESPONSE", BROKEN, 0, "wrote an answer that cannot be read" },
	{ "UNEXPECTED_TOOL_CALL", BROKEN, 0, "called a tool that it was not given" },
	{ "TOO_MANY_TOOL_CALLS", BROKEN, 0, "called too many tools one after the other" },
	{ "MISSING_THOUGHT_SIGNATURE", BROKEN, 0, "misses the signature of a thought" },
	{ "OTHER", BROKEN, 0, "stopped without saying why" },
};

static const struct reason *find_reason(const char *word)
{
	for (size_t i = 0; i < countof(reasons); i++)
		if (strcmp(reasons[i].word, word) == 0)
			return &reasons[i];
	return NULL;
}

/* HARM_CATEGORY_DANGEROUS_CONTENT for people: "dangerous content". */
static void spell_out(const char *word, char out[WORD_MAX])
{
	static const char harm[] = "HARM_CATEGORY_";
	size_t n = 0;

	if (strncmp(word, harm, sizeof harm - 1) == 0)
		word += sizeof harm - 1;
	for (; *word && n < WORD_MAX - 1; word++)
		out[n++] = isalnum((unsigned char)*word) ? (char)tolower((unsigned char)*word) : ' ';
	out[n] = '\0';
}

/* The categories that blocked: " (dangerous content)"; nothing where none is named. */
static void add_categories(struct buf *out, const json_t *ratings)
{
	const json_t *rating;
	char name[WORD_MAX];
	bool any = false;
	size_t i;

	json_array_foreach((json_t *)ratings, i, rating) {
		const char *category = json_member_string(rating, "category");
		if (!category || !json_is_true(json_object_get(rating, "blocked")) || out->len > 200)
			continue;
		spell_out(category, name);
		buf_putf(out, "%s%s", any ? ", " : " (", name);
		any = true;
	}
	buf_put(out, any ? ")" : "");
}

/* Says in place of the answer, or after what there is of it, that it was blocked. */
static bool tell_block(struct provider_stream *s, const char *blocked, const char *word, const json_t *ratings,
	struct error *err)
{
	struct state *st = provider_stream_state(s);
	const struct reason *reason = find_reason(word);
	own_buf text = BUF_INIT(1000);
	char name[WORD_MAX];

	spell_out(word, name);
	buf_putf(&text, "%s[Gemini blocked %s ", st->spoken ? "\n\n" : "", blocked);
	if (reason && reason->ending == BLOCKED)
		buf_put(&text, reason->what);
	else
		buf_putf(&text, "and says only: %s", name);
	add_categories(&text, ratings);
	buf_put(&text, "]");
	st->finished = true;
	st->finish = FINISH_REFUSED;
	struct delta delta = delta_text(buf_str(&text));
	return provider_emit(s, &delta, err);
}

static bool read_reason(struct provider_stream *s, const json_t *candidate, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const char *word = json_member_string(candidate, "finishReason");
	const struct reason *reason = word ? find_reason(word) : NULL;

	if (!word || strcmp(word, "FINISH_REASON_UNSPECIFIED") == 0)
		return true;
	if (!reason || reason->ending == BLOCKED)
		return (st->finished && st->finish == FINISH_REFUSED) ||
			tell_block(s, "this answer", word, json_object_get(candidate, "safetyRatings"), err);
	if (reason->ending == BROKEN)
		return error_set(err, ERROR_UNAVAILABLE, "Gemini %s (%s): ask again", reason->what, reason->word);
	st->finished = true;
	st->finish = reason->finish;
	return true;
}

static bool read_feedback(struct provider_stream *s, const json_t *feedback, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	const char *word = json_member_string(feedback, "blockReason");

	if (!word || st->finished)
		return true;
	return tell_block(s, "the question", word, json_object_get(feedback, "safetyRatings"), err);
}

static bool read_end(struct provider_stream *s, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	bool calls = st->finish == FINISH_STOP && st->calls;
	struct delta end = delta_end(calls ? FINISH_TOOL_CALLS : st->finish, st->usage);

	return !st->finished || provider_emit(s, &end, err);
}

static bool read_event(struct provider_stream *s, const struct sse_event *event, struct error *err)
{
	own_json *data = json_parse_nul(event->data, "Gemini's answer", err);
	const json_t *candidate = json_array_get(json_object_get(data, "candidates"), 0);

	if (!data) {
		err->kind = ERROR_UNAVAILABLE;   /* theirs, not the user's */
		return false;
	}
	if (json_object_get(data, "error"))
		return gemini_explain(provider_stream_provider(s), json_object_get(data, "error"), err);
	read_usage(provider_stream_state(s), json_object_get(data, "usageMetadata"));
	return read_feedback(s, json_object_get(data, "promptFeedback"), err) &&
		read_parts(s, json_object_get(json_object_get(candidate, "content"), "parts"), event->data, err) &&
		read_reason(s, candidate, err);
}

/* ---- the address ---- */

/* Whether a base URL names the version already: ends with "/v1", "/v1beta", … */
static bool names_version(struct str url)
{
	size_t at = url.n;

	while (at > 0 && url.p[at - 1] != '/')
		at--;
	bool host = at > 1 && url.p[at - 2] == '/';
	return at > 0 && !host && url.n > at + 1 && url.p[at] == 'v' && isdigit((unsigned char)url.p[at + 1]);
}

static bool write_path(const struct target *target, struct buf *path, struct error *err)
{
	static const char *const folders[] = { "models/", "tunedModels/" };
	const char *model = target->model, *folder = folders[0];

	if (!names_version(buf_str(path)) && !buf_adds(path, "/v1beta", err))
		return false;
	for (size_t i = 0; i < countof(folders); i++)
		if (strncmp(model, folders[i], strlen(folders[i])) == 0) {
			folder = folders[i];
			model += strlen(folder);
			break;
		}
	if (!buf_addf(path, err, "/%s", folder))
		return false;
	for (; *model; model++) {
		bool plain = isalnum((unsigned char)*model) || strchr("-._", *model);
		if (!buf_addf(path, err, plain ? "%c" : "%%%02X", (unsigned char)*model))
			return false;
	}
	return buf_adds(path, ":streamGenerateContent?alt=sse", err);
}

const struct dialect dialect_gemini = {
	.name = "gemini",
	.headers = (const struct http_header[]){ { 0 } },
	.state_size = sizeof(struct state),
	.write_path = write_path,
	.write_body = gemini_write_body,
	.read_event = read_event,
	.read_end = read_end,
	.read_error = gemini_read_error,
	.read_delay = gemini_read_delay,
	.read_status = gemini_read_status,
};

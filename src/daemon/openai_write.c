/*
 * The constant part of every chunk is written once, when the writer is made; a
 * token then costs one escaped string between two copies.
 */
#include "daemon/openai.h"

#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/utf8.h"
#include "net/sse_write.h"

#define WHOLE_MAX ((size_t)16 << 20)

struct openai_writer {
	struct buf head;            /* of a chunk, up to its choices */
	char *id, *model;
	char *source;               /* the JSON object `shammah` */
	int64_t created;
	bool include_usage, opened;
	/* An answer collected whole. */
	struct buf text, thoughts;
	json_t *calls, *logprobs;
	enum finish finish;
	struct usage usage;
};

static const char *const finish_names[] = {
	[FINISH_STOP] = "stop", [FINISH_LENGTH] = "length", [FINISH_TOOL_CALLS] = "tool_calls", [FINISH_REFUSED] = "content_filter",
};

static char *fresh_id(void)
{
	char text[25];
	struct error err = {0};

	(void)!random_hex(text, sizeof text - 1, &err);
	return mem_printf("chatcmpl-%s", text);
}

static char *source_object(const struct openai_source *s)
{
	own_buf out = BUF_INIT(4096);
	struct error err = {0};
	own_json *object = json_pack("{s:s, s:s, s:s}", "source", s->kind, "name", s->name, "reason", s->reason);

	if (!object || !json_write(&out, object, &err))
		return mem_strdup("null");
	return buf_detach(&out, NULL);
}

struct openai_writer *openai_writer_create(const struct request *r, const char *model, const struct openai_source *source)
{
	struct openai_writer *w = mem_zeroed(1, sizeof *w);
	struct error err = {0};

	w->head = (struct buf)BUF_INIT(8192);
	w->text = (struct buf)BUF_INIT(WHOLE_MAX);
	w->thoughts = (struct buf)BUF_INIT(WHOLE_MAX);
	w->id = fresh_id();
	w->model = mem_strdup(model);
	w->source = source_object(source);
	w->created = clock_unix();
	w->include_usage = r->include_usage;
	w->calls = json_array();
	w->logprobs = r->sampling.top_logprobs >= 0 ? json_array() : NULL;
	buf_putf(&w->head, "data: {\"id\":\"%s\",\"object\":\"chat.completion.chunk\",\"created\":%lld,\"model\":",
		w->id, (long long)w->created);
	if (!json_write_string(&w->head, str_of(model), &err))
		buf_put(&w->head, "\"\"");
	buf_put(&w->head, ",\"system_fingerprint\":\"shammah-" SHAMMAH_VERSION "\"");
	return w;
}

void openai_writer_destroy(struct openai_writer *w)
{
	if (!w)
		return;
	buf_done(&w->head);
	buf_done(&w->text);
	buf_done(&w->thoughts);
	json_decref(w->calls);
	json_decref(w->logprobs);
	free(w->id);
	free(w->model);
	free(w->source);
	free(w);
}

/* --- log-probabilities ----------------------------------------------------------- */

/* JSON has no infinity; OpenAI writes -9999 for "practically impossible". */
static double finite_or_least(float logprob)
{
	return isfinite(logprob) ? (double)logprob : -9999.0;
}

static json_t *token_json(const struct token_logprob *t)
{
	json_t *bytes = json_array();
	bool valid = utf8_valid(t->text.p, t->text.n);

	for (size_t i = 0; i < t->text.n; i++)
		json_array_append_new(bytes, json_integer((unsigned char)t->text.p[i]));
	return json_pack("{s:o, s:f, s:o}", "token", valid ? json_stringn(t->text.p, t->text.n) : json_string("\xEF\xBF\xBD"),
		"logprob", finite_or_least(t->logprob), "bytes", bytes);
}

/* {"content":[…],"refusal":null} without its braces' owner: a new list of tokens. */
static json_t *logprobs_json(const struct delta *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->logprob_count; i++) {
		json_t *token = token_json(&d->logprobs[i]), *rivals = json_array();
		for (size_t k = 0; k < d->logprobs[i].rival_count; k++)
			json_array_append_new(rivals, token_json(&d->logprobs[i].rivals[k]));
		json_object_set_new(token, "top_logprobs", rivals);
		json_array_append_new(list, token);
	}
	return list;
}

/* --- a stream ---------------------------------------------------------------------- */

static bool begin(struct openai_writer *w, struct buf *out, struct error *err)
{
	return buf_add_str(out, buf_str(&w->head), err);
}

static bool open_stream(struct openai_writer *w, struct buf *out, struct error *err)
{
	w->opened = true;
	return begin(w, out, err) && buf_addf(out, err,
		",\"shammah\":%s,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
		"\"logprobs\":null,\"finish_reason\":null}]}\n\n", w->source);
}

static bool write_logprobs(const struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	if (!w->logprobs || !d->logprob_count)
		return buf_adds(out, ",\"logprobs\":null", err);
	own_json *list = logprobs_json(d);
	return buf_adds(out, ",\"logprobs\":{\"content\":", err) && json_write(out, list, err) && buf_adds(out, ",\"refusal\":null}", err);
}

static bool write_text(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return begin(w, out, err) && buf_adds(out, ",\"choices\":[{\"index\":0,\"delta\":{\"content\":", err) &&
		json_write_string(out, d->text, err) && buf_adds(out, "}", err) && write_logprobs(w, d, out, err) &&
		buf_adds(out, ",\"finish_reason\":null}]}\n\n", err);
}

/* As DeepSeek and vLLM name it; OpenAI's API has no place for it. */
static bool write_thought(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return begin(w, out, err) && buf_adds(out, ",\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":", err) &&
		json_write_string(out, d->text, err) && buf_adds(out, "},\"logprobs\":null,\"finish_reason\":null}]}\n\n", err);
}

static bool write_call(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return begin(w, out, err) &&
		buf_addf(out, err, ",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":%zu,\"id\":", d->call) &&
		json_write_string(out, d->id, err) && buf_adds(out, ",\"type\":\"function\",\"function\":{\"name\":", err) &&
		json_write_string(out, d->name, err) &&
		buf_adds(out, ",\"arguments\":\"\"}}]},\"logprobs\":null,\"finish_reason\":null}]}\n\n", err);
}

static bool write_arguments(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return begin(w, out, err) && buf_addf(out, err,
			",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":%zu,\"function\":{\"arguments\":", d->call) &&
		json_write_string(out, d->text, err) && buf_adds(out, "}}]},\"logprobs\":null,\"finish_reason\":null}]}\n\n", err);
}

static bool write_usage(const struct usage *u, struct buf *out, struct error *err)
{
	return buf_addf(out, err, "\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,\"total_tokens\":%zu,"
		"\"prompt_tokens_details\":{\"cached_tokens\":%zu}}",
		u->prompt_tokens, u->completion_tokens, u->prompt_tokens + u->completion_tokens, u->cached_tokens);
}

static bool write_end(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	if (!begin(w, out, err) || !buf_addf(out, err,
			",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"%s\"}]}\n\n", finish_names[d->finish]))
		return false;
	if (w->include_usage && !(begin(w, out, err) && buf_adds(out, ",\"choices\":[],", err) &&
			write_usage(&d->usage, out, err) && buf_adds(out, "}\n\n", err)))
		return false;
	return buf_adds(out, "data: [DONE]\n\n", err);
}

bool openai_write_delta(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	static bool (*const writers[])(struct openai_writer *, const struct delta *, struct buf *, struct error *) = {
		[DELTA_TEXT] = write_text, [DELTA_THOUGHT] = write_thought, [DELTA_CALL] = write_call,
		[DELTA_ARGUMENTS] = write_arguments, [DELTA_END] = write_end,
	};

	return (w->opened || open_stream(w, out, err)) && writers[d->kind](w, d, out, err);
}

void openai_write_failure(struct buf *out, const struct error *why)
{
	own_buf json = BUF_INIT(8192);
	const char *type;
	struct error err = {0};

	(void)openai_status(why, &type);
	buf_put(&json, "{\"error\":{\"message\":");
	if (!json_write_string(&json, str_of(why->text), &err))
		buf_put(&json, "\"\"");
	buf_putf(&json, ",\"type\":\"%s\",\"param\":null,\"code\":null}}", type);
	/* Without room for it the stream ends without [DONE], which says the same. */
	(void)!sse_write_event(out, NULL, buf_str(&json), &err);
}

/* --- a whole answer ------------------------------------------------------------------- */

static void collect_call(struct openai_writer *w, const struct delta *d)
{
	json_array_append_new(w->calls, json_pack("{s:o, s:s, s:{s:o, s:s}}", "id", json_stringn(d->id.p, d->id.n),
		"type", "function", "function", "name", json_stringn(d->name.p, d->name.n), "arguments", ""));
}

static void collect_arguments(struct openai_writer *w, const struct delta *d)
{
	json_t *function = json_object_get(json_array_get(w->calls, d->call), "function");
	const char *before = json_member_string(function, "arguments");
	own_mem char *joined = mem_printf("%s%.*s", before ? before : "", STR_ARGS(d->text));

	json_object_set_new(function, "arguments", json_string(joined));
}

bool openai_collect(struct openai_writer *w, const struct delta *d, struct error *err)
{
	switch (d->kind) {
	case DELTA_TEXT:
		if (w->logprobs) {
			own_json *tokens = logprobs_json(d);
			json_array_extend(w->logprobs, tokens);
		}
		return buf_add_str(&w->text, d->text, err);
	case DELTA_THOUGHT:
		return buf_add_str(&w->thoughts, d->text, err);
	case DELTA_CALL:
		collect_call(w, d);
		return true;
	case DELTA_ARGUMENTS:
		collect_arguments(w, d);
		return true;
	case DELTA_END:
		w->finish = d->finish;
		w->usage = d->usage;
		return true;
	}
	return true;
}

static bool write_message(struct openai_writer *w, struct buf *out, struct error *err)
{
	bool calls = json_array_size(w->calls) > 0;

	if (!buf_adds(out, "{\"role\":\"assistant\",\"content\":", err))
		return false;
	if (calls && !w->text.len ? !buf_adds(out, "null", err) : !json_write_string(out, buf_str(&w->text), err))
		return false;
	if (w->thoughts.len && !(buf_adds(out, ",\"reasoning_content\":", err) &&
		json_write_string(out, buf_str(&w->thoughts), err)))
		return false;
	if (calls && !(buf_adds(out, ",\"tool_calls\":", err) && json_write(out, w->calls, err)))
		return false;
	return buf_adds(out, ",\"refusal\":null}", err);
}

static bool write_all_logprobs(const struct openai_writer *w, struct buf *out, struct error *err)
{
	if (!w->logprobs)
		return buf_adds(out, "null", err);
	return buf_adds(out, "{\"content\":", err) && json_write(out, w->logprobs, err) && buf_adds(out, ",\"refusal\":null}", err);
}

bool openai_write_whole(struct openai_writer *w, struct buf *out, struct error *err)
{
	return buf_addf(out, err, "{\"id\":\"%s\",\"object\":\"chat.completion\",\"created\":%lld,\"model\":", w->id, (long long)w->created) &&
		json_write_string(out, str_of(w->model), err) &&
		buf_addf(out, err, ",\"system_fingerprint\":\"shammah-%s\",\"shammah\":%s,\"choices\":[{\"index\":0,\"message\":",
			SHAMMAH_VERSION, w->source) &&
		write_message(w, out, err) && buf_adds(out, ",\"logprobs\":", err) && write_all_logprobs(w, out, err) &&
		buf_addf(out, err, ",\"finish_reason\":\"%s\"}],", finish_names[w->finish]) &&
		write_usage(&w->usage, out, err) && buf_adds(out, "}", err);
}

unsigned openai_status(const struct error *err, const char **type)
{
	static const struct { unsigned status; const char *type; } table[] = {
		[ERROR_NONE] = { 500, "server_error" },
		[ERROR_INVALID] = { 400, "invalid_request_error" },
		[ERROR_NOT_FOUND] = { 404, "invalid_request_error" },
		[ERROR_DENIED] = { 401, "authentication_error" },
		[ERROR_CANCELLED] = { 499, "cancelled" },
		[ERROR_TIMEOUT] = { 504, "server_error" },
		[ERROR_UNAVAILABLE] = { 503, "unavailable_error" },
		[ERROR_TOO_LARGE] = { 400, "invalid_request_error" },
		[ERROR_INTERNAL] = { 500, "server_error" },
	};

	*type = table[err->kind].type;
	return table[err->kind].status;
}

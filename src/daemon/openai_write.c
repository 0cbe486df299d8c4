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

/* One of the answers. */
struct choice {
	bool opened;
	/* Collected whole: */
	struct buf text, thoughts;
	json_t *calls, *logprobs;
	enum finish finish;
};

struct openai_writer {
	struct buf head;            /* of a chunk, up to its choices */
	char *id, *model;
	char *kind, *reason;        /* of the source */
	char *source;               /* the JSON object `shammah` */
	char *fingerprint;
	int64_t created;
	bool include_usage, logprobs;
	unsigned count, ended;      /* choices */
	struct choice choices[CHOICES_MAX];
	struct usage usage;         /* of those that have ended */
};

static const char *const finish_names[] = {
	[FINISH_STOP] = "stop", [FINISH_LENGTH] = "length", [FINISH_TOOL_CALLS] = "tool_calls",
	[FINISH_REFUSED] = "content_filter",
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

/*
 * The same whenever the same seed gives the same answer: version, model, its form,
 * what runs it (FNV-1a of their names).
 */
static char *fingerprint(const char *model, const char *build)
{
	const char *const parts[] = { model, build ? build : "" };
	uint64_t digest = 0xcbf29ce484222325u;

	for (size_t i = 0; i < countof(parts); i++)
		for (const char *c = parts[i]; ; c++) {
			digest = (digest ^ (unsigned char)*c) * 0x100000001b3u;
			if (!*c)
				break;
		}
	return mem_printf("shammah-" SHAMMAH_VERSION "-%08x", (unsigned)(digest ^ digest >> 32));
}

/* Who answers, and what begins every chunk. */
static void write_head(struct openai_writer *w, const char *model, const struct openai_source *source)
{
	struct error err = {0};

	w->model = mem_strdup(model);
	w->source = source_object(source);
	w->fingerprint = fingerprint(model, source->build);
	buf_clear(&w->head);
	buf_putf(&w->head, "data: {\"id\":\"%s\",\"object\":\"chat.completion.chunk\",\"created\":%lld,\"model\":",
		w->id, (long long)w->created);
	if (!json_write_string(&w->head, str_of(model), &err))
		buf_put(&w->head, "\"\"");
	buf_putf(&w->head, ",\"system_fingerprint\":\"%s\"", w->fingerprint);
}

struct openai_writer *openai_writer_create(const struct request *r, const char *model,
	const struct openai_source *source)
{
	struct openai_writer *w = mem_zeroed(1, sizeof *w);

	w->head = (struct buf)BUF_INIT(8192);
	w->count = r->choices;
	w->logprobs = r->sampling.top_logprobs >= 0;
	for (unsigned i = 0; i < w->count; i++)
		w->choices[i] = (struct choice){
			.text = BUF_INIT(WHOLE_MAX), .thoughts = BUF_INIT(WHOLE_MAX), .calls = json_array(),
			.logprobs = json_array(),
		};
	w->id = fresh_id();
	w->kind = mem_strdup(source->kind);
	w->reason = mem_strdup(source->reason);
	w->created = clock_unix();
	w->include_usage = r->include_usage;
	write_head(w, model, source);
	return w;
}

static void forget_head(struct openai_writer *w)
{
	free(w->fingerprint);
	free(w->model);
	free(w->source);
}

void openai_writer_name(struct openai_writer *w, const char *model, const char *build)
{
	struct openai_source source = { w->kind, model, w->reason, build };

	for (unsigned i = 0; i < w->count; i++)
		if (w->choices[i].opened)
			return;
	forget_head(w);
	write_head(w, model, &source);
}

void openai_writer_destroy(struct openai_writer *w)
{
	if (!w)
		return;
	buf_done(&w->head);
	for (unsigned i = 0; i < w->count; i++) {
		buf_done(&w->choices[i].text);
		buf_done(&w->choices[i].thoughts);
		json_decref(w->choices[i].calls);
		json_decref(w->choices[i].logprobs);
	}
	forget_head(w);
	free(w->id);
	free(w->kind);
	free(w->reason);
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
	return json_pack("{s:o, s:f, s:o}", "token",
		valid ? json_stringn(t->text.p, t->text.n) : json_string("\xEF\xBF\xBD"),
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

/* --- usage --------------------------------------------------------------------------- */

/* The prompt counts once; answers under way side by side take as long as the longest. */
static void add_usage(struct openai_writer *w, const struct delta *end)
{
	struct usage *sum = &w->usage;
	size_t completion = sum->completion_tokens + end->usage.completion_tokens;
	uint64_t ns = sum->completion_ns > end->usage.completion_ns ? sum->completion_ns : end->usage.completion_ns;
	size_t drafted = sum->drafted_tokens + end->usage.drafted_tokens;
	size_t accepted = sum->accepted_tokens + end->usage.accepted_tokens;

	if (end->choice == 0)
		*sum = end->usage;
	sum->completion_tokens = completion;
	sum->drafted_tokens = drafted;
	sum->accepted_tokens = accepted;
	sum->completion_ns = ns;
	w->ended++;
}

static bool write_usage(const struct usage *u, struct buf *out, struct error *err)
{
	return buf_addf(out, err, "\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,\"total_tokens\":%zu,"
		"\"prompt_tokens_details\":{\"cached_tokens\":%zu}}",
		u->prompt_tokens, u->completion_tokens, u->prompt_tokens + u->completion_tokens, u->cached_tokens);
}

static double per_second(size_t tokens, uint64_t ns)
{
	return ns ? (double)tokens * 1e9 / (double)ns : 0;
}

/* As llama-server has it, where times are known. */
static bool write_timings(const struct usage *u, struct buf *out, struct error *err)
{
	size_t computed = u->prompt_tokens - u->cached_tokens;

	return !u->prompt_ns || buf_addf(out, err, ",\"timings\":{\"cache_n\":%zu,\"prompt_n\":%zu,\"prompt_ms\":%.3f,"
		"\"prompt_per_second\":%.2f,\"predicted_n\":%zu,\"predicted_ms\":%.3f,\"predicted_per_second\":%.2f,"
		"\"draft_n\":%zu,\"draft_n_accepted\":%zu}",
		u->cached_tokens, computed, (double)u->prompt_ns / 1e6, per_second(computed, u->prompt_ns),
		u->completion_tokens, (double)u->completion_ns / 1e6,
		per_second(u->completion_tokens, u->completion_ns), u->drafted_tokens, u->accepted_tokens);
}

/* --- a stream ---------------------------------------------------------------------- */

/* A chunk with one choice, up to its delta's members. */
static bool begin(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return buf_add_str(out, buf_str(&w->head), err) &&
		buf_addf(out, err, ",\"choices\":[{\"index\":%u,\"delta\":{", d->choice);
}

static bool open_choice(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	bool first = true;

	for (unsigned i = 0; i < w->count; i++)
		first &= !w->choices[i].opened;
	w->choices[d->choice].opened = true;
	return buf_add_str(out, buf_str(&w->head), err) &&
		(!first || (buf_adds(out, ",\"shammah\":", err) && buf_adds(out, w->source, err))) &&
		buf_addf(out, err, ",\"choices\":[{\"index\":%u,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
		"\"logprobs\":null,\"finish_reason\":null}]}\n\n", d->choice);
}

static bool write_logprobs(const struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	if (!w->logprobs || !d->logprob_count)
		return buf_adds(out, ",\"logprobs\":null", err);
	own_json *list = logprobs_json(d);
	return buf_adds(out, ",\"logprobs\":{\"content\":", err) && json_write(out, list, err) &&
		buf_adds(out, ",\"refusal\":null}", err);
}

static bool write_text(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return begin(w, d, out, err) && buf_adds(out, "\"content\":", err) && json_write_string(out, d->text, err) &&
		buf_adds(out, "}", err) && write_logprobs(w, d, out, err) &&
		buf_adds(out, ",\"finish_reason\":null}]}\n\n", err);
}

/* What follows every delta but text and the end. */
static bool end_delta(struct buf *out, struct error *err)
{
	return buf_adds(out, "},\"logprobs\":null,\"finish_reason\":null}]}\n\n", err);
}

/* As DeepSeek and vLLM name it; OpenAI's API has no place for it. */
static bool write_thought(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return begin(w, d, out, err) && buf_adds(out, "\"reasoning_content\":", err) &&
		json_write_string(out, d->text, err) && end_delta(out, err);
}

static bool write_call(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return begin(w, d, out, err) && buf_addf(out, err, "\"tool_calls\":[{\"index\":%zu,\"id\":", d->call) &&
		json_write_string(out, d->id, err) &&
		buf_adds(out, ",\"type\":\"function\",\"function\":{\"name\":", err) &&
		json_write_string(out, d->name, err) && buf_adds(out, ",\"arguments\":\"\"}}]", err) &&
		end_delta(out, err);
}

static bool write_arguments(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	return begin(w, d, out, err) &&
		buf_addf(out, err, "\"tool_calls\":[{\"index\":%zu,\"function\":{\"arguments\":", d->call) &&
		json_write_string(out, d->text, err) && buf_adds(out, "}}]", err) && end_delta(out, err);
}

/* Timings stand in the last chunk, as llama-server does it. */
static bool write_end(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	bool last, ok;

	add_usage(w, d);
	last = w->ended == w->count;
	ok = begin(w, d, out, err) &&
		buf_addf(out, err, "},\"logprobs\":null,\"finish_reason\":\"%s\"}]", finish_names[d->finish]);
	if (last && w->include_usage)
		ok = ok && buf_adds(out, "}\n\n", err) && buf_add_str(out, buf_str(&w->head), err) &&
			buf_adds(out, ",\"choices\":[],", err) && write_usage(&w->usage, out, err);
	if (last)
		ok = ok && write_timings(&w->usage, out, err);
	return ok && buf_adds(out, "}\n\n", err) && (!last || buf_adds(out, "data: [DONE]\n\n", err));
}

bool openai_write_delta(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	static bool (*const writers[])(struct openai_writer *, const struct delta *, struct buf *, struct error *) = {
		[DELTA_TEXT] = write_text, [DELTA_THOUGHT] = write_thought, [DELTA_CALL] = write_call,
		[DELTA_ARGUMENTS] = write_arguments, [DELTA_END] = write_end,
	};

	if (d->kind == DELTA_SEAL)     /* a vendor's own affair, which this format has no place for */
		return true;
	return (w->choices[d->choice].opened || open_choice(w, d, out, err)) && writers[d->kind](w, d, out, err);
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

static void collect_call(struct choice *c, const struct delta *d)
{
	json_array_append_new(c->calls, json_pack("{s:o, s:s, s:{s:o, s:s}}", "id", json_stringn(d->id.p, d->id.n),
		"type", "function", "function", "name", json_stringn(d->name.p, d->name.n), "arguments", ""));
}

static void collect_arguments(struct choice *c, const struct delta *d)
{
	json_t *function = json_object_get(json_array_get(c->calls, d->call), "function");
	const char *before = json_member_string(function, "arguments");
	own_mem char *joined = mem_printf("%s%.*s", before ? before : "", STR_ARGS(d->text));

	json_object_set_new(function, "arguments", json_string(joined));
}

bool openai_collect(struct openai_writer *w, const struct delta *d, struct error *err)
{
	struct choice *c = &w->choices[d->choice];

	switch (d->kind) {
	case DELTA_TEXT:
		if (w->logprobs) {
			own_json *tokens = logprobs_json(d);
			json_array_extend(c->logprobs, tokens);
		}
		return buf_add_str(&c->text, d->text, err);
	case DELTA_THOUGHT:
		return buf_add_str(&c->thoughts, d->text, err);
	case DELTA_SEAL:
		return true;
	case DELTA_CALL:
		collect_call(c, d);
		return true;
	case DELTA_ARGUMENTS:
		collect_arguments(c, d);
		return true;
	case DELTA_END:
		c->finish = d->finish;
		add_usage(w, d);
		return true;
	}
	return true;
}

static bool write_message(const struct choice *c, struct buf *out, struct error *err)
{
	bool calls = json_array_size(c->calls) > 0;

	if (!buf_adds(out, "{\"role\":\"assistant\",\"content\":", err))
		return false;
	if (calls && !c->text.len ? !buf_adds(out, "null", err) : !json_write_string(out, buf_str(&c->text), err))
		return false;
	if (c->thoughts.len && !(buf_adds(out, ",\"reasoning_content\":", err) &&
		json_write_string(out, buf_str(&c->thoughts), err)))
		return false;
	if (calls && !(buf_adds(out, ",\"tool_calls\":", err) && json_write(out, c->calls, err)))
		return false;
	return buf_adds(out, ",\"refusal\":null}", err);
}

static bool write_choice(const struct openai_writer *w, unsigned i, struct buf *out, struct error *err)
{
	const struct choice *c = &w->choices[i];

	if (!buf_addf(out, err, "%s{\"index\":%u,\"message\":", i ? "," : "", i) || !write_message(c, out, err))
		return false;
	if (w->logprobs && !(buf_adds(out, ",\"logprobs\":{\"content\":", err) && json_write(out, c->logprobs, err) &&
		buf_adds(out, ",\"refusal\":null}", err)))
		return false;
	return (w->logprobs || buf_adds(out, ",\"logprobs\":null", err)) &&
		buf_addf(out, err, ",\"finish_reason\":\"%s\"}", finish_names[c->finish]);
}

bool openai_write_whole(struct openai_writer *w, struct buf *out, struct error *err)
{
	bool ok = buf_addf(out, err, "{\"id\":\"%s\",\"object\":\"chat.completion\",\"created\":%lld,\"model\":",
		w->id, (long long)w->created) && json_write_string(out, str_of(w->model), err) &&
		buf_addf(out, err, ",\"system_fingerprint\":\"%s\",\"shammah\":", w->fingerprint) &&
		buf_adds(out, w->source, err) && buf_adds(out, ",\"choices\":[", err);

	for (unsigned i = 0; ok && i < w->count; i++)
		ok = write_choice(w, i, out, err);
	return ok && buf_adds(out, "],", err) && write_usage(&w->usage, out, err) &&
		write_timings(&w->usage, out, err) && buf_adds(out, "}", err);
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

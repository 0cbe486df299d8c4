/*
 * The constant part of every chunk is written once, when the writer is made; a
 * token then costs one escaped string between two copies.
 */
#include "chat/reasoning.h"
#include "daemon/openai_writer.h"
#include "net/sse_write.h"

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
	own_json *list = openai_logprobs(d);
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

/* A call's stands where Gemini's own chat completions have it; some clients demand a function in each piece. */
static bool write_seal(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	struct openai_choice *c = &w->choices[d->choice];

	if (d->call == DELTA_NO_CALL)
		return begin(w, d, out, err) && buf_adds(out, "\"reasoning_details\":[", err) &&
			openai_follow_thoughts(c, d, out, err) && buf_adds(out, "]", err) && end_delta(out, err);
	own_json *extra = reasoning_call_seal((struct seal){ d->vendor, d->text });
	return begin(w, d, out, err) && buf_addf(out, err, "\"tool_calls\":[{\"index\":%zu,", d->call) &&
		buf_adds(out, "\"function\":{\"arguments\":\"\"},\"extra_content\":", err) &&
		json_write(out, extra, err) && buf_adds(out, "}]", err) && end_delta(out, err);
}

/* Timings stand in the last chunk, as llama-server does it; so does who answered once more, when the cost is known. */
static bool write_end(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	bool last, ok;

	openai_add_usage(w, d);
	last = w->ended == w->count;
	ok = begin(w, d, out, err) &&
		buf_addf(out, err, "},\"logprobs\":null,\"finish_reason\":\"%s\"}]", openai_finish_name(d->finish));
	if (last && w->include_usage)
		ok = ok && buf_adds(out, "}\n\n", err) && buf_add_str(out, buf_str(&w->head), err) &&
			buf_adds(out, ",\"choices\":[],", err) && openai_write_usage(&w->usage, out, err);
	if (last)
		ok = ok && openai_write_timings(&w->usage, out, err) &&
			(!w->costed || (buf_adds(out, ",\"shammah\":", err) && openai_write_source(w, out, err)));
	return ok && buf_adds(out, "}\n\n", err) && (!last || buf_adds(out, "data: [DONE]\n\n", err));
}

bool openai_write_delta(struct openai_writer *w, const struct delta *d, struct buf *out, struct error *err)
{
	static bool (*const writers[])(struct openai_writer *, const struct delta *, struct buf *, struct error *) = {
		[DELTA_TEXT] = write_text, [DELTA_THOUGHT] = write_thought, [DELTA_SEAL] = write_seal,
		[DELTA_CALL] = write_call, [DELTA_ARGUMENTS] = write_arguments, [DELTA_END] = write_end,
	};
	struct openai_choice *c = &w->choices[d->choice];

	if (openai_ends_unsealed(c, d))
		return true;
	if (d->kind != DELTA_SEAL && !openai_follow_thoughts(c, d, out, err))
		return false;
	return (c->opened || open_choice(w, d, out, err)) && writers[d->kind](w, d, out, err);
}

bool openai_write_notice(struct openai_writer *w, const struct openai_notice *n, struct buf *out, struct error *err)
{
	own_json *notice = json_pack("{s:s, s:s*, s:s, s:s*}", "kind", n->kind, "teacher", n->teacher, "text", n->text,
		"why", n->why);

	if (!notice)
		return true;           /* text that is no UTF-8 */
	if (n->attempts)
		json_object_update_new(notice, json_pack("{s:I, s:I, s:I}", "wait_ms", (json_int_t)n->wait_ms,
			"attempt", (json_int_t)n->attempt, "attempts", (json_int_t)n->attempts));
	return buf_add_str(out, buf_str(&w->head), err) &&
		buf_adds(out, ",\"choices\":[],\"shammah\":{\"notice\":", err) && json_write(out, notice, err) &&
		buf_adds(out, "}}\n\n", err);
}

/* A literal in quotes, or null. */
static void put_literal(struct buf *out, const char *literal)
{
	if (literal)
		buf_putf(out, "\"%s\"", literal);
	else
		buf_put(out, "null");
}

void openai_write_failure(struct buf *out, const struct error *why, const char *param, const char *code)
{
	own_buf json = BUF_INIT(8192);
	const char *type;
	struct error err = {0};

	(void)openai_status(why, &type);
	buf_put(&json, "{\"error\":{\"message\":");
	if (!json_write_string(&json, str_of(why->text), &err))
		buf_put(&json, "\"\"");
	buf_putf(&json, ",\"type\":\"%s\",\"param\":", type);
	put_literal(&json, param);
	buf_put(&json, ",\"code\":");
	put_literal(&json, code);
	buf_put(&json, "}}");
	/* Without room for it the stream ends without [DONE], which says the same. */
	(void)!sse_write_event(out, NULL, buf_str(&json), &err);
}

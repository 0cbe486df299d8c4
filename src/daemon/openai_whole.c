#include "base/mem.h"
#include "chat/reasoning.h"
#include "daemon/openai_writer.h"

static void collect_call(struct openai_choice *c, const struct delta *d)
{
	size_t count = json_array_size(c->calls);

	c->arguments = mem_resize(c->arguments, count + 1, sizeof *c->arguments);
	c->arguments[count] = (struct buf)BUF_INIT(OPENAI_WHOLE_MAX);
	json_array_append_new(c->calls, json_pack("{s:o, s:s, s:{s:o}}", "id", json_stringn(d->id.p, d->id.n),
		"type", "function", "function", "name", json_stringn(d->name.p, d->name.n)));
}

static bool collect_arguments(struct openai_choice *c, const struct delta *d, struct error *err)
{
	return d->call >= json_array_size(c->calls) || buf_add_str(&c->arguments[d->call], d->text, err);
}

/* They came in pieces, and are put in when all are there. */
static void join_arguments(const struct openai_choice *c)
{
	json_t *call;
	size_t i;

	json_array_foreach(c->calls, i, call)
		json_object_set_new(json_object_get(call, "function"), "arguments",
			json_stringn(c->arguments[i].data, c->arguments[i].len));
}

static bool collect_seal(struct openai_choice *c, const struct delta *d, struct error *err)
{
	if (d->call == DELTA_NO_CALL)
		return (!c->details.len || buf_adds(&c->details, ",", err)) &&
			openai_follow_thoughts(c, d, &c->details, err);
	json_object_set_new(json_array_get(c->calls, d->call), "extra_content",
		reasoning_call_seal((struct seal){ d->vendor, d->text }));
	return true;
}

bool openai_collect(struct openai_writer *w, const struct delta *d, struct error *err)
{
	struct openai_choice *c = &w->choices[d->choice];

	if (openai_ends_unsealed(c, d))
		return true;
	if (d->kind != DELTA_SEAL && !openai_follow_thoughts(c, d, &c->details, err))
		return false;
	switch (d->kind) {
	case DELTA_TEXT:
		if (w->logprobs) {
			own_json *tokens = openai_logprobs(d);
			json_array_extend(c->logprobs, tokens);
		}
		return buf_add_str(&c->text, d->text, err);
	case DELTA_THOUGHT:
		return buf_add_str(&c->thoughts, d->text, err);
	case DELTA_SEAL:
		return collect_seal(c, d, err);
	case DELTA_CALL:
		collect_call(c, d);
		return true;
	case DELTA_ARGUMENTS:
		return collect_arguments(c, d, err);
	case DELTA_END:
		c->finish = d->finish;
		openai_add_usage(w, d);
		return true;
	}
	return true;
}

static bool write_message(const struct openai_choice *c, struct buf *out, struct error *err)
{
	bool calls = json_array_size(c->calls) > 0;

	join_arguments(c);
	if (!buf_adds(out, "{\"role\":\"assistant\",\"content\":", err))
		return false;
	if (calls && !c->text.len ? !buf_adds(out, "null", err) : !json_write_string(out, buf_str(&c->text), err))
		return false;
	if (c->thoughts.len && !(buf_adds(out, ",\"reasoning_content\":", err) &&
		json_write_string(out, buf_str(&c->thoughts), err)))
		return false;
	if (c->details.len && !(buf_adds(out, ",\"reasoning_details\":[", err) &&
		buf_add_str(out, buf_str(&c->details), err) && buf_adds(out, "]", err)))
		return false;
	if (calls && !(buf_adds(out, ",\"tool_calls\":", err) && json_write(out, c->calls, err)))
		return false;
	return buf_adds(out, ",\"refusal\":null}", err);
}

static bool write_choice(const struct openai_writer *w, unsigned i, struct buf *out, struct error *err)
{
	const struct openai_choice *c = &w->choices[i];

	if (!buf_addf(out, err, "%s{\"index\":%u,\"message\":", i ? "," : "", i) || !write_message(c, out, err))
		return false;
	if (w->logprobs && !(buf_adds(out, ",\"logprobs\":{\"content\":", err) && json_write(out, c->logprobs, err) &&
		buf_adds(out, ",\"refusal\":null}", err)))
		return false;
	return (w->logprobs || buf_adds(out, ",\"logprobs\":null", err)) &&
		buf_addf(out, err, ",\"finish_reason\":\"%s\"}", openai_finish_name(c->finish));
}

bool openai_write_whole(struct openai_writer *w, struct buf *out, struct error *err)
{
	bool ok = buf_addf(out, err, "{\"id\":\"%s\",\"object\":\"chat.completion\",\"created\":%lld,\"model\":",
		w->id, (long long)w->created) && json_write_string(out, str_of(w->model), err) &&
		buf_addf(out, err, ",\"system_fingerprint\":\"%s\",\"shammah\":", w->fingerprint) &&
		openai_write_source(w, out, err) && buf_adds(out, ",\"choices\":[", err);

	for (unsigned i = 0; ok && i < w->count; i++)
		ok = write_choice(w, i, out, err);
	return ok && buf_adds(out, "],", err) && openai_write_usage(&w->usage, out, err) &&
		openai_write_timings(&w->usage, out, err) && buf_adds(out, "}", err);
}

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "chat/reasoning.h"
#include "daemon/openai_writer.h"

const char *openai_finish_name(enum finish finish)
{
	static const char *const names[] = {
		[FINISH_STOP] = "stop", [FINISH_LENGTH] = "length", [FINISH_TOOL_CALLS] = "tool_calls",
		[FINISH_REFUSED] = "content_filter",
	};

	return names[finish];
}

bool openai_follow_thoughts(struct openai_choice *c, const struct delta *d, struct buf *out, struct error *err)
{
	if (d->kind == DELTA_THOUGHT)
		return buf_add_str(&c->unsealed, d->text, err);
	if (d->kind == DELTA_TEXT)
		c->written += d->text.n;
	if (d->kind == DELTA_CALL)
		c->called++;
	if (d->kind != DELTA_SEAL || d->call != DELTA_NO_CALL)
		return true;
	struct thought thought = { .text = buf_str(&c->unsealed), .id = d->id, .seal = { d->vendor, d->text },
		.redacted = d->redacted, .after_text = c->written, .after_calls = c->called };
	bool ok = reasoning_write(out, &thought, c->seals++, err);
	if (!d->redacted)
		buf_clear(&c->unsealed);
	return ok;
}

bool openai_ends_unsealed(struct openai_choice *c, const struct delta *d)
{
	if (d->kind != DELTA_SEAL || d->text.n)
		return false;
	if (d->call == DELTA_NO_CALL)
		buf_clear(&c->unsealed);
	return true;
}

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

	if (object && s->teacher)
		json_object_update_new(object, json_pack("{s:s, s:s}", "teacher", s->teacher, "model", s->name));
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
		w->choices[i] = (struct openai_choice){
			.text = BUF_INIT(OPENAI_WHOLE_MAX), .thoughts = BUF_INIT(OPENAI_WHOLE_MAX),
			.unsealed = BUF_INIT(OPENAI_WHOLE_MAX),
			.details = BUF_INIT(OPENAI_WHOLE_MAX), .calls = json_array(), .logprobs = json_array(),
		};
	w->id = fresh_id();
	w->kind = mem_strdup(source->kind);
	w->reason = mem_strdup(source->reason);
	w->teacher = mem_strdup(source->teacher);
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

static bool has_begun(const struct openai_writer *w)
{
	for (unsigned i = 0; i < w->count; i++)
		if (w->choices[i].opened)
			return true;
	return false;
}

static void rename_source(struct openai_writer *w, const char *model, const char *build)
{
	struct openai_source source = { w->kind, model, w->reason, build, w->teacher };

	if (has_begun(w))
		return;
	forget_head(w);
	write_head(w, model, &source);
}

void openai_writer_name(struct openai_writer *w, const char *model, const char *build)
{
	rename_source(w, model, build);
}

void openai_writer_teacher(struct openai_writer *w, const char *teacher, const char *model)
{
	if (has_begun(w))
		return;
	free(w->teacher);
	w->teacher = mem_strdup(teacher);
	rename_source(w, model, NULL);
}

void openai_writer_cost(struct openai_writer *w, uint64_t micro_usd)
{
	w->costed = true;
	w->micro_usd = micro_usd;
}

bool openai_write_source(const struct openai_writer *w, struct buf *out, struct error *err)
{
	size_t open = strlen(w->source) - 1;

	if (!w->costed || w->source[open] != '}')
		return buf_adds(out, w->source, err);
	return buf_add(out, w->source, open, err) && buf_addf(out, err, ",\"cost_usd\":%llu.%06llu}",
		(unsigned long long)(w->micro_usd / 1000000), (unsigned long long)(w->micro_usd % 1000000));
}

void openai_writer_destroy(struct openai_writer *w)
{
	if (!w)
		return;
	buf_done(&w->head);
	for (unsigned i = 0; i < w->count; i++) {
		buf_done(&w->choices[i].text);
		buf_done(&w->choices[i].thoughts);
		buf_done(&w->choices[i].unsealed);
		buf_done(&w->choices[i].details);
		for (size_t k = 0; k < json_array_size(w->choices[i].calls); k++)
			buf_done(&w->choices[i].arguments[k]);
		free(w->choices[i].arguments);
		json_decref(w->choices[i].calls);
		json_decref(w->choices[i].logprobs);
	}
	forget_head(w);
	free(w->id);
	free(w->kind);
	free(w->reason);
	free(w->teacher);
	free(w);
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

#include "cli/print.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"

#define MESSAGE_MAX ((size_t)64 << 20)

/* --- messages -------------------------------------------------------------------------------- */

void print_make_uuid(char out[37])
{
	char hex[33];
	struct error unused = {0};

	(void)!random_hex(hex, 32, &unused);
	hex[12] = '4';
	hex[16] = "89ab"[(hex[16] < 'a' ? hex[16] - '0' : hex[16] - 'a' + 10) & 3];
	(void)snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void write_line(const json_t *value)
{
	own_buf out = BUF_INIT(MESSAGE_MAX);
	struct error err = {0};

	if (!json_write(&out, value, &err) || !buf_adds(&out, "\n", &err))
		fprintf(stderr, "shammah: a message was left out: %s\n", err.text);
	else
		(void)fwrite(out.data, 1, out.len, stdout);
	(void)fflush(stdout);
}

/* Takes the message over. */
static void send(struct print *p, json_t *message)
{
	own_json *whole = message;
	char uuid[37];

	print_make_uuid(uuid);
	json_object_set_new(whole, "session_id", json_string(p->session));
	json_object_set_new(whole, "uuid", json_string(uuid));
	if (p->options->output == OUTPUT_STREAM_JSON)
		write_line(whole);
	else if (p->all)
		json_array_append(p->all, whole);
	else if (strcmp(json_string_value(json_object_get(whole, "type")), "result") == 0)
		write_line(whole);
}

static void send_event(struct print *p, json_t *event)
{
	send(p, json_pack("{s:s, s:o, s:n}", "type", "stream_event", "event", event, "parent_tool_use_id"));
}

void print_init(struct print *p, const struct options *o)
{
	*p = (struct print){ .options = o, .text = BUF_INIT(AGENT_ANSWER_MAX), .models = json_object() };
	if (o->session)
		(void)snprintf(p->session, sizeof p->session, "%s", o->session);
	else
		print_make_uuid(p->session);
	if (o->output == OUTPUT_JSON && o->verbose)
		p->all = json_array();
}

void print_done(struct print *p)
{
	if (p->all)
		write_line(p->all);
	json_decref(p->all);
	json_decref(p->models);
	buf_done(&p->text);
}

void print_start(struct print *p, const char *cwd, const json_t *tools, const char *mode, const char *model)
{
	json_t *names = json_array(), *tool;
	size_t i;

	json_array_foreach(tools, i, tool)
		json_array_append(names, json_object_get(json_object_get(tool, "function"), "name"));
	send(p, json_pack("{s:s, s:s, s:s, s:o, s:[], s:s, s:s, s:[], s:s, s:s, s:s, s:[], s:[], s:[]}",
		"type", "system", "subtype", "init", "cwd", cwd, "tools", names, "mcp_servers", "model", model,
		"permissionMode", mode, "slash_commands", "apiKeySource", "none",
		"claude_code_version", SHAMMAH_VERSION, "output_style", "default", "agents", "skills", "plugins"));
}

void print_question(struct print *p)
{
	p->started_ms = clock_ms();
	p->model_ms = p->first_ms = 0;
	p->usage = (struct print_usage){0};
	p->answers = 0;
	p->stop_reason = NULL;
	p->message[0] = '\0';          /* of an answer that broke off */
	json_object_clear(p->models);
	buf_clear(&p->text);
}

/* --- figures ------------------------------------------------------------------------------------- */

/* Sums of prices have digits that mean nothing. */
static json_t *money(double usd)
{
	return json_real(round(usd * 1e9) / 1e9);
}

static struct print_usage usage_of(const struct link_answer *a)
{
	size_t cached = a->cached_tokens + a->written_tokens;

	return (struct print_usage){
		.input = a->prompt_tokens > cached ? a->prompt_tokens - cached : 0, .output = a->completion_tokens,
		.cached = a->cached_tokens, .written = a->written_tokens, .cost_usd = a->cost_usd > 0 ? a->cost_usd : 0,
	};
}

static void add_usage(struct print_usage *sum, const struct print_usage *u)
{
	sum->input += u->input;
	sum->output += u->output;
	sum->cached += u->cached;
	sum->written += u->written;
	sum->cost_usd += u->cost_usd;
}

static json_t *usage_json(const struct print_usage *u)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "input_tokens", (json_int_t)u->input,
		"cache_creation_input_tokens", (json_int_t)u->written, "cache_read_input_tokens", (json_int_t)u->cached,
		"output_tokens", (json_int_t)u->output);
}

static size_t figure(const json_t *object, const char *name)
{
	return (size_t)json_integer_value(json_object_get(object, name));
}

static void add_model(struct print *p, const char *model, const struct print_usage *u)
{
	const json_t *old = json_object_get(p->models, model);
	struct print_usage sum = {
		figure(old, "inputTokens"), figure(old, "outputTokens"), figure(old, "cacheReadInputTokens"),
		figure(old, "cacheCreationInputTokens"), json_real_value(json_object_get(old, "costUSD")),
	};

	add_usage(&sum, u);
	json_object_set_new(p->models, model, json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}",
		"inputTokens", (json_int_t)sum.input, "outputTokens", (json_int_t)sum.output,
		"cacheReadInputTokens", (json_int_t)sum.cached, "cacheCreationInputTokens", (json_int_t)sum.written,
		"webSearchRequests", (json_int_t)0, "costUSD", money(sum.cost_usd)));
}

static const char *stop_reason(const struct agent_answer *answer, const struct link_answer *from)
{
	if (answer->cut_by_length)
		return "max_tokens";
	return from->refused ? "refusal" : json_array_size(answer->calls) ? "tool_use" : "end_turn";
}

/* --- an answer as it comes -------------------------------------------------------------------------- */

static void begin_message(struct print *p, const char *model)
{
	char hex[25];
	struct error unused = {0};

	if (p->message[0])
		return;
	(void)!random_hex(hex, 24, &unused);
	(void)snprintf(p->message, sizeof p->message, "msg_%s", hex);
	p->blocks = 0;
	p->writes_text = false;
	if (p->options->partial)
		send_event(p, json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:[], s:n, s:n, s:{s:i, s:i}}}", "type",
			"message_start", "message", "id", p->message, "type", "message", "role", "assistant",
			"model", model, "content", "stop_reason", "stop_sequence", "usage", "input_tokens", 0,
			"output_tokens", 0));
}

static void begin_block(struct print *p, json_t *block)
{
	send_event(p, json_pack("{s:s, s:I, s:o}", "type", "content_block_start", "index", (json_int_t)p->blocks,
		"content_block", block));
}

static void end_block(struct print *p)
{
	send_event(p, json_pack("{s:s, s:I}", "type", "content_block_stop", "index", (json_int_t)p->blocks++));
}

static void add_to_block(struct print *p, const char *type, const char *member, struct str text)
{
	json_t *piece = json_stringn(text.p, text.n);

	if (piece)
		send_event(p, json_pack("{s:s, s:I, s:{s:s, s:o}}", "type", "content_block_delta",
			"index", (json_int_t)p->blocks, "delta", "type", type, member, piece));
}

void print_text(struct print *p, struct str text, const struct link_answer *from)
{
	if (!p->first_ms)
		p->first_ms = clock_ms() - p->started_ms;
	if (!p->options->partial || !text.n)
		return;
	begin_message(p, from->name ? from->name : "unknown");
	if (!p->writes_text)
		begin_block(p, json_pack("{s:s, s:s}", "type", "text", "text", ""));
	p->writes_text = true;
	add_to_block(p, "text_delta", "text", text);
}

/* --- an answer that is complete ------------------------------------------------------------------------- */

static json_t *tool_use(const json_t *call, json_t *input)
{
	return json_pack("{s:s, s:O, s:O, s:o}", "type", "tool_use", "id", json_object_get(call, "id"),
		"name", json_object_get(json_object_get(call, "function"), "name"), "input", input);
}

/* What no JSON can be made of is shown as the text that it is. */
static json_t *input_of(const json_t *call)
{
	json_t *written = json_object_get(json_object_get(call, "function"), "arguments");
	struct error unused = {0};
	json_t *input = json_parse_object((struct str){ json_string_value(written), json_string_length(written) },
		"arguments", &unused);

	return input ? input : json_pack("{s:O}", "unparsed", written);
}

/* What each line of an answer says of the whole. */
struct whole {
	const char *model, *reason;
	const struct print_usage *usage;
	size_t left;                   /* blocks without a line */
};

/*
 * A block is complete (NULL: the answer has none): its line, and the end of its events.  All lines have the
 * message's name and figures, and the last says how it ended.
 */
static void write_block(struct print *p, json_t *block, struct whole *w)
{
	bool last = w->left <= 1;

	send(p, json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:[o*], s:s?, s:n, s:o}, s:n}", "type", "assistant", "message",
		"id", p->message, "type", "message", "role", "assistant", "model", w->model, "content", block,
		"stop_reason", last ? w->reason : NULL, "stop_sequence", "usage", usage_json(w->usage),
		"parent_tool_use_id"));
	w->left--;
	if (p->options->partial && block)
		end_block(p);
}

static void write_text(struct print *p, const struct buf *text, struct whole *w)
{
	if (text->len)
		write_block(p, json_pack("{s:s, s:s%}", "type", "text", "text", text->data, text->len), w);
}

static void write_call(struct print *p, const json_t *call, struct whole *w)
{
	if (p->options->partial) {
		begin_block(p, tool_use(call, json_object()));
		add_to_block(p, "input_json_delta", "partial_json",
			json_member_str(json_object_get(call, "function"), "arguments"));
	}
	write_block(p, tool_use(call, input_of(call)), w);
}

static void end_message(struct print *p, const struct whole *w)
{
	if (p->options->partial) {
		send_event(p, json_pack("{s:s, s:{s:s, s:n}, s:{s:I}}", "type", "message_delta", "delta",
			"stop_reason", w->reason, "stop_sequence", "usage", "output_tokens",
			(json_int_t)w->usage->output));
		send_event(p, json_pack("{s:s}", "type", "message_stop"));
	}
	p->message[0] = '\0';
}

/* The question's figures so far. */
static void note_answer(struct print *p, const struct agent_answer *answer, const struct link_answer *from,
	const struct whole *w)
{
	struct error unused = {0};

	p->stop_reason = w->reason;
	p->answers++;
	p->model_ms += from->total_ns / 1000000;
	add_usage(&p->usage, w->usage);
	add_model(p, w->model, w->usage);
	buf_clear(&p->text);
	(void)!buf_add_str(&p->text, buf_str(&answer->text), &unused);
}

void print_answer(struct print *p, const struct agent_answer *answer, const struct link_answer *from)
{
	struct print_usage u = usage_of(from);
	struct whole w = { from->name ? from->name : "unknown", stop_reason(answer, from), &u,
		(answer->text.len != 0) + json_array_size(answer->calls) };
	json_t *call;
	size_t i;

	note_answer(p, answer, from, &w);
	begin_message(p, w.model);
	if (!w.left)
		write_block(p, NULL, &w);
	write_text(p, &answer->text, &w);
	json_array_foreach(answer->calls, i, call)
		write_call(p, call, &w);
	end_message(p, &w);
}

void print_result(struct print *p, const struct agent_event *event)
{
	json_t *text = json_stringn(event->text.p, event->text.n);
	json_t *block = json_pack("{s:s, s:O, s:o}", "type", "tool_result", "tool_use_id",
		json_object_get(event->call, "id"), "content", text ? text : json_string(""));

	if (event->failed)
		json_object_set_new(block, "is_error", json_true());
	json_t *message = json_pack("{s:s, s:{s:s, s:[o]}, s:n}", "type", "user", "message", "role", "user", "content",
		block, "parent_tool_use_id");
	if (event->details)
		json_object_set(message, "tool_use_result", (json_t *)event->details);
	send(p, message);
}

/* --- the end ----------------------------------------------------------------------------------------------- */

static const char *const reasons[] = {
	[AGENT_ENDED] = "completed", [AGENT_FAILED] = "model_error", [AGENT_CANCELLED] = "aborted",
	[AGENT_TURNS] = "max_turns", [AGENT_REPEATED] = "repeated_calls", [AGENT_STOPPED] = "denied",
};

void print_end(struct print *p, const struct agent_outcome *outcome, const json_t *denials, const struct error *err)
{
	bool ok = outcome->end == AGENT_ENDED;
	const char *words = outcome->end == AGENT_TURNS ? "too many turns" :
		outcome->end == AGENT_REPEATED ? "the same calls over and over" :
		outcome->end == AGENT_FAILED ? err->text : "cancelled by the user";
	json_t *result = json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I}", "type", "result", "subtype", ok ? "success" :
		outcome->end == AGENT_TURNS ? "error_max_turns" : "error_during_execution", "is_error", !ok,
		"duration_ms", (json_int_t)(clock_ms() - p->started_ms), "duration_api_ms", (json_int_t)p->model_ms,
		"ttft_ms", (json_int_t)p->first_ms, "num_turns", (json_int_t)p->answers);

	if (ok)
		json_object_set_new(result, "result", json_stringn(p->text.data, p->text.len));
	else
		json_object_set_new(result, "errors", json_pack("[s]", words));
	json_object_update_new(result, json_pack("{s:s?, s:o, s:o, s:o, s:O, s:s}", "stop_reason", p->stop_reason,
		"total_cost_usd", money(p->usage.cost_usd), "usage", usage_json(&p->usage),
		"modelUsage", json_deep_copy(p->models), "permission_denials", denials,
		"terminal_reason", reasons[outcome->end]));
	send(p, result);
}

void print_stopped(const struct options *o)
{
	struct print p;
	const struct agent_outcome outcome = { .end = AGENT_CANCELLED };
	const struct error none = {0};
	own_json *denials = json_array();

	print_init(&p, o);
	print_question(&p);
	print_end(&p, &outcome, denials, &none);
	print_done(&p);
}

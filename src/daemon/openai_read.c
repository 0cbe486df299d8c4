/*
 * A request is a table of fields.  Each row knows how to read one; what stands in
 * no row is ignored, what stands in `refused` cannot be honoured by anybody here.
 */
#include "daemon/openai.h"

#include <stdio.h>

#include "base/json.h"

#define MODEL_NAME_MAX 256

struct reader {
	struct request *r;
	struct openai_fault *fault;
	struct error *err;
};

bool openai_refuse(struct openai_fault *fault, struct error *err, const char *param, const char *what)
{
	snprintf(fault->place.param, sizeof fault->place.param, "%s", param);
	return error_set(err, ERROR_INVALID, "%s %s", param, what);
}

static bool refuse(struct reader *x, const char *param, const char *what)
{
	return openai_refuse(x->fault, x->err, param, what);
}

/* --- values ------------------------------------------------------------------ */

static bool read_number(struct reader *x, const char *name, const json_t *v, double least, double most, float *out)
{
	char what[96];

	if (json_is_number(v) && json_number_value(v) >= least && json_number_value(v) <= most) {
		*out = (float)json_number_value(v);
		return true;
	}
	snprintf(what, sizeof what, "must be a number from %g to %g", least, most);
	return refuse(x, name, what);
}

static bool read_integer(struct reader *x, const char *name, const json_t *v, int64_t least, int64_t most, int64_t *out)
{
	char what[96];

	if (json_is_integer(v) && json_integer_value(v) >= least && json_integer_value(v) <= most) {
		*out = json_integer_value(v);
		return true;
	}
	snprintf(what, sizeof what, "must be a whole number from %lld to %lld", (long long)least, (long long)most);
	return refuse(x, name, what);
}

static bool read_boolean(struct reader *x, const char *name, const json_t *v, bool *out)
{
	if (!json_is_boolean(v))
		return refuse(x, name, "must be true or false");
	*out = json_is_true(v);
	return true;
}

static bool too_large(struct reader *x, const char *name)
{
	refuse(x, name, "is too large");
	x->err->kind = ERROR_TOO_LARGE;
	return false;
}

/* --- fields -------------------------------------------------------------------- */

/* It stands in addresses, logs and books, and is shown. */
static bool is_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	return text.n <= MODEL_NAME_MAX;
}

static bool read_model(struct reader *x, const char *name, const json_t *v)
{
	if (!json_is_string(v))
		return refuse(x, name, "must be a string");
	if (!is_name(str_of(json_string_value(v))))
		return refuse(x, name, "must be a name of at most 256 bytes, without control characters");
	char *copy = arena_copy(&x->r->chat.arena, (struct str){ json_string_value(v), json_string_length(v) });
	if (!copy)
		return too_large(x, name);
	x->r->model = (struct str){ copy, json_string_length(v) };
	return true;
}

static bool read_stream(struct reader *x, const char *name, const json_t *v)
{
	return read_boolean(x, name, v, &x->r->stream);
}

static bool read_stream_options(struct reader *x, const char *name, const json_t *v)
{
	const json_t *usage = json_object_get(v, "include_usage");

	if (!json_is_object(v))
		return refuse(x, name, "must be an object");
	return !usage || json_is_null(usage) || read_boolean(x, "stream_options.include_usage", usage,
		&x->r->include_usage);
}

static bool read_max_tokens(struct reader *x, const char *name, const json_t *v)
{
	return read_integer(x, name, v, 1, INT32_MAX, &x->r->sampling.max_tokens);
}

static bool read_temperature(struct reader *x, const char *name, const json_t *v)
{
	return read_number(x, name, v, 0, 2, &x->r->sampling.temperature);
}

static bool read_top_p(struct reader *x, const char *name, const json_t *v)
{
	return read_number(x, name, v, 0, 1, &x->r->sampling.top_p);
}

static bool read_min_p(struct reader *x, const char *name, const json_t *v)
{
	return read_number(x, name, v, 0, 1, &x->r->sampling.min_p);
}

static bool read_top_k(struct reader *x, const char *name, const json_t *v)
{
	int64_t k = 0;

	if (!read_integer(x, name, v, 0, INT32_MAX, &k))
		return false;
	x->r->sampling.top_k = (int)k;
	return true;
}

static bool read_presence(struct reader *x, const char *name, const json_t *v)
{
	return read_number(x, name, v, -2, 2, &x->r->sampling.presence_penalty);
}

static bool read_frequency(struct reader *x, const char *name, const json_t *v)
{
	return read_number(x, name, v, -2, 2, &x->r->sampling.frequency_penalty);
}

static bool read_repetition(struct reader *x, const char *name, const json_t *v)
{
	return read_number(x, name, v, 0.01, 10, &x->r->sampling.repetition_penalty);
}

static bool read_seed(struct reader *x, const char *name, const json_t *v)
{
	if (!json_is_integer(v))
		return refuse(x, name, "must be a whole number");
	x->r->sampling.seed = json_integer_value(v) & INT64_MAX;
	return true;
}

static bool read_stop(struct reader *x, const char *name, const json_t *v)
{
	struct sampling *s = &x->r->sampling;
	size_t count = json_is_array(v) ? json_array_size(v) : 1;

	if (count > STOP_MAX)
		return refuse(x, name, "takes at most 4 strings");
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_is_array(v) ? json_array_get(v, i) : v;
		struct str text = { json_string_value(item), json_string_length(item) };
		if (!text.n)
			return refuse(x, name, "must be a string or a list of strings, none empty");
		text.p = arena_copy(&x->r->chat.arena, text);
		if (!text.p)
			return too_large(x, name);
		s->stop[s->stop_count++] = text;
	}
	return true;
}

static bool read_n(struct reader *x, const char *name, const json_t *v)
{
	int64_t n = 0;

	if (!read_integer(x, name, v, 1, CHOICES_MAX, &n))
		return false;
	x->r->choices = (unsigned)n;
	return true;
}

static bool read_bias(struct reader *x, const char *name, const char *token, const json_t *v, struct logit_bias *out)
{
	char *end;
	long id = strtol(token, &end, 10);

	if (!*token || *end || id < 0 || id > INT32_MAX)
		return refuse(x, name, "must have token ids as keys");
	out->token = (int32_t)id;
	return read_number(x, name, v, -100, 100, &out->bias);
}

static bool read_logit_bias(struct reader *x, const char *name, const json_t *v)
{
	struct sampling *s = &x->r->sampling;
	const char *token;
	json_t *value;

	if (!json_is_object(v))
		return refuse(x, name, "must be an object");
	struct logit_bias *biases = arena_alloc(&x->r->chat.arena, json_object_size(v) * sizeof *biases);
	if (!biases)
		return too_large(x, name);
	s->biases = biases;
	json_object_foreach((json_t *)v, token, value)
		if (!read_bias(x, name, token, value, &biases[s->bias_count++]))
			return false;
	return true;
}

static bool read_logprobs(struct reader *x, const char *name, const json_t *v)
{
	bool wanted = false;

	if (!read_boolean(x, name, v, &wanted))
		return false;
	if (wanted && x->r->sampling.top_logprobs < 0)
		x->r->sampling.top_logprobs = 0;
	return true;
}

static bool read_top_logprobs(struct reader *x, const char *name, const json_t *v)
{
	int64_t count = 0;

	if (!read_integer(x, name, v, 0, TOP_LOGPROBS_MAX, &count))
		return false;
	x->r->sampling.top_logprobs = (int)count;
	return true;
}

static bool read_schema(struct reader *x, const json_t *format)
{
	const json_t *schema = json_object_get(json_object_get(format, "json_schema"), "schema");
	own_buf text = BUF_INIT(x->r->chat.arena.max);

	if (!json_is_object(schema) && !json_is_boolean(schema))
		return refuse(x, "response_format.json_schema.schema", "must be a JSON Schema");
	if (!json_write(&text, schema, x->err))
		return too_large(x, "response_format");
	x->r->form = FORM_SCHEMA;
	x->r->form_schema = (struct str){ arena_copy(&x->r->chat.arena, buf_str(&text)), text.len };
	return x->r->form_schema.p || too_large(x, "response_format");
}

static bool read_response_format(struct reader *x, const char *name, const json_t *v)
{
	const char *type = json_member_string(v, "type");

	if (type && strcmp(type, "json_schema") == 0)
		return read_schema(x, v);
	if (type && strcmp(type, "json_object") == 0)
		x->r->form = FORM_OBJECT;
	else if (!type || strcmp(type, "text") != 0)
		return refuse(x, name,
			"must be {\"type\": \"text\"}, \"json_object\" or \"json_schema\" with its schema");
	return true;
}

/* {"type":"function","function":{"name":…}} */
static bool read_named_tool(struct reader *x, const char *name, const json_t *v)
{
	struct str tool = json_member_str(json_object_get(v, "function"), "name");
	const char *type = json_member_string(v, "type");

	if (!type || strcmp(type, "function") != 0 || !tool.n)
		return refuse(x, name,
			"must be \"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": "
			"…}}");
	x->r->tool_choice = TOOLS_NAMED;
	x->r->named_tool = (struct str){ arena_copy(&x->r->chat.arena, tool), tool.n };
	return x->r->named_tool.p || too_large(x, name);
}

static bool read_tool_choice(struct reader *x, const char *name, const json_t *v)
{
	static const struct { const char *name; enum tool_choice choice; } choices[] = {
		{ "auto", TOOLS_AUTO }, { "none", TOOLS_NONE }, { "required", TOOLS_REQUIRED },
	};
	struct str choice = { json_string_value(v), json_string_length(v) };

	for (size_t i = 0; i < countof(choices); i++)
		if (choice.p && str_is(choice, choices[i].name)) {
			x->r->tool_choice = choices[i].choice;
			return true;
		}
	return read_named_tool(x, name, v);
}

/* Once the tools are known. */
static bool check_tool_choice(struct reader *x)
{
	const struct request *r = x->r;
	bool found = r->tool_choice != TOOLS_NAMED;

	if ((r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_NAMED) && !r->chat.tool_count)
		return refuse(x, "tool_choice", "needs tools");
	for (size_t i = 0; i < r->chat.tool_count; i++)
		found |= str_equal(r->chat.tools[i].name, r->named_tool);
	return found || refuse(x, "tool_choice", "names none of the tools");
}

static bool read_parallel(struct reader *x, const char *name, const json_t *v)
{
	bool parallel = true;

	if (!read_boolean(x, name, v, &parallel))
		return false;
	x->r->one_call = !parallel;
	return true;
}

/* OpenAI's way to say how much is thought: by a local model all or, at the lower end, nothing. */
static bool read_effort(struct reader *x, const char *name, const json_t *v)
{
	static const struct { const char *name; enum effort effort; } efforts[] = {
		{ "none", EFFORT_NONE }, { "minimal", EFFORT_MINIMAL }, { "low", EFFORT_LOW },
		{ "medium", EFFORT_MEDIUM }, { "high", EFFORT_HIGH }, { "xhigh", EFFORT_MAX }, { "max", EFFORT_MAX },
	};
	struct str effort = { json_string_value(v), json_string_length(v) };

	for (size_t i = 0; i < countof(efforts); i++) {
		if (effort.p && str_is(effort, efforts[i].name)) {
			x->r->effort = efforts[i].effort;
			x->r->chat.no_thoughts = efforts[i].effort <= EFFORT_MINIMAL;
			return true;
		}
	}
	return refuse(x, name, "must be none, minimal, low, medium, high, xhigh or max");
}

/* llama-server's and vLLM's way. */
static bool read_template_arguments(struct reader *x, const char *name, const json_t *v)
{
	const json_t *thinking = json_object_get(v, "enable_thinking");
	bool thinks = true;

	if (!json_is_object(v))
		return refuse(x, name, "must be an object");
	if (thinking && !read_boolean(x, "chat_template_kwargs.enable_thinking", thinking, &thinks))
		return false;
	if (!thinks) {
		x->r->effort = EFFORT_NONE;
		x->r->chat.no_thoughts = true;
	}
	return true;
}

/* {"system": text, "tools": as in the request}, for a small model. */
static bool read_brief(struct reader *x, const json_t *v)
{
	const char *system = json_member_string(v, "system");
	struct chat_place place = {0};

	if (!system)
		return refuse(x, "shammah.brief", "must be an object with `system`, a string");
	own_json *messages = json_pack("[{s:s, s:s}]", "role", "system", "content", system);
	return chat_from_json(&x->r->brief, messages, json_object_get(v, "tools"), &place, x->err) ||
		refuse(x, "shammah.brief", "holds tools that cannot be read");
}

/* What our own client asks for besides. */
static bool read_shammah(struct reader *x, const char *name, const json_t *v)
{
	const json_t *notices = json_object_get(v, "notices"), *over = json_object_get(v, "over_budget");
	const json_t *known = json_object_get(v, "known_answers"), *brief = json_object_get(v, "brief");

	if (!json_is_object(v))
		return refuse(x, name, "must be an object");
	return (!notices || read_boolean(x, "shammah.notices", notices, &x->r->notices)) &&
		(!over || read_boolean(x, "shammah.over_budget", over, &x->r->over_budget)) &&
		(!known || read_boolean(x, "shammah.known_answers", known, &x->r->known_answers)) &&
		(!brief || read_brief(x, brief));
}

static bool read_modalities(struct reader *x, const char *name, const json_t *v)
{
	const char *only = json_array_size(v) == 1 ? json_string_value(json_array_get(v, 0)) : NULL;

	return only && strcmp(only, "text") == 0 ? true : refuse(x, name, "can only be [\"text\"]");
}

static bool refuse_field(struct reader *x, const char *name, const json_t *v)
{
	(void)v;
	return refuse(x, name, "is not supported");
}

/* Messages and tools are read together, after these. */
static const struct field {
	const char *name;
	bool (*read)(struct reader *x, const char *name, const json_t *value);
} fields[] = {
	{ "model", read_model },
	{ "stream", read_stream },
	{ "stream_options", read_stream_options },
	{ "max_tokens", read_max_tokens },
	{ "max_completion_tokens", read_max_tokens },
	{ "temperature", read_temperature },
	{ "top_p", read_top_p },
	{ "top_k", read_top_k },
	{ "min_p", read_min_p },
	{ "presence_penalty", read_presence },
	{ "frequency_penalty", read_frequency },
	{ "repetition_penalty", read_repetition },
	{ "seed", read_seed },
	{ "stop", read_stop },
	{ "n", read_n },
	{ "logit_bias", read_logit_bias },
	{ "logprobs", read_logprobs },
	{ "top_logprobs", read_top_logprobs },
	{ "response_format", read_response_format },
	{ "tool_choice", read_tool_choice },
	{ "parallel_tool_calls", read_parallel },
	{ "reasoning_effort", read_effort },
	{ "chat_template_kwargs", read_template_arguments },
	{ "modalities", read_modalities },
	{ "shammah", read_shammah },
	{ "audio", refuse_field },
	{ "functions", refuse_field },
	{ "function_call", refuse_field },
	{ "prediction", refuse_field },
	{ "web_search_options", refuse_field },
};

bool openai_read(struct str body, struct request *r, struct openai_fault *fault, struct error *err)
{
	own_json *root = json_parse_tolerant(body, "request body", err);
	struct reader x = { .r = r, .fault = fault, .err = err };

	if (!root)
		return false;
	r->model = (struct str)STR("auto");
	for (size_t i = 0; i < countof(fields); i++) {
		const json_t *value = json_object_get(root, fields[i].name);
		if (value && !json_is_null(value) && !fields[i].read(&x, fields[i].name, value))
			return false;
	}
	if (r->sampling.top_logprobs > 0 && !json_is_true(json_object_get(root, "logprobs")))
		return refuse(&x, "top_logprobs", "needs logprobs to be true");
	return chat_from_json(&r->chat, json_object_get(root, "messages"), json_object_get(root, "tools"),
			&fault->place, err) && check_tool_choice(&x);
}

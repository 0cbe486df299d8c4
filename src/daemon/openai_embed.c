#include "daemon/openai_embed.h"

#include <math.h>

#include "base/json.h"

#define DIMENSIONS_MAX 65536

struct reader {
	struct embed_request *r;
	struct openai_fault *fault;
	struct error *err;
};

static bool refuse(struct reader *x, const char *param, const char *what)
{
	return openai_refuse(x->fault, x->err, param, what);
}

static bool too_large(struct reader *x)
{
	refuse(x, "input", "is too large");
	x->err->kind = ERROR_TOO_LARGE;
	return false;
}

/* --- inputs ---------------------------------------------------------------------- */

static bool read_text(struct reader *x, const json_t *v, struct embed_input *out)
{
	struct str text = { json_string_value(v), json_string_length(v) };

	if (!text.n)
		return refuse(x, "input", "must not be empty");
	out->text = (struct str){ arena_copy(&x->r->arena, text), text.n };
	return out->text.p || too_large(x);
}

static bool read_tokens(struct reader *x, const json_t *v, struct embed_input *out)
{
	size_t count = json_array_size(v);
	int32_t *ids = arena_alloc(&x->r->arena, (count ? count : 1) * sizeof *ids);

	if (!ids)
		return too_large(x);
	for (size_t i = 0; i < count; i++) {
		json_int_t id = json_integer_value(json_array_get(v, i));
		if (!json_is_integer(json_array_get(v, i)) || id < 0 || id > INT32_MAX)
			return refuse(x, "input", "must hold whole numbers where it holds tokens");
		ids[i] = (int32_t)id;
	}
	*out = (struct embed_input){ .ids = ids, .count = count };
	return count || refuse(x, "input", "must not be empty");
}

static bool read_one(struct reader *x, const json_t *v, struct embed_input *out)
{
	if (json_is_string(v))
		return read_text(x, v, out);
	return json_is_array(v) ? read_tokens(x, v, out) :
		refuse(x, "input", "must be a string, tokens, or a list of either");
}

/* A string, a list of strings, a list of tokens, or a list of such lists. */
static bool read_input(struct reader *x, const json_t *v)
{
	bool single = !json_is_array(v) || json_is_integer(json_array_get(v, 0));
	size_t count = single ? 1 : json_array_size(v);

	if (!v)
		return refuse(x, "input", "is missing");
	if (count == 0)
		return refuse(x, "input", "must not be empty");
	if (count > EMBED_INPUTS_MAX)
		return refuse(x, "input", "takes at most 2048 texts");
	x->r->inputs = arena_alloc(&x->r->arena, count * sizeof *x->r->inputs);
	if (!x->r->inputs)
		return too_large(x);
	x->r->input_count = count;
	for (size_t i = 0; i < count; i++)
		if (!read_one(x, single ? v : json_array_get(v, i), &x->r->inputs[i]))
			return false;
	return true;
}

/* --- the rest ---------------------------------------------------------------------- */

static bool read_model(struct reader *x, const json_t *v)
{
	struct str name = { json_string_value(v), json_string_length(v) };

	x->r->model = (struct str)STR("auto");
	if (!v || json_is_null(v))
		return true;
	if (!name.p)
		return refuse(x, "model", "must be a string");
	x->r->model = (struct str){ arena_copy(&x->r->arena, name), name.n };
	return x->r->model.p || too_large(x);
}

static bool read_format(struct reader *x, const json_t *v)
{
	const char *format = json_string_value(v);

	if (!v || json_is_null(v) || (format && strcmp(format, "float") == 0))
		return true;
	x->r->base64 = format && strcmp(format, "base64") == 0;
	return x->r->base64 || refuse(x, "encoding_format", "must be \"float\" or \"base64\"");
}

static bool read_dimensions(struct reader *x, const json_t *v)
{
	json_int_t n = json_integer_value(v);

	if (!v || json_is_null(v))
		return true;
	if (!json_is_integer(v) || n < 1 || n > DIMENSIONS_MAX)
		return refuse(x, "dimensions", "must be a whole number from 1 to 65536");
	x->r->dimensions = (size_t)n;
	return true;
}

bool openai_read_embed(struct str body, struct embed_request *r, struct openai_fault *fault, struct error *err)
{
	own_json *root = json_parse_tolerant(body, "request body", err);
	struct reader x = { .r = r, .fault = fault, .err = err };

	if (!root)
		return false;
	return read_model(&x, json_object_get(root, "model")) &&
		read_format(&x, json_object_get(root, "encoding_format")) &&
		read_dimensions(&x, json_object_get(root, "dimensions")) &&
		read_input(&x, json_object_get(root, "input"));
}

/* --- the response --------------------------------------------------------------------- */

/* Nine digits bring every float32 back. */
static bool write_numbers(const float *vector, size_t n, struct buf *out, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (!buf_addf(out, err, "%c%.9g", i ? ',' : '[', isfinite(vector[i]) ? (double)vector[i] : 0))
			return false;
	return buf_adds(out, "]", err);
}

/* RFC 4648, of the numbers' bytes, the lowest first. */
static bool write_base64(const float *vector, size_t n, struct buf *out, struct error *err)
{
	static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t group = 0, held = 0;
	char four[4];

	if (!buf_adds(out, "\"", err))
		return false;
	for (size_t i = 0; i < n * sizeof *vector || held % 3; i++) {
		uint32_t bits = 0;
		bool padding = i >= n * sizeof *vector;
		if (!padding)
			memcpy(&bits, &vector[i / 4], sizeof bits);
		group = group << 8 | (bits >> 8 * (i % 4) & 0xFF);
		if (++held % 3)
			continue;
		for (int k = 0; k < 4; k++)
			four[k] = signs[group >> (18 - 6 * k) & 63];
		size_t over = padding ? i + 1 - n * sizeof *vector : 0;
		memset(four + 4 - over, '=', over);
		if (!buf_add(out, four, sizeof four, err))
			return false;
	}
	return buf_adds(out, "\"", err);
}

static bool write_vector(const struct embed_request *r, size_t index, const float *vector, size_t n, struct buf *out,
	struct error *err)
{
	return buf_addf(out, err, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", index ? "," : "",
		index) &&
		(r->base64 ? write_base64 : write_numbers)(vector, n, out, err) && buf_adds(out, "}", err);
}

bool openai_write_embed(const struct embed_request *r, const struct embed_result *result,
	const struct openai_source *source, struct buf *out, struct error *err)
{
	own_json *shown = json_pack("{s:s, s:s, s:s}", "source", source->kind, "name", source->name,
		"reason", source->reason);

	if (!buf_adds(out, "{\"object\":\"list\",\"data\":[", err))
		return false;
	for (size_t i = 0; i < result->count; i++)
		if (!write_vector(r, i, result->vectors + i * result->dimensions, result->dimensions, out, err))
			return false;
	return buf_adds(out, "],\"model\":", err) && json_write_string(out, str_of(source->name), err) &&
		buf_addf(out, err, ",\"usage\":{\"prompt_tokens\":%zu,\"total_tokens\":%zu},\"shammah\":",
			result->tokens, result->tokens) &&
		(shown ? json_write(out, shown, err) : buf_adds(out, "null", err)) && buf_adds(out, "}", err);
}

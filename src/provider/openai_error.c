/*
 * Errors of OpenAI's dialects.  OpenAI's own is {"error":{"message":…,"type":…,"code":…}};
 * others send {"error":"…"}, {"object":"error","message":…}, {"message":…},
 * {"detail":"…"}, {"detail":[{"msg":…}]}, or plain text; OpenRouter adds what the
 * vendor behind it said, in "metadata".
 *
 * A code that says more than the status goes before it: a quota that is spent
 * comes as 429, a model that does not exist as 400.
 */
#include "base/utf8.h"
#include "provider/failure.h"
#include "provider/openai.h"

static const struct failure_word codes[] = {
	{ "insufficient_quota", 402 },
	{ "exceeded_current_quota_error", 402 },
	{ "billing_hard_limit_reached", 402 },
	{ "billing_not_active", 402 },
	{ "invalid_api_key", 401 },
	{ "invalid_authentication_error", 401 },
	{ "model_not_found", 404 },
	{ "model_decommissioned", 404 },
	{ "invalid_model", 404 },
	{ "context_length_exceeded", 413 },
	{ "exceed_context_size_error", 413 },
	{ 0 },
};

/* Those that say no more than a status, where there is none: in mid-stream. */
static const struct failure_word types[] = {
	{ "invalid_request_error", 400 },
	{ "invalid_prompt", 400 },
	{ "BadRequestError", 400 },
	{ "authentication_error", 401 },
	{ "permission_error", 403 },
	{ "not_found_error", 404 },
	{ "NotFoundError", 404 },
	{ "rate_limit_error", 429 },
	{ "rate_limit_exceeded", 429 },
	{ "requests", 429 },
	{ "tokens", 429 },
	{ "server_error", 500 },
	{ "overloaded_error", 503 },
	{ "unavailable_error", 503 },
	{ "engine_overloaded_error", 503 },
	{ 0 },
};

static int listed(const struct failure_word *words, const json_t *error)
{
	static const char *const members[] = { "code", "type" };

	for (size_t i = 0; i < countof(members); i++) {
		const char *said = json_member_string(error, members[i]);
		for (const struct failure_word *w = words; said && w->word; w++)
			if (strcmp(w->word, said) == 0)
				return w->status;
	}
	return 0;
}

/* A status written into the body. */
static int numbered(const json_t *error)
{
	json_int_t code = json_integer_value(json_object_get(error, "code"));

	return code >= 400 && code < 600 ? (int)code : 0;
}

/* The object, or text, that tells of the error. */
static const json_t *find_error(const json_t *body)
{
	const json_t *error = json_object_get(body, "error");

	return error && !json_is_null(error) ? error : body;
}

/* The vendor's words, wherever they stand. */
static struct str find_message(const json_t *error)
{
	const json_t *detail = json_object_get(error, "detail"), *message = json_object_get(error, "message");
	struct str raw = json_member_str(json_object_get(error, "metadata"), "raw");

	if (json_is_string(error))
		return (struct str){ json_string_value(error), json_string_length(error) };
	if (raw.n)
		return raw;
	if (json_is_object(message))   /* {"message":{"detail":[…]}} */
		detail = json_object_get(message, "detail");
	else if (json_is_array(message))
		detail = message;
	else if (json_is_string(message))
		return json_member_str(error, "message");
	if (json_is_array(detail))
		return json_member_str(json_array_get(detail, 0), "msg");
	return json_is_string(detail) ?
		(struct str){ json_string_value(detail), json_string_length(detail) } : (struct str){ 0 };
}

bool openai_explain(const struct provider *p, const json_t *error, struct error *err)
{
	int status = listed(codes, error);

	if (!status)
		status = numbered(error);
	if (!status)
		status = listed(types, error);
	return failure_explain(p, status ? status : 500, find_message(error), err);
}

bool openai_read_error(const struct provider *p, int status, struct str body, struct error *err)
{
	struct error unread = { 0 };
	own_json *answer = json_parse(body, "error", &unread);
	const json_t *error = find_error(answer);
	struct str message = find_message(error);
	int said = listed(codes, error);

	/* Plain text says something; pages are for browsers. */
	if (!answer && body.n && body.p[0] != '<' && utf8_valid(body.p, body.n))
		message = str_trim(body);
	return failure_explain(p, said ? said : status, message, err);
}

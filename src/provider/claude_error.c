/*
 * Errors of the Messages API: a status and {"type":"error","error":{"type":…,"message":…}},
 * https://docs.claude.com/en/api/errors.  In mid-stream there is only the type.
 */
#include "provider/claude.h"
#include "provider/failure.h"

static const struct failure_word words[] = {
	{ "invalid_request_error", 400 },
	{ "authentication_error", 401 },
	{ "billing_error", 402 },
	{ "permission_error", 403 },
	{ "not_found_error", 404 },
	{ "request_too_large", 413 },
	{ "rate_limit_error", 429 },
	{ "api_error", 500 },
	{ "timeout_error", 504 },
	{ "overloaded_error", 529 },
	{ 0 },
};

bool claude_explain(const struct provider *p, const json_t *error, struct error *err)
{
	return failure_explain(p, failure_status(words, json_member_string(error, "type")),
		json_member_str(error, "message"), err);
}

bool claude_read_error(const struct provider *p, int status, struct str body, struct error *err)
{
	struct error unread = { 0 };
	own_json *answer = json_parse(body, "error", &unread);

	return failure_explain(p, status, json_member_str(json_object_get(answer, "error"), "message"), err);
}

/*
 * Errors of the Messages API: a status and {"type":"error","error":{"type":…,"message":…}},
 * https://docs.claude.com/en/api/errors.  In mid-stream there is only the type.
 */
#include "provider/claude.h"

#include "base/utf8.h"

#define MESSAGE_MAX 200

static const struct row {
	int status;
	const char *type;
	enum error_kind kind;
	const char *text;
	bool message;          /* the vendor's own words say more */
} rows[] = {
	{ 400, "invalid_request_error", ERROR_INVALID, "Claude refused the request", true },
	{ 401, "authentication_error", ERROR_DENIED, "Claude refused the key" },
	{ 402, "billing_error", ERROR_DENIED, "Claude refused the key's account: check its billing", true },
	{ 403, "permission_error", ERROR_DENIED, "Claude does not allow this with this key", true },
	{ 404, "not_found_error", ERROR_NOT_FOUND,
		"Claude knows no such model or address: check the model's name and the base URL", true },
	{ 413, "request_too_large", ERROR_TOO_LARGE,
		"the conversation is too large for Claude: shorten it or begin a new one" },
	{ 429, "rate_limit_error", ERROR_UNAVAILABLE, "Claude's rate limit for this key is reached" },
	{ 500, "api_error", ERROR_UNAVAILABLE, "Claude has an internal error" },
	{ 504, "timeout_error", ERROR_UNAVAILABLE, "Claude took too long to answer" },
	{ 529, "overloaded_error", ERROR_UNAVAILABLE, "Claude is overloaded" },
};

static const struct row *find_row(int status, const char *type)
{
	for (const struct row *row = rows; row < rows + countof(rows); row++)
		if (row->status == status)
			return row;
	for (const struct row *row = rows; type && row < rows + countof(rows); row++)
		if (strcmp(row->type, type) == 0)
			return row;
	return NULL;
}

/* The vendor's words, fit for one line of a terminal. */
static void read_message(const json_t *error, char out[MESSAGE_MAX])
{
	const char *message = json_member_string(error, "message");

	snprintf(out, MESSAGE_MAX, "%s", message ? message : "");
	out[strlen(out) - utf8_incomplete_tail(out, strlen(out))] = '\0';
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

/* A status that the vendor does not use: something in between answered. */
static bool explain_foreign(int status, struct error *err)
{
	if (status / 100 == 3)
		return error_set(err, ERROR_INVALID,
			"Claude's address answered with a redirect (%d): check the base URL", status);
	if (status >= 500)
		return error_set(err, ERROR_UNAVAILABLE, "Claude cannot be reached (%d)", status);
	return error_set(
		err, ERROR_INVALID, "Claude's address answered with an error (%d): check the base URL", status);
}

bool claude_explain(int status, const json_t *error, struct error *err)
{
	const struct row *row = find_row(status, json_member_string(error, "type"));
	enum error_kind kind;
	char message[MESSAGE_MAX];

	if (!row && status != 200)
		return explain_foreign(status, err);
	if (!row)
		row = find_row(500, NULL);
	read_message(error, message);
	kind = str_starts(str_of(message), (struct str)STR("prompt is too long")) ? ERROR_TOO_LARGE : row->kind;
	if (row->message && message[0])
		return error_set(err, kind, "%s: %s", row->text, message);
	return error_set(err, kind, "%s", row->text);
}

bool claude_read_error(int status, struct str body, struct error *err)
{
	struct error unread = { 0 };
	own_json *answer = json_parse(body, "error", &unread);

	return claude_explain(status, json_object_get(answer, "error"), err);
}

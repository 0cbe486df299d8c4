#include "provider/failure.h"

#include <stdio.h>

#include "base/utf8.h"

#define MESSAGE_MAX 200

static const struct row {
	int status;
	enum error_kind kind;
	const char *text;      /* after the vendor's name */
	bool message;          /* the vendor's own words say more */
} rows[] = {
	{ 400, ERROR_INVALID, "refused the request", true },
	{ 401, ERROR_DENIED, "refused the key", false },
	{ 402, ERROR_DENIED, "refused the key's account: check its billing", true },
	{ 403, ERROR_DENIED, "does not allow this with this key", true },
	{ 404, ERROR_NOT_FOUND, "knows no such model or address: check the model's name and the base URL", true },
	{ 408, ERROR_UNAVAILABLE, "took too long to answer", false },
	{ 409, ERROR_UNAVAILABLE, "is busy with another request of this key's", false },
	{ 413, ERROR_TOO_LARGE, "says that the conversation is too large: shorten it or begin a new one", false },
	{ 422, ERROR_INVALID, "refused the request", true },
	{ 425, ERROR_UNAVAILABLE, "cannot take the request yet", false },
	{ 429, ERROR_UNAVAILABLE, "says that the rate limit for this key is reached", false },
	{ 500, ERROR_UNAVAILABLE, "has an internal error", false },
	{ 503, ERROR_UNAVAILABLE, "is overloaded", false },
	{ 504, ERROR_UNAVAILABLE, "took too long to answer", false },
	{ 529, ERROR_UNAVAILABLE, "is overloaded", false },
};

static const struct row *find_row(int status)
{
	for (const struct row *row = rows; row < rows + countof(rows); row++)
		if (row->status == status)
			return row;
	return NULL;
}

int failure_status(const struct failure_word *words, const char *word)
{
	for (; word && words->word; words++)
		if (strcmp(words->word, word) == 0)
			return words->status;
	return 500;
}

/* The vendor's words, fit for one line of a terminal. */
static void fit_message(struct str message, char out[MESSAGE_MAX])
{
	snprintf(out, MESSAGE_MAX, "%.*s", STR_ARGS(message));
	out[strlen(out) - utf8_incomplete_tail(out, strlen(out))] = '\0';
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

/* What vendors say with a plain 400, and means something else. */
static enum error_kind kind_said(const char *message, enum error_kind otherwise)
{
	static const struct { const char *words; enum error_kind kind; } said[] = {
		{ "prompt is too long", ERROR_TOO_LARGE },
		{ "maximum context length", ERROR_TOO_LARGE },
		{ "exceeds the maximum number of tokens", ERROR_TOO_LARGE },
		{ "exceeds the context", ERROR_TOO_LARGE },
		{ "exceeds the available context", ERROR_TOO_LARGE },
		{ "reduce the length of the messages", ERROR_TOO_LARGE },
		{ "credit balance is too low", ERROR_DENIED },
		{ "API key not valid", ERROR_DENIED },
		{ "Incorrect API key", ERROR_DENIED },
	};

	for (size_t i = 0; i < countof(said); i++)
		if (strstr(message, said[i].words))
			return said[i].kind;
	return otherwise;
}

/* A status that no vendor uses: something in between answered. */
static bool explain_foreign(const struct provider *p, int status, struct error *err)
{
	if (status == 407)
		return error_set(err, ERROR_DENIED, "the proxy before %s wants a name and password (407): check "
			"http_proxy and https_proxy", p->display_name);
	if (status / 100 == 3)
		return error_set(err, ERROR_INVALID, "%s's address answered with a redirect (%d): check the base URL",
			p->display_name, status);
	if (status >= 500)
		return error_set(err, ERROR_UNAVAILABLE, "%s cannot be reached (%d)", p->display_name, status);
	return error_set(err, ERROR_INVALID, "%s's address answered with an error (%d): check the base URL",
		p->display_name, status);
}

bool failure_explain(const struct provider *p, int status, struct str message, struct error *err)
{
	const struct row *row = find_row(status);
	char words[MESSAGE_MAX];

	if (!row)
		return explain_foreign(p, status, err);
	fit_message(message, words);
	enum error_kind kind = status < 500 ? kind_said(words, row->kind) : row->kind;
	if (words[0] && (row->message || kind != row->kind))
		return error_set(err, kind, "%s %s: %s", p->display_name, row->text, words);
	return error_set(err, kind, "%s %s", p->display_name, row->text);
}

void failure_drop_words(char *text)
{
	char *end = text + strlen(text);

	for (const struct row *row = rows; row < rows + countof(rows); row++) {
		size_t n = strlen(row->text);
		for (char *at = text; (at = strstr(at, row->text)) && at < end; at += n)
			if (strncmp(at + n, ": ", 2) == 0)
				end = at + n;
	}
	*end = '\0';
}

/*
 * Errors of Google's APIs, https://cloud.google.com/apis/design/errors:
 *   {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": …, "details": [{"@type": …}, …]}}
 * or a list with that in it, from addresses that answer in lists.  A wrong key
 * comes as 400, and is known by its detail's reason.
 */
#include <math.h>

#include "provider/failure.h"
#include "provider/gemini.h"

static const struct failure_word words[] = {
	{ "INVALID_ARGUMENT", 400 },
	{ "OUT_OF_RANGE", 400 },
	{ "UNAUTHENTICATED", 401 },
	{ "PERMISSION_DENIED", 403 },
	{ "FAILED_PRECONDITION", 403 },      /* the free tier is not to be had there, or billing is off */
	{ "NOT_FOUND", 404 },
	{ "RESOURCE_EXHAUSTED", 429 },
	{ "INTERNAL", 500 },
	{ "UNAVAILABLE", 503 },
	{ "DEADLINE_EXCEEDED", 504 },
	{ 0 },
};

/* What a detail's reason means, whatever the status. */
static const struct failure_word reasons[] = {
	{ "API_KEY_INVALID", 401 },
	{ "API_KEY_EXPIRED", 401 },
	{ "ACCESS_TOKEN_EXPIRED", 401 },
	{ "BILLING_DISABLED", 402 },
	{ 0 },
};

/* A member of the first detail that has it. */
static const char *find_detail(const json_t *error, const char *member)
{
	const json_t *detail;
	size_t i;

	json_array_foreach(json_object_get(error, "details"), i, detail)
		if (json_member_string(detail, member))
			return json_member_string(detail, member);
	return NULL;
}

static bool is_listed(const struct failure_word *list, const char *word)
{
	for (; word && list->word; list++)
		if (strcmp(list->word, word) == 0)
			return true;
	return false;
}

static int status_meant(int status, const json_t *error)
{
	const char *reason = find_detail(error, "reason"), *word = json_member_string(error, "status");

	if (is_listed(reasons, reason))
		return failure_status(reasons, reason);
	if (status == 0 || (word && strcmp(word, "FAILED_PRECONDITION") == 0))
		return failure_status(words, word);
	return status;
}

static bool explain(const struct provider *p, int status, const json_t *error, struct error *err)
{
	return failure_explain(p, status_meant(status, error), json_member_str(error, "message"), err);
}

bool gemini_explain(const struct provider *p, const json_t *error, struct error *err)
{
	return explain(p, 0, error, err);
}

static const json_t *find_error(const json_t *answer)
{
	return json_object_get(json_is_array(answer) ? json_array_get(answer, 0) : answer, "error");
}

bool gemini_read_error(const struct provider *p, int status, struct str body, struct error *err)
{
	struct error unread = { 0 };
	own_json *answer = json_parse(body, "error", &unread);

	return explain(p, status, find_error(answer), err);
}

int gemini_read_status(int status, struct str body)
{
	struct error unread = { 0 };
	own_json *answer = json_parse(body, "error", &unread);

	return status_meant(status, find_error(answer));
}

/* RetryInfo's "34.074s". */
bool gemini_read_delay(struct str body, unsigned *ms)
{
	struct error unread = { 0 };
	own_json *answer = json_parse(body, "error", &unread);
	const char *delay = find_detail(find_error(answer), "retryDelay");
	double seconds = 0, place = 1;
	bool digits = false, point = false;

	for (; delay && *delay && *delay != 's'; delay++) {
		if (*delay == '.' && !point) {
			point = true;
			continue;
		}
		if (*delay < '0' || *delay > '9')
			return false;
		place = point ? place / 10 : place;
		seconds = point ? seconds + place * (*delay - '0') : seconds * 10 + (*delay - '0');
		digits = true;
	}
	if (!digits || !*delay || delay[1] || seconds > 1e6)
		return false;
	*ms = (unsigned)ceil(seconds * 1000);
	return true;
}

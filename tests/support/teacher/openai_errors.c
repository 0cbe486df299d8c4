/* https://platform.openai.com/docs/guides/error-codes */
#include "support/teacher/openai_errors.h"

const struct teacher_error teacher_openai_errors[] = {
	{ 400, "invalid_request_error", NULL, "Invalid value: 'x'. Supported values are: 'system' and 'user'." },
	{ 400, "too_long", "context_length_exceeded",
		"This model's maximum context length is 128000 tokens. However, your messages resulted in 215322 "
		"tokens. Please reduce the length of the messages." },
	{ 402, "invalid_request_error", "billing_not_active", "Your account is not active, check your billing." },
	{ 403, "request_forbidden", "unsupported_country_region_territory",
		"Country, region, or territory not supported" },
	{ 404, "invalid_request_error", "model_not_found",
		"The model `gpt-none` does not exist or you do not have access to it." },
	{ 413, "invalid_request_error", "request_too_large", "Request body is too large." },
	{ 429, "requests", "rate_limit_exceeded",
		"Rate limit reached for gpt-5.5 in organization org-x on requests per min (RPM): Limit 3, Used 3." },
	{ 429, "billing", "insufficient_quota",
		"You exceeded your current quota, please check your plan and billing details." },
	{ 500, "server_error", NULL, "The server had an error while processing your request. Sorry about that!" },
	{ 503, "server_error", NULL, "That model is currently overloaded with other requests." },
	{ 529, "server_error", NULL, "Overloaded" },
	{ 0 },
};

json_t *teacher_openai_error(const struct teacher_error *error)
{
	const char *type = error->type;

	if (strcmp(type, "too_long") == 0)
		type = "invalid_request_error";
	else if (strcmp(type, "billing") == 0)
		type = "insufficient_quota";
	return json_pack("{s:{s:s, s:s, s:n, s:s?}}", "error", "message", error->message, "type", type, "param", "code",
		error->code);
}

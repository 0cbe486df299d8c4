/* Gemini's generateContent: https://ai.google.dev/api/generate-content */
#include "support/teacher/dialect.h"

static const struct teacher_error errors[] = {
	{ 400, "INVALID_ARGUMENT", NULL, "Please use a valid role: user, model." },
	{ 400, "too_long", NULL,
		"The input token count (1250000) exceeds the maximum number of tokens allowed (1048576)." },
	{ 400, "FAILED_PRECONDITION", NULL, "User location is not supported for the API use." },
	{ 402, "PERMISSION_DENIED", NULL, "Billing is disabled for this project." },
	{ 403, "PERMISSION_DENIED", NULL,
		"Method doesn't allow unregistered callers (callers without established identity)." },
	{ 404, "NOT_FOUND", NULL,
		"models/gemini-none is not found for API version v1beta, or is not supported for generateContent." },
	{ 413, "INVALID_ARGUMENT", NULL, "Request payload size exceeds the limit: 20971520 bytes." },
	{ 429, "RESOURCE_EXHAUSTED", NULL,
		"You exceeded your current quota, please check your plan and billing details." },
	{ 500, "INTERNAL", NULL, "An internal error has occurred. Please retry." },
	{ 503, "UNAVAILABLE", NULL, "The model is overloaded. Please try again later." },
	{ 504, "DEADLINE_EXCEEDED", NULL, "Deadline expired before operation could complete." },
	{ 529, "UNAVAILABLE", NULL, "The model is overloaded. Please try again later." },
	{ 0 },
};

static json_t *write_error(const struct teacher_error *error)
{
	const char *status = strcmp(error->type, "too_long") == 0 ? "INVALID_ARGUMENT" : error->type;
	json_t *body = json_pack("{s:{s:i, s:s, s:s}}", "error", "code", error->status, "message", error->message,
		"status", status);

	if (error->code)
		json_object_set_new(json_object_get(body, "error"), "details", json_pack("[{s:s, s:s, s:s}]", "@type",
			"type.googleapis.com/google.rpc.ErrorInfo", "reason", error->code, "domain",
			"googleapis.com"));
	return body;
}

static void write_error_event(struct events *e, const struct teacher_error *error)
{
	events_put(e, NULL, write_error(error));
}

static json_t *usage(void)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:[{s:s, s:i}]}", "promptTokenCount", 18, "candidatesTokenCount", 5,
		"totalTokenCount", 25, "cachedContentTokenCount", 5, "thoughtsTokenCount", 2, "promptTokensDetails",
		"modality", "TEXT", "tokenCount", 18);
}

static json_t *envelope(const struct turn *turn, const struct teacher_question *q)
{
	json_t *chunk = json_object();

	if (!turn->no_usage)
		json_object_set_new(chunk, "usageMetadata", usage());
	json_object_set_new(chunk, "modelVersion", json_string(q->model));
	json_object_set_new(chunk, "responseId", json_string("Teacher"));
	return chunk;
}

static const char *finish_reason(const struct turn *turn)
{
	static const char *const reasons[] = {
		[TURN_STOP] = "STOP", [TURN_LENGTH] = "MAX_TOKENS", [TURN_CALLS] = "STOP", [TURN_REFUSED] = "SAFETY",
		[TURN_BLOCKED] = NULL,
	};

	return reasons[turn->finish];
}

/* Takes the parts. */
static json_t *candidate(const struct turn *turn, const struct teacher_question *q, json_t *parts, const char *reason)
{
	json_t *chunk = envelope(turn, q);
	json_t *one = json_pack("{s:{s:o, s:s}, s:i}", "content", "parts", parts, "role", "model", "index", 0);

	if (reason)
		json_object_set_new(one, "finishReason", json_string(reason));
	if (reason && strcmp(reason, "SAFETY") == 0)
		json_object_set_new(one, "safetyRatings", json_pack("[{s:s, s:s, s:b}]", "category",
			"HARM_CATEGORY_DANGEROUS_CONTENT", "probability", "HIGH", "blocked", 1));
	json_object_set_new(chunk, "candidates", json_pack("[o]", one));
	return chunk;
}

static json_t *blocked(const struct turn *turn, const struct teacher_question *q)
{
	json_t *chunk = envelope(turn, q);

	json_object_set_new(chunk, "promptFeedback", json_pack("{s:s}", "blockReason", "PROHIBITED_CONTENT"));
	return chunk;
}

static json_t *text_part(const struct part *part, struct str text)
{
	json_t *json = json_pack("{s:s%}", "text", text.p, text.n);

	if (part->kind == PART_THOUGHT)
		json_object_set_new(json, "thought", json_true());
	return json;
}

static json_t *call_part(const struct part *part)
{
	struct error err;
	json_t *arguments = json_parse(part->arguments, "arguments", &err);
	json_t *call = json_pack("{s:s, s:o}", "name", part->name, "args", arguments);

	if (part->id)              /* the public service sends none as a rule */
		json_object_set_new(call, "id", json_string(part->id));
	return json_pack("{s:o}", "functionCall", call);
}

static json_t *sealed(json_t *part, const char *seal)
{
	if (seal)
		json_object_set_new(part, "thoughtSignature", json_string(seal));
	return part;
}

static json_t *whole_part(const struct part *part)
{
	if (part->kind == PART_CALL)
		return sealed(call_part(part), part->seal);
	if (part->kind == PART_HIDDEN)
		return json_pack("{s:s, s:s%}", "text", "", "thoughtSignature", part->text.p, part->text.n);
	return sealed(text_part(part, part->text), part->seal);
}

static void put_part(struct events *e, const struct turn *turn, const struct teacher_question *q,
	const struct part *part)
{
	struct str rest = part->text;

	if (part->kind == PART_CALL || part->kind == PART_HIDDEN) {
		events_put_delta(e, NULL, candidate(turn, q, json_pack("[o]", whole_part(part)), NULL));
		return;
	}
	while (rest.n) {
		json_t *json = text_part(part, next_word(&rest));
		json = sealed(json, rest.n ? NULL : part->seal);
		events_put_delta(e, NULL, candidate(turn, q, json_pack("[o]", json), NULL));
	}
}

static void write_stream(struct events *e, const struct turn *turn, const struct teacher_question *q)
{
	if (turn->finish == TURN_BLOCKED) {
		events_put(e, NULL, blocked(turn, q));
		return;
	}
	for (size_t i = 0; i < turn->part_count; i++)
		put_part(e, turn, q, &turn->parts[i]);
	events_put(e, NULL, candidate(turn, q, json_pack("[{s:s}]", "text", ""), finish_reason(turn)));
}

static json_t *write_whole(const struct turn *turn, const struct teacher_question *q)
{
	json_t *parts = json_array();

	if (turn->finish == TURN_BLOCKED) {
		json_decref(parts);
		return blocked(turn, q);
	}
	for (size_t i = 0; i < turn->part_count; i++)
		json_array_append_new(parts, whole_part(&turn->parts[i]));
	return candidate(turn, q, parts, finish_reason(turn));
}

const struct teacher_dialect teacher_gemini = {
	.name = "Gemini",
	.paths = { ":streamGenerateContent", ":generateContent" },
	.key_header = "x-goog-api-key",
	.fields = (const char *const[]){ "contents", "systemInstruction", "system_instruction", "tools", "toolConfig",
		"tool_config", "generationConfig", "generation_config", "safetySettings", "cachedContent", "labels",
		NULL },
	.messages_key = "contents",
	.unknown = "Invalid JSON payload received. Unknown name \"%s\": Cannot find field.",
	.wrong_key = { 400, "INVALID_ARGUMENT", "API_KEY_INVALID", "API key not valid. Please pass a valid API key." },
	.errors = errors,
	.crlf = true,
	.streams_by_path = true,
	.write_stream = write_stream,
	.write_whole = write_whole,
	.write_error = write_error,
	.write_error_event = write_error_event,
};

/* The parts of Gemini's dialect.  Internal to provider/. */
#pragma once

#include "base/json.h"
#include "provider/provider.h"

#define GEMINI_VENDOR "gemini"           /* whose its seals are */
#define GEMINI_ANSWER_SEAL "answer"      /* the id of a seal that came with the answer's text, not with a thought */

/* How a family of models thinks, and what it wants back. */
struct gemini_family {
	const char *prefix;          /* how its models' names begin */
	unsigned levels;             /* of thinkingLevel: a bit for each that it takes (gemini_family.c); 0: none */
	int least, most;             /* thinkingBudget, in tokens; 0: it has none */
	bool may_not_think;          /* a budget of 0 is taken */
	bool signs;                  /* refuses calls of the present turn without their signature */
};

/* The family of a model, "models/" before its name or not; one that does nothing for a name that is unknown. */
const struct gemini_family *gemini_family_find(const char *model);

/* "thinkingConfig":{…}, if the family has any.  Thoughts are asked for unless they are not wanted. */
void gemini_put_thinking(struct buf *out, const struct gemini_family *family, enum effort effort);

/*
 * A JSON Schema in the part of JSON Schema that the API knows: references inlined,
 * allOf joined, oneOf as anyOf.  What cannot be said becomes words in `description`;
 * with `exact` it is an error that names the keyword instead (ERROR_INVALID).  The
 * caller owns the result, an object; NULL on failure, which only `exact` knows.
 */
json_t *gemini_schema(const json_t *schema, bool exact, struct error *err) must_use;

/* The same for the parameters of a tool, always an object's schema; NULL where there are none to speak of. */
json_t *gemini_parameters(const json_t *schema) must_use;

bool gemini_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err);

int gemini_read_status(int status, struct str body);
bool gemini_read_error(const struct provider *p, int status, struct str body, struct error *err);
bool gemini_read_delay(struct str body, unsigned *ms);

/* The same for an error in mid-stream: {"code": …, "status": …, "message": …, "details": […]}. */
bool gemini_explain(const struct provider *p, const json_t *error, struct error *err);

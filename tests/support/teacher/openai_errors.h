/* What OpenAI says when it does not answer, the same in both of its APIs. */
#pragma once

#include "support/teacher/dialect.h"

extern const struct teacher_error teacher_openai_errors[];

json_t *teacher_openai_error(const struct teacher_error *error);

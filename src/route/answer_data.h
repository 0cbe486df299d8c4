/* What the trainer writes: answer_data.c in the build folder. */
#pragma once

#include "route/answer_model.h"
#include "route/answers.h"

extern const struct answer_model answer_model;
extern const struct answer answer_texts[];     /* answer_model.answer_count of them */

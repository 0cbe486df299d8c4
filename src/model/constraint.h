/*
 * What an answer must look like, token by token: the request's response_format,
 * tool_choice and tools as grammars (grammar/grammar.h) over the model's
 * vocabulary.
 *
 *	constraint_create(model, &request, &c, &err)
 *	sampler_pick(sampler, logits, constraint_allowed(c), &pick, &err)
 *	constraint_accept(c, pick.token, &err)
 *
 * A form or a tool that must be called holds from the first token on, behind
 * thoughts where the model thinks first.  With tools that may be called the
 * answer is free until a call is opened, and held until that is complete.
 * Compiled grammars, their masks and the vocabulary are kept with the model.
 *
 * The thread that generates; constraint_check() any.
 */
#pragma once

#include "chat/request.h"
#include "model/model.h"

struct constraint;

/*
 * *out is NULL when the request leaves the answer free.  ERROR_INVALID names what
 * cannot be kept.
 */
bool constraint_create(struct model *m, const struct request *request, struct constraint **out,
	struct error *err) must_use;
void constraint_destroy(struct constraint *c);   /* accepts NULL */

/* A bit for each token that may be picked, as sampler_pick() takes it; NULL: any.  All three accept NULL. */
const uint32_t *constraint_allowed(struct constraint *c);

/* Tells the token picked; ERROR_INTERNAL when it was not allowed. */
bool constraint_accept(struct constraint *c, int32_t token, struct error *err) must_use;

/*
 * Guesses at what comes next, at most `most` tokens into `out`: the text that has to
 * come whatever the model wants, in the tokens it is usually cut into; 0 where
 * there is a choice.  Accepts NULL.
 */
size_t constraint_guess(struct constraint *c, int32_t *out, size_t most);

/* Whether the answer is complete and nothing may follow. */
bool constraint_must_end(const struct constraint *c);

/*
 * Whether we could keep what the request asks for, without any model; `param` (of
 * `size` bytes) says which part of it we could not.
 */
bool constraint_check(const struct request *request, char *param, size_t size, struct error *err) must_use;

/* What a model keeps for all its answers. */
struct constraints;

struct constraints *constraints_create(void);
void constraints_destroy(struct constraints *all);

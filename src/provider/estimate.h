/*
 * What an answer took, guessed from its bytes: where it was cut, or its vendor does not
 * say.  Pure; meant to be too much rather than too little, so that a budget is not passed
 * by cutting answers.
 */
#pragma once

#include "chat/delta.h"
#include "chat/request.h"

/* `received`: bytes of the answer that came, thoughts and arguments of calls among them. */
struct usage estimate_usage(const struct request *request, size_t received);

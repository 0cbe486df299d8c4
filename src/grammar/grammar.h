/*
 * What an answer must look like: JSON of a schema, or calls of tools whose
 * arguments are.
 *
 *	own_grammar *g = grammar_of_schema(schema, &err);   // or grammar_create()
 *	struct masks masks;
 *	masks_init(&masks, vocabulary, grammar_machine(g));
 *	own_matcher *m = matcher_create(&masks, ends, end_count, bits);
 *
 * Compiled once, then read-only; any thread.
 */
#pragma once

#include "base/json.h"
#include "grammar/machine.h"
#include "text/tokenizer.h"

struct grammar;

/* Values of a schema; NULL: any JSON object.  ERROR_INVALID names what is not supported, and where. */
struct grammar *grammar_of_schema(const json_t *schema, struct error *err) must_use;

/* A call is before_name NAME before_arguments ARGUMENTS behind. */
struct grammar_form {
	struct str begin;              /* before the first call */
	struct str before_name, before_arguments, behind;
	struct str between, end;       /* two calls; behind the last */
	bool quoted;                   /* the name stands in a JSON string */
};

struct grammar_tool {
	struct str name;
	const json_t *schema;          /* of the arguments; NULL: any object */
};

/* What may be written: values, calls, or either. */
struct grammar_wish {
	bool values;
	const json_t *schema;          /* of the values; NULL: any object */
	const struct grammar_tool *tools;
	size_t tool_count;             /* 0: no calls */
	const struct grammar_form *form;
	bool many;                     /* more than one call */
	const struct tokenizer *tokenizer;   /* of the form's control tokens */
};

/*
 * Texts of the form that are control tokens of the tokenizer become these.
 * *wrong is the number of the tool that an error is about, or -1.
 */
struct grammar *grammar_create(const struct grammar_wish *wish, int *wrong, struct error *err) must_use;

/* Of the control token that a form begins with; -1 when it begins with text. */
int32_t grammar_form_token(const struct grammar_form *form, const struct tokenizer *tokenizer);

void grammar_destroy(struct grammar *g);         /* accepts NULL */
static inline void grammar_release(struct grammar **g) { grammar_destroy(*g); }
#define own_grammar owns(grammar_release) struct grammar

const struct machine *grammar_machine(const struct grammar *g);

/*
 * How a family of models writes tool calls: for reading what it wrote
 * (text/toolcall.h) and for holding it to that form.
 *
 * Sources: the makers' chat templates and their pages on prompt formats (Qwen and
 * Hermes; Meta's Llama 3.1; Mistral's tokenizers v3 and v11; Microsoft's Phi-4
 * mini).  Constant.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DIALECT_FORMS 2
#define DIALECT_MARKS 2

/* One way in which a call may be written. */
struct dialect_form {
	const char *open;        /* stands before the call; "": nothing does */
	const char *name_end;    /* the name may stand bare between `open` and this, and the arguments behind it */
	bool list;               /* calls may stand in a JSON list behind `open` */
	bool guess;              /* nobody's form: only where a line begins, and the first member must name a tool */
	const char *close;       /* dropped where it stands behind the call */
};

struct dialect {
	const char *name;
	struct dialect_form forms[DIALECT_FORMS];   /* those used have `open` */
	const char *marks[DIALECT_MARKS];           /* tokens in the forms above that decoding must not leave out */

	/*
	 * What the model was taught to write, for constraints: begin, then every call
	 * as before_name NAME before_arguments ARGUMENTS behind, with `between` between
	 * two, then end.  The name stands in a JSON string unless before_arguments
	 * begins with no quote.
	 */
	const char *begin, *before_name, *before_arguments, *behind, *between, *end;
};

extern const struct dialect dialect_hermes;    /* Qwen: <tool_call>{"name": …, "arguments": {…}}</tool_call> */
extern const struct dialect dialect_llama;     /* {"name": …, "parameters": {…}}, perhaps behind <|python_tag|> */
extern const struct dialect dialect_mistral;   /* [TOOL_CALLS][{"name": …, "arguments": {…}}] */
extern const struct dialect dialect_mistral_args;   /* [TOOL_CALLS]name[ARGS]{…} */
extern const struct dialect dialect_phi;       /* <|tool_call|>[{"name": …, "arguments": {…}}]<|/tool_call|> */

/* Calls as models of any family write them when they forget their own form. */
extern const struct dialect_form dialect_guesses[];
extern const size_t dialect_guess_count;

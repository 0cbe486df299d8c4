/* What the parts of the schema compiler share. */
#pragma once

#include "grammar/schema.h"

#define SCHEMA_KNOWN 32u

struct compiled {
	const json_t *schema;          /* NULL: free place */
	uint32_t start;
};

struct compiler {
	struct rules *rules;
	struct machine *machine;
	const json_t *root;
	struct error *err;
	struct buf path;               /* of the schema at hand, as a JSON pointer after "#" */
	int deep;
	uint32_t count;
	struct compiled *compiled;     /* open addressing by address */
	uint32_t compiled_slots, compiled_count;
	json_t *made;                  /* list: schemas that are none of the client's, kept as long as this */
	struct {
		const char *pattern;
		const struct dfa *dfa;
	} known[SCHEMA_KNOWN];         /* patterns and formats that stood alone in a string's schema before */
	size_t known_count;
};

/* The start state of a schema's rule, or MACHINE_NONE.  `at` is what is added to the path meanwhile: "/items". */
uint32_t compile_at(struct compiler *c, const json_t *schema, const char *at, const char *name);

/* Sets the error, with keyword and place; returns MACHINE_NONE. */
uint32_t refuse_keyword(struct compiler *c, const char *keyword, const char *why);

/* Puts keyword and place before an error that is set; returns MACHINE_NONE. */
uint32_t blame_keyword(struct compiler *c, const char *keyword);

/*
 * Passes an automaton on, unless those of the whole grammar have taken too much
 * work by now or there is none: then it is destroyed and NULL is the result.
 */
struct dfa *paid_for(struct compiler *c, struct dfa *d);

/* A count as minItems has it; false (error set) when it is none.  Missing: `otherwise`. */
bool read_count(struct compiler *c, const json_t *schema, const char *keyword, uint32_t otherwise, uint32_t *count);

/* One kind of value each: the start state, or MACHINE_NONE. */
uint32_t compile_object(struct compiler *c, const json_t *schema);
uint32_t compile_array(struct compiler *c, const json_t *schema);
uint32_t compile_string(struct compiler *c, const json_t *schema);
uint32_t compile_number(struct compiler *c, const json_t *schema, bool integer);

/* What pattern, format and lengths leave of all strings; false (error set) when they cannot be compiled. */
bool string_contents(struct compiler *c, const json_t *schema, struct string_kind *kind);

/* ---- schema_merge.c ---- */

/* Where a reference points; NULL (error set) when it does not. */
const json_t *resolve_reference(struct compiler *c, const char *reference);

/* A schema for what both allow, kept in c->made; NULL (error set) when they cannot be put together. */
const json_t *merge_schemas(struct compiler *c, const json_t *a, const json_t *b);

/* `schema` without a keyword, kept in c->made. */
json_t *without_keyword(struct compiler *c, const json_t *schema, const char *keyword);

/* ---- schema_words.c ---- */

enum {
	TYPE_NULL = 1, TYPE_BOOLEAN = 2, TYPE_INTEGER = 4, TYPE_NUMBER = 8,
	TYPE_STRING = 16, TYPE_ARRAY = 32, TYPE_OBJECT = 64, TYPE_ALL = 127,
};

/* Whether the schema uses keywords that we know and support, and no others; false with an error set. */
bool check_keywords(struct compiler *c, const json_t *schema);

/* Constrains nothing: "title" and its like. */
bool is_annotation(const char *keyword);

/* The types a schema allows: as stated, else those its keywords are about; 0 (error set) when that is malformed. */
unsigned schema_types(struct compiler *c, const json_t *schema);

/* The type of a value. */
unsigned value_type(const json_t *value);

/* Whether no value at all can satisfy both; when in doubt, no. */
bool are_disjoint(struct compiler *c, const json_t *a, const json_t *b, int deep);

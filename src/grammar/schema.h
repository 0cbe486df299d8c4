/*
 * JSON Schema (the parts that drafts 4 to 2020-12 have in common) compiled to
 * rules of a machine.
 *
 * What is supported, and in which form values are written, is in
 * docs/structured-output.md.  A keyword that we cannot hold a model to is refused
 * by name and place; nothing is passed over but annotations.
 */
#pragma once

#include "base/json.h"
#include "grammar/rules.h"

#define SCHEMA_DEEP_MAX   100          /* schemas within schemas */
#define SCHEMA_COUNT_MAX  4096u        /* subschemas */
#define SCHEMA_CHOICE_MAX 256u         /* alternatives of one anyOf or oneOf */
#define SCHEMA_ENUM_MAX   10000u       /* values of one enum */
#define SCHEMA_ITEMS_MAX  10000u       /* of minItems, maxItems and their like */
#define SCHEMA_WORK_MAX   60000000u    /* steps of building all automata of a grammar: some tenths of a second */

/*
 * Where the rule for a schema's values begins; MACHINE_NONE and an error that names
 * the keyword and its place when there is none.  References are to places within
 * `schema` itself, which must outlive the call only.
 */
uint32_t schema_compile(struct rules *rules, const json_t *schema, struct error *err);

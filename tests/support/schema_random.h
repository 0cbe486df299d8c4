/* Schemas at random, and values of a schema at random: the other side of the grammar's tests. */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* A schema that the grammar supports; its $defs refer to themselves now and then. */
json_t *random_schema(uint64_t *seed);

/* A value that satisfies it, members in the schema's order; NULL when none was found. */
json_t *random_value(uint64_t *seed, const json_t *root, const json_t *schema, int deep);

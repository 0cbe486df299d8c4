/*
 * The parameters of a tool, as a vendor takes them.
 *
 * Claude and OpenAI want the schema of an object at the top, and refuse a whole request for
 * alternatives there (oneOf, anyOf, allOf; OpenAI also for enum and not), while anything goes further down.  So
 * what stands at the top is opened: references are followed, parts of allOf joined, properties of
 * alternatives laid side by side, and required is what each of them requires.  What is then allowed and
 * was not is said in the schema's description, in the words of the original: nothing is widened in
 * silence.  Nothing is narrowed, but that what some alternatives say of a property then holds for
 * those that do not name it.
 *
 * Pure.
 */
#pragma once

#include "provider/writer.h"

/*
 * New, for a schema with one of `refused` (ended by NULL; NULL: nothing is) at its top, or none of an object's;
 * NULL where it can go as it is.
 */
json_t *parameters_open(const json_t *schema, const char *const *refused);

/*
 * Writes the one that is told by JSON text, in today's words (provider/schema_draft.h) where something is
 * refused at all; `otherwise` where it is empty.
 */
void parameters_put(struct writer *w, struct str schema, const char *otherwise, const char *const *refused);

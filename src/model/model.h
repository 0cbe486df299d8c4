/*
 * A model with everything needed to answer a conversation: weights, tokenizer
 * and chat template.
 *
 * Shared and read-only after model_open(); any thread.  Reference-counted.
 */
#pragma once

#include "model/engine.h"
#include "text/template.h"

struct model;
struct constraints;

struct model_options {
	struct engine_options engine;
	const char *cache_dir;        /* for the tokenizer's compact copy; NULL: none */
};

/* From a folder as model/files.h describes it; seconds for a large model. */
struct model *model_open(const char *folder, const struct model_options *options, struct error *err) must_use;

struct model *model_share(struct model *m);
void model_release(struct model *m);    /* accepts NULL */

static inline void model_release_ptr(struct model **m) { model_release(*m); }
#define own_model owns(model_release_ptr) struct model

struct engine *model_engine(const struct model *m);
const struct tokenizer *model_tokenizer(const struct model *m);

/* How it writes tool calls. */
const struct dialect *model_dialect(const struct model *m);

/* Whether its answers begin with thoughts. */
enum template_thinking model_thinks(const struct model *m);

/* Whether an answer ends with this token: the model's own end tokens, and the template's end of a turn. */
bool model_is_end(const struct model *m, int32_t token);

/*
 * The tokens of a conversation up to where the answer begins.  Message texts are
 * plain text, whatever they look like; without `with_tools` the chat's tools are
 * left out.
 */
bool model_encode(const struct model *m, const struct chat *chat, bool with_tools, struct tokens *out,
		  struct error *err) must_use;

/* Grammars and masks kept for model/constraint.h; from the thread that generates. */
struct constraints *model_constraints(const struct model *m);

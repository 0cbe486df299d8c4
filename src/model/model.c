#include "model/model.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "model/constraint.h"

enum { PROMPT_MAX_BYTES = 16 << 20 };

struct model {
	atomic_uint references;
	struct engine *engine;
	struct tokenizer *tokenizer;
	const struct template *family;
	int32_t turn_end;             /* -1: none */
	struct constraints *constraints;
};

/* The small files first: what is wrong with them is known at once. */
struct model *model_open(const char *folder, const struct model_options *options, struct error *err)
{
	own_model *m = mem_zeroed(1, sizeof *m);

	atomic_init(&m->references, 1);
	m->constraints = constraints_create();
	if (!(m->family = template_find(folder, err)) ||
	    !(m->tokenizer = tokenizer_open(folder, options->cache_dir, err)) ||
	    !(m->engine = engine_open(folder, &options->engine, err)))
		return NULL;
	m->turn_end = m->family->end ? tokenizer_find(m->tokenizer, str_of(m->family->end)) : -1;
	return take(m);
}

struct model *model_share(struct model *m)
{
	atomic_fetch_add(&m->references, 1);
	return m;
}

void model_release(struct model *m)
{
	if (!m || atomic_fetch_sub(&m->references, 1) > 1)
		return;
	constraints_destroy(m->constraints);
	engine_release(m->engine);
	tokenizer_destroy(m->tokenizer);
	free(m);
}

struct engine *model_engine(const struct model *m) { return m->engine; }
const struct tokenizer *model_tokenizer(const struct model *m) { return m->tokenizer; }

const struct dialect *model_dialect(const struct model *m)
{
	return m->family->dialect ? m->family->dialect : &dialect_hermes;
}

struct constraints *model_constraints(const struct model *m) { return m->constraints; }

enum template_thinking model_thinks(const struct model *m) { return m->family->thinks; }

bool model_is_end(const struct model *m, int32_t token)
{
	return token == m->turn_end || engine_is_end(m->engine, token);
}

bool model_encode(const struct model *m, const struct chat *chat, bool with_tools, struct tokens *out,
	struct error *err)
{
	own_prompt prompt = PROMPT_INIT(PROMPT_MAX_BYTES);
	struct chat shown = *chat;    /* a view: owns nothing */

	if (!with_tools)
		shown.tool_count = 0;
	return template_render(m->family, &shown, true, &prompt, err) && prompt_encode(&prompt, m->tokenizer, out, err);
}

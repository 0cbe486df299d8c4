#include "grammar/grammar.h"

#include <stdatomic.h>

#include "base/mem.h"
#include "grammar/schema.h"

struct grammar {
	atomic_uint references;
	struct graph graph;
	struct rules rules;
};

static struct grammar *create(void)
{
	struct grammar *g = mem_zeroed(1, sizeof *g);

	atomic_init(&g->references, 1);
	graph_init(&g->graph);
	rules_init(&g->rules, &g->graph);
	return g;
}

struct grammar *grammar_share(struct grammar *g)
{
	atomic_fetch_add(&g->references, 1);
	return g;
}

void grammar_release(struct grammar *g)
{
	if (!g || atomic_fetch_sub(&g->references, 1) > 1)
		return;
	graph_done(&g->graph);
	free(g);
}

const struct graph *grammar_graph(const struct grammar *g) { return &g->graph; }

static bool finish(struct grammar *g, struct error *err)
{
	static const char *const reasons[] = {
		[GRAPH_EMPTY] = "nothing can satisfy it",
		[GRAPH_ENDLESS] = "it refers to itself without anything in between",
		[GRAPH_FULL] = "it needs too large a grammar; make it smaller",
	};
	enum graph_verdict verdict = graph_finish(&g->graph);

	return verdict == GRAPH_GOOD || error_set(err, ERROR_INVALID, "%s", reasons[verdict]);
}

/* The values of a schema, then return. */
static uint32_t values_of(struct grammar *g, const json_t *schema, struct error *err)
{
	return schema ? schema_compile(&g->rules, schema, err) : rule_start(&g->rules, RULE_OBJECT);
}

struct grammar *grammar_of_schema(const json_t *schema, struct error *err)
{
	own_grammar *g = create();
	uint32_t start = values_of(g, schema, err);

	if (start == GRAPH_NONE)
		return NULL;
	g->graph.start = start;
	return finish(g, err) ? take(g) : NULL;
}

/* ---- Calls ---- */

/* The longest control token that stands at the beginning of a text; 0: none does. */
static size_t control_at(const struct tokenizer *t, struct str text, int32_t *token)
{
	enum { NAME_MAX_BYTES = 64 };
	struct token_control control;

	for (size_t n = text.n < NAME_MAX_BYTES ? text.n : NAME_MAX_BYTES; n > 1; n--)
		if (tokenizer_control(t, (struct str){ text.p, n }, &control) && tokenizer_is_control(t, control.id)) {
			*token = control.id;
			return n;
		}
	return 0;
}

/* Text of a form: bytes and control tokens. */
static uint32_t form_text(struct graph *g, const struct tokenizer *t, uint32_t from, struct str text)
{
	while (text.n) {
		int32_t token;
		size_t n = control_at(t, text, &token);
		uint32_t to = graph_state(g);
		if (n)
			graph_token(g, from, token, to);
		else
			graph_byte(g, from, text.p[0], to);
		text = str_from(text, n ? n : 1);
		from = to;
	}
	return from;
}

static bool put_name(struct buf *out, const struct grammar_form *form, struct str name, struct error *err)
{
	own_buf quoted = BUF_INIT(1 << 16);

	if (!form->quoted)
		return buf_add_str(out, name, err);
	if (!json_write_string(&quoted, name, err))
		return false;
	return buf_add(out, quoted.data + 1, quoted.len - 2, err);
}

/* One call of one tool: returns the state behind it, or GRAPH_NONE. */
static uint32_t call_of(struct grammar *g, const struct grammar_form *form, const struct grammar_tool *tool,
	const struct tokenizer *t, uint32_t from, struct error *err)
{
	own_buf name = BUF_INIT(1 << 16);
	uint32_t arguments = values_of(g, tool->schema, err), behind = graph_state(&g->graph);

	if (arguments == GRAPH_NONE || !put_name(&name, form, tool->name, err))
		return GRAPH_NONE;
	uint32_t named = graph_text(&g->graph, from, buf_str(&name));
	graph_call(&g->graph, form_text(&g->graph, t, named, form->before_arguments), arguments, behind);
	return form_text(&g->graph, t, behind, form->behind);
}

struct grammar *grammar_of_calls(const struct grammar_form *form, const struct grammar_tool *tools, size_t count, bool many,
	const struct tokenizer *tokenizer, struct error *err)
{
	own_grammar *g = create();
	uint32_t first = graph_state(&g->graph), done = graph_state(&g->graph);

	g->graph.start = graph_state(&g->graph);
	graph_jump(&g->graph, form_text(&g->graph, tokenizer, g->graph.start, form->begin), first);
	uint32_t named = form_text(&g->graph, tokenizer, first, form->before_name);
	for (size_t i = 0; i < count; i++) {
		uint32_t behind = call_of(g, form, &tools[i], tokenizer, named, err);
		if (behind == GRAPH_NONE) {
			error_prefix(err, "tool %zu", i);
			return NULL;
		}
		graph_jump(&g->graph, behind, done);
	}
	if (many)
		graph_jump(&g->graph, form_text(&g->graph, tokenizer, done, form->between), first);
	graph_return(&g->graph, form_text(&g->graph, tokenizer, done, form->end));
	return finish(g, err) ? take(g) : NULL;
}

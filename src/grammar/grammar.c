#include "grammar/grammar.h"

#include "base/mem.h"
#include "grammar/schema.h"

struct grammar {
	struct machine machine;
	struct rules rules;
};

static struct grammar *create(void)
{
	struct grammar *g = mem_zeroed(1, sizeof *g);

	machine_init(&g->machine);
	rules_init(&g->rules, &g->machine);
	return g;
}

void grammar_destroy(struct grammar *g)
{
	if (!g)
		return;
	machine_done(&g->machine);
	free(g);
}

const struct machine *grammar_machine(const struct grammar *g) { return &g->machine; }

static bool finish(struct grammar *g, struct error *err)
{
	static const char *const reasons[] = {
		[MACHINE_EMPTY] = "nothing can satisfy it",
		[MACHINE_ENDLESS] = "it refers to itself without anything in between",
		[MACHINE_FULL] = "it needs too large a grammar; make it smaller",
	};
	enum machine_verdict verdict = machine_finish(&g->machine);

	return verdict == MACHINE_GOOD || error_set(err, ERROR_INVALID, "%s", reasons[verdict]);
}

/* The values of a schema, then return. */
static uint32_t values_of(struct grammar *g, const json_t *schema, struct error *err)
{
	return schema ? schema_compile(&g->rules, schema, err) : rule_start(&g->rules, RULE_OBJECT);
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
static uint32_t form_text(struct machine *g, const struct tokenizer *t, uint32_t from, struct str text)
{
	while (text.n) {
		int32_t token;
		size_t n = control_at(t, text, &token);
		uint32_t to = machine_state(g);
		if (n)
			machine_token(g, from, token, to);
		else
			machine_byte(g, from, text.p[0], to);
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

/* One call of one tool: returns the state behind it, or MACHINE_NONE. */
static uint32_t call_of(struct grammar *g, const struct grammar_form *form, const struct grammar_tool *tool,
	const struct tokenizer *t, uint32_t from, struct error *err)
{
	own_buf name = BUF_INIT(1 << 16);
	uint32_t arguments = values_of(g, tool->schema, err), behind = machine_state(&g->machine);

	if (arguments == MACHINE_NONE || !put_name(&name, form, tool->name, err))
		return MACHINE_NONE;
	uint32_t named = machine_text(&g->machine, from, buf_str(&name));
	machine_call(&g->machine, form_text(&g->machine, t, named, form->before_arguments), arguments, behind);
	return form_text(&g->machine, t, behind, form->behind);
}

int32_t grammar_form_token(const struct grammar_form *form, const struct tokenizer *tokenizer)
{
	int32_t token = -1;

	(void)control_at(tokenizer, form->begin.n ? form->begin : form->before_name, &token);
	return token;
}

/* Calls, from a state to a state; *wrong is the tool at hand. */
static bool add_calls(struct grammar *g, const struct grammar_wish *wish, uint32_t from, uint32_t to, int *wrong,
	struct error *err)
{
	const struct grammar_form *form = wish->form;
	const struct tokenizer *t = wish->tokenizer;
	uint32_t first = machine_state(&g->machine), done = machine_state(&g->machine);

	machine_jump(&g->machine, form_text(&g->machine, t, from, form->begin), first);
	uint32_t named = form_text(&g->machine, t, first, form->before_name);
	for (size_t i = 0; i < wish->tool_count; i++) {
		*wrong = (int)i;
		uint32_t behind = call_of(g, form, &wish->tools[i], t, named, err);
		if (behind == MACHINE_NONE)
			return false;
		machine_jump(&g->machine, behind, done);
	}
	*wrong = -1;
	if (wish->many)
		machine_jump(&g->machine, form_text(&g->machine, t, done, form->between), first);
	machine_jump(&g->machine, form_text(&g->machine, t, done, form->end), to);
	return true;
}

struct grammar *grammar_create(const struct grammar_wish *wish, int *wrong, struct error *err)
{
	own_grammar *g = create();
	uint32_t start = machine_state(&g->machine), end = machine_state(&g->machine);
	uint32_t calls = machine_state(&g->machine);

	*wrong = -1;
	g->machine.start = start;
	machine_return(&g->machine, end);
	if (wish->values) {
		uint32_t values = values_of(g, wish->schema, err);
		if (values == MACHINE_NONE)
			return NULL;
		machine_jump(&g->machine, start, values);
	}
	if (wish->tool_count) {
		machine_jump(&g->machine, start, calls);
		if (!add_calls(g, wish, calls, end, wrong, err))
			return NULL;
	}
	return finish(g, err) ? take(g) : NULL;
}

struct grammar *grammar_of_schema(const json_t *schema, struct error *err)
{
	const struct grammar_wish wish = { .values = true, .schema = schema };
	int wrong;

	return grammar_create(&wish, &wrong, err);
}

#include "model/constraint.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "grammar/grammar.h"
#include "grammar/matcher.h"

enum { KEPT = 8, KEY_MAX = 64 << 20 };

/* A compiled grammar with its masks. */
struct kept {
	char *key;                     /* what it was compiled from */
	size_t key_size;
	struct grammar *grammar;
	struct masks masks;
	size_t users;                  /* answers under way */
	uint64_t used;                 /* when last, by the count of uses */
};

struct constraints {
	struct vocabulary_trie *vocabulary; /* made when first needed */
	int32_t *ends;
	size_t end_count, bits;
	struct kept **kept;
	size_t kept_count;
	uint64_t uses;
};

enum phase {
	MAY_THINK,                     /* the first token decides */
	THINKS,
	HAS_THOUGHT,                   /* a blank line may follow */
	FREE,                          /* until a call is opened */
	TRIED,                         /* perhaps in a call: its beginning is no token of its own */
	HELD,
};

struct constraint {
	struct constraints *all;
	struct kept *kept;
	struct matcher *matcher;       /* while tried or held */
	enum phase phase;
	bool always;                   /* held from the beginning to the end */
	bool begun;                    /* text has come */
	int32_t think_begin, think_end, blank_line;
	int32_t opening;               /* token that a call begins with; -1: it begins with text */
	int32_t announcing;            /* token after which that text comes; -1: none */
	size_t tried, certain;         /* bytes matched so far; from which on it is a call */
	uint32_t *widened;             /* the mask with one token more */
};

/* ---- The form of calls ---- */

static struct str text_of(const char *s) { return s ? str_of(s) : (struct str)STR(""); }

static struct grammar_form form_of(const struct dialect *d)
{
	return (struct grammar_form){
		.begin = text_of(d->begin), .before_name = text_of(d->before_name),
		.before_arguments = text_of(d->before_arguments), .behind = text_of(d->behind),
		.between = text_of(d->between), .end = text_of(d->end),
		.quoted = d->before_arguments && d->before_arguments[0] == '"',
	};
}

/* ---- What a request asks for ---- */

struct wanted {
	struct grammar_wish wish;
	struct grammar_form form;
	struct grammar_tool *tools;
	const struct tool **given;     /* the request's, beside */
	json_t *schemas;               /* owned: of the values, then of each tool */
	bool always;
};

static void wanted_done(struct wanted *w)
{
	free(w->tools);
	free(w->given);
	json_decref(w->schemas);
}

static bool is_choosable(const struct request *r, const struct tool *t)
{
	return r->tool_choice != TOOLS_NAMED || str_equal(r->named_tool, t->name);
}

static json_t *parse_schema(struct wanted *w, struct str text, struct error *err)
{
	json_t *schema = json_parse(text, "schema", err);

	if (schema)
		json_array_append_new(w->schemas, schema);
	return schema;
}

static bool want_tools(struct wanted *w, const struct request *r, struct error *err)
{
	w->tools = mem_zeroed(r->chat.tool_count + 1, sizeof *w->tools);
	w->given = mem_zeroed(r->chat.tool_count + 1, sizeof *w->given);
	for (size_t i = 0; i < r->chat.tool_count; i++) {
		const struct tool *t = &r->chat.tools[i];
		if (!is_choosable(r, t))
			continue;
		w->given[w->wish.tool_count] = t;
		struct grammar_tool *tool = &w->tools[w->wish.tool_count++];
		*tool = (struct grammar_tool){ t->name, parse_schema(w, t->schema, err) };
		if (!tool->schema)
			return false;
	}
	w->wish.tools = w->tools;
	return true;
}

/* In an answer that is otherwise free, calls that do not stand in a list are held one by one. */
static bool wants_many(const struct request *r, const struct dialect *d, bool always)
{
	return !r->one_call && (always || (d->end && *d->end));
}

static bool want(struct wanted *w, const struct request *r, const struct model *m, struct error *err)
{
	const struct dialect *d = model_dialect(m);
	bool forced = r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_NAMED;

	*w = (struct wanted){ .schemas = json_array(), .form = form_of(d), .always = forced || r->form != FORM_FREE };
	w->wish.tokenizer = model_tokenizer(m);
	w->wish.form = &w->form;
	w->wish.values = r->form != FORM_FREE && !forced;
	if (w->wish.values && r->form == FORM_SCHEMA && !(w->wish.schema = parse_schema(w, r->form_schema, err)))
		return false;
	if (r->tool_choice != TOOLS_NONE && r->chat.tool_count && !want_tools(w, r, err))
		return false;
	w->wish.many = wants_many(r, d, w->always);
	return true;
}

/* Who may choose freely gets tools with schemas that we cannot keep, for any JSON object. */
static bool is_lenient(const struct request *r, const struct tool *t)
{
	return r->tool_choice == TOOLS_AUTO && !t->strict;
}

/* The first tool, from `i` on, whose schema cannot be kept and need not be; tool_count when there is none. */
static size_t next_hopeless(const struct wanted *w, const struct request *r, size_t i)
{
	for (; i < w->wish.tool_count; i++) {
		struct error err = {0};
		if (!is_lenient(r, w->given[i]))
			continue;
		own_grammar *alone = grammar_of_schema(w->tools[i].schema, &err);
		if (!alone)
			return i;
	}
	return i;
}

/* Together they may be too large though each of them is not; then those that may go without do. */
static struct grammar *compile(struct wanted *w, const struct request *r, struct error *err)
{
	struct error why = {0};
	int wrong;

	for (size_t i = next_hopeless(w, r, 0); i < w->wish.tool_count; i = next_hopeless(w, r, i + 1))
		w->tools[i].schema = NULL;
	struct grammar *g = grammar_create(&w->wish, &wrong, &why);
	for (size_t i = 0; !g && i < w->wish.tool_count; i++)
		if (is_lenient(r, w->given[i]))
			w->tools[i].schema = NULL;
	if (!g)
		g = grammar_create(&w->wish, &wrong, err);
	if (!g)
		error_prefix(err, wrong < 0 ? "response_format" : "tools");
	return g;
}

/* ---- Kept grammars ---- */

static void kept_destroy(struct kept *k)
{
	masks_done(&k->masks);
	grammar_destroy(k->grammar);
	free(k->key);
	free(k);
}

struct constraints *constraints_create(void)
{
	return mem_zeroed(1, sizeof(struct constraints));
}

void constraints_destroy(struct constraints *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->kept_count; i++)
		kept_destroy(all->kept[i]);
	free(all->kept);
	free(all->ends);
	vocabulary_trie_destroy(all->vocabulary);
	free(all);
}

/* The vocabulary and the tokens that end an answer. */
static void prepare(struct constraints *all, const struct model *m)
{
	size_t logits = engine_info(model_engine(m))->vocabulary, tokens = tokenizer_size(model_tokenizer(m));

	if (all->vocabulary)
		return;
	all->vocabulary = vocabulary_trie_create(model_tokenizer(m));
	all->bits = logits > tokens ? logits : tokens;
	all->ends = mem_zeroed(all->bits, sizeof *all->ends);
	for (size_t id = 0; id < all->bits; id++)
		if (model_is_end(m, (int32_t)id))
			all->ends[all->end_count++] = (int32_t)id;
}

static bool put(struct buf *key, struct str text, struct error *err)
{
	return buf_addf(key, err, "%zu ", text.n) && buf_add_str(key, text, err);
}

/* All that a grammar depends on, in one text. */
static bool write_key(struct buf *key, const struct request *r, const struct wanted *w, struct error *err)
{
	bool ok = buf_addf(key, err, "%d %d %d ", w->wish.values ? (int)r->form : -1, (int)r->tool_choice,
		w->wish.many) &&
		put(key, r->form_schema, err);

	for (size_t i = 0; ok && i < w->wish.tool_count; i++)
		ok = buf_addf(key, err, "%d ", w->given[i]->strict) && put(key, w->given[i]->name, err) &&
			put(key, w->given[i]->schema, err);
	return ok;
}

static struct kept **oldest_unused(struct constraints *all)
{
	struct kept **oldest = NULL;

	for (size_t i = 0; i < all->kept_count; i++)
		if (!all->kept[i]->users && (!oldest || all->kept[i]->used < (*oldest)->used))
			oldest = &all->kept[i];
	return oldest;
}

/* Those unused for longest go when there are too many: more than one where many were in use at once. */
static void make_room(struct constraints *all)
{
	for (struct kept **oldest; all->kept_count >= KEPT && (oldest = oldest_unused(all));) {
		kept_destroy(*oldest);
		*oldest = all->kept[--all->kept_count];
	}
}

static struct kept *keep(struct constraints *all, struct buf *key, struct grammar *g)
{
	struct kept *k = mem_zeroed(1, sizeof *k);

	make_room(all);
	k->key = buf_detach(key, &k->key_size);
	k->grammar = g;
	masks_init(&k->masks, all->vocabulary, grammar_machine(g));
	all->kept = mem_resize(all->kept, all->kept_count + 1, sizeof(struct kept *));
	return all->kept[all->kept_count++] = k;
}

static struct kept *find_kept(struct constraints *all, const struct request *r, struct wanted *w, struct error *err)
{
	own_buf key = BUF_INIT(KEY_MAX);

	if (!write_key(&key, r, w, err))
		return NULL;
	for (size_t i = 0; i < all->kept_count; i++) {
		struct kept *k = all->kept[i];
		if (k->key_size == key.len && memcmp(k->key, key.data, key.len) == 0)
			return k;
	}
	struct grammar *g = compile(w, r, err);
	return g ? keep(all, &key, g) : NULL;
}

/* ---- Life ---- */

static bool constrains(const struct request *r)
{
	return r->form != FORM_FREE || (r->tool_choice != TOOLS_NONE && r->chat.tool_count > 0);
}

static void hold(struct constraint *c, enum phase phase)
{
	matcher_destroy(c->matcher);
	c->matcher = matcher_create(&c->kept->masks, c->all->ends, c->all->end_count, c->all->bits);
	c->phase = phase;
	c->tried = 0;
}

static void begin_answer(struct constraint *c)
{
	c->phase = FREE;
	if (c->always)
		hold(c, HELD);
}

static void find_tokens(struct constraint *c, const struct model *m, const struct wanted *w)
{
	const struct tokenizer *t = model_tokenizer(m);
	const char *open = model_dialect(m)->forms[0].open;

	c->think_begin = tokenizer_find(t, (struct str)STR("<think>"));
	c->think_end = tokenizer_find(t, (struct str)STR("</think>"));
	c->blank_line = tokenizer_find(t, (struct str)STR("\n\n"));
	c->opening = grammar_form_token(&w->form, t);
	c->announcing = c->opening < 0 && open && *open ? tokenizer_find(t, str_of(open)) : -1;
	c->certain = w->form.begin.n + w->form.before_name.n;
}

bool constraint_create(struct model *m, const struct request *r, struct constraint **out, struct error *err)
{
	struct wanted w owns(wanted_done) = {0};
	struct constraints *all = model_constraints(m);

	*out = NULL;
	if (!constrains(r))
		return true;
	if (!want(&w, r, m, err))
		return false;
	prepare(all, m);
	struct kept *k = find_kept(all, r, &w, err);
	if (!k)
		return false;
	struct constraint *c = mem_zeroed(1, sizeof *c);
	c->all = all;
	c->kept = k;
	c->always = w.always;
	k->users++;
	k->used = ++all->uses;
	find_tokens(c, m, &w);
	begin_answer(c);
	if (c->think_end >= 0 && model_thinks(m) == THINKS_FIRST)
		c->phase = THINKS;
	else if (c->think_begin >= 0 && model_thinks(m) == THINKS_MAYBE && !r->chat.no_thoughts)
		c->phase = MAY_THINK;
	*out = c;
	return true;
}

void constraint_destroy(struct constraint *c)
{
	if (!c)
		return;
	matcher_destroy(c->matcher);
	c->kept->users--;
	free(c->widened);
	free(c);
}

/* ---- Tokens ---- */

/* The mask of what may come now, and one token besides. */
static const uint32_t *with_token(struct constraint *c, const uint32_t *bits, int32_t token)
{
	size_t words = (c->all->bits + 31) / 32;

	if (token < 0)
		return bits;
	if (!c->widened)
		c->widened = mem_zeroed(words, sizeof *c->widened);
	memcpy(c->widened, bits, words * sizeof *bits);
	c->widened[token / 32] |= 1u << token % 32;
	return c->widened;
}

const uint32_t *constraint_allowed(struct constraint *c)
{
	if (!c || c->phase == THINKS || c->phase == FREE || c->phase == TRIED || !c->matcher)
		return NULL;
	const uint32_t *bits = matcher_allowed(c->matcher);
	return c->phase == HELD ? bits : with_token(c, bits, c->phase == MAY_THINK ? c->think_begin : c->blank_line);
}

/* A call that is complete leaves the rest free. */
static void end_call(struct constraint *c)
{
	if (c->always || !matcher_must_end(c->matcher))
		return;
	matcher_destroy(take(c->matcher));
	c->phase = FREE;
}

static bool accept_held(struct constraint *c, int32_t token, struct error *err)
{
	if (!matcher_accept(c->matcher, token))
		return error_set(err, ERROR_INTERNAL, "a token was picked that its form does not allow");
	end_call(c);
	return true;
}

static void accept_tried(struct constraint *c, int32_t token)
{
	if (!matcher_accept(c->matcher, token)) {
		matcher_destroy(take(c->matcher));
		c->phase = FREE;
		return;
	}
	c->tried += tokenizer_bytes(c->all->vocabulary->tokenizer, token).n;
	if (c->tried >= c->certain)
		c->phase = HELD;
	end_call(c);
}

/* Whether a call begins with this token, or may. */
static bool accept_free(struct constraint *c, int32_t token, struct error *err)
{
	bool first = !c->begun;

	c->begun = true;
	if (c->opening >= 0 && token == c->opening) {
		hold(c, HELD);
		return accept_held(c, token, err);
	}
	if (token == c->announcing && token >= 0) {
		hold(c, TRIED);
	} else if (c->opening < 0 && first) {
		hold(c, TRIED);
		accept_tried(c, token);
	}
	return true;
}

bool constraint_accept(struct constraint *c, int32_t token, struct error *err)
{
	if (!c)
		return true;
	if (c->phase == MAY_THINK && token == c->think_begin) {
		c->phase = THINKS;
		return true;
	}
	if (c->phase == THINKS) {
		c->phase = token == c->think_end ? HAS_THOUGHT : THINKS;
		return true;
	}
	bool blank = c->phase == HAS_THOUGHT && token == c->blank_line;
	if (c->phase == MAY_THINK || c->phase == HAS_THOUGHT)
		c->phase = c->always ? HELD : FREE;
	if (blank)
		return true;
	if (c->phase == TRIED) {
		accept_tried(c, token);
		return true;
	}
	return c->phase == FREE ? accept_free(c, token, err) : accept_held(c, token, err);
}

size_t constraint_guess(struct constraint *c, int32_t *out, size_t most)
{
	char text[256];
	size_t n = c && c->phase == HELD && most ? matcher_forced(c->matcher, text, sizeof text) : 0;
	own_tokens tokens = TOKENS_INIT(sizeof text);
	struct error err = {0};

	n -= utf8_incomplete_tail(text, n);
	if (!n || !tokenizer_encode(c->all->vocabulary->tokenizer, (struct str){ text, n }, TOKENS_INSIDE, &tokens,
		&err))
		return 0;
	n = tokens.count < most ? tokens.count : most;
	memcpy(out, tokens.ids, n * sizeof *out);
	return n;
}

bool constraint_must_end(const struct constraint *c)
{
	return c && c->always && c->phase == HELD && matcher_must_end(c->matcher);
}

/* ---- Without a model ---- */

static bool check_schema(struct str text, struct error *err)
{
	own_json *schema = json_parse(text, "schema", err);
	own_grammar *g = schema ? grammar_of_schema(schema, err) : NULL;

	return g != NULL;
}

bool constraint_check(const struct request *r, char *param, size_t size, struct error *err)
{
	snprintf(param, size, "response_format.json_schema.schema");
	if (r->form == FORM_SCHEMA && !check_schema(r->form_schema, err))
		return false;
	for (size_t i = 0; r->tool_choice != TOOLS_NONE && i < r->chat.tool_count; i++) {
		const struct tool *t = &r->chat.tools[i];
		snprintf(param, size, "tools[%zu].function.parameters", i);
		if (is_choosable(r, t) && !is_lenient(r, t) && !check_schema(t->schema, err))
			return false;
	}
	return true;
}

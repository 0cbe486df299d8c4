/*
 * A token's way out: bytes → whole characters (token_stream) → without stop
 * strings (stopper) → thoughts apart (thoughts) → tool calls taken out (toolcall)
 * → deltas.  Each stage may hold something back; log-probabilities wait until the
 * next text goes out.
 */
#include "model/generation.h"

#include <assert.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "model/constraint.h"
#include "model/guess.h"
#include "model/sampler.h"
#include "model/stopper.h"
#include "text/thoughts.h"
#include "text/toolcall.h"

enum {
	PROMPT_MAX_TOKENS = 1 << 22, /* that we count before giving up */
	TOKEN_TEXT_MAX = 1 << 20,
};

/* A token whose text has not gone out. */
struct ranked {
	struct token_logprob rivals[TOP_LOGPROBS_MAX];
};

struct generation {
	struct model *model;
	delta_fn *on_delta;
	void *user;

	struct tokens prompt;
	size_t shared;                     /* tokens of the prompt that other conversations begin with; 0: not known */
	size_t made, most;                 /* tokens of the answer; at most */
	uint64_t begun_ns, read_ns;        /* when the prompt was begun, and all read */
	struct sampler *sampler;
	struct constraint *constraint;     /* NULL: none */
	struct timeline *timeline;         /* borrowed */

	struct guesser *guesser;           /* NULL: no guesses */
	size_t most_guesses, guess_count;
	int32_t guesses[GUESSES_MAX];      /* behind the last token on the timeline, not known to be right */
	bool forced;                       /* those come from the constraint, and say nothing about the guesser */
	size_t drafted, accepted;          /* of all steps */

	struct token_stream stream;
	struct buf text;                   /* of the token at hand */
	struct stopper *stopper;
	bool takes_calls, one_call, thinks;
	struct thoughts thoughts;
	struct toolcall toolcall;
	size_t calls;
	bool drops_call;                   /* the call at hand is one too many */
	bool ended;

	struct token_logprob *logprobs;    /* waiting for text */
	struct ranked *ranked;
	size_t logprob_count, logprob_room;
};

/* ---- Deltas ---- */

static bool send_text(struct generation *g, struct str text, struct error *err)
{
	struct delta d = delta_text(text);

	for (size_t i = 0; i < g->logprob_count; i++)
		if (g->logprobs[i].rival_count)
			g->logprobs[i].rivals = g->ranked[i].rivals;
	d.logprobs = g->logprob_count ? g->logprobs : NULL;
	d.logprob_count = g->logprob_count;
	g->logprob_count = 0;
	return g->on_delta(g->user, &d, err);
}

static bool emit_text(void *user, struct str text, struct error *err)
{
	struct generation *g = user;

	return text.n == 0 || (g->one_call && g->calls) || send_text(g, text, err);
}

/* The last tokens may have made no text at all; their log-probabilities are owed all the same. */
static bool emit_owed(struct generation *g, struct error *err)
{
	return !g->logprob_count || g->calls || send_text(g, (struct str)STR(""), err);
}

/* "call_" and 24 random letters and digits, as OpenAI's look. */
static bool make_call_id(char id[30], struct error *err)
{
	static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char random[24];

	if (getentropy(random, sizeof random) < 0)
		return error_errno(err, "cannot get random numbers from the system");
	memcpy(id, "call_", 5);
	for (size_t i = 0; i < sizeof random; i++)
		id[5 + i] = signs[random[i] % (sizeof signs - 1)];
	id[29] = '\0';
	return true;
}

static bool emit_call(void *user, struct str name, struct error *err)
{
	struct generation *g = user;
	char id[30];

	g->drops_call = g->one_call && g->calls;
	if (g->drops_call)
		return true;
	g->logprob_count = 0;              /* of the call's tokens: they are no text */
	if (!make_call_id(id, err))
		return false;
	struct delta call = { .kind = DELTA_CALL, .call = g->calls, .id = str_of(id), .name = name };
	g->calls++;
	return g->on_delta(g->user, &call, err);
}

static bool emit_arguments(void *user, struct str piece, struct error *err)
{
	struct generation *g = user;
	struct delta d = { .kind = DELTA_ARGUMENTS, .call = g->calls - 1, .text = piece };

	g->logprob_count = 0;
	return g->drops_call || g->on_delta(g->user, &d, err);
}

static bool emit_thought(void *user, struct str text, struct error *err)
{
	struct generation *g = user;
	struct delta d = { .kind = DELTA_THOUGHT, .text = text };

	g->logprob_count = 0;              /* of thoughts: they are no part of the answer */
	return g->on_delta(g->user, &d, err);
}

static bool pass_answer(void *user, struct str text, struct error *err)
{
	struct generation *g = user;

	return g->takes_calls ? toolcall_feed(&g->toolcall, text, err) : emit_text(g, text, err);
}

static bool pass_on(struct generation *g, struct str text, struct error *err)
{
	return g->thinks ? thoughts_feed(&g->thoughts, text, err) : pass_answer(g, text, err);
}

/* What has become whole characters goes on; *stopped when a stop string is complete. */
static bool drain(struct generation *g, bool *stopped, struct error *err)
{
	struct str free_text;

	*stopped = stopper_feed(g->stopper, buf_str(&g->text), &free_text);
	buf_clear(&g->text);
	return pass_on(g, free_text, err);
}

/* What the stages still hold, unless a stop string has cut it off. */
static bool flush(struct generation *g, bool stopped, struct error *err)
{
	if (!stopped && (!token_stream_finish(&g->stream, &g->text, err) || !drain(g, &stopped, err)))
		return false;
	if (!stopped && !pass_on(g, stopper_end(g->stopper), err))
		return false;
	if (g->thinks && !thoughts_finish(&g->thoughts, err))
		return false;
	return !g->takes_calls || toolcall_finish(&g->toolcall, err);
}

static bool finish(struct generation *g, enum finish reason, bool stopped, struct error *err)
{
	size_t found = timeline_found(g->timeline);
	struct usage usage = {
		.prompt_tokens = g->prompt.count, .cached_tokens = found < g->prompt.count ? found : g->prompt.count,
		.completion_tokens = g->made,
		.drafted_tokens = g->drafted, .accepted_tokens = g->accepted,
		.prompt_ns = g->read_ns - g->begun_ns, .completion_ns = clock_ns() - g->read_ns,
	};

	if (!flush(g, stopped, err) || !emit_owed(g, err))
		return false;
	if (reason == FINISH_STOP && g->calls)
		reason = FINISH_TOOL_CALLS;
	g->ended = true;
	struct delta end = delta_end(reason, usage);
	return g->on_delta(g->user, &end, err);
}

/* ---- Steps ---- */

static void note_logprobs(struct generation *g, const struct pick *pick)
{
	const struct tokenizer *t = model_tokenizer(g->model);

	if (isnan(pick->logprob))
		return;
	if (g->logprob_count == g->logprob_room) {
		g->logprob_room = g->logprob_room ? 2 * g->logprob_room : 8;
		g->logprobs = mem_resize(g->logprobs, g->logprob_room, sizeof *g->logprobs);
		g->ranked = mem_resize(g->ranked, g->logprob_room, sizeof *g->ranked);
	}
	struct ranked *r = &g->ranked[g->logprob_count];
	for (size_t i = 0; i < pick->rival_count; i++)
		r->rivals[i] = (struct token_logprob){
			.text = tokenizer_bytes(t, pick->rivals[i].token), .logprob = pick->rivals[i].logprob,
		};
	g->logprobs[g->logprob_count++] = (struct token_logprob){
		.text = tokenizer_bytes(t, pick->token), .logprob = pick->logprob, .rival_count = pick->rival_count,
	};
}

/* One more token of the answer goes out; it may be the last. */
static bool add_token(struct generation *g, const struct pick *pick, struct error *err)
{
	bool stopped = false;

	g->made++;
	if (g->guesser)
		guesser_add(g->guesser, &pick->token, 1);
	note_logprobs(g, pick);
	if (!token_stream_push(&g->stream, pick->token, &g->text, err) || !drain(g, &stopped, err))
		return false;
	bool one_is_done = g->one_call && g->calls && !toolcall_is_open(&g->toolcall);
	if (stopped || one_is_done || constraint_must_end(g->constraint))
		return finish(g, FINISH_STOP, stopped, err);
	if (g->made == g->most)
		return finish(g, FINISH_LENGTH, false, err);
	return true;
}

/* `guess`: what was guessed to stand here, or NULL. */
static bool next_token(struct generation *g, float *logits, const int32_t *guess, struct pick *pick, struct error *err)
{
	if (!g->read_ns)
		g->read_ns = clock_ns();
	if (g->made == g->most)
		return finish(g, FINISH_LENGTH, false, err);
	if (!sampler_pick(g->sampler, logits, constraint_allowed(g->constraint), pick, err))
		return false;
	g->accepted += guess && *guess == pick->token;
	if (model_is_end(g->model, pick->token))
		return finish(g, FINISH_STOP, false, err);
	return constraint_accept(g->constraint, pick->token, err) && add_token(g, pick, err);
}

/* ---- Guesses ---- */

/* Puts guesses behind the token that is to be computed. */
static void add_guesses(struct generation *g)
{
	size_t left = g->most - g->made - 1, most = g->most_guesses < left ? g->most_guesses : left;
	struct error err = {0};

	g->guess_count = constraint_guess(g->constraint, g->guesses, most);
	g->forced = g->guess_count > 0;
	if (!g->forced)
		g->guess_count = guesser_propose(g->guesser, g->guesses, most);
	for (size_t i = 0; i < g->guess_count; i++)
		if (!timeline_push(g->timeline, g->guesses[i], &err))
			g->guess_count = i;      /* the context ends here */
}

/* Of the guesses that were computed, the right ones stay on the timeline. */
static void settle_guesses(struct generation *g, size_t right)
{
	if (g->guess_count == 0)
		return;
	if (!g->forced)
		guesser_judge(g->guesser, g->guess_count, right);
	timeline_truncate(g->timeline, timeline_length(g->timeline) - (g->guess_count - right));
	g->guess_count = 0;
}

/*
 * Tokens are chosen as they would be one by one, from the same logits; as long
 * as the one chosen is the one guessed, the next one's logits are there already.
 */
static bool take_tokens(struct generation *g, struct error *err)
{
	size_t right = 0, guessed = g->guess_count;
	struct pick pick;
	bool ok;

	g->drafted += guessed;             /* before the answer may end and say how many */
	for (;;) {
		const int32_t *guess = right < guessed ? &g->guesses[right] : NULL;
		ok = next_token(g, timeline_logits_at(g->timeline, guessed - right), guess, &pick, err);
		if (!ok || g->ended || !guess || pick.token != *guess)
			break;
		right++;
	}
	settle_guesses(g, right);
	return ok && (g->ended || timeline_push(g->timeline, pick.token, err));
}

/* ---- Steps ---- */

void generation_guess(struct generation *g, size_t most)
{
	g->most_guesses = most < GUESSES_MAX ? most : GUESSES_MAX;
}

size_t generation_pending(const struct generation *g)
{
	return timeline_pending(g->timeline) - g->guess_count;
}

void generation_want(struct generation *g, size_t slice, struct advance *want)
{
	/* Guesses of a run that failed are guessed again. */
	timeline_pop(g->timeline, g->guess_count);
	g->guess_count = 0;
	if (g->guesser && g->made && timeline_pending(g->timeline) == 1)
		add_guesses(g);
	*want = (struct advance){
		.timeline = g->timeline, .tokens = g->guess_count ? g->guess_count + 1 : slice,
		.logits = g->guess_count + 1,
	};
}

bool generation_take(struct generation *g, bool *ended, struct error *err)
{
	bool ok = g->ended || timeline_pending(g->timeline) || take_tokens(g, err);

	*ended = ok && g->ended;
	return ok;
}

bool generation_begin(struct generation *g, struct timeline *t, struct error *err)
{
	assert(timeline_engine(t) == model_engine(g->model));
	if (!timeline_begin(t, g->prompt.ids, g->prompt.count, err))
		return false;
	g->timeline = t;
	timeline_keep(t, g->shared);
	if (engine_info(timeline_engine(t))->prepared) {
		g->guesser = guesser_create();
		guesser_add(g->guesser, g->prompt.ids, g->prompt.count);
	}
	g->begun_ns = clock_ns();
	return true;
}

/* ---- Life ---- */

/* How many tokens the answer may have.  The wording is what clients of OpenAI's API look for. */
static bool find_most(struct generation *g, int64_t wanted, struct error *err)
{
	size_t context = engine_info(model_engine(g->model))->context, prompt = g->prompt.count;

	if (prompt >= context)
		return error_set(err, ERROR_TOO_LARGE,
			"This model's maximum context length is %zu tokens. However, your messages "
			"resulted in %zu tokens.",
			context, prompt);
	if (wanted >= 0 && (uint64_t)wanted > context - prompt)
		return error_set(err, ERROR_TOO_LARGE,
			"This model's maximum context length is %zu tokens. However, you requested "
			"%llu tokens (%zu in the messages, %lld in the completion).",
			context, (unsigned long long)wanted + prompt, prompt, (long long)wanted);
	g->most = wanted >= 0 ? (size_t)wanted : context - prompt;
	return true;
}

/* Some families' marks of calls and thoughts are special tokens, which the text would not show. */
static void show_marks(struct generation *g)
{
	static const char *const thoughts[] = { "<think>", "</think>" };
	const struct dialect *d = model_dialect(g->model);
	const struct tokenizer *t = model_tokenizer(g->model);

	for (size_t i = 0; g->takes_calls && i < DIALECT_MARKS && d->marks[i]; i++)
		token_stream_show(&g->stream, tokenizer_find(t, str_of(d->marks[i])));
	for (size_t i = 0; g->thinks && i < countof(thoughts); i++)
		token_stream_show(&g->stream, tokenizer_find(t, str_of(thoughts[i])));
}

/* What the prompt has in common with one that stops after the system's words and the tools. */
static size_t count_shared(const struct generation *g, const struct chat *chat, bool with_tools)
{
	own_tokens beginning = TOKENS_INIT(PROMPT_MAX_TOKENS);
	struct chat shown = *chat;    /* a view: owns nothing */
	struct error ignored = {0};
	size_t n = 0;

	shown.message_count = 0;
	while (shown.message_count < chat->message_count && chat->messages[shown.message_count].role == ROLE_SYSTEM)
		shown.message_count++;
	if (!model_encode(g->model, &shown, with_tools, &beginning, &ignored))
		return 0;
	while (n < beginning.count && n < g->prompt.count && beginning.ids[n] == g->prompt.ids[n])
		n++;
	return n;
}

static bool prepare(struct generation *g, const struct request *r, struct error *err)
{
	const struct engine_info *info = engine_info(model_engine(g->model));
	bool with_tools = r->tool_choice != TOOLS_NONE && r->chat.tool_count > 0;

	if (!model_encode(g->model, &r->chat, with_tools, &g->prompt, err) ||
		!find_most(g, r->sampling.max_tokens, err) ||
		!(g->sampler = sampler_create(&r->sampling, &info->sampling, info->vocabulary, err)) ||
		!constraint_create(g->model, r, &g->constraint, err))
		return false;
	if (engine_keeps(model_engine(g->model)))
		g->shared = count_shared(g, &r->chat, with_tools);
	sampler_add_prompt(g->sampler, g->prompt.ids, g->prompt.count);
	g->stopper = stopper_create(r->sampling.stop, r->sampling.stop_count);
	g->takes_calls = with_tools;
	show_marks(g);
	g->one_call = r->one_call;
	return true;
}

struct generation *generation_create(struct model *m, const struct request *request, delta_fn *on_delta, void *user,
				     struct error *err)
{
	own_generation *g = mem_zeroed(1, sizeof *g);

	g->model = model_share(m);
	g->on_delta = on_delta;
	g->user = user;
	g->prompt = (struct tokens)TOKENS_INIT(PROMPT_MAX_TOKENS);
	g->text = (struct buf)BUF_INIT(TOKEN_TEXT_MAX);
	token_stream_init(&g->stream, model_tokenizer(m), true);
	g->thinks = model_thinks(m) != THINKS_NEVER;
	thoughts_init(&g->thoughts, model_thinks(m) == THINKS_FIRST,
		(struct thoughts_sink){ emit_thought, pass_answer, g });
	toolcall_init(&g->toolcall, model_dialect(m), request->chat.tools, request->chat.tool_count,
		(struct toolcall_sink){ emit_text, emit_call, emit_arguments, g });
	return prepare(g, request, err) ? take(g) : NULL;
}

void generation_destroy(struct generation *g)
{
	if (!g)
		return;
	thoughts_done(&g->thoughts);
	toolcall_done(&g->toolcall);
	stopper_destroy(g->stopper);
	guesser_destroy(g->guesser);
	constraint_destroy(g->constraint);
	sampler_destroy(g->sampler);
	tokens_done(&g->prompt);
	buf_done(&g->text);
	free(g->logprobs);
	free(g->ranked);
	model_release(g->model);
	free(g);
}

const int32_t *generation_prompt(const struct generation *g, size_t *count)
{
	*count = g->prompt.count;
	return g->prompt.ids;
}

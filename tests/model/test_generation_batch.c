/*
 * Answers of a prepared model with random weights: alone or together, with
 * guesses or without, each has the same tokens.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "model/engine_inside.h"
#include "model/generation.h"
#include "model/guess.h"
#include "model/pool.h"
#include "support/prepared_model.h"
#include "support/step.h"
#include "support/test.h"

#define FOLDER "batch_test.tmp"
#define PREPARED FOLDER "/prepared"
#define BEGINNINGS FOLDER "/beginnings"

enum { MANY = 6, LONGEST = 120 };

struct heard {
	struct buf text;
	struct usage usage;
};

static bool on_delta(void *user, const struct delta *d, struct error *err)
{
	struct heard *h = user;

	if (d->kind == DELTA_END)
		h->usage = d->usage;
	return buf_add_str(&h->text, d->text, err);
}

struct world {
	struct model *model;
	struct pool *pool;
	struct request requests[MANY];
	struct heard heard[MANY];
};

/*
 * Questions of different lengths, greedy ones and drawn ones, some penalised; answers
 * of random weights hardly ever end.
 */
static void ask(struct request *r, int number)
{
	struct error err = {0};
	own_buf text = BUF_INIT(10000);

	*r = (struct request)REQUEST_INIT(1 << 20);
	for (int i = 0; i <= number * 5; i++)
		buf_putf(&text, "Say %d words. ", number % 3 ? i : 7);
	assert_non_null(chat_add(&r->chat, ROLE_USER, buf_str(&text), &err));
	r->sampling.temperature = number % 2 ? 0.9f : 0;
	r->sampling.top_k = number % 3 ? 0 : 5;
	r->sampling.repetition_penalty = number == 3 ? 1.2f : 1;
	r->sampling.seed = number + 1;
	r->sampling.max_tokens = LONGEST - number;
	r->sampling.top_logprobs = number == 4 ? 2 : -1;
}

static void set_up(struct world *w, size_t kv_pages)
{
	static const struct model_shape shape = { MODEL_TINY, .precision = PRECISION_Q4, .attention = ATTENTION_GQA };
	struct prepared_wish wish = prepared_wish_of(&shape);
	const struct model_options options = {
		.engine = {
			.threads = 2, .prepared = PREPARED, .kv_bytes = kv_pages * PAGE_TOKENS * 384,
			.beginnings = BEGINNINGS, .beginnings_limit = 1 << 20,
		},
	};
	struct error err = {0};

	assert_ok(model_write(FOLDER, &shape, &err));
	assert_ok(prepared_write_model(PREPARED, &shape, &wish, &err));
	w->model = model_open(FOLDER, &options, &err);
	if (!w->model)
		fail_msg("%s", err.text);
	assert_true(engine_info(model_engine(w->model))->prepared);
	w->pool = pool_create(model_engine(w->model), MANY, 0);
	for (int i = 0; i < MANY; i++) {
		ask(&w->requests[i], i);
		w->heard[i] = (struct heard){ .text = BUF_INIT(1 << 20) };
	}
}

static void tear_down(struct world *w)
{
	for (int i = 0; i < MANY; i++) {
		request_done(&w->requests[i]);
		buf_done(&w->heard[i].text);
	}
	pool_destroy(w->pool);
	model_release(w->model);
}
#define own_world owns(tear_down) struct world

static struct generation *begin(struct world *w, int i, struct timeline **t, size_t guesses)
{
	struct error err = {0};
	size_t count;
	struct generation *g = generation_create(w->model, &w->requests[i], on_delta, &w->heard[i], &err);

	if (!g)
		fail_msg("%s", err.text);
	const int32_t *prompt = generation_prompt(g, &count);
	*t = pool_take(w->pool, prompt, count, &err);
	assert_non_null(*t);
	assert_ok(generation_begin(g, *t, &err));
	generation_guess(g, guesses);
	return g;
}

static void answer_alone(struct world *w, int i, size_t guesses)
{
	struct error err = {0};
	struct timeline *t;
	own_generation *g = begin(w, i, &t, guesses);
	struct advance want;
	size_t drafted = 0;
	bool ended = false;

	while (!ended) {
		generation_want(g, 50, &want);
		timelines_advance(&want, 1);
		assert_true(want.ok);
		drafted += want.logits - 1;
		assert_ok(generation_take(g, &ended, &err));
	}
	assert_int_equal(w->heard[i].usage.drafted_tokens, drafted);    /* the last step's too */
	assert_in_range(w->heard[i].usage.accepted_tokens, 0, drafted);
	pool_give(w->pool, t);
}

/* All at once, each joining at another time, some pausing, their prompts in slices of any size. */
static void answer_together(struct world *w, size_t guesses)
{
	struct error err = {0};
	struct generation *g[MANY] = {0};
	struct timeline *t[MANY];
	struct advance list[MANY];
	int who[MANY];
	bool ended[MANY] = {0};
	int begun = 0, left = MANY;

	while (left) {
		size_t count = 0;
		if (begun < MANY && rand() % 4 == 0) {
			g[begun] = begin(w, begun, &t[begun], guesses);
			begun++;
		}
		for (int i = 0; i < begun; i++) {
			if (ended[i] || rand() % 5 == 0)
				continue;
			generation_want(g[i], 1 + (size_t)rand() % 50, &list[count]);
			who[count++] = i;
		}
		timelines_advance(list, count);
		for (size_t i = 0; i < count; i++) {
			assert_true(list[i].ok);
			assert_ok(generation_take(g[who[i]], &ended[who[i]], &err));
			left -= ended[who[i]];
		}
	}
	for (int i = 0; i < MANY; i++) {
		generation_destroy(g[i]);
		pool_give(w->pool, t[i]);
	}
}

static void expect_same(const struct world *a, const struct world *b)
{
	for (int i = 0; i < MANY; i++) {
		assert_true(a->heard[i].text.len > 0);
		assert_string_equal(a->heard[i].text.data, b->heard[i].text.data);
		assert_int_equal(a->heard[i].usage.completion_tokens, b->heard[i].usage.completion_tokens);
	}
}

TEST(an_answer_is_the_same_alone_and_beside_others_with_guesses_and_without)
{
	own_world alone, guessing, together;
	size_t drafted = 0, accepted = 0;

	set_up(&alone, 1000);
	set_up(&guessing, 1000);
	for (int i = 0; i < MANY; i++) {
		answer_alone(&alone, i, 0);
		answer_alone(&guessing, i, GUESSES_MAX);
		assert_int_equal(alone.heard[i].usage.drafted_tokens, 0);
		drafted += guessing.heard[i].usage.drafted_tokens;
		accepted += guessing.heard[i].usage.accepted_tokens;
	}
	expect_same(&alone, &guessing);
	assert_in_range(accepted, 10, drafted - 1);    /* right ones and wrong ones both */
	srand(1);
	for (size_t guesses = 0; guesses <= GUESSES_MAX; guesses += 4) {
		set_up(&together, 1000);
		answer_together(&together, guesses);
		expect_same(&alone, &together);
		if (guesses < GUESSES_MAX)
			tear_down(&together);
	}
}

/* Names of properties are known before the model says them. */
TEST(text_that_a_form_asks_for_is_guessed_and_the_answer_is_the_same)
{
	static const char schema[] =
		"{\"type\":\"object\",\"properties\":{\"first property\":{\"type\":\"boolean\"},\"second property\":"
		"{\"enum\":[\"one\",\"two\"]},\"third\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":99}},"
		"\"required\":[\"first property\",\"second property\",\"third\"],\"additionalProperties\":false}";
	own_world alone, guessing;
	size_t accepted = 0;

	set_up(&alone, 1000);
	set_up(&guessing, 1000);
	for (int i = 0; i < MANY; i++) {
		alone.requests[i].form = guessing.requests[i].form = FORM_SCHEMA;
		alone.requests[i].form_schema = guessing.requests[i].form_schema = str_of(schema);
		answer_alone(&alone, i, 0);
		answer_alone(&guessing, i, GUESSES_MAX);
		accepted += guessing.heard[i].usage.accepted_tokens;
	}
	expect_same(&alone, &guessing);
	assert_true(accepted >= MANY);
}

TEST(an_answer_that_was_parked_in_the_middle_is_the_same)
{
	struct error err = {0};
	own_world alone, parked;

	set_up(&alone, 1000);
	set_up(&parked, 1000);
	srand(2);
	for (int i = 0; i < MANY; i++) {
		struct timeline *t;
		bool ended = false;

		answer_alone(&alone, i, 0);
		own_generation *g = begin(&parked, i, &t, i % 2 ? GUESSES_MAX : 0);
		while (!ended) {
			if (rand() % 10 == 0) {
				pool_park(parked.pool, t);
				if (rand() % 2)
					page_pool_forget(model_engine(parked.model)->pages);
				assert_true(pool_resume(parked.pool, t));
			}
			assert_ok(generation_step(g, NULL, &ended, &err));
		}
		pool_give(parked.pool, t);
	}
	expect_same(&alone, &parked);
}

/* A long system prompt, then a question; how many of the prompt's tokens were known. */
static size_t ask_in_a_program_of_its_own(uint64_t rules, const char *question)
{
	own_world w = {0};
	struct error err = {0};
	own_buf words = BUF_INIT(10000);
	struct request *r = &w.requests[0];

	set_up(&w, 100);
	for (int i = 0; i < 40; i++)
		buf_putf(&words, "Rule %llu.%d: be brief. ", (unsigned long long)rules, i);
	request_done(r);
	*r = (struct request)REQUEST_INIT(1 << 20);
	assert_non_null(chat_add(&r->chat, ROLE_SYSTEM, buf_str(&words), &err));
	assert_non_null(chat_add(&r->chat, ROLE_USER, str_of(question), &err));
	r->sampling.max_tokens = 2;
	answer_alone(&w, 0, 0);
	return w.heard[0].usage.cached_tokens;
}

TEST(a_system_prompt_is_known_to_the_next_program)
{
	uint64_t rules = clock_ns();     /* no earlier run of this test had them */

	assert_true(ask_in_a_program_of_its_own(rules, "What is it?") < 128);
	size_t known = ask_in_a_program_of_its_own(rules, "And what is this?");
	assert_true(known >= 128);
	assert_int_equal(known % PAGE_TOKENS, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_the_same_alone_and_beside_others_with_guesses_and_without),
		cmocka_unit_test(text_that_a_form_asks_for_is_guessed_and_the_answer_is_the_same),
		cmocka_unit_test(an_answer_that_was_parked_in_the_middle_is_the_same),
		cmocka_unit_test(a_system_prompt_is_known_to_the_next_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Turns of the worker over jobs whose clients are played here: they may read
 * slowly or hang up, and note what they hear.  Models have random weights.
 */
#include "daemon/turn.h"

#include "base/mem.h"
#include "kernel/attention.h"
#include "support/prepared_model.h"
#include "support/test.h"

#define FOLDER "turn_test.tmp"
#define PREPARED FOLDER "/prepared"

enum { MANY = 5, PATIENCE = 5000, PAGE_BYTES = PAGE_TOKENS * 384 };

/* ---- Clients ---- */

struct client {
	struct delivery delivery;        /* only its request is filled in */
	struct buf text;
	struct usage usage;
	struct error failure;
	bool slow, gone, ended;
};

static struct client *client_of(struct delivery *a)
{
	return (struct client *)a;
}

bool delivery_delta(void *answer, const struct delta *d, struct error *err)
{
	struct client *c = client_of(answer);

	if (d->kind == DELTA_END)
		c->usage = d->usage;
	return buf_add_str(&c->text, d->text, err);
}

bool delivery_flush(struct delivery *a)
{
	return !client_of(a)->slow;
}

bool delivery_is_gone(struct delivery *a)
{
	return client_of(a)->gone;
}

void delivery_name(struct delivery *a, const char *model, const char *build)
{
	assert_false(client_of(a)->ended);
	assert_non_null(model);
	assert_non_null(build);
}

void delivery_finish(struct delivery *a, const struct error *failure)
{
	struct client *c = client_of(a);

	assert_false(c->ended);
	c->ended = true;
	if (failure)
		c->failure = *failure;
}

void delivery_notice(struct delivery *a, const struct openai_notice *notice)
{
	assert_false(client_of(a)->ended);
	assert_non_null(notice->text);
}

void delivery_refuse(struct delivery *a, const struct error *failure, const char *param, const char *code)
{
	(void)param;
	(void)code;
	delivery_finish(a, failure);
}

struct cancel *reply_cancel(struct reply *r)
{
	assert_null(r);
	return NULL;
}

/* ---- A model, and who asks it ---- */

struct world {
	struct loaded *loaded;
	struct turn turn;
	struct client clients[MANY];
	uint64_t admitted;
};

static const struct model_shape shape = { MODEL_TINY, .precision = PRECISION_Q4, .attention = ATTENTION_GQA };

static void set_up(struct world *w, bool prepared, size_t pages)
{
	struct prepared_wish wish = prepared_wish_of(&shape);
	const struct model_options options = { .engine = {
		.threads = 2, .prepared = prepared ? PREPARED : NULL, .kv_bytes = pages * PAGE_BYTES,
	} };
	struct error err = {0};

	*w = (struct world){0};
	assert_ok(model_write(FOLDER, &shape, &err));
	assert_ok(prepared_write_model(PREPARED, &shape, &wish, &err));
	w->loaded = mem_zeroed(1, sizeof *w->loaded);
	atomic_init(&w->loaded->refs, 1);
	w->loaded->model = model_open(FOLDER, &options, &err);
	if (!w->loaded->model)
		fail_msg("%s", err.text);
	assert_int_equal(engine_info(model_engine(w->loaded->model))->prepared, prepared);
	w->loaded->pool = pool_create(model_engine(w->loaded->model), MANY, 0);
	for (size_t i = 0; i < MANY; i++) {
		w->clients[i].delivery.request = (struct request)REQUEST_INIT(1 << 20);
		w->clients[i].text = (struct buf)BUF_INIT(1 << 20);
	}
}

static void tear_down(struct world *w)
{
	for (size_t i = 0; i < MANY; i++) {
		request_done(&w->clients[i].delivery.request);
		buf_done(&w->clients[i].text);
	}
	assert_int_equal(w->turn.count, 0);
	assert_int_equal(atomic_load(&w->loaded->refs), 1);     /* every job has let go of it */
	loaded_release(w->loaded);
}
#define own_world owns(tear_down) struct world

/* A question of so many repetitions of a text. */
static struct job *ask(struct world *w, size_t number, const char *words, int times, int most)
{
	struct client *c = &w->clients[number];
	struct request *r = &c->delivery.request;
	struct error err = {0};
	own_buf text = BUF_INIT(100000);

	for (int i = 0; i < times; i++)
		buf_put(&text, words);
	assert_non_null(chat_add(&r->chat, ROLE_USER, buf_str(&text), &err));
	r->sampling.temperature = number % 2 ? 0.8f : 0;
	r->sampling.seed = (int64_t)number;
	r->sampling.max_tokens = most;
	struct job *j = mem_zeroed(1, sizeof *j);
	j->delivery = &c->delivery;
	j->number = w->admitted++;
	enum admission admission = job_admit(j, w->loaded, &err);
	if (admission != ADMITTED)
		fail_msg("%s", err.text);
	w->turn.jobs[w->turn.count++] = j;
	return j;
}

static void finish(struct world *w)
{
	for (int i = 0; w->turn.count; i++) {
		assert_true(turn_take(&w->turn));
		assert_true(i < PATIENCE);
	}
}

static const char *const words[MANY] = { "one ", "two, three ", "four? ", "five six ", "seven\n" };

typedef struct job *ask_fn(struct world *w, size_t number);

static struct job *ask_something(struct world *w, size_t number)
{
	return ask(w, number, words[number], 3 + 9 * (int)number, 30 + (int)number);
}

/* Longer answers than memory is promised for. */
static struct job *ask_for_much(struct world *w, size_t number)
{
	return ask(w, number, words[number], 2, 300);
}

/* What each says when nobody else asks. */
static void expect_as_alone(const struct world *among, ask_fn *asks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct client *c = &among->clients[i];
		own_world w;

		set_up(&w, true, 200);
		asks(&w, i);
		finish(&w);
		assert_int_equal(c->failure.kind, ERROR_NONE);
		assert_true(c->ended && w.clients[i].ended);
		assert_int_equal(c->usage.completion_tokens, w.clients[i].usage.completion_tokens);
		assert_int_equal(c->text.len, w.clients[i].text.len);
		assert_memory_equal(c->text.data, w.clients[i].text.data, c->text.len);
	}
}

/* ---- Turns ---- */

TEST(answers_that_share_their_runs_are_those_of_each_alone)
{
	own_world w;

	set_up(&w, true, 200);
	for (size_t i = 0; i < MANY; i++) {
		ask_something(&w, i);
		assert_true(turn_take(&w.turn));
	}
	finish(&w);
	expect_as_alone(&w, ask_something, MANY);
}

TEST(who_reads_slowly_is_passed_over_and_loses_nothing)
{
	own_world w;

	set_up(&w, true, 200);
	for (size_t i = 0; i < MANY; i++)
		ask_something(&w, i);
	w.clients[1].slow = true;
	while (w.turn.count > 1)
		assert_true(turn_take(&w.turn));
	assert_false(turn_take(&w.turn));       /* nobody got further: the worker may sleep */
	assert_true(w.turn.jobs[0]->blocked);
	assert_false(w.clients[1].ended);
	w.clients[1].slow = false;
	finish(&w);
	expect_as_alone(&w, ask_something, MANY);
}

TEST(who_hangs_up_ends_at_once_and_its_pages_are_free)
{
	own_world w;

	set_up(&w, true, 200);
	ask_something(&w, 3);
	assert_true(turn_take(&w.turn));
	assert_true(engine_memory(model_engine(w.loaded->model)).used > 0);
	w.clients[3].gone = true;
	assert_true(turn_take(&w.turn));
	assert_int_equal(w.turn.count, 0);
	assert_int_equal(w.clients[3].failure.kind, ERROR_CANCELLED);
	assert_int_equal(engine_memory(model_engine(w.loaded->model)).used, 0);
}

TEST(beside_an_answer_a_prompt_is_read_in_slices)
{
	own_world w;
	size_t turns = 0;

	set_up(&w, true, 200);
	ask(&w, 0, "short", 1, 1500);
	while (generation_pending(w.turn.jobs[0]->generation) > 1)
		assert_true(turn_take(&w.turn));
	struct job *long_one = ask(&w, 1, "many words ", 100, 1);
	size_t left = generation_pending(long_one->generation);
	assert_true(left > 200);
	w.loaded->row_ns = 1e12;                /* rows seem to take very long, so as few as possible are taken */
	while (!w.clients[1].ended) {
		size_t written = timeline_length(w.turn.jobs[0]->timeline);
		assert_true(turn_take(&w.turn));
		assert_true(timeline_length(w.turn.jobs[0]->timeline) > written);
		if (!w.clients[1].ended) {
			size_t now = generation_pending(long_one->generation);
			assert_in_range(left - now, 1, 16);
			left = now;
		}
		turns++;
	}
	assert_true(turns > 12);
	w.clients[0].gone = true;
	finish(&w);
}

TEST(prompts_share_the_rows_and_none_waits_for_the_others_end)
{
	own_world w;

	set_up(&w, true, 400);
	for (size_t i = 0; i < 3; i++)
		ask(&w, i, words[i], 150, 1);
	w.loaded->row_ns = 250e6 / 64;          /* 64 rows fit into a run */
	for (int k = 0; k < 4; k++)
		assert_true(turn_take(&w.turn));
	for (size_t i = 0; i < 3; i++)
		assert_true(timeline_length(w.turn.jobs[i]->timeline) >= 48);
	finish(&w);
}

TEST(of_prompts_that_begin_alike_the_first_is_read_and_the_others_find_it)
{
	own_world w;

	set_up(&w, true, 200);
	for (size_t i = 0; i < 3; i++)
		ask(&w, i, "the same words ", 60, 3);
	assert_true(turn_take(&w.turn));
	assert_true(timeline_length(w.turn.jobs[0]->timeline) > 0);
	assert_int_equal(timeline_length(w.turn.jobs[1]->timeline), 0);
	assert_int_equal(timeline_length(w.turn.jobs[2]->timeline), 0);
	finish(&w);
	assert_int_equal(w.clients[0].usage.cached_tokens, 0);
	for (size_t i = 1; i < 3; i++)
		assert_in_range(w.clients[i].usage.cached_tokens,
			w.clients[i].usage.prompt_tokens - 2 * PAGE_TOKENS, w.clients[i].usage.prompt_tokens);
}

TEST(when_pages_run_out_the_newest_waits_and_says_the_same)
{
	own_world w;
	size_t parked = 0;

	set_up(&w, true, 24);
	for (size_t i = 0; i < 3; i++)
		ask_for_much(&w, i);
	for (int i = 0; w.turn.count; i++) {
		assert_true(i < PATIENCE);
		assert_true(turn_take(&w.turn));
		parked += turn_parked(&w.turn);
		for (size_t k = 1; k < w.turn.count; k++)
			assert_true(w.turn.jobs[k]->parked || !w.turn.jobs[k - 1]->parked);
	}
	assert_true(parked > 0);
	expect_as_alone(&w, ask_for_much, 3);
}

TEST(answers_of_onnx_runtime_take_turns)
{
	own_world w;

	set_up(&w, false, 1);
	for (size_t i = 0; i < 2; i++)
		ask_something(&w, i);
	while (w.turn.count == 2) {
		size_t before[2], moved = 0;
		for (size_t i = 0; i < 2; i++)
			before[i] = timeline_length(w.turn.jobs[i]->timeline);
		assert_true(turn_take(&w.turn));
		for (size_t i = 0; w.turn.count == 2 && i < 2; i++)
			moved += timeline_length(w.turn.jobs[i]->timeline) > before[i];
		assert_true(w.turn.count < 2 || moved == 2);
	}
	finish(&w);
	assert_int_equal(w.clients[0].failure.kind, ERROR_NONE);
	assert_int_equal(w.clients[1].failure.kind, ERROR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_that_share_their_runs_are_those_of_each_alone),
		cmocka_unit_test(who_reads_slowly_is_passed_over_and_loses_nothing),
		cmocka_unit_test(who_hangs_up_ends_at_once_and_its_pages_are_free),
		cmocka_unit_test(beside_an_answer_a_prompt_is_read_in_slices),
		cmocka_unit_test(prompts_share_the_rows_and_none_waits_for_the_others_end),
		cmocka_unit_test(of_prompts_that_begin_alike_the_first_is_read_and_the_others_find_it),
		cmocka_unit_test(when_pages_run_out_the_newest_waits_and_says_the_same),
		cmocka_unit_test(answers_of_onnx_runtime_take_turns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A model in a folder, a timeline of it and a question: what tests of whole
 * answers begin with.  For programs that link model and test_forward.
 */
#pragma once

#include "model/generation.h"
#include "model/pool.h"
#include "support/models.h"
#include "support/step.h"
#include "support/test.h"

struct world {
	struct model *model;
	struct timeline *timeline;
	struct request request;     /* greedy; one message so far */
};

static inline void world_open(struct world *w, const char *folder, const char *question)
{
	struct error err = {0};
	const struct model_options options = { .engine = { .threads = 1 } };

	w->model = model_open(folder, &options, &err);
	if (!w->model)
		fail_msg("%s", err.text);
	w->timeline = timeline_create(model_engine(w->model), &err);
	w->request = (struct request)REQUEST_INIT(1 << 20);
	w->request.sampling.temperature = 0;
	assert_non_null(chat_add(&w->request.chat, ROLE_USER, str_of(question), &err));
}

/* The same with a model that says `text`, written into the folder first. */
static inline void world_saying(struct world *w, const char *folder, const char *text)
{
	struct error err = {0};

	assert_ok(model_write_saying(folder, text, &err));
	world_open(w, folder, "Say it.");
}

static inline bool world_answer(struct world *w, delta_fn *on_delta, void *user, struct error *err)
{
	own_generation *g = generation_create(w->model, &w->request, on_delta, user, err);
	bool ended = false;

	if (!g || !generation_begin(g, w->timeline, err))
		return false;
	while (!ended)
		if (!generation_step(g, NULL, &ended, err))
			return false;
	return true;
}

static inline void world_close(struct world *w)
{
	timeline_destroy(w->timeline);
	model_release(w->model);
	request_done(&w->request);
}
#define own_world owns(world_close) struct world

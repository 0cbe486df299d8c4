/*
 * What a model thinks before it answers, told apart from the answer while it comes.
 *
 * Thoughts stand at the beginning, between <think> and </think> (Qwen3, DeepSeek);
 * the tags and the white space around them are dropped.  However the text is cut
 * into pieces, the same comes out.  Later tags are text like any other.  Not
 * thread-safe: one for each answer.
 */
#pragma once

#include "base/buf.h"

struct thoughts_sink {
	bool (*on_thought)(void *user, struct str text, struct error *err);
	bool (*on_text)(void *user, struct str text, struct error *err);
	void *user;
};

struct thoughts {
	struct thoughts_sink sink;
	unsigned char stage;
	struct buf held;      /* what may yet be part of a tag, or white space before one */
};

/* With `begun` the text begins inside of thoughts: the prompt had the opening tag. */
void thoughts_init(struct thoughts *t, bool begun, struct thoughts_sink sink);
void thoughts_done(struct thoughts *t);

/* False when the sink said so, or past 1 MiB of white space. */
bool thoughts_feed(struct thoughts *t, struct str text, struct error *err) must_use;

/* The answer has ended: gives out what is held. */
bool thoughts_finish(struct thoughts *t, struct error *err) must_use;

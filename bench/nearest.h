/*
 * The baseline for known answers: the wording nearest by TF-IDF cosine over
 * words and pairs of words answers, if it is near enough.  One thread.
 */
#pragma once

#include "route/train/corpus.h"

struct nearest;

/* The wordings must outlive it.  Our own prose (FROM_TEXT) is left out. */
struct nearest *nearest_create(const struct wording *wordings, size_t count);
void nearest_destroy(struct nearest *n);

/* The lowest similarity at which so many answers are right when each wording is left out in turn. */
void nearest_set_bar(struct nearest *n, float precision);

/* False when the nearest wording is not near enough, or stands for no answer. */
bool nearest_find(const struct nearest *n, struct str question, size_t *answer);

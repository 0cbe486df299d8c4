/*
 * The baseline for known answers: the answer of the wording nearest by TF-IDF cosine over
 * words and pairs of words.  One thread.
 */
#pragma once

#include "route/train/corpus.h"

struct nearest;

/* The wordings must outlive it.  Our own prose (FROM_TEXT) is left out. */
struct nearest *nearest_create(const struct wording *wordings, size_t count);
void nearest_destroy(struct nearest *n);

/* The answer of the nearest wording, or CORPUS_NONE, and how near it is: 0 to 1. */
size_t nearest_find(const struct nearest *n, struct str question, float *similarity);

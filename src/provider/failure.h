/*
 * What a provider's refusal means, for people and for whoever decides whom to ask
 * next: shared by the dialects, whose vendors use the same statuses.
 *
 * Kinds: ERROR_UNAVAILABLE (not now), ERROR_DENIED (key, account, permission),
 * ERROR_NOT_FOUND (model or address), ERROR_TOO_LARGE (conversation), ERROR_INVALID
 * (the request itself).
 */
#pragma once

#include "provider/provider.h"

/* A vendor's word for a kind of error, and the status that it stands for; ended by a NULL word. */
struct failure_word {
	const char *word;
	int status;
};

/*
 * Explains an answer with that status, and its own message, which is shown where it says
 * more.  For an error in mid-stream: the status that its word stands for.  Always false.
 */
bool failure_explain(const struct provider *p, int status, struct str message, struct error *err);

/* The status a word stands for; 500 for one that is not listed. */
int failure_status(const struct failure_word *words, const char *word);

/*
 * Ends an explanation, or one that holds others, where the first vendor's own words begin.
 * They may quote the request, and a log is to hold nothing of it.
 */
void failure_drop_words(char *text);

/*
 * Fetching a model in the background, as the prompt sees it: offered once, when
 * nobody could answer; then how far it is.
 */
#pragma once

#include "cli/show.h"

/*
 * Asks whether the model that fits this machine shall be fetched, unless that was
 * asked before, a model is configured or on its way, or the Hub may not be asked.
 * Waits for the answer; Ctrl+C is a no.
 */
void offer_model(struct link *l, const struct show *show);

/* What was shown of a download last, so that its end is told once. */
struct offer_watch { bool running; };

/* Before a prompt: a line on a download that is under way or has just ended. */
void offer_show(struct offer_watch *w, struct link *l, const struct show *show);

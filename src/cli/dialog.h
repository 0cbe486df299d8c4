/*
 * Questions to the user in plain text: on standard error, answered in a line on standard
 * input.  The end of input and Ctrl+C are a no.  One thread at a time.
 */
#pragma once

#include "agent/agent.h"
#include "cli/grants.h"
#include "cli/show.h"

struct dialog {
	struct show *show;
	struct grants *grants;
	struct cancel *cancel;         /* of the question under way */
};

/* Yes, yes and a rule for next time, or no: with or without words. */
enum agent_reply dialog_permission(struct dialog *d, const struct agent_request *request, struct buf *words);

/* Whether the model may go on after so many turns. */
bool dialog_go_on(struct dialog *d, unsigned turns);

/* AskUserQuestion: the answers by question; NULL when the user gives none. */
json_t *dialog_questions(struct dialog *d, const json_t *questions, struct error *err);

/* ExitPlanMode: whether the plan is taken; false with what the user says instead. */
bool dialog_plan(struct dialog *d, struct str plan, struct error *err);

/*
 * How a conversation's agent asks: a request to the daemon, and what comes back.
 */
#pragma once

#include "cli/conversation.h"

/* Agent's ask_model, with the conversation as user. */
bool conversation_ask_model(void *conversation, const struct agent_question *question, struct agent_answer *answer,
	struct cancel *cancel, struct error *err);

/* Whom it asks, as requests name it. */
const char *conversation_model(const struct conversation *c);

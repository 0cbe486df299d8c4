/*
 * The one question endpoint: parse, decide who answers, hand over.
 */
#pragma once

#include "daemon/server.h"

/* POST /v1/chat/completions; user is the struct service. */
http_handler_fn chat_completions;

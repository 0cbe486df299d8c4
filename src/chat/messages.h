/*
 * Conversations as OpenAI's chat completions write them, read into a chat.
 *
 * Used for every body that speaks this dialect, and by `explain`.  What is not
 * known is ignored, as OpenAI does; what is known must be right.
 */
#pragma once

#include "base/json.h"
#include "chat/chat.h"

/* The field that is wrong, as OpenAI's errors name it in `param`: "messages[2].content". */
struct chat_place {
	char param[120];
};

/*
 * Adds `messages` (an array, not empty) and `tools` (an array, or NULL or null)
 * to the chat.  Content is a string, a list of parts (texts, joined by line ends,
 * and in what users and tools say pictures) or, for an assistant, null.  A call's
 * arguments are an object or its JSON text; "" is {}.  ERROR_INVALID with *place
 * filled and named in the text as well; ERROR_TOO_LARGE past the chat's ceiling.
 * `place` may be NULL.
 *
 * Thoughts are read from `reasoning_content` (DeepSeek's and vLLM's name) or
 * `reasoning` (OpenRouter's); sealed ones from `reasoning_details` and from a call's
 * `extra_content` (chat/reasoning.h).
 */
bool chat_from_json(struct chat *c, const json_t *messages, const json_t *tools, struct chat_place *place,
	struct error *err) must_use;

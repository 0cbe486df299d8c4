/*
 * Sealed thoughts in OpenAI's dialect, which has no place for them: members of
 * `reasoning_details` as OpenRouter writes them
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens):
 *
 *     {"type":"reasoning.text","text":…,"signature":…,"id":…,"format":"anthropic-claude-v1","index":0}
 *     {"type":"reasoning.encrypted","data":…,"id":…,"format":…,"index":1}
 *
 * Clients send them back as they came.  Besides, `after_text` and `after_calls` say
 * where in its message one stood, when that was not at the beginning.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "chat/chat.h"

/* Appends the object of one thought; `index` counts the message's. */
bool reasoning_write(struct buf *out, const struct thought *t, size_t index, struct error *err) must_use;

/*
 * The object that carries a call's seal as its `extra_content`: {"google":{"thought_signature":…}},
 * Gemini's own place for it, and beside it "vendor" when that is another; new.
 */
json_t *reasoning_call_seal(struct seal seal) must_use;

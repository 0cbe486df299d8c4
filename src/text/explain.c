#include "text/explain.h"

#include "chat/messages.h"

#define OUTPUT_MAX (64u << 20)   /* bytes of text; tokens are never more */

static json_t *text_json(const struct buf *text)
{
	return json_stringn(text->data, text->len);
}

json_t *explain_tokens(const struct tokenizer *t, const json_t *input, struct error *err)
{
	struct str text = json_member_str(input, "text");
	own_tokens tokens = TOKENS_INIT(OUTPUT_MAX);
	own_buf decoded = BUF_INIT(OUTPUT_MAX);

	if (!text.p)
		return error_set(err, ERROR_INVALID, "text: must be a string"), NULL;
	if (!tokenizer_encode(t, text, TOKENS_PARSED, &tokens, err) ||
	    !tokenizer_decode(t, tokens.ids, tokens.count, false, &decoded, err))
		return NULL;
	json_t *ids = json_array();
	for (size_t i = 0; i < tokens.count; i++)
		json_array_append_new(ids, json_integer(tokens.ids[i]));
	return json_pack("{soso}", "ids", ids, "decoded", text_json(&decoded));
}

json_t *explain_template(const struct template *t, const json_t *input, struct error *err)
{
	own_chat chat = CHAT_INIT(OUTPUT_MAX);
	own_prompt prompt = PROMPT_INIT(OUTPUT_MAX);
	bool ask = json_is_true(json_object_get(input, "add_generation_prompt"));

	chat.no_thoughts = json_is_false(json_object_get(input, "enable_thinking"));
	if (!chat_from_json(&chat, json_object_get(input, "messages"), json_object_get(input, "tools"), NULL, err) ||
	    !template_render(t, &chat, ask, &prompt, err))
		return NULL;
	return json_pack("{so}", "text", text_json(&prompt.text));
}

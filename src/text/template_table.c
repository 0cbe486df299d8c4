/*
 * The families, recognised by what stands in their Jinja.  Sources of the forms
 * are the chat_template members that the models' makers publish.
 */
#include "text/template_families.h"

static const struct template qwen25 = {
	.name = "Qwen2.5",
	.markers = { "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.", "<tool_call>" },
	.render = template_qwen,
	.dialect = &dialect_hermes,
	.default_system = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
};

static const struct template qwen3 = {
	.name = "Qwen3",
	.markers = { "enable_thinking is defined and enable_thinking is false", "<tool_call>" },
	.render = template_qwen,
	.dialect = &dialect_hermes,
	.thinks = THINKS_MAYBE,
};

/* The later ones that always think. */
static const struct template qwen3_thinking = {
	.name = "Qwen3 Thinking",
	.markers = { "<|im_start|>assistant\\n<think>\\n", "<tool_call>" },
	.render = template_qwen,
	.dialect = &dialect_hermes,
	.thinks = THINKS_FIRST,
};

/* And those that never do; other makers' models with Qwen's tools, too. */
static const struct template qwen3_instruct = {
	.name = "Qwen3 Instruct",
	.markers = { "# Tools\\n\\nYou may call one or more functions", "<|im_start|>" },
	.render = template_qwen,
	.dialect = &dialect_hermes,
};

static const struct template smollm2 = {
	.name = "SmolLM2",
	.markers = { "You are a helpful AI assistant named SmolLM, trained by Hugging Face", "<|im_start|>" },
	.render = template_turns,
	.default_system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
	.open = "<|im_start|>", .after_close = "\n", .end = "<|im_end|>", .after_end = "\n",
};

static const struct template qwen2 = {
	.name = "Qwen2",
	.markers = { "<|im_start|>system\\nYou are a helpful assistant.<|im_end|>" },
	.render = template_turns,
	.default_system = "You are a helpful assistant.",
	.open = "<|im_start|>", .after_close = "\n", .end = "<|im_end|>", .after_end = "\n",
};

static const struct template phi4 = {
	.name = "Phi-4",
	.markers = { "<|im_start|>", "<|im_sep|>" },
	.render = template_turns,
	.open = "<|im_start|>", .close = "<|im_sep|>", .end = "<|im_end|>",
};

static const struct template phi4_mini = {
	.name = "Phi-4 mini",
	.markers = { "'<|' + message['role'] + '|>' + message['content']", "<|end|>" },
	.render = template_phi,
	.dialect = &dialect_phi,
	.open = "<|", .close = "|>", .end = "<|end|>",
};

static const struct template phi3 = {
	.name = "Phi-3",
	.markers = { "<|user|>", "<|end|>" },
	.render = template_phi,
	.open = "<|", .close = "|>", .after_close = "\n", .end = "<|end|>", .after_end = "\n",
};

static const struct template gemma = {
	.name = "Gemma",
	.markers = { "'<start_of_turn>' + role", "Conversation roles must alternate user/assistant" },
	.render = template_gemma,
	.begin = "<bos>",
	.open = "<start_of_turn>",
	.after_close = "\n",
	.end = "<end_of_turn>",
	.after_end = "\n",
	.trims = true,
};

static const struct template chatml = {
	.name = "ChatML",
	.markers = { "<|im_start|>", "<|im_end|>" },
	.render = template_turns,
	.open = "<|im_start|>", .after_close = "\n", .end = "<|im_end|>", .after_end = "\n",
};

/* Without a clock the template itself says this date. */
static const struct template llama31 = {
	.name = "Llama 3.1",
	.markers = { "<|start_header_id|>", "Cutting Knowledge Date: December 2023" },
	.render = template_llama,
	.dialect = &dialect_llama,
	.system_words = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n",
	.begin = "<|begin_of_text|>",
	.open = "<|start_header_id|>",
	.close = "<|end_header_id|>",
	.after_close = "\n\n",
	.end = "<|eot_id|>",
	.trims = true,
};

static const struct template llama3 = {
	.name = "Llama 3",
	.markers = { "<|start_header_id|>", "<|eot_id|>" },
	.render = template_turns,
	.begin = "<|begin_of_text|>",
	.open = "<|start_header_id|>",
	.close = "<|end_header_id|>",
	.after_close = "\n\n",
	.end = "<|eot_id|>",
	.trims = true,
};

/* Its page-long default system message, with dates to be filled in, is left to who wants it. */
static const struct template ministral3 = {
	.name = "Ministral 3",
	.markers = { "set tools_definition = '[AVAILABLE_TOOLS]'", "[ARGS]" },
	.render = template_ministral,
	.dialect = &dialect_mistral_args,
	.begin = "<s>", .end = "</s>",
};

static const struct template mistral = {
	.name = "Mistral Nemo",
	.markers = { "\"[INST]\" + system_message", "[AVAILABLE_TOOLS]" },
	.render = template_mistral,
	.dialect = &dialect_mistral,
	.begin = "<s>", .end = "</s>",
};

static const struct template deepseek_r1 = {
	.name = "DeepSeek R1",
	.markers = { "<｜User｜>", "<｜Assistant｜><think>\\n" },
	.render = template_deepseek,
	.thinks = THINKS_FIRST,
	.begin = "<｜begin▁of▁sentence｜>",
	.open = "<｜User｜>",
	.close = "<｜Assistant｜>",
	.end = "<｜end▁of▁sentence｜>",
	.answer = "<think>",
	.after_answer = "\n",
};

static const struct template deepseek = {
	.name = "DeepSeek",
	.thinks = THINKS_MAYBE,
	.markers = { "<｜User｜>", "<｜Assistant｜>" },
	.render = template_deepseek,
	.begin = "<｜begin▁of▁sentence｜>",
	.open = "<｜User｜>",
	.close = "<｜Assistant｜>",
	.end = "<｜end▁of▁sentence｜>",
};

const struct template *const templates[] = {
	&qwen25, &qwen3, &qwen3_thinking, &qwen3_instruct, &smollm2, &qwen2, &phi4, &phi4_mini, &phi3, &chatml,
	&gemma, &llama31, &llama3, &ministral3, &mistral, &deepseek_r1, &deepseek,
};
const size_t template_count = countof(templates);

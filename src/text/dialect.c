#include "text/dialect.h"

#include "base/cleanup.h"

const struct dialect dialect_hermes = {
	.name = "Hermes",
	.forms = { { .open = "<tool_call>", .close = "</tool_call>" } },
	.marks = { "<tool_call>", "</tool_call>" },
	.begin = "", .before_name = "<tool_call>\n{\"name\": \"", .before_arguments = "\", \"arguments\": ",
	.behind = "}\n</tool_call>", .between = "\n", .end = "",
};

const struct dialect dialect_llama = {
	.name = "Llama 3",
	.forms = { { .open = "<|python_tag|>" } },
	.marks = { "<|python_tag|>" },
	.begin = "", .before_name = "{\"name\": \"", .before_arguments = "\", \"parameters\": ",
	.behind = "}", .between = "; ", .end = "",
};

const struct dialect dialect_mistral = {
	.name = "Mistral",
	.forms = { { .open = "[TOOL_CALLS]", .name_end = "[ARGS]", .list = true } },
	.marks = { "[TOOL_CALLS]", "[ARGS]" },
	.begin = "[TOOL_CALLS][", .before_name = "{\"name\": \"", .before_arguments = "\", \"arguments\": ",
	.behind = "}", .between = ", ", .end = "]",
};

const struct dialect dialect_mistral_args = {
	.name = "Mistral, named",
	.forms = { { .open = "[TOOL_CALLS]", .name_end = "[ARGS]", .list = true } },
	.marks = { "[TOOL_CALLS]", "[ARGS]" },
	.begin = "", .before_name = "[TOOL_CALLS]", .before_arguments = "[ARGS]",
	.behind = "", .between = "", .end = "",
};

const struct dialect dialect_phi = {
	.name = "Phi",
	.forms = { { .open = "<|tool_call|>", .list = true, .close = "<|/tool_call|>" } },
	.marks = { "<|tool_call|>", "<|/tool_call|>" },
	.begin = "<|tool_call|>[", .before_name = "{\"name\": \"", .before_arguments = "\", \"arguments\": ",
	.behind = "}", .between = ", ", .end = "]<|/tool_call|>",
};

/* The longer opening first. */
const struct dialect_form dialect_guesses[] = {
	{ .open = "```json", .guess = true, .close = "```" },
	{ .open = "```", .guess = true, .close = "```" },
	{ .open = "", .guess = true },
};
const size_t dialect_guess_count = countof(dialect_guesses);

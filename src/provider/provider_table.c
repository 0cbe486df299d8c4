/*
 * Models, addresses and habits as the vendors' own documents had them in November
 * 2026.  A model that has gone is no fault of the user's: the newest of a vendor's
 * general ones stands here, by a name that does not change where there is one.
 */
#include "provider/openai.h"

/* What OpenAI's dialects call the wishes that some models refuse. */
static const char *const openai_refusable[] = {
	"temperature", "top_p", "top_k", "min_p", "enalty", "seed", "stop", "logprobs", "easoning", "ffort",
	"hinking", "summary", "ncrypted", "not persisted", "phase", "stream_options", "cache_control",
	"chat_template_kwargs", NULL
};

/* Of OpenAI's own format, which those that follow it take; servers of one's own mind no name. */
static const struct tool_name_rule openai_names = { 64, "_-", false };

static const char *const openai_not_at_top[] = { "oneOf", "anyOf", "allOf", "enum", "not", NULL };

static const struct provider_alias no_aliases[] = { { 0 } };
static const char *const no_prefixes[] = { NULL };
static const char *const all_models[] = { "", NULL };

const struct provider providers[] = {
	{
		.name = "claude",
		.display_name = "Claude",
		.dialect = &dialect_claude,
		.default_model = "claude-sonnet-5-5",
		/* As Claude Code's own settings may name them. */
		.aliases = (const struct provider_alias[]){
			{ "default", "claude-sonnet-5-5" },
			{ "sonnet", "claude-sonnet-5-5" },
			{ "opus", "claude-opus-5-5" },
			{ "opusplan", "claude-opus-5-5" },
			{ "haiku", "claude-haiku-5-5" },
			{ "sonnet[1m]", "claude-sonnet-5-5" },
			{ "opus[1m]", "claude-opus-5-5" },
			{ 0 },
		},
		.model_prefixes = (const char *const[]){ "claude-", NULL },
		.default_base_url = "https://api.anthropic.com",
		.key_variable = "ANTHROPIC_API_KEY",
		.key_header = "x-api-key",
		.key_prefix = "sk-ant-",
		.tool_names = &(const struct tool_name_rule){ 128, "_-", false },
		.not_at_top = (const char *const[]){ "oneOf", "anyOf", "allOf", NULL },
		.refusable = (const char *const[]){ "temperature", "top_p", "top_k", "thinking", "effort",
			"tool_choice", "role 'system'", "bound to a different conversation", NULL },
	},
	{
		.name = "openai",
		.display_name = "OpenAI",
		.dialect = &dialect_openai,
		/* The newer ones take no tools while they think, or no thinking, but through Responses. */
		.dialects = (const struct provider_dialect[]){
			{ "gpt-5", &dialect_responses },
			{ "gpt-6", &dialect_responses },
			{ "o1", &dialect_responses },
			{ "o3", &dialect_responses },
			{ "o4", &dialect_responses },
			{ "codex-", &dialect_responses },
			{ 0 },
		},
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.completion_tokens = (const char *const[]){
				"gpt-4", "gpt-5", "gpt-6", "chat", "o1", "o3", "o4", NULL },
			.efforts = (const struct openai_efforts[]){
				{ "gpt-6.1", { NULL, "low", "low", "low", "medium", "high", "max" } },
				{ "gpt-6-astra", { NULL, "low", "low", "low", "medium", "high", "max" } },
				{ "gpt-6", { NULL, "none", "low", "low", "medium", "high", "max" } },
				{ "gpt-5.", { NULL, "none", "low", "low", "medium", "high", "xhigh" } },
				{ "gpt-5", { NULL, "minimal", "minimal", "low", "medium", "high", "high" } },
				{ "gpt-oss", { NULL, "low", "low", "low", "medium", "high", "high" } },
				{ "o", { NULL, "low", "low", "low", "medium", "high", "high" } },
				{ 0 },
			},
			.system_role = "developer",
			.phases = true,
		},
		.default_model = "gpt-6.1-sol",
		.aliases = no_aliases,
		.model_prefixes = (const char *const[]){
			"gpt-", "chatgpt-", "chat-latest", "o1", "o3", "o4", "codex-", NULL },
		.default_base_url = "https://api.openai.com/v1",
		.tool_names = &openai_names,
		.not_at_top = openai_not_at_top,
		.key_variable = "OPENAI_API_KEY",
		.key_prefix = "sk-",
		.refusable = openai_refusable,
	},
	{
		.name = "gemini",
		.display_name = "Gemini",
		.dialect = &dialect_gemini,
		.default_model = "gemini-4-hydrogen",
		.aliases = (const struct provider_alias[]){
			{ "default", "gemini-4-hydrogen" },
			{ "pro", "gemini-4-argon" },
			{ "flash", "gemini-4-hydrogen" },
			{ "flash-lite", "gemini-3.5-flash-lite" },
			{ 0 },
		},
		.model_prefixes = (const char *const[]){ "gemini-", NULL },
		.default_base_url = "https://generativelanguage.googleapis.com",
		.key_variable = "GEMINI_API_KEY",
		.key_header = "x-goog-api-key",
		.tool_names = &(const struct tool_name_rule){ 128, "_-.:", true },
		/* As its refusals write them: thinking levels, signatures, penalties. */
		.refusable = (const char *const[]){
			"hinking", "hought", "enalty", "temperature", "top_p", "topP", "top_k", "topK", "seed", NULL },
	},
	{
		.name = "grok",
		.display_name = "Grok",
		.dialect = &dialect_responses,
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.efforts = (const struct openai_efforts[]){
				{ "grok-4.20", { 0 } },
				{ "grok-build", { 0 } },
				{ "grok-4.6", { NULL, "low", "low", "low", "medium", "high", "xhigh" } },
				{ "grok-4.3", { NULL, "none", "low", "low", "medium", "high", "high" } },
				{ "grok-", { NULL, "low", "low", "low", "medium", "high", "high" } },
				{ 0 },
			},
		},
		.default_model = "grok-4.7",
		.aliases = no_aliases,
		.model_prefixes = (const char *const[]){ "grok-", NULL },
		.default_base_url = "https://api.x.ai/v1",
		.key_variable = "XAI_API_KEY",
		.key_prefix = "xai-",
		.tool_names = &openai_names,
		.not_at_top = openai_not_at_top,
		.refusable = openai_refusable,
	},
	{
		.name = "mistral",
		.display_name = "Mistral",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.required = "any",
			.seed = "random_seed",
			.no_logprobs = true,
			.no_usage_option = true,
			.between = true,
			.tool_pictures = true,
			.call_id_length = 9,
			.thoughts = THOUGHTS_PARTS,
			.efforts = (const struct openai_efforts[]){
				{ "mistral-medium", { NULL, "none", "none", "high", "high", "high", "high" } },
				{ "mistral-small", { NULL, "none", "none", "high", "high", "high", "high" } },
				{ 0 },
			},
		},
		.default_model = "mistral-medium-latest",
		.aliases = no_aliases,
		.model_prefixes = (const char *const[]){
			"mistral-", "magistral-", "ministral-", "codestral-", "devstral-", "pixtral-", NULL },
		.default_base_url = "https://api.mistral.ai/v1",
		.key_variable = "MISTRAL_API_KEY",
		.tool_names = &openai_names,
		.not_at_top = openai_not_at_top,
		.refusable = openai_refusable,
	},
	{
		.name = "groq",
		.display_name = "Groq",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/openai/v1",
			.no_logprobs = true,
			.completion_tokens = all_models,
			.think_tags = true,
			.efforts = (const struct openai_efforts[]){
				{ "openai/gpt-oss", { NULL, "low", "low", "low", "medium", "high", "high" } },
				{ "qwen/", { NULL, "none", "none", "default", "default", "default", "default" } },
				{ 0 },
			},
		},
		.default_model = "openai/gpt-oss-120b",
		.aliases = no_aliases,
		.model_prefixes = no_prefixes,
		.default_base_url = "https://api.groq.com/openai/v1",
		.key_variable = "GROQ_API_KEY",
		.key_prefix = "gsk_",
		.tool_names = &openai_names,
		.not_at_top = openai_not_at_top,
		.refusable = openai_refusable,
	},
	{
		.name = "openrouter",
		.display_name = "OpenRouter",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/api/v1",
			.costs = true,
			.cached = (const char *const[]){ "anthropic/", NULL },
			.samplers = true,
			.repetition = "repetition_penalty",
			.thoughts = THOUGHTS_DETAILS,
			.efforts = (const struct openai_efforts[]){
				{ "", { NULL, "none", "minimal", "low", "medium", "high", "xhigh" } },
				{ 0 },
			},
			.effort_object = true,
		},
		.default_model = "openrouter/auto",
		.aliases = no_aliases,
		.model_prefixes = (const char *const[]){ "openrouter/", NULL },
		.default_base_url = "https://openrouter.ai/api/v1",
		.key_variable = "OPENROUTER_API_KEY",
		.key_prefix = "sk-or-",
		.tool_names = &openai_names,
		.not_at_top = openai_not_at_top,
		.refusable = openai_refusable,
	},
	{
		.name = "deepseek",
		.display_name = "DeepSeek",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.seed = "",
			.no_one_call = true,
			.no_strict = true,
			.no_schema = true,
			.thoughts = THOUGHTS_ALWAYS,
			.thoughts_member = "reasoning_content",
			.thoughtless = (const char *const[]){ "deepseek-chat", "deepseek-reasoner", NULL },
			.efforts = (const struct openai_efforts[]){
				{ "", { NULL, NULL, "low", "low", "high", "high", "max" } },
				{ 0 },
			},
			.no_thinking = ",\"thinking\":{\"type\":\"disabled\"}",
		},
		.default_model = "deepseek-flash",
		.aliases = no_aliases,
		.model_prefixes = (const char *const[]){ "deepseek-", NULL },
		.default_base_url = "https://api.deepseek.com/v1",
		.key_variable = "DEEPSEEK_API_KEY",
		.key_prefix = "sk-",
		.tool_names = &openai_names,
		.not_at_top = openai_not_at_top,
		.refusable = openai_refusable,
	},
	{
		.name = "ollama",
		.display_name = "Ollama",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.think_tags = true,
			.thoughts = THOUGHTS_LOOP,
			.thoughts_member = "reasoning",
			.efforts = (const struct openai_efforts[]){
				{ "", { NULL, "none", "low", "low", "medium", "high", "high" } },
				{ 0 },
			},
		},
		.aliases = no_aliases,
		.model_prefixes = no_prefixes,
		.default_base_url = "http://127.0.0.1:11434/v1",
		.key_variable = "OLLAMA_API_KEY",
		.keyless = true,
		.refusable = openai_refusable,
	},
	{
		.name = "llamacpp",
		.display_name = "llama.cpp",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.think_tags = true,
			.repetition = "repeat_penalty",
			.samplers = true,
			.thoughts = THOUGHTS_LOOP,
			.thoughts_member = "reasoning_content",
			.efforts = (const struct openai_efforts[]){
				{ "", { NULL, NULL, "low", "low", "medium", "high", "high" } },
				{ 0 },
			},
			.no_thinking = ",\"chat_template_kwargs\":{\"enable_thinking\":false}",
		},
		.default_model = "default",        /* it has one, whatever it is called */
		.aliases = no_aliases,
		.model_prefixes = no_prefixes,
		.default_base_url = "http://127.0.0.1:8080/v1",
		.keyless = true,
		.refusable = openai_refusable,
	},
	{
		.name = "vllm",
		.display_name = "vLLM",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.think_tags = true,
			.repetition = "repetition_penalty",
			.samplers = true,
			.thoughts = THOUGHTS_LOOP,
			.thoughts_member = "reasoning",
			.efforts = (const struct openai_efforts[]){
				{ "", { NULL, NULL, "low", "low", "medium", "high", "high" } },
				{ 0 },
			},
			.no_thinking = ",\"chat_template_kwargs\":{\"enable_thinking\":false}",
		},
		.aliases = no_aliases,
		.model_prefixes = no_prefixes,
		.default_base_url = "http://127.0.0.1:8000/v1",
		.key_variable = "VLLM_API_KEY",
		.keyless = true,
		.refusable = openai_refusable,
	},
	{
		.name = "lmstudio",
		.display_name = "LM Studio",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.think_tags = true,
			.repetition = "repeat_penalty",
			.samplers = true,
			.efforts = (const struct openai_efforts[]){
				{ "", { NULL, NULL, "low", "low", "medium", "high", "high" } },
				{ 0 },
			},
		},
		.aliases = no_aliases,
		.model_prefixes = no_prefixes,
		.default_base_url = "http://127.0.0.1:1234/v1",
		.keyless = true,
		.refusable = openai_refusable,
	},
	{
		.name = "compatible",
		.display_name = "the OpenAI-compatible server",
		.dialect = &dialect_openai,
		.openai = &(const struct openai_quirks){
			.version_path = "/v1",
			.think_tags = true,
			.efforts = (const struct openai_efforts[]){
				{ "", { NULL, "none", "minimal", "low", "medium", "high", "high" } },
				{ 0 },
			},
		},
		.aliases = no_aliases,
		.model_prefixes = no_prefixes,
		.keyless = true,
		.tool_names = &openai_names,
		.not_at_top = openai_not_at_top,
		.refusable = openai_refusable,
	},
};
const size_t provider_count = countof(providers);

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; i < provider_count; i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}

const struct dialect *provider_dialect(const struct provider *p, const char *model)
{
	for (const struct provider_dialect *d = p->dialects; model && d && d->prefix; d++)
		if (strncmp(model, d->prefix, strlen(d->prefix)) == 0)
			return d->dialect;
	return p->dialect;
}

const char *provider_title(const struct provider *p, const char *name)
{
	return strcmp(name, p->name) == 0 ? p->display_name : name;
}

const char *provider_model(const struct provider *p, const char *name)
{
	if (!name)
		return p->default_model;
	for (const struct provider_alias *a = p->aliases; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a->model;
	return name;
}

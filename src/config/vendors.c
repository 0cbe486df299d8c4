#include "config/vendors.h"

#include <string.h>

#include "base/cleanup.h"

const struct vendor vendors[] = {
	{ .name = "claude", .keys = { "SHAMMAH_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY" },
		.bearer = "ANTHROPIC_AUTH_TOKEN", .address = "ANTHROPIC_BASE_URL" },
	{ .name = "openai", .keys = { "OPENAI_API_KEY" }, .address = "OPENAI_BASE_URL" },
	{ .name = "gemini", .keys = { "GEMINI_API_KEY", "GOOGLE_API_KEY" }, .address = "GOOGLE_GEMINI_BASE_URL" },
	{ .name = "grok", .keys = { "XAI_API_KEY" } },
	{ .name = "mistral", .keys = { "MISTRAL_API_KEY" } },
	{ .name = "groq", .keys = { "GROQ_API_KEY" }, .address = "GROQ_BASE_URL" },
	{ .name = "openrouter", .keys = { "OPENROUTER_API_KEY" } },
	{ .name = "deepseek", .keys = { "DEEPSEEK_API_KEY" } },
	{ .name = "ollama", .keys = { "OLLAMA_API_KEY" }, .keyless = true },
	{ .name = "llamacpp", .keyless = true },
	{ .name = "vllm", .keys = { "VLLM_API_KEY" }, .keyless = true },
	{ .name = "lmstudio", .keyless = true },
	{ .name = "compatible", .keyless = true, .needs_address = true },
};
const size_t vendor_count = countof(vendors);

const struct vendor *vendor_find(const char *name)
{
	for (size_t i = 0; i < vendor_count; i++)
		if (strcmp(vendors[i].name, name) == 0)
			return &vendors[i];
	return NULL;
}

bool vendor_variable(const char *name, bool *key)
{
	for (size_t i = 0; i < vendor_count; i++) {
		bool address = vendors[i].address && strcmp(vendors[i].address, name) == 0, found = false;
		for (size_t j = 0; vendors[i].keys[j]; j++)
			found |= strcmp(vendors[i].keys[j], name) == 0;
		if (key)
			*key = found;
		if (found || address)
			return true;
	}
	return false;
}

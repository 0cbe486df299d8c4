#include "config/config.h"

const struct setting_info settings[SETTING_COUNT] = {
	[SETTING_MODEL] = {
		.name = "backend.model", .variable = "SHAMMAH_MODEL", .flag = "--model",
		.kind = SETTING_TEXT, .guard = GUARD_PATH,
		.what = "the local model: a name, a repository of the Hub, or a folder",
	},
	[SETTING_CONTEXT] = {
		.name = "backend.context",
		.kind = SETTING_NUMBER, .guard = GUARD_DAEMON, .least = 256, .most = 1 << 20,
		.at_start = true,
		.what = "most tokens of a conversation that the local model is given",
	},
	[SETTING_THREADS] = {
		.name = "backend.threads",
		.kind = SETTING_NUMBER, .guard = GUARD_DAEMON, .least = 1, .most = 256,
		.at_start = true,
		.what = "threads of the local model",
	},
	[SETTING_KV_BITS] = {
		.name = "backend.kv_bits", .standard = "16",
		.kind = SETTING_NUMBER, .guard = GUARD_DAEMON, .least = 8, .most = 16, .step = 8,
		.at_start = true,
		.what = "bits of a number in the local model's keys and values: 8 or 16",
	},
	[SETTING_KV_MEMORY] = {
		.name = "backend.kv_megabytes",
		.kind = SETTING_NUMBER, .guard = GUARD_DAEMON, .least = 1, .most = 1 << 24,
		.at_start = true,
		.what = "megabytes for the local model's keys and values; unset: a quarter of the memory",
	},
	[SETTING_BEGINNINGS] = {
		.name = "backend.beginnings_megabytes",
		.standard = "1024",
		.kind = SETTING_NUMBER, .guard = GUARD_DAEMON, .least = 0, .most = 1 << 24,
		.at_start = true,
		.what = "megabytes of computed system prompts kept on disk; 0: none",
	},
	[SETTING_KEEP_ALIVE] = {
		.name = "backend.keep_alive", .standard = "1800",
		.kind = SETTING_NUMBER, .guard = GUARD_DAEMON, .least = 0, .most = 10000000,
		.at_start = true,
		.what = "seconds without an answer after which the local model gives its memory back; 0: never",
	},
	[SETTING_EMBEDDING_MODEL] = {
		.name = "backend.embedding_model",
		.variable = "SHAMMAH_EMBEDDING_MODEL", .kind = SETTING_TEXT, .guard = GUARD_DAEMON,
		.at_start = true,
		.what = "a sentence-transformer for embeddings: a repository of the Hub, or a folder",
	},
	[SETTING_PORT] = {
		.name = "server.port", .variable = "SHAMMAH_PORT", .flag = "--port",
		.standard = "11435", .kind = SETTING_NUMBER, .guard = GUARD_TRUSTED, .least = 1, .most = 65535,
		.at_start = true,
		.what = "port of the daemon on 127.0.0.1",
	},
	[SETTING_ORIGINS] = {
		.name = "server.origins", .kind = SETTING_LIST, .guard = GUARD_DAEMON,
		.at_start = true,
		.what = "web origins whose pages may use the daemon",
	},
	[SETTING_TRUSTED] = {
		.name = "client.trusted", .kind = SETTING_LIST, .guard = GUARD_USER,
		.what = "folders, with all below them, whose project settings may set everything",
	},
	[SETTING_BUDGET] = {
		.name = "routing.monthly_budget_usd", .kind = SETTING_AMOUNT, .guard = GUARD_DAEMON, .most = 1000000,
		.what = "dollars that teachers may cost in a month; unset: no limit",
	},
	[SETTING_SEARCH] = {
		.name = "tools.search", .standard = "duckduckgo", .kind = SETTING_TEXT, .guard = GUARD_TRUSTED,
		.what = "the search engine that WebSearch asks: duckduckgo",
	},
	[SETTING_CONFINE] = {
		.name = "tools.confine", .standard = "on", .kind = SETTING_SWITCH, .guard = GUARD_USER,
		.what = "whether commands that a model runs are confined to the project, where that can be done",
	},
	[SETTING_NETWORK] = {
		.name = "tools.network", .standard = "off", .kind = SETTING_SWITCH, .guard = GUARD_USER,
		.what = "whether confined commands reach the network",
	},
};

/*
 * sentence-transformers says everything in modules.json and in the folders that
 * names.  Exports for other programs leave these out; then the family tells, by
 * the name that config.json or the folder gives.
 */
#include "model/embedder_files.h"

#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"

#define JSON_FILE_MAX ((size_t)1 << 20)
#define TOKENS_ASSUMED 512
#define TOKENS_OF_NO_LIMIT 100000      /* "no limit" is written as a number with thirty digits */

/* Families whose vector is the first token's; all others take the mean. */
static const char *const first_token_families[] = { "bge-", "arctic-embed", "mxbai-embed" };

/* An absent file is no error; *json is NULL then. */
static bool read_optional(const char *folder, const char *name, json_t **json, struct error *err)
{
	own_mem char *path = path_join(folder, name);

	*json = path_is_file(path) ? json_parse_file(path, JSON_FILE_MAX, err) : NULL;
	return *json || !path_is_file(path);
}

static bool read_pooling(struct embedder_info *info, const char *folder, const char *module, struct error *err)
{
	own_mem char *name = mem_printf("%s/config.json", module);
	json_t *config = NULL;

	if (!read_optional(folder, name, &config, err))
		return false;
	own_json *owned = config;
	if (!owned)
		return error_set(err, ERROR_NOT_FOUND, "%s/%s is missing", folder, name);
	bool mean = json_is_true(json_object_get(owned, "pooling_mode_mean_tokens"));
	bool first = json_is_true(json_object_get(owned, "pooling_mode_cls_token"));
	if (mean == first)
		return error_set(err, ERROR_INVALID, "%s/%s: only the mean of all tokens or the first one is supported",
			folder, name);
	info->pooling = first ? POOLING_FIRST : POOLING_MEAN;
	info->why = "modules.json";
	return true;
}

static bool is_inside(const char *path)
{
	return *path && *path != '/' && !strstr(path, "..") && strlen(path) < 100;
}

static bool read_module(struct embedder_info *info, const char *folder, const json_t *module, struct error *err)
{
	const char *type = json_member_string(module, "type"), *path = json_member_string(module, "path");

	if (!type)
		return error_set(err, ERROR_INVALID, "%s/modules.json: a module has no type", folder);
	if (str_ends(str_of(type), ".Transformer"))
		return true;
	if (str_ends(str_of(type), ".Normalize")) {
		info->normalises = true;
		return true;
	}
	if (str_ends(str_of(type), ".Pooling") && path && is_inside(path))
		return read_pooling(info, folder, path, err);
	return error_set(err, ERROR_INVALID, "%s/modules.json: a module of type %.80s is not supported", folder, type);
}

static bool read_modules(struct embedder_info *info, const char *folder, const json_t *modules, struct error *err)
{
	const json_t *module;
	size_t i;

	info->normalises = false;
	json_array_foreach(modules, i, module)
		if (!read_module(info, folder, module, err))
			return false;
	return info->why || error_set(err, ERROR_INVALID, "%s/modules.json names no pooling", folder);
}

/* strcasestr() is not in every system. */
static bool contains(const char *text, const char *part)
{
	for (size_t n = strlen(part); *text; text++)
		if (strncasecmp(text, part, n) == 0)
			return true;
	return false;
}

static void guess_by_name(struct embedder_info *info, const json_t *config)
{
	const char *origin = json_member_string(config, "_name_or_path");
	const char *const names[] = { origin ? origin : "", info->name };

	info->normalises = true;
	info->pooling = POOLING_MEAN;
	info->why = "as most models do";
	for (size_t i = 0; i < countof(names); i++)
		for (size_t k = 0; k < countof(first_token_families); k++)
			if (contains(names[i], first_token_families[k])) {
				info->pooling = POOLING_FIRST;
				info->why = "the family's name";
			}
}

/* vLLM's names for what has no other. */
static void read_matryoshka(struct embedder_info *info, const json_t *config)
{
	const json_t *list = json_object_get(config, "matryoshka_dimensions"), *size;
	size_t i;

	info->matryoshka_any = json_is_true(json_object_get(config, "is_matryoshka")) && !json_array_size(list);
	json_array_foreach(list, i, size)
		if (json_integer_value(size) > 0 && info->matryoshka_count < MATRYOSHKA_MAX)
			info->matryoshka[info->matryoshka_count++] = (size_t)json_integer_value(size);
}

/* The least of what is stated. */
static void limit_tokens(struct embedder_info *info, const json_t *config, const char *key)
{
	double most = json_number_value(json_object_get(config, key));

	if (most >= 3 && most < TOKENS_OF_NO_LIMIT && (!info->most_tokens || most < (double)info->most_tokens))
		info->most_tokens = (size_t)most;
}

bool embedder_read_files(struct embedder_info *info, const char *folder, size_t context, struct error *err)
{
	json_t *modules = NULL, *config = NULL, *sentence = NULL, *tokenizer = NULL;
	bool ok = read_optional(folder, "modules.json", &modules, err) &&
		read_optional(folder, "config.json", &config, err) &&
		read_optional(folder, "sentence_bert_config.json", &sentence, err) &&
		read_optional(folder, "tokenizer_config.json", &tokenizer, err);
	own_json *m = modules, *c = config, *s = sentence, *t = tokenizer;

	if (!ok)
		return false;
	if (m && !read_modules(info, folder, m, err))
		return false;
	if (!m)
		guess_by_name(info, c);
	read_matryoshka(info, c);
	info->most_tokens = context;
	limit_tokens(info, c, "max_position_embeddings");
	limit_tokens(info, t, "model_max_length");
	limit_tokens(info, s, "max_seq_length");
	if (!info->most_tokens)
		info->most_tokens = TOKENS_ASSUMED;
	return true;
}

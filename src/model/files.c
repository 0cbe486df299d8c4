/*
 * Sampler defaults follow the exporters' own library: without do_sample the
 * model answers greedily, and a wish that is not stated is neutral.
 */
#include "model/files.h"

#include <limits.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/graphs.h"

enum {
	CONFIG_MAX_BYTES = 1 << 20,
	CONTEXT_MAX = 1 << 24,
	VOCABULARY_MAX = 1 << 24,
};

/* ---- The graph ---- */

static char *find_in(const char *folder, const char *subfolder, const char *name)
{
	own_mem char *inner = path_join(folder, subfolder);
	own_mem char *path = path_join(*subfolder ? inner : folder, name);

	return path_is_file(path) ? take(path) : NULL;
}

static bool find_graph(struct model_files *f, const char *precision, struct error *err)
{
	static const char *const subfolders[] = { "onnx", "" };

	for (size_t i = 0; i < graph_name_count; i++) {
		if (precision && strcmp(precision, graph_names[i].precision) != 0)
			continue;
		for (size_t j = 0; j < countof(subfolders) && !f->graph; j++)
			f->graph = find_in(f->folder, subfolders[j], graph_names[i].file);
		if (f->graph) {
			f->precision = graph_names[i].precision;
			return true;
		}
	}
	return error_set(err, ERROR_NOT_FOUND, "%s holds no ONNX model%s%s; looked for onnx/model_q4.onnx and its kin",
			 f->folder, precision ? " of precision " : "", precision ? precision : "");
}

/* ---- The name ---- */

/* "models--owner--name", a folder of the Hub's cache. */
static char *hub_name(struct str folder)
{
	static const struct str start = STR("models--");

	if (!str_starts(folder, start))
		return NULL;
	folder = str_from(folder, start.n);
	char *name = mem_strndup(folder.p, folder.n);
	char *dashes = strstr(name, "--");
	if (dashes) {
		*dashes = '/';
		memmove(dashes + 1, dashes + 2, strlen(dashes + 2) + 1);
	}
	return name;
}

char *model_folder_name(const char *folder)
{
	char resolved[PATH_MAX];
	struct str rest = str_of(realpath(folder, resolved) ? resolved : folder), piece, last = STR("model");
	char *name = NULL;

	while (!name && str_split(&rest, '/', &piece)) {
		name = hub_name(piece);
		if (piece.n)
			last = piece;
	}
	return name ? name : mem_strndup(last.p, last.n);
}

/* ---- config.json, generation_config.json ---- */

static json_t *read_json(const char *folder, const char *name, struct error *err)
{
	own_mem char *path = path_join(folder, name);
	json_t *value = json_parse_file(path, CONFIG_MAX_BYTES, err);

	if (value && !json_is_object(value)) {
		json_decref(value);
		error_set(err, ERROR_INVALID, "%s does not hold an object", path);
		return NULL;
	}
	return value;
}

/* A whole number in [1, most]; 0 for none. */
static bool read_size(const json_t *config, const char *key, json_int_t most, size_t *size, struct error *err)
{
	const json_t *value = json_object_get(config, key);

	*size = 0;
	if (!value || json_is_null(value))
		return true;
	json_int_t number = json_integer_value(value);
	if (number < 1 || number > most)
		return error_set(err, ERROR_INVALID, "config.json: %s is not a number from 1 to %lld", key,
			(long long)most);
	*size = (size_t)number;
	return true;
}

static bool read_config(struct model_files *f, const json_t *config, struct error *err)
{
	const char *type = json_member_string(config, "model_type");

	f->type = mem_strdup(type ? type : "");
	return read_size(config, "max_position_embeddings", CONTEXT_MAX, &f->context, err) &&
	       read_size(config, "vocab_size", VOCABULARY_MAX, &f->vocabulary, err);
}

static bool add_end_token(struct model_files *f, const json_t *token, struct error *err)
{
	json_int_t id = json_integer_value(token);

	if (!json_is_integer(token) || id < 0 || id > INT32_MAX || f->end_token_count == END_TOKENS_MAX)
		return error_set(err, ERROR_INVALID, "eos_token_id is neither a token nor a list of at most %d",
			END_TOKENS_MAX);
	f->end_tokens[f->end_token_count++] = (int32_t)id;
	return true;
}

static bool read_end_tokens(struct model_files *f, const json_t *config, struct error *err)
{
	const json_t *value = json_object_get(config, "eos_token_id"), *token;
	size_t i;

	if (!value || json_is_null(value))
		return true;
	if (!json_is_array(value))
		return add_end_token(f, value, err);
	json_array_foreach(value, i, token)
		if (!add_end_token(f, token, err))
			return false;
	return true;
}

static float number_or(const json_t *config, const char *key, float otherwise)
{
	const json_t *value = json_object_get(config, key);

	return json_is_number(value) ? (float)json_number_value(value) : otherwise;
}

/* `config` may be NULL: everything neutral, and greedy. */
static struct sampling read_sampling(const json_t *config)
{
	struct sampling s = SAMPLING_UNSET;
	float top_k = number_or(config, "top_k", 0);

	s.temperature = json_is_true(json_object_get(config, "do_sample")) ? number_or(config, "temperature", 1) : 0;
	s.top_p = number_or(config, "top_p", 1);
	s.min_p = number_or(config, "min_p", 0);
	s.top_k = top_k > 0 && top_k < (float)INT_MAX ? (int)top_k : 0;
	s.repetition_penalty = number_or(config, "repetition_penalty", 1);
	s.presence_penalty = 0;
	s.frequency_penalty = 0;
	return s;
}

static bool read_generation_config(struct model_files *f, const json_t *config, struct error *err)
{
	struct error absent = {0};
	own_json *generation = read_json(f->folder, "generation_config.json", &absent);

	if (!generation && absent.kind != ERROR_NOT_FOUND) {
		*err = absent;
		return false;
	}
	f->sampling = read_sampling(generation);
	if (!read_end_tokens(f, generation, err))
		return error_prefix(err, "generation_config.json");
	if (f->end_token_count == 0 && !read_end_tokens(f, config, err))
		return error_prefix(err, "config.json");
	return true;
}

static bool find_all(struct model_files *f, const char *precision, struct error *err)
{
	if (!path_is_directory(f->folder))
		return error_set(err, ERROR_NOT_FOUND, "there is no folder %s", f->folder);
	own_json *config = read_json(f->folder, "config.json", err);
	return config && read_config(f, config, err) && read_generation_config(f, config, err) &&
	       find_graph(f, precision, err);
}

bool model_files_find(struct model_files *f, const char *folder, const char *precision, struct error *err)
{
	*f = (struct model_files){ .folder = mem_strdup(folder), .name = model_folder_name(folder) };
	if (find_all(f, precision, err))
		return true;
	model_files_done(f);
	return false;
}

void model_files_done(struct model_files *f)
{
	free(f->name);
	free(f->folder);
	free(f->graph);
	free(f->type);
	*f = (struct model_files){0};
}

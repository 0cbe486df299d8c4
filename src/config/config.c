/*
 * Loading goes from weak to strong: defaults, ~/.shammah/model, settings.json,
 * environment; each stage replaces what it knows.  The command line comes last, by
 * config_set_flag().  Only the key has an order of its own.
 */
#include "config/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "config/teachers.h"
#include "config/vendors.h"

#define FILE_MAX ((size_t)1 << 20)
#define KEY_MAX ((size_t)4096)
#define MODEL_MAX ((size_t)4096)
#define SETTINGS_FILE "~/.claude/settings.json"

const struct setting_info settings[SETTING_COUNT] = {
	[SETTING_MODEL] = {
		.name = "backend.model", .key = "shammah.backend.model", .variable = "SHAMMAH_MODEL", .flag = "--model",
		.kind = SETTING_TEXT, .what = "the local model: a name, a repository of the Hub, or a folder",
	},
	[SETTING_CONTEXT] = {
		.name = "backend.context", .key = "shammah.backend.context",
		.kind = SETTING_NUMBER, .least = 256, .most = 1 << 20,
		.what = "most tokens of a conversation that the local model is given",
	},
	[SETTING_THREADS] = {
		.name = "backend.threads", .key = "shammah.backend.threads",
		.kind = SETTING_NUMBER, .least = 1, .most = 256, .what = "threads of the local model",
	},
	[SETTING_KV_BITS] = {
		.name = "backend.kv_bits", .key = "shammah.backend.kv_bits", .standard = "16",
		.kind = SETTING_NUMBER, .least = 8, .most = 16, .step = 8,
		.what = "bits of a number in the local model's keys and values: 8 or 16",
	},
	[SETTING_KV_MEMORY] = {
		.name = "backend.kv_megabytes", .key = "shammah.backend.kv_megabytes",
		.kind = SETTING_NUMBER, .least = 1, .most = 1 << 24,
		.what = "megabytes for the local model's keys and values; unset: a quarter of the memory",
	},
	[SETTING_BEGINNINGS] = {
		.name = "backend.beginnings_megabytes", .key = "shammah.backend.beginnings_megabytes",
		.standard = "1024",
		.kind = SETTING_NUMBER, .least = 0, .most = 1 << 24,
		.what = "megabytes of computed system prompts kept on disk; 0: none",
	},
	[SETTING_KEEP_ALIVE] = {
		.name = "backend.keep_alive", .key = "shammah.backend.keep_alive", .standard = "1800",
		.kind = SETTING_NUMBER, .least = 0, .most = 10000000,
		.what = "seconds without an answer after which the local model gives its memory back; 0: never",
	},
	[SETTING_EMBEDDING_MODEL] = {
		.name = "backend.embedding_model", .key = "shammah.backend.embedding_model",
		.variable = "SHAMMAH_EMBEDDING_MODEL",
		.kind = SETTING_TEXT,
		.what = "a sentence-transformer for embeddings: a repository of the Hub, or a folder",
	},
	[SETTING_PORT] = {
		.name = "server.port", .key = "shammah.server.port", .variable = "SHAMMAH_PORT", .flag = "--port",
		.standard = "11435", .kind = SETTING_NUMBER, .least = 1, .most = 65535,
		.what = "port of the daemon on 127.0.0.1",
	},
	[SETTING_ORIGINS] = {
		.name = "server.origins", .key = "shammah.server.origins",
		.kind = SETTING_LIST, .what = "web origins whose pages may use the daemon",
	},
	[SETTING_TEACHER_MODEL] = {
		.name = "teacher.model", .key = "model", .variable = "ANTHROPIC_MODEL",
		.kind = SETTING_TEXT, .what = "the teacher's model; unset: the one it offers first",
	},
	[SETTING_TEACHER_URL] = {
		.name = "teacher.base_url", .key = "env.ANTHROPIC_BASE_URL", .variable = "ANTHROPIC_BASE_URL",
		.standard = "https://api.anthropic.com", .kind = SETTING_TEXT, .what = "where the teacher is asked",
	},
	[SETTING_API_KEY] = {
		.name = "teacher.api_key", .kind = SETTING_SECRET, .what = "the teacher's API key",
	},
};

/* In the order they are asked; the same names inside settings.json's `env` come before all of them. */
static const char *const key_variables[] = { "SHAMMAH_API_KEY", "ANTHROPIC_API_KEY" };

/* Read outside this file. */
static const char *const other_variables[] = {
	"SHAMMAH_HOME", "SHAMMAH_ONNXRUNTIME", "NO_COLOR", "HOME", "HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN",
	"HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_ETAG_TIMEOUT",
};

void config_done(struct config *c)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		free(c->values[i].text);
		free(c->values[i].origin);
	}
	buf_done(&c->warnings);
	for (size_t i = 0; i < c->teacher_count; i++)
		teacher_config_done(&c->teachers[i]);
	free(c->teachers);
	*c = (struct config){ .warnings = BUF_INIT(0) };
}

/* Takes ownership of both strings. */
static void replace(struct value *v, char *text, char *origin)
{
	free(v->text);
	free(v->origin);
	*v = (struct value){ text, origin };
}

static bool check(enum setting s, const char *text, const char *where, struct error *err)
{
	const struct setting_info *info = &settings[s];
	char *end;

	if (info->kind != SETTING_NUMBER)
		return *text || error_set(err, ERROR_INVALID, "%s: %s must not be empty", where, info->name);
	errno = 0;
	long long number = strtoll(text, &end, 10);
	bool fits = number >= info->least && number <= info->most && (!info->step || number % info->step == 0);
	if (*text && !*end && !errno && fits)
		return true;
	if (info->step)
		return error_set(err, ERROR_INVALID,
			"%s: %s must be a multiple of %" PRId64 " from %" PRId64 " to %" PRId64,
			where, info->name, info->step, info->least, info->most);
	return error_set(err, ERROR_INVALID, "%s: %s must be a whole number from %" PRId64 " to %" PRId64,
		where, info->name, info->least, info->most);
}

static bool set(struct config *c, enum setting s, const char *text, const char *origin, struct error *err)
{
	if (!check(s, text, origin, err))
		return false;
	replace(&c->values[s], mem_strdup(text), mem_strdup(origin));
	return true;
}

bool config_set_flag(struct config *c, enum setting s, const char *text, struct error *err)
{
	return set(c, s, text, settings[s].flag, err);
}

/* The member at a dotted path, NULL when a step is missing. */
static const json_t *member(const json_t *object, const char *path)
{
	struct str rest = str_of(path), step;

	while (object && str_split(&rest, '.', &step)) {
		own_mem char *name = mem_strndup(step.p, step.n);
		object = json_object_get(object, name);
	}
	return object;
}

static bool add_lines(struct buf *out, const json_t *list)
{
	struct error err = {0};
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (!json_is_string(item) || !buf_addf(out, &err, "%s%s", i ? "\n" : "", json_string_value(item)))
			return false;
	return true;
}

/* The text of a JSON value of the kind the setting wants; false when it is another kind. */
static bool text_of(const json_t *value, enum setting_kind kind, struct buf *out)
{
	struct error err = {0};

	switch (kind) {
	case SETTING_NUMBER:
		return json_is_integer(value) && buf_addf(out, &err, "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
	case SETTING_LIST:
		return json_is_array(value) && add_lines(out, value);
	default:
		return json_is_string(value) && buf_adds(out, json_string_value(value), &err);
	}
}

static const char *accepted(enum setting_kind kind)
{
	return kind == SETTING_NUMBER ? "a whole number" : kind == SETTING_LIST ? "a list of strings" : "a string";
}

static bool read_value(struct config *c, enum setting s, const json_t *value, struct error *err)
{
	const struct setting_info *info = &settings[s];
	own_buf text = BUF_INIT(FILE_MAX);

	if (!text_of(value, info->kind, &text))
		return error_set(err, ERROR_INVALID, "%s: %s must be %s", SETTINGS_FILE, info->key,
			accepted(info->kind));
	if (info->kind == SETTING_LIST && !text.len)
		return true;
	return set(c, s, text.data, SETTINGS_FILE, err);
}

static bool is_setting(const char *group, const char *name)
{
	own_mem char *key = mem_printf("shammah.%s.%s", group, name);

	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].key && strcmp(settings[i].key, key) == 0)
			return true;
	return false;
}

static void warn(struct config *c, const char *group, const char *dot, const char *name)
{
	struct error err = {0};

	(void)!buf_addf(&c->warnings, &err, "%s: unknown key shammah.%s%s%s is ignored\n", SETTINGS_FILE, group, dot,
		name);
}

static void warn_about_unknown(struct config *c, json_t *ours)
{
	const char *group, *name;
	json_t *members, *value;

	json_object_foreach(ours, group, members) {
		if (!json_is_object(members)) {
			warn(c, group, "", "");
			continue;
		}
		json_object_foreach(members, name, value)
			if (!is_setting(group, name))
				warn(c, group, ".", name);
	}
}

static bool read_settings(struct config *c, const json_t *root, struct error *err)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const json_t *value = settings[i].key ? member(root, settings[i].key) : NULL;
		if (value && !read_value(c, (enum setting)i, value, err))
			return false;
	}
	warn_about_unknown(c, json_object_get(root, "shammah"));
	return true;
}

static bool read_environment(struct config *c, struct error *err)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const char *text = settings[i].variable ? getenv(settings[i].variable) : NULL;
		if (!text || !*text)
			continue;
		own_mem char *origin = mem_printf("environment %s", settings[i].variable);
		if (!set(c, (enum setting)i, text, origin, err))
			return false;
	}
	return true;
}

/* A key with a space or control character in it would break the header it goes into. */
static bool set_key(struct config *c, struct str key, const char *origin, struct error *err)
{
	key = str_trim(key);
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] <= ' ' || key.p[i] == 0x7f)
			return error_set(err, ERROR_INVALID, "%s: the API key holds a space or a control character",
				origin);
	if (key.n)
		replace(&c->values[SETTING_API_KEY], mem_strndup(key.p, key.n), mem_strdup(origin));
	return true;
}

/* What `shammah models use` wrote. */
static bool read_model_file(struct config *c, struct error *err)
{
	struct error unread = {0};
	size_t len;
	own_mem char *home = path_shammah(&unread);
	own_mem char *path = home ? home_path(home, HOME_MODEL) : NULL;
	own_mem char *text = path ? file_read(path, MODEL_MAX, &len, &unread) : NULL;
	struct str name = text ? str_trim((struct str){ text, len }) : (struct str){0};
	own_mem char *line = mem_strndup(name.p, name.n);

	if (strlen(line) != name.n || strchr(line, '\n'))
		return error_set(err, ERROR_INVALID,
			"%s must hold one line, the name of a model; delete it, and `shammah models use NAME` writes "
			"it anew",
			path);
	return !name.n || set(c, SETTING_MODEL, line, CONFIG_MODEL_FILE, err);
}

bool config_use_model(const char *home, const char *name, struct error *err)
{
	own_mem char *path = home_path(home, HOME_MODEL), *line = name ? mem_printf("%s\n", name) : NULL;

	if (!name)
		return unlink(path) == 0 || errno == ENOENT || error_errno(err, "cannot remove %s", path);
	return path_make(home, 0700, err) && file_write(path, str_of(line), 0600, err);
}

static bool find_key_file(struct config *c, const char *home, struct error *err)
{
	struct error unread = {0};
	size_t len;
	own_mem char *path = path_join(home, ".anthropic/api_key");
	own_mem char *text = file_read(path, KEY_MAX, &len, &unread);

	return !text || set_key(c, (struct str){ text, len }, "~/.anthropic/api_key", err);
}

static bool find_key(struct config *c, const json_t *root, const char *home, struct error *err)
{
	const json_t *env = json_object_get(root, "env");

	for (size_t i = 0; i < countof(key_variables); i++) {
		struct str key = json_member_str(env, key_variables[i]);
		if (key.n)
			return set_key(c, key, SETTINGS_FILE, err);
	}
	for (size_t i = 0; i < countof(key_variables); i++) {
		const char *key = getenv(key_variables[i]);
		own_mem char *origin = mem_printf("environment %s", key_variables[i]);
		if (key && *key)
			return set_key(c, str_of(key), origin, err);
	}
	return !home || find_key_file(c, home, err);
}

/* An empty object where there is no file. */
static json_t *read_file(const char *home, struct error *err)
{
	own_mem char *path = home ? path_join(home, ".claude/settings.json") : NULL;

	if (!path || !path_is_file(path))
		return json_object();
	own_json *root = json_parse_file(path, FILE_MAX, err);
	if (root && !json_is_object(root))
		error_set(err, ERROR_INVALID, "%s: must hold a JSON object", path);
	return json_is_object(root) ? take(root) : NULL;
}

bool config_load(struct config *c, struct error *err)
{
	struct error homeless = {0};
	own_mem char *home = path_home(&homeless);

	*c = (struct config){ .warnings = BUF_INIT(FILE_MAX) };
	own_json *root = read_file(home, err);
	if (!root)
		return false;
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].standard)
			replace(&c->values[i], mem_strdup(settings[i].standard), mem_strdup("default"));
	return read_model_file(c, err) && read_settings(c, root, err) && read_environment(c, err) &&
		find_key(c, root, home, err) && teachers_find(c, err);
}

const char *config_text(const struct config *c, enum setting s)
{
	return c->values[s].text;
}

int64_t config_number(const struct config *c, enum setting s, int64_t otherwise)
{
	return c->values[s].text ? strtoll(c->values[s].text, NULL, 10) : otherwise;
}

static bool listed(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool config_knows_variable(const char *name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].variable && strcmp(settings[i].variable, name) == 0)
			return true;
	return vendor_variable(name, NULL) || listed(key_variables, countof(key_variables), name) ||
		listed(other_variables, countof(other_variables), name);
}

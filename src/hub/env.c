/*
 * As huggingface_hub's constants.py and utils/_auth.py read it, with two
 * differences: an empty variable counts as unset, and a number that is none is
 * an error with the variable's name.
 */
#include "hub/hub.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define TOKEN_MAX 4096
#define PATH_MAX_BYTES 8192
#define ENDPOINT_MAX 2000

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool is_true(const char *value)
{
	static const char *const yes[] = { "1", "ON", "YES", "TRUE" };

	for (size_t i = 0; value && i < countof(yes); i++)
		if (strcasecmp(value, yes[i]) == 0)
			return true;
	return false;
}

/* The name after a dollar sign, with or without braces, and how long it is with them; false when there is none. */
static bool variable_name(const char *p, struct str *name, size_t *len)
{
	size_t n = 0;

	if (*p == '{') {
		const char *end = strchr(p, '}');
		*name = (struct str){ p + 1, end ? (size_t)(end - p - 1) : 0 };
		*len = name->n + 2;
		return end;
	}
	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	*name = (struct str){ p, n };
	*len = n;
	return n > 0;
}

/* "~/" at the beginning, $NAME and ${NAME}; unknown variables stay as they are. */
static char *expand(const char *path, struct error *err)
{
	own_buf out = BUF_INIT(PATH_MAX_BYTES);
	bool ok = true;

	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
		own_mem char *home = path_home(err);
		if (!home)
			return NULL;
		ok = buf_adds(&out, home, err);
		path++;
	}
	while (ok && *path) {
		struct str name;
		size_t len = 0;
		own_mem char *key = *path == '$' && variable_name(path + 1, &name, &len) ?
			mem_strndup(name.p, name.n) : NULL;
		const char *value = key ? getenv(key) : NULL;
		ok = value ? buf_adds(&out, value, err) : buf_add(&out, path, 1, err);
		path += value ? len + 1 : 1;
	}
	return ok ? buf_detach(&out, NULL) : NULL;
}

/* The first variable that is set, expanded, or folder/name. */
static char *place(const char *const *names, size_t count, const char *folder, const char *name, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (variable(names[i]))
			return expand(variable(names[i]), err);
	own_mem char *otherwise = path_join(folder, name);
	return expand(otherwise, err);
}

static bool seconds(const char *name, unsigned otherwise, unsigned *ms, struct error *err)
{
	const char *value = variable(name);
	char *end = NULL;
	long n = value ? strtol(value, &end, 10) : 0;

	if (value && (*end || end == value || n < 0 || n > INT_MAX / 1000))
		return error_set(err, ERROR_INVALID, "%s is \"%.20s\", but must be a whole number of seconds", name,
			value);
	*ms = (unsigned)(n ? n : otherwise) * 1000;
	return true;
}

/* Without line breaks anywhere and blanks at both ends; NULL when nothing is left. */
static char *clean_token(const char *text)
{
	own_mem char *line = mem_strdup(text);
	char *to = line;

	for (const char *from = text; *from; from++)
		if (*from != '\r' && *from != '\n')
			*to++ = *from;
	*to = '\0';
	struct str token = str_trim(str_of(line));
	return token.n ? mem_strndup(token.p, token.n) : NULL;
}

static bool read_token(struct hub *hub, struct error *err)
{
	const char *given = variable("HF_TOKEN");

	if (is_true(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN")))
		return true;
	given = given ? given : variable("HUGGING_FACE_HUB_TOKEN");
	if (given && (hub->token = clean_token(given)))
		return true;
	if (!path_is_file(hub->token_path))
		return true;

	size_t n;
	own_mem char *text = file_read(hub->token_path, TOKEN_MAX, &n, err);
	if (!text)
		return error_prefix(err, "the token of the Hub cannot be read");
	hub->token = clean_token(text);
	return true;
}

static bool read_places(struct hub *hub, struct error *err)
{
	static const char *const homes[] = { "HF_HOME" }, *const tokens[] = { "HF_TOKEN_PATH" };
	static const char *const caches[] = { "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE" };
	const char *cache_home = variable("XDG_CACHE_HOME");
	own_mem char *home =
		place(homes, countof(homes), cache_home ? cache_home : "~/.cache", "huggingface", err);

	if (!home || !(hub->cache = place(caches, countof(caches), home, "hub", err)))
		return false;
	hub->token_path = place(tokens, countof(tokens), home, "token", err);
	return hub->token_path;
}

bool hub_init(struct hub *hub, struct error *err)
{
	const char *endpoint = variable("HF_ENDPOINT");

	*hub = (struct hub){
		.endpoint = mem_strdup(endpoint ? endpoint : "https://huggingface.co"),
		.offline = is_true(variable("HF_HUB_OFFLINE") ? variable("HF_HUB_OFFLINE") :
			variable("TRANSFORMERS_OFFLINE")),
		.connections = 4, .span = 64 << 20, .piece = 4 << 20, .reserve = 256 << 20,
		.tries = 6, .backoff_ms = 500,
	};
	for (size_t n = strlen(hub->endpoint); n > 0 && hub->endpoint[n - 1] == '/'; n--)
		hub->endpoint[n - 1] = '\0';
	if (strlen(hub->endpoint) > ENDPOINT_MAX) {
		hub_done(hub);
		return error_set(err, ERROR_INVALID, "HF_ENDPOINT is longer than %d bytes", ENDPOINT_MAX);
	}
	if (read_places(hub, err) && read_token(hub, err) && seconds("HF_HUB_ETAG_TIMEOUT", 10, &hub->answer_ms, err) &&
	    seconds("HF_HUB_DOWNLOAD_TIMEOUT", 10, &hub->silence_ms, err))
		return true;
	hub_done(hub);
	return false;
}

void hub_done(struct hub *hub)
{
	free(hub->endpoint);
	free(hub->token);
	free(hub->token_path);
	free(hub->cache);
	*hub = (struct hub){ 0 };
}

void hub_listing_done(struct hub_listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->files[i].path);
	free(listing->files);
	*listing = (struct hub_listing){ 0 };
}

void hub_cache_done(struct hub_cache *cache)
{
	for (size_t i = 0; i < cache->count; i++) {
		free(cache->entries[i].repo);
		free(cache->entries[i].refs);
		free(cache->entries[i].path);
	}
	free(cache->entries);
	*cache = (struct hub_cache){ 0 };
}

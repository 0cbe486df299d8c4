#include "config/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/findings.h"
#include "config/home.h"
#include "config/teachers.h"
#include "config/values.h"
#include "config/vendors.h"

#ifdef __APPLE__
#define MANAGED_FOLDER "/Library/Application Support/ClaudeCode"
#else
#define MANAGED_FOLDER "/etc/claude-code"
#endif

/* Read outside this folder, or by more than one file of it. */
static const char *const other_variables[] = {
	"SHAMMAH_HOME", "SHAMMAH_ONNXRUNTIME", "NO_COLOR", "HOME", "HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN",
	"HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_ETAG_TIMEOUT", "CLAUDE_CONFIG_DIR",
};

void config_places_init(struct config_places *p, bool project)
{
	struct error unknown = {0};
	const char *claude = getenv("CLAUDE_CONFIG_DIR");

	*p = (struct config_places){ .home = path_home(&unknown), .ours = path_shammah(&unknown),
		.managed = mem_strdup(MANAGED_FOLDER) };
	p->claude = claude && *claude ? mem_strdup(claude) : p->home ? path_join(p->home, ".claude") : NULL;
	p->start = project ? realpath(".", NULL) : NULL;
}

void config_places_done(struct config_places *p)
{
	free(p->home);
	free(p->ours);
	free(p->claude);
	free(p->managed);
	free(p->start);
	*p = (struct config_places){0};
}

void config_done(struct config *c)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		value_done(&c->values[i]);
	for (size_t i = 0; i < c->teacher_count; i++)
		teacher_config_done(&c->teachers[i]);
	free(c->teachers);
	for (size_t i = 0; i < c->file_count; i++) {
		free(c->files[i].path);
		free(c->files[i].name);
	}
	free(c->files);
	for (size_t i = 0; i < c->variable_count; i++) {
		free(c->variables[i].name);
		free(c->variables[i].text);
		free(c->variables[i].file);
	}
	free(c->variables);
	json_decref(c->permissions);
	json_decref(c->sandbox);
	findings_done(c);
	*c = (struct config){0};
}

bool config_set_flag(struct config *c, enum setting s, const char *text, struct error *err)
{
	char accepted[120];

	if (!value_ok(s, text)) {
		setting_accepts(s, accepted, sizeof accepted);
		return error_set(err, ERROR_INVALID, "%s: is not accepted; accepted: %s", settings[s].flag, accepted);
	}
	value_replace(&c->values[s], mem_strdup(text), mem_strdup(settings[s].flag));
	return true;
}

bool config_use_model(const char *home, const char *name, struct error *err)
{
	own_mem char *path = home_path(home, HOME_MODEL), *line = name ? mem_printf("%s\n", name) : NULL;

	if (!name)
		return unlink(path) == 0 || errno == ENOENT || error_errno(err, "cannot remove %s", path);
	return path_make(home, 0700, err) && file_write(path, str_of(line), 0600, err);
}

const char *config_text(const struct config *c, enum setting s)
{
	return c->values[s].text;
}

int64_t config_number(const struct config *c, enum setting s, int64_t otherwise)
{
	return c->values[s].text ? strtoll(c->values[s].text, NULL, 10) : otherwise;
}

bool config_switch(const struct config *c, enum setting s)
{
	const char *text = config_text(c, s);

	return text && strcmp(text, "on") == 0;
}

int64_t config_micros(const struct config *c, enum setting s, int64_t otherwise)
{
	return c->values[s].text ? llround(strtod(c->values[s].text, NULL) * 1e6) : otherwise;
}

bool config_knows_variable(const char *name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].variable && strcmp(settings[i].variable, name) == 0)
			return true;
	for (size_t i = 0; i < countof(other_variables); i++)
		if (strcmp(other_variables[i], name) == 0)
			return true;
	return vendor_variable(name, NULL) || teachers_variable(name);
}

/*
 * A settings.json and a config.toml through the whole cascade: what is wrong becomes findings, what is
 * not trusted has no effect, and the user's key is neither quoted nor sent elsewhere by a project.  The
 * first byte says which file; the rest is the file.
 */
#include <assert.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/config.h"

static char folder[64], key[128];
static const char *const files[] = { "claude/settings.json", "ours/config.toml", "start/.claude/settings.json",
	"etc/managed-settings.json" };

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void end(void)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void begin(void)
{
	struct error err = {0};

	if (*folder)
		return;
	snprintf(folder, sizeof folder, "/tmp/shammah_fuzz.XXXXXX");
	assert(mkdtemp(folder));
	(void)atexit(end);
	snprintf(key, sizeof key, "sk-canary-%s", folder + 5);
	setenv("ANTHROPIC_API_KEY", key, 1);
	for (size_t i = 0; i < countof(files); i++) {
		own_mem char *path = path_join(folder, files[i]);
		*(char *)path_base(path) = '\0';
		assert(path_make(path, 0700, &err));
	}
}

static void check(const struct config *c, bool of_project)
{
	for (size_t i = 0; i < c->finding_count; i++) {
		assert(!strstr(c->findings[i].text, key));
		for (const char *p = c->findings[i].text; *p; p++)
			assert((unsigned char)*p >= ' ' && *p != 0x7f);
	}
	for (size_t i = 0; i < c->teacher_count; i++)
		assert(c->teachers[i].name && c->teachers[i].provider && c->teachers[i].origin);
	if (!of_project)
		return;
	assert(!c->variable_count && !c->values[SETTING_ORIGINS].text);
	assert(c->teacher_count == 1 && strcmp(c->teachers[0].key.text, key) == 0);
	assert(!c->teachers[0].base_url && !c->teachers[0].helper && !c->teachers[0].headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	own_config c = {0};

	if (!size)
		return 0;
	begin();
	if (memmem(data, size, key, strlen(key)))
		return 0;
	size_t which = data[0] % countof(files);
	own_mem char *path = path_join(folder, files[which]);
	own_config_places places = { .home = path_join(folder, "home"), .ours = path_join(folder, "ours"),
		.claude = path_join(folder, "claude"), .managed = path_join(folder, "etc"),
		.start = path_join(folder, "start") };
	FILE *f = fopen(path, "w");
	assert(f && fwrite(data + 1, 1, size - 1, f) == size - 1 && fclose(f) == 0);
	(void)!config_load(&c, &places, &err);
	check(&c, which == 2);
	unlink(path);
	return 0;
}

/* A user with a home, a project and an administrator, in a folder that goes away with the test. */
#pragma once

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/config.h"
#include "config/vendors.h"
#include "support/test.h"

static char world[64];
static struct config_places places;

static inline int world_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int world_end(void **state)
{
	(void)state;
	config_places_done(&places);
	return nftw(world, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* None of the variables that are read is set. */
static inline void world_clear_environment(void)
{
	extern char **environ;

	for (size_t i = 0; environ[i]; ) {
		own_mem char *name = mem_strndup(environ[i], strcspn(environ[i], "="));
		if (config_knows_variable(name) && strcmp(name, "HOME") != 0)
			unsetenv(name);
		else
			i++;
	}
}

static inline void world_folder(const char *name)
{
	own_mem char *path = path_join(world, name);
	struct error err = {0};

	assert_ok(path_make(path, 0700, &err));
}

static inline int world_begin(void **state)
{
	(void)state;
	snprintf(world, sizeof world, "/tmp/shammah_config.XXXXXX");
	if (!mkdtemp(world))
		return -1;
	world_clear_environment();
	places = (struct config_places){
		.home = path_join(world, "home"), .ours = path_join(world, "home/.shammah"),
		.claude = path_join(world, "home/.claude"), .managed = path_join(world, "etc"),
		.start = path_join(world, "home/project/sub"),
	};
	world_folder("home/project/.git");
	world_folder("home/project/sub");
	return 0;
}

/* The files of the cascade, by what they are called here. */
#define TOML "home/.shammah/config.toml"
#define USER "home/.claude/settings.json"
#define PROJECT "home/project/sub/.claude/settings.json"
#define LOCAL "home/project/.claude/settings.local.json"
#define MANAGED "etc/managed-settings.json"
#define DROP_IN "etc/managed-settings.d/10-more.json"
#define STATE "home/.claude.json"

static inline void given(const char *name, const char *text)
{
	own_mem char *path = path_join(world, name), *folder = mem_strndup(path, (size_t)(path_base(path) - path - 1));
	struct error err = {0};

	assert_ok(path_make(folder, 0700, &err));
	assert_ok(file_write(path, str_of(text), 0600, &err));
}

static inline void given_trust(void)
{
	own_mem char *root = path_join(world, "home/project"), *full = realpath(root, NULL);
	own_mem char *text = mem_printf("{\"projects\":{\"%s\":{\"hasTrustDialogAccepted\":true}}}", full);

	given(STATE, text);
}

static inline void load(struct config *c)
{
	struct error err = {0};

	if (!config_load(c, &places, &err))
		fail_msg("%s", err.text);
}

/* One finding of that kind holds the text. */
static inline void expect_finding(enum finding_kind kind, const char *part)
{
	struct error err = {0};
	own_config c;
	bool found = false;

	(void)!config_load(&c, &places, &err);
	for (size_t i = 0; i < c.finding_count; i++)
		found |= c.findings[i].kind == kind && strstr(c.findings[i].text, part);
	if (found)
		return;
	for (size_t i = 0; i < c.finding_count; i++)
		print_error("finding: %s\n", c.findings[i].text);
	fail_msg("nothing says '%s'", part);
}

static inline void expect_no_findings(void)
{
	struct error err = {0};
	own_config c;

	(void)!config_load(&c, &places, &err);
	for (size_t i = 0; i < c.finding_count; i++)
		fail_msg("finding: %s", c.findings[i].text);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

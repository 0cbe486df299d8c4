/* What a conversation may do, by settings of a test's own. */
#pragma once

#include "base/path.h"
#include "cli/grants.h"
#include "said.h"

struct world {
	struct options options;
	struct config config;
	struct grants grants;
	char *project;
};

/* The project is where the test stands; HOME is the test's folder. */
static void world_init(struct world *w, const char *toml)
{
	own_config_places places = {0};
	struct error err = {0};

	*w = (struct world){ .project = path_join(home_folder, "project") };
	own_mem char *ours = path_join(home_folder, ".shammah"), *file = path_join(ours, "config.toml");
	setenv("HOME", home_folder, 1);
	unsetenv("SHAMMAH_HOME");
	unsetenv("CLAUDE_CONFIG_DIR");
	assert_ok(path_make(w->project, 0700, &err) && path_make(ours, 0700, &err));
	assert_ok(file_write(file, str_of(toml), 0600, &err));
	assert_int_equal(chdir(w->project), 0);
	config_places_init(&places, true);
	assert_ok(config_load(&w->config, &places, &err));
}

static bool world_grants(struct world *w, struct error *err)
{
	own_mem char *ours = path_join(home_folder, ".shammah");
	const struct permission_places places = { w->project, w->project, home_folder, NULL };

	return grants_init(&w->grants, &w->options, &w->config, &places, ours, err);
}

static void world_done(struct world *w)
{
	grants_done(&w->grants);
	config_done(&w->config);
	free(w->project);
	assert_int_equal(chdir("/"), 0);
}

/* What the actions of `shammah models` share. */
#pragma once

#include "base/json.h"
#include "cli/commands.h"
#include "hub/choose.h"
#include "hub/spec.h"
#include "prepare/prepare.h"

struct models {
	const struct options *options;
	struct config *config;
	const char *name;            /* the words after the action; NULL: none */
	struct hub hub;
	char *home;                  /* ~/.shammah */
};

/* One function an action; each returns the exit code. */
int models_list(struct models *m);
int models_show(struct models *m);
int models_recommend(struct models *m);
int models_pull(struct models *m);
int models_cancel(struct models *m);
int models_use(struct models *m);
int models_remove(struct models *m);
int models_verify(struct models *m);
int models_bench(struct models *m);

/* A name is needed: false, and said, when there is none. */
bool models_named(const struct models *m, const char *action, struct error *err) must_use;

/* The machine's choice, and what the machine has. */
void models_choose(const struct models *m, struct choice *choice, struct machine *machine);

/* The folder of the model in use, which the caller frees; NULL: none, or not here. */
char *models_in_use(const struct models *m);

/* "q4, fp16": the graphs that lie in a folder; false for none. */
bool models_precisions(const char *folder, struct buf *out);

/* Options to prepare a model with, and to look for a prepared copy; `cache` (of ~/.shammah) must outlive them. */
struct prepare_options models_prepare_options(const char *cache, const char *precision);

/* POSTs an action to the daemon that runs; takes the body over. */
bool models_tell(const struct models *m, json_t *body, struct error *err) must_use;

/* Has the daemon, if one runs, use a model from now on; what goes wrong is said. */
void models_tell_use(const struct models *m, const char *name, const char *folder);

/* Has the daemon load a folder again if it is the one it has, since its precision was chosen anew. */
void models_tell_reload(const struct models *m, const char *folder);

/* The body of a pull in the background; NULL for the model that fits this machine. */
json_t *models_pull_request(const struct hub *hub, const char *model, const char *precision, bool use);

/* The daemon's /v1/status, which the caller owns; NULL: none runs. */
json_t *models_status(const struct models *m);

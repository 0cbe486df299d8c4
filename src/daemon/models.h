/*
 * The models of this machine, through HTTP: download, cancel, use; what is installed.
 */
#pragma once

#include "base/json.h"
#include "daemon/server.h"

/*
 * POST /v1/daemon/models, with the daemon's token; user is the struct service:
 * {"action": "pull", "model"?, "precision"?, "use"?, "endpoint"?, "cache"?, "token"?},
 * {"action": "cancel"}, {"action": "use", "model", "folder"?: where the client found it}.
 */
http_handler_fn models_change;

/* Calls back for every whole model in the cache, with "owner/name". */
void models_installed(void (*each)(void *user, const char *name), void *user);

/* Whether a request's model name is that of an installed one; how to switch to it is then in `hint`. */
bool models_explain(struct str name, char *hint, size_t size);

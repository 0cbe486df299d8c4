/* Asks what a revision holds.  Internal to hub/. */
#pragma once

#include "hub/ask.h"

bool list_files_ask(const struct hub *hub, struct http_client *client, struct cancel *cancel, const char *repo,
	const char *revision, struct hub_listing *listing, struct error *err) must_use;

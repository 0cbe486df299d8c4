/* What the command line says of tools and of output for programs; names and values are Claude Code's. */
#pragma once

#include "cli/options.h"

bool options_take_append(struct options *o, const char *value, struct error *err);
bool options_take_output(struct options *o, const char *value, struct error *err);
bool options_take_input(struct options *o, const char *value, struct error *err);
bool options_take_partial(struct options *o, const char *value, struct error *err);
bool options_take_verbose(struct options *o, const char *value, struct error *err);
bool options_take_max_turns(struct options *o, const char *value, struct error *err);
bool options_take_allowed(struct options *o, const char *value, struct error *err);
bool options_take_denied(struct options *o, const char *value, struct error *err);
bool options_take_tools(struct options *o, const char *value, struct error *err);
bool options_take_mode(struct options *o, const char *value, struct error *err);
bool options_take_skip(struct options *o, const char *value, struct error *err);
bool options_take_folder(struct options *o, const char *value, struct error *err);
bool options_take_settings(struct options *o, const char *value, struct error *err);
bool options_take_session(struct options *o, const char *value, struct error *err);

void options_tools_done(struct options *o);

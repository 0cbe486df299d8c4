/* One function a command, in cmd_NAME.c; each returns the exit code. */
#pragma once

#include "cli/options.h"

int cmd_ask(const struct options *o, struct config *c);
int cmd_config(const struct options *o, struct config *c);
int cmd_daemon(const struct options *o, struct config *c);
int cmd_doctor(const struct options *o, struct config *c);
int cmd_explain(const struct options *o, struct config *c);
int cmd_help(const struct options *o, struct config *c);
int cmd_metrics(const struct options *o, struct config *c);
int cmd_models(const struct options *o, struct config *c);
int cmd_permissions(const struct options *o, struct config *c);
int cmd_repl(const struct options *o, struct config *c);
int cmd_rewind(const struct options *o, struct config *c);
int cmd_serve(const struct options *o, struct config *c);
int cmd_setup(const struct options *o, struct config *c);

/* What may be typed at the prompt; ends with a NULL name. */
struct prompt_command {
	const char *name;        /* "/help" */
	const char *what;
};
extern const struct prompt_command prompt_commands[];

/* Prints "shammah: …" and gives the exit code of the error. */
int complain(const struct error *err);

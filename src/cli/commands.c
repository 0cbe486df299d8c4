#include "cli/commands.h"

#include <stdio.h>

const struct command commands[] = {
	{ "query", "[QUESTION]", "answer once and exit, as -p", NULL, cmd_ask },
	{ "daemon", "run|start|stop|status|logs", "the background program that answers", "run|start|stop|status|logs",
		cmd_daemon },
	{ "serve", "", "the same as `shammah daemon run`", "", cmd_serve },
	{ "models", "list|pull|cancel|rm|show|use|recommend|verify|bench [NAME]",
		"models of this machine, and those to be had", NULL, cmd_models },
	{ "explain", "tokens|template|patterns|url|path|html|command|permission [INPUT]",
		"what would be decided, and why", NULL, cmd_explain },
	{ "setup", "", "teachers, local model, features and settings, by questions", "", cmd_setup },
	{ "doctor", "", "checks everything a bug report would ask for", "", cmd_doctor },
	{ "config", "[check|path]", "every setting and its origin; what is wrong; which files", "|check|path",
		cmd_config },
	{ "metrics", "", "what was answered by whom, and what it cost", "", cmd_metrics },
	{ "permissions", "[list] | add RULE | remove RULE|ID | explain 'TOOL(...)'",
		"what tools may do here, by which rule of which file", NULL, cmd_permissions },
	{ "rewind", "[list] | SESSION/TURN", "takes back what tools changed in files, from a turn on", NULL,
		cmd_rewind },
	{ "help", "[COMMAND]", "this text, or a command's own", NULL, cmd_help },
	{0},
};

int complain(const struct error *err)
{
	fprintf(stderr, "shammah: %s\n", err->text);
	return err->kind == ERROR_INVALID ? EXIT_USAGE : EXIT_NO_ANSWER;
}

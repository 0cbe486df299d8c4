#include <stdio.h>

#include "cli/commands.h"

static void print_options(void)
{
	puts("\nOptions:");
	for (const struct option *x = option_table; x->name; x++) {
		char left[64], letter[8] = "    ";

		if (!x->what)
			continue;
		if (x->letter)
			snprintf(letter, sizeof letter, "-%c, ", x->letter);
		snprintf(left, sizeof left, "%s%s%s%s", letter, x->name, x->argument ? " " : "",
			x->argument ? x->argument : "");
		printf("  %-26s %s\n", left, x->what);
	}
}

static int print_all(void)
{
	puts("Shammah answers questions from your own machine when it can, and asks a teacher when not.\n"
	     "\n"
	     "Usage:\n"
	     "  shammah [OPTIONS] [PATH | \"QUESTION\"]   a prompt, in PATH, with a first question\n"
	     "  shammah [OPTIONS] -p \"QUESTION\"         one answer; piped input is read as well\n"
	     "  shammah COMMAND ...\n"
	     "\n"
	     "Commands:");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-8s %-34s %s\n", c->name, c->usage, c->what);
	puts("\nAt the prompt:");
	for (const struct prompt_command *p = prompt_commands; p->name; p++)
		printf("  %-8s %s\n", p->name, p->what);
	print_options();
	puts("\nExit codes: 0 answered, 1 no answer, 2 wrong usage, 130 stopped by Ctrl+C.\n"
	     "The manual: man shammah");
	return EXIT_ANSWERED;
}

static int print_command(const struct command *c)
{
	printf("Usage: shammah %s %s\n\n%s.\n", c->name, c->usage, c->what);
	print_options();
	return EXIT_ANSWERED;
}

int cmd_help(const struct options *o, struct config *c)
{
	const struct command *about = o->command && o->command->run != cmd_help ? o->command : NULL;
	struct error err = {0};

	(void)c;
	if (o->command && o->command->run == cmd_help && o->text) {
		about = command_find(str_of(o->text));
		if (!about) {
			error_set(&err, ERROR_INVALID, "there is no command %s; `shammah help` lists them", o->text);
			return complain(&err);
		}
	}
	return about ? print_command(about) : print_all();
}

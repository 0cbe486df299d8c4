#include <stdio.h>

#include "cli/commands.h"

/* A key is shown by its first and last letters only, and only when that leaves most of it hidden. */
static void mask(const char *secret, char out[32])
{
	size_t n = strlen(secret);

	if (n < 20)
		snprintf(out, 32, "(set, %zu characters)", n);
	else
		snprintf(out, 32, "%.7s...%s", secret, secret + n - 4);
}

int cmd_config(const struct options *o, struct config *c)
{
	(void)o;
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting_info *info = &settings[i];
		const struct value *v = &c->values[i];
		char masked[32];

		printf("%s = ", info->name);
		if (!v->text)
			puts("(unset)");
		else if (info->kind == SETTING_SECRET)
			printf("%s", (mask(v->text, masked), masked));
		else if (info->kind == SETTING_LIST)
			for (struct str rest = str_of(v->text), line; str_split(&rest, '\n', &line); )
				printf("%.*s%s", STR_ARGS(line), rest.p ? ", " : "");
		else
			printf("%s", v->text);
		if (v->text)
			printf("   # %s\n", v->origin);
	}
	fputs(c->warnings.data, stderr);
	return EXIT_ANSWERED;
}

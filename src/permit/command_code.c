#include "permit/command_code.h"

#include <stdio.h>

#include "permit/command_never.h"
#include "permit/places.h"

static bool mentions(const char *code, const char *const *words)
{
	for (; *words; words++)
		if (strstr(code, *words))
			return true;
	return false;
}

/* The next text in quotes from *at on; false at the end. */
static bool next_literal(const char **at, struct str *literal)
{
	const char *p = *at + strcspn(*at, "'\"`");

	if (!*p)
		return false;
	const char *end = p + 1;
	while (*end && *end != *p)
		end += end[0] == '\\' && end[1] ? 2 : 1;
	*literal = (struct str){ p + 1, (size_t)(end - p) - 1 };
	*at = *end ? end + 1 : end;
	return true;
}

static const char *const removers[] = { "rmtree", "rmSync", "rm_rf", "rm_r", "remove_tree", "removeSync", "rmdirSync",
	"rimraf", "fs.rm", "deltree", "unlink", "os.remove", NULL };
static const char *const writers[] = { "'w", "\"w", "writeFile", "File.write", "'a'", "\"a\"", "> ", NULL };
static const char *const homes[] = { "Path.home", "homedir()", "environ", "ENV[", "process.env", NULL };
static const char *const spawners[] = { "/bin/sh", "/bin/bash", "dup2", "pty.spawn", NULL };

/* A path as a word of the shell would have it: ~ marked. */
static const char *as_path(struct arena *arena, struct str literal)
{
	char *p = arena_alloc(arena, literal.n + 8);

	if (!p)
		return "";
	if (literal.n && literal.p[0] == '~')
		snprintf(p, literal.n + 8, "%cHOME%c%.*s", SHELL_OPEN, SHELL_CLOSE, (int)literal.n - 1, literal.p + 1);
	else
		snprintf(p, literal.n + 8, "%.*s", STR_ARGS(literal));
	return p;
}

const char *code_never(struct arena *arena, const char *code)
{
	bool removes = mentions(code, removers), writes = mentions(code, writers);
	struct str literal;

	if (strstr(code, "socket") && mentions(code, spawners))
		return "gives a shell to the network";
	if (strstr(code, "fork") && strstr(code, "while"))
		return "starts processes without end";
	if (removes && mentions(code, homes))
		return "deletes a whole system or home";
	for (const char *at = code; next_literal(&at, &literal);) {
		const char *path = as_path(arena, literal);
		if (removes && path[0] && (place_is_critical(path) || place_is_around(path) || place_is_system(path)))
			return "deletes a whole folder that must stay";
		if (writes && path[0] && !strchr(path, ' ') && never_written(path))
			return never_written(path);
		if (path[0] && !strchr(path, ' ') && place_is_secret(path))
			return "reads or sends secrets";
	}
	return NULL;
}

void code_scripts(struct arena *arena, const char *code, void (*found)(void *context, struct str script), void *context)
{
	static const char *const runners[] = { "system", "exec", "spawn", "popen", "Popen", "subprocess", "call(",
		"run(", "%x",
		"qx", "shell", NULL };
	const char *bang = strchr(code, '!');
	size_t n = 0;
	char *joined = arena_alloc(arena, strlen(code) + 2);
	struct str literal;

	if (bang)
		found(context, str_of(bang + 1));
	for (const char *at = code; next_literal(&at, &literal);)
		if (literal.p[-1] == '`')
			found(context, literal);
	if (!joined || !mentions(code, runners))
		return;
	for (const char *at = code; next_literal(&at, &literal);) {
		found(context, literal);
		memcpy(joined + n, literal.p, literal.n);
		n += literal.n;
		joined[n++] = ' ';
	}
	found(context, (struct str){ joined, n });
}

/* The end of a part of `s`: the next delimiter that no backslash makes plain. */
static const char *sed_part(const char *p, char delimiter)
{
	while (*p && *p != delimiter)
		p += p[0] == '\\' && p[1] ? 2 : 1;
	return p;
}

const char *code_of_sed(struct arena *arena, const char *script)
{
	static const char *const addresses = "0123456789,$!~+I {";
	const char *p = script + strspn(script, addresses);

	while (*p == '/') {
		p = sed_part(p + 1, '/');
		p += *p ? 1 + strspn(p + 1, addresses) : 0;
	}
	if (*p == 'e')
		return p + 1;
	if (*p != 's' || !p[1])
		return NULL;
	const char *middle = sed_part(p + 2, p[1]);
	const char *end = *middle ? sed_part(middle + 1, p[1]) : middle;
	if (!*end || !memchr(end + 1, 'e', strcspn(end + 1, ";}\n ")))
		return NULL;
	char *text = arena_alloc(arena, (size_t)(end - middle));
	size_t n = 0;
	for (p = middle + 1; text && p < end; p++)
		if (*p != '\\')
			text[n++] = *p;
	if (text)
		text[n] = '\0';
	return text;
}

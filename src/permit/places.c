/*
 * A path is made plain (no ".", "..", double slashes) from where it begins:
 * the root, a home, the working directory, or an expansion.  A last part of
 * wildcards alone means its folder.
 */
#include "permit/places.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "permit/glob.h"
#include "permit/path_table.h"
#include "permit/shell.h"

enum { PARTS_MAX = 64, PART_MAX = 128 };

enum origin { ROOT, HOME, HERE, VARIABLE };

struct word_place {
	enum origin origin;
	size_t ups;             /* ".." past the origin */
	size_t count;
	char parts[PARTS_MAX][PART_MAX];
	bool slash;             /* more than the origin was written */
};

static bool all_wild(const char *part)
{
	return strpbrk(part, "*?[") && strspn(part, "*?.[]!^") == strlen(part);
}

static void add_part(struct word_place *p, const char *part, size_t n)
{
	if (!n || (n == 1 && part[0] == '.'))
		return;
	if (n == 2 && part[0] == '.' && part[1] == '.') {
		if (p->count)
			p->count--;
		else if (p->origin != ROOT)
			p->ups++;
		return;
	}
	if (p->count < PARTS_MAX)
		snprintf(p->parts[p->count++], PART_MAX, "%.*s", (int)n, part);
}

/* After an expansion at the beginning: its rest, and what it is. */
static const char *skip_expansion(struct word_place *p, const char *path)
{
	const char *end = strchr(path, SHELL_CLOSE);

	if (!end)
		return path;
	size_t n = (size_t)(end - path) - 1;
	p->origin = n == 4 && memcmp(path + 1, "HOME", 4) == 0 ? HOME : n == 3 && memcmp(path + 1, "PWD", 3) == 0 ?
		HERE :
		VARIABLE;
	return end + 1;
}

/* Homes by their usual names. */
static void find_home(struct word_place *p)
{
	size_t skip = 0;

	if (p->origin != ROOT || !p->count)
		return;
	if (strcmp(p->parts[0], "root") == 0)
		skip = 1;
	else if (p->count > 1 && (strcmp(p->parts[0], "home") == 0 || strcmp(p->parts[0], "Users") == 0))
		skip = 2;
	if (!skip)
		return;
	p->origin = HOME;
	p->count -= skip;
	memmove(p->parts[0], p->parts[skip], p->count * PART_MAX);
}

static void read_place(struct word_place *p, const char *path)
{
	*p = (struct word_place){ .origin = path[0] == '/' ? ROOT : HERE };
	const char *rest = path[0] == SHELL_OPEN ? skip_expansion(p, path) : path;

	p->slash = strchr(rest, '/') != NULL;
	while (*rest) {
		size_t n = strcspn(rest, "/");
		add_part(p, rest, n);
		rest += n + (rest[n] == '/');
	}
	while (p->count && all_wild(p->parts[p->count - 1]))
		p->count--;
	find_home(p);
}

/* As the table has it: in lower case, with a slash at its end. */
struct folded {
	char text[PARTS_MAX * PART_MAX + 2];
	size_t n;
};

static void fold(const struct word_place *p, struct folded *out)
{
	out->n = 0;
	for (size_t i = 0; i < p->count; i++)
		out->n += (size_t)snprintf(out->text + out->n, sizeof out->text - out->n, "/%s", p->parts[i]);
	for (char *c = out->text; c < out->text + out->n; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);
	memcpy(out->text + out->n, "/", 2);
}

/* The last name of a folded path, without its slash. */
static const char *cut_name(struct folded *f)
{
	f->text[f->n] = '\0';
	return f->n ? strrchr(f->text, '/') + 1 : "";
}

static bool in_system(const struct word_place *p)
{
	struct folded f;

	if (p->origin != ROOT || !p->count)
		return false;
	fold(p, &f);
	f.text[f.n] = '\0';
	const struct place_row *row = place_find(f.text);
	return row && row->kept;
}

static bool critical(const struct word_place *p)
{
	static const char *const shared[] = { "usr", "var", NULL };
	struct folded f;

	fold(p, &f);
	switch (p->origin) {
	case ROOT: return p->count <= 1 || in_system(p) || (p->count == 2 && str_is_among(str_of(p->parts[0]), shared));
	case HOME: return !p->count || (p->count == 1 && name_is_among(kept_home_names, cut_name(&f)));
	case VARIABLE: return !p->count && p->slash;
	case HERE: return false;
	}
	return false;
}

bool place_is_critical(const char *path)
{
	struct word_place p;

	read_place(&p, path);
	return critical(&p);
}

bool place_is_around(const char *path)
{
	struct word_place p;

	if (!path[0])
		return false;
	read_place(&p, path);
	return p.origin == HERE && !p.count;
}

bool place_is_system(const char *path)
{
	struct word_place p;

	read_place(&p, path);
	return in_system(&p);
}

bool place_is_device(const char *path)
{
	struct word_place p;

	read_place(&p, path);
	return p.count > 1 && strcmp(p.parts[0], "dev") == 0 && in_system(&p);
}

/* A certificate; keys say what they are. */
static bool is_certificate(const char *name)
{
	return str_ends(str_of(name), ".pem") && !strstr(name, "key") && !strstr(name, "priv");
}

/* ".e*", ".[e]nv": a wildcard that says more than "anything", and may mean one of these. */
static bool may_be_secret(const char *name)
{
	static const char *const names[] = { ".env", ".env.local", ".netrc", ".pgpass", ".git-credentials", ".pypirc",
		"id_rsa", "id_ed25519", "credentials.json", NULL };
	struct ignore_pattern pattern = { .text = str_of(name), .anchored = true };

	if (!strpbrk(name, "*?[") || all_wild(name) || (name[0] == '*' && !strpbrk(name, "?[")))
		return false;
	for (size_t i = 0; names[i]; i++)
		if (ignore_match(&pattern, str_of(names[i])))
			return true;
	return false;
}

bool place_is_secret(const char *path)
{
	struct word_place p;
	struct folded f, name;

	read_place(&p, path);
	fold(&p, &f);
	name = f;
	const char *last = cut_name(&name), *slash = strrchr(path, '/');
	if (may_be_secret(slash ? slash + 1 : path))
		return true;
	if (p.origin == ROOT && p.count > 2 && strcmp(p.parts[0], "proc") == 0 && strcmp(last, "environ") == 0)
		return true;
	return p.count && place_keeps_secret(f.text, is_certificate(last) ? "" : last,
		p.origin == HOME && p.count == 1);
}

bool place_is_record(const char *path)
{
	struct word_place p;
	struct folded f;

	read_place(&p, path);
	fold(&p, &f);
	return p.count && name_is_among(record_names, cut_name(&f));
}

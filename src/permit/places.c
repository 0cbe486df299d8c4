/*
 * A path is made plain (no ".", "..", double slashes) from where it begins:
 * the root, a home, the working directory, or an expansion.  A last part of
 * wildcards alone means its folder.
 */
#include "permit/places.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "permit/shell.h"

enum { PARTS_MAX = 64, PART_MAX = 128 };

enum origin { ROOT, HOME, HERE, VARIABLE };

struct place {
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

static void add_part(struct place *p, const char *part, size_t n)
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
static const char *skip_expansion(struct place *p, const char *path)
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
static void find_home(struct place *p)
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

static void read_place(struct place *p, const char *path)
{
	*p = (struct place){ .origin = path[0] == '/' ? ROOT : HERE };
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

static const char *const system_folders[] = { "etc", "boot", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr",
	"sys",
	"proc", "dev", "System", "Library", NULL };
static const char *const system_in_var[] = { "lib", "log", "spool", "run", "db", NULL };

static bool in_system(const struct place *p)
{
	if (p->origin != ROOT || !p->count)
		return false;
	if (p->count > 1 && strcmp(p->parts[0], "var") == 0)
		return str_is_among(str_of(p->parts[1]), system_in_var);
	if (p->count > 2 && strcmp(p->parts[0], "usr") == 0 && strcmp(p->parts[1], "local") == 0)
		return false;
	return str_is_among(str_of(p->parts[0]), system_folders);
}

static const char *const kept_in_home[] = { ".ssh", ".gnupg", ".aws", ".config", ".local", ".kube", ".password-store",
	"Library", NULL };

static bool critical(const struct place *p)
{
	switch (p->origin) {
	case ROOT: return p->count <= 1 || in_system(p);
	case HOME: return !p->count || (p->count == 1 && str_is_among(str_of(p->parts[0]), kept_in_home));
	case VARIABLE: return !p->count && p->slash;
	case HERE: return false;
	}
	return false;
}

bool place_is_critical(const char *path)
{
	struct place p;

	read_place(&p, path);
	return critical(&p);
}

bool place_is_around(const char *path)
{
	struct place p;

	if (!path[0])
		return false;
	read_place(&p, path);
	return p.origin == HERE && !p.count;
}

static const char *const harmless_devices[] = { "null", "zero", "full", "stdin", "stdout", "stderr", "tty", "fd", "shm",
	"random", "urandom", "ptmx", "pts", NULL };

static bool harmless_device(const struct place *p)
{
	return p->origin == ROOT && p->count > 1 && strcmp(p->parts[0], "dev") == 0 &&
		str_is_among(str_of(p->parts[1]), harmless_devices);
}

bool place_is_system(const char *path)
{
	struct place p;

	read_place(&p, path);
	return in_system(&p) && !harmless_device(&p);
}

bool place_is_device(const char *path)
{
	struct place p;

	read_place(&p, path);
	return p.origin == ROOT && p.count > 1 && strcmp(p.parts[0], "dev") == 0 && !harmless_device(&p);
}

static const char *const secret_names[] = { ".env", ".netrc", ".pgpass", ".htpasswd", ".git-credentials", "shadow",
	"gshadow",
	"sudoers", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "credentials.json", ".vault-token", ".pypirc", NULL };
static const char *const secret_folders[] = { ".ssh", ".gnupg", ".aws", ".password-store", NULL };
static const char *const public_ends[] = { ".example", ".sample", ".template", ".dist", ".pub", NULL };
static const char *const secret_files[][2] = {
	{ ".aws", "credentials" }, { ".kube", "config" }, { ".docker", "config.json" }, { "gcloud", "credentials.db" },
	{ ".cargo", "credentials.toml" }, { ".config", "gcloud" }, { ".azure", "accessTokens.json" }, { "gh",
	"hosts.yml" },
	{ ".anthropic", "api_key" }, { ".claude", ".credentials.json" },
};

bool place_is_secret(const char *path)
{
	struct place p;

	read_place(&p, path);
	const char *name = p.count ? p.parts[p.count - 1] : "";
	struct str file = str_of(name);
	for (size_t i = 0; public_ends[i]; i++)
		if (str_ends(file, public_ends[i]))
			return false;
	if (str_is_among(file, secret_names) || strncmp(name, ".env.", 5) == 0 ||
		(str_ends(file, ".pem") && (strstr(name, "key") || strstr(name, "priv"))) ||
		str_ends(file, ".key") || str_ends(file, ".p12") ||
		str_ends(file, ".pfx") || str_ends(file, ".kdbx"))
		return true;
	for (size_t i = 0; i + 1 < p.count; i++) {
		if (strcmp(p.parts[i], ".gnupg") == 0 || strcmp(p.parts[i], ".password-store") == 0)
			return true;
		for (size_t k = 0; k < sizeof secret_files / sizeof *secret_files; k++)
			if (strcmp(p.parts[i], secret_files[k][0]) == 0 && strcmp(p.parts[i + 1],
				secret_files[k][1]) == 0)
				return true;
	}
	return str_is_among(file, secret_folders);
}

static const char *const records[] = { ".bash_history", ".zsh_history", ".history", ".sh_history", ".python_history",
	"authorized_keys", "fish_history", NULL };

bool place_is_record(const char *path)
{
	struct place p;

	read_place(&p, path);
	return p.count && str_is_among(str_of(p.parts[p.count - 1]), records);
}

#include "config/trust.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/document.h"
#include "config/findings.h"

#define CLAUDE_STATE_MAX ((size_t)64 << 20)      /* it also holds histories */

static bool is_own(const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0 && st.st_uid == geteuid();
}

/* A folder as written may be a link or end in a slash. */
static bool same_folder(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

char *trust_root(const char *start, const char *home)
{
	char *full = realpath(start, NULL);
	own_mem char *folder = mem_strdup(full);

	for (char *end = folder ? folder + strlen(folder) : NULL; end && end != folder; end = strrchr(folder, '/')) {
		*end = '\0';
		own_mem char *git = path_join(folder, ".git");
		struct stat st;
		if (lstat(git, &st) < 0)
			continue;
		if (!is_own(folder) || (home && same_folder(folder, home)))
			break;
		free(full);
		return take(folder);
	}
	return full;
}

static bool is_below(const char *folder, const char *above)
{
	size_t n = strlen(above);

	while (n && above[n - 1] == '/')
		n--;
	return strncmp(folder, above, n) == 0 && (folder[n] == '/' || folder[n] == '\0');
}

static bool is_listed(const struct config *c, const char *home, const char *root)
{
	const char *list = c->values[SETTING_TRUSTED].text;
	struct str rest = str_of(list ? list : ""), line;

	while (str_split(&rest, '\n', &line)) {
		bool tilde = home && line.n && line.p[0] == '~' && (line.n == 1 || line.p[1] == '/');
		own_mem char *written = tilde ? mem_printf("%s%.*s", home, STR_ARGS(str_from(line, 1))) :
			mem_strndup(line.p, line.n);
		own_mem char *full = *written == '/' ? realpath(written, NULL) : NULL;
		if (full && is_below(root, full))
			return true;
	}
	return false;
}

/* Claude Code keeps its state beside ~/.claude, or in the folder that replaces it. */
static char *state_path(const struct config_places *p)
{
	own_mem char *usual = p->home ? path_join(p->home, ".claude") : NULL;

	if (!p->claude)
		return NULL;
	return usual && strcmp(usual, p->claude) == 0 ? path_join(p->home, ".claude.json") :
		path_join(p->claude, ".claude.json");
}

static bool is_accepted(struct config *c, const struct config_places *places, const char *root)
{
	own_mem char *path = state_path(places);
	struct error err = {0};
	struct stamp stamp;
	size_t len;

	if (!path)
		return false;
	own_mem char *text = document_text(path, "~/.claude.json", CLAUDE_STATE_MAX, &len, &stamp, &err);
	own_json *state = text ? json_parse((struct str){ text, len }, "~/.claude.json", &err) : NULL;
	if (!state && err.kind != ERROR_NOT_FOUND)
		finding_add(c, FINDING_WARNING, "%s", err.text);
	file_note(c, path, "~/.claude.json", state ? CONFIG_FILE_READ : text ? CONFIG_FILE_BROKEN : CONFIG_FILE_ABSENT,
		&stamp);
	const json_t *project = json_object_get(json_object_get(state, "projects"), root);
	return json_is_true(json_object_get(project, "hasTrustDialogAccepted"));
}

bool trust_given(struct config *c, const struct config_places *places, const char *root)
{
	return is_listed(c, places->home, root) || is_accepted(c, places, root);
}

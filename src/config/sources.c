/* Which files there may be, and in which order they count. */
#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/findings.h"
#include "config/home.h"
#include "config/load.h"
#include "config/trust.h"

#define DROP_INS_MAX 100

/* The home folder is shown as ~. */
static char *shown(const struct loader *l, const char *path)
{
	const char *home = l->places->home;
	size_t n = home ? strlen(home) : 0;

	return n > 1 && strncmp(path, home, n) == 0 && path[n] == '/' ? mem_printf("~%s", path + n) :
		mem_strdup(path);
}

static void read_file(struct loader *l, enum scope scope, const char *folder, const char *name)
{
	own_mem char *path = path_join(folder, name);
	l->documents = mem_resize(l->documents, l->count + 1, sizeof *l->documents);
	struct document *d = &l->documents[l->count++];

	*d = (struct document){ .scope = scope, .name = shown(l, path) };
	d->path = take(path);
	if (scope_is_project(scope))
		d->folder = mem_strdup(l->root);
	if (scope == SCOPE_OURS && l->places->draft) {
		d->text = mem_strdup(l->places->draft);
		d->len = strlen(d->text);
	}
	document_read(d, l->c);
}

static int is_drop_in(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

/* The drop-ins over the file, the last over all. */
static void read_managed(struct loader *l, const char *folder)
{
	own_mem char *drop_ins = path_join(folder, "managed-settings.d"), *name = mem_printf("%s/", drop_ins);
	struct stamp stamp = stamp_path(drop_ins);
	struct dirent **entries = NULL;
	int n = stamp.there ? scandir(drop_ins, &entries, is_drop_in, alphasort) : 0;

	if (n > DROP_INS_MAX)
		finding_add(l->c, FINDING_ERROR, "%s: more than %d files; accepted: fewer", drop_ins, DROP_INS_MAX);
	if (n < 0)
		finding_add(l->c, FINDING_ERROR, "%s: cannot be read; accepted: a folder that you may read", drop_ins);
	for (int i = n - 1; i >= 0; i--) {
		if (i < DROP_INS_MAX)
			read_file(l, SCOPE_MANAGED, drop_ins, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	file_note(l->c, drop_ins, name, n < 0 ? CONFIG_FILE_BROKEN : stamp.there ? CONFIG_FILE_READ :
		CONFIG_FILE_ABSENT, &stamp);
	read_file(l, SCOPE_MANAGED, folder, "managed-settings.json");
}

/* A project's .claude that is the user's own holds the user's settings. */
static bool is_users(const struct loader *l, const char *folder)
{
	own_mem char *claude = path_join(folder, ".claude");
	struct stamp a = stamp_path(claude), b = stamp_path(l->places->claude ? l->places->claude : "");

	return a.there && b.there && a.device == b.device && a.inode == b.inode;
}

void sources_read(struct loader *l)
{
	const struct config_places *p = l->places;

	if (p->managed)
		read_managed(l, p->managed);
	l->root = p->start ? trust_root(p->start, p->home) : NULL;
	if (l->root && !is_users(l, l->root))
		read_file(l, SCOPE_LOCAL, l->root, ".claude/settings.local.json");
	if (l->root && !is_users(l, p->start))
		read_file(l, SCOPE_PROJECT, p->start, ".claude/settings.json");
	if (p->claude)
		read_file(l, SCOPE_USER, p->claude, "settings.json");
	if (p->ours)
		read_file(l, SCOPE_OURS, p->ours, home_files[HOME_CONFIG]);
}

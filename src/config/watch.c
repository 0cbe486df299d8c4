#include "config/watch.h"

#include "base/mem.h"

void config_watch_take(struct config_watch *w, const struct config *c)
{
	config_watch_done(w);
	w->files = mem_zeroed(c->file_count, sizeof *w->files);
	for (size_t i = 0; i < c->file_count; i++)
		w->files[i] = (struct watched){ mem_strdup(c->files[i].path), c->files[i].stamp };
	w->count = c->file_count;
}

bool config_watch_changed(const struct config_watch *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct stamp now = stamp_path(w->files[i].path);
		if (!stamp_same(&w->files[i].stamp, &now))
			return true;
	}
	return false;
}

void config_watch_done(struct config_watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->files[i].path);
	free(w->files);
	*w = (struct config_watch){0};
}

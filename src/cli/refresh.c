#include "cli/refresh.h"

#include <stdio.h>

void refresh_begin(struct refresh *r, const struct config *c)
{
	*r = (struct refresh){0};
	config_watch_take(&r->watch, c);
}

void refresh_done(struct refresh *r)
{
	config_watch_done(&r->watch);
}

static bool keep_flags(const struct config *old, struct config *fresh, struct error *err)
{
	for (size_t s = 0; s < SETTING_COUNT; s++) {
		const struct value *v = &old->values[s];
		bool flag = v->text && settings[s].flag && strcmp(v->origin, settings[s].flag) == 0;
		if (flag && !config_set_flag(fresh, (enum setting)s, v->text, err))
			return false;
	}
	return true;
}

bool refresh_look(struct refresh *r, struct config *c, struct link *link, struct show *show)
{
	own_config_places places = {0};
	struct config fresh = {0};
	struct error err = {0};
	char text[sizeof err.text + 60];

	if (!config_watch_changed(&r->watch))
		return false;
	config_places_init(&places, true);
	bool ok = config_load(&fresh, &places, &err);
	config_watch_take(&r->watch, &fresh);
	if (!ok || !keep_flags(c, &fresh, &err)) {
		snprintf(text, sizeof text, "%s; the last good configuration stays in use", err.text);
		show_problem(show, text);
		config_done(&fresh);
		return false;
	}
	config_done(c);
	*c = fresh;
	link->told = 0;
	return true;
}

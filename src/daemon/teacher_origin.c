#include "daemon/teacher_origin.h"

#include <string.h>

#include "base/mem.h"
#include "daemon/teacher_list.h"
#include "daemon/teachers_inside.h"

static void set_project(struct teachers *t, const char *project)
{
	pthread_mutex_lock(&t->lock);
	free(t->project);
	t->project = project && *project ? mem_strdup(project) : NULL;
	pthread_mutex_unlock(&t->lock);
}

bool teacher_list_own(struct teachers *t, const struct teacher_config *list, size_t count, struct error *err)
{
	if (!teachers_set(t, list, count, err))
		return false;
	set_project(t, NULL);
	pthread_mutex_lock(&t->lock);
	json_decref(t->own);
	t->own = teacher_list_json(list, count);
	pthread_mutex_unlock(&t->lock);
	return true;
}

bool teacher_list_bring(struct teachers *t, const json_t *list, const char *project, struct error *err)
{
	pthread_mutex_lock(&t->lock);
	bool leaves = project && t->project && strcmp(project, t->project) != 0;
	own_json *own = t->own ? json_incref(t->own) : json_array();
	pthread_mutex_unlock(&t->lock);

	if (!list && !leaves)
		return true;
	if (!teacher_list_use(t, list ? list : own, err))
		return false;
	set_project(t, list ? project : NULL);
	return true;
}

#include "process/confine.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/file.h"
#include "process/confine_inside.h"

static struct {
	pthread_once_t once;
	bool available;
	struct error why;
} tried = { .once = PTHREAD_ONCE_INIT };

static void try_once(void)
{
	tried.available = confine_try(&tried.why);
}

bool confine_available(struct error *why)
{
	pthread_once(&tried.once, try_once);
	if (!tried.available)
		*why = tried.why;
	return tried.available;
}

void confined_done(struct confined *c)
{
	for (size_t i = 0; i < c->passed_count; i++)
		file_close(&c->passed[i]);
	free(c->argv);
	free(c->text);
	*c = (struct confined){0};
}

void confined_plan(const struct confined *c, struct child_plan *plan)
{
	plan->argv = c->argv;
	plan->passed = c->passed;
	plan->passed_count = c->passed_count;
	plan->wrapped = true;
	plan->folder = c->folder;
}

/*
 * A task stays in the list until the conversation ends, so that its end can be asked for; its memory
 * is small.  The list's lock guards each task's state; a task's own lock its output.  Never both held.
 */
#include "tool/tasks.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tool/shell_files.h"

#define WAIT_SLICE_MS 50         /* a cancel token wakes one sleeper only */

struct task {
	struct tasks *of;
	char id[TASK_ID_MAX];
	char *text;
	struct command command;
	struct shell_files files;
	struct cancel cancel;
	pthread_t thread;
	pthread_mutex_t lock;    /* guards command.output while it runs */
	uint64_t seen;           /* bytes of the output that were shown */
	/* Under the list's lock: */
	enum task_state state;
	bool stopped;
	struct error trouble;
};

struct tasks {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct task *all[TASKS_MAX];
	size_t n, running;
};

struct tasks *tasks_create(void)
{
	struct tasks *t = mem_zeroed(1, sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	clock_cond_init(&t->ended);
	return t;
}

static void task_destroy(struct task *task)
{
	command_done(&task->command);
	cancel_done(&task->cancel);
	pthread_mutex_destroy(&task->lock);
	free(task->text);
	free(task);
}

void tasks_destroy(struct tasks *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		cancel_fire(&t->all[i]->cancel);
	for (size_t i = 0; i < t->n; i++) {
		pthread_join(t->all[i]->thread, NULL);
		task_destroy(t->all[i]);
	}
	pthread_cond_destroy(&t->ended);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void *run(void *user)
{
	struct task *task = user;
	own_buf notes = BUF_INIT(0);     /* nobody waits for them; what could not be kept was told before */
	struct error err = {0};
	bool ok = command_run(&task->command, &err);

	shell_files_after(&task->files, &notes);

	pthread_mutex_lock(&task->of->lock);
	task->state = !ok ? TASK_FAILED : task->command.end.how == CHILD_CANCELLED ? TASK_STOPPED : TASK_ENDED;
	task->trouble = err;
	task->of->running--;
	pthread_cond_broadcast(&task->of->ended);
	pthread_mutex_unlock(&task->of->lock);
	return NULL;
}

/* Takes a place in the list: its number, from 1; 0: there is none. */
static size_t take_place(struct tasks *t, struct task *task, struct error *err)
{
	size_t number = 0;

	pthread_mutex_lock(&t->lock);
	if (t->running == TASKS_RUNNING_MAX) {
		error_set(err, ERROR_UNAVAILABLE, "%d commands run in the background already: end one first (TaskStop)",
			TASKS_RUNNING_MAX);
	} else if (t->n == TASKS_MAX) {
		error_set(err, ERROR_UNAVAILABLE, "this conversation has had %d commands in the background: no more",
			TASKS_MAX);
	} else {
		t->running++;
		number = t->n + 1;
		(void)snprintf(task->id, sizeof task->id, "bash_%zu", number);
		t->all[t->n++] = task;
	}
	pthread_mutex_unlock(&t->lock);
	return number;
}

bool tasks_start(struct tasks *t, const struct tool_context *context, const char *text, bool unconfined,
	const struct shell_files *files, char id[TASK_ID_MAX], const char **path, struct error *err)
{
	struct task *task = mem_zeroed(1, sizeof *task);

	task->of = t;
	task->text = mem_strdup(text);
	pthread_mutex_init(&task->lock, NULL);
	cancel_init(&task->cancel);
	task->command = (struct command){ .context = context, .text = task->text, .unconfined = unconfined,
		.background = true, .keep = 2, .cancel = &task->cancel, .lock = &task->lock };
	if (!command_prepare(&task->command, err) || !take_place(t, task, err)) {
		task_destroy(task);
		return false;
	}
	task->files = *files;
	int failed = pthread_create(&task->thread, NULL, run, task);
	if (failed) {
		pthread_mutex_lock(&t->lock);
		t->n--;                  /* tasks are started one at a time: it is the last */
		t->running--;
		pthread_mutex_unlock(&t->lock);
		task_destroy(task);
		return error_set(err, ERROR_UNAVAILABLE, "no thread for a command in the background");
	}
	memcpy(id, task->id, TASK_ID_MAX);
	*path = task->command.output.path;
	return true;
}

static void name_all(struct tasks *t, struct str id, struct error *err)
{
	own_buf names = BUF_INIT(300);
	struct error full = {0};

	for (size_t i = t->n; i > 0; i--)
		if (!buf_addf(&names, &full, "%s%s", names.len ? ", " : "", t->all[i - 1]->id))
			break;
	error_set(err, ERROR_NOT_FOUND, "there is no task %.*s; there %s%s", id.n < 40 ? (int)id.n : 40, id.p,
		t->n ? "are: " : "are none", names.data);
}

/* With the lock held. */
static struct task *find(struct tasks *t, struct str id)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_is(id, t->all[i]->id))
			return t->all[i];
	return NULL;
}

bool tasks_look(struct tasks *t, struct str id, struct task_look *look, struct error *err)
{
	pthread_mutex_lock(&t->lock);
	struct task *task = find(t, id);
	if (!task) {
		name_all(t, id, err);
		pthread_mutex_unlock(&t->lock);
		return false;
	}
	look->state = task->state;
	if (task->state != TASK_RUNNING)
		look->end = task->command.end;
	look->why = task->trouble;
	pthread_mutex_unlock(&t->lock);

	look->command = task->text;
	look->path = task->command.output.path;
	pthread_mutex_lock(&task->lock);
	struct output *o = &task->command.output;
	uint64_t held = o->written + o->waiting_n;
	look->skipped = 0;
	look->lost = o->trouble;
	if (held - task->seen > look->text.max) {
		look->skipped = held - task->seen - look->text.max;
		task->seen += look->skipped;
	}
	bool ok = output_read(o, &task->seen, look->text.max, &look->text, err);
	pthread_mutex_unlock(&task->lock);
	return ok;
}

bool tasks_wait(struct tasks *t, struct str id, unsigned timeout_ms, struct cancel *cancel)
{
	uint64_t until = clock_ms() + timeout_ms, now;

	pthread_mutex_lock(&t->lock);
	const struct task *task = find(t, id);
	while (task && task->state == TASK_RUNNING && !cancel_fired(cancel) && (now = clock_ms()) < until)
		(void)clock_wait(&t->ended, &t->lock, until - now < WAIT_SLICE_MS ? until : now + WAIT_SLICE_MS);
	bool ended = task && task->state != TASK_RUNNING;
	pthread_mutex_unlock(&t->lock);
	return ended;
}

bool tasks_stop(struct tasks *t, struct str id, struct error *err)
{
	pthread_mutex_lock(&t->lock);
	struct task *task = find(t, id);
	bool running = task && task->state == TASK_RUNNING;
	if (!task)
		name_all(t, id, err);
	else if (!running)
		error_set(err, ERROR_INVALID, "%s has ended already", task->id);
	pthread_mutex_unlock(&t->lock);
	if (!running)
		return false;
	cancel_fire(&task->cancel);
	(void)tasks_wait(t, id, CHILD_GRACE_MS + 10000, NULL);
	return true;
}

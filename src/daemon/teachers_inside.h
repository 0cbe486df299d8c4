/* What teachers.c and teacher_call.c share. */
#pragma once

#include "daemon/teacher_entry.h"
#include "daemon/teachers.h"
#include "base/json.h"
#include "net/http.h"

#define CLIENTS_MAX 8              /* that wait for the next question */

struct teacher_call;

/* A client that waits, with its connections. */
struct idle_client {
	struct http_client *client;
	const struct provider *provider;   /* whom it asked last */
};

struct teachers {
	pthread_mutex_t lock;      /* guards everything below, and every entry's breaker */
	pthread_cond_t done;       /* a call ended */
	struct teacher_entry *entries[TEACHER_LIST_MAX];
	size_t count;
	bool stopped;
	struct teacher_call *calls;
	size_t call_count;
	json_t *own;               /* the list of the daemon's own files; NULL: none yet */
	char *project;             /* whose list this is; NULL: nobody's in particular */
	struct idle_client idle[CLIENTS_MAX];
	size_t idle_count;
};

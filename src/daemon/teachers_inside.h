/* What teachers.c, teacher_lists.c and teacher_call.c share. */
#pragma once

#include "base/sha.h"
#include "daemon/teacher_entry.h"
#include "daemon/teachers.h"
#include "net/http.h"

#define CLIENTS_MAX 8              /* that wait for the next question */

struct teacher_call;

/* A client that waits, with its connections. */
struct idle_client {
	struct http_client *client;
	const struct provider *provider;   /* whom it asked last */
};

struct teacher_list {
	atomic_uint refs;
	char id[TEACHER_LIST_ID + 1];  /* "": the daemon's own */
	uint64_t used_ns;          /* of one that was brought: when somebody last meant it; guarded by the lock */
	size_t count;
	struct teacher_entry *entries[TEACHER_LIST_MAX];
};

struct teachers {
	pthread_mutex_t lock;      /* guards everything below, and the breaker of every entry */
	pthread_cond_t done;       /* a call ended */
	struct teacher_list *own;  /* never NULL */
	struct teacher_list *brought[TEACHER_LISTS_MAX];
	size_t brought_count;
	char id_key[SHA_HEX_MAX + 1];  /* "": not made yet */
	bool stopped;
	struct teacher_call *calls;
	size_t call_count;
	struct idle_client idle[CLIENTS_MAX];
	size_t idle_count;
};

/* No teachers; one reference. */
struct teacher_list *teacher_list_empty(void);

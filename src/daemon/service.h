/*
 * What the handlers share: everything the daemon owns.
 *
 * Made by daemon_run() before the server starts and gone after it stopped; every
 * part guards itself.
 */
#pragma once

#include "daemon/books.h"
#include "daemon/download.h"
#include "daemon/embeddings.h"
#include "daemon/life.h"
#include "daemon/metrics.h"
#include "daemon/reload.h"
#include "daemon/seals.h"
#include "daemon/server.h"
#include "daemon/teachers.h"
#include "daemon/worker.h"

struct service {
	struct life life;
	struct metrics metrics;
	struct worker *worker;
	struct teachers *teachers;
	struct seals *seals;
	struct books *books;
	struct reload *reload;
	struct download *download;
	struct embeddings *embeddings;
	uint64_t started_ms;
};

extern const struct route routes[];
extern const size_t route_count;

/* For server_options.on_answered, with the service as user. */
void service_answered(void *user, unsigned http_status);

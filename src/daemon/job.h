/*
 * One answer of the local model, from its arrival to its end; one of several that
 * a delivery may take.  The worker's own.
 */
#pragma once

#include "daemon/delivery.h"
#include "daemon/loader.h"

struct job {
	struct delivery *delivery;
	unsigned choice;                 /* its number there */
	struct loaded *loaded;           /* the model it began with; NULL while it waits */
	struct loaded *promised;         /* the model that the delivery's first answer began with; NULL: not yet */
	struct generation *generation;
	struct timeline *timeline;
	uint64_t number;                 /* in order of admission */
	bool parked;                     /* its pages were given to others */
	bool blocked;                    /* its client reads slowly */
	bool over;                       /* ended: the struct is all that is left */
	struct job *next;
};

enum admission { ADMITTED, LATER, REFUSED };

/* Gives it a place in the model; LATER when there is no memory now. */
enum admission job_admit(struct job *j, struct loaded *loaded, struct error *err);

/* Whether its client has hung up; err says so then. */
bool job_gone(struct job *j, struct error *err);

/* Ends the delivery, well or with a failure, and lets go of everything; the job itself is the caller's to free. */
void job_end(struct job *j, const struct error *failure);

/*
 * Which model this machine should run: by its memory, and by the room on its disk.
 *
 * A pure function of facts.  It never says no: on a machine too small for any it
 * names the smallest, and says so.
 */
#pragma once

#include "base/buf.h"
#include "hub/catalogue.h"
#include "hub/memory.h"
#include "hub/sizes.h"

#define CHOICES_MAX 8
#define CHOICE_CONTEXT 8192               /* tokens of a conversation that must fit */

struct machine {
	struct memory memory;
	uint64_t disk_free;               /* bytes where models are kept; UINT64_MAX: unknown */
};

enum verdict { FITS, NEEDS_MEMORY, NEEDS_AVAILABLE, NEEDS_DISK, NEEDS_MACHINE };

/* Of one model on one machine; the first reason that applies. */
enum verdict choose_verdict(const struct machine *machine, const struct catalogue_model *m, const char *precision);

/* What is needed and what there is, one clause: "needs 2.1 GB of memory, and 1.4 GB are available now". */
void choose_explain(struct buf *out, const struct machine *machine, const struct catalogue_model *m,
	const char *precision);

struct choice {
	const struct catalogue_model *best;
	enum verdict verdict;             /* of `best`; FITS but on a machine too small for any */
	/* To be taken in this order: `best`, and smaller ones, should the Hub not have it. */
	const struct catalogue_model *ranked[CHOICES_MAX];
	size_t count;
	const struct catalogue_model *larger;   /* the next one, which does not fit; NULL: none */
};

/* Among the models that are chosen by themselves (memory_gb). */
void choose_model(struct choice *c, const struct machine *machine, const char *precision);

/* Several lines: what was chosen and why, what the next larger one would need, what a smaller one saves. */
void choose_describe(struct buf *out, const struct choice *c, const struct machine *machine, const char *precision);

/* The memory of this machine, and the free disk where `folder` is or will be. */
void machine_look(struct machine *machine, const char *folder);

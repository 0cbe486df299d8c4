/*
 * A machine sold with 8 GB tells of 7.6 or so: what firmware and kernel keep is
 * allowed for by an eighth.  Beyond that rule the model must really fit, into the
 * memory that is free now as well: a machine that swaps answers nobody.
 */
#include "hub/choose.h"

#include <stdio.h>
#include <sys/statvfs.h>

#include "base/mem.h"

#define GIB ((uint64_t)1 << 30)
#define DISK_RESERVE GIB                  /* bytes that stay free */

static uint64_t context_of(const struct catalogue_model *m)
{
	return m->shape.context < CHOICE_CONTEXT ? m->shape.context : CHOICE_CONTEXT;
}

static uint64_t memory_needed(const struct catalogue_model *m)
{
	return catalogue_memory_bytes(m, context_of(m));
}

static uint64_t disk_needed(const struct catalogue_model *m, const char *precision)
{
	return catalogue_disk_bytes(m, precision) + DISK_RESERVE;
}

/* Without knowledge nothing is ruled out. */
static bool short_of(uint64_t needed, uint64_t there)
{
	return there && needed > there;
}

enum verdict choose_verdict(const struct machine *machine, const struct catalogue_model *m, const char *precision)
{
	const struct memory *memory = &machine->memory;

	if (short_of(memory_needed(m), memory->limit))
		return NEEDS_MEMORY;
	if (memory->limit && memory_needed(m) > memory->available)
		return NEEDS_AVAILABLE;
	if (disk_needed(m, precision) > machine->disk_free)
		return NEEDS_DISK;
	return short_of(m->memory_gb * GIB / 8 * 7, memory->limit) ? NEEDS_MACHINE : FITS;
}

void choose_explain(struct buf *out, const struct machine *machine, const struct catalogue_model *m,
	const char *precision)
{
	enum verdict v = choose_verdict(machine, m, precision);
	char needs[SIZE_TEXT], there[SIZE_TEXT];

	size_text(v == NEEDS_DISK ? disk_needed(m, precision) : memory_needed(m), needs);
	switch (v) {
	case FITS:
		buf_putf(out, "needs %s of memory with a conversation of %u tokens", needs, (unsigned)context_of(m));
		break;
	case NEEDS_MACHINE:
		buf_putf(out, "is meant for machines with %u GB of memory, and this one has %s for us", m->memory_gb,
			size_text(machine->memory.limit, there));
		break;
	case NEEDS_MEMORY:
		buf_putf(out, "needs %s of memory, and this machine has %s for us", needs,
			size_text(machine->memory.limit, there));
		break;
	case NEEDS_AVAILABLE:
		buf_putf(out, "needs %s of memory, and %s are available now", needs,
			size_text(machine->memory.available, there));
		break;
	case NEEDS_DISK:
		buf_putf(out, "needs %s of disk, and %s are free", needs, size_text(machine->disk_free, there));
		break;
	}
}

/* ---- Choosing ---- */

/* The one chosen by itself for the largest machine below `below` GB. */
static const struct catalogue_model *next_smaller(unsigned below)
{
	const struct catalogue_model *found = NULL;

	for (size_t i = 0; i < catalogue_count; i++) {
		const struct catalogue_model *m = &catalogue[i];
		if (m->memory_gb && m->memory_gb < below && (!found || m->memory_gb > found->memory_gb))
			found = m;
	}
	return found;
}

void choose_model(struct choice *c, const struct machine *machine, const char *precision)
{
	const struct catalogue_model *m = next_smaller(UINT32_MAX), *smaller;

	*c = (struct choice){0};
	while ((smaller = next_smaller(m->memory_gb)) && choose_verdict(machine, m, precision) != FITS) {
		c->larger = m;
		m = smaller;
	}
	c->best = m;
	/* The smallest is not held back by a rule of thumb, only by what there is. */
	c->verdict = choose_verdict(machine, m, precision);
	if (c->verdict == NEEDS_MACHINE)
		c->verdict = FITS;
	for (; m && c->count < CHOICES_MAX; m = next_smaller(m->memory_gb))
		c->ranked[c->count++] = m;
}

static void describe_machine(struct buf *out, const struct machine *machine)
{
	const struct memory *m = &machine->memory;
	char physical[SIZE_TEXT], limit[SIZE_TEXT], available[SIZE_TEXT], disk[SIZE_TEXT];

	if (!m->limit)
		buf_put(out, "How much memory this machine has is not known");
	else if (m->limit < m->physical || !m->physical)
		buf_putf(out, "A limit on this process allows %s of memory (the machine has %s)",
			size_text(m->limit, limit), m->physical ? size_text(m->physical, physical) : "more");
	else
		buf_putf(out, "This machine has %s of memory", size_text(m->limit, limit));
	if (m->limit)
		buf_putf(out, ", %s of it available now", size_text(m->available, available));
	if (machine->disk_free != UINT64_MAX)
		buf_putf(out, "; %s of disk are free", size_text(machine->disk_free, disk));
	buf_put(out, ".\n");
}

void choose_describe(struct buf *out, const struct choice *c, const struct machine *machine, const char *precision)
{
	const struct catalogue_model *m = c->best;

	describe_machine(out, machine);
	if (c->verdict == FITS) {
		buf_putf(out, "Chosen: %s (%s). It ", m->name, m->licence);
		choose_explain(out, machine, m, precision);
	} else {
		buf_putf(out, "The smallest model is named though it does not fit: %s ", m->name);
		choose_explain(out, machine, m, precision);
	}
	buf_put(out, ".\n");
	if (m->terms)
		buf_putf(out, "Its licence: %s.\n", m->terms);
	if (!m->confirmed && c->count > 1)
		buf_putf(out, "Should the Hub not have it, %s is taken instead.\n", c->ranked[1]->name);
	if (c->larger) {
		buf_putf(out, "Larger: %s ", c->larger->name);
		choose_explain(out, machine, c->larger, precision);
		buf_put(out, ".\n");
	}
	if (c->count > 1)
		buf_putf(out, "Smaller and faster: %s.\n", c->ranked[1]->name);
}

/* The file system of the nearest folder that exists. */
static uint64_t disk_free(const char *folder)
{
	own_mem char *path = mem_strdup(folder);
	struct statvfs fs;

	while (statvfs(path, &fs) != 0) {
		char *slash = strrchr(path, '/');
		if (!slash)
			return UINT64_MAX;
		if (slash == path)
			slash++;
		if (!*slash)
			return UINT64_MAX;
		*slash = '\0';
	}
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

void machine_look(struct machine *machine, const char *folder)
{
	memory_look(&machine->memory, "");
	machine->disk_free = disk_free(folder);
}

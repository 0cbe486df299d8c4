#include "hub/memory.h"

#include <errno.h>
#include <stdlib.h>

#include "base/control_group.h"
#include "base/mem.h"
#include "base/str.h"

/* The two versions of control groups say the same under other names. */
struct version {
	const char *controller;
	const char *limits[2];   /* files with a number of bytes; what is no number is no limit */
	const char *usage;
	const char *cached;      /* the line of memory.stat that counts what can be dropped at once */
};

static const struct version versions[] = {
	{ NULL, { "memory.max", "memory.high" }, "memory.current", "inactive_file" },
	{ "memory", { "memory.limit_in_bytes" }, "memory.usage_in_bytes", "total_inactive_file" },
};

/* The number after `name` at the beginning of a line. */
static bool named_number(const char *text, const char *name, uint64_t *value)
{
	for (struct str rest = str_of(text), line; str_split(&rest, '\n', &line); ) {
		size_t n = strlen(name);
		char *end;
		if (line.n <= n || memcmp(line.p, name, n) != 0 || (line.p[n] != ' ' && line.p[n] != ':'))
			continue;
		errno = 0;
		*value = strtoull(line.p + n + 1, &end, 10);
		return end > line.p + n + 1 && !errno;
	}
	return false;
}

static void lower(uint64_t *value, uint64_t bound)
{
	if (bound < *value)
		*value = bound;
}

struct look {
	struct memory *memory;
	const struct version *version;
};

/* What one group allows.  What it uses includes files that are dropped as soon as memory is short. */
static void apply_group(void *user, const char *folder)
{
	const struct look *look = user;
	const struct version *v = look->version;
	own_mem char *stat = control_group_text(folder, "memory.stat");
	uint64_t limit = UINT64_MAX, value, used = 0, cached = 0;

	for (size_t i = 0; i < countof(v->limits) && v->limits[i]; i++)
		if (control_group_number(folder, v->limits[i], &value))
			lower(&limit, value);
	if (limit == UINT64_MAX)
		return;
	(void)control_group_number(folder, v->usage, &used);
	if (stat)
		(void)named_number(stat, v->cached, &cached);
	lower(&used, limit);
	lower(&cached, used);
	lower(&look->memory->limit, limit);
	lower(&look->memory->available, limit - (used - cached));
}

void memory_look(struct memory *m, const char *root)
{
	own_mem char *proc = mem_printf("%s/proc", root);
	own_mem char *info = control_group_text(proc, "meminfo");
	uint64_t total = 0, available = 0;

	if (info && named_number(info, "MemTotal", &total))
		available = named_number(info, "MemAvailable", &available) ? available : total;
	*m = (struct memory){ total * 1024, total ? total * 1024 : UINT64_MAX, total ? available * 1024 : UINT64_MAX };
	for (size_t i = 0; i < countof(versions); i++)
		control_groups_visit(root, versions[i].controller, apply_group, &(struct look){ m, &versions[i] });
	if (m->limit == UINT64_MAX)
		m->limit = m->available = 0;
	lower(&m->available, m->limit);
}

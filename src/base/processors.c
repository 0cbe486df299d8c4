#include "base/processors.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/control_group.h"
#include "base/mem.h"

static unsigned there(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

#ifdef __linux__
	cpu_set_t ours;
	if (sched_getaffinity(0, sizeof ours, &ours) == 0)
		count = CPU_COUNT(&ours);
#endif
	return count < 1 ? 1 : (unsigned)count;
}

/* So much time in each period. */
static void lower(unsigned *count, uint64_t quota, uint64_t period)
{
	if (period == 0 || quota / period >= *count)
		return;
	*count = (unsigned)((quota + period - 1) / period);
	if (*count == 0)
		*count = 1;
}

/* "150000 100000"; "max 100000" where there is no limit. */
static void apply_second(void *user, const char *folder)
{
	own_mem char *text = control_group_text(folder, "cpu.max");
	char *end = text;
	unsigned long long quota = text ? strtoull(text, &end, 10) : 0;

	if (end > text)
		lower(user, quota, strtoull(end, NULL, 10));
}

/* A quota of -1 where there is no limit. */
static void apply_first(void *user, const char *folder)
{
	uint64_t quota, period;

	if (control_group_number(folder, "cpu.cfs_quota_us", &quota) &&
	    control_group_number(folder, "cpu.cfs_period_us", &period))
		lower(user, quota, period);
}

unsigned processors_usable(const char *root)
{
	unsigned count = there();

	control_groups_visit(root, NULL, apply_second, &count);
	control_groups_visit(root, "cpu", apply_first, &count);
	return count;
}

#include "base/processors.h"

#include <sched.h>
#include <unistd.h>

#include "support/machine.h"

/* Without groups. */
static unsigned all(void)
{
	return processors_usable("/nowhere");
}

TEST(without_groups_those_that_may_be_run_on_count)
{
#ifdef __linux__
	cpu_set_t ours, one;

	assert_int_equal(sched_getaffinity(0, sizeof ours, &ours), 0);
	assert_int_equal(all(), CPU_COUNT(&ours));
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &ours))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	assert_int_equal(all(), 1);
	assert_int_equal(sched_setaffinity(0, sizeof ours, &ours), 0);
#else
	assert_int_equal(all(), sysconf(_SC_NPROCESSORS_ONLN));
#endif
}

static unsigned with_limit(const char *limit)
{
	put("/sys/fs/cgroup/box/cpu.max", limit);
	return processors_usable(root);
}

TEST(a_group_that_allows_less_time_counts_as_fewer)
{
	put("/proc/self/cgroup", "0::/box\n");
	put("/proc/self/mountinfo", MOUNT_V2);

	assert_int_equal(with_limit("100000 100000\n"), 1);
	assert_int_equal(with_limit("5000 100000\n"), 1);
	assert_int_equal(with_limit("0 100000\n"), 1);
	assert_int_equal(with_limit("25000 25000\n"), 1);
	assert_int_equal(with_limit("150000 100000\n"), all() < 2 ? all() : 2);
	assert_int_equal(with_limit("max 100000\n"), all());
	assert_int_equal(with_limit("100000000000 100000\n"), all());
}

TEST(a_group_around_it_counts_as_well)
{
	put("/proc/self/cgroup", "0::/outer/box\n");
	put("/proc/self/mountinfo", MOUNT_V2);
	put("/sys/fs/cgroup/outer/box/cpu.max", "max 100000\n");
	put("/sys/fs/cgroup/outer/cpu.max", "90000 100000\n");

	assert_int_equal(processors_usable(root), 1);
}

TEST(version_one_says_it_in_two_files)
{
	put("/proc/self/cgroup", "4:memory:/box\n3:cpu,cpuacct:/box\n");
	put("/proc/self/mountinfo", MOUNT_V1);
	put("/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
	assert_int_equal(processors_usable(root), all());

	put("/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "100000\n");
	assert_int_equal(processors_usable(root), 1);
}

TEST(rubbish_is_no_limit)
{
	static const char *const texts[] = {
		"", "\n", "max", "-1 100000", "100000", "100000 0", "100000 max", "x 5", "99999999999999999999999 1",
	};

	put("/proc/self/cgroup", "0::/box\n");
	put("/proc/self/mountinfo", MOUNT_V2);
	for (size_t i = 0; i < countof(texts); i++)
		assert_int_equal(with_limit(texts[i]), all());
}

#define ON_A_MACHINE(test) cmocka_unit_test_setup_teardown(test, machine_begin, machine_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_groups_those_that_may_be_run_on_count),
		ON_A_MACHINE(a_group_that_allows_less_time_counts_as_fewer),
		ON_A_MACHINE(a_group_around_it_counts_as_well),
		ON_A_MACHINE(version_one_says_it_in_two_files),
		ON_A_MACHINE(rubbish_is_no_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

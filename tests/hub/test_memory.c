#include "hub/memory.h"
#include "support/machine.h"

#define MIB ((uint64_t)1 << 20)

static void put_number(const char *path, uint64_t bytes)
{
	own_mem char *text = mem_printf("%llu\n", (unsigned long long)bytes);

	put(path, text);
}

static struct memory look(void)
{
	struct memory m;

	memory_look(&m, root);
	return m;
}

static int begin(void **state)
{
	machine_begin(state);
	put("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree:          100 kB\nMemAvailable:    4194304 kB\n");
	return 0;
}

TEST(without_groups_the_machine_counts)
{
	struct memory m = look();

	assert_int_equal(m.physical, 8192 * MIB);
	assert_int_equal(m.limit, 8192 * MIB);
	assert_int_equal(m.available, 4096 * MIB);
}

TEST(the_least_limit_of_nested_groups_counts)
{
	put("/proc/self/cgroup", "0::/user.slice/app.scope\n");
	put("/proc/self/mountinfo", MOUNT_V2);
	put("/sys/fs/cgroup/user.slice/app.scope/memory.max", "max\n");
	put_number("/sys/fs/cgroup/user.slice/memory.max", 2048 * MIB);
	put_number("/sys/fs/cgroup/user.slice/memory.current", 512 * MIB);

	struct memory m = look();
	assert_int_equal(m.physical, 8192 * MIB);
	assert_int_equal(m.limit, 2048 * MIB);
	assert_int_equal(m.available, 1536 * MIB);

	put_number("/sys/fs/cgroup/user.slice/app.scope/memory.max", 1024 * MIB);
	put_number("/sys/fs/cgroup/user.slice/app.scope/memory.current", 1000 * MIB);
	m = look();
	assert_int_equal(m.limit, 1024 * MIB);
	assert_int_equal(m.available, 24 * MIB);
}

TEST(files_that_can_be_dropped_are_available)
{
	put("/proc/self/cgroup", "0::/box\n");
	put("/proc/self/mountinfo", MOUNT_V2);
	put_number("/sys/fs/cgroup/box/memory.max", 1024 * MIB);
	put_number("/sys/fs/cgroup/box/memory.current", 1000 * MIB);
	put("/sys/fs/cgroup/box/memory.stat", "anon 5\nfile 7\ninactive_file 734003200\n");

	assert_int_equal(look().available, 724 * MIB);
}

TEST(a_soft_limit_counts_as_well)
{
	put("/proc/self/cgroup", "0::/box\n");
	put("/proc/self/mountinfo", MOUNT_V2);
	put("/sys/fs/cgroup/box/memory.max", "max\n");
	put_number("/sys/fs/cgroup/box/memory.high", 3072 * MIB);

	assert_int_equal(look().limit, 3072 * MIB);
}

TEST(a_container_sees_its_group_at_the_mount_point)
{
	put("/proc/self/cgroup", "0::/docker/abc\n");
	put("/proc/self/mountinfo", "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
	put_number("/sys/fs/cgroup/memory.max", 700 * MIB);

	assert_int_equal(look().limit, 700 * MIB);
}

TEST(version_one_counts_by_the_memory_controller)
{
	put("/proc/self/cgroup", "5:cpu,cpuacct:/wrong\n4:memory:/lxc/one\n0::/\n");
	put("/proc/self/mountinfo", MOUNT_V1);
	put_number("/sys/fs/cgroup/memory/lxc/one/memory.limit_in_bytes", 1500 * MIB);
	put_number("/sys/fs/cgroup/memory/lxc/one/memory.usage_in_bytes", 500 * MIB);
	put("/sys/fs/cgroup/memory/lxc/one/memory.stat", "inactive_file 1\ntotal_inactive_file 104857600\n");
	put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
	put_number("/sys/fs/cgroup/cpu/wrong/memory.limit_in_bytes", 1);

	struct memory m = look();
	assert_int_equal(m.limit, 1500 * MIB);
	assert_int_equal(m.available, 1100 * MIB);
}

TEST(a_group_that_is_not_to_be_seen_leaves_those_around_it)
{
	put("/proc/self/cgroup", "0::/gone/deeper\n");
	put("/proc/self/mountinfo", MOUNT_V2);
	put_number("/sys/fs/cgroup/memory.max", 900 * MIB);

	assert_int_equal(look().limit, 900 * MIB);
}

TEST(rubbish_is_no_limit)
{
	static const char *const lines[] = {
		"", "\n", "0\n", "0:\n", "0::\n", "::::\n", "x:memory\n", "0::/../..\n", "30 23 0:26\n",
		"a b c d e - cgroup2\n", " - \n",
	};

	for (size_t i = 0; i < countof(lines); i++) {
		for (size_t j = 0; j < countof(lines); j++) {
			put("/proc/self/cgroup", lines[i]);
			put("/proc/self/mountinfo", lines[j]);
			assert_int_equal(look().limit, 8192 * MIB);
		}
	}
}

TEST(an_unknown_machine_is_told_as_unknown)
{
	put("/proc/meminfo", "nothing\n");

	struct memory m = look();
	assert_int_equal(m.physical, 0);
	assert_int_equal(m.limit, 0);
	assert_int_equal(m.available, 0);
}

TEST(this_machine_is_known)
{
	struct memory m;

	memory_look(&m, "");
	assert_true(m.physical > 64 * MIB);
	assert_true(m.limit && m.available && m.available <= m.limit);
}

#define ON_A_MACHINE(test) cmocka_unit_test_setup_teardown(test, begin, machine_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_MACHINE(without_groups_the_machine_counts),
		ON_A_MACHINE(the_least_limit_of_nested_groups_counts),
		ON_A_MACHINE(files_that_can_be_dropped_are_available),
		ON_A_MACHINE(a_soft_limit_counts_as_well),
		ON_A_MACHINE(a_container_sees_its_group_at_the_mount_point),
		ON_A_MACHINE(version_one_counts_by_the_memory_controller),
		ON_A_MACHINE(a_group_that_is_not_to_be_seen_leaves_those_around_it),
		ON_A_MACHINE(rubbish_is_no_limit),
		ON_A_MACHINE(an_unknown_machine_is_told_as_unknown),
		cmocka_unit_test(this_machine_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

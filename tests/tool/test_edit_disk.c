/* Real limits: a file system that is too small, files of 100 MB in little memory. */
#include <sys/resource.h>
#include <sys/wait.h>

#include "calls.h"

#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>

/* A file system of `options` for the project, seen by this test alone and gone with it. */
static bool mount_small(const char *options)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("tmpfs", project_folder, "tmpfs", 0, options) == 0;
}
#else
static bool mount_small(const char *options)
{
	(void)options;
	return false;
}
#endif

static size_t names_in_project(void)
{
	own_mem char *command = mem_printf("ls -A '%s' | wc -l", project_folder);
	FILE *out = popen(command, "r");
	size_t count = 0;

	assert_int_equal(fscanf(out, "%zu", &count), 1);
	pclose(out);
	return count;
}

#define CONTENT ((size_t)40 << 10)

TEST(a_file_system_that_is_full_keeps_the_old_file)
{
	own_mem char *text = mem_zeroed(CONTENT + 1, 1);

	if (!mount_small("size=80k"))
		skip_because("no file system can be mounted here");
	memset(text, 'x', CONTENT);
	memcpy(text, "begin\n", 6);
	put_file("a", text);
	assert_call("", "Read", "{s:s}", "file_path", "a");
	assert_fails("No space left", "Edit", "{s:s, s:s, s:s}", "file_path", "a", "old_string", "begin",
		"new_string", "end");
	assert_file("a", (struct str){ text, CONTENT });
	assert_true(names_in_project() <= 2);      /* the file, and the folder for what is kept */
	assert_fails("No space left", "Write", "{s:s, s:s}", "file_path", "b", "content", text);
	assert_true(names_in_project() <= 2);
	assert_call("made", "Write", "{s:s, s:s}", "file_path", "c", "content", "small\n");
}

#define LARGE ((size_t)100 << 20)
#define MEMORY ((rlim_t)48 << 20)

static void make_large(const char *name)
{
	own_mem char *path = in_project(name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (size_t bytes = 0, line = 1; bytes < LARGE; line++)
		bytes += (size_t)fprintf(file,
			"line %zu of a file that is larger than what may be held of it at once\n", line);
	fprintf(file, "the end\n");
	assert_int_equal(fclose(file), 0);
}

/* In a process that may not have more. */
static int read_large(void)
{
	struct rlimit limit = { MEMORY, MEMORY };

	return setrlimit(RLIMIT_DATA, &limit) == 0 && call("Read", json_pack("{s:s, s:i}", "file_path", "f", "offset",
		900000)) &&
		strstr(call_made.text.data, "900000\tline 900000 of") ? 0 : 1;
}

TEST(a_file_of_100_megabytes_is_read_in_little_memory)
{
	int status;

#ifdef __SANITIZE_ADDRESS__
	skip_because("the address sanitizer takes more memory than this test leaves");
#endif
	make_large("f");
	pid_t child = fork();
	if (child == 0)
		_exit(read_large());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

TEST(a_file_of_100_megabytes_is_edited)
{
	make_large("f");
	assert_call("", "Read", "{s:s, s:i}", "file_path", "f", "limit", 1);
	assert_call("\tanother end\n", "Edit", "{s:s, s:s, s:s}", "file_path", "f", "old_string", "\nthe end\n",
		"new_string", "\nanother end\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROJECT(a_file_of_100_megabytes_is_read_in_little_memory),
		WITH_PROJECT(a_file_of_100_megabytes_is_edited),
		WITH_PROJECT(a_file_system_that_is_full_keeps_the_old_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

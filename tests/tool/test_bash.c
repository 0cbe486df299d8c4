/* Bash, TaskOutput and TaskStop, with real shells, confined where that can be done. */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "permit/permission.h"
#include "process/confine.h"
#include "support/test.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"

struct fixture {
	char folder[60];
	char *project, *home;
	struct tool_context context;
	struct cancel cancel;
	bool unconfined;
};

static int set_up(void **state)
{
	struct fixture *f = mem_zeroed(1, sizeof *f);
	struct error err = {0};

	strcpy(f->folder, "/var/tmp/shammah_bash.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->project = path_join(f->folder, "project");
	f->home = path_join(f->folder, "home");
	own_mem char *ssh = path_join(f->home, ".ssh"), *key = path_join(ssh, "id_rsa");
	own_mem char *sub = path_join(f->project, "sub");
	own_mem char *secret = path_join(f->project, ".env"), *ours = path_join(f->home, ".shammah");
	assert_ok(path_make(ssh, 0700, &err));
	assert_ok(path_make(sub, 0700, &err));
	assert_ok(path_make(ours, 0700, &err));
	assert_ok(file_write(key, (struct str)STR("PRIVATE"), 0600, &err));
	assert_ok(file_write(secret, (struct str)STR("PASSWORD=1"), 0600, &err));
	assert_ok(tool_context_init(&f->context, f->project, f->project, f->home, ours, &err));
	cancel_init(&f->cancel);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	own_mem char *line = mem_printf("chmod -R u+w '%s'; rm -rf '%s'", f->folder, f->folder);

	tool_context_done(&f->context);
	cancel_done(&f->cancel);
	assert_int_equal(system(line), 0);
	free(f->project);
	free(f->home);
	free(f);
	return 0;
}

static bool call(struct fixture *f, const struct tool_kind *kind, json_t *arguments, struct tool_job *job,
	struct error *err)
{
	own_json *input = arguments;
	own_buf text = BUF_INIT(1 << 20);

	assert_non_null(input);
	assert_true(json_write(&text, input, err));
	own_json *checked = tool_input_read(kind, buf_str(&text), err);
	if (!checked)
		return false;
	*job = (struct tool_job)TOOL_JOB_INIT;
	job->context = &f->context;
	job->input = checked;
	job->cancel = &f->cancel;
	job->unconfined = f->unconfined;
	return kind->run(job, err);
}

/* Its result, and whether it tells of a failure. */
static char *bash(struct fixture *f, const char *command, bool failed)
{
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};

	if (!call(f, &tool_bash, json_pack("{s:s}", "command", command), &job, &err))
		fail_msg("%s: %s", command, err.text);
	if (job.failed != failed)
		fail_msg("%s: %s: %s", command, failed ? "did not fail" : "failed", job.text.data);
	return buf_detach(&job.text, NULL);
}

static void expect(struct fixture *f, const char *command, bool failed, const char *part)
{
	own_mem char *text = bash(f, command, failed);

	if (!strstr(text, part))
		fail_msg("%s: '%s' does not have '%s'", command, text, part);
	assert_null(strstr(text, "PRIVATE"));
	assert_null(strstr(text, "PASSWORD"));
}

static bool confines(void)
{
	struct error err = {0};

	return confine_available(&err);
}

#define NEED_CONFINEMENT() do { if (!confines()) skip_because("commands cannot be confined here"); } while (0)

/* ---- What comes back ---- */

TEST(output_comes_in_order_and_the_exit_code_with_it)
{
	struct fixture *f = *state;
	own_mem char *text = bash(f, "echo one; echo two >&2; echo three", false);

	assert_string_equal(text, "one\ntwo\nthree\n");
	expect(f, "echo said; exit 3", true, "Exit code 3\nsaid\n");
	expect(f, "true", false, "(no output)");
	expect(f, "kill -SEGV $$", true, confines() ? "Exit code 139" : "Ended by signal 11");
	expect(f, "cat; echo end", false, "end");
	expect(f, "echo 'it'\\''s \"quoted\"'; cat <<E\nhere $((1+1))\nE", false, "it's \"quoted\"\nhere 2\n");
	expect(f, "if then", true, "syntax error");
	expect(f, "[[ a == a ]] && echo ${BASH_VERSION:+bash}", false, "bash");
}

TEST(what_cannot_be_a_command_is_refused)
{
	struct fixture *f = *state;
	struct error err = {0};
	own_tool_job job = TOOL_JOB_INIT, second = TOOL_JOB_INIT;
	own_mem char *large = mem_alloc(100002);

	memset(large, ' ', 100001);
	memcpy(large, "true", 4);
	large[100001] = '\0';
	assert_false(call(f, &tool_bash, json_pack("{s:s}", "command", "  "), &job, &err));
	assert_non_null(strstr(err.text, "empty"));
	assert_false(call(f, &tool_bash, json_pack("{s:s}", "command", large), &second, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

TEST(children_get_none_of_our_keys_and_know_who_runs_them)
{
	struct fixture *f = *state;

	setenv("ANTHROPIC_API_KEY", "sk-secret", 1);
	setenv("HF_TOKEN", "hf-secret", 1);
	expect(f, "echo [$ANTHROPIC_API_KEY$HF_TOKEN$SHAMMAH_HOME] $SHAMMAH $CLAUDECODE", false, "[] 1 1");
	expect(f, "echo x > $TMPDIR/f && cat $TMPDIR/f", false, "x");
	expect(f, "cat $TMPDIR/f && ls -A $TMPDIR", false, "x\nf\n");
	unsetenv("ANTHROPIC_API_KEY");
	unsetenv("HF_TOKEN");
}

/* ---- Where it is ---- */

TEST(a_cd_holds_within_the_project_and_nowhere_else)
{
	struct fixture *f = *state;
	own_mem char *sub = path_join(f->project, "sub");

	expect(f, "cd sub", false, "(no output)");
	expect(f, "pwd", false, sub);
	expect(f, "cd ..; cd sub; false", true, "Exit code 1");
	expect(f, "pwd", false, sub);
	expect(f, "cd ..; exit 4", true, "Exit code 4");
	expect(f, "pwd; cd sub", false, f->project);
	expect(f, "cd /usr; pwd", false, "/usr\n\n[The working folder is");
	assert_string_equal(f->context.cwd, sub);
	expect(f, "cd ..; mkdir gone; cd gone; rmdir ../gone", false, "(no output)");
	assert_string_equal(f->context.cwd, sub);
	expect(f, "rmdir $PWD", false, "(no output)");
	expect(f, "pwd", false, "is gone; it is ");
	expect(f, "mkdir sub; (cd sub)", false, "(no output)");
	assert_string_equal(f->context.cwd, f->project);
	expect(f, "X=1; export Y=2", false, "(no output)");
	expect(f, "echo [$X$Y]", false, "[]");
}

TEST(a_folder_that_was_added_is_within)
{
	struct fixture *f = *state;
	struct error err = {0};
	const struct permission_places places = { .root = f->project, .cwd = f->project, .home = f->home };
	own_permissions *permissions = permissions_create(&places, &err);
	own_mem char *other = path_join(f->folder, "other");
	own_mem char *line = mem_printf("cd %s && echo made > file && cat file", other);

	assert_ok(path_make(other, 0700, &err));
	assert_non_null(permissions);
	expect(f, line, confines(), confines() ? "Read-only" : "made");
	permissions_add_directory(permissions, other);
	f->context.permissions = permissions;
	expect(f, line, false, "made");
	assert_string_equal(f->context.cwd, other);
	f->context.permissions = NULL;
}

TEST(a_lie_about_where_it_ended_leads_nowhere)
{
	struct fixture *f = *state;

	expect(f, "trap - EXIT; for p in $TMPDIR/.place*; do :; done; exec sh -c 'exit 0'", false, "(no output)");
	assert_string_equal(f->context.cwd, f->project);
	expect(f, "T=$(trap -p EXIT); P=${T#*\\'\\\\\\'\\'}; trap - EXIT; ln -s /etc/passwd $TMPDIR/x; echo ok",
		false, "ok");
	assert_string_equal(f->context.cwd, f->project);
}

/* ---- Confinement ---- */

TEST(confined_it_writes_to_the_project_only_and_reads_no_secret)
{
	struct fixture *f = *state;

	NEED_CONFINEMENT();
	expect(f, "echo x > file && cat file", false, "x");
	own_mem char *line = mem_printf("ls -A %s/.ssh; cat %s/.ssh/id_rsa; cat .env; touch %s/x", f->home, f->home,
		f->home);
	expect(f, line, true, "touch: ");
	expect(f, line, true, "dangerouslyDisableSandbox");
	expect(f, "cat .env", true, "denied");
	expect(f, "ls ~/.shammah/; cat /etc/shadow", true, "denied");
	expect(f, "mkdir -p a/b/.ssh && echo PASSWORD > a/b/.ssh/key && echo PASSWORD > a/.ENV.local && echo x > "
		"a/.env.example",
		false, "(no output)");
	expect(f, "ls a/b/.ssh; cat a/.env.example a/.ENV.local", true, "x\ncat: a/.ENV.local: Permission denied");
	f->unconfined = true;
	own_mem char *text = bash(f, "cat .env", false);
	assert_non_null(strstr(text, "PASSWORD"));
	f->unconfined = false;
	f->context.unconfined = true;
	own_mem char *again = bash(f, "cat .env", false);
	assert_non_null(strstr(again, "PASSWORD"));
}

TEST(secrets_in_folders_of_foreign_code_are_hidden_too)
{
	struct fixture *f = *state;

	NEED_CONFINEMENT();
	expect(f, "mkdir -p build/deep vendor && echo PASSWORD > build/.env && "
		"echo PASSWORD > vendor/x.pem", false, "");
	expect(f, "grep -r PASS . 2>&1", true, "build/.env: Permission denied");
}

TEST(what_a_rule_denies_no_command_reads)
{
	struct fixture *f = *state;
	struct permission_places places = { f->project, f->project, f->home, NULL };
	struct error err = {0};
	struct permissions *p = permissions_create(&places, &err);
	own_json *rules = json_pack("{s:[s,s]}", "deny", "Read(./private/**)", "Read(*.log)");

	NEED_CONFINEMENT();
	expect(f, "mkdir private sub/x && echo PASSWORD > private/a && echo PASSWORD > sub/x/b.log && "
		"echo x > sub/x/b.txt",
		false, "");
	permissions_add_scope(p, rules, "settings.json", f->project, NULL);
	f->context.permissions = p;
	expect(f, "cat private/* sub/x/b.log", true, "sub/x/b.log: Permission denied");
	expect(f, "grep -r PASS .", true, "");
	expect(f, "cat sub/x/b.txt", false, "x");
	f->context.permissions = NULL;
	permissions_destroy(&p);
}

TEST(no_repository_is_led_to_other_settings)
{
	struct fixture *f = *state;

	NEED_CONFINEMENT();
	if (system("git --version > /dev/null 2>&1") != 0)
		skip_because("no git");
	expect(f, "git init -q . && git -c user.name=a -c user.email=b commit -qm one --allow-empty && "
		"mkdir -p .git/modules/a/b .git/worktrees/t && cp .git/HEAD .git/config .git/modules/a/b && "
		"cp .git/HEAD .git/worktrees/t && echo ../.. > .git/worktrees/t/commondir", false, "");
	expect(f, "echo ../evil > .git/commondir", false, "commondir.made-by-a-command");
	expect(f, "echo x > .git/config.worktree", false, "config.worktree.made-by-a-command");
	expect(f, "echo evil > .git/worktrees/t/commondir", true, "Read-only");
	expect(f, "echo evil > .git/modules/a/b/config", true, "Read-only");
	expect(f, "git status --short && git worktree list", false, "");
}

TEST(gits_hooks_and_settings_of_programs_stay_as_they_are)
{
	struct fixture *f = *state;

	NEED_CONFINEMENT();
	if (system("git --version > /dev/null 2>&1") != 0)
		skip_because("no git");
	expect(f, "git init -q . && git add -A 2>/dev/null; git -c user.name=a -c user.email=b commit -qm first "
		"--allow-empty; git log --format=%s", false, "first");
	expect(f, "echo evil > .git/hooks/pre-commit", true, "Read-only");
	expect(f, "git config core.fsmonitor evil", true, "");
	expect(f, "echo x > a && git add a && git -c user.name=a -c user.email=b commit -qm second && git log "
		"--format=%s",
		false, "second\nfirst");
	expect(f, "mkdir .claude && echo '{}' > .claude/settings.json", false, "they have been renamed: .claude (now "
		".claude.made-by");
	own_mem char *made = path_join(f->project, ".claude");
	assert_false(path_is_directory(made));
}

TEST(a_linked_worktree_commits_but_a_claimed_one_opens_nothing)
{
	struct fixture *f = *state;
	struct error err = {0};

	NEED_CONFINEMENT();
	own_mem char *line = mem_printf("cd %s && git init -q main && cd main && git -c user.name=a -c user.email=b "
		"commit -qm one "
		"--allow-empty && git worktree add -q ../tree >/dev/null 2>&1", f->folder);
	if (system(line) != 0)
		skip_because("no git that knows worktrees");
	own_mem char *tree = path_join(f->folder, "tree"), *temp = mem_strdup(f->context.temp);
	own_tool_context context = {0};
	assert_ok(tool_context_init(&context, tree, tree, f->home, NULL, &err));
	struct tool_context kept = f->context;
	f->context = context;
	expect(f, "echo x > a && git add a && git -c user.name=a -c user.email=b commit -qm two && git log "
		"--format=%s", false,
		"two\none");
	expect(f, "echo evil > ../main/.git/hooks/pre-commit", true, "Read-only");
	context = f->context;
	f->context = kept;
	own_mem char *claim = mem_printf("gitdir: %s/main/.git/worktrees/tree\n", f->folder);
	own_mem char *file = path_join(f->project, ".git");
	assert_ok(file_write(file, str_of(claim), 0600, &err));
	expect(f, "touch ../main/.git/x", true, "Read-only");
}

TEST(there_is_no_network_unless_the_settings_give_it)
{
	struct fixture *f = *state;

	NEED_CONFINEMENT();
	expect(f, "cat /proc/net/dev | wc -l", false, "3");      /* two of heading, and lo */
	f->context.network = true;
	own_mem char *text = bash(f, "cat /proc/net/route | wc -l; readlink /proc/self/ns/net", false);
	char ours[64] = "";
	assert_true(readlink("/proc/self/ns/net", ours, sizeof ours - 1) > 0);
	assert_non_null(strstr(text, ours));
}

/* ---- Its end ---- */

static char *bash_timed(struct fixture *f, const char *command, int timeout_ms)
{
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};

	assert_ok(call(f, &tool_bash, json_pack("{s:s, s:i}", "command", command, "timeout", timeout_ms), &job, &err));
	assert_true(job.failed);
	return buf_detach(&job.text, NULL);
}

TEST(the_time_limit_ends_even_one_that_ignores_sigterm)
{
	struct fixture *f = *state;
	uint64_t began = clock_ms();

	for (int round = 0; round < 2; round++) {
		own_mem char *text = bash_timed(f, "trap '' TERM; echo begun; (setsid sh -c 'trap \"\" TERM; sleep 5; "
			"touch late' &); "
			"while :; do sleep 1; done", 300);
		assert_non_null(strstr(text, "took more than 0.3 s"));
		assert_non_null(strstr(text, "begun"));
		f->unconfined = true;
	}
	assert_true(clock_ms() - began < 15000);
	clock_sleep_ms(3000);
	own_mem char *late = path_join(f->project, "late");
	assert_false(path_is_file(late));
}

TEST(what_is_left_in_the_background_ends_with_it_and_is_told)
{
	struct fixture *f = *state;
	uint64_t began = clock_ms();

	f->unconfined = true;
	expect(f, "sleep 30 & sleep 31 & echo started", false, "started\n\n[What it left running (processes: 2)");
	f->unconfined = false;
	expect(f, "sleep 30 & echo started", false, "started\n");
	assert_true(clock_ms() - began < 10000);
}

static void *fire_soon(void *cancel)
{
	clock_sleep_ms(200);
	cancel_fire(cancel);
	return NULL;
}

TEST(cancel_ends_it_at_once)
{
	struct fixture *f = *state;
	pthread_t thread;
	uint64_t began = clock_ms();
	own_tool_job job = TOOL_JOB_INIT, again = TOOL_JOB_INIT;
	struct error err = {0};

	assert_int_equal(pthread_create(&thread, NULL, fire_soon, &f->cancel), 0);
	assert_false(call(f, &tool_bash, json_pack("{s:s}", "command", "sleep 30 | sleep 30"), &job, &err));
	pthread_join(thread, NULL);
	assert_int_equal(err.kind, ERROR_CANCELLED);
	assert_false(call(f, &tool_bash, json_pack("{s:s}", "command", "touch never"), &again, &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
	assert_true(clock_ms() - began < 5000);
}

TEST(limits_come_from_the_environment_as_in_claude_code)
{
	struct fixture *f = *state;

	setenv("BASH_DEFAULT_TIMEOUT_MS", "200", 1);
	expect(f, "sleep 20", true, "took more than 0.2 s");
	setenv("BASH_DEFAULT_TIMEOUT_MS", "nonsense", 1);
	setenv("BASH_MAX_TIMEOUT_MS", "300", 1);
	own_mem char *text = bash_timed(f, "sleep 20", 600000);
	assert_non_null(strstr(text, "took more than 0.3 s"));
	unsetenv("BASH_DEFAULT_TIMEOUT_MS");
	unsetenv("BASH_MAX_TIMEOUT_MS");
	setenv("BASH_MAX_OUTPUT_LENGTH", "100", 1);
	own_mem char *cut = bash(f, "seq 1 1000", false);
	assert_true(strlen(cut) < 300);
	assert_non_null(strstr(cut, "bytes left out; all of it is in "));
	unsetenv("BASH_MAX_OUTPUT_LENGTH");
}

/* ---- Much of it ---- */

TEST(the_rest_of_long_output_is_in_a_file_that_commands_can_read)
{
	struct fixture *f = *state;
	own_mem char *text = bash(f, "seq 1 100000", false);
	const char *path = strstr(text, "all of it is in ");

	assert_true(strlen(text) < 31000);
	assert_non_null(path);
	path += strlen("all of it is in ");
	own_mem char *line = mem_printf("grep -c . %.*s; rm -f %.*s 2>&1; echo", (int)strcspn(path, " "), path,
		(int)strcspn(path, " "), path);
	expect(f, line, false, "100000\n");
}

struct gathered { uint64_t bytes; };

static void gather(void *user, struct str bytes)
{
	((struct gathered *)user)->bytes += bytes.n;
}

TEST(a_gigabyte_of_output_takes_constant_memory)
{
	struct fixture *f = *state;
	struct gathered gathered = {0};
	struct rusage before, after;
	struct error err = {0};
	own_tool_job job = TOOL_JOB_INIT;
	own_json *input = json_pack("{s:s, s:i}", "command", "head -c 1073741824 /dev/zero | tr '\\0' x", "timeout",
		110000);

	job.context = &f->context;
	job.input = input;
	job.cancel = &f->cancel;
	job.progress = gather;
	job.user = &gathered;
	getrusage(RUSAGE_SELF, &before);
	assert_ok(tool_bash.run(&job, &err));
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(gathered.bytes, 1073741824);
	assert_non_null(strstr(job.text.data, "it may not get larger"));
	assert_true(after.ru_maxrss - before.ru_maxrss < 8192);  /* KiB */
}

/* A file system of one megabyte, which only root can make. */
TEST(a_full_disk_costs_the_file_but_not_the_result)
{
	struct fixture *f = *state;
	struct error err = {0};
	own_mem char *small = path_join(f->folder, "small"), *before = mem_strdup(getenv("TMPDIR"));
	own_mem char *mount = mem_printf("mount -t tmpfs -o size=1m none %s 2>/dev/null", small);
	own_mem char *umount = mem_printf("umount %s", small);

	assert_ok(path_make(small, 0700, &err));
	if (system(mount) != 0)
		skip_because("no small file system can be mounted");
	setenv("TMPDIR", small, 1);
	tool_context_done(&f->context);
	bool made = tool_context_init(&f->context, f->project, f->project, f->home, NULL, &err);
	own_mem char *text = made ? bash(f, "seq 1 1000000", false) : NULL;
	own_mem char *full = made ? bash(f, "echo still here; cd sub", false) : NULL;
	tool_context_done(&f->context);
	if (before)
		setenv("TMPDIR", before, 1);
	else
		unsetenv("TMPDIR");
	assert_int_equal(system(umount), 0);
	assert_ok(tool_context_init(&f->context, f->project, f->project, f->home, NULL, &err));
	assert_true(made);
	assert_non_null(strstr(text, "bytes only: cannot write: No space left on device"));
	assert_true(str_ends(str_of(text), "999999\n1000000\n"));
	assert_non_null(strstr(full, "still here\n"));
}

/* ---- In the background ---- */

static char *task(struct fixture *f, const struct tool_kind *kind, const char *id, int timeout_ms)
{
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};

	if (!call(f, kind, kind == &tool_task_output ? json_pack("{s:s, s:i}", "task_id", id, "timeout", timeout_ms) :
		json_pack("{s:s}", "shell_id", id), &job, &err))
		return mem_strdup(err.text);
	return buf_detach(&job.text, NULL);
}

static void start(struct fixture *f, const char *command, const char *id)
{
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};

	assert_ok(call(f, &tool_bash, json_pack("{s:s, s:b}", "command", command, "run_in_background", 1), &job, &err));
	assert_non_null(strstr(job.text.data, id));
}

TEST(a_command_in_the_background_is_looked_at_and_ended)
{
	struct fixture *f = *state;

	start(f, "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo gone; exit 5", "bash_1");
	start(f, "trap '' TERM; sleep 100", "bash_2");
	clock_sleep_ms(300);
	own_mem char *first = task(f, &tool_task_output, "bash_1", 0);
	assert_string_equal(first, "Still running.\nbegun\n");
	own_mem char *none = task(f, &tool_task_output, "bash_1", 100);
	assert_string_equal(none, "Still running.\n(no new output)");
	expect(f, "touch go", false, "");
	own_mem char *end = task(f, &tool_task_output, "bash_1", 10000);
	assert_string_equal(end, "Ended with exit code 5\ngone\n");
	own_mem char *stopped = task(f, &tool_task_stop, "bash_2", 0);
	assert_string_equal(stopped, "bash_2 was ended, with all it had started.");
	own_mem char *state_of = task(f, &tool_task_output, "bash_2", 0);
	assert_non_null(strstr(state_of, "It was ended."));
	own_mem char *again = task(f, &tool_task_stop, "bash_2", 0);
	assert_non_null(strstr(again, "has ended already"));
	own_mem char *unknown = task(f, &tool_task_output, "bash_9", 0);
	assert_non_null(strstr(unknown, "no task bash_9; there are: bash_2, bash_1"));
	assert_ptr_equal(tool_find((struct str)STR("KillShell")), &tool_task_stop);
	assert_ptr_equal(tool_find((struct str)STR("BashOutput")), &tool_task_output);
}

TEST(what_runs_in_the_background_ends_with_the_conversation)
{
	struct fixture *f = *state;
	struct error err = {0};
	uint64_t began = clock_ms();

	start(f, "trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 4; touch late' &); sleep 100", "bash_1");
	f->unconfined = true;
	start(f, "trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 4; touch late' &); sleep 100", "bash_2");
	clock_sleep_ms(300);
	tool_context_done(&f->context);
	assert_true(clock_ms() - began < 8000);
	assert_ok(tool_context_init(&f->context, f->project, f->project, f->home, NULL, &err));
	clock_sleep_ms(3500);
	own_mem char *late = path_join(f->project, "late");
	assert_false(path_is_file(late));
}

TEST(at_most_sixteen_run_at_a_time)
{
	struct fixture *f = *state;
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};

	f->unconfined = true;
	for (int i = 0; i < 16; i++)
		start(f, "sleep 100", "bash_");
	assert_false(call(f, &tool_bash, json_pack("{s:s, s:b}", "command", "true", "run_in_background", 1), &job,
		&err));
	assert_non_null(strstr(err.text, "16 commands run in the background already"));
}

TEST(much_output_in_the_background_is_shown_from_its_end)
{
	struct fixture *f = *state;

	start(f, "seq 1 100000", "bash_1");
	own_mem char *text = task(f, &tool_task_output, "bash_1", 20000);
	assert_non_null(strstr(text, "Ended with exit code 0\n["));
	assert_non_null(strstr(text, "bytes before these are in "));
	assert_true(str_ends(str_of(text), "99999\n100000\n"));
	assert_true(strlen(text) < 31000);
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(output_comes_in_order_and_the_exit_code_with_it),
		EACH(what_cannot_be_a_command_is_refused),
		EACH(children_get_none_of_our_keys_and_know_who_runs_them),
		EACH(a_cd_holds_within_the_project_and_nowhere_else),
		EACH(a_folder_that_was_added_is_within),
		EACH(a_lie_about_where_it_ended_leads_nowhere),
		EACH(confined_it_writes_to_the_project_only_and_reads_no_secret),
		EACH(secrets_in_folders_of_foreign_code_are_hidden_too),
		EACH(what_a_rule_denies_no_command_reads),
		EACH(no_repository_is_led_to_other_settings),
		EACH(gits_hooks_and_settings_of_programs_stay_as_they_are),
		EACH(a_linked_worktree_commits_but_a_claimed_one_opens_nothing),
		EACH(there_is_no_network_unless_the_settings_give_it),
		EACH(the_time_limit_ends_even_one_that_ignores_sigterm),
		EACH(what_is_left_in_the_background_ends_with_it_and_is_told),
		EACH(cancel_ends_it_at_once),
		EACH(limits_come_from_the_environment_as_in_claude_code),
		EACH(the_rest_of_long_output_is_in_a_file_that_commands_can_read),
		EACH(a_gigabyte_of_output_takes_constant_memory),
		EACH(a_full_disk_costs_the_file_but_not_the_result),
		EACH(a_command_in_the_background_is_looked_at_and_ended),
		EACH(what_runs_in_the_background_ends_with_the_conversation),
		EACH(at_most_sixteen_run_at_a_time),
		EACH(much_output_in_the_background_is_shown_from_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

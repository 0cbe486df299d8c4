#include "base/buf.h"
#include "base/mem.h"
#include "permit/explain.h"
#include "permit/path.h"
#include "permit/path_table.h"
#include "support/test.h"

/* The project lies in /home/me/project, the current folder is its src. */
#define ROOT "/home/me/project"

struct link {
	const char *from, *to;
};

static const struct link links[] = {
	{ ROOT "/etc", "/etc" }, { ROOT "/here", "src" }, { ROOT "/up", ".." }, { ROOT "/notes", "../notes" },
	{ ROOT "/keys", "/home/me/.ssh" }, { ROOT "/plain.txt", ".env" }, { ROOT "/a", "b" }, { ROOT "/b", "a" },
	{ ROOT "/self", "self" }, { ROOT "/deep", "here/../keys" }, { ROOT "/hooks", ".git/hooks" },
	{ ROOT "/null", "/dev/null" },
	{ ROOT "/proc", "/proc/self" }, { ROOT "/empty", "" }, { ROOT "/dot", "." }, { ROOT "/chain", "chain2" },
	{ ROOT "/chain2", "./chain3/" }, { ROOT "/chain3", "//etc/./passwd" }, { ROOT "/.env.example", "src/x" },
	{ ROOT "/src/back", "../src/../.." }, { ROOT "/safe.env", "src/x" }, { "/home/me/link", ROOT },
	{ ROOT "/slash", "/" },
};

static bool read_link(void *user, const char *path, struct buf *target)
{
	(void)user;
	for (size_t i = 0; i < countof(links); i++)
		if (strcmp(links[i].from, path) == 0) {
			buf_put(target, links[i].to);
			return true;
		}
	return false;
}

static struct path_judgement judge_at(const char *root, const char *home, struct str path, bool write)
{
	static const struct path_links reader = { read_link, NULL };
	struct path_judgement j;
	struct error err = {0};
	own_mem char *cwd = mem_printf("%s/src", root);
	struct path_question q = { str_of(root), str_of(cwd), str_of(home), path, write, &reader, {0} };

	assert_ok(path_judge(&q, &j, &err));
	assert_non_null(j.why);
	return j;
}

static enum verdict judge_ours(const char *ours, const char *path, bool write)
{
	static const struct path_links reader = { read_link, NULL };
	struct path_question q = { STR(ROOT), STR(ROOT), STR("/home/me"), str_of(path), write, &reader, str_of(ours) };
	struct path_judgement j;
	struct error err = {0};

	assert_ok(path_judge(&q, &j, &err));
	return j.verdict;
}

TEST(our_folder_is_guarded_wherever_it_is)
{
	static const char *const ours[] = { "/data/shammah", "/data//x/../shammah/", ROOT "/state", ROOT };
	static const char *const secrets[] = { "config.toml", "daemon.token", "metrics.key", "history",
		"checkpoints/s/objects/ab" };

	for (size_t i = 0; i < countof(ours); i++) {
		for (size_t k = 0; k < countof(secrets); k++) {
			own_mem char *path = mem_printf("%s/%s", ours[i], secrets[k]);
			assert_int_equal(judge_ours(ours[i], path, false), VERDICT_NEVER);
			assert_int_equal(judge_ours(ours[i], path, true), VERDICT_NEVER);
		}
		own_mem char *other = mem_printf("%s/tool_patterns.json", ours[i]);
		assert_int_equal(judge_ours(ours[i], other, true), VERDICT_CONFIRM);
	}
	assert_int_equal(judge_ours("/data/shammah", "/data/shammah-2/config.toml", false), VERDICT_CONFIRM);
	assert_int_equal(judge_ours(ROOT "/state", "config.toml", false), VERDICT_ALLOW);
}

static struct path_judgement judge(const char *path, bool write)
{
	return judge_at(ROOT, "/home/me", str_of(path), write);
}

/* A letter for reading and one for writing: a(llow), c(onfirm), d(eny). */
struct path_case {
	const char *expected, *path;
};

static const struct path_case cases[] = {
	/* Inside the project */
	{ "aa", "main.c" }, { "aa", "./main.c" }, { "aa", "../README.md" }, { "aa", ROOT }, { "aa", ROOT "/" },
	{ "aa", ROOT "/src/main.c" }, { "aa", ROOT "//src///main.c" }, { "aa", ROOT "/./src/./main.c" }, { "aa", "." },
	{ "aa", ROOT "/src/../src/main.c" }, { "aa", ".." }, { "aa", "../src" }, { "aa", "~/project/src/x" },
	{ "aa", "/home/me/project/a b/c.txt" }, { "aa", "ünïcode.txt" }, { "aa", "日本.txt" }, { "aa", "..." },
	{ "aa", "a..b" },
	{ "aa", ".gitignore" }, { "aa", ".github/workflows/x.yml" }, { "aa", ".gitattributes" },
	{ "aa", ".editorconfig" },
	{ "aa", "environment.ts" }, { "aa", "env" }, { "aa", "key.c" }, { "aa", "keys.md" }, { "aa", "etc/passwd" },
	{ "aa", "proc/self/environ" }, { "aa", "ssh/config" }, { "aa", "dotenv" }, { "aa", "x~" },
	{ "aa", "~$doc.docx" },
	{ "aa", "$HOME/x" }, { "aa", "*" }, { "aa", "secrets.c" }, { "aa", "id_rsa_parser/main.c" },
	{ "aa", "git/config" },
	{ "aa", "../here/main.c" }, { "aa", "../dot/src/x" }, { "aa", "/../home/me/project/x" },
	{ "cc", "/home/me/link/x" },
	/* Outside of it */
	{ "cc", "../.." }, { "cc", "../../other" }, { "cc", "/home/me" }, { "cc", "~" }, { "cc", "~/" },
	{ "cc", "~/notes.txt" },
	{ "cc", "/home/me/project2/x" }, { "cc", "/home/me/projec" }, { "cc", "/home/other/x" }, { "cc", "/tmp/x" },
	{ "cc", "/" },
	{ "cc", "/home/me/Project/x" }, { "cc", "/var/tmp/x" }, { "cc", "/dev/shm/x" }, { "cc", "/mnt/data/x" },
	{ "cc", "/srv/x" },
	{ "cc", "~/.config/nvim/init.lua" }, { "cc", "~/.claude/settings.json" }, { "cc", "~/.bashrc" },
	{ "cc", "~/.gitconfig" },
	{ "cc", "../notes" }, { "cc", "../up/other" }, { "cc", "back" }, { "cc", "back/notes" }, { "cc", "../slash" },
	{ "cc", "~/project/../x" }, { "cc", "~/.shammah/daemon.log" }, { "cc", "/etcetera" }, { "cc", "/usrx/y" },
	{ "cc", "//tmp//x" },
	/* Protected: asked about when written */
	{ "ac", "../.git/config" }, { "ac", "../.git/hooks/pre-commit" }, { "ac", ROOT "/.git" },
	{ "ac", "../.GIT/config" },
	{ "ac", "../.git./config" }, { "ac", "../.g\u200cit/config" }, { "ac", "../.git /config" },
	{ "ac", "sub/.git/HEAD" },
	{ "ac", ".vscode/tasks.json" }, { "ac", ".idea/x.xml" }, { "ac", ".husky/pre-commit" },
	{ "ac", ".cargo/config.toml" },
	{ "ac", ".devcontainer/devcontainer.json" }, { "ac", ".yarn/releases/y.cjs" }, { "ac", ".mvn/jvm.config" },
	{ "ac", ".claude/settings.json" }, { "aa", ".claude/worktrees/one/x.c" },
	{ "ac", ".claude/worktrees/one/.git/x" },
	{ "ac", ".claude/worktrees" }, { "ac", ".claude/worktrees/../settings.json" },
	{ "ac", ".claude/worktrees/one/.claude/x" },
	{ "ac", ".config/git/config" }, { "ac", ".gitmodules" }, { "ac", ".bashrc" }, { "ac", ".zshrc" },
	{ "ac", ".profile" },
	{ "ac", ".npmrc" }, { "ac", ".yarnrc.yml" }, { "ac", ".pnp.cjs" }, { "ac", "bunfig.toml" },
	{ "ac", ".bazelrc" },
	{ "ac", ".pre-commit-config.yaml" }, { "ac", "lefthook.yml" },
	{ "ac", "gradle/wrapper/gradle-wrapper.properties" },
	{ "ac", ".mcp.json" }, { "ac", ".claude.json" }, { "ac", ".ripgreprc" }, { "ac", "pyrightconfig.json" },
	{ "ac", ".MCP.json" },
	{ "ac", "../hooks/pre-commit" }, { "ac", ".bashrc/" }, { "ac", ".bashrc." }, { "ac", ".shammah/settings.json" },
	{ "cc", ".envrc" },
	/* Secrets, in the project too */
	{ "dd", ".env" }, { "dd", "../.env" }, { "dd", ".env.local" }, { "dd", ".env.production" }, { "dd", ".ENV" },
	{ "dd", ".env/" },
	{ "dd", ".env." }, { "dd", ".env " }, { "dd", ".ｅｎｖ" }, { "dd", ".e\u200bnv" }, { "dd", "prod.env" },
	{ "dd", ".env.bak" },
	{ "dd", ".env~" }, { "dd", ".env.example.local" }, { "aa", ".env.sample" }, { "aa", ".env.template" },
	{ "aa", ".env.dist" },
	{ "aa", ".env.example" }, { "aa", "example.env" }, { "dd", "../safe.env" }, { "aa", "../.env.example" },
	{ "dd", ".env/../.env" },
	{ "dd", "id_rsa" }, { "dd", "id_ed25519" }, { "aa", "id_rsa.pub" }, { "dd", "server.pem" },
	{ "dd", "server.key" }, { "dd", "x.p12" },
	{ "dd", "x.pfx" }, { "dd", "x.jks" }, { "dd", "vault.kdbx" }, { "dd", "credentials.json" },
	{ "dd", "client_secret_1.json" },
	{ "dd", "service-account.json" }, { "dd", "secrets.yml" }, { "dd", "kubeconfig" },
	{ "dd", "terraform.tfstate" }, { "dd", ".pypirc" },
	{ "dd", "~/.ssh/id_rsa" }, { "dd", "~/.ssh/config" }, { "dd", "~/.ssh" }, { "dd", "~/.ssh/" },
	{ "dd", "~/.SSH/id" },
	{ "dd", "~/.ssh/authorized_keys" }, { "dd", "/home/other/.ssh/x" }, { "dd", "../../.ssh/id_rsa" },
	{ "dd", "~/x/../.ssh/y" },
	{ "dd", "~/.gnupg/x" }, { "dd", "~/.aws/credentials" }, { "dd", "~/.aws/config" }, { "dd", "~/.kube/config" },
	{ "dd", "~/.docker/config.json" }, { "cc", "~/.docker/buildx" }, { "dd", "~/.netrc" }, { "dd", "~/.azure/x" },
	{ "dd", "~/.pgpass" },
	{ "dd", "~/.config/gcloud/x" }, { "dd", "~/.config/gh/hosts.yml" }, { "dd", "~/.git-credentials" },
	{ "dd", "~/.vault-token" },
	{ "dd", "~/.shammah/daemon.token" }, { "dd", "~/.shammah/config.toml" },
	{ "dd", "~/.shammah/checkpoints/a/objects/b" },
	{ "dd", "~/.claude/.credentials.json" },
	{ "dd", "~/.mozilla/firefox/x/logins.json" }, { "dd", "~/.config/google-chrome/Default/Cookies" },
	{ "dd", "~/.config/chromium/x" },
	{ "dd", "~/Library/Keychains/login.keychain-db" },
	{ "dd", "~/Library/Application Support/Google/Chrome/Default/Cookies" },
	{ "dd", "~/.npmrc" }, { "dd", "~/.bash_history" }, { "dd", "~/.password-store/x.gpg" },
	{ "dd", "~/.local/share/keyrings/l" },
	{ "dd", "~/.cargo/credentials.toml" }, { "dd", "~/.cache/huggingface/token" },
	{ "cc", "~/.cache/huggingface/hub/x" },
	/* System files */
	{ "dd", "/etc/passwd" }, { "dd", "/etc/shadow" }, { "dd", "/etc" }, { "dd", "/etc/" }, { "dd", "/ETC/passwd" },
	{ "dd", "//etc/passwd" },
	{ "dd", "/./etc/./passwd" }, { "dd", "/tmp/../etc/passwd" }, { "dd", "../../../../etc/passwd" },
	{ "dd", "../../../../../../../../etc/x" },
	{ "dd", "/usr/bin/env" }, { "dd", "/usr/lib/x" }, { "dd", "/bin/sh" }, { "dd", "/sbin/x" }, { "dd", "/lib/x" },
	{ "dd", "/boot/vmlinuz" },
	{ "dd", "/var/log/syslog" }, { "dd", "/root/x" }, { "dd", "/proc/self/environ" }, { "dd", "/proc/1/mem" },
	{ "dd", "/sys/x" },
	{ "dd", "/dev/sda" }, { "dd", "/dev/mem" }, { "dd", "/dev/zero" }, { "dd", "/dev/tcp/1.2.3.4/80" },
	{ "aa", "/dev/null" },
	{ "dd", "/dev/null/../sda" }, { "dd", "/run/secrets/x" }, { "dd", "/opt/x" }, { "dd", "/private/etc/passwd" },
	{ "dd", "/System/x" },
	{ "dd", "/mnt/c/Windows/System32/x" }, { "dd", "/ｅｔｃ/passwd" }, { "dd", "/et\u200bc/passwd" },
	{ "dd", "~/../../etc/passwd" },
	{ "dd", "/var/run/docker.sock" }, { "dd", "/tmp/root/etc/shadow" },
	/* Links */
	{ "dd", "../etc/passwd" }, { "dd", "../etc" }, { "dd", "../keys/id" }, { "dd", "../plain.txt" },
	{ "dd", "../a" }, { "dd", "../b/x" },
	{ "dd", "../self" }, { "dd", "../deep/id" }, { "dd", "../proc/environ" }, { "dd", "../empty" },
	{ "dd", "../chain" }, { "dd", "../slash/etc" },
	{ "aa", "../null" }, { "dd", "../etc/../etc/passwd" }, { "dd", "../up/.ssh/x" }, { "dd", "../here/../keys/x" },
	{ "dd", "back/../../etc/x" },
	/* Shapes that are never right */
	{ "dd", "" }, { "dd", "a\nb" }, { "dd", "a\x7f" }, { "dd", "a\tb" }, { "dd", "~root/x" }, { "dd", "~other" },
	{ "dd", "~+/x" },
	{ "dd", "\xff" }, { "dd", "a/\xc0\xae\xc0\xae/b" }, { "dd", "․․/x" }, { "dd", "‥/x" }, { "dd", "．．/x" },
	{ "dd", "a／b" },
	{ "dd", ".\u200b./x" }, { "cc", "..\\..\\x" }, { "cc", "C:\\Windows" },
};

static enum verdict verdict_of(char letter)
{
	return letter == 'a' ? VERDICT_ALLOW : letter == 'c' ? VERDICT_CONFIRM : VERDICT_NEVER;
}

TEST(every_case_has_its_verdicts)
{
	size_t wrong = 0;

	for (size_t i = 0; i < countof(cases); i++)
		for (int write = 0; write < 2; write++) {
			struct path_judgement j = judge(cases[i].path, write);
			if (j.verdict != verdict_of(cases[i].expected[write])) {
				fprintf(stderr, "# %s \"%s\": %d, %s\n", write ? "write" : "read", cases[i].path,
					j.verdict, j.why);
				wrong++;
			}
		}
	assert_int_equal(wrong, 0);
}

static unsigned draw(uint32_t *seed, unsigned below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* Every slash but one after '~' may become `/./`, `//` or `/x/../`. */
TEST(adding_nothing_to_a_path_changes_no_verdict)
{
	static const char *const nothing[] = { "/", "/./", "//", "/xyzzy/../", "/./xyzzy/.././/" };
	uint32_t seed = 3;

	for (size_t i = 0; i < 40 * countof(cases); i++) {
		const char *path = cases[i % countof(cases)].path;
		own_buf longer = BUF_INIT(10000);
		for (const char *p = path; *p; p++)
			if (*p == '/')
				buf_put(&longer, nothing[draw(&seed, countof(nothing))]);
			else
				buf_putf(&longer, "%c", *p);
		bool write = draw(&seed, 2);
		if (judge(path, write).verdict != judge(longer.data, write).verdict)
			fail_msg("%s and %s", path, longer.data);
	}
}

static enum verdict text_only(const char *path, bool write)
{
	struct path_question q = { STR(ROOT), STR(ROOT "/src"), STR("/home/me"), str_of(path), write, NULL, {0} };
	struct path_judgement j;
	struct error err = {0};

	assert_ok(path_judge(&q, &j, &err));
	return j.verdict;
}

/* All that is refused stays refused in capitals; nothing becomes less strict. */
TEST(capitals_never_help)
{
	for (size_t i = 0; i < countof(cases); i++)
		for (int write = 0; write < 2; write++) {
			own_mem char *shout = mem_strdup(cases[i].path);
			for (char *p = shout; *p; p++)
				if (*p >= 'a' && *p <= 'z' && strncmp(cases[i].path, "/home", 5) != 0)
					*p = (char)(*p - 32);
			if (text_only(shout, write) < text_only(cases[i].path, write))
				fail_msg("%s", shout);
		}
}

TEST(the_verdict_is_the_same_without_links_on_the_way)
{
	struct path_question q = { STR(ROOT), STR(ROOT), STR("/home/me"), STR("etc/passwd"), false, NULL, {0} };
	struct path_judgement j;
	struct error err = {0};

	assert_ok(path_judge(&q, &j, &err));
	assert_int_equal(j.verdict, VERDICT_ALLOW);
	assert_string_equal(j.real, ROOT "/etc/passwd");
}

TEST(a_link_that_decides_is_named)
{
	struct path_judgement j = judge("../etc/passwd", false);

	assert_true(j.linked);
	assert_string_equal(j.real, "/etc/passwd");
	assert_false(judge("/etc/passwd", false).linked);
}

static bool endless(void *user, const char *path, struct buf *target)
{
	(void)path;
	++*(int *)user;
	buf_put(target, "x/y");
	return true;
}

TEST(links_without_end_are_given_up)
{
	int count = 0;
	struct path_links reader = { endless, &count };
	struct path_question q = { STR("/"), STR("/"), STR(""), STR("a"), false, &reader, {0} };
	struct path_judgement j;
	struct error err = {0};

	assert_ok(path_judge(&q, &j, &err));
	assert_int_equal(j.verdict, VERDICT_NEVER);
	assert_int_equal(count, PATH_LINKS_MAX + 1);
}

TEST(long_paths_are_refused)
{
	char path[PATH_BYTES_MAX + 2];

	memset(path, 'a', sizeof(path));
	assert_int_equal(judge_at(ROOT, "", (struct str){ path, sizeof(path) }, false).verdict, VERDICT_NEVER);
	assert_int_equal(judge_at(ROOT, "", (struct str){ path, 4000 }, false).verdict, VERDICT_ALLOW);
	assert_int_equal(judge_at(ROOT, "", (struct str){ path, PATH_BYTES_MAX }, false).verdict, VERDICT_NEVER);
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 2 ? '/' : '.';
	assert_int_equal(judge_at(ROOT, "", (struct str){ path, sizeof(path) }, false).verdict, VERDICT_NEVER);
	assert_int_equal(judge_at(ROOT, "", (struct str){ path, PATH_BYTES_MAX }, false).verdict, VERDICT_ALLOW);
}

TEST(a_nul_ends_nothing)
{
	assert_int_equal(judge_at(ROOT, "", (struct str)STR("a\0/../../.ssh"), false).verdict, VERDICT_NEVER);
}

TEST(a_project_in_a_system_folder_is_a_project)
{
	static const struct { const char *root, *home, *path; enum verdict verdict; } at[] = {
		{ "/var/www/app", "/home/me", "index.php", VERDICT_ALLOW },
		{ "/var/www/app", "/home/me", "../../../x", VERDICT_NEVER },
		{ "/usr/src/app", "/root", "x.c", VERDICT_ALLOW }, { "/root/app", "/root", "x.c", VERDICT_ALLOW },
		{ "/root/app", "/root", "/root/x", VERDICT_CONFIRM },
		{ "/root/app", "/root", "/root/.ssh/x", VERDICT_NEVER },
		{ "/etc/nginx", "/root", "nginx.conf", VERDICT_NEVER },
		{ "/usr", "/root", "../bin/env", VERDICT_NEVER }, { "/usr", "/root", "x", VERDICT_NEVER },
		{ "/", "/root", "x", VERDICT_CONFIRM }, { "/", "/root", "..", VERDICT_CONFIRM },
		{ "/", "/root", "/etc/x", VERDICT_NEVER },
		{ "/", "/", "/usr/x", VERDICT_NEVER },
		{ "/home/me", "/home/me", "~/.ssh/x", VERDICT_NEVER }, { "/home/me", "/home/me", "x", VERDICT_ALLOW },
		{ "/home/me/.ssh", "/home/me", "x", VERDICT_NEVER },
		{ "/home/me/link", "/home/me", "x", VERDICT_ALLOW },
		{ "/home/me/link", "/home/me", ROOT "/x", VERDICT_ALLOW },
		{ "/opt/a/../b/", "/home/me", "/opt/b/x", VERDICT_ALLOW },
		{ "/opt/a/../b/", "/home/me", "/opt/a/x", VERDICT_NEVER }, { ROOT, "", "~/x", VERDICT_NEVER },
	};

	for (size_t i = 0; i < countof(at); i++)
		if (judge_at(at[i].root, at[i].home, str_of(at[i].path), false).verdict != at[i].verdict)
			fail_msg("%s in %s", at[i].path, at[i].root);
}

TEST(bases_must_be_absolute)
{
	struct path_question good = { STR("/a"), STR("/a"), STR("/h"), STR("x"), false, NULL, {0} };
	struct path_judgement j;

	for (size_t i = 0; i < 3; i++) {
		struct error err = {0};
		struct path_question q = good;
		*(i == 0 ? &q.root : i == 1 ? &q.cwd : &q.home) = (struct str)STR("relative");
		assert_false(path_judge(&q, &j, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
		assert_int_equal(j.verdict, VERDICT_NEVER);
	}
}

static bool is_folded(const char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			return false;
	return true;
}

static bool ends_with_slash(const char *s)
{
	return s[strlen(s) - 1] == '/';
}

TEST(rows_of_the_tables_can_match)
{
	static const char *const *const names[] = { secret_names, harmless_names, watched_names, protected_names,
		secret_home_names, public_names, record_names, kept_home_names, secret_folders, protected_folders };

	for (size_t i = 0; i < countof(names); i++)
		for (const char *const *row = names[i]; *row; row++)
			if (!is_folded(*row) || ((*row)[0] == '/') != (i >= 8) || ends_with_slash(*row) != (i >= 8))
				fail_msg("%s", *row);
	for (size_t i = 0; i < place_row_count; i++)
		assert_true(is_folded(place_rows[i].prefix) && !ends_with_slash(place_rows[i].prefix));
}

static json_t *explain(const char *text, struct error *err)
{
	own_json *input = json_parse_nul(str_of(text), "test", err);

	assert_non_null(input);
	return explain_path(input, err);
}

TEST(explain_supposes_links)
{
	struct error err = {0};
	own_json *result = explain("{\"root\": \"/p\", \"cwd\": \"/p/s\", \"home\": \"/h\", \"path\": \"l/x\","
		"\"op\": \"write\", \"fs\": [{\"link\": \"l\", \"target\": \"/etc\"},"
		"{\"link\": \"~/m\", \"target\": \"/p\"}]}", &err);
	own_json *other = explain("{\"root\": \"/p\", \"home\": \"/h\", \"path\": \"x\", \"fs\": null}", &err);
	own_json *none = explain("{\"root\": \"/p\", \"path\": \"x\\u0000y\"}", &err);

	assert_string_equal(json_member_string(result, "verdict"), "deny");
	assert_string_equal(json_member_string(result, "why"),
		"a link leads there: system files are neither read nor written");
	assert_string_equal(json_member_string(other, "verdict"), "allow");
	assert_string_equal(json_member_string(none, "verdict"), "deny");
}

TEST(explain_refuses_what_is_no_question)
{
	static const char *const bad[] = { "{}", "{\"path\": \"x\"}", "{\"root\": \"p\", \"path\": \"x\"}",
		"{\"root\": \"/p\", \"path\": 1}", "{\"root\": \"/p\", \"path\": \"x\", \"op\": \"run\"}",
		"{\"root\": \"/p\", \"path\": \"x\", \"op\": 1}", "{\"root\": \"/p\", \"path\": \"x\", \"fs\": [{}]}",
		"{\"root\": \"/p\", \"path\": \"x\", \"fs\": [{\"link\": \"a\"}]}",
		"{\"root\": \"/p\", \"path\": \"x\", \"cwd\": 1}",
		"{\"root\": \"/p\", \"path\": \"x\", \"fs\": [{\"link\": \"a\\u0000\", \"target\": \"b\"}]}" };

	for (size_t i = 0; i < countof(bad); i++) {
		struct error err = {0};
		if (explain(bad[i], &err))
			fail_msg("%s", bad[i]);
		assert_int_equal(err.kind, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_has_its_verdicts),
		cmocka_unit_test(our_folder_is_guarded_wherever_it_is),
		cmocka_unit_test(adding_nothing_to_a_path_changes_no_verdict),
		cmocka_unit_test(capitals_never_help),
		cmocka_unit_test(the_verdict_is_the_same_without_links_on_the_way),
		cmocka_unit_test(a_link_that_decides_is_named),
		cmocka_unit_test(links_without_end_are_given_up),
		cmocka_unit_test(long_paths_are_refused),
		cmocka_unit_test(a_nul_ends_nothing),
		cmocka_unit_test(a_project_in_a_system_folder_is_a_project),
		cmocka_unit_test(bases_must_be_absolute),
		cmocka_unit_test(rows_of_the_tables_can_match),
		cmocka_unit_test(explain_supposes_links),
		cmocka_unit_test(explain_refuses_what_is_no_question),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

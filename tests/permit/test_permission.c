/* The whole decision, by tables: the lines of Claude Code's page "permissions", and where this program is stricter. */
#include "permission_case.h"
#include "permit/explain.h"

#define A(rules) "{'allow':[" rules "]}"
#define D(rules) "{'deny':[" rules "]}"
#define Q(rules) "{'ask':[" rules "]}"
#define MODE(mode, rest) "{'defaultMode':'" mode "'" rest "}"

TEST(files_are_read_in_the_project_and_asked_about_elsewhere)
{
	static const struct permission_case cases[] = {
		{ "{}", "Read", "src/main.c", "allow", "" }, { "{}", "Read", "/home/me/p/x", "allow", "" },
		{ "{}", "Read", "../other/x", "ask", "" }, { "{}", "Read", "~/notes.txt", "ask", "" },
		{ "{}", "Read", ".env", "deny", "" }, { "{}", "Read", "/etc/passwd", "deny", "" },
		{ "{}", "Read", "~/.ssh/id_rsa", "deny", "" }, { "{}", "Read", "", "deny", "" },
		{ "{}", "Read", "{'limit':3}", "deny", "" },
		{ "{}", "Grep", "{'pattern':'x'}", "allow", "" }, { "{}", "Grep", "..", "ask", "" },
		{ "{}", "Grep", "/etc", "deny", "" },
		{ "{}", "Glob", "{'pattern':'**/*.c'}", "allow", "" },
		{ "{}", "Glob", "{'pattern':'../**/*.c'}", "ask", "" },
		{ "{}", "Glob", "{'pattern':'/etc/*'}", "deny", "" },
		{ "{}", "Glob", "{'pattern':'*/../../x'}", "ask", "" },
		{ "{}", "Glob", "{'pattern':'src/*.c','path':'..'}", "ask", "" },
		{ "{}", "Edit", "x.c", "ask", "" }, { "{}", "Write", "x.c", "ask", "" },
		{ "{}", "NotebookEdit", "x.ipynb", "ask", "" }, { "{}", "Edit", "../x.c", "ask", "" },
		{ "{}", "Write", "/etc/passwd", "deny", "" }, { "{}", "Write", ".git/config", "ask", "" },
		{ "{}", "Write", "/dev/null", "allow", "" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(the_first_list_that_matches_decides_whatever_is_more_special)
{
	static const struct permission_case cases[] = {
		{ "{'deny':['Bash(aws *)'],'allow':['Bash(aws s3 ls)']}", "Bash", "aws s3 ls", "deny", "Bash(aws *)" },
		{ "{'ask':['Bash(git push *)'],'allow':['Bash(git push origin main)']}", "Bash", "git push origin main",
			"ask", "Bash(git push *)" },
		{ "{'deny':['Bash(git push)'],'ask':['Bash(git *)'],'allow':['Bash']}", "Bash", "git push", "deny",
			"Bash(git push)" },
		{ "{'deny':['Bash(git push)'],'ask':['Bash(git *)'],'allow':['Bash']}", "Bash", "git pull", "ask",
			"Bash(git *)" },
		{ "{'deny':['Bash(git push)'],'ask':['Bash(git *)'],'allow':['Bash']}", "Bash", "make", "allow",
			"Bash" },
		{ "{'deny':['Edit(src/**)'],'allow':['Edit']}", "Edit", "src/x", "deny", "Edit(src/**)" },
		{ "{'deny':['Edit(src/**)'],'allow':['Edit']}", "Edit", "x", "allow", "Edit" },
		{ "{'ask':['Read(*.key.txt)'],'allow':['Read']}", "Read", "a.key.txt", "ask", "Read(*.key.txt)" },
		{ "{'ask':['Bash(ls)']}", "Bash", "ls", "ask", "Bash(ls)" },
		{ "{'ask':['Bash(ls *)']}", "Bash", "ls -la", "ask", "Bash(ls *)" },
		{ "{'deny':['Bash']}", "Bash", "ls", "deny", "Bash" },
		{ "{'deny':['Bash(*)']}", "Bash", "ls", "deny", "Bash(*)" },
		{ "{'deny':['WebFetch'],'allow':['WebFetch(domain:a.com)']}", "WebFetch", "https://a.com/", "deny",
			"WebFetch" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(wildcards_in_commands)
{
	static const struct permission_case cases[] = {
		{ A("'Bash(npm run build)'"), "Bash", "npm run build", "allow", "Bash(npm run build)" },
		{ A("'Bash(npm run build)'"), "Bash", "npm run build --watch", "ask", "" },
		{ A("'Bash(npm run build)'"), "Bash", "npm run buildx", "ask", "" },
		{ A("'Bash(npm run test *)'"), "Bash", "npm run test", "allow", NULL },
		{ A("'Bash(npm run test *)'"), "Bash", "npm run test -- --grep x", "allow", NULL },
		{ A("'Bash(npm run test *)'"), "Bash", "npm run tests", "ask", "" },
		{ A("'Bash(make*)'"), "Bash", "makefoo x", "allow", NULL },
		{ A("'Bash(make*)'"), "Bash", "make", "allow", NULL },
		{ A("'Bash(make *)'"), "Bash", "makefoo x", "ask", "" },
		{ A("'Bash(make:*)'"), "Bash", "make all", "allow", "Bash(make:*)" },
		{ A("'Bash(make:*)'"), "Bash", "make", "allow", NULL },
		{ A("'Bash(make:*)'"), "Bash", "makefoo", "ask", "" },
		{ A("'Bash(git:* push)'"), "Bash", "git push", "ask", "" },
		{ A("'Bash(git:* push)'"), "Bash", "git --bare push", "ask", "" },
		{ A("'Bash(* install)'"), "Bash", "npm install", "allow", NULL },
		{ A("'Bash(* install)'"), "Bash", "npm install x", "ask", "" },
		{ A("'Bash(git * main)'"), "Bash", "git checkout main", "allow", NULL },
		{ A("'Bash(git * main)'"), "Bash", "git push origin main", "allow", NULL },
		{ A("'Bash(git * main)'"), "Bash", "git push origin dev", "ask", "" },
		{ A("'Bash(* --version)'"), "Bash", "foo --version", "allow", NULL },
		{ A("'Bash(* --help *)'"), "Bash", "foo --help", "allow", NULL },
		{ A("'Bash(* --help *)'"), "Bash", "foo --help bar", "allow", NULL },
		{ A("'Bash(npm *)'"), "Bash", "npm install a b c", "allow", NULL },
		{ A("'Bash(npm *)'"), "Bash", "npx x", "ask", "" },
		{ A("'Bash(echo*x)'"), "Bash", "python x", "ask", "" },
		{ A("'Bash(*)'"), "Bash", "python x", "allow", "Bash(*)" },
		{ A("'Bash'"), "Bash", "python x", "allow", "Bash" },
		{ A("'Bash(:*)'"), "Bash", "python x", "allow", NULL },
		{ A("'bash(python *)'"), "Bash", "python x", "ask", "" },
		{ A("'Bash(python x.py)'"), "Bash", "  python x.py  ", "allow", NULL },
		{ A("'Bash(python \\\\(x\\\\))'"), "Bash", "python '(x)'", "ask", "" },
		{ D("'Bash(rm *)'"), "Bash", "rm x", "deny", "Bash(rm *)" },
		{ D("'Bash(rm *)'"), "Bash", "rmdir x", "ask", "" },
		{ D("'Bash(rm:*)'"), "Bash", "rm -rf build", "deny", NULL },
		{ D("'Bash(git push *)'"), "Bash", "git push", "deny", NULL },
		{ D("'Bash(git push *)'"), "Bash", "git pull", "ask", "" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(every_command_of_a_line_must_be_allowed)
{
	static const struct permission_case cases[] = {
		{ A("'Bash(safe *)'"), "Bash", "safe x && other y", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe x || other y", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe x ; other y", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe x | other y", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe x |& other y", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe x & other y", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe x\nother y", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe $(other y)", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe \"$(other y)\"", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe `other y`", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe <(other y)", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe '$(other y)'", "allow", NULL },
		{ A("'Bash(safe *)'"), "Bash", "(safe x; other y)", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe x && (safe y; safe z)", "allow", NULL },
		{ A("'Bash(safe *)'"), "Bash", "if safe x; then other; fi", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "for i in 1 2; do safe $i; done", "allow", NULL },
		{ A("'Bash(safe *)'"), "Bash", "f() { other; }; safe x", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe <<E\n$(other)\nE", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe <<'E'\n$(other)\nE", "allow", NULL },
		{ A("'Bash(safe *)'"), "Bash", "safe x 2>&1", "allow", NULL },
		{ A("'Bash(safe *)'"), "Bash", "safe x && ls && pwd", "allow", "Bash(safe *)" },
		{ A("'Bash(safe *)','Bash(other *)'"), "Bash", "safe x && other y | safe", "allow", NULL },
		{ A("'Bash(safe *)'"), "Bash", "safe 'x", "ask", "" }, { A("'Bash'"), "Bash", "safe 'x", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe x \\\n && other", "ask", "" },
		{ A("'Bash(safe *)'"), "Bash", "safe $'x\\n' && safe", "allow", NULL },
		{ A("'Bash(safe && other)'"), "Bash", "safe && other", "ask", "" },
		{ D("'Bash(other *)'"), "Bash", "ls && other y", "deny", "Bash(other *)" },
		{ D("'Bash(other *)'"), "Bash", "ls $(other y)", "deny", NULL },
		{ D("'Bash(other *)'"), "Bash", "echo `other`", "deny", NULL },
		{ D("'Bash(other *)'"), "Bash", "if true; then other; fi", "deny", NULL },
		{ D("'Bash(other *)'"), "Bash", "(other)", "deny", NULL },
		{ Q("'Bash(other *)'"), "Bash", "ls | other y", "ask", "Bash(other *)" },
		{ "{'ask':['Bash(b)'],'deny':['Bash(a)']}", "Bash", "b; a", "deny", "Bash(a)" },
		{ "{'ask':['Bash(b)'],'deny':['Bash(a)']}", "Bash", "a; b", "deny", "Bash(a)" },
		{ D("'Bash(x | y)'"), "Bash", "x | y", "deny", NULL },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(wrappers_and_variables_in_front)
{
	static const struct permission_case cases[] = {
		{ A("'Bash(npm test *)'"), "Bash", "timeout 30 npm test", "allow", "Bash(npm test *)" },
		{ A("'Bash(npm test *)'"), "Bash", "timeout -s KILL 30 npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "timeout --signal=KILL 30s npm test a", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "time npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "nice npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "nice -n 5 npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "nohup npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "stdbuf -oL npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "stdbuf -o L npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "command npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "builtin npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "noglob npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "nocorrect npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "timeout 5 nice npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "npx npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "docker exec a npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "env npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "command -v npm", "allow", "" },
		{ A("'Bash(npm *)'"), "Bash", "command -p npm x", "ask", "" },
		{ A("'Bash(python *)'"), "Bash", "xargs python x", "allow", NULL },
		{ A("'Bash(python *)'"), "Bash", "xargs -n1 python x", "ask", "" },
		{ A("'Bash(xargs *)'"), "Bash", "xargs -n1 python x", "allow", NULL },
		{ A("'Bash(devbox run *)'"), "Bash", "devbox run rm x", "allow", NULL },
		{ A("'Bash(devbox run *)'"), "Bash", "devbox run make", "allow", NULL },
		{ A("'Bash(timeout *)'"), "Bash", "timeout 5 python x", "ask", "" },
		{ A("'Bash(timeout 5 python x)'"), "Bash", "timeout 5 python x", "allow", NULL },
		{ A("'Bash(watch *)'"), "Bash", "watch make", "ask", "" },
		{ A("'Bash(watch make)'"), "Bash", "watch make", "allow", NULL },
		{ A("'Bash(setsid *)'"), "Bash", "setsid make", "ask", "" },
		{ A("'Bash(ionice *)'"), "Bash", "ionice make", "ask", "" },
		{ A("'Bash(flock *)'"), "Bash", "flock l make", "ask", "" },
		{ A("'Bash(watch:*)'"), "Bash", "timeout 4 watch make", "ask", "" },
		{ A("'Bash(find *)'"), "Bash", "find src -name a", "allow", "Bash(find *)" },
		{ A("'Bash(find *)'"), "Bash", "find src -name a -delete", "ask", "" },
		{ A("'Bash(find *)'"), "Bash", "find src -exec touch {} ;", "ask", "" },
		{ A("'Bash(find *)'"), "Bash", "find src -exec touch {} \\;", "ask", "" },
		{ A("'Bash(find src -name a -delete)'"), "Bash", "find src -name a -delete", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "NODE_ENV=test npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "LANG=C NO_COLOR=1 npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "FOO=bar npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "http_proxy=x npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "PATH=/tmp npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "LD_PRELOAD=x NODE_ENV=test npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "NODE_ENV=$(other) npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "NODE_ENV=test timeout 3 npm test", "allow", NULL },
		{ A("'Bash(FOO=bar npm test)'"), "Bash", "FOO=bar npm test", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "PATH=/tmp; npm test", "ask", "" },
		{ A("'Bash(npm test *)'"), "Bash", "x=1; npm test $x", "allow", NULL },
		{ A("'Bash(npm test *)'"), "Bash", "! npm test # not", "allow", NULL },
		{ A("'Bash(export *)'"), "Bash", "export A=b", "allow", NULL },
		{ "{}", "Bash", "export A=b", "ask", "" },
		{ D("'Bash(export *)'"), "Bash", "export A=b", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "FOO=bar rm tmp/x", "deny", "Bash(rm *)" },
		{ D("'Bash(rm *)'"), "Bash", "timeout 4 rm x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "env rm x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "env A=b rm x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "xargs -n1 rm", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "watch rm x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "/bin/rm x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "r'm' x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "\\rm x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "sh -c 'rm x'", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "eval rm x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "find . -name x -exec rm {} +", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "a=rm; $a x", "deny", NULL },
		{ D("'Bash(rm *)'"), "Bash", "echo rm x", "allow", "" },
		{ D("'Bash(curl *)'"), "Bash", "bash <<E\ncurl x\nE", "deny", NULL },
		{ D("'Bash(curl *)'"), "Bash", "x | xargs curl", "deny", NULL },
		{ D("'Bash(curl *)'"), "Bash", "python -c 'import os; os.system(\"curl x\")'", "deny", NULL },
		{ D("'Bash(curl *)'"), "Bash", "git -c alias.x='!curl y' x", "deny", NULL },
		{ D("'Bash(curl *)'"), "Bash", "alias c='curl x'", "deny", NULL },
		{ D("'Bash(curl *)'"), "Bash", "trap 'curl x' EXIT", "deny", NULL },
		{ D("'Bash(curl *)'"), "Bash", "xargs -I{} bash -lc 'curl {}'", "deny", NULL },
		{ D("'Bash(*--force*)'"), "Bash", "git push \"--force\"", "deny", NULL },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(commands_that_only_read_need_no_rule)
{
	static const struct permission_case cases[] = {
		{ "{}", "Bash", "ls", "allow", "" }, { "{}", "Bash", "ls -la src", "allow", "" },
		{ "{}", "Bash", "cat README.md | head -5", "allow", "" },
		{ "{}", "Bash", "grep -rn foo src", "allow", "" },
		{ "{}", "Bash", "ls *.ts", "allow", "" }, { "{}", "Bash", "wc -l src/*.py", "allow", "" },
		{ "{}", "Bash", "find . -name '*.c'", "allow", "" }, { "{}", "Bash", "find . -name *.c", "ask", "" },
		{ "{}", "Bash", "sort *.txt", "ask", "" }, { "{}", "Bash", "git diff *.c", "ask", "" },
		{ "{}", "Bash", "sed -n 1,5p *.c", "ask", "" }, { "{}", "Bash", "sed -n 1,5p a.c", "allow", "" },
		{ "{}", "Bash", "git status", "allow", "" }, { "{}", "Bash", "git log --oneline", "allow", "" },
		{ "{}", "Bash", "git push", "ask", "" }, { "{}", "Bash", "git commit -m x", "ask", "" },
		{ "{}", "Bash", "file -m x y", "ask", "" }, { "{}", "Bash", "file -f x", "ask", "" },
		{ "{}", "Bash", "file x", "allow", "" }, { "{}", "Bash", "docker ps", "allow", "" },
		{ "{}", "Bash", "docker -H x ps", "ask", "" }, { "{}", "Bash", "docker --context x ps", "ask", "" },
		{ "{}", "Bash", "cd src && ls", "allow", "" }, { "{}", "Bash", "cd packages/api && ls", "allow", "" },
		{ "{}", "Bash", "cd src && cat ../README.md", "allow", "" },
		{ "{}", "Bash", "cd src; cat ../README.md", "ask", "" },
		{ "{}", "Bash", "(cd src && ls); cat ../x", "ask", "" },
		{ "{}", "Bash", "cd src || true; cat ../x", "ask", "" },
		{ "{}", "Bash", "cd .. && ls", "ask", "" }, { "{}", "Bash", "cd", "ask", "" },
		{ "{}", "Bash", "cd /tmp", "ask", "" },
		{ "{}", "Bash", "cd src && git status", "ask", "" },
		{ "{}", "Bash", "cd . && git status", "allow", "" },
		{ "{}", "Bash", "cd /home/me/p && git status", "allow", "" },
		{ "{}", "Bash", "cd app; grep -r pattern . 2>/dev/null", "allow", "" },
		{ A("'Bash(git status *)'"), "Bash", "cd src && git status", "ask", "" },
		{ A("'Bash(cd *)'"), "Bash", "cd .. && ls", "ask", "" },
		{ A("'Bash(cd *)'"), "Bash", "cd src && ls", "allow", NULL },
		{ A("'Bash(cd *)','Read(../lib/**)'"), "Bash", "cd ../lib && ls", "allow", NULL },
		{ A("'Bash(cd *)','Bash(make *)'"), "Bash", "cd ../lib && make", "allow", NULL },
		{ "{}", "Bash", "ls 2>/dev/null", "allow", "" }, { "{}", "Bash", "ls > out.txt", "ask", "" },
		{ "{}", "Bash", "cat ../other/x", "ask", "" }, { "{}", "Bash", "ls ..", "ask", "" },
		{ "{}", "Bash", "cat ~/notes", "ask", "" }, { "{}", "Bash", "cat /etc/passwd", "deny", "" },
		{ "{}", "Bash", "cat .env", "deny", "" }, { "{}", "Bash", "cat < .env", "deny", "" },
		{ "{}", "Bash", "cat .e*", "deny", "" }, { "{}", "Bash", "ls /usr/lib", "ask", "" },
		{ "{}", "Bash", "ls .env", "ask", "" }, { "{}", "Bash", "test -f package.json", "allow", "" },
		{ "{}", "Bash", "rm -rf /", "deny", "" }, { "{}", "Bash", "sudo ls", "deny", "" },
		{ "{}", "Bash", "", "ask", "" }, { "{}", "Bash", "{'timeout':5}", "ask", "" },
		{ "{}", "Bash", "echo 'unfinished", "ask", "" }, { "{}", "Bash", "cat $(ls)", "ask", "" },
		{ "{}", "Bash", "grep -e .env src", "allow", "" }, { "{}", "Bash", "grep .env README.md", "allow", "" },
		{ "{}", "Bash", "{'command':'ls','dangerouslyDisableSandbox':true}", "ask", "" },
		{ A("'Bash(ls)'"), "Bash", "{'command':'ls','dangerouslyDisableSandbox':true}", "allow", "Bash(ls)" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(secrets_in_disguise_are_not_read)
{
	static const struct permission_case cases[] = {
		{ "{}", "Bash", "cat .env*", "deny", "" }, { "{}", "Bash", "cat .en?", "deny", "" },
		{ "{}", "Bash", "cat ./.[e]nv", "deny", "" },
		{ "{}", "Bash", "find . -name .env | xargs cat", "deny", "" },
		{ "{}", "Bash", "find . -name '.e*' -exec cat {} +", "deny", "" },
		{ "{}", "Bash", "git show HEAD:.env", "deny", "" }, { "{}", "Bash", "git log -p -- .env", "deny", "" },
		{ "{}", "Bash", "git grep .env", "allow", "" }, { "{}", "Bash", "git show HEAD:a.c", "allow", "" },
		{ "{}", "Bash", "cat /proc/self/environ", "deny", "" }, { "{}", "Bash", "npx rm -rf .", "deny", "" },
		{ "{}", "Bash", "cd ~/.ssh && cat id_x", "deny", "" },
		{ "{}", "Bash", "echo ../x | xargs cat", "ask", "" },
		{ "{}", "Bash", "cp .env.example .env", "ask", "" }, { "{}", "Bash", "cp a .env", "deny", "" },
		{ "{}", "Bash", "cp .env .env.bak", "deny", "" }, { "{}", "Bash", "cp x.example /etc/x", "deny", "" },
		{ D("'Edit(.env)'"), "Bash", "cp .env.example .env", "deny", "Edit(.env)" },
		{ A("'Bash(cp *)'"), "Bash", "cp .env.example .env", "allow", NULL },
		{ MODE("acceptEdits", ""), "Bash", "cp .env.example .env", "ask", "" },
		{ "{}", "Bash", "cat list | xargs cat", "ask", "" }, { "{}", "Bash", "xargs cat < list", "ask", "" },
		{ "{}", "Bash", "find . -name '*nv' | xargs cat", "deny", "" },
		{ "{}", "Bash", "find . -name '*' | xargs wc", "allow", "" },
		{ "{}", "Bash", "find . -name '*.[ch]' | xargs cat", "allow", "" },
		{ "{}", "Bash", "ls src | xargs wc", "allow", "" },
		{ "{}", "Bash", "echo $AWS_SECRET_ACCESS_KEY", "ask", "" }, { "{}", "Bash", "echo $HOME", "allow", "" },
		{ "{}", "Bash", "jq -n env", "ask", "" }, { "{}", "Bash", "jq .env a.json", "allow", "" },
		{ "{}", "Bash", "jq -n '$ENV.A'", "ask", "" },
		{ "{}", "Bash", "echo \"$(<.env)\"", "deny", "" }, { "{}", "Bash", "echo \"$(<../x)\"", "ask", "" },
		{ "{}", "Bash", "command time -o a ls", "ask", "" }, { "{}", "Bash", "time -p ls", "allow", "" },
		{ A("'Bash(make *)'"), "Bash", "command time -o a make", "ask", "" },
		{ "{}", "Bash", "echo a b | xargs uniq", "ask", "" }, { "{}", "Bash", "uniq *", "ask", "" },
		{ "{}", "Bash", "ls | xargs tree", "ask", "" }, { "{}", "Bash", "ls | xargs sort", "ask", "" },
		{ "{}", "Bash", "head -c 16 /dev/urandom | base64", "ask", "" },
		{ "{}", "Bash", "head -c 16 /dev/urandom | xxd", "allow", "" },
		{ "{}", "Bash", "cat /dev/../etc/passwd", "deny", "" }, { "{}", "Bash", "cat /dev/sda", "deny", "" },
		{ A("'Bash'"), "Bash", "cat .env*", "deny", "" }, { A("'Bash'"), "Bash", "tar c .env", "deny", "" },
		{ MODE("bypassPermissions", ""), "Bash", "git show HEAD:.env", "deny", "" },
	};

	check_cases(cases, countof(cases), NULL);
}

static enum permission_verdict decide_line(const struct permissions *p, const char *line, bool loose, bool git_runs)
{
	own_json *input = json_pack("{s:s}", "command", line);
	struct permission_call call = { .tool = STR("Bash"), .input = input, .loose = loose, .git_runs = git_runs };
	struct permission out;

	permission_decide(p, &call, &out);
	return out.decision;
}

TEST(readers_are_asked_about_where_they_may_do_more)
{
	static const char *const finders[] = { "grep -r KEY .", "grep -nR KEY", "grep --recursive KEY",
		"rg KEY", "cat .*",
		"for f in .*; do cat $f; done", "ls -a | xargs cat", "diff -r a b", "timeout 5 grep -r x .",
		"bash -c 'grep -r x .'", "head *" };
	static const char *const plain[] = { "cat a", "grep -n KEY a", "ls *", "git log", "echo *", "wc -l a",
		"find . -name x" };
	static const char *const gits[] = { "git status", "git log -3", "ls && git diff", "timeout 5 git status",
		"echo $(git rev-parse HEAD)" };
	struct permissions *p = permissions_of("{}", NULL);
	struct permissions *allows = permissions_of("{'allow': ['Bash(git *)', 'Bash(rg *)']}", NULL);

	for (size_t i = 0; i < countof(finders); i++)
		if (decide_line(p, finders[i], true, false) != DECISION_ASK)
			fail_msg("%s is asked about where nothing confines it", finders[i]);
	for (size_t i = 0; i < countof(plain); i++)
		if (decide_line(p, plain[i], true, false) != DECISION_ALLOW)
			fail_msg("%s needs no question", plain[i]);
	for (size_t i = 0; i < countof(gits); i++)
		if (decide_line(p, gits[i], false, true) != DECISION_ASK || decide_line(p, gits[i], false,
			false) != DECISION_ALLOW)
			fail_msg("%s is asked about where git may run programs, and only there", gits[i]);
	assert_int_equal(decide_line(p, "cat .gitignore", false, true), DECISION_ALLOW);
	assert_int_equal(decide_line(allows, "git status", true, true), DECISION_ALLOW);
	assert_int_equal(decide_line(allows, "rg x", true, false), DECISION_ALLOW);
	permissions_destroy(&p);
	permissions_destroy(&allows);
}

TEST(long_lines_are_asked_about)
{
	own_buf line = BUF_INIT(20000);
	const struct permission_case allowed = { A("'Bash'"), "Bash", "true", "allow", "Bash" };
	struct permission_case many = allowed;

	for (int i = 0; i < 51; i++)
		buf_put(&line, "true; ");
	many.call = line.data;
	many.expected = "ask";
	many.rule = "";
	check_cases(&allowed, 1, NULL);
	check_cases(&many, 1, NULL);
	buf_clear(&line);
	buf_put(&line, "echo ");
	while (line.len <= 10000)
		buf_put(&line, "aaaaaaaaaa");
	many.call = line.data;
	check_cases(&many, 1, NULL);
}

TEST(redirects_are_writes)
{
	static const struct permission_case cases[] = {
		{ A("'Bash(git log *)'"), "Bash", "git log > out.txt", "ask", "" },
		{ A("'Bash(git log *)','Edit(out.txt)'"), "Bash", "git log > out.txt", "allow", NULL },
		{ A("'Bash(git log *)','Edit(*.txt)'"), "Bash", "git log >> a/out.txt", "allow", NULL },
		{ A("'Bash(git log *)','Edit'"), "Bash", "git log > .git/hooks/pre-commit", "ask", "" },
		{ A("'Bash(git log *)','Edit'"), "Bash", "git log > .env", "deny", "" },
		{ A("'Bash(git log *)','Edit'"), "Bash", "git log > /etc/x", "deny", "" },
		{ A("'Bash(git log *)','Edit'"), "Bash", "git log > ~/x", "ask", "" },
		{ A("'Bash(git log *)','Edit'"), "Bash", "git log > x*", "ask", "" },
		{ A("'Bash(git log *)','Edit'"), "Bash", "git log > $X", "ask", "" },
		{ "{}", "Bash", "cat < ../x", "ask", "" }, { "{}", "Bash", "cat < x", "allow", "" },
		{ A("'Read(../x)'"), "Bash", "cat < ../x", "allow", NULL },
		{ A("'Bash(make *)'"), "Bash", "make < ../x", "ask", "" },
		{ A("'Bash'"), "Bash", "make < ../x", "allow", "Bash" },
		{ A("'Bash(make *)'"), "Bash", "make < $X", "ask", "" },
		{ A("'Bash(git log *)','Edit'"), "Bash", "git log 2> err", "allow", NULL },
		{ A("'Bash(git log *)','Edit'"), "Bash", "git log &> err", "allow", NULL },
		{ A("'Bash(git log *)'"), "Bash", "git log 2>/dev/null", "allow", NULL },
		{ A("'Bash(git log *)'"), "Bash", "git log 2>&1", "allow", NULL },
		{ A("'Bash(git log *)','Edit(src/**)'"), "Bash", "git log > ../x", "ask", "" },
		{ A("'Bash'"), "Bash", "git log > out.txt", "allow", "Bash" },
		{ A("'Bash'"), "Bash", "git log > .bashrc", "ask", "" },
		{ "{'allow':['Bash'],'deny':['Edit(out/**)']}", "Bash", "make > out/x", "deny", "Edit(out/**)" },
		{ "{'allow':['Bash'],'ask':['Edit(out/**)']}", "Bash", "make > out/x", "ask", "Edit(out/**)" },
		{ "{'allow':['Bash'],'deny':['Read(sec/**)']}", "Bash", "make > sec/x", "deny", "Read(sec/**)" },
		{ "{'allow':['Bash','Edit'],'deny':[]}", "Bash", "cd $X && make > out", "allow", NULL },
		{ A("'Bash(make *)','Bash(cd *)','Edit'"), "Bash", "cd $X && make > out", "ask", "" },
		{ MODE("acceptEdits", ",'allow':['Bash(make *)']"), "Bash", "make > out", "allow", NULL },
		{ MODE("acceptEdits", ",'allow':['Bash(make *)']"), "Bash", "make > ../out", "ask", "" },
		{ MODE("acceptEdits", ",'allow':['Bash(make *)']"), "Bash", "make > .npmrc", "ask", "" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(patterns_of_paths_and_their_anchors)
{
	static const struct permission_case cases[] = {
		{ D("'Read(.conf)'"), "Read", ".conf", "deny", NULL },
		{ D("'Read(.conf)'"), "Read", "a/b/.conf", "deny", NULL },
		{ D("'Read(**/.conf)'"), "Read", ".conf", "deny", NULL },
		{ D("'Read(**/.conf)'"), "Read", "a/b/.conf", "deny", NULL },
		{ D("'Read(.conf)'"), "Read", "../.conf", "ask", "" },
		{ D("'Read(//**/.conf)'"), "Read", "../.conf", "deny", NULL },
		{ D("'Read(//**/.conf)'"), "Read", ".conf", "deny", NULL },
		{ D("'Read(./.conf)'"), "Read", ".conf", "deny", NULL },
		{ D("'Read(/home/me/p/x)'"), "Read", "/home/me/p/x", "allow", "" },
		{ D("'Read(//home/me/p/x)'"), "Read", "x", "deny", NULL },
		{ D("'Read(/x)'"), "Read", "x", "deny", NULL },
		{ D("'Read(/x)'"), "Read", "a/x", "allow", "" }, { D("'Read(~/d/**)'"), "Read", "~/d/x", "deny", NULL },
		{ D("'Read(~/d/**)'"), "Read", "/home/me/d/a/b", "deny", NULL },
		{ D("'Read(~/d/*.pdf)'"), "Read", "~/d/x.pdf", "deny", NULL },
		{ D("'Read(~/d/*.pdf)'"), "Read", "~/d/a/x.pdf", "ask", "" },
		{ A("'Read(~/d/*.pdf)'"), "Read", "~/d/x.pdf", "allow", NULL },
		{ A("'Read(//tmp/s.txt)'"), "Read", "/tmp/s.txt", "allow", NULL },
		{ A("'Read(//tmp/s.txt)'"), "Read", "/tmp/t.txt", "ask", "" },
		{ A("'Edit(src/**)'"), "Edit", "src/app.ts", "allow", NULL },
		{ A("'Edit(src/**)'"), "Edit", "src", "allow", NULL },
		{ A("'Edit(src/**)'"), "Edit", "src/a/b/c.ts", "allow", NULL },
		{ A("'Edit(src/**)'"), "Edit", "vendor/pkg/src/lib.js", "ask", "" },
		{ D("'Edit(src/**)'"), "Edit", "src/app.ts", "deny", NULL },
		{ D("'Edit(src/**)'"), "Edit", "vendor/pkg/src/lib.js", "deny", NULL },
		{ Q("'Read(src/**)'"), "Read", "vendor/pkg/src/lib.js", "ask", "Read(src/**)" },
		{ A("'Edit(/src/**)'"), "Edit", "src/app.ts", "allow", NULL },
		{ A("'Edit(/src/**)'"), "Edit", "vendor/pkg/src/lib.js", "ask", "" },
		{ D("'Edit(/src/**)'"), "Edit", "vendor/pkg/src/lib.js", "ask", "" },
		{ A("'Edit(**/src/**)'"), "Edit", "vendor/pkg/src/lib.js", "allow", NULL },
		{ D("'Edit(**/src/**)'"), "Edit", "vendor/pkg/src/lib.js", "deny", NULL },
		{ D("'Edit(src/components/**)'"), "Edit", "vendor/src/components/x", "ask", "" },
		{ D("'Edit(src/components/**)'"), "Edit", "src/components/x", "deny", NULL },
		{ A("'Edit(src/components/**)'"), "Edit", "src/components/x", "allow", NULL },
		{ A("'Edit(/src/**/*.ts)'"), "Edit", "src/x.ts", "allow", NULL },
		{ A("'Edit(/src/**/*.ts)'"), "Edit", "src/a/b/x.ts", "allow", NULL },
		{ A("'Edit(/src/**/*.ts)'"), "Edit", "src/a/b/x.js", "ask", "" },
		{ A("'Edit(*.md)'"), "Edit", "x.md", "allow", NULL },
		{ A("'Edit(*.md)'"), "Edit", "docs/x.md", "allow", NULL },
		{ A("'Edit(*.md)'"), "Edit", "../x.md", "ask", "" },
		{ A("'Edit(/*.md)'"), "Edit", "docs/x.md", "ask", "" },
		{ A("'Edit(./x.md)'"), "Edit", "x.md", "allow", NULL },
		{ A("'Edit(x.m?)'"), "Edit", "x.md", "allow", NULL },
		{ A("'Edit(x.[a-m]d)'"), "Edit", "x.md", "allow", NULL },
		{ A("'Edit(x.[!a-m]d)'"), "Edit", "x.md", "ask", "" },
		{ A("'Edit(\\\\[a\\\\]/**)'"), "Edit", "[a]/x", "allow", NULL },
		{ A("'Edit([a]/**)'"), "Edit", "[a]/x", "ask", "" },
		{ A("'Edit(docs)'"), "Edit", "docs/x/y", "allow", NULL },
		{ A("'Edit(docs/)'"), "Edit", "docs/x", "allow", NULL },
		{ A("'Edit(../other/**)'"), "Edit", "../other/x", "allow", NULL },
		{ A("'Edit(../other/**)'"), "Edit", "other/x", "ask", "" },
		{ A("'Read(../other/**)'"), "Read", "../other/x", "allow", NULL },
		{ A("'Edit(**)'"), "Edit", "a/b", "allow", NULL }, { A("'Edit(**)'"), "Edit", "../a", "ask", "" },
		{ A("'Edit(*)'"), "Edit", "a/b", "allow", NULL },
		{ A("'Edit(//**)'"), "Edit", "/tmp/a", "allow", NULL },
		{ A("'Edit'"), "Edit", "/tmp/a", "allow", "Edit" }, { A("'Edit'"), "Write", "a", "allow", "Edit" },
		{ A("'Edit'"), "NotebookEdit", "a.ipynb", "allow", NULL },
		{ A("'Write'"), "Write", "a", "allow", "Write" },
		{ A("'Write'"), "Edit", "a", "ask", "" }, { A("'Read'"), "Read", "/tmp/x", "allow", "Read" },
		{ A("'Read'"), "Read", "/etc/passwd", "deny", "" },
		{ A("'Read(//etc/**)'"), "Read", "/etc/passwd", "deny", "" },
		{ A("'Read(.env)'"), "Read", ".env", "deny", "" }, { A("'Read'"), "Grep", "/tmp", "allow", "Read" },
		{ A("'Read(//tmp/**)'"), "Grep", "/tmp/x", "allow", NULL },
		{ A("'Grep'"), "Grep", "/tmp", "allow", "Grep" },
		{ A("'Edit(~/d/**)'"), "Read", "~/d/x", "allow", "Edit(~/d/**)" },
		{ D("'Edit(src/**)'"), "Read", "src/x", "allow", "" },
		{ D("'Read(src/**)'"), "Edit", "src/x", "deny", NULL },
		{ D("'Read(src/**)'"), "Write", "src/new", "deny", NULL },
		{ D("'Read(src/**)'"), "NotebookEdit", "src/x.ipynb", "ask", "" },
		{ D("'Read(src/**)'"), "Grep", "src", "deny", NULL },
		{ D("'Read(src/**)'"), "Glob", "src", "deny", NULL },
		{ D("'Read(src/**)'"), "Bash", "cat src/x", "deny", "Read(src/**)" },
		{ D("'Read(src/**)'"), "Bash", "head -n 3 src/x", "deny", NULL },
		{ D("'Read(src/**)'"), "Bash", "tail src/x", "deny", NULL },
		{ D("'Read(src/**)'"), "Bash", "sed -n 1p src/x", "deny", NULL },
		{ D("'Read(src/**)'"), "Bash", "grep x src/x", "deny", NULL },
		{ D("'Read(src/**)'"), "Bash", "ls && timeout 4 cat src/x", "deny", NULL },
		{ D("'Read(src/**)'"), "Bash", "cat < src/x", "deny", NULL },
		{ D("'Read(src/**)'"), "Bash", "cd src && cat x", "deny", NULL },
		{ D("'Read(src/**)'"), "Bash", "cp src/x y", "deny", NULL },
		{ D("'Edit(src/**)'"), "Bash", "rm src/x", "deny", NULL },
		{ D("'Edit(src/**)'"), "Bash", "cp y src/x", "deny", NULL },
		{ D("'Edit(src/**)'"), "Bash", "sed -i s/a/b/ src/x", "deny", NULL },
		{ D("'Edit(src/**)'"), "Bash", "cat src/x", "allow", "" },
		{ D("'Read(src/**)'"), "Bash", "python x", "ask", "" },
		{ D("'Read(SRC/**)'"), "Read", "src/x", "deny", NULL },
		{ A("'Edit(SRC/**)'"), "Edit", "src/x", "ask", "" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(protected_files_are_asked_about_even_with_an_allow_rule)
{
	static const struct permission_case cases[] = {
		{ A("'Edit'"), "Edit", ".git/hooks/x", "ask", "" },
		{ A("'Edit(.claude/**)'"), "Edit", ".claude/settings.json", "ask", "" },
		{ A("'Edit'"), "Edit", ".claude/worktrees/a/x.c", "allow", NULL },
		{ A("'Edit'"), "Edit", ".vscode/settings.json", "ask", "" },
		{ A("'Edit'"), "Edit", "a/.idea/x", "ask", "" },
		{ A("'Edit'"), "Edit", ".husky/x", "ask", "" },
		{ A("'Edit'"), "Edit", ".cargo/config.toml", "ask", "" },
		{ A("'Edit'"), "Edit", ".devcontainer/x", "ask", "" }, { A("'Edit'"), "Edit", ".yarn/x", "ask", "" },
		{ A("'Edit'"), "Edit", ".mvn/x", "ask", "" }, { A("'Edit'"), "Edit", ".config/git/x", "ask", "" },
		{ A("'Edit'"), "Write", ".bashrc", "ask", "" }, { A("'Edit'"), "Write", ".npmrc", "ask", "" },
		{ A("'Edit'"), "Write", ".mcp.json", "ask", "" }, { A("'Edit'"), "Write", "lefthook.yml", "ask", "" },
		{ A("'Edit'"), "Write", ".lefthook.yaml", "ask", "" },
		{ A("'Edit'"), "Write", "bunfig.toml", "ask", "" },
		{ A("'Edit'"), "Write", ".gitignore", "allow", NULL }, { "{}", "Read", ".git/config", "allow", "" },
		{ MODE("acceptEdits", ""), "Write", ".git/x", "ask", "" },
		{ MODE("dontAsk", ",'allow':['Edit']"), "Write", ".git/x", "deny", "" },
		{ MODE("bypassPermissions", ""), "Write", ".git/x", "allow", "" },
		{ A("'Bash(cp *)'"), "Bash", "cp x .git/hooks/pre-commit", "ask", "" },
		{ A("'Bash(tee *)'"), "Bash", "tee .bashrc", "ask", NULL },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(modes)
{
	static const struct permission_case cases[] = {
		{ MODE("default", ""), "Edit", "x", "ask", "" }, { MODE("manual", ""), "Edit", "x", "ask", "" },
		{ MODE("auto", ""), "Edit", "x", "ask", "" },
		{ MODE("acceptEdits", ""), "Edit", "x", "allow", "" },
		{ MODE("acceptEdits", ""), "Write", "a/b", "allow", "" },
		{ MODE("acceptEdits", ""), "Edit", "../x", "ask", "" },
		{ MODE("acceptEdits", ""), "Edit", "/etc/x", "deny", "" },
		{ MODE("acceptEdits", ",'deny':['Edit(x)']"), "Edit", "x", "deny", "Edit(x)" },
		{ MODE("acceptEdits", ""), "Bash", "mkdir -p a/b", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "touch x", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "rm x.c", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "rmdir a", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "mv a b", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "cp a b/c", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "sed -i 's/a/b/g' x", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "sed -i 's/a/b/e' x", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "sed 's/a/b/w out' x", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "LANG=C timeout 3 mkdir a", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "PATH=. mkdir a", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "mkdir ../a", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "cp ../a b", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "mv a /tmp/b", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "touch .git/x", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "rm $X", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "rm *.o", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "chmod +x a", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "npm test", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "mkdir a && touch a/b && ls a", "allow", "" },
		{ MODE("acceptEdits", ""), "Bash", "mkdir a && npm i", "ask", "" },
		{ MODE("acceptEdits", ""), "Bash", "rm -rf .", "deny", "" },
		{ MODE("acceptEdits", ""), "Bash", "cp .env x", "deny", "" },
		{ MODE("plan", ""), "Read", "x", "allow", "" }, { MODE("plan", ""), "Edit", "x", "deny", "" },
		{ MODE("plan", ",'allow':['Edit']"), "Edit", "x", "deny", "" },
		{ MODE("plan", ""), "Bash", "ls", "allow", "" },
		{ MODE("plan", ""), "Bash", "make", "ask", "" },
		{ MODE("plan", ",'allow':['Bash']"), "Bash", "make", "ask", "" },
		{ MODE("plan", ",'allow':['Bash(git log *)']"), "Bash", "git log", "allow", NULL },
		{ MODE("plan", ",'allow':['Bash','Edit']"), "Bash", "ls > x", "ask", "" },
		{ MODE("plan", ",'deny':['Bash(ls)']"), "Bash", "ls", "deny", "Bash(ls)" },
		{ MODE("dontAsk", ""), "Read", "x", "allow", "" }, { MODE("dontAsk", ""), "Edit", "x", "deny", "" },
		{ MODE("dontAsk", ",'allow':['Edit(x)']"), "Edit", "x", "allow", "Edit(x)" },
		{ MODE("dontAsk", ""), "Bash", "ls", "allow", "" },
		{ MODE("dontAsk", ""), "Bash", "make", "deny", "" },
		{ MODE("dontAsk", ",'ask':['Bash(ls)']"), "Bash", "ls", "deny", "Bash(ls)" },
		{ MODE("dontAsk", ",'allow':['AskUserQuestion']"), "AskUserQuestion", "", "deny", NULL },
		{ MODE("bypassPermissions", ""), "Edit", "x", "allow", "" },
		{ MODE("bypassPermissions", ""), "Edit", "/tmp/x", "allow", "" },
		{ MODE("bypassPermissions", ""), "Edit", "/etc/x", "deny", "" },
		{ MODE("bypassPermissions", ""), "Read", ".env", "deny", "" },
		{ MODE("bypassPermissions", ""), "Bash", "make", "allow", "" },
		{ MODE("bypassPermissions", ""), "Bash", "rm -rf /", "deny", "" },
		{ MODE("bypassPermissions", ""), "Bash", "rm -rf ~", "deny", "" },
		{ MODE("bypassPermissions", ""), "Bash", "rmdir /data", "ask", "" },
		{ MODE("bypassPermissions", ""), "Bash", "echo \"$(rmdir /data)\"", "ask", "" },
		{ MODE("bypassPermissions", ""), "Bash", "rmdir ..", "ask", "" },
		{ MODE("bypassPermissions", ""), "Bash", "rm /data", "ask", "" },
		{ MODE("bypassPermissions", ",'ask':['Bash(git push *)']"), "Bash", "git push", "ask",
			"Bash(git push *)" },
		{ MODE("bypassPermissions", ",'deny':['Bash(git push *)']"), "Bash", "git push", "deny", NULL },
		{ MODE("bypassPermissions", ",'ask':['Edit(x)']"), "Edit", "x", "ask", "Edit(x)" },
		{ MODE("bypassPermissions", ",'disableBypassPermissionsMode':'disable'"), "Edit", "x", "ask", "" },
		{ MODE("bypassPermissions", ""), "WebFetch", "http://127.0.0.1/", "deny", "" },
		{ MODE("bypassPermissions", ""), "Bash", "make 'x", "ask", "" },
		{ MODE("bypassPermissions", ""), "Bash", "echo ${ make; }", "ask", "" },
		{ MODE("bypassPermissions", ""), "mcp__a__b", "", "allow", "" },
		{ MODE("bypassPermissions", ""), "Restart", "", "ask", "" },
		{ A("'Bash(rmdir *)'"), "Bash", "rmdir /data", "ask", "" },
		{ A("'Bash(rmdir *)'"), "Bash", "rmdir build", "allow", NULL },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(added_directories_are_worked_in)
{
	static const char dirs[] = "{'additionalDirectories':['../lib','~/notes','/tmp/d']}";
	static const char edits[] = "{'additionalDirectories':['../lib'],'defaultMode':'acceptEdits'}";
	static const struct permission_case cases[] = {
		{ dirs, "Read", "../lib/x", "allow", "" }, { dirs, "Read", "~/notes/x", "allow", "" },
		{ dirs, "Read", "/tmp/d", "allow", "" },
		{ dirs, "Read", "/tmp/dx", "ask", "" }, { dirs, "Read", "../libx", "ask", "" },
		{ dirs, "Edit", "../lib/x", "ask", "" },
		{ dirs, "Read", "../lib/.env", "deny", "" }, { dirs, "Bash", "cat ../lib/x", "allow", "" },
		{ dirs, "Bash", "cd ../lib && ls", "allow", "" }, { edits, "Edit", "../lib/x", "allow", "" },
		{ edits, "Bash", "touch ../lib/x", "allow", "" }, { edits, "Edit", "../lib/.git/x", "ask", "" },
		{ edits, "Bash", "rm -rf ../lib/*", "ask", "" }, { edits, "Bash", "rm -rf ../lib/x", "allow", "" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(pages_of_the_web)
{
	static const struct permission_case cases[] = {
		{ "{}", "WebFetch", "https://en.wikipedia.org/wiki/C", "allow", "" },
		{ "{}", "WebFetch", "https://example.com/", "ask", "" },
		{ "{}", "WebFetch", "http://192.168.0.1/", "deny", "" },
		{ A("'WebFetch(domain:example.com)'"), "WebFetch", "https://example.com/a", "allow",
			"WebFetch(domain:example.com)" },
		{ A("'WebFetch(domain:EXAMPLE.com.)'"), "WebFetch", "https://Example.COM/a", "allow", NULL },
		{ A("'WebFetch(domain:example.com)'"), "WebFetch", "https://www.example.com/", "ask", "" },
		{ A("'WebFetch(domain:example.com)'"), "WebFetch", "https://example.com.evil.net/", "ask", "" },
		{ A("'WebFetch(domain:*.example.com)'"), "WebFetch", "https://a.b.example.com/", "allow", NULL },
		{ A("'WebFetch(domain:*.example.com)'"), "WebFetch", "https://example.com/", "ask", "" },
		{ A("'WebFetch(domain:*.example.com)'"), "WebFetch", "https://evilexample.com/", "ask", "" },
		{ A("'WebFetch(domain:example.*)'"), "WebFetch", "https://example.org/", "allow", NULL },
		{ A("'WebFetch(domain:example.*)'"), "WebFetch", "https://example.evil.com/", "ask", "" },
		{ A("'WebFetch(domain:*)'"), "WebFetch", "https://example.com/", "allow", NULL },
		{ A("'WebFetch(domain:*)'"), "WebFetch", "http://10.0.0.1/", "deny", "" },
		{ A("'WebFetch'"), "WebFetch", "https://example.com/", "allow", "WebFetch" },
		{ D("'WebFetch(domain:github.com)'"), "WebFetch", "https://github.com/x", "deny", NULL },
		{ Q("'WebFetch(domain:github.com)'"), "WebFetch", "https://github.com/x", "ask", NULL },
		{ A("'WebFetch(https://gitlab.com/**)'"), "WebFetch", "https://gitlab.com/a/b", "allow", NULL },
		{ A("'WebFetch(https://gitlab.com/**)'"), "WebFetch", "http://gitlab.com/a/b", "ask", "" },
		{ A("'WebFetch(https://gitlab.com/**)'"), "WebFetch", "https://gitlab.com:8443/a", "ask", "" },
		{ A("'WebFetch(https://gitlab.com/**)'"), "WebFetch", "https://gitlab.com.evil.net/a", "ask", "" },
		{ A("'WebFetch(https://gitlab.com/org/**)'"), "WebFetch", "https://gitlab.com/org/x?y=1",
			"allow", NULL },
		{ A("'WebFetch(https://gitlab.com/org/**)'"), "WebFetch", "https://gitlab.com/other/x", "ask", "" },
		{ A("'WebFetch(https://gitlab.com/org/**)'"), "WebFetch", "https://gitlab.com/org/../other", "ask",
			"" },
		{ A("'WebFetch(https://gitlab.com/org/*)'"), "WebFetch", "https://gitlab.com/org/a/b", "ask", "" },
		{ D("'WebFetch(https://github.com/evil/**)'"), "WebFetch", "https://github.com/evil/x", "deny", NULL },
		{ D("'WebFetch(prompt:*secret*)'"), "WebFetch", "{'url':'https://github.com/','prompt':'a secret b'}",
			"deny", NULL },
		{ "{}", "WebSearch", "{'query':'x'}", "ask", "" },
		{ A("'WebSearch'"), "WebSearch", "{'query':'x'}", "allow", "WebSearch" },
		{ D("'WebSearch'"), "WebSearch", "{'query':'x'}", "deny", "WebSearch" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(names_parameters_and_servers)
{
	static const struct permission_case cases[] = {
		{ "{}", "mcp__srv__tool", "", "ask", "" },
		{ A("'mcp__srv'"), "mcp__srv__tool", "", "allow", "mcp__srv" },
		{ A("'mcp__srv__*'"), "mcp__srv__tool", "", "allow", NULL },
		{ A("'mcp__srv__tool'"), "mcp__srv__tool", "", "allow", NULL },
		{ A("'mcp__srv__tool'"), "mcp__srv__tool2", "", "ask", "" },
		{ A("'mcp__srv__get_*'"), "mcp__srv__get_x", "", "allow", NULL },
		{ A("'mcp__srv__get_*'"), "mcp__srv__set_x", "", "ask", "" },
		{ A("'mcp__srv'"), "mcp__srvx__tool", "", "ask", "" },
		{ A("'mcp__*'"), "mcp__srv__tool", "", "ask", "" }, { A("'*'"), "mcp__srv__tool", "", "ask", "" },
		{ A("'B*'"), "Bash", "make", "ask", "" },
		{ A("'mcp__s*__tool'"), "mcp__srv__tool", "", "ask", "" },
		{ D("'mcp__*'"), "mcp__srv__tool", "", "deny", "mcp__*" },
		{ D("'mcp__*'"), "Bash", "ls", "allow", "" }, { D("'*'"), "Read", "x", "deny", "*" },
		{ D("'*'"), "TodoWrite", "", "deny", "*" },
		{ Q("'*'"), "Bash", "ls", "ask", "*" },
		{ D("'Web*'"), "WebFetch", "https://github.com/", "deny", NULL },
		{ D("'mcp__srv'"), "mcp__srv__tool", "", "deny", NULL },
		{ D("'mcp__srv__tool(mode:w*)'"), "mcp__srv__tool", "{'mode':'write'}", "deny", NULL },
		{ D("'mcp__srv__tool(mode:w*)'"), "mcp__srv__tool", "{'mode':'read'}", "ask", "" },
		{ D("'Agent(Explore)'"), "Agent", "{'subagent_type':'Explore'}", "deny", NULL },
		{ D("'Agent(Explore)'"), "Agent", "{'subagent_type':'Plan'}", "ask", "" },
		{ D("'Task(Explore)'"), "Agent", "{'subagent_type':'Explore'}", "deny", NULL },
		{ A("'Agent(Explore)'"), "Task", "{'subagent_type':'Explore'}", "allow", NULL },
		{ D("'Agent(model:opus)'"), "Agent", "{'subagent_type':'a','model':'opus'}", "deny", NULL },
		{ D("'Agent(model : opus)'"), "Agent", "{'subagent_type':'a','model':'opus'}", "deny", NULL },
		{ D("'Agent(model:opus)'"), "Agent", "{'subagent_type':'a','model':'opus-4'}", "ask", "" },
		{ D("'Agent(model:*)'"), "Agent", "{'subagent_type':'a'}", "ask", "" },
		{ D("'Agent(isolation:*)'"), "Agent", "{'subagent_type':'a','isolation':'worktree'}", "deny", NULL },
		{ D("'Bash(run_in_background:true)'"), "Bash", "{'command':'ls','run_in_background':true}",
			"deny", NULL },
		{ D("'Bash(run_in_background:true)'"), "Bash", "{'command':'ls','run_in_background':false}", "allow",
			"" },
		{ D("'Bash(run_in_background:true)'"), "Bash", "ls", "allow", "" },
		{ Q("'Bash(dangerouslyDisableSandbox:true)'"), "Bash",
			"{'command':'ls','dangerouslyDisableSandbox':true}", "ask",
			"Bash(dangerouslyDisableSandbox:true)" },
		{ D("'Bash(timeout:5*)'"), "Bash", "{'command':'ls','timeout':5000}", "deny", NULL },
		{ D("'Bash(command:rm *)'"), "Bash", "ls", "allow", "" },
		{ D("'Bash(command:rm *)'"), "Bash", "rm x", "ask", NULL },
		{ A("'Bash(command:make *)'"), "Bash", "make x", "ask", "" },
		{ A("'Bash(run_in_background:true)'"), "Bash",
			"{'command':'make','run_in_background':true}", "ask", "" },
		{ A("'Skill(pdf *)'"), "Skill", "{'skill':'pdf'}", "allow", NULL },
		{ A("'Skill(pdf)'"), "Skill", "{'skill':'docx'}", "ask", "" },
		{ "{}", "TodoWrite", "", "allow", "" }, { "{}", "AskUserQuestion", "", "ask", "" },
		{ "{}", "ExitPlanMode", "", "ask", "" },
		{ "{}", "RunCode", "", "ask", "" }, { A("'RunCode'"), "RunCode", "", "allow", "RunCode" },
		{ "{}", "Restart", "", "ask", "" },
		{ A("'Restart'"), "Restart", "", "ask", "" }, { "{}", "Unknown", "", "ask", "" },
		{ D("'TodoWrite'"), "TodoWrite", "", "deny", NULL },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(the_old_spellings_mean_what_they_meant)
{
	static const struct permission_case cases[] = {
		{ "{'allowedTools':['Bash(make *)']}", "Bash", "make x", "allow", "Bash(make *)" },
		{ "{'allowedTools':['Write(src/**)']}", "Write", "src/x", "allow", "Write(src/**)" },
		{ "{'allowedTools':['Write(src/**)']}", "Edit", "src/x", "ask", "" },
		{ "{'allowedTools':['Write(src/**)']}", "Write", "x", "ask", "" },
		{ D("'Write(./production.config.*)'"), "Write", "production.config.js", "deny", NULL },
		{ D("'Write(./production.config.*)'"), "Edit", "production.config.js", "ask", "" },
		{ D("'Write(/etc/**)'"), "Write", "/etc/x", "deny", "" },
		{ D("'Write(/tmp/**)'"), "Write", "/tmp/x", "deny", NULL },
		{ A("'Write(/tmp/**)'"), "Write", "/tmp/x", "ask", "" },
		{ A("'Write(/tmp/**)'"), "Write", "tmp/x", "allow", NULL },
		{ A("'Read(/etc/**)'"), "Read", "/etc/passwd", "deny", "" },
		{ A("'Read(/tmp/**)'"), "Read", "/tmp/x", "ask", "" },
		{ D("'Read(.env*)'"), "Read", ".env.example", "deny", "Read(.env*)" },
		{ D("'Bash(rm -rf *)'"), "Bash", "rm -rf build", "deny", NULL },
		{ D("'Glob(src/**)'"), "Glob", "src", "deny", NULL },
		{ A("'Glob(//tmp/**)'"), "Glob", "/tmp/x", "ask", "" },
		{ A("'MultiEdit(src/**)'"), "MultiEdit", "src/x", "ask", "" },
		{ A("'NotebookEdit(a/**)'"), "NotebookEdit", "a/x", "ask", "" },
	};

	check_cases(cases, countof(cases), NULL);
}

TEST(what_cannot_be_read_forbids_rather_than_allows)
{
	static const struct permission_case cases[] = {
		{ A("'Bash(make'"), "Bash", "make", "ask", "" }, { A("'Bash()'"), "Bash", "make", "ask", "" },
		{ A("''"), "Bash", "make", "ask", "" },
		{ A("'(make)'"), "Bash", "make", "ask", "" },
		{ A("'WebFetch(example.com)'"), "WebFetch", "https://example.com/", "ask", "" },
		{ A("'Read(!x)'"), "Read", "/tmp/x", "ask", "" }, { A("'Bash(x) y'"), "Bash", "x", "ask", "" },
		{ A("7"), "Bash", "make", "ask", "" },
		{ D("'Bash(rm'"), "Bash", "ls", "ask", "Bash(rm" }, { D("'Bash(rm'"), "Read", "x", "allow", "" },
		{ D("'Bash()'"), "Bash", "ls", "deny", NULL },
		{ D("'(rm)'"), "Read", "x", "ask", "(rm)" },
		{ D("'WebFetch(example.com)'"), "WebFetch", "https://github.com/", "ask", NULL },
		{ D("'Read(!x)'"), "Read", "x", "ask", "Read(!x)" },
		{ D("'WebSearch(x)'"), "WebSearch", "", "ask", "WebSearch(x)" },
		{ D("''"), "Read", "x", "allow", "" }, { D("'Bash rm'"), "Bash", "ls", "ask", "Bash rm" },
	};

	check_cases(cases, countof(cases), NULL);
}

/* --- links, and explain --------------------------------------------------------------------- */

static json_t *explain(const char *text, struct error *err)
{
	own_mem char *json = quoted(text);
	own_json *input = json_parse_nul(str_of(json), "test", err);

	assert_non_null(input);
	return explain_permission(input, err);
}

/* Settings, call and links; the project is /w/p. */
struct explain_case {
	const char *permissions, *call, *links, *expected;
};

TEST(links_are_judged_by_name_and_target)
{
	static const struct explain_case cases[] = {
		{ "{}", "Read(key)", "{'link':'key','target':'/home/me/.ssh/id_rsa'}", "deny" },
		{ "{}", "Read(a)", "{'link':'a','target':'../other/x'}", "ask" },
		{ "{}", "Read(a)", "{'link':'a','target':'b'}", "allow" },
		{ A("'Read(./**)'"), "Read(a)", "{'link':'a','target':'../other/x'}", "ask" },
		{ A("'Read(./**)','Read(//w/other/**)'"), "Read(a)", "{'link':'a','target':'../other/x'}", "allow" },
		{ A("'Read(//w/other/**)'"), "Read(a)", "{'link':'a','target':'../other/x'}", "allow" },
		{ A("'Edit(//w/other/**)'"), "Edit(a)", "{'link':'a','target':'../other/x'}", "ask" },
		{ D("'Read(//w/other/**)'"), "Read(a)", "{'link':'a','target':'../other/x'}", "deny" },
		{ D("'Read(a)'"), "Read(a)", "{'link':'a','target':'b'}", "deny" },
		{ D("'Read(b)'"), "Read(a)", "{'link':'a','target':'b'}", "deny" },
		{ A("'Edit(src/**)'"), "Edit(src/x)", "{'link':'src','target':'lib'}", "ask" },
		{ A("'Edit(src/**)','Edit(lib/**)'"), "Edit(src/x)", "{'link':'src','target':'lib'}", "allow" },
		{ A("'Edit'"), "Edit(src/x)", "{'link':'src','target':'.git'}", "ask" },
		{ A("'Edit'"), "Edit(src/x)", "{'link':'src','target':'/etc'}", "deny" },
		{ D("'Read(sec/**)'"), "Bash(cat l/x)", "{'link':'l','target':'sec'}", "deny" },
		{ "{}", "Bash(cat l)", "{'link':'l','target':'.env'}", "deny" },
		{ "{}", "Bash(cat l)", "{'link':'l','target':'../x'}", "ask" },
		{ MODE("acceptEdits", ""), "Bash(touch l/x)", "{'link':'l','target':'/tmp'}", "ask" },
		{ A("'Bash(make *)','Edit(out)'"), "Bash(make > out)", "{'link':'out','target':'.bashrc'}", "ask" },
		{ A("'Bash(make *)','Edit(out)'"), "Bash(make > out)", "{'link':'out','target':'x'}", "ask" },
		/* The project itself is reached by a link */
		{ D("'Read(sec/**)'"), "Read(/real/p/sec/x)", "{'link':'/w','target':'/real'}", "deny" },
		{ A("'Edit(src/**)'"), "Edit(src/x)", "{'link':'/w','target':'/real'}", "allow" },
		{ "{}", "Read(/real/p/x)", "{'link':'/w','target':'/real'}", "allow" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		const struct explain_case *c = &cases[i];
		struct error err = {0};
		own_mem char *given = quoted(c->permissions), *links = quoted(c->links);
		own_json *call = explain_read_call(str_of(c->call), &err);
		own_json *permissions = json_parse(str_of(given), "test", &err), *link = json_parse(str_of(links),
			"test", &err);
		own_json *input = json_pack("{s:{s:O}, s:s, s:s, s:O, s:[O]}", "settings", "permissions", permissions,
			"cwd",
			"/w/p", "home", "/home/me", "call", call, "fs", link);
		own_json *out = explain_permission(input, &err);
		assert_ok(out);
		if (strcmp(json_member_string(out, "decision"), c->expected) != 0)
			fail_msg("%s %s %s: %s (%s)", c->permissions, c->call, c->links, json_member_string(out,
			"decision"),
				json_member_string(out, "why"));
	}
}

TEST(explain_tells_decision_rule_and_reason)
{
	struct error err = {0};
	own_json *out = explain("{'settings':{'permissions':{'deny':['Bash(rm *)']}},'cwd':'/w/p','home':'/home/me',"
		"'call':{'tool':'Bash','input':{'command':'rm x'}},'fs':[]}", &err);
	own_json *built_in = explain("{'settings':{},'cwd':'/w/p','home':'/home/me',"
		"'call':{'tool':'Bash','input':{'command':'ls'}}}", &err);
	own_json *old = explain("{'settings':{'allowedTools':['Bash(make)']},'cwd':'/w/p',"
		"'call':{'tool':'Bash','input':{'command':'make'}}}", &err);
	own_json *confined = explain("{'settings':{'sandbox':{'enabled':true}},'cwd':'/w/p',"
		"'call':{'tool':'Bash','input':{'command':'make'}}}", &err);

	assert_ok(out && built_in && old && confined);
	assert_string_equal(json_member_string(out, "decision"), "deny");
	assert_string_equal(json_member_string(out, "rule"), "Bash(rm *)");
	assert_int_equal(json_object_size(out), 3);
	assert_true(json_is_null(json_object_get(built_in, "rule")));
	assert_string_equal(json_member_string(built_in, "why"), "it only reads");
	assert_string_equal(json_member_string(old, "decision"), "allow");
	assert_string_equal(json_member_string(confined, "decision"), "allow");
}

TEST(explain_refuses_what_is_no_question)
{
	static const char *const wrong[] = { "{}", "{'cwd':'/w','call':{}}", "{'cwd':'w','call':{'tool':'Bash'}}",
		"{'call':{'tool':'Bash'}}", "{'cwd':'/w','call':{'tool':'Bash','input':'ls'}}",
		"{'cwd':'/w','settings':[],'call':{'tool':'Bash'}}", "{'cwd':'/w','home':'x','call':{'tool':'Bash'}}",
		"{'cwd':'/w','call':{'tool':'Bash'},'fs':[{}]}" };

	for (size_t i = 0; i < countof(wrong); i++) {
		struct error err = {0};
		assert_null(explain(wrong[i], &err));
		assert_int_equal(err.kind, ERROR_INVALID);
	}
}

TEST(calls_are_read_as_rules_are_written)
{
	struct error err = {0};
	own_json *bash = explain_read_call(str_of(" Bash(echo (x)) "), &err);
	own_json *bare = explain_read_call(str_of("WebSearch"), &err);
	own_json *whole = explain_read_call(str_of("{\"tool\":\"x\",\"input\":{}}"), &err);

	assert_ok(bash && bare && whole);
	assert_string_equal(json_member_string(json_object_get(bash, "input"), "command"), "echo (x)");
	assert_string_equal(json_member_string(bare, "tool"), "WebSearch");
	assert_string_equal(json_member_string(whole, "tool"), "x");
	assert_null(explain_read_call(str_of("Bash(ls"), &err));
	assert_null(explain_read_call(str_of("TodoWrite(x)"), &err));
	assert_null(explain_read_call(str_of(""), &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_in_the_project_and_asked_about_elsewhere),
		cmocka_unit_test(the_first_list_that_matches_decides_whatever_is_more_special),
		cmocka_unit_test(wildcards_in_commands),
		cmocka_unit_test(every_command_of_a_line_must_be_allowed),
		cmocka_unit_test(wrappers_and_variables_in_front),
		cmocka_unit_test(commands_that_only_read_need_no_rule),
		cmocka_unit_test(secrets_in_disguise_are_not_read),
		cmocka_unit_test(readers_are_asked_about_where_they_may_do_more),
		cmocka_unit_test(long_lines_are_asked_about),
		cmocka_unit_test(redirects_are_writes),
		cmocka_unit_test(patterns_of_paths_and_their_anchors),
		cmocka_unit_test(protected_files_are_asked_about_even_with_an_allow_rule),
		cmocka_unit_test(modes),
		cmocka_unit_test(added_directories_are_worked_in),
		cmocka_unit_test(pages_of_the_web),
		cmocka_unit_test(names_parameters_and_servers),
		cmocka_unit_test(the_old_spellings_mean_what_they_meant),
		cmocka_unit_test(what_cannot_be_read_forbids_rather_than_allows),
		cmocka_unit_test(links_are_judged_by_name_and_target),
		cmocka_unit_test(explain_tells_decision_rule_and_reason),
		cmocka_unit_test(explain_refuses_what_is_no_question),
		cmocka_unit_test(calls_are_read_as_rules_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

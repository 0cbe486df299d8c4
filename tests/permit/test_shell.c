/* What a line of shell could run, as a table, and as properties of made-up lines. */
#include "base/mem.h"
#include "permit/shell.h"
#include "support/test.h"

/*
 * Commands with " ; " between, expansions as <name>, assignments first,
 * redirects last; "&": in the background, "|": it reads from another.
 */
static const struct row {
	const char *text, *commands, *error;
} rows[] = {
	{ "ls", "ls", NULL },
	{ "ls -la /tmp", "ls -la /tmp", NULL },
	{ "  ls  \t-l  ", "ls -l", NULL },
	{ "ls;pwd", "ls ; pwd", NULL },
	{ "ls ; pwd ;", "ls ; pwd", NULL },
	{ "ls && pwd || id", "ls ; pwd ; id", NULL },
	{ "ls & pwd &", "ls & ; pwd &", NULL },
	{ "ls | wc -l", "ls ; wc -l |", NULL },
	{ "ls |& wc", "ls ; wc |", NULL },
	{ "ls\npwd\n\nid", "ls ; pwd ; id", NULL },
	{ "! ls", "ls", NULL },
	{ "time ls", "ls", NULL },
	{ "time -p ls | wc", "ls ; wc |", NULL },
	{ "! time ls", "ls", NULL },
	{ "echo 'a b'", "echo a b", NULL },
	{ "echo \"a b\"", "echo a b", NULL },
	{ "echo a\\ b", "echo a b", NULL },
	{ "echo \"a\\\"b\" 'c'\\''d'", "echo a\"b c'd", NULL },
	{ "echo \"a$b\" '$b'", "echo a<b> $b", NULL },
	{ "echo $'a\\tb' $'\\x41\\u42\\101'", "echo a\tb ABA", NULL },
	{ "echo $\"text\"", "echo text", NULL },
	{ "echo a'b'\"c\"d", "echo abcd", NULL },
	{ "echo \"\"", "echo ", NULL },
	{ "r\\m x", "rm x", NULL },
	{ "r\\\nm x", "rm x", NULL },
	{ "ls \\\n -l", "ls -l", NULL },
	{ "echo a#b #c", "echo a#b", NULL },
	{ "# only a comment", "", NULL },
	{ "ls # tail\npwd", "ls ; pwd", NULL },
	{ "echo $x ${x} ${x:-y} $1 $@ $$", "echo <x> <x> <x:y> <1> <@> <$>", NULL },
	{ "echo ${#x} ${x%%.c} ${x/a/b} ${!x} ${x[0]}", "echo <> <x> <x> <> <x>", NULL },
	{ "echo ${x:-$(id)}", "echo <x> ; id", NULL },
	{ "echo \"${x:-\"$(id)\"}\"", "echo <x> ; id", NULL },
	{ "echo ${x:-`id`}", "echo <x> ; id", NULL },
	{ "echo $(ls -l)", "echo <> ; ls -l", NULL },
	{ "echo \"$(ls -l)\"", "echo <> ; ls -l", NULL },
	{ "echo $(ls $(pwd))", "echo <> ; ls <PWD> ; pwd", NULL },
	{ "echo \"$(ls \"$(pwd)\")\"", "echo <> ; ls <PWD> ; pwd", NULL },
	{ "echo $(ls; pwd)", "echo <> ; ls ; pwd", NULL },
	{ "echo $( (ls) )", "echo <> ; ls", NULL },
	{ "echo $()", "echo <>", NULL },
	{ "echo `ls -l`", "echo <> ; ls -l", NULL },
	{ "echo \"`ls -l`\"", "echo <> ; ls -l", NULL },
	{ "echo `ls \\`pwd\\``", "echo <> ; ls <> ; pwd", NULL },
	{ "echo $((1 + 2))", "echo <>", NULL },
	{ "echo $((1 + $(id)))", "echo <> ; id", NULL },
	{ "echo $(( (1 + 2) * 3 ))", "echo <>", NULL },
	{ "echo $((ls); pwd)", "echo <> ; ls ; pwd", NULL },
	{ "echo $[1 + $(id)]", "echo <> ; id", NULL },
	{ "((x = 1))", "((", NULL },
	{ "((x < 1)) && ls", "(( ; ls", NULL },
	{ "((ls); pwd)", "ls ; pwd", NULL },
	{ "( (ls); pwd)", "ls ; pwd", NULL },
	{ "cat <(ls) >(wc)", "cat <> <> ; ls ; wc", NULL },
	{ "diff <(ls a) <(ls b)", "diff <> <> ; ls a ; ls b", NULL },
	{ "x=$(ls)", "x=<> ; ls", NULL },
	{ "x=1", "x=1", NULL },
	{ "x=1 ls", "x=1 ls", NULL },
	{ "x=1 y=\"2 3\" ls -l", "x=1 y=2 3 ls -l", NULL },
	{ "x+=1", "x=1", NULL },
	{ "x=(a b $(id))", "x=a x=b x=<> ; id", NULL },
	{ "x[1]=2 ls", "x=2 ls", NULL },
	{ "x= ls", "x= ls", NULL },
	{ "declare x=(a b)", "x=a x=b declare", NULL },
	{ "export x=1", "x=1 export", NULL },
	{ "export x=\"$(id)\"", "x=<> export ; id", NULL },
	{ "ls > out", "ls >out", NULL },
	{ "ls >out 2>&1", "ls >out >&1", NULL },
	{ "ls 2>/dev/null", "ls >/dev/null", NULL },
	{ "ls &> out", "ls &>out", NULL },
	{ "ls &>> out", "ls &>>out", NULL },
	{ "ls >> out", "ls >>out", NULL },
	{ "ls >| out", "ls >|out", NULL },
	{ "ls >& out", "ls >&out", NULL },
	{ "cat < in > out", "cat <in >out", NULL },
	{ "cat <> f", "cat <>f", NULL },
	{ "> out", ">out", NULL },
	{ "> out ls", "ls >out", NULL },
	{ "2>err ls", "ls >err", NULL },
	{ "{fd}>out ls", "ls >out", NULL },
	{ "exec 3<> f", "exec <>f", NULL },
	{ "exec 3>&-", "exec >&-", NULL },
	{ "cat <<< word", "cat <<<word", NULL },
	{ "cat <<< \"a $(id)\"", "cat <<<a <> ; id", NULL },
	{ "cat <<EOF\ntext\nEOF", "cat <<EOF", NULL },
	{ "cat <<EOF\ntext $(id) `pwd`\nEOF", "cat <<EOF ; id ; pwd", NULL },
	{ "cat <<'EOF'\n$(id)\nEOF", "cat <<EOF", NULL },
	{ "cat <<\\EOF\n$(id)\nEOF", "cat <<EOF", NULL },
	{ "cat <<-EOF\n\ttext\n\tEOF", "cat <<-EOF", NULL },
	{ "cat <<A <<B\na\nA\nb\nB", "cat <<A <<B", NULL },
	{ "cat <<A; ls\na\nA\npwd", "cat <<A ; ls ; pwd", NULL },
	{ "cat <<A | wc\na\nA", "cat <<A ; wc |", NULL },
	{ "(cat <<A\na\nA\n)", "cat <<A", NULL },
	{ "(ls)", "ls", NULL },
	{ "(ls; pwd) | wc", "ls ; pwd ; wc |", NULL },
	{ "(ls) > out", "ls ; >out", NULL },
	{ "{ ls; }", "ls", NULL },
	{ "{ ls; pwd; } > out", "ls ; pwd ; >out", NULL },
	{ "{ls,pwd}", "{ls,pwd}", NULL },
	{ "{ ls\n}", "ls", NULL },
	{ "if ls; then pwd; fi", "ls ; pwd", NULL },
	{ "if ls; then pwd; else id; fi", "ls ; pwd ; id", NULL },
	{ "if ls; then pwd; elif id; then date; else who; fi", "ls ; pwd ; id ; date ; who", NULL },
	{ "if ls\nthen\npwd\nfi", "ls ; pwd", NULL },
	{ "while ls; do pwd; done", "ls ; pwd", NULL },
	{ "until ls; do pwd; done", "ls ; pwd", NULL },
	{ "while read x; do echo $x; done < file", "read x ; echo <x> ; <file", NULL },
	{ "for x in a b; do ls $x; done", "x=a x=b ; ls <x>", NULL },
	{ "for x; do ls; done", " ; ls", NULL },
	{ "for x in $(ls); do pwd; done", "x=<> ; ls ; pwd", NULL },
	{ "for x in a b\ndo\nls\ndone", "x=a x=b ; ls", NULL },
	{ "for ((i=0; i<3; i++)); do ls; done", "ls", NULL },
	{ "for x in a; { ls; }", "x=a ; ls", NULL },
	{ "select x in a b; do ls; done", "x=a x=b ; ls", NULL },
	{ "case $x in a) ls;; b|c) pwd;; esac", "ls ; pwd", NULL },
	{ "case x in (a) ls;; esac", "ls", NULL },
	{ "case x in a) ls;& b) pwd;;& *) id; esac", "ls ; pwd ; id", NULL },
	{ "case x in\na)\nls\n;;\nesac", "ls", NULL },
	{ "case x in esac", "", NULL },
	{ "case $(id) in *) ls;; esac", "id ; ls", NULL },
	{ "case x in \"a b\") ls;; [a-z]*) pwd;; esac", "ls ; pwd", NULL },
	{ "f() { ls; }", "ls", NULL },
	{ "f () { ls; }; f", "ls ; f", NULL },
	{ "f() (ls)", "ls", NULL },
	{ "function f { ls; }", "ls", NULL },
	{ "function f() { ls; }", "ls", NULL },
	{ "f()\n{\nls\n}", "ls", NULL },
	{ "f() if a; then b; fi", "a ; b", NULL },
	{ "[[ a == b ]]", "[[", NULL },
	{ "[[ -f a && ( -d b || $x =~ ^a(b|c)$ ) ]]", "[[", NULL },
	{ "[[ $(id) < b ]] && ls", "[[ ; id ; ls", NULL },
	{ "[ -f a ]", "[ -f a ]", NULL },
	{ "coproc ls", "ls", NULL },
	{ "coproc N { ls; }", "ls", NULL },
	{ "coproc { ls; }", "ls", NULL },
	{ "ls && (pwd || id) && { date; }", "ls ; pwd ; id ; date", NULL },
	{ "a | b && c | d", "a ; b | ; c ; d |", NULL },
	{ "a | (b | c) | d", "a ; b ; c | ; d |", NULL },
	{ "if a; then b; fi | c", "a ; b ; c |", NULL },
	{ "if a; then b; fi > out &", "a ; b ; >out &", NULL },
	{ "ls *.c a?b [ab]", "ls *.c a?b [ab]", NULL },
	{ "echo {a,b} {1..3} {a} {}", "echo {a,b} {1..3} {a} {}", NULL },
	{ "echo ~ ~/a ~bob", "echo <HOME> <HOME>/a <HOME>", NULL },
	{ "echo a=b c=d", "echo a=b c=d", NULL },
	{ "echo if then fi", "echo if then fi", NULL },
	{ "echo } {", "echo } {", NULL },
	{ "echo a;# comment", "echo a", NULL },
	{ "ls &\npwd", "ls & ; pwd", NULL },
	{ "a &&\nb", "a ; b", NULL },
	{ "a |\n# comment\nb", "a ; b |", NULL },
	{ "env x=1 ls", "env x=1 ls", NULL },
	{ "bash -c 'ls; pwd'", "bash -c ls; pwd", NULL },
	{ "ls -- -x", "ls -- -x", NULL },
	{ "echo a'\n'b", "echo a\nb", NULL },
	{ "echo \"a\\\nb\"", "echo ab", NULL },
	{ "echo \\", "echo \\", NULL },
	{ "echo \\\\", "echo \\", NULL },
	{ "echo -e \"\\$x \\` \\a\"", "echo -e $x ` \\a", NULL },
	{ "while :; do break; done", ": ; break", NULL },
	{ "a; b; c; d; e", "a ; b ; c ; d ; e", NULL },
	{ "ls (", "ls", "at byte 3: something that does not belong here" },
	{ "ls )", "ls", "at byte 3: something that does not belong here" },
	{ "ls |", "ls", "at byte 4: a command is missing at the end" },
	{ "ls &&", "ls", "at byte 5: a command is missing at the end" },
	{ "&& ls", "", "at byte 0: a command is missing" },
	{ "| ls", "", "at byte 0: a command is missing" },
	{ "; ls", "", "at byte 0: a command is missing" },
	{ "ls ;; pwd", "ls", "at byte 3: something that does not belong here" },
	{ "'a", "", "at byte 0: a quote has no end" },
	{ "\"a", "", "at byte 1: a quote has no end" },
	{ "`a", "", "at byte 0: a backtick has no end" },
	{ "$(a", " ; a", "at byte 3: a substitution has no end" },
	{ "${a", "", "at byte 3: an expansion or test has no end" },
	{ "$((1", " ; 1", "at byte 4: a subshell has no end" },
	{ "if ls", "ls", "at byte 5: \"then\" is missing" },
	{ "if ls; then", "ls", "at byte 11: \"fi\" is missing" },
	{ "fi", "", "at byte 0: something that does not belong here" },
	{ "for", "", "at byte 3: something is missing at the end" },
	{ "for x in a", "x=a", "at byte 10: \"do\" is missing" },
	{ "while ls", "ls", "at byte 8: \"do\" is missing" },
	{ "case x", "", "at byte 6: \"in\" is missing" },
	{ "case x in a) ls", "ls", "at byte 15: something is missing at the end" },
	{ "(ls", "ls", "at byte 3: a subshell has no end" },
	{ "{ ls", "ls", "at byte 4: \"}\" is missing" },
	{ "{ ls }", "ls }", "at byte 6: \"}\" is missing" },
	{ "f() {", "", "at byte 5: \"}\" is missing" },
	{ "f(", "f", "at byte 1: something that does not belong here" },
	{ "[[ a", "[[", "at byte 2: an expansion or test has no end" },
	{ "((1", "1", "at byte 3: a subshell has no end" },
	{ "cat <<EOF", "cat <<EOF", "at byte 9: a here-document has no body" },
	{ "cat <<EOF\nx", "cat <<EOF", "at byte 10: a here-document has no end" },
	{ "ls >", "ls", "at byte 4: something is missing at the end" },
	{ "ls > ;", "ls", "at byte 5: a word is missing" },
	{ "echo ${ ls; }", "echo", "at byte 5: a substitution in braces, which not every bash knows" },
	{ "echo !(a)", "echo", "at byte 5: an extended pattern, which not every bash reads so" },
	{ "echo @(a|b)", "echo", "at byte 5: an extended pattern, which not every bash reads so" },
	{ "ls; 'a", "ls ; ", "at byte 4: a quote has no end" },
	{ "a | b | \"", "a ; b | ;  |", "at byte 9: a quote has no end" },
	{ "\"${x:-'}\" ; ls ; \"'}\"", "", "at byte 6: a quote where shells do not agree on what it means" },
	{ "echo \"${x:-\"a b\"}\" '}'", "echo <x> }", NULL },
	{ "echo ${x:-'}'} ; ls", "echo <x> ; ls", NULL },
	{ "echo $(( 'a' ))", "echo", "at byte 9: a quote where shells do not agree on what it means" },
	{ "cat <<EOF\n${x:-'}\nEOF", "cat <<EOF", "at byte 15: a quote where shells do not agree on what it means" },
	{ "echo \"it's ${x}\"", "echo it's <x>", NULL },
	{ "echo \"$(echo 'a')\"", "echo <> ; echo a", NULL },
	{ "cat <<EOF\nit's $(id)\nEOF", "cat <<EOF ; id", NULL },
	{ "[[ 'a b' == \"c\" ]]", "[[", NULL },
	{ "x=$(cat <<EOF\n$(id)\nEOF\n)", "x=<> ; cat <<EOF ; id", NULL },
	{ "echo `cat <<EOF\nx\nEOF\n`", "echo <> ; cat <<EOF", NULL },
	{ "a && b &", "a ; b &", NULL },
};

struct line {
	char text[20000];
	size_t n;
};

static void put(struct line *l, const char *text, size_t n)
{
	for (size_t i = 0; i < n && l->n + 1 < sizeof l->text; i++)
		l->text[l->n++] = text[i] == SHELL_OPEN ? '<' : text[i] == SHELL_CLOSE ? '>' : text[i];
	l->text[l->n] = 0;
}

static void puts_to(struct line *l, const char *text)
{
	put(l, text, strlen(text));
}

static void show_command(struct line *l, const struct shell_command *c)
{
	const char *blank = "";

	for (size_t i = 0; i < c->assign_count; i++, blank = " ") {
		puts_to(l, blank);
		put(l, c->assigns[i].name.p, c->assigns[i].name.n);
		puts_to(l, "=");
		puts_to(l, c->assigns[i].value.text);
	}
	for (size_t i = 0; i < c->word_count; i++, blank = " ") {
		puts_to(l, blank);
		puts_to(l, c->words[i].text);
	}
	for (size_t i = 0; i < c->redirect_count; i++, blank = " ") {
		puts_to(l, blank);
		puts_to(l, c->redirects[i].op);
		puts_to(l, c->redirects[i].target.text);
	}
	puts_to(l, c->pipe->background ? " &" : "");
	puts_to(l, c->stage ? " |" : "");
}

static void show(struct line *l, const struct shell_script *script)
{
	l->n = 0;
	l->text[0] = 0;
	for (const struct shell_command *c = script->first; c; c = c->next) {
		puts_to(l, c == script->first ? "" : " ; ");
		show_command(l, c);
	}
}

TEST(every_command_at_any_depth_is_listed)
{
	static struct line l;

	for (size_t i = 0; i < countof(rows); i++) {
		own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
		struct shell_script script;
		struct error err = {0};
		bool ok = shell_parse(&arena, str_of(rows[i].text), &script, &err);
		show(&l, &script);
		if (strcmp(l.text, rows[i].commands) != 0)
			fail_msg("%s\nfound    %s\nexpected %s", rows[i].text, l.text, rows[i].commands);
		if (ok != !rows[i].error || (!ok && strcmp(err.text, rows[i].error) != 0))
			fail_msg("%s\nerror    %s\nexpected %s", rows[i].text, err.text, rows[i].error ?
				rows[i].error : "none");
	}
}

TEST(words_tell_how_they_were_written)
{
	own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
	struct shell_script script;
	struct error err = {0};

	assert_ok(shell_parse(&arena, str_of("a '*' * {x,y} \"$z\" `b c`"), &script, &err));
	const struct shell_word *w = script.first->words;
	assert_true(w[1].quoted && !w[1].glob && !w[1].unknown);
	assert_true(!w[2].quoted && w[2].glob);
	assert_true(w[3].brace && !w[3].glob);
	assert_true(w[4].unknown && w[4].quoted);
	assert_true(str_is(w[2].source, "*"));
	assert_true(str_is(script.first->next->words[1].source, "`b c`"));
}

TEST(functions_and_bodies_are_known)
{
	own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
	struct shell_script script;
	struct error err = {0};

	assert_ok(shell_parse(&arena, str_of("f() { a | (b; c); }\nd <<X\nbody $(e)\nX\n"), &script, &err));
	const struct shell_command *a = script.first, *b = a->next, *d = b->next->next;
	assert_true(str_is(a->function, "f") && str_is(b->function, "f") && !d->function.n);
	assert_ptr_equal(b->pipe->outer, a->pipe);
	assert_int_equal(b->pipe->outer_stage, 1);
	assert_int_equal(a->pipe->stages, 2);
	assert_true(str_is(d->redirects[0].body, "body $(e)\n"));
	assert_string_equal(d->next->words[0].text, "e");
}

TEST(ceilings_are_errors)
{
	static char text[SHELL_BYTES_MAX + 1];
	struct shell_script script;
	static const char *const openers[] = { "(", "$(", "{ ", "\"$(", "if ", "${a:-", "<(", "f() " };

	memset(text, ' ', sizeof text);
	own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
	struct error err = {0};
	assert_false(shell_parse(&arena, (struct str){ text, sizeof text }, &script, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	for (size_t k = 0; k < countof(openers); k++) {
		own_arena own = ARENA_INIT(SHELL_ARENA_BYTES);
		size_t n = 0;
		while (n + 10 < 20000)
			n += (size_t)snprintf(text + n, 10, "%s", openers[k]);
		assert_false(shell_parse(&own, (struct str){ text, n }, &script, &err));
	}
	for (size_t n = 0; n + 1 < SHELL_BYTES_MAX; n += 2)
		memcpy(text + n, "a;", 2);
	own_arena many = ARENA_INIT(SHELL_ARENA_BYTES);
	assert_false(shell_parse(&many, (struct str){ text, SHELL_BYTES_MAX }, &script, &err));
	assert_int_equal(script.count, SHELL_COMMANDS_MAX);
}

TEST(control_characters_are_refused)
{
	for (char c = 0; c <= 2; c++) {
		own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
		struct shell_script script;
		struct error err = {0};
		char text[] = { 'a', ' ', c, 'b' };
		assert_false(shell_parse(&arena, (struct str){ text, sizeof text }, &script, &err));
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void check_sources(struct str text, const struct shell_script *script)
{
	for (const struct shell_command *c = script->first; c; c = c->next)
		for (size_t i = 0; i < c->word_count; i++) {
			const struct shell_word *w = &c->words[i];
			assert_non_null(w->text);
			assert_true(w->source.p >= text.p && w->source.p + w->source.n <= text.p + text.n);
		}
}

TEST(every_cut_and_change_of_a_line_ends)
{
	static const char bytes[] = "`$(){}[]<>|&;'\"\\#\n \t=*!ax";
	uint32_t seed = 5;

	for (size_t i = 0; i < countof(rows); i++) {
		size_t n = strlen(rows[i].text);
		for (size_t k = 0; k < n * 3; k++) {
			own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
			struct shell_script script;
			struct error err = {0};
			char *text = mem_strndup(rows[i].text, n);
			size_t size = k < n ? k : n;
			for (int changes = 0; k >= n && changes < 2; changes++)
				text[next_random(&seed) % n] = bytes[next_random(&seed) % (sizeof bytes - 1)];
			bool ok = shell_parse(&arena, (struct str){ text, size }, &script, &err);
			assert_true(ok || err.text[0]);
			check_sources((struct str){ text, size }, &script);
			free(text);
		}
	}
}

/* A line made of commands c0, c1, ... in any shape. */
static void make_line(struct line *l, uint32_t *seed, int depth, int *count)
{
	static const struct { const char *before, *between, *after; } shapes[] = {
		{ "", " ; ", "" }, { "", " && ", "" }, { "", " | ", "" }, { "", " || ", "" }, { "", " & ", "" }, { "(",
		"; ", ")" },
		{ "{ ", "\n", "; }" }, { "if ", "; then ", "; fi" }, { "while ", "; do ", "; done" }, { "echo $(", ";",
		")" },
		{ "echo \"a $(", " | ", ") b\"" }, { "for x in a; do ", "; ", "; done" }, { "case x in a) ", ";; *) ",
		";; esac" },
		{ "f() { ", "; ", "; }" }, { "cat <(", ") <(", ")" }, { "x=$(", "\n", ")" }, { "! ", " |& ", "" },
		{ "echo ${y:-$(", ")$(", ")}" }, { "cat <<E\n$(", ") $(", ")\nE\n" }, { "[[ a == $(", ") && $(",
		") ]]" },
	};
	char name[20];

	if (depth == 0 || next_random(seed) % 4 == 0) {
		snprintf(name, sizeof name, "c%d 'x y'", (*count)++);
		puts_to(l, name);
		return;
	}
	size_t shape = next_random(seed) % countof(shapes);
	puts_to(l, shapes[shape].before);
	make_line(l, seed, depth - 1, count);
	puts_to(l, shapes[shape].between);
	make_line(l, seed, depth - 1, count);
	puts_to(l, shapes[shape].after);
}

static bool lists(const struct shell_script *script, const char *name)
{
	for (const struct shell_command *c = script->first; c; c = c->next)
		if (c->word_count && strcmp(c->words[0].text, name) == 0)
			return true;
	return false;
}

TEST(what_is_read_of_a_made_up_line_is_what_was_put_in)
{
	static struct line l;
	uint32_t seed = 77;
	int read = 0;

	for (int round = 0; round < 3000; round++) {
		own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
		struct shell_script script;
		struct error err = {0};
		int count = 0;
		l.n = 0;
		make_line(&l, &seed, 3, &count);
		if (!shell_parse(&arena, (struct str){ l.text, l.n }, &script, &err))
			continue;       /* a here-document's end, or "&" before ";", where none may be */
		read++;
		for (int i = 0; i < count; i++) {
			char name[20];
			snprintf(name, sizeof name, "c%d", i);
			if (!lists(&script, name))
				fail_msg("%s is missing in %s", name, l.text);
		}
	}
	assert_true(read > 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_at_any_depth_is_listed),
		cmocka_unit_test(words_tell_how_they_were_written),
		cmocka_unit_test(functions_and_bodies_are_known),
		cmocka_unit_test(ceilings_are_errors),
		cmocka_unit_test(control_characters_are_refused),
		cmocka_unit_test(every_cut_and_change_of_a_line_ends),
		cmocka_unit_test(what_is_read_of_a_made_up_line_is_what_was_put_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

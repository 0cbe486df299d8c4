/*
 * Commands are rated by the words they begin with, the riskiest part of a line counts.  The rows with more words
 * stand before those with fewer.
 */
#include "permit/risk.h"

#include "base/mem.h"
#include "permit/command.h"
#include "permit/command_words.h"

const char *const risk_level_names[] = { "low", "medium", "high" };

#define KEPT "`shammah rewind` takes it back"
#define GIT  "git can bring back what was committed"
#define NONE "nothing takes it back"

/* --- commands -------------------------------------------------------------------------- */

enum undo {
	UNDO_NOTHING,              /* there is nothing to undo */
	UNDO_FILES,                /* files of the project: checkpoint, else git, else nothing */
	UNDO_NEVER,
	UNDO_REFLOG,               /* git keeps what was there for a while */
	UNDO_UNINSTALL,
};

struct row {
	const char *words;         /* "git push"; each must be a word of the command, the first its name */
	enum risk_level level;
	enum undo undo;
	const char *changes, *safer;
};

static const struct row rows[] = {
	{ "git push --force", RISK_HIGH, UNDO_NEVER, "replaces what others may have on the remote",
	  "git push --force-with-lease" },
	{ "git push -f", RISK_HIGH, UNDO_NEVER, "replaces what others may have on the remote",
	  "git push --force-with-lease" },
	{ "git push", RISK_MEDIUM, UNDO_NEVER, "sends commits to a remote, where others see them",
	  "git push --dry-run shows what would go" },
	{ "git reset --hard", RISK_HIGH, UNDO_FILES, "throws away changes that were not committed", "git stash first" },
	{ "git clean", RISK_HIGH, UNDO_FILES, "deletes files that git does not know", "git clean -n shows which" },
	{ "git checkout", RISK_MEDIUM, UNDO_FILES, "replaces files of the project", "git stash first" },
	{ "git restore", RISK_MEDIUM, UNDO_FILES, "throws away changes that were not committed", "git stash first" },
	{ "git rebase", RISK_MEDIUM, UNDO_REFLOG, "rewrites commits", "git branch BACKUP first" },
	{ "git filter-branch", RISK_HIGH, UNDO_REFLOG, "rewrites the whole history", "work in a fresh clone" },
	{ "git branch -D", RISK_MEDIUM, UNDO_REFLOG, "deletes a branch that may not be merged", "git branch -d" },
	{ "git stash drop", RISK_HIGH, UNDO_NEVER, "throws away stashed changes", "git stash show -p first" },
	{ "git stash clear", RISK_HIGH, UNDO_NEVER, "throws away all stashed changes", "git stash list first" },
	{ "git commit", RISK_LOW, UNDO_REFLOG, "adds a commit", NULL },
	{ "git add", RISK_LOW, UNDO_NOTHING, "marks changes for the next commit", NULL },
	{ "git config", RISK_MEDIUM, UNDO_NEVER, "changes settings of git, which may name programs to run", NULL },
	{ "git clone", RISK_MEDIUM, UNDO_NOTHING, "fetches a repository of others", NULL },
	{ "git", RISK_MEDIUM, UNDO_REFLOG, "changes the repository", NULL },
	{ "rm -r", RISK_HIGH, UNDO_FILES, "deletes folders with all that is in them",
	"list them first, or move them away" },
	{ "rm", RISK_MEDIUM, UNDO_FILES, "deletes files", "move them away" },
	{ "find -delete", RISK_HIGH, UNDO_FILES, "deletes every file it finds", "the same without -delete lists them" },
	{ "find -exec", RISK_HIGH, UNDO_FILES, "runs a command on every file it finds",
	"the same with -print lists them" },
	{ "xargs", RISK_HIGH, UNDO_FILES, "runs a command on everything that comes in", "xargs echo shows it" },
	{ "mv", RISK_MEDIUM, UNDO_FILES, "moves files, over others if there are any", "mv -n" },
	{ "cp", RISK_MEDIUM, UNDO_FILES, "copies files, over others if there are any", "cp -n" },
	{ "sed -i", RISK_MEDIUM, UNDO_FILES, "changes files in place", "without -i it shows what would come" },
	{ "truncate", RISK_HIGH, UNDO_FILES, "cuts files off", NULL },
	{ "shred", RISK_HIGH, UNDO_NEVER, "destroys files for good", "rm" },
	{ "dd", RISK_HIGH, UNDO_NEVER, "writes raw data", NULL },
	{ "mkdir", RISK_LOW, UNDO_FILES, "makes folders", NULL },
	{ "touch", RISK_LOW, UNDO_FILES, "makes empty files", NULL },
	{ "chmod", RISK_MEDIUM, UNDO_NEVER, "changes who may do what with files", NULL },
	{ "chown", RISK_HIGH, UNDO_NEVER, "changes whose files they are", NULL },
	{ "sudo", RISK_HIGH, UNDO_NEVER, "runs with the rights of the whole machine", NULL },
	{ "curl", RISK_MEDIUM, UNDO_NEVER, "talks to another machine, and may send it data", "WebFetch" },
	{ "wget", RISK_MEDIUM, UNDO_NEVER, "fetches from another machine", "WebFetch" },
	{ "ssh", RISK_HIGH, UNDO_NEVER, "runs commands on another machine", NULL },
	{ "scp", RISK_HIGH, UNDO_NEVER, "copies files to or from another machine", NULL },
	{ "rsync", RISK_HIGH, UNDO_NEVER, "copies, and may delete, files", "rsync -n shows what it would do" },
	{ "npm publish", RISK_HIGH, UNDO_NEVER, "publishes a package", "npm publish --dry-run" },
	{ "npm install", RISK_MEDIUM, UNDO_UNINSTALL, "fetches packages of others, which may run scripts",
	  "npm install --ignore-scripts" },
	{ "npm i", RISK_MEDIUM, UNDO_UNINSTALL, "fetches packages of others, which may run scripts",
	  "npm install --ignore-scripts" },
	{ "npm ci", RISK_MEDIUM, UNDO_UNINSTALL, "fetches packages of others, which may run scripts",
	  "npm ci --ignore-scripts" },
	{ "npx", RISK_MEDIUM, UNDO_NEVER, "fetches a program of others and runs it", NULL },
	{ "npm", RISK_MEDIUM, UNDO_FILES, "runs a script of the project", NULL },
	{ "yarn", RISK_MEDIUM, UNDO_FILES, "runs a script of the project, or fetches packages", NULL },
	{ "pnpm", RISK_MEDIUM, UNDO_FILES, "runs a script of the project, or fetches packages", NULL },
	{ "pip install", RISK_MEDIUM, UNDO_UNINSTALL, "fetches packages of others, which may run code",
	  "a virtual environment" },
	{ "pip3 install", RISK_MEDIUM, UNDO_UNINSTALL, "fetches packages of others, which may run code",
	  "a virtual environment" },
	{ "cargo publish", RISK_HIGH, UNDO_NEVER, "publishes a package", "cargo publish --dry-run" },
	{ "cargo", RISK_MEDIUM, UNDO_FILES, "builds or runs code of the project and its packages", NULL },
	{ "make", RISK_MEDIUM, UNDO_FILES, "runs what the Makefile says", "make -n shows it" },
	{ "pytest", RISK_MEDIUM, UNDO_FILES, "runs code of the project", NULL },
	{ "go", RISK_MEDIUM, UNDO_FILES, "builds or runs code of the project", NULL },
	{ "docker run", RISK_HIGH, UNDO_NEVER, "runs a container, which may reach mounted folders", NULL },
	{ "docker", RISK_MEDIUM, UNDO_NEVER, "changes containers or images", NULL },
	{ "kubectl delete", RISK_HIGH, UNDO_NEVER, "deletes what runs in a cluster", "kubectl get first" },
	{ "kubectl", RISK_HIGH, UNDO_NEVER, "changes what runs in a cluster", "kubectl diff" },
	{ "terraform destroy", RISK_HIGH, UNDO_NEVER, "takes machines and data down", "terraform plan -destroy" },
	{ "terraform apply", RISK_HIGH, UNDO_NEVER, "changes machines and data", "terraform plan" },
	{ "psql", RISK_HIGH, UNDO_NEVER, "talks to a database", "a transaction, rolled back" },
	{ "mysql", RISK_HIGH, UNDO_NEVER, "talks to a database", "a transaction, rolled back" },
	{ "kill", RISK_MEDIUM, UNDO_NEVER, "ends processes", NULL },
	{ "pkill", RISK_HIGH, UNDO_NEVER, "ends every process of that name", "pgrep lists them" },
	{ "killall", RISK_HIGH, UNDO_NEVER, "ends every process of that name", "pgrep lists them" },
	{ "echo", RISK_LOW, UNDO_NOTHING, "prints text", NULL }, { "printf", RISK_LOW, UNDO_NOTHING, "prints text", NULL
	},
	{ "cd", RISK_LOW, UNDO_NOTHING, "goes to another folder", NULL },
	{ "export", RISK_LOW, UNDO_NOTHING, "sets variables", NULL },
	{ "crontab", RISK_HIGH, UNDO_NEVER, "has commands run by themselves later", "crontab -l first" },
};

/* "-rf" has the "-r" and the "-f" that a row asks for; "--force" must be there as such. */
static bool has_word(const struct args *a, struct str word)
{
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if (str_is(word, t))
			return true;
		bool letters = word.n > 1 && word.p[0] == '-' && word.p[1] != '-' && t[0] == '-' && t[1] != '-' &&
			strlen(t) < 8 && word.n < 4;
		for (size_t k = 1; letters && k < word.n; k++)
			letters = strchr(t + 1, word.p[k]) != NULL;
		if (letters)
			return true;
	}
	return false;
}

static const struct row *find_row(const struct args *a)
{
	for (size_t i = 0; i < countof(rows); i++) {
		struct str rest = str_of(rows[i].words), word;
		(void)str_split(&rest, ' ', &word);
		bool fits = str_is(word, arg_name(&a->at[0]));
		while (fits && str_split(&rest, ' ', &word))
			fits = has_word(a, word);
		if (fits)
			return &rows[i];
	}
	return NULL;
}

static const char *undo_words(const struct risk_question *q, enum undo undo)
{
	switch (undo) {
	case UNDO_NOTHING: return NULL;
	case UNDO_FILES: return q->checkpoint ? KEPT : q->repository ? GIT : NONE;
	case UNDO_REFLOG: return "git reflog still knows what was there";
	case UNDO_UNINSTALL: return "what it installs can be removed, what its scripts did cannot";
	default: return NONE;
	}
}

static void rate(const struct risk_question *q, const struct row *row, struct risk *out)
{
	if (out->changes && row->level <= out->level)
		return;
	*out = (struct risk){ row->level, row->changes, undo_words(q, row->undo), row->safer };
}

static struct str source_of(const struct shell_command *c)
{
	struct str first = c->words[0].source, last = c->words[c->word_count - 1].source;

	return last.p >= first.p ? (struct str){ first.p, (size_t)(last.p - first.p) + last.n } : first;
}

static const struct row unknown = { "", RISK_HIGH, UNDO_NEVER, "runs a program that is not known here, with all your "
	"rights", NULL };
static const struct row program = { "", RISK_MEDIUM, UNDO_FILES, "runs a program, which may change the project", NULL };
static const struct row reader = { "", RISK_LOW, UNDO_NOTHING, "only reads", NULL };
static const struct row writer = { "", RISK_MEDIUM, UNDO_FILES, "writes to files", NULL };

static const struct row *row_of(const struct risk_question *q, const struct shell_command *c, const struct args *a)
{
	const struct row *row = find_row(a);
	struct command_judgement judgement;

	command_judge(source_of(c), &judgement);
	if (judgement.verdict == COMMAND_SAFE)
		return c->redirect_count ? &writer : &reader;
	return row ? row : q->confined ? &program : &unknown;
}

/* The riskiest command of the line. */
static void judge_line(const struct risk_question *q, struct risk *out)
{
	own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
	struct str line = json_member_str(q->input, "command");
	struct command_judgement whole;
	struct shell_script script = {0};
	struct error err = {0};

	command_judge(line, &whole);
	bool parsed = shell_parse(&arena, line, &script, &err);
	for (const struct shell_command *c = script.first; c; c = c->next) {
		struct args a = c->word_count ? args_of(&arena, c, NULL) : (struct args){0};
		if (a.count)
			rate(q, row_of(q, c, &a), out);
	}
	if (!parsed || !out->changes)
		rate(q, whole.verdict == COMMAND_SAFE ? &reader : q->confined ? &program : &unknown, out);
	if (whole.verdict == COMMAND_NEVER)
		out->level = RISK_HIGH;
}

/* --- other tools --------------------------------------------------------------------------- */

static const struct row tools[] = {
	{ "Read", RISK_LOW, UNDO_NOTHING, "shows a file to the model", NULL },
	{ "Grep", RISK_LOW, UNDO_NOTHING, "shows what files hold to the model", NULL },
	{ "Glob", RISK_LOW, UNDO_NOTHING, "shows names of files to the model", NULL },
	{ "Edit", RISK_MEDIUM, UNDO_FILES, "changes a file", NULL },
	{ "Write", RISK_MEDIUM, UNDO_FILES, "makes a file, or replaces all that is in it", "Edit changes a part" },
	{ "WebFetch", RISK_MEDIUM, UNDO_NEVER, "asks another machine for a page, which learns the address asked for",
	NULL },
	{ "WebSearch", RISK_LOW, UNDO_NEVER, "sends the words of the search to a search engine", NULL },
	{ "Restart", RISK_MEDIUM, UNDO_NOTHING, "builds this program anew and starts it again", NULL },
};

static const struct row other_tool = { "", RISK_HIGH, UNDO_NEVER, "does what only its maker knows", NULL };

void risk_judge(const struct risk_question *q, struct risk *out)
{
	*out = (struct risk){0};
	if (str_is(q->tool, "Bash")) {
		judge_line(q, out);
		return;
	}
	for (size_t i = 0; i < countof(tools) && !out->changes; i++)
		if (str_is(q->tool, tools[i].words))
			rate(q, &tools[i], out);
	if (str_is(q->tool, "RunCode"))
		rate(q, q->confined ? &program : &unknown, out);
	if (!out->changes)
		rate(q, &other_tool, out);
}

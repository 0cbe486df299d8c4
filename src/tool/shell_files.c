#include "tool/shell_files.h"

#include "base/mem.h"
#include "permit/command.h"
#include "permit/shell.h"
#include "store/checkpoints.h"
#include "tool/open.h"
#include "tool/seen.h"

/* --- what it changes ---------------------------------------------------------------------------- */

struct shell_files shell_files_before(struct tool_context *c, struct str command, struct buf *notes)
{
	struct shell_files files = { .kept = tool_checkpoints(c) };
	struct command_judgement judgement;

	command_judge(command, &judgement);
	if (files.kept && judgement.verdict != COMMAND_SAFE)
		files.before = checkpoint_shell_before(files.kept, notes);
	return files;
}

void shell_files_after(struct shell_files *files, struct buf *notes)
{
	if (files->before)
		checkpoint_shell_after(files->kept, files->before, notes);
	files->before = NULL;
}

/* --- what it shows -------------------------------------------------------------------------------- */

/* Programs that show a file. */
static const struct viewer {
	const char *name;
	const char *needs;         /* an option without which it does something else; NULL: none */
	const char *valued;        /* letters of options whose value is the next word */
	size_t before;             /* operands before the file */
} viewers[] = {
	{ "cat", NULL, "", 0 }, { "nl", NULL, "bdfhilnsvw", 0 }, { "head", NULL, "nc", 0 }, { "tail", NULL, "nc", 0 },
	{ "sed", "-n", "", 1 }, { "grep", NULL, "ABCm", 1 }, { "egrep", NULL, "ABCm", 1 }, { "fgrep", NULL, "ABCm", 1 },
};

static const struct viewer *find_viewer(const char *name)
{
	for (size_t i = 0; i < countof(viewers); i++)
		if (strcmp(name, viewers[i].name) == 0)
			return &viewers[i];
	return NULL;
}

static bool is_plain(const struct shell_command *c)
{
	for (size_t i = 0; i < c->word_count; i++)
		if (c->words[i].unknown || c->words[i].glob || c->words[i].brace)
			return false;
	return c->word_count > 1 && !c->redirect_count && !c->assign_count;
}

/* The one file it shows; NULL: none, or several. */
static const char *find_shown(const struct shell_command *c)
{
	const struct viewer *v = is_plain(c) ? find_viewer(c->words[0].text) : NULL;
	const char *file = NULL;
	bool has_needed = v && !v->needs;
	size_t operands = 0;

	for (size_t i = 1; v && i < c->word_count; i++) {
		const char *word = c->words[i].text;
		if (word[0] != '-' || !word[1]) {
			file = word;
			operands++;
		} else if (v->needs && strcmp(word, v->needs) != 0) {
			return NULL;
		} else {
			has_needed = true;
			i += word[2] == '\0' && strchr(v->valued, word[1]);
		}
	}
	return v && has_needed && operands == v->before + 1 ? file : NULL;
}

void shell_files_note_shown(struct tool_context *c, struct str command)
{
	own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
	struct shell_script script = {0};
	struct error none = {0};

	if (!shell_parse(&arena, command, &script, &none) || script.count != 1)
		return;
	const char *file = find_shown(script.first);
	own_mem char *real = file ? open_judge(c, str_of(file), false, &none) : NULL;
	if (real)
		seen_note_shown(c->seen, real);
}

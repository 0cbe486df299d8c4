#include "permit/command_files.h"

#include "base/mem.h"

enum {
	SKIPS_ONE = 1,          /* the first operand is a pattern, script or mode */
	LAST_WRITTEN = 2,       /* what the others are copied to */
	STARTS_ONLY = 4,        /* operands up to the first flag */
	TESTED = 8,             /* only words behind a flag */
};

static const struct row {
	const char *names;      /* with blanks around each */
	enum file_use use;
	int how;
} rows[] = {
	{ " ls stat du df file tree realpath readlink cd pushd ", FILE_LISTED, 0 },
	{ " find fd ", FILE_LISTED, STARTS_ONLY },
	{ " test [ [[ ", FILE_LISTED, TESTED },
	{ " cat head tail less more bat nl tac rev od xxd hexdump strings wc sort uniq cut paste join fold column diff "
		"cmp comm md5sum sha1sum sha256sum sha512sum cksum base64 base32 zcat source . ", FILE_READ, 0 },
	{ " grep egrep fgrep rg ag ack sed awk gawk mawk jq yq ", FILE_READ, SKIPS_ONE },
	{ " cp install ln rsync scp ", FILE_READ, LAST_WRITTEN },
	{ " touch mkdir rm rmdir unlink truncate tee shred mv ", FILE_WRITTEN, 0 },
	{ " chmod chown chgrp ", FILE_WRITTEN, SKIPS_ONE },
};

static const struct row *find_row(const char *name)
{
	size_t n = strlen(name);

	if (!n || strchr(name, ' '))
		return NULL;
	for (size_t i = 0; i < countof(rows); i++)
		for (const char *p = rows[i].names; (p = strstr(p, name)); p++)
			if (p > rows[i].names && p[-1] == ' ' && p[n] == ' ')
				return &rows[i];
	return NULL;
}

/* One command's words. */
struct words {
	const struct args *a;
	void (*found)(void *context, const struct arg *arg, const char *path, enum file_use use);
	void *context;
};

static bool is_flag(const char *text)
{
	return text[0] == '-' && text[1];
}

/* "-i", "-ni", "-i.bak", "--in-place". */
static bool edits_in_place(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if (strncmp(t, "--in-place", 10) == 0 || (is_flag(t) && t[1] != '-' && strchr(t, 'i')))
			return true;
	}
	return false;
}

/* Whether the pattern or script comes with a flag, so that every operand is a file. */
static bool gives_pattern(const struct args *a)
{
	static const char *const flags[] = { "-e", "-f", "--regexp", "--file", "--expression", "--from-file", "--files",
		NULL };

	for (size_t i = 1; i < a->count; i++) {
		struct str name = { a->at[i].text, strcspn(a->at[i].text, "=") };
		if (str_is_among(name, flags) || (strncmp(name.p, "-f", 2) == 0 && name.p[2]))
			return true;
	}
	return false;
}

/* Flags that name a file: "--file=x", "--target-directory=x". */
static void find_in_flag(const struct words *w, const struct arg *arg, const struct row *r)
{
	static const char *const reading[] = { "--file", "--from-file", "--files-from", "--files0-from", "--reference",
		"--magic-file", "--rawfile", "--slurpfile", "--to-file", "--ignore-file", "--exclude-from", "--include",
		"--glob", "--iglob", NULL };
	const char *equal = strchr(arg->text, '=');
	struct str name = { arg->text, equal ? (size_t)(equal - arg->text) : 0 };
	bool reads = false;

	for (size_t i = 0; name.n > 3 && reading[i]; i++)        /* a beginning is enough for getopt */
		reads |= strncmp(reading[i], name.p, name.n) == 0;
	if (reads)
		w->found(w->context, arg, equal + 1, FILE_READ);
	if (str_is(name, "--target-directory"))
		w->found(w->context, arg, equal + 1, FILE_WRITTEN);
	if (r->how & SKIPS_ONE && strncmp(arg->text, "-f", 2) == 0 && arg->text[2])
		w->found(w->context, arg, arg->text + 2, FILE_READ);
}

/* The last operand, to which the others go; the one behind "-t" otherwise. */
static size_t target_of(const struct args *a)
{
	size_t last = 0, operands = 0;

	for (size_t i = 1; i < a->count; i++) {
		if (strcmp(a->at[i].text, "-t") == 0)
			return i + 1;
		if (strncmp(a->at[i].text, "--target-directory=", 19) == 0)
			return 0;
		if (!is_flag(a->at[i].text)) {
			last = i;
			operands++;
		}
	}
	return operands > 1 ? last : 0;
}

/* "cp .env.example .env": what comes of it holds no secret yet. */
static bool is_made_of_example(const struct args *a, size_t target)
{
	static const char *const ends[] = { ".example", ".sample", ".template", ".dist", NULL };
	size_t n = strlen(a->at[target].text);

	for (size_t i = 1; i < target; i++)
		if (strncmp(a->at[i].text, a->at[target].text, n) == 0 &&
			str_is_among(str_of(a->at[i].text + n), ends))
			return true;
	return false;
}

static void find_operands(const struct words *w, const struct row *r, enum file_use use)
{
	const struct args *a = w->a;
	bool skip = (r->how & SKIPS_ONE) && !gives_pattern(a), plain = false;
	size_t target = r->how & LAST_WRITTEN ? target_of(a) : 0;

	for (size_t i = 1; i < a->count; i++) {
		const struct arg *arg = &a->at[i];
		const char *before = a->at[i - 1].text;
		if (!plain && strcmp(arg->text, "--") == 0) {
			plain = true;
		} else if (!plain && is_flag(arg->text)) {
			find_in_flag(w, arg, r);
			if (r->how & STARTS_ONLY && strlen(arg->text) > 2)
				return;
		} else if (r->how & STARTS_ONLY && strchr("(!", arg->text[0])) {
			return;
		} else if (r->how & TESTED && !is_flag(before)) {
			continue;
		} else if (skip) {
			skip = false;
		} else if (!(r->how & SKIPS_ONE && (strcmp(before, "-e") == 0 || strcmp(before, "--regexp") == 0))) {
			w->found(w->context, arg, arg->text, i != target ? use :
				is_made_of_example(a, target) ? FILE_FROM_EXAMPLE : FILE_WRITTEN);
		}
	}
}

/* dd's "if=x of=y"; what curl and wget write. */
static void find_named(const struct words *w, const char *name)
{
	static const char *const endless[] = { "if=/dev/zero", "if=/dev/urandom", "if=/dev/random", NULL };
	bool fetches = strcmp(name, "curl") == 0 || strcmp(name, "wget") == 0;

	for (size_t i = 1; i < w->a->count; i++) {
		const struct arg *arg = &w->a->at[i];
		if (strcmp(name, "dd") == 0 && strncmp(arg->text, "if=", 3) == 0 &&
			!str_is_among(str_of(arg->text), endless))
			w->found(w->context, arg, arg->text + 3, FILE_READ);
		if (strcmp(name, "dd") == 0 && strncmp(arg->text, "of=", 3) == 0)
			w->found(w->context, arg, arg->text + 3, FILE_WRITTEN);
		const char *before = w->a->at[i - 1].text;
		if (fetches && (strcmp(before, "-o") == 0 || strcmp(before, "--output") == 0 ||
			strcmp(before, name[0] == 'w' ? "-O" : "--output") == 0) && strcmp(arg->text, "-") != 0)
			w->found(w->context, arg, arg->text, FILE_WRITTEN);
	}
}

/* git reads what lies outside of its repository as well ("git diff A B"). */
static void find_in_git(const struct words *w)
{
	for (size_t i = 1; i < w->a->count; i++) {
		const struct arg *arg = &w->a->at[i];
		const char *equal = is_flag(arg->text) ? strchr(arg->text, '=') : NULL;
		const char *t = equal ? equal + 1 : arg->text;
		if ((t[0] && strchr("/~\1", t[0])) || strcmp(t, "..") == 0 || strncmp(t, "../", 3) == 0 ||
			strstr(t, "/../"))
			w->found(w->context, arg, t, FILE_LISTED);
	}
}

void command_files(const struct args *a,
	void (*found)(void *context, const struct arg *arg, const char *path, enum file_use use), void *context)
{
	static const char home[] = { SHELL_OPEN, 'H', 'O', 'M', 'E', SHELL_CLOSE, '\0' };
	struct words w = { a, found, context };

	if (!a->count)
		return;
	const char *name = arg_name(&a->at[0]);
	const struct row *r = find_row(name);
	if (strcmp(name, "cd") == 0 && a->count == 1)
		found(context, &a->at[0], home, FILE_LISTED);
	if (r)
		find_operands(&w, r, strcmp(name, "sed") == 0 && edits_in_place(a) ? FILE_WRITTEN : r->use);
	find_named(&w, name);
	if (strcmp(name, "git") == 0)
		find_in_git(&w);
}

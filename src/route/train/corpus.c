/*
 * Files are read in order of their names, so that the same data gives the same
 * model.
 */
#include "route/train/corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "route/lexicon.h"

#define FILE_MAX (1 << 20)
#define SENTENCE_MIN 16                /* shorter pieces of a text say nothing */

void corpus_done(struct corpus *c)
{
	arena_done(&c->arena);
	buf_done(&c->files);
	free(c->sources);
	free(c->wordings);
}

static void add_wording(struct corpus *c, struct str text, size_t answer, enum wording_origin origin, size_t place)
{
	if (c->wording_count == c->wording_cap) {
		c->wording_cap = c->wording_cap ? 2 * c->wording_cap : 1024;
		c->wordings = mem_resize(c->wordings, c->wording_cap, sizeof *c->wordings);
	}
	c->wordings[c->wording_count++] = (struct wording){ text, answer, origin, place };
}

/* The file's text, in the arena, and its name noted; {0} on failure. */
static struct str read_file(struct corpus *c, const char *path, struct error *err)
{
	size_t n;
	own_mem char *text = file_read(path, FILE_MAX, &n, err);
	char *kept = text ? arena_copy(&c->arena, (struct str){ text, n }) : NULL;

	if (text && !kept)
		error_set(err, ERROR_TOO_LARGE, "%s: more answers than we hold", path);
	if (kept)
		buf_putf(&c->files, "%s\n", path);
	return (struct str){ kept, kept ? n : 0 };
}

/* A sentence ends at . ? : ; before white space, and at an empty line. */
static bool ends_sentence(struct str text, size_t i)
{
	char next = i + 1 < text.n ? text.p[i + 1] : '\n';

	if (text.p[i] == '\n')
		return next == '\n';
	return strchr(".?:;", text.p[i]) && (next == ' ' || next == '\n');
}

static void add_sentences(struct corpus *c, struct str text, size_t answer)
{
	size_t start = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (!ends_sentence(text, i))
			continue;
		struct str sentence = str_trim((struct str){ text.p + start, i - start });
		if (sentence.n >= SENTENCE_MIN)
			add_wording(c, sentence, answer, FROM_TEXT, 0);
		start = i + 1;
	}
}

static bool parse_wordings(struct corpus *c, struct str rest, const char *name, size_t line, struct error *err)
{
	struct str at;
	size_t place = 0;

	for (; str_split(&rest, '\n', &at); line++) {
		if (at.n == 0)
			continue;
		if (!str_starts(at, str_of("- ")) || at.n == 2)
			return error_set(err, ERROR_INVALID, "%s:%zu: a wording begins with \"- \"", name, line);
		add_wording(c, str_from(at, 2), c->source_count, FROM_ANSWER, place++);
	}
	return place > 0 || error_set(err, ERROR_INVALID, "%s: there are no wordings", name);
}

bool corpus_parse_answer(struct corpus *c, struct str text, const char *name, struct source *source, struct error *err)
{
	struct str rest = text, at;
	size_t line = 2;

	if (!str_split(&rest, '\n', &at) || !str_starts(at, str_of("# ")) || at.n == 2)
		return error_set(err, ERROR_INVALID, "%s:1: the first line is \"# Title\"", name);
	struct str title = str_from(at, 2);
	const char *begin = rest.p;
	for (; str_split(&rest, '\n', &at) && !str_is(at, "## Wordings"); line++)
		;
	if (!rest.p)
		return error_set(err, ERROR_INVALID, "%s: there is no line \"## Wordings\"", name);
	struct str body = str_trim((struct str){ begin, (size_t)(at.p - begin) });
	if (body.n == 0)
		return error_set(err, ERROR_INVALID, "%s: there is no text before \"## Wordings\"", name);
	source->title = arena_copy(&c->arena, title);
	char *kept = arena_alloc(&c->arena, body.n + 2);
	if (!source->title || !kept)
		return error_set(err, ERROR_TOO_LARGE, "%s: more answers than we hold", name);
	memcpy(kept, body.p, body.n);
	kept[body.n] = '\n';
	source->text = (struct str){ kept, body.n + 1 };
	add_wording(c, title, c->source_count, FROM_TITLE, 0);
	add_sentences(c, source->text, c->source_count);
	return parse_wordings(c, rest, name, line + 1, err);
}

static int is_answer(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);
	return entry->d_name[0] != '.' && n > 3 && strcmp(entry->d_name + n - 3, ".md") == 0;
}

static bool read_answer(struct corpus *c, const char *folder, const char *kind, const char *file, struct error *err)
{
	own_mem char *name = mem_printf("%s/%s", kind, file);
	own_mem char *path = path_join(folder, name);
	struct str text = read_file(c, path, err);
	struct source source;

	if (!text.p || !corpus_parse_answer(c, text, path, &source, err))
		return false;
	source.id = arena_copy(&c->arena, (struct str){ name, strlen(name) - 3 });
	if (!source.id)
		return error_set(err, ERROR_TOO_LARGE, "%s: more answers than we hold", path);
	c->sources = mem_resize(c->sources, c->source_count + 1, sizeof *c->sources);
	c->sources[c->source_count++] = source;
	return true;
}

static bool read_answers(struct corpus *c, const char *folder, const char *kind, struct error *err)
{
	struct dirent **entries;
	own_mem char *path = path_join(folder, kind);
	int count = scandir(path, &entries, is_answer, alphasort);
	bool ok = count >= 0;

	if (!ok)
		return error_errno(err, "cannot read the folder %s", path);
	buf_putf(&c->files, "%s\n", path);
	for (int i = 0; i < count; i++) {
		ok = ok && read_answer(c, folder, kind, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool find_answer(const struct corpus *c, struct str id, size_t *answer)
{
	for (*answer = 0; *answer < c->source_count; ++*answer)
		if (str_equal(id, str_of(strchr(c->sources[*answer].id, '/') + 1)))
			return true;
	return false;
}

static bool read_pairs(struct corpus *c, const char *folder, const char *name, enum wording_origin origin,
	struct error *err)
{
	own_mem char *path = path_join(folder, name);
	struct str rest = read_file(c, path, err), at, id;
	size_t answer;

	if (!rest.p)
		return false;
	for (size_t line = 1; str_split(&rest, '\n', &at); line++) {
		if (at.n == 0)
			continue;
		if (!memchr(at.p, '\t', at.n) || !str_split(&at, '\t', &id) || at.n == 0)
			return error_set(err, ERROR_INVALID, "%s:%zu: expected ID, a tab, and a wording", path, line);
		if (!find_answer(c, id, &answer))
			return error_set(err, ERROR_INVALID, "%s:%zu: there is no answer of that id", path, line);
		add_wording(c, at, answer, origin, 0);
	}
	return true;
}

static bool read_none(struct corpus *c, const char *folder, const char *name, struct error *err)
{
	own_mem char *path = path_join(folder, name);
	struct str rest = read_file(c, path, err), at;

	if (!rest.p)
		return false;
	while (str_split(&rest, '\n', &at))
		if (at.n > 0 && at.p[0] != '#')
			add_wording(c, at, CORPUS_NONE, FROM_NONE, 0);
	return true;
}

bool corpus_read(struct corpus *c, const char *folder, struct error *err)
{
	if (!read_answers(c, folder, "patterns", err))
		return false;
	c->pattern_count = c->source_count;
	return read_answers(c, folder, "topics", err) && read_pairs(c, folder, "more-wordings.txt", FROM_MORE, err) &&
		read_pairs(c, folder, "terse-wordings.txt", FROM_TERSE, err) &&
		read_none(c, folder, "none.txt", err) && read_none(c, folder, "none-patterns.txt", err) &&
		read_none(c, folder, "none-more.txt", err);
}

/* Of the folded words, so that case and punctuation do not count. */
static uint32_t signature(struct str text)
{
	struct words words;

	return words_read(text, &words) ? phrase_hash(words.at, words.count) : hash_bytes(HASH_START, text.p, text.n);
}

/* Drops the wordings from `first` on that also stand before it. */
static void drop_trained(struct corpus *c, size_t first)
{
	own_mem uint32_t *trained = mem_zeroed(first, sizeof *trained);
	size_t kept = first;

	for (size_t i = 0; i < first; i++)
		trained[i] = signature(c->wordings[i].text);
	for (size_t i = first; i < c->wording_count; i++) {
		uint32_t own = signature(c->wordings[i].text);
		size_t j = 0;
		while (j < first && trained[j] != own)
			j++;
		if (j == first)
			c->wordings[kept++] = c->wordings[i];
	}
	c->wording_count = kept;
}

bool corpus_read_held_out(struct corpus *c, const char *folder, struct error *err)
{
	size_t first = c->wording_count;

	if (!read_pairs(c, folder, "held-out/patterns.txt", FROM_MORE, err) ||
	    !read_pairs(c, folder, "held-out/topics.txt", FROM_MORE, err) ||
	    !read_none(c, folder, "held-out/none.txt", err))
		return false;
	drop_trained(c, first);
	return true;
}

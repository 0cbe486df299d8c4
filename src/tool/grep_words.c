#include <ctype.h>

#include "tool/grep.h"
#include "tool/input.h"

#define CONTEXT_MAX 1000
#define GLOBS_MAX 30
#define GLOB_MAX 4096
#define MOST 250
#define COLUMNS_MAX 500            /* of a line; minified files have lines of a megabyte */

static size_t at_least_none(int64_t n) { return n > 0 ? (size_t)n : 0; }

void grep_wish_read(const json_t *input, struct grep_wish *wish)
{
	struct str mode = tool_input_str(input, "output_mode");

	*wish = (struct grep_wish){
		.mode = str_is(mode, "content") ? GREP_CONTENT : str_is(mode, "count") ? GREP_COUNT : GREP_FILES,
		.skip = at_least_none(tool_input_number(input, "offset", 0)),
		.most = at_least_none(tool_input_number(input, "head_limit", MOST)),
		.numbers = tool_input_flag(input, "-n", true),
	};
	wish->context = tool_input_number(input, "-A", 0) > 0 || tool_input_number(input, "-B", 0) > 0 ||
		tool_input_number(input, "-C", 0) > 0 || tool_input_number(input, "context", 0) > 0;
}

static void add_context(const json_t *input, const char *name, const char *option, struct search_words *w)
{
	int64_t lines = tool_input_number(input, name, 0);

	if (lines > 0)
		search_word(w, "%s=%lld", option, (long long)(lines < CONTEXT_MAX ? lines : CONTEXT_MAX));
}

static void add_mode(const json_t *input, const struct grep_wish *wish, struct search_words *w)
{
	if (wish->mode == GREP_FILES) {
		search_word(w, "--files-with-matches");
		return;
	}
	search_word(w, "--with-filename");
	if (wish->mode == GREP_COUNT) {
		search_word(w, "--count");
		return;
	}
	search_word(w, "--line-number");
	search_word(w, "--max-columns=%d", COLUMNS_MAX);
	search_word(w, "--max-columns-preview");
	add_context(input, "context", "--context", w);
	add_context(input, "-C", "--context", w);
	add_context(input, "-B", "--before-context", w);
	add_context(input, "-A", "--after-context", w);
}

/* The end of one glob of a list: commas and blanks stand between them, but not within braces. */
static size_t glob_end(struct str list)
{
	size_t n = 0;
	unsigned depth = 0;

	for (; n < list.n; n++) {
		char c = list.p[n];
		if (!depth && (c == ',' || isspace((unsigned char)c)))
			break;
		depth += c == '{';
		depth -= c == '}' && depth;
	}
	return n;
}

static bool add_globs(struct str list, struct search_words *w, struct error *err)
{
	size_t count = 0;

	while (list.n) {
		size_t n = glob_end(list);
		if (n > GLOB_MAX || count == GLOBS_MAX)
			return error_set(err, ERROR_INVALID, "`glob` may hold %d globs of %d bytes", GLOBS_MAX,
				GLOB_MAX);
		if (n) {
			search_word(w, "--glob=%.*s", (int)n, list.p);
			count++;
		}
		list = str_from(list, n + (n < list.n));
	}
	return true;
}

bool grep_words(const json_t *input, const struct grep_wish *wish, const struct search *s, struct search_words *w,
	struct error *err)
{
	struct str pattern = tool_input_str(input, "pattern"), type = tool_input_str(input, "type");

	if (!pattern.n || pattern.n > SEARCH_WORD_MAX || type.n > GLOB_MAX)
		return error_set(err, ERROR_INVALID, "the pattern must have 1 to %d bytes", SEARCH_WORD_MAX);
	search_words_begin(w);
	add_mode(input, wish, w);
	if (tool_input_flag(input, "-i", false))
		search_word(w, "--ignore-case");
	if (tool_input_flag(input, "multiline", false)) {
		search_word(w, "--multiline");
		search_word(w, "--multiline-dotall");
	}
	if (type.n)
		search_word(w, "--type=%.*s", STR_ARGS(type));
	if (!add_globs(tool_input_str(input, "glob"), w, err))
		return false;
	search_word(w, "--glob=!.git");
	search_word(w, "--");
	search_word(w, "%.*s", STR_ARGS(pattern));
	search_word(w, "%s", s->target);
	return true;
}

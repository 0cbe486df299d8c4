/*
 * The differences are a longest common subsequence of lines, after what both texts
 * begin and end with alike is set aside; of texts too long for its table everything
 * between counts as changed.
 */
#include "cli/setup_text.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/mem.h"
#include "cli/mask.h"
#include "provider/provider.h"

#define TABLE_MAX ((size_t)1 << 22)      /* cells */

/* ---- Entries ---- */

static const char *model_of(const json_t *entry, const struct provider *p)
{
	const char *model = json_member_string(entry, "model");

	return model ? model : p && p->default_model ? p->default_model : "no model";
}

static char *key_of(const json_t *entry)
{
	const char *key = json_member_string(entry, "api_key"), *variable = json_member_string(entry, "api_key_env");
	char masked[MASK_TEXT];

	if (key)
		return mem_printf(", key %s", mask_secret(key, masked));
	return variable ? mem_printf(", key in %s", variable) : mem_strdup("");
}

char *setup_entry(const json_t *entry)
{
	const char *name = json_member_string(entry, "provider"), *title = json_member_string(entry, "name");
	const char *url = json_member_string(entry, "base_url");
	const struct provider *p = name ? provider_find(name) : NULL;
	own_mem char *key = key_of(entry);

	return mem_printf("%s%s%s, %s%s%s%s%s", title ? title : "", title ? ": " : "",
		p      ? p->display_name
		: name ? name
			: "no provider",
		model_of(entry, p), key, url ? ", at " : "", url ? url : "",
		json_is_false(json_object_get(entry, "enabled")) ? ", off" : "");
}

const char *setup_key_problem(const char *key)
{
	if (!*key)
		return "nothing was entered";
	for (const char *x = key; *x; x++)
		if (*x <= ' ' || *x > '~')
			return "a key is one word of letters, digits and signs; this holds a blank or something else";
	return NULL;
}

/* ---- What changes ---- */

struct lines {
	struct str *all;
	size_t count;
};

static struct lines split(struct str text)
{
	struct lines l = {0};
	struct str line;

	for (struct str rest = text; rest.n && str_split(&rest, '\n', &line); ) {
		if ((l.count & (l.count - 1)) == 0)
			l.all = mem_resize(l.all, l.count ? l.count * 2 : 1, sizeof *l.all);
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		l.all[l.count++] = line;
	}
	return l;
}

static bool may_be_secret(struct str name)
{
	static const char *const words[] = { "key", "token", "secret", "password", "auth", "header", "cookie", "env" };

	for (size_t i = 0; i < countof(words); i++)
		for (size_t at = 0, n = strlen(words[i]); at + n <= name.n; at++)
			if (strncasecmp(name.p + at, words[i], n) == 0)
				return true;
	return false;
}

/* A number, true, false, or a plain name of a variable. */
static bool is_harmless(struct str value)
{
	return str_starts(value, (struct str)STR("true")) || str_starts(value, (struct str)STR("false")) ||
		(value.n && isdigit((unsigned char)*value.p));
}

/* Of a line without an equals sign: blank, a comment, a table's header; else it is a piece of some value. */
static bool shows_nothing(struct str line)
{
	struct str text = str_trim(line);

	return !text.n || *text.p == '#' ||
		(*text.p == '[' && text.p[text.n - 1] == ']' && !memchr(text.p, '"', text.n));
}

/* The value of a line that may hold a secret; of a quoted one its ends are shown, of anything else nothing. */
static void put_masked(struct buf *out, struct str line)
{
	const char *equals = memchr(line.p, '=', line.n);
	struct str name = { line.p, equals ? (size_t)(equals - line.p) : 0 };
	struct str value = equals ? str_trim(str_from(line, name.n + 1)) : (struct str){0};
	const char *end = value.n > 1 && *value.p == '"' ? memchr(value.p + 1, '"', value.n - 1) : NULL;
	char masked[MASK_TEXT];

	if (!equals && !shows_nothing(line)) {
		buf_put(out, "...");
	} else if (!equals || !may_be_secret(name) || is_harmless(value) || str_is(str_trim(name), "api_key_env")) {
		buf_putf(out, "%.*s", STR_ARGS(line));
	} else if (end) {
		own_mem char *secret = mem_strndup(value.p + 1, (size_t)(end - value.p - 1));
		buf_putf(out, "%.*s= \"%s\"", STR_ARGS(name), mask_secret(secret, masked));
	} else {
		buf_putf(out, "%.*s= ...", STR_ARGS(name));
	}
}

struct diff {
	struct buf *out;
	const struct str *before;        /* a line that both have, not shown yet; NULL: none */
	bool after;                      /* the line before was a change */
};

static void put_line(struct diff *d, char sign, struct str line)
{
	buf_putf(d->out, "%c ", sign);
	put_masked(d->out, line);
	buf_put(d->out, "\n");
}

static void same(struct diff *d, const struct str *line)
{
	if (d->after)
		put_line(d, ' ', *line);
	d->before = d->after ? NULL : line;
	d->after = false;
}

static void changed(struct diff *d, char sign, struct str line)
{
	if (d->before)
		put_line(d, ' ', *d->before);
	d->before = NULL;
	d->after = true;
	put_line(d, sign, line);
}

/* lengths[i][j]: of the longest common subsequence of the lines from i and from j on. */
static unsigned *measure(const struct str *a, size_t n, const struct str *b, size_t m)
{
	unsigned *table = mem_zeroed((n + 1) * (m + 1), sizeof *table);

	for (size_t i = n; i-- > 0; ) {
		for (size_t j = m; j-- > 0; ) {
			unsigned *at = &table[i * (m + 1) + j], down = at[m + 1], right = at[1];
			*at = str_equal(a[i], b[j]) ? at[m + 2] + 1 : down > right ? down : right;
		}
	}
	return table;
}

static void compare(struct diff *d, const struct str *a, size_t n, const struct str *b, size_t m)
{
	own_mem unsigned *table = n * m < TABLE_MAX ? measure(a, n, b, m) : NULL;
	size_t i = 0, j = 0;

	while (i < n || j < m) {
		if (table && i < n && j < m && str_equal(a[i], b[j])) {
			same(d, &a[i]);
			i++;
			j++;
		} else if (i < n && (j == m || !table || table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1])) {
			changed(d, '-', a[i++]);
		} else {
			changed(d, '+', b[j++]);
		}
	}
}

void setup_diff(struct buf *out, struct str old, struct str fresh)
{
	struct lines a = split(old), b = split(fresh);
	struct diff d = { .out = out };
	size_t start = 0, end = 0;

	while (start < a.count && start < b.count && str_equal(a.all[start], b.all[start]))
		same(&d, &a.all[start++]);
	while (end < a.count - start && end < b.count - start &&
		str_equal(a.all[a.count - 1 - end], b.all[b.count - 1 - end]))
		end++;
	compare(&d, a.all + start, a.count - start - end, b.all + start, b.count - start - end);
	if (end)
		same(&d, &a.all[a.count - end]);
	free(a.all);
	free(b.all);
}

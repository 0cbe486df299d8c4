/*
 * Secrets that are known by the name before them.  What is code rather than a value
 * (a call, a member, the name itself again) is left alone.
 */
#include <stdint.h>

#include "base/mem.h"
#include "permit/secrets.h"
#include "permit/secrets_parts.h"

/* So much of a value says what it is; more would make values inside each other cost too much. */
enum { NAME_MAX_BYTES = 64, BLANKS_MAX = 8, CALM_MAX = 200, VALUE_SEEN = 300 };

enum name_kind {
	NAME_ORDINARY,
	NAME_KEY,                  /* "…_KEY", "signature": a secret if it looks random */
	NAME_TOKEN,                /* "…token": the same, or long */
	NAME_PASSWORD,             /* any value */
	NAME_HEADER,               /* any value, to the end of the line */
};

/* A name without '-' and '_', in small letters, ends so; the first row that fits counts. */
static const struct {
	const char *end;
	enum name_kind kind;
} ends[] = {
	{ "proxyauthorization", NAME_HEADER }, { "authorization", NAME_HEADER }, { "setcookie", NAME_HEADER },
	{ "password", NAME_PASSWORD }, { "passwd", NAME_PASSWORD }, { "passphrase", NAME_PASSWORD },
	{ "pwd", NAME_PASSWORD }, { "secret", NAME_PASSWORD }, { "apikey", NAME_PASSWORD },
	{ "secretkey", NAME_PASSWORD }, { "accesskey", NAME_PASSWORD }, { "privatekey", NAME_PASSWORD },
	{ "secretaccesskey", NAME_PASSWORD }, { "encryptionkey", NAME_PASSWORD }, { "credential", NAME_PASSWORD },
	{ "credentials", NAME_PASSWORD }, { "token", NAME_TOKEN }, { "cookie", NAME_TOKEN }, { "session", NAME_KEY },
	{ "key", NAME_KEY }, { "signature", NAME_KEY }, { "sig", NAME_KEY }, { "auth", NAME_KEY },
	{ "connectionstring", NAME_KEY }, { "pass", NAME_TOKEN },
};

static enum name_kind name_kind(struct str name)
{
	char plain[NAME_MAX_BYTES + 1];
	size_t n = 0;

	if (name.n > NAME_MAX_BYTES)
		return NAME_ORDINARY;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] != '-' && name.p[i] != '_')
			plain[n++] = (char)(is_letter(name.p[i]) ? name.p[i] | 0x20 : name.p[i]);
	while (n && is_digit(plain[n - 1]))
		n--;
	for (size_t i = 0; i < countof(ends); i++)
		if (str_ends((struct str){ plain, n }, ends[i].end))
			/* The working directory is no password. */
			return n == 3 && memcmp(plain, "pwd", 3) == 0 ? NAME_ORDINARY : ends[i].kind;
	if (memmem(plain, n, "password", 8) || memmem(plain, n, "passwd", 6))
		return NAME_PASSWORD;
	return NAME_ORDINARY;
}

/* --- values ----------------------------------------------------------------------------- */

enum value_style {
	VALUE_QUOTED,
	VALUE_GLUED,               /* NAME=value, ?name=value, --name value: programs read it so */
	VALUE_LINE,                /* name: value, alone in its line: YAML, or a field's type */
	VALUE_LOOSE,               /* name = value, name: value: may be code */
};

static bool has_digit_and_letter(struct str value)
{
	bool digit = false, letter = false;

	for (size_t i = 0; i < value.n && i < CALM_MAX; i++) {
		digit |= is_digit(value.p[i]);
		letter |= is_letter(value.p[i]);
	}
	return digit && letter;
}

/* "args.password", "self.token", "token": code that hands something on. */
static bool is_echo(struct str name, struct str value)
{
	if (value.n < name.n || value.n > 2 * CALM_MAX)
		return false;
	for (size_t i = 0; i < value.n; i++)
		if (!is_name_char(value.p[i]) && value.p[i] != '.')
			return false;
	return strncasecmp(value.p + value.n - name.n, name.p, name.n) == 0;
}

static bool is_type(struct str value)
{
	static const char *const types[] = { "str", "string", "String", "bytes", "int", "bool", "char", "any", "number",
		"boolean", "Optional", "text", "Text", "uuid", "varchar", "object", "unknown", "void", "auto", "const",
		NULL };

	return str_is_among(value, types);
}

static bool is_digits(struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (!is_digit(value.p[i]))
			return false;
	return true;
}

/* How much a value must look like a secret depends on how sure its name is, and on how it is written. */
static bool is_secret(enum name_kind kind, enum value_style style, struct str name, struct str value)
{
	if (secret_is_placeholder(value) || is_echo(name, value) || str_starts_like(value, SECRET_MASK))
		return false;
	if (kind == NAME_KEY)
		return secret_is_random(value);
	bool capital = value.p[0] >= 'A' && value.p[0] <= 'Z';
	if (style == VALUE_LINE && kind == NAME_PASSWORD && !is_type(value) && !capital)
		return value.n >= 3;
	if (style == VALUE_LOOSE || style == VALUE_LINE)
		return !is_type(value) && value.n >= 6 && has_digit_and_letter(value);
	if (kind == NAME_TOKEN)
		return value.n >= 8 && !is_digits(value) && (has_digit_and_letter(value) || value.n >= 20);
	return value.n >= 3;
}

bool secret_is_named(struct str name, struct str value)
{
	enum name_kind kind = name_kind(name);

	return kind == NAME_HEADER ? !secret_is_placeholder(value) : kind != NAME_ORDINARY &&
		is_secret(kind, VALUE_QUOTED, name, value);
}

/* --- what follows a name -------------------------------------------------------------------- */

struct place {
	struct str text;
	size_t at;
	bool blank_before, colon;  /* between the name and its value */
};

static char here(const struct place *p) { return p->at < p->text.n ? p->text.p[p->at] : '\0'; }

static size_t skip_blanks(struct place *p)
{
	size_t from = p->at;

	while ((here(p) == ' ' || here(p) == '\t') && p->at - from < BLANKS_MAX)
		p->at++;
	return p->at - from;
}

/* A quote, maybe escaped as in JSON inside a string; '\0': none. */
static char take_quote(struct place *p)
{
	size_t escaped = here(p) == '\\' && p->at + 1 < p->text.n;
	char c = p->at + escaped < p->text.n ? p->text.p[p->at + escaped] : '\0';

	if (c != '"' && c != '\'' && c != '`')
		return '\0';
	p->at += escaped + 1;
	return c;
}

/* "=", ":", "=>", ":="; after an option a blank will do.  False: nothing is assigned. */
static bool take_sign(struct place *p, bool option)
{
	size_t blanks = skip_blanks(p), from = p->at;

	if (here(p) == '=' || here(p) == ':') {
		p->colon = here(p) == ':';
		p->at++;
		if (here(p) == '=' && !p->colon)
			return false;              /* a comparison */
		if (here(p) == '=' || here(p) == '>')
			p->at++;
		if (p->colon && here(p) == ':')
			return false;
	}
	p->blank_before = blanks + skip_blanks(p) > 0;
	return p->at > from || (option && blanks);
}

static bool ends_value(char c, char quote)
{
	switch (c) {
	case '\n': case '\0': return true;
	case '"': case '\'': case '`': return !quote || c == quote;
	case ' ': case '\t': case '\r': case ';': case ',': case '&': case '|': case '(': case ')': case '<': case '>':
	case '{': case '}': case '[': case ']': return !quote;
	default: return false;
	}
}

/* `quote` '\0': a bare word; '"' and so on: to that; `most` bytes. */
static struct str take_value(const struct place *p, char quote, size_t most)
{
	size_t end = p->at;

	while (end < p->text.n && end - p->at < most && !ends_value(p->text.p[end], quote))
		end++;
	if (end > p->at && p->text.p[end - 1] == '\\')
		end--;
	return (struct str){ p->text.p + p->at, end - p->at };
}

/* To the end of the line, or of the string it stands in. */
static struct str take_line(const struct place *p, char quote)
{
	size_t n = 0, most = p->text.n - p->at;

	while (n < most && p->text.p[p->at + n] != '\n' && !strchr(quote ? (char[]){ quote, '\0' } : "\"'`",
		p->text.p[p->at + n]))
		n++;
	return (struct str){ p->text.p + p->at, n };
}

/* Nothing but blanks and a "- " stands before the name, and nothing after the value. */
static bool is_line(const struct secret_scan *s, struct str value)
{
	size_t before = s->at, after = (size_t)(value.p - s->text.p) + value.n;

	for (size_t n = 0; before && strchr(" \t-", s->text.p[before - 1]) && n < CALM_MAX; n++)
		before--;
	return (before == 0 || s->text.p[before - 1] == '\n') && (after == s->text.n || s->text.p[after] == '\n' ||
		s->text.p[after] == '\r');
}

static struct secret_span span_of(const struct secret_scan *s, struct str value)
{
	size_t begin = (size_t)(value.p - s->text.p);

	return (struct secret_span){ begin, begin + value.n };
}

/* The whole rest of a header is one, but for the word that says of which kind it is. */
static struct secret_span header(const struct secret_scan *s, struct place *p, char quote)
{
	struct str rest = str_from(p->text, p->at);
	size_t word = 0;

	while (word < rest.n && word < NAME_MAX_BYTES && is_letter(rest.p[word]))
		word++;
	bool named = word && word < rest.n && rest.p[word] == ' ';
	if (named)
		p->at += word + 1;
	struct str begin = take_value(p, '\0', VALUE_SEEN);
	if (begin.n < 8 || secret_is_placeholder(begin) || (!named && !has_digit_and_letter(begin)))
		return (struct secret_span){0};
	return span_of(s, take_line(p, quote));
}

/* What follows is called or looked into: code. */
static bool is_code(const struct secret_scan *s, struct str value)
{
	size_t after = (size_t)(value.p - s->text.p) + value.n;

	return (after < s->text.n && strchr("([{", s->text.p[after])) || memmem(value.p, value.n, "::", 2) ||
		memmem(value.p, value.n, "->", 2);
}

struct secret_span secret_named(const struct secret_scan *s)
{
	struct place p = { .text = s->text, .at = s->at };
	bool option = str_starts(str_from(s->text, s->at), (struct str)STR("--"));

	while (is_name_char(here(&p)) && p.at - s->at <= NAME_MAX_BYTES)
		p.at++;
	struct str name = { s->text.p + s->at, p.at - s->at };
	enum name_kind kind = name_kind(name);
	if (kind == NAME_ORDINARY)
		return (struct secret_span){0};
	(void)take_quote(&p);
	if (!take_sign(&p, option))
		return (struct secret_span){0};
	char quote = take_quote(&p);
	if (kind == NAME_HEADER)
		return header(s, &p, quote);
	struct str value = take_value(&p, quote, VALUE_SEEN);
	enum value_style style = quote ? VALUE_QUOTED : option || !p.blank_before ? VALUE_GLUED :
		p.colon && is_line(s, value) ? VALUE_LINE : VALUE_LOOSE;
	if (!value.n || (!quote && is_code(s, value)) || !is_secret(kind, style, name, value))
		return (struct secret_span){0};
	return span_of(s, take_value(&p, quote, SIZE_MAX));
}

/* --- programs with options of their own ----------------------------------------------------------- */

static const struct {
	const char *program, *option;
	enum { OWN_WORD, GLUED, AFTER_COLON } where;
} options[] = {
	{ "curl", "-u", AFTER_COLON }, { "curl", "--user", AFTER_COLON }, { "curl", "--proxy-user", AFTER_COLON },
	{ "mysql", "-p", GLUED }, { "mysqldump", "-p", GLUED }, { "mariadb", "-p", GLUED },
	{ "sshpass", "-p", GLUED }, { "sshpass", "-p", OWN_WORD }, { "redis-cli", "-a", OWN_WORD },
	{ "ldapsearch", "-w", OWN_WORD }, { "openssl", "-passin", OWN_WORD }, { "smbclient", "-U", AFTER_COLON },
};

static struct secret_span option_value(const struct secret_scan *s, size_t i)
{
	struct place p = { .text = s->text, .at = s->at + strlen(options[i].option) };

	if (skip_blanks(&p) ? options[i].where == GLUED : options[i].where != GLUED)
		return (struct secret_span){0};
	char quote = take_quote(&p);
	struct str value = take_value(&p, quote, VALUE_SEEN);
	const char *colon = memchr(value.p, ':', value.n);
	if (options[i].where == AFTER_COLON) {
		if (!colon)
			return (struct secret_span){0};
		value = str_from(value, (size_t)(colon - value.p) + 1);
	}
	if (secret_is_placeholder(value) || value.p[0] == '-')
		return (struct secret_span){0};
	return span_of(s, value);
}

struct secret_span secret_option(struct secret_scan *s)
{
	struct str rest = str_from(s->text, s->at);
	struct secret_span found = {0};

	for (size_t i = 0; i < countof(options) && !found.end; i++) {
		struct str program = str_of(options[i].program);
		if (str_starts(rest, program) && rest.n > program.n && rest.p[program.n] == ' ')
			s->program = options[i].program;
		else if (s->program && strcmp(s->program, options[i].program) == 0 &&
			str_starts(rest, str_of(options[i].option)))
			found = option_value(s, i);
	}
	return found;
}

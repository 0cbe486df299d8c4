/* Secrets that are known by how they are written. */
#include "base/mem.h"
#include "permit/secrets_parts.h"

/* --- keys of vendors -------------------------------------------------------------------------- */

enum token_chars {
	CHARS_ALNUM,
	CHARS_UPPER,               /* and digits */
	CHARS_URL,                 /* alnum, '-', '_' */
	CHARS_DOTS,                /* those, and '.' */
	CHARS_BASE64,              /* alnum, '+', '/', '=', '-', '_', '.' */
};

/* What begins so and goes on for at least so many characters, one of them a digit, is a secret. */
static const struct {
	const char *prefix;
	enum token_chars chars;
	unsigned least;            /* at most LOOK */
} tokens[] = {
	{ "sk-ant-", CHARS_URL, 16 }, { "sk-proj-", CHARS_URL, 16 }, { "sk-or-", CHARS_URL, 16 },
	{ "sk-svcacct-", CHARS_URL, 16 }, { "sk-", CHARS_URL, 20 }, { "sk_live_", CHARS_ALNUM, 10 },
	{ "sk_test_", CHARS_ALNUM, 10 }, { "rk_live_", CHARS_ALNUM, 10 }, { "whsec_", CHARS_BASE64, 16 },
	{ "ghp_", CHARS_ALNUM, 20 }, { "gho_", CHARS_ALNUM, 20 }, { "ghu_", CHARS_ALNUM, 20 },
	{ "ghs_", CHARS_ALNUM, 20 }, { "ghr_", CHARS_ALNUM, 20 }, { "github_pat_", CHARS_URL, 22 },
	{ "glpat-", CHARS_DOTS, 16 }, { "gldt-", CHARS_URL, 16 }, { "glrt-", CHARS_URL, 16 },
	{ "AKIA", CHARS_UPPER, 16 }, { "ASIA", CHARS_UPPER, 16 }, { "AGE-SECRET-KEY-1", CHARS_UPPER, 20 },
	{ "xoxb-", CHARS_URL, 16 }, { "xoxp-", CHARS_URL, 16 }, { "xoxa-", CHARS_URL, 16 },
	{ "xoxr-", CHARS_URL, 16 }, { "xoxs-", CHARS_URL, 16 }, { "xapp-", CHARS_URL, 16 },
	{ "AIza", CHARS_URL, 30 }, { "ya29.", CHARS_DOTS, 20 }, { "GOCSPX-", CHARS_URL, 16 },
	{ "hf_", CHARS_ALNUM, 20 }, { "npm_", CHARS_ALNUM, 30 }, { "pypi-", CHARS_URL, 40 },
	{ "dop_v1_", CHARS_ALNUM, 30 }, { "shpat_", CHARS_ALNUM, 20 }, { "SG.", CHARS_DOTS, 40 },
	{ "gsk_", CHARS_ALNUM, 20 }, { "xai-", CHARS_URL, 30 }, { "r8_", CHARS_ALNUM, 30 },
	{ "pplx-", CHARS_ALNUM, 20 }, { "tvly-", CHARS_URL, 16 }, { "nvapi-", CHARS_URL, 20 },
	{ "lin_api_", CHARS_ALNUM, 20 }, { "ntn_", CHARS_ALNUM, 30 }, { "dapi", CHARS_ALNUM, 32 },
	{ "figd_", CHARS_URL, 20 }, { "sntrys_", CHARS_BASE64, 20 }, { "glsa_", CHARS_ALNUM, 20 },
	{ "atlasv1.", CHARS_URL, 20 }, { "hvs.", CHARS_URL, 20 }, { "vault:v1:", CHARS_BASE64, 20 },
	{ "eyJ", CHARS_DOTS, 40 },     /* {" in base64: a JWT */
};

enum { LOOK = 64 };

static bool is_of(char c, enum token_chars chars)
{
	bool alnum = is_digit(c) || is_letter(c);

	switch (chars) {
	case CHARS_ALNUM: return alnum;
	case CHARS_UPPER: return is_digit(c) || (c >= 'A' && c <= 'Z');
	case CHARS_URL: return alnum || c == '-' || c == '_';
	case CHARS_DOTS: return alnum || c == '-' || c == '_' || c == '.';
	default: return alnum || strchr("+/=-_.", c);
	}
}

/* Only the first LOOK characters say whether it is one. */
static bool is_token(struct str rest, enum token_chars chars, unsigned least)
{
	size_t n = 0;
	bool digit = false;

	while (n < rest.n && n < LOOK && rest.p[n] && is_of(rest.p[n], chars))
		digit |= is_digit(rest.p[n++]);
	return digit && n >= least;
}

/* "Bearer …", wherever it stands. */
static struct secret_span bearer(const struct secret_scan *s)
{
	struct str rest = str_from(s->text, s->at);
	size_t at = strlen("bearer ");

	if (!str_starts_like(rest, "bearer ") || !is_token(str_from(rest, at), CHARS_BASE64, 16))
		return (struct secret_span){0};
	size_t end = at;
	while (end < rest.n && rest.p[end] && is_of(rest.p[end], CHARS_BASE64))
		end++;
	return (struct secret_span){ s->at + at, s->at + end };
}

struct secret_span secret_token(const struct secret_scan *s)
{
	struct str rest = str_from(s->text, s->at);

	for (size_t i = 0; i < countof(tokens); i++) {
		struct str prefix = str_of(tokens[i].prefix);
		if (!str_starts(rest, prefix) ||
			!is_token(str_from(rest, prefix.n), tokens[i].chars, tokens[i].least))
			continue;
		size_t end = prefix.n;
		while (end < rest.n && rest.p[end] && is_of(rest.p[end], tokens[i].chars))
			end++;
		if (strcmp(tokens[i].prefix, "eyJ") == 0 && !memchr(rest.p, '.', end))
			continue;
		while (rest.p[end - 1] == '.')         /* of the sentence */
			end--;
		return (struct secret_span){ s->at + prefix.n, s->at + end };
	}
	return bearer(s);
}

/* --- addresses ------------------------------------------------------------------------------------ */

enum { AUTHORITY_MAX = 300, ALONE_LEAST = 20 };

struct secret_span secret_address(const struct secret_scan *s)
{
	struct str rest = str_from(s->text, s->at);
	size_t colon = 0, at_sign = 0, begin = 3;

	if (!str_starts(rest, (struct str)STR("://")))
		return (struct secret_span){0};
	for (size_t i = begin; i < rest.n && i < AUTHORITY_MAX && !strchr("/?# \t\r\n\"'<>`\\", rest.p[i]); i++) {
		if (rest.p[i] == '@')
			at_sign = i;
		else if (rest.p[i] == ':' && !colon && !at_sign)
			colon = i;
	}
	if (!at_sign)
		return (struct secret_span){0};
	if (colon)
		begin = colon + 1;
	else if (at_sign - begin < ALONE_LEAST)
		return (struct secret_span){0};
	if (secret_is_placeholder((struct str){ rest.p + begin, at_sign - begin }))
		return (struct secret_span){0};
	return (struct secret_span){ s->at + begin, s->at + at_sign };
}

/* --- private keys -------------------------------------------------------------------------------------- */

struct secret_span secret_pem(const struct secret_scan *s)
{
	struct str rest = str_from(s->text, s->at), begin = STR("-----BEGIN "), end = STR("-----END ");
	struct str head = { rest.p, rest.n < LOOK ? rest.n : LOOK };

	if (!str_starts(rest, begin) || !memmem(head.p, head.n, "PRIVATE KEY", 11))
		return (struct secret_span){0};
	const char *dashes = memmem(head.p + begin.n, head.n - begin.n, "-----", 5);
	size_t from = dashes ? (size_t)(dashes - rest.p) + 5 : head.n;
	const char *last = memmem(rest.p + from, rest.n - from, end.p, end.n);
	size_t until = last ? (size_t)(last - rest.p) : rest.n;
	return until > from ? (struct secret_span){ s->at + from, s->at + until } : (struct secret_span){0};
}

/* --- what values look like ------------------------------------------------------------------------------- */

bool secret_is_random(struct str value)
{
	size_t digits = 0, letters = 0, changes = 0, distinct = 0;
	unsigned char seen[256] = {0};

	if (value.n > LOOK)
		value.n = LOOK;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (!is_digit(c) && !is_letter(c) && !strchr("+/=_-.", c))
			return false;
		digits += is_digit(c);
		letters += is_letter(c);
		changes += i && is_digit(c) != is_digit(value.p[i - 1]);
		distinct += !seen[(unsigned char)c]++;
	}
	/* A name with a number at its end changes once; a version has few letters. */
	return value.n >= 16 && digits >= 2 && letters >= 4 && changes >= 3 && distinct >= 8;
}

bool secret_is_placeholder(struct str value)
{
	static const char *const words[] = { "null", "nil", "none", "true", "false", "undefined", "changeme",
		"redacted",
		"hidden", "secret", "password", "token", "string", "required", "optional", "example", "masked", "empty",
		"unset", "test" };
	static const char *const starts[] = { "$", "<", "{", "[", "%", "*", "...", "your-", "your_", "my-secret",
		"xxx", "&", "process.env", "os.environ", "env.", "getenv", "…", "(" };

	for (size_t i = 0; i < countof(words); i++)
		if (str_is_like(value, words[i]))
			return true;
	for (size_t i = 0; i < countof(starts); i++)
		if (str_starts_like(value, starts[i]))
			return true;
	return value.n == 0;
}

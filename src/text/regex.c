#include "text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"

#define NESTING      50
#define MATCH_LIMIT  1000000u
#define DEPTH_LIMIT  10000u
#define HEAP_LIMIT   20000u           /* KiB; without JIT only */
#define STACK_MIN    (32u << 10)
#define STACK_MAX    (1u << 20)

/* As Oniguruma sees it, which counts the superscripts and fractions of Latin-1 as word characters. */
#define WORD "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}"

/* Escapes that Oniguruma and PCRE2 read differently; NULL: we cannot say it in PCRE2. */
static const struct {
	char letter;
	const char *outside, *in_class;
} escapes[] = {
	{ 's', "\\p{White_Space}", "\\p{White_Space}" },
	{ 'S', "\\P{White_Space}", "\\P{White_Space}" },
	{ 'w', "[" WORD "]", WORD },
	{ 'W', "[^" WORD "]", NULL },
	{ 'h', "[0-9a-fA-F]", "0-9a-fA-F" },
	{ 'H', "[^0-9a-fA-F]", NULL },
};

static bool add_escape(struct buf *out, char letter, bool in_class, struct error *err)
{
	for (size_t i = 0; i < countof(escapes); i++) {
		if (escapes[i].letter != letter)
			continue;
		const char *text = in_class ? escapes[i].in_class : escapes[i].outside;
		return text ? buf_adds(out, text, err) :
			error_set(err, ERROR_INVALID, "\\%c inside [] is not supported in a split pattern", letter);
	}
	return buf_addf(out, err, "\\%c", letter);
}

static bool translate(struct str pattern, struct buf *out, struct error *err)
{
	bool in_class = false;

	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];
		if (c == '\\' && i + 1 < pattern.n) {
			if (!add_escape(out, pattern.p[++i], in_class, err))
				return false;
			continue;
		}
		if (in_class && (c == '[' || (c == '&' && i + 1 < pattern.n && pattern.p[i + 1] == '&')))
			return error_set(err, ERROR_INVALID, "sets within [] are not supported in a split pattern");
		if (c == '[')
			in_class = true;
		else if (c == ']')
			in_class = false;
		if (!buf_add(out, &c, 1, err))
			return false;
	}
	return true;
}

static pcre2_code *compile(struct str pattern, struct error *err)
{
	int code;
	size_t offset;
	PCRE2_UCHAR why[120];
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);

	pcre2_set_parens_nest_limit(context, NESTING);
	pcre2_code *r = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
		PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code, &offset, context);
	pcre2_compile_context_free(context);
	if (!r) {
		pcre2_get_error_message(code, why, sizeof why);
		error_set(err, ERROR_INVALID, "split pattern: %s at byte %zu", (const char *)why, offset);
	}
	return r;
}

struct regex *regex_create(struct str pattern, struct error *err)
{
	own_buf translated = BUF_INIT(REGEX_PATTERN_MAX * 16);

	if (pattern.n > REGEX_PATTERN_MAX)
		return error_set(err, ERROR_TOO_LARGE, "split pattern over %d bytes", REGEX_PATTERN_MAX), NULL;
	if (!translate(pattern, &translated, err))
		return NULL;
	pcre2_code *r = compile(buf_str(&translated), err);
	if (r)
		(void)pcre2_jit_compile(r, PCRE2_JIT_COMPLETE);   /* without JIT it is only slower */
	return (struct regex *)r;
}

void regex_destroy(struct regex *r)
{
	pcre2_code_free((pcre2_code *)r);
}

void regex_scratch_done(struct regex_scratch *s)
{
	pcre2_match_data_free(s->match);
	pcre2_match_context_free(s->context);
	pcre2_jit_stack_free(s->stack);
	*s = (struct regex_scratch){0};
}

static void scratch_prepare(struct regex_scratch *s)
{
	if (s->match)
		return;
	s->match = pcre2_match_data_create(1, NULL);
	s->context = pcre2_match_context_create(NULL);
	s->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
	pcre2_jit_stack_assign(s->context, NULL, s->stack);
	pcre2_set_match_limit(s->context, MATCH_LIMIT);
	pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(s->context, HEAP_LIMIT);
}

bool regex_find(const struct regex *r, struct regex_scratch *s, struct str text, size_t from, size_t *start,
	size_t *end, struct error *err)
{
	scratch_prepare(s);
	int n = pcre2_match((const pcre2_code *)r, (PCRE2_SPTR)text.p, text.n, from, PCRE2_NO_UTF_CHECK,
		s->match, s->context);
	if (n == PCRE2_ERROR_NOMATCH) {
		*start = *end = text.n + 1;
		return true;
	}
	if (n < 0)
		return error_set(err, ERROR_INVALID, "the tokenizer's split pattern needs too much work on this text");
	const size_t *bounds = pcre2_get_ovector_pointer(s->match);
	*start = bounds[0] < from ? from : bounds[0]; /* \K reached through a subroutine can turn them round */
	*end = bounds[1] < *start ? *start : bounds[1];
	return true;
}

#include "tool/search_provider.h"

#include <ctype.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "permit/url.h"
#include "tool/search_duckduckgo.h"

#define TITLE_MAX 200
#define SNIPPET_MAX 600

const struct search_provider search_providers[] = {
	{ "duckduckgo", "DuckDuckGo", "https://html.duckduckgo.com", duckduckgo_ask, duckduckgo_read },
	{ 0 },
};

const struct search_provider *search_provider_find(struct str name)
{
	if (!name.n)
		return &search_providers[0];
	for (const struct search_provider *p = search_providers; p->name; p++)
		if (str_is_like(name, p->name))
			return p;
	return NULL;
}

void web_results_done(struct web_results *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->items[i].title);
		free(r->items[i].url);
		free(r->items[i].snippet);
	}
	r->n = 0;
}

bool search_escape(struct str text, struct buf *out, struct error *err)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool plain = isalnum(c) || (c && strchr("-._~", c));
		if (!(plain || c == ' ' ? buf_add(out, plain ? (const char *)&c : "+", 1, err) :
			buf_addf(out, err, "%%%02X", c)))
			return false;
	}
	return true;
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool unescape(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i] == '+' ? ' ' : text.p[i];
		if (c == '%' && i + 2 < text.n && hex(text.p[i + 1]) >= 0 && hex(text.p[i + 2]) >= 0) {
			c = (char)(hex(text.p[i + 1]) << 4 | hex(text.p[i + 2]));
			i += 2;
		}
		if (!buf_add(out, &c, 1, &(struct error){0}))
			return false;
	}
	return true;
}

bool search_parameter(struct str url, const char *name, struct buf *out)
{
	const char *query = url.n ? memchr(url.p, '?', url.n) : NULL;
	struct str rest = query ? str_from(url, (size_t)(query - url.p) + 1) : (struct str){0}, pair, key;

	while (str_split(&rest, '&', &pair))
		if (str_split(&pair, '=', &key) && str_is(key, name))
			return unescape(pair, out);
	return false;
}

static bool is_below(const char *host, const char *domain)
{
	size_t n = strlen(host), m = strlen(domain);

	return n >= m && strcasecmp(host + n - m, domain) == 0 && (n == m || host[n - m - 1] == '.');
}

static bool is_below_any(const char *host, const char *const *domains)
{
	for (; domains && *domains; domains++)
		if (is_below(host, *domains))
			return true;
	return false;
}

bool search_accepts(struct str url, const struct web_domains *domains)
{
	struct url_judgement j;

	url_judge(url, &j);
	return j.verdict != VERDICT_NEVER && (!domains->allowed || is_below_any(j.host, domains->allowed)) &&
		!is_below_any(j.host, domains->blocked);
}

/* White space as single blanks, nothing that a terminal would obey, at most `max` bytes. */
static char *one_line(struct str text, size_t max)
{
	char *line = mem_alloc(max + 1);
	size_t n = 0;
	bool blank = false;
	uint32_t c;

	for (size_t i = 0, step; i < text.n; i += step) {
		step = utf8_decode(text.p + i, text.n - i, &c);
		if (c <= ' ' || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029) {
			blank = n > 0;
			continue;
		}
		if (n + blank + 4 > max)
			break;
		if (blank)
			line[n++] = ' ';
		blank = false;
		n += utf8_encode(c, line + n);
	}
	line[n] = '\0';
	return line;
}

void search_add(struct web_results *r, struct str title, struct str url, struct str snippet)
{
	own_mem char *name = one_line(title, TITLE_MAX);

	if (r->n == WEB_RESULTS_MAX || !name[0])
		return;
	for (size_t i = 0; i < r->n; i++)
		if (str_is(url, r->items[i].url))
			return;
	r->items[r->n++] = (struct web_result){
		take(name), mem_strndup(url.p, url.n), one_line(snippet, SNIPPET_MAX)
	};
}

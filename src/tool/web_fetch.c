#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "net/url.h"
#include "text/html.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/untrusted.h"
#include "tool/web.h"

#define KEPT_MS 900000u            /* pages, a quarter of an hour */
#define PART_MAX 40000             /* bytes of a page that are given at once */
#define REST_MIN 2000              /* a smaller rest is given along */

struct page {
	char *url;                 /* where it was found in the end */
	char *elsewhere;           /* it has moved to this other host; NULL: it has not */
	int status;
	struct buf text;           /* Markdown, or as it came */
	bool kept;                 /* from the cache */
};

static void page_done(struct page *p)
{
	free(p->url);
	free(p->elsewhere);
	buf_done(&p->text);
}
#define own_page owns(page_done) struct page

/* In the cache a page is the address where it was found, a line end, and its text. */
static bool from_cache(struct web *web, const char *url, struct page *p, struct error *err)
{
	own_buf kept = BUF_INIT(HTML_MARKDOWN_MAX);
	own_mem char *key = mem_printf("page %s", url);
	struct str rest, found;

	if (!web_cache_get(&web->cache, key, clock_ms(), &kept))
		return false;
	rest = buf_str(&kept);
	(void)str_split(&rest, '\n', &found);
	p->url = mem_strndup(found.p, found.n);
	p->status = 200;
	p->kept = true;
	return buf_add_str(&p->text, rest, err);
}

static void to_cache(struct web *web, const char *url, const struct page *p)
{
	own_buf kept = BUF_INIT(HTML_MARKDOWN_MAX);
	own_mem char *key = mem_printf("page %s", url);

	if (buf_addf(&kept, &(struct error){0}, "%s\n", p->url) &&
	    buf_add_str(&kept, buf_str(&p->text), &(struct error){0}))
		web_cache_put(&web->cache, key, buf_str(&kept), clock_ms(), KEPT_MS);
}

static bool refuse_status(const char *url, int status, struct error *err)
{
	own_mem char *host = url_host(url);
	enum error_kind kind = status == 404 || status == 410 ? ERROR_NOT_FOUND :
		status == 429 || status >= 500 ? ERROR_UNAVAILABLE : ERROR_DENIED;

	return error_set(err, kind, "%s answers with status %d%s", host, status,
		status == 401 || status == 403 ? ": it wants the reader to log in, or no programs" :
		status == 404 || status == 410 ? ": there is no such page" :
		status == 429 ? ": it has been asked too often" : "");
}

static bool convert(const struct web_answer *answer, struct page *p, struct error *err)
{
	const struct html_page page = {
		buf_str(&answer->body), p->url, answer->type[0] ? answer->type : NULL,
	};

	return html_to_markdown(&page, &p->text, err) || error_prefix(err, "%zu bytes", answer->body.len);
}

/* Follows redirects within a host; one that leads elsewhere is the caller's to follow or not. */
static bool fetch(struct web_asker *a, struct page *p, struct error *err)
{
	for (unsigned hop = 0; hop <= WEB_HOPS; hop++) {
		own_web_answer answer = WEB_ANSWER_INIT;
		answer.wants_text = true;
		if (!web_robots(a, p->url, err) || !web_get(a, p->url, &answer, err))
			return false;
		p->status = answer.status;
		if (answer.status / 100 == 2)
			return convert(&answer, p, err);
		if (!answer.location)
			return refuse_status(p->url, answer.status, err);
		char *next = web_follow(a->web->rules, p->url, answer.location, err);
		if (!next)
			return false;
		if (!url_same_origin(p->url, next)) {
			p->elsewhere = next;
			return true;
		}
		free(p->url);
		p->url = next;
	}
	own_mem char *host = url_host(p->url);
	return error_set(err, ERROR_UNAVAILABLE, "%s redirects more than %d times", host, WEB_HOPS);
}

/* From `from` on, cut at the end of a line where there is one near. */
static struct str part_of(struct str text, size_t from)
{
	struct str part = str_from(text, from < text.n ? from : text.n);

	while (part.n && ((unsigned char)part.p[0] & 0xc0) == 0x80)       /* an offset in the middle of a character */
		part = str_from(part, 1);
	if (part.n <= PART_MAX + REST_MIN)
		return part;
	part.n = PART_MAX - utf8_incomplete_tail(part.p, PART_MAX);
	size_t line = part.n;
	while (line > PART_MAX / 2 && part.p[line - 1] != '\n')
		line--;
	if (line > PART_MAX / 2)
		part.n = line;
	return part;
}

static bool write_page(struct tool_job *job, const struct page *p, struct error *err)
{
	int64_t offset = tool_input_number(job->input, "offset", 0);
	struct str text = buf_str(&p->text), part = part_of(text, offset > 0 ? (size_t)offset : 0);
	size_t begin = (size_t)(part.p - text.p), end = begin + part.n;
	own_mem char *what = mem_printf("the page %s", p->url);

	if (!part.n)
		return buf_addf(&job->text, err, offset > 0 && text.n ? "%s has only %zu bytes of text.\n" :
			"%s has no text (%zu bytes): it may be made by scripts, which are not run.\n", p->url, text.n);
	if (!untrusted_write(&job->text, what, part, err))
		return false;
	if ((begin || end < text.n) && !buf_addf(&job->text, err, "(Bytes %zu to %zu of %zu%s", begin, end, text.n,
		end < text.n ? "; " : ".)\n"))
		return false;
	return end == text.n || buf_addf(&job->text, err, "for what follows call again with \"offset\": %zu.)\n", end);
}

static bool write_moved(struct tool_job *job, const struct page *p, struct error *err)
{
	return buf_addf(&job->text, err, "%s has moved to another host (status %d), which was not followed:\n%s\n"
		"To read it call WebFetch again with that address.\n", p->url, p->status, p->elsewhere);
}

/* A redirect's target stands outside of the marks, so it must be an address and nothing else. */
static bool check_elsewhere(const struct web_rules *rules, const struct page *p, struct error *err)
{
	struct url_judgement j;

	if (!p->elsewhere)
		return true;
	rules->judge(str_of(p->elsewhere), &j);
	return j.verdict != VERDICT_NEVER || error_set(err, ERROR_DENIED,
		"the page redirects to an address that must not be asked: %s", j.why);
}

static bool obtain(struct tool_job *job, const char *url, struct page *p, struct error *err)
{
	struct web *web = job->context->web;
	own_web_asker asker = {0};
	struct error problem = {0};

	if (from_cache(web, url, p, &problem))
		return true;
	p->url = mem_strdup(url);
	if (!web_asker_init(&asker, web, job->cancel, err) || !fetch(&asker, p, err))
		return false;
	if (!p->elsewhere)
		to_cache(web, url, p);
	return check_elsewhere(web->rules, p, err);
}

static bool web_fetch_run(struct tool_job *job, struct error *err)
{
	own_mem char *url = web_url(job->context->web->rules, str_trim(tool_input_str(job->input, "url")));
	struct str prompt = tool_input_str(job->input, "prompt");
	own_page p = { .text = BUF_INIT(HTML_MARKDOWN_MAX) };

	if (!obtain(job, url, &p, err))
		return false;
	job->details = json_pack("{s:s, s:i, s:I, s:b}", "url", p.url, "status", p.status, "bytes",
		(json_int_t)p.text.len, "kept", p.kept);
	if (p.elsewhere)
		return write_moved(job, &p, err);
	return write_page(job, &p, err) && (!prompt.n || buf_addf(&job->text, err,
		"No other model has looked at the page: answer this yourself, from the text above: %.*s\n",
		STR_ARGS(prompt)));
}

const struct tool_kind tool_web_fetch = {
	.name = "WebFetch",
	.description =
		"Reads a page of the web: HTML comes as Markdown, other text as it is, within marks that say it is a "
		"stranger's. `prompt` is what you want to know from it; it is given back with the page, for you to "
		"answer. http becomes https. A page of 40,000 bytes and more comes in parts: `offset` goes on. A "
		"redirect to another host is told, not followed. Pages are kept for 15 minutes; robots.txt is obeyed; "
		"private addresses are never asked. For GitHub's issues, pull requests and such the program gh in a "
		"shell does better.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"url\":{\"type\":\"string\",\"description\":\"The whole address, with https://\"},"
		"\"prompt\":{\"type\":\"string\",\"description\":\"What is to be learned from the page\"},"
		"\"offset\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"Byte of the text to go on from\"}},"
		"\"required\":[\"url\",\"prompt\"],\"additionalProperties\":false}",
	.brief = "reads a page of the web as text",
	.brief_schema = "{\"type\":\"object\",\"properties\":{\"url\":{\"type\":\"string\"},"
		"\"prompt\":{\"type\":\"string\"}},\"required\":[\"url\",\"prompt\"]}",
	.reads = true,
	.run = web_fetch_run,
};

/*
 * A result is an element of class "result"; in it "result__a" is the link and title and
 * "result__snippet" the text.  Links lead through the engine ("//duckduckgo.com/l/?uddg=..."),
 * and are taken out of that; advertisements ("result--ad", or links by y.js) are left out.
 */
#include "tool/search_duckduckgo.h"

#include "text/html.h"
#include "text/html_charset.h"
#include "text/html_render.h"

#define TEXT_MAX 4096

static const char *class_of(const struct html_node *n)
{
	const char *class = n->element ? html_value(n, HTML_CLASS) : NULL;

	return class ? class : "";
}

static bool has_class(const struct html_node *n, const char *name)
{
	const char *class = class_of(n);
	size_t length = strlen(name);

	for (class += strspn(class, " \t\r\n"); *class; class += strspn(class, " \t\r\n")) {
		size_t word = strcspn(class, " \t\r\n");
		if (word == length && memcmp(class, name, word) == 0)
			return true;
		class += word;
	}
	return false;
}

static const struct html_node *find(const struct html_node *n, const char *class)
{
	if (has_class(n, class))
		return n;
	for (const struct html_node *c = n->first; c; c = c->next) {
		const struct html_node *found = find(c, class);
		if (found)
			return found;
	}
	return NULL;
}

/* The page a link leads to; false: to the engine itself, or nowhere. */
static bool unwrap(struct str link, struct buf *out)
{
	static const char host[] = "duckduckgo.com/";
	const char *own = memmem(link.p, link.n < 40 ? link.n : 40, host, sizeof host - 1);

	if (own || (link.n > 1 && link.p[0] == '/' && link.p[1] != '/'))
		return search_parameter(link, "uddg", out);
	if (str_starts(link, (struct str)STR("//")) && !buf_adds(out, "https:", &(struct error){0}))
		return false;
	return buf_add_str(out, link, &(struct error){0});
}

static void read_result(const struct html_node *n, const struct web_domains *domains, struct web_results *out)
{
	const struct html_node *link = find(n, "result__a"), *text = find(n, "result__snippet");
	const char *href = link ? html_value(link, HTML_HREF) : NULL;
	own_buf url = BUF_INIT(TEXT_MAX), title = BUF_INIT(TEXT_MAX), snippet = BUF_INIT(TEXT_MAX);
	struct error err = {0};

	if (!href || !unwrap(str_of(href), &url) || !search_accepts(buf_str(&url), domains))
		return;
	/* What is too long is cut. */
	if (!html_plain(link, &title, &err) && !title.len)
		return;
	if (text && !html_plain(text, &snippet, &err) && !snippet.len)
		return;
	search_add(out, buf_str(&title), buf_str(&url), buf_str(&snippet));
}

/* How many results there are, of whatever host. */
static size_t read_results(const struct html_node *n, const struct web_domains *domains, struct web_results *out)
{
	size_t count = 0;

	if (has_class(n, "result--ad"))
		return 0;
	if (has_class(n, "result") && find(n, "result__a")) {
		read_result(n, domains, out);
		return 1;
	}
	for (const struct html_node *c = n->first; c; c = c->next)
		count += read_results(c, domains, out);
	return count;
}

static bool says_none(const struct html_node *n)
{
	return find(n, "no-results") || find(n, "no-results__message") || find(n, "result--no-result");
}

static bool is_challenge(struct str page)
{
	static const char *const marks[] = { "anomaly-modal", "challenge-form", "anomaly.js" };

	for (size_t i = 0; i < countof(marks); i++)
		if (page.n && memmem(page.p, page.n, marks[i], strlen(marks[i])))
			return true;
	return false;
}

static bool robot(struct error *err)
{
	return error_set(err, ERROR_DENIED, "DuckDuckGo takes this for a robot and wants a person to solve a riddle; "
		"nothing was searched: try again in some minutes, or fetch a page whose address is known");
}

bool duckduckgo_ask(struct str query, const struct web_domains *domains, struct buf *path, struct error *err)
{
	const char *const *allowed = domains->allowed;

	if (!buf_adds(path, "/html/?q=", err) || !search_escape(query, path, err))
		return false;
	/* It knows "site:" for one host; of several the results are sorted out afterwards. */
	return !allowed || !allowed[0] || allowed[1] ||
		(buf_adds(path, "+site%3A", err) && search_escape(str_of(allowed[0]), path, err));
}

bool duckduckgo_read(int status, struct str page, const char *type, const struct web_domains *domains,
	struct web_results *out, struct error *err)
{
	own_buf text = BUF_INIT(3 * HTML_MAX);
	owns(html_tree_done) struct html_tree tree = {0};

	if (status == 403 || status == 429)
		return robot(err);
	if (status / 100 != 2)
		return error_set(err, ERROR_UNAVAILABLE, "DuckDuckGo answers with status %d", status);
	if (!html_decode(page, type, true, &text, err) || !html_tree_parse(&tree, buf_str(&text), err))
		return error_prefix(err, "DuckDuckGo's answer");
	if (read_results(tree.root, domains, out))
		return true;
	if (is_challenge(buf_str(&text)) || status == 202)
		return robot(err);
	return says_none(tree.root) || error_set(err, ERROR_UNAVAILABLE,
		"DuckDuckGo's answer is no page of results as this version of Shammah knows them");
}

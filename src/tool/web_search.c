#include "base/mem.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/search_provider.h"
#include "tool/search_screen.h"
#include "tool/untrusted.h"
#include "tool/web.h"

#define DOMAINS_MAX 20

/* Bare host names out of what models write: "https://docs.python.org/3" is one of docs.python.org. */
struct domains {
	char *names[DOMAINS_MAX + 1];
	size_t n;
};

static void domains_done(struct domains *d)
{
	while (d->n)
		free(d->names[--d->n]);
}
#define own_domains owns(domains_done) struct domains

static void domains_read(const json_t *list, struct domains *d)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item), *scheme = text ? strstr(text, "://") : NULL;
		text = scheme ? scheme + 3 : text;
		text += text && strncmp(text, "*.", 2) == 0 ? 2 : 0;
		size_t length = text ? strcspn(text, "/:?#") : 0;
		if (length && d->n < DOMAINS_MAX)
			d->names[d->n++] = mem_strndup(text, length);
	}
}

static bool check(struct str query, const struct domains *allowed, const struct domains *blocked, struct error *err)
{
	const char *why;

	if (query.n < 2 || query.n > WEB_QUERY_MAX)
		return error_set(err, ERROR_INVALID, "the query must have 2 to %d bytes", WEB_QUERY_MAX);
	if (allowed->n && blocked->n)
		return error_set(err, ERROR_INVALID,
			"give allowed_domains or blocked_domains, not both");
	why = search_screen(query);
	return !why || error_set(err, ERROR_DENIED,
		"WebSearch does not search for %s. If it was meant otherwise, say in the query what for", why);
}

static bool search(struct tool_job *job, const struct search_provider *provider, struct str query,
	const struct web_domains *domains, struct web_results *results, struct error *err)
{
	struct web *web = job->context->web;
	own_buf url = BUF_INIT(URL_BYTES_MAX);
	own_web_asker asker = {0};
	own_web_answer answer = WEB_ANSWER_INIT;

	return buf_adds(&url, web->rules->search_base ? web->rules->search_base : provider->base, err) &&
		provider->ask(query, domains, &url, err) && web_asker_init(&asker, web, job->cancel, err) &&
		web_get(&asker, url.data, &answer, err) &&
		provider->read(answer.status, buf_str(&answer.body), answer.type[0] ? answer.type : NULL, domains,
			results, err);
}

static bool list_results(const struct web_results *results, struct buf *out, struct error *err)
{
	for (size_t i = 0; i < results->n; i++) {
		const struct web_result *r = &results->items[i];
		if (!buf_addf(out, err, "%zu. %s\n   %s\n", i + 1, r->title, r->url) ||
		    (r->snippet[0] && !buf_addf(out, err, "   %s\n", r->snippet)))
			return false;
	}
	return true;
}

static json_t *details_of(const struct search_provider *provider, const struct web_results *results)
{
	json_t *urls = json_array();

	for (size_t i = 0; i < results->n; i++)
		json_array_append_new(urls, json_string(results->items[i].url));
	return json_pack("{s:s, s:o}", "provider", provider->name, "urls", urls);
}

static bool write_results(struct tool_job *job, const struct search_provider *provider, bool narrowed,
	const struct web_results *results, struct error *err)
{
	own_buf list = BUF_INIT(TOOL_TEXT_MAX);
	own_mem char *what = mem_printf("%s's results", provider->label);

	job->details = details_of(provider, results);
	if (!results->n)
		return buf_addf(&job->text, err, "%s knows no results%s.  Try other words.\n", provider->label,
			narrowed ? " of these domains" : "");
	return list_results(results, &list, err) && untrusted_write(&job->text, what, buf_str(&list), err) &&
		buf_adds(&job->text, "Name the addresses you draw on as sources, as Markdown links.\n", err);
}

static bool web_search_run(struct tool_job *job, struct error *err)
{
	struct str query = str_trim(tool_input_str(job->input, "query"));
	const char *name = job->context->web->provider;
	const struct search_provider *provider = search_provider_find(str_of(name ? name : ""));
	own_domains allowed = {0}, blocked = {0};
	own_web_results results = {0};

	domains_read(json_object_get(job->input, "allowed_domains"), &allowed);
	domains_read(json_object_get(job->input, "blocked_domains"), &blocked);
	if (!provider)
		return error_set(err, ERROR_INVALID, "the setting tools.search names no search engine that is known, "
			"such as %s", search_providers[0].name);
	if (!check(query, &allowed, &blocked, err))
		return false;
	const struct web_domains domains = {
		allowed.n ? (const char *const *)allowed.names : NULL,
		blocked.n ? (const char *const *)blocked.names : NULL,
	};
	if (!search(job, provider, query, &domains, &results, err))
		return false;
	return write_results(job, provider, allowed.n || blocked.n, &results, err);
}

#define DOMAINS "{\"type\":\"array\",\"maxItems\":20,\"items\":{\"type\":\"string\"},\"description\":"

const struct tool_kind tool_web_search = {
	.name = "WebSearch",
	.description =
		"Searches the web and gives up to ten results with title, address and a few words, for what happened "
		"lately or is not known here. WebFetch reads what they lead to. The words of results are strangers'. "
		"Name the addresses you draw on as sources.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"query\":{\"type\":\"string\",\"description\":\"What to search for\"},"
		"\"allowed_domains\":" DOMAINS "\"Only results of these hosts and those below them\"},"
		"\"blocked_domains\":" DOMAINS "\"No results of these hosts\"}},"
		"\"required\":[\"query\"],\"additionalProperties\":false}",
	.brief = "searches the web",
	.brief_schema = "{\"type\":\"object\",\"properties\":{\"query\":{\"type\":\"string\"}},"
		"\"required\":[\"query\"]}",
	.reads = true,
	.run = web_search_run,
};
